//! A reader of single items as a source of chunks, for items that no processor looks at.

use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::json;

use super::{BadItem, Batch, ChunkSource, Fill, ItemReader, Locate, ReadError};
use crate::error::BatchError;
use crate::monitor::Extent;
use crate::stop::StopToken;

/// Places and checkpoints are those of a reader with a processor, so that a step that gets or loses one can be restarted.
pub(crate) struct OneByOne<T, R> {
    reader: R,
    stop: StopToken,
    read: u64,
    items: PhantomData<fn() -> T>,
}

impl<T, R: ItemReader<T>> OneByOne<T, R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, stop: StopToken::default(), read: 0, items: PhantomData }
    }

    /// Fills a batch with what `make` makes of the items, each as soon as it is read, in memory that is spare.
    pub(crate) fn fill_with<M>(
        &mut self,
        limit: usize,
        batch: &mut Batch<M>,
        make: impl Fn(T, &mut Vec<M>) -> M,
    ) -> Result<Fill, BatchError> {
        while batch.len() < limit && !self.stop.is_aborted() {
            match self.reader.read() {
                Ok(Some(item)) => {
                    self.read += 1;
                    let made = make(item, &mut batch.spare);
                    batch.push(self.read, made);
                }
                Ok(None) => return Ok(Fill::End),
                Err(ReadError::Fatal(error)) => return Err(error),
                Err(ReadError::Record { payload, error }) => {
                    self.read += 1;
                    batch.bad.push(BadItem { place: self.read, payload, error });
                }
            }
        }
        Ok(Fill::More)
    }
}

impl<T, R: ItemReader<T>> ChunkSource<T> for OneByOne<T, R> {
    fn heed(&mut self, stop: &StopToken) {
        self.stop = stop.clone();
    }

    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        self.read = from.and_then(|at| at.get("items")?.as_u64()).unwrap_or(0);
        self.reader.open(from.and_then(|at| at.get("at")).filter(|at| !at.is_null()))
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<T>) -> Result<Fill, BatchError> {
        self.fill_with(limit, batch, |item, _| item)
    }

    fn checkpoint(&self) -> serde_json::Value {
        json!({ "at": self.reader.checkpoint(), "items": self.read })
    }

    fn total(&self) -> Option<u64> {
        self.reader.total()
    }

    fn extent(&self) -> Option<Extent> {
        self.reader.total().map(|of| Extent { done: self.read, of })
    }

    fn locator(&self) -> Locate {
        Arc::new(|item| json!({ "item": item }))
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.reader.close()
    }
}
