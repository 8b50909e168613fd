//! Reading and processing: everything that happens to a chunk before its transaction.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::write::Written;
use super::{BadItem, Batch, ChunkProcessor, ChunkSource, Fill, Processed, Retries};
use crate::error::BatchError;
use crate::policy::RetryPolicy;
use crate::repository::Phase;
use crate::step::{StepError, caught};
use crate::stop::StopToken;

/// How many chunks may wait between reader and writer. Two keep both busy; more only cost memory.
const AHEAD: usize = 2;

/// What came of reading and processing one chunk.
pub(super) struct Prepared<O> {
    /// The chunk, unless it cannot be had.
    pub(super) filled: Result<Filled<O>, BatchError>,
    /// How often processing an item was repeated.
    pub(super) retried: u64,
    /// Whether a stop cut a retry short, so that the chunk must not be written.
    pub(super) cut: bool,
    /// What listeners failed to hear.
    pub(super) warnings: Vec<String>,
}

/// A chunk that is read and processed, with the position that it carries to its commit.
pub(super) struct Filled<O> {
    pub(super) output: Processed<O>,
    /// What could not be read or processed, in the order of reading.
    pub(super) bad: Vec<(Phase, BadItem)>,
    pub(super) read: u64,
    pub(super) checkpoint: serde_json::Value,
    pub(super) fill: Fill,
}

/// Reads and processes chunk after chunk.
pub(super) struct Preparer<'a, I, O> {
    pub(super) source: &'a mut dyn ChunkSource<I>,
    pub(super) processor: &'a mut dyn ChunkProcessor<I, O>,
    pub(super) size: usize,
    pub(super) retry: &'a RetryPolicy,
    pub(super) stop: &'a StopToken,
}

impl<O> Prepared<O> {
    /// Whether another chunk may follow.
    pub(super) fn has_next(&self) -> bool {
        matches!(&self.filled, Ok(Filled { fill: Fill::More, .. }))
    }
}

impl<I, O> Preparer<'_, I, O> {
    /// The next chunk. `batch` and `spare` are the memory of earlier ones. A panic of user code becomes an error.
    pub(super) fn next(&mut self, batch: &mut Batch<I>, mut spare: Processed<O>) -> Prepared<O> {
        let mut retries = Retries::new(self.retry, self.stop);
        let filled = caught(|| self.fill(batch, &mut spare, &mut retries));
        let (retried, cut) = (retries.count, retries.cut);
        let warnings = batch.warnings.drain(..).chain(spare.warnings.drain(..)).collect();
        let filled = filled.map(|Read { fill, read, checkpoint }| {
            let unread = batch.bad.drain(..).map(|item| (Phase::Read, item));
            let unprocessed = spare.bad.drain(..).map(|item| (Phase::Process, item));
            let mut bad: Vec<_> = unread.chain(unprocessed).collect();
            bad.sort_by_key(|(_, item)| item.place);
            Filled { output: spare, bad, read, checkpoint, fill }
        });
        Prepared { filled, retried, cut, warnings }
    }

    fn fill(
        &mut self,
        batch: &mut Batch<I>,
        output: &mut Processed<O>,
        retries: &mut Retries<'_>,
    ) -> Result<Read, BatchError> {
        let fill = self.source.fill(self.size, batch)?;
        let read = batch.len() as u64;
        self.processor.process(batch, output, retries)?;
        Ok(Read { fill, read, checkpoint: self.source.checkpoint() })
    }
}

/// What was read for a chunk.
struct Read {
    fill: Fill,
    read: u64,
    checkpoint: serde_json::Value,
}

/// Reads and processes on a thread of its own, and gives each chunk to `take` on this one. What `take` gives back is memory
/// for a later chunk.
///
/// The thread ends when nobody takes its chunks any more, at the latest after the chunk that it is filling.
pub(super) fn read_ahead<I: Send, O: Send>(
    preparer: &mut Preparer<'_, I, O>,
    mut take: impl FnMut(Prepared<O>) -> Result<(Written, Processed<O>), StepError>,
) -> Result<Written, StepError> {
    let (chunks, incoming) = sync_channel(AHEAD);
    let (spares, returned) = sync_channel(AHEAD + 1);
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("reader".to_owned());
        reader.spawn_scoped(scope, move || prepare_all(preparer, &chunks, &returned)).map_err(no_thread)?;
        // Ends when the sender is dropped; dropping `incoming` on the way out, also by a panic, ends the sender.
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

/// Sends chunks until the last one, an error, or until nobody takes them any more.
fn prepare_all<I, O>(
    preparer: &mut Preparer<'_, I, O>,
    chunks: &SyncSender<Prepared<O>>,
    returned: &Receiver<Processed<O>>,
) {
    let mut batch = Batch::default();
    loop {
        let spare = returned.try_recv().unwrap_or_default();
        let prepared = preparer.next(&mut batch, spare);
        let last = !prepared.has_next();
        if chunks.send(prepared).is_err() || last {
            return;
        }
    }
}

fn no_thread(error: io::Error) -> StepError {
    BatchError::from(error).into()
}
