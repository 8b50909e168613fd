//! A function as a kind of reader: its items become rows, in the memory of rows that were written.

use std::sync::Arc;

use super::{With, with};
use crate::error::BatchError;
use crate::kind::{Frame, Late, Names, ReaderKind, ReaderPlan, SettingValue};
use crate::monitor::Extent;
use crate::row::{Column, Record, Row, Schema};
use crate::step::StepContext;
use crate::step::chunk::{Batch, ChunkSource, Fill, ItemReader, Locate, OneByOne};
use crate::stop::StopToken;
use crate::yaml::{Cursor, Shape};

/// The kind `name` whose readers `make` makes.
pub(crate) fn reader<S, T, R, F>(name: &'static str, make: F) -> impl ReaderKind
where
    S: SettingValue,
    T: Record,
    R: ItemReader<T> + 'static,
    F: Fn(&With<S>, &StepContext<'_>) -> Result<R, BatchError> + Send + Sync + 'static,
{
    let open: Open<S> = Arc::new(move |settings, step| {
        let (reader, width) = (OneByOne::new(make(settings, step)?), T::columns().len());
        Ok(Box::new(Rows { reader, width }))
    });
    Kind { name, columns: T::columns, open }
}

type Open<S> = Arc<dyn Fn(&With<S>, &StepContext<'_>) -> Result<Box<dyn ChunkSource<Row>>, BatchError> + Send + Sync>;

struct Kind<S> {
    name: &'static str,
    columns: fn() -> Vec<Column>,
    open: Open<S>,
}

struct Plan<S> {
    name: &'static str,
    columns: fn() -> Vec<Column>,
    settings: Late<S>,
    open: Open<S>,
}

/// A reader of items as a source of rows.
struct Rows<T, R> {
    reader: OneByOne<T, R>,
    width: usize,
}

impl<S: SettingValue> ReaderKind for Kind<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn settings(&self) -> Shape {
        S::SHAPE
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn ReaderPlan>> {
        let settings = S::read(settings, names)?;
        Some(Box::new(Plan { name: self.name, columns: self.columns, settings, open: Arc::clone(&self.open) }))
    }
}

impl<S: SettingValue> ReaderPlan for Plan<S> {
    fn schema(&self) -> Arc<Schema> {
        Schema::new((self.columns)())
    }

    fn open(&self, _: &Frame) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        Err(BatchError::from(format!("`{}` is opened by its step", self.name)))
    }

    fn open_in(&self, frame: &Frame, step: &StepContext<'_>) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        (self.open)(&with(&self.settings, frame)?, step)
    }
}

impl<T: Record, R: ItemReader<T>> ChunkSource<Row> for Rows<T, R> {
    fn heed(&mut self, stop: &StopToken) {
        self.reader.heed(stop);
    }

    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        self.reader.open(from)
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        let width = self.width;
        self.reader.fill_with(limit, batch, |item, spare| {
            let mut row = spare.pop().unwrap_or_else(|| Row::with_capacity(width));
            row.clear();
            item.into_cells(&mut row);
            row
        })
    }

    fn checkpoint(&self) -> serde_json::Value {
        self.reader.checkpoint()
    }

    fn total(&self) -> Option<u64> {
        self.reader.total()
    }

    fn extent(&self) -> Option<Extent> {
        self.reader.extent()
    }

    fn locator(&self) -> Locate {
        self.reader.locator()
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.reader.close()
    }
}
