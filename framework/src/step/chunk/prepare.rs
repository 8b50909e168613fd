//! Reading and processing: everything that happens to a chunk before its transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::write::Written;
use super::{BadItem, Batch, ChunkProcessor, ChunkSource, Fill, Processed, Retries};
use crate::error::BatchError;
use crate::policy::RetryPolicy;
use crate::repository::Phase;
use crate::step::StepError;
use crate::stop::StopToken;

/// How many chunks may wait between reader and writer. Two keep both busy; more only cost memory.
const AHEAD: usize = 2;

/// A chunk that is read and processed, with the position that it carries to its commit.
pub(super) struct Prepared<O> {
    pub(super) output: Processed<O>,
    pub(super) bad: Vec<(Phase, BadItem)>,
    pub(super) read: u64,
    pub(super) retried: u64,
    pub(super) checkpoint: serde_json::Value,
    pub(super) fill: Fill,
}

/// Reads and processes chunk after chunk.
pub(super) struct Preparer<'a, I, O> {
    pub(super) source: Box<dyn ChunkSource<I>>,
    pub(super) processor: Box<dyn ChunkProcessor<I, O>>,
    pub(super) size: usize,
    pub(super) retry: &'a RetryPolicy,
    pub(super) stop: &'a StopToken,
}

impl<I, O> Preparer<'_, I, O> {
    /// The next chunk. `batch` and `spare` are the memory of earlier ones.
    pub(super) fn next(&mut self, batch: &mut Batch<I>, spare: Processed<O>) -> Result<Prepared<O>, BatchError> {
        let mut output = spare;
        let mut retries = Retries::new(self.retry, self.stop);
        let fill = self.source.fill(self.size, batch)?;
        let read = batch.len() as u64;
        self.processor.process(batch, &mut output, &mut retries)?;
        let unread = batch.bad.drain(..).map(|item| (Phase::Read, item));
        let unprocessed = output.bad.drain(..).map(|item| (Phase::Process, item));
        let mut bad: Vec<_> = unread.chain(unprocessed).collect();
        bad.sort_by_key(|(_, item)| item.place);
        Ok(Prepared { output, bad, read, retried: retries.count, checkpoint: self.source.checkpoint(), fill })
    }
}

/// Reads and processes on a thread of its own, and gives each chunk to `take` on this one. What `take` gives back is memory
/// for a later chunk.
pub(super) fn read_ahead<I: Send, O: Send>(
    preparer: &mut Preparer<'_, I, O>,
    mut take: impl FnMut(Result<Prepared<O>, BatchError>) -> Result<(Written, Processed<O>), StepError>,
) -> Result<Written, StepError> {
    let (chunks, incoming) = sync_channel(AHEAD);
    let (spares, returned) = sync_channel(AHEAD + 1);
    thread::scope(|scope| {
        scope.spawn(move || prepare_all(preparer, &chunks, &returned));
        // Ends when the sender is dropped; dropping `incoming` on the way out ends the sender.
        for chunk in incoming {
            let (written, spare) = take(chunk)?;
            if written != Written::More {
                return Ok(written);
            }
            // A full channel means that there is memory enough.
            let _ = spares.try_send(spare);
        }
        Ok(Written::All)
    })
}

/// Sends chunks until the last one, an error, or until nobody takes them any more. A panic of user code becomes an error.
fn prepare_all<I, O>(
    preparer: &mut Preparer<'_, I, O>,
    chunks: &SyncSender<Result<Prepared<O>, BatchError>>,
    returned: &Receiver<Processed<O>>,
) {
    let mut batch = Batch::default();
    loop {
        let spare = returned.try_recv().unwrap_or_default();
        let prepared = catch_unwind(AssertUnwindSafe(|| preparer.next(&mut batch, spare)))
            .unwrap_or_else(|panic| Err(BatchError::panicked(panic.as_ref())));
        let last = !matches!(&prepared, Ok(Prepared { fill: Fill::More, .. }));
        if chunks.send(prepared).is_err() || last {
            return;
        }
    }
}
