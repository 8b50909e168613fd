//! A function as a kind of writer: the rows become items before their transaction, on the thread that reads.

use std::collections::BTreeSet;
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

/// The items of a chunk, and what the encoder of their writer made of just these.
struct Made<T> {
    items: Vec<T>,
    encoded: Encoded,
}

/// Makes items of rows, for a writer whose own encoder comes after it.
struct Encoder<T> {
    rows: IntoItems<T>,
    inner: Option<Box<dyn ItemEncoder<T>>>,
}

impl<T: Record> ItemEncoder<Row> for Encoder<T> {
    fn encode(&mut self, rows: &[Row], into: &mut Encoded) -> Vec<(usize, BatchError)> {
        let earlier = into.take().and_then(|earlier| earlier.downcast::<Made<T>>().ok());
        let Made { mut items, mut encoded } = earlier.map_or_else(Made::default, |earlier| *earlier);
        items.clear();
        let (mut indices, mut refused) = (Vec::with_capacity(rows.len()), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            match self.rows.item(row) {
                Ok(item) => {
                    items.push(item);
                    indices.push(index);
                }
                Err(error) => refused.push((index, error)),
            }
        }
        if let Some(inner) = &mut self.inner
            && !items.is_empty()
        {
            let by_inner = inner.encode(&items, &mut encoded);
            leave_out(&by_inner, &mut items);
            // An index of no item stays one of no row.
            let row_of = |index: usize| indices.get(index).copied().unwrap_or(usize::MAX);
            refused.extend(by_inner.into_iter().map(|(index, error)| (row_of(index), error)));
        }
        *into = Some(Box::new(Made { items, encoded }));
        refused
    }
}

/// Takes the items out that an encoder left out.
fn leave_out<T>(refused: &[(usize, BatchError)], items: &mut Vec<T>) {
    if refused.is_empty() {
        return;
    }
    let refused: BTreeSet<_> = refused.iter().map(|(index, _)| *index).collect();
    let mut indices = 0..;
    items.retain(|_| indices.next().is_some_and(|index| !refused.contains(&index)));
}

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self { items: Vec::new(), encoded: None }
    }
}

impl<T: Record, W: ItemWriter<T>> ItemWriter<Row> for Items<T, W> {
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        self.writer.open(from)
    }

    fn encoder(&self) -> Option<Box<dyn ItemEncoder<Row>>> {
        let rows = IntoItems::<T>::new(&self.items.places);
        Some(Box::new(Encoder { rows, inner: self.writer.encoder() }))
    }

    fn write(&mut self, rows: &[Row], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        let made = context.encoded.and_then(|encoded| encoded.downcast_ref::<Made<T>>());
        let encoded = made.and_then(|made| made.encoded.as_deref());
        let mut inner = WriteContext { transaction: &mut *context.transaction, encoded, ..*context };
        match made {
            Some(made) => self.writer.write(&made.items, &mut inner),
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
