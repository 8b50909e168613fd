//! Reading, processing and encoding: everything that happens to a chunk before its transaction.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::supply::{Portion, Supply};
use super::write::Written;
use super::{BadItem, Describe, Fill, ItemEncoder, Processed, Retries};
use crate::error::BatchError;
use crate::monitor::Extent;
use crate::policy::RetryPolicy;
use crate::repository::Phase;
use crate::status::StopIntent;
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
    pub(super) extent: Option<Extent>,
    pub(super) fill: Fill,
}

/// Reads, processes and encodes chunk after chunk.
pub(super) struct Preparer<'a, O> {
    pub(super) supply: &'a mut dyn Supply<O>,
    pub(super) encoder: Option<Box<dyn ItemEncoder<O>>>,
    pub(super) describe: &'a Describe<O>,
    pub(super) size: usize,
    pub(super) retry: &'a RetryPolicy,
    /// The request to end, of the step or of the reading alone.
    pub(super) stop: StopToken,
}

impl<O> Prepared<O> {
    /// Whether another chunk may follow.
    pub(super) fn has_next(&self) -> bool {
        !self.cut && matches!(&self.filled, Ok(Filled { fill: Fill::More, .. }))
    }
}

impl<O> Preparer<'_, O> {
    /// The next chunk, in the memory of an earlier one. A panic of user code becomes an error.
    pub(super) fn next(&mut self, mut spare: Processed<O>) -> Prepared<O> {
        let stop = self.stop.clone();
        let mut retries = Retries::new(self.retry, &stop);
        let filled = caught(|| self.fill(&mut spare, &mut retries));
        let (retried, cut) = (retries.count, retries.cut);
        let warnings = std::mem::take(&mut spare.warnings);
        let filled = filled.map(|(portion, bad)| {
            let Portion { fill, read, checkpoint, extent, .. } = portion;
            Filled { output: spare, bad, read, checkpoint, extent, fill }
        });
        Prepared { filled, retried, cut, warnings }
    }

    /// Reads, processes and encodes; what failed comes back in the order of reading.
    fn fill(
        &mut self,
        output: &mut Processed<O>,
        retries: &mut Retries<'_>,
    ) -> Result<(Portion, Vec<(Phase, BadItem)>), BatchError> {
        let mut portion = self.supply.fill(self.size, output, retries)?;
        if output.items.len() != output.places.len() {
            let (items, places) = (output.items.len(), output.places.len());
            return Err(BatchError::from(format!("the processor gave {items} items with {places} places")));
        }
        let mut bad = of_phase(Phase::Read, std::mem::take(&mut portion.unread));
        bad.extend(of_phase(Phase::Process, std::mem::take(&mut output.bad)));
        if let Some(encoder) = &mut self.encoder
            && !output.items.is_empty()
        {
            let refused = encoder.encode(&output.items, &mut output.encoded);
            bad.extend(of_phase(Phase::Write, take_out(refused, output, self.describe)?));
        }
        bad.sort_by_key(|(_, item)| item.place);
        Ok((portion, bad))
    }
}

fn of_phase(phase: Phase, items: Vec<BadItem>) -> Vec<(Phase, BadItem)> {
    items.into_iter().map(|item| (phase, item)).collect()
}

/// Takes those items out that the encoder left out.
fn take_out<O>(
    mut refused: Vec<(usize, BatchError)>,
    output: &mut Processed<O>,
    describe: &Describe<O>,
) -> Result<Vec<BadItem>, BatchError> {
    if refused.is_empty() {
        return Ok(Vec::new());
    }
    refused.sort_by_key(|(index, _)| *index);
    refused.dedup_by_key(|(index, _)| *index);
    let mut refused = refused.into_iter().peekable();
    let (items, places) = (std::mem::take(&mut output.items), std::mem::take(&mut output.places));
    let mut bad = Vec::with_capacity(refused.len());
    for (index, (item, place)) in items.into_iter().zip(places).enumerate() {
        match refused.next_if(|(next, _)| *next == index) {
            Some((_, error)) => bad.push(BadItem { place, payload: describe(&item), error }),
            None => output.push(place, item),
        }
    }
    // An error about an item that is not there must not get lost.
    refused.next().map_or(Ok(bad), |(_, error)| Err(error))
}

/// Reads and processes on a thread of its own, and gives each chunk to `take` on this one. What `take` gives back is memory
/// for a later chunk.
///
/// The thread ends when nobody takes its chunks any more: the chunk that it is filling then is left.
pub(super) fn read_ahead<O: Send>(
    preparer: &mut Preparer<'_, O>,
    mut take: impl FnMut(Prepared<O>) -> Result<(Written, Processed<O>), StepError>,
) -> Result<Written, StepError> {
    let (chunks, incoming) = sync_channel(AHEAD);
    let (spares, returned) = sync_channel(AHEAD + 1);
    let nobody_takes = Abort(preparer.stop.clone());
    thread::scope(|scope| {
        let _nobody_takes = nobody_takes;
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

/// Requests an abort at the end of its life, also when that is a panic.
struct Abort(StopToken);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.request(StopIntent::Aborted);
    }
}

/// Sends chunks until the last one, an error, or until nobody takes them any more.
fn prepare_all<O>(preparer: &mut Preparer<'_, O>, chunks: &SyncSender<Prepared<O>>, returned: &Receiver<Processed<O>>) {
    loop {
        let prepared = preparer.next(returned.try_recv().unwrap_or_default());
        let last = !prepared.has_next();
        if chunks.send(prepared).is_err() || last {
            return;
        }
    }
}

fn no_thread(error: io::Error) -> StepError {
    BatchError::from(error).into()
}
