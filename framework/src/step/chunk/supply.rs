//! Where prepared items come from: reader and processor as the engine calls them, the type of the items between them forgotten.

use super::{BadItem, Batch, ChunkProcessor, ChunkSource, Fill, Locate, Processed, Retries};
use crate::error::BatchError;
use crate::monitor::Extent;
use crate::stop::StopToken;

/// Reads and processes, a chunk at a time.
pub(super) trait Supply<O>: Send {
    /// Gets ready, from the beginning or from where a committed chunk ended. `stop` is the request to end.
    fn open(&mut self, from: Option<&serde_json::Value>, stop: &StopToken) -> Result<Course, BatchError>;

    /// Reads at most `limit` records and processes them into `output`.
    ///
    /// # Errors
    /// Only what no policy may skip.
    fn fill(
        &mut self,
        limit: usize,
        output: &mut Processed<O>,
        retries: &mut Retries<'_>,
    ) -> Result<Portion, BatchError>;

    /// See [`ItemReader::close`](super::ItemReader::close).
    fn close(&mut self) -> Result<(), BatchError>;
}

/// What is known of the items before the first one is read.
pub(super) struct Course {
    pub(super) locate: Locate,
    pub(super) total: Option<u64>,
    /// Where the reading begins.
    pub(super) extent: Option<Extent>,
}

/// What was read for a chunk, beside the items that could be processed.
pub(super) struct Portion {
    pub(super) fill: Fill,
    /// How many records, good and bad.
    pub(super) read: u64,
    pub(super) unread: Vec<BadItem>,
    /// The position after the last of them.
    pub(super) checkpoint: serde_json::Value,
    /// How far the reading has come.
    pub(super) extent: Option<Extent>,
}

/// A source and a processor that work chunk by chunk themselves.
pub(super) struct TwoParts<I, O> {
    pub(super) source: Box<dyn ChunkSource<I>>,
    pub(super) processor: Box<dyn ChunkProcessor<I, O>>,
    pub(super) batch: Batch<I>,
}

impl<I: Send, O> Supply<O> for TwoParts<I, O> {
    fn open(&mut self, from: Option<&serde_json::Value>, stop: &StopToken) -> Result<Course, BatchError> {
        self.source.heed(stop);
        self.source.open(from)?;
        Ok(Course { locate: self.source.locator(), total: self.source.total(), extent: self.source.extent() })
    }

    fn fill(
        &mut self,
        limit: usize,
        output: &mut Processed<O>,
        retries: &mut Retries<'_>,
    ) -> Result<Portion, BatchError> {
        let fill = self.source.fill(limit, &mut self.batch)?;
        let read = self.batch.len() as u64;
        self.processor.process(&mut self.batch, output, retries)?;
        let unread = std::mem::take(&mut self.batch.bad);
        Ok(Portion { fill, read, unread, checkpoint: self.source.checkpoint(), extent: self.source.extent() })
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.source.close()
    }
}
