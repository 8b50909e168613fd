//! Keeps secrets out of what the reader and the writer of a step say about rows.

use std::sync::Arc;

use serde_json::Value as Json;

use super::rows;
use crate::error::BatchError;
use crate::kind::Frame;
use crate::repository::ChunkError;
use crate::row::Row;
use crate::step::chunk::{Batch, ChunkSource, Fill, ItemWriter, Locate, WriteContext};

/// `source`, with the secrets of the run masked in its errors and in the records that it could not read.
pub(super) fn source(source: Box<dyn ChunkSource<Row>>, frame: &Arc<Frame>) -> Box<dyn ChunkSource<Row>> {
    if frame.secrets.is_empty() { source } else { Box::new(Masked { part: source, frame: Arc::clone(frame) }) }
}

/// `writer`, with the secrets of the run masked in its errors.
pub(super) fn writer(writer: Box<dyn ItemWriter<Row>>, frame: &Arc<Frame>) -> Box<dyn ItemWriter<Row>> {
    if frame.secrets.is_empty() { writer } else { Box::new(Masked { part: writer, frame: Arc::clone(frame) }) }
}

struct Masked<P> {
    part: P,
    frame: Arc<Frame>,
}

impl<P> Masked<P> {
    fn masked<T>(&self, result: Result<T, BatchError>) -> Result<T, BatchError> {
        result.map_err(|error| self.frame.masked(error))
    }
}

impl ChunkSource<Row> for Masked<Box<dyn ChunkSource<Row>>> {
    fn open(&mut self, from: Option<&Json>) -> Result<(), BatchError> {
        let opened = self.part.open(from);
        self.masked(opened)
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        let filled = self.part.fill(limit, batch);
        for bad in &mut batch.bad {
            let error = std::mem::replace(&mut bad.error, BatchError::from(""));
            bad.error = self.frame.masked(error);
            rows::mask_bytes(&mut bad.payload.bytes, &self.frame);
        }
        self.masked(filled)
    }

    fn checkpoint(&self) -> Json {
        self.part.checkpoint()
    }

    fn total(&self) -> Option<u64> {
        self.part.total()
    }

    fn locator(&self) -> Locate {
        self.part.locator()
    }

    fn close(&mut self) -> Result<(), BatchError> {
        let closed = self.part.close();
        self.masked(closed)
    }
}

impl ItemWriter<Row> for Masked<Box<dyn ItemWriter<Row>>> {
    fn open(&mut self, from: Option<&Json>) -> Result<(), BatchError> {
        let opened = self.part.open(from);
        self.masked(opened)
    }

    fn check(&self, items: &[Row]) -> Vec<(usize, BatchError)> {
        let refused = self.part.check(items);
        refused.into_iter().map(|(index, error)| (index, self.frame.masked(error))).collect()
    }

    fn write(&mut self, items: &[Row], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        self.part.write(items, context).map_err(|error| match error {
            ChunkError::Data(error) => ChunkError::Data(self.frame.masked(error)),
            ChunkError::Failed(error) => ChunkError::Failed(self.frame.masked(error)),
            other => other,
        })
    }

    fn checkpoint(&mut self) -> Result<Option<Json>, BatchError> {
        let checkpoint = self.part.checkpoint();
        self.masked(checkpoint)
    }

    fn rolled_back(&mut self) -> Result<(), BatchError> {
        let undone = self.part.rolled_back();
        self.masked(undone)
    }

    fn committed(&mut self) {
        self.part.committed();
    }

    fn finish(&mut self) -> Result<(), BatchError> {
        let finished = self.part.finish();
        self.masked(finished)
    }
}
