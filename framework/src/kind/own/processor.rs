//! A function as a kind of processor: an operation on rows that is written in Rust.

use std::mem;
use std::sync::Arc;

use super::{PlacesOf, With, settings_and_places, with};
use crate::error::BatchError;
use crate::kind::{Frame, Late, Names, ProcessorKind, ProcessorPlan, RowFunction, SettingValue};
use crate::row::{Cells, Column, Record, Row, Schema};
use crate::step::chunk::Retries;
use crate::step::{IntoItem, StepContext};
use crate::yaml::{Cursor, Shape};

/// The kind `name` whose functions `make` makes.
pub(crate) fn processor<S, I, A, P, F>(name: &'static str, make: F) -> impl ProcessorKind
where
    S: SettingValue,
    I: Record,
    A: IntoItem + 'static,
    P: FnMut(&I) -> A + Send + 'static,
    F: Fn(&With<S>, &StepContext<'_>) -> Result<P, BatchError> + Send + Sync + 'static,
{
    let open: Open<S> = Arc::new(move |settings, step, places| {
        let function = make(settings, step)?;
        let in_order = places.iter().copied().eq(0..places.len());
        let (places, item, row, cells) = (places.to_vec(), None, Row::new(), Row::new());
        Ok(Box::new(Function { function, places, in_order, item, row, cells }))
    });
    Kind { name, columns: A::Item::columns, places: Schema::places_of::<I>, open }
}

type Open<S> =
    Arc<dyn Fn(&With<S>, &StepContext<'_>, &[usize]) -> Result<Box<dyn RowFunction>, BatchError> + Send + Sync>;

struct Kind<S> {
    name: &'static str,
    /// What the rows are behind it.
    columns: fn() -> Vec<Column>,
    places: PlacesOf,
    open: Open<S>,
}

struct Plan<S> {
    settings: Late<S>,
    places: Vec<usize>,
    open: Open<S>,
}

/// A function over rows. The item at hand and the row that it came out of are kept until the next one, because a later
/// operation may refuse what became of it.
struct Function<I, P> {
    function: P,
    places: Vec<usize>,
    /// Whether the cells of an item are the first ones of its row, one after the other.
    in_order: bool,
    item: Option<I>,
    row: Row,
    /// Of an item on its way back into its row.
    cells: Row,
}

impl<S: SettingValue> ProcessorKind for Kind<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn settings(&self) -> Shape {
        S::SHAPE
    }

    fn schema(&self) -> Arc<Schema> {
        Schema::new((self.columns)())
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>, schema: &Schema) -> Option<Box<dyn ProcessorPlan>> {
        let (settings, places) = settings_and_places(settings, names, (self.name, schema, self.places))?;
        Some(Box::new(Plan::<S> { settings, places, open: Arc::clone(&self.open) }))
    }
}

impl<S: SettingValue> ProcessorPlan for Plan<S> {
    fn open(&self, frame: &Frame, step: &StepContext<'_>) -> Result<Box<dyn RowFunction>, BatchError> {
        (self.open)(&with(&self.settings, frame)?, step, &self.places)
    }
}

impl<I, A, P> RowFunction for Function<I, P>
where
    I: Record,
    A: IntoItem,
    P: FnMut(&I) -> A + Send,
{
    fn call(&mut self, row: &mut Row, retries: &mut Retries<'_>) -> Result<bool, BatchError> {
        let item = I::from_cells(&mut Cells::new(row, &self.places))?;
        let mut attempts = 1;
        let answer = loop {
            match (self.function)(&item).into_item() {
                Err(error) if retries.pause(attempts, &error) => attempts += 1,
                answer => break answer,
            }
        };
        match answer {
            Ok(Some(made)) => {
                mem::swap(row, &mut self.row);
                row.clear();
                made.into_cells(row);
                self.item = Some(item);
                Ok(true)
            }
            Ok(None) => {
                // The reader writes the next texts of these columns where these stand.
                if mem::needs_drop::<I>() {
                    self.put_back(item, row);
                }
                Ok(false)
            }
            Err(error) => {
                self.put_back(item, row);
                Err(error)
            }
        }
    }

    fn undo(&mut self, row: &mut Row) {
        mem::swap(row, &mut self.row);
        if let Some(item) = self.item.take() {
            self.put_back(item, row);
        }
    }
}

impl<I: Record, P> Function<I, P> {
    /// Puts the cells of an item back to where they were taken from.
    fn put_back(&mut self, item: I, row: &mut Row) {
        if self.in_order && row.len() == self.places.len() {
            row.clear();
            item.into_cells(row);
            return;
        }
        item.into_cells(&mut self.cells);
        for (place, value) in self.places.iter().zip(self.cells.drain(..)) {
            if let Some(cell) = row.get_mut(*place) {
                *cell = value;
            }
        }
    }
}
