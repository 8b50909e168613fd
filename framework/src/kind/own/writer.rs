//! A function as a kind of writer: the rows become items before their transaction, on the thread that reads.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{PlacesOf, With, settings_and_places, with};
use crate::error::BatchError;
use crate::kind::{Frame, Late, Names, SettingValue, WriterKind, WriterPlan};
use crate::repository::ChunkError;
use crate::row::{Cells, Record, Row, Schema, Value};
use crate::step::StepContext;
use crate::step::chunk::{Encoded, ItemEncoder, ItemWriter, WriteContext};
use crate::yaml::{Cursor, Shape};

/// The kind `name` whose writers `make` makes.
pub(crate) fn writer<S, T, W, F>(name: &'static str, make: F) -> impl WriterKind
where
    S: SettingValue,
    T: Record,
    W: ItemWriter<T> + 'static,
    F: Fn(&With<S>, &StepContext<'_>) -> Result<W, BatchError> + Send + Sync + 'static,
{
    let open: Open<S> = Arc::new(move |settings, step, places| {
        Ok(Box::new(Items { writer: make(settings, step)?, items: IntoItems::<T>::new(places) }))
    });
    Kind { name, places: Schema::places_of::<T>, open }
}

type Open<S> = Arc<
    dyn Fn(&With<S>, &StepContext<'_>, &Arc<[usize]>) -> Result<Box<dyn ItemWriter<Row>>, BatchError> + Send + Sync,
>;

struct Kind<S> {
    name: &'static str,
    places: PlacesOf,
    open: Open<S>,
}

struct Plan<S> {
    name: &'static str,
    settings: Late<S>,
    places: Arc<[usize]>,
    open: Open<S>,
}

/// A writer of items that is given rows.
struct Items<T, W> {
    writer: W,
    items: IntoItems<T>,
}

/// Makes items of rows.
struct IntoItems<T> {
    places: Arc<[usize]>,
    /// The memory for the row at hand, whose cells are taken.
    row: Row,
    items: PhantomData<fn() -> T>,
}

impl<S: SettingValue> WriterKind for Kind<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn settings(&self) -> Shape {
        S::SHAPE
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>, schema: &Arc<Schema>) -> Option<Box<dyn WriterPlan>> {
        let (name, open) = (self.name, Arc::clone(&self.open));
        let (settings, places) = settings_and_places(settings, names, (name, schema, self.places))?;
        Some(Box::new(Plan::<S> { name, settings, places: places.into(), open }))
    }
}

impl<S: SettingValue> WriterPlan for Plan<S> {
    fn open(&self, _: &Frame) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
        Err(BatchError::from(format!("`{}` is opened by its step", self.name)))
    }

    fn open_in(&self, frame: &Frame, step: &StepContext<'_>) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
        (self.open)(&with(&self.settings, frame)?, step, &self.places)
    }
}

impl<T: Record> IntoItems<T> {
    fn new(places: &Arc<[usize]>) -> Self {
        Self { places: Arc::clone(places), row: Row::new(), items: PhantomData }
    }

    /// The row itself stays: it is what a dead letter keeps.
    fn item(&mut self, row: &[Value]) -> Result<T, BatchError> {
        self.row.clear();
        self.row.extend_from_slice(row);
        T::from_cells(&mut Cells::new(&mut self.row, &self.places))
    }
}

impl<T: Record> ItemEncoder<Row> for IntoItems<T> {
    fn encode(&mut self, rows: &[Row], into: &mut Encoded) -> Vec<(usize, BatchError)> {
        let (mut items, mut refused) = (Vec::with_capacity(rows.len()), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            match self.item(row) {
                Ok(item) => items.push(item),
                Err(error) => refused.push((index, error)),
            }
        }
        *into = Some(Box::new(items));
        refused
    }
}

impl<T: Record, W: ItemWriter<T>> ItemWriter<Row> for Items<T, W> {
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        self.writer.open(from)
    }

    fn encoder(&self) -> Option<Box<dyn ItemEncoder<Row>>> {
        Some(Box::new(IntoItems::<T>::new(&self.items.places)))
    }

    fn write(&mut self, rows: &[Row], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        let encoded = context.encoded.and_then(|encoded| encoded.downcast_ref::<Vec<T>>());
        let mut inner = WriteContext { transaction: &mut *context.transaction, encoded: None, ..*context };
        match encoded {
            Some(items) => self.writer.write(items, &mut inner),
            None => {
                let items: Result<Vec<T>, _> = rows.iter().map(|row| self.items.item(row)).collect();
                self.writer.write(&items.map_err(ChunkError::Failed)?, &mut inner)
            }
        }
    }

    fn checkpoint(&mut self) -> Result<Option<serde_json::Value>, BatchError> {
        self.writer.checkpoint()
    }

    fn rolled_back(&mut self) -> Result<(), BatchError> {
        self.writer.rolled_back()
    }

    fn committed(&mut self) {
        self.writer.committed();
    }

    fn finish(&mut self) -> Result<(), BatchError> {
        self.writer.finish()
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.writer.close()
    }
}
