//! Taking prepared chunks one after the other: what is bad is judged, what is good is committed.

use std::sync::Arc;

use super::each::before;
use super::prepare::Prepared;
use super::{BadItem, Describe, Fill, ItemWriter, Locate, Processed};
use crate::error::BatchError;
use crate::execution::{Counts, ErrorRecord};
use crate::listener::{ChunkEvent, ItemListener};
use crate::policy::{RetryPolicy, SkipPolicy};
use crate::repository::{DeadLetter, Phase};
use crate::status::StopIntent;
use crate::step::{Failure, Outcome, StepContext, StepError};

/// The writing half of a chunk step.
pub(super) struct ChunkWriter<'c, 'a, I, O> {
    pub(super) context: &'c mut StepContext<'a>,
    pub(super) writer: Box<dyn ItemWriter<O>>,
    pub(super) locate: Locate,
    pub(super) describe: Describe<O>,
    pub(super) listeners: Vec<Arc<dyn ItemListener<I, O>>>,
    pub(super) rules: Rules<'c>,
    pub(super) total: Option<u64>,
    /// How many chunks were begun.
    pub(super) number: u64,
}

/// What the step does about errors.
#[derive(Clone, Copy)]
pub(super) struct Rules<'r> {
    pub(super) retry: &'r RetryPolicy,
    pub(super) skip: &'r SkipPolicy,
}

/// How far the step is after a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    More,
    All,
    Stopped(StopIntent),
}

/// A chunk on its way into the store.
pub(super) struct Chunk<O> {
    pub(super) output: Processed<O>,
    /// The position of the reader after it.
    pub(super) checkpoint: serde_json::Value,
    /// What was skipped before the writer saw it.
    pub(super) letters: Vec<DeadLetter>,
    /// What the chunk adds to the counters when everything in `output` is written.
    pub(super) delta: Counts,
}

impl<I, O> ChunkWriter<'_, '_, I, O> {
    /// Calls the chunk listeners before the first item of the next chunk is read.
    pub(super) fn before_chunk(&mut self) -> Result<(), StepError> {
        let counts = self.context.state.counts;
        let event = ChunkEvent { step: &self.context.step.name, number: self.number + 1, counts };
        Ok(before(self.context.chunk_listeners, |listener| listener.before_chunk(&event))?)
    }

    /// Judges and commits one chunk, unless a stop is requested. Gives its memory back.
    pub(super) fn take(
        &mut self,
        prepared: Result<Prepared<O>, BatchError>,
    ) -> Result<(Written, Processed<O>), StepError> {
        if let Some(intent) = self.context.stop_requested() {
            return Ok((Written::Stopped(intent), Processed::default()));
        }
        let prepared = prepared?;
        let fill = prepared.fill;
        self.number += 1;
        if prepared.read == 0 {
            return Ok((Written::More, prepared.output));
        }
        let chunk = self.judge(prepared)?;
        let stop = self.commit(&chunk)?;
        let mut spare = chunk.output;
        spare.clear();
        // A stop that arrives with the last chunk comes too late: everything is done.
        let written = stop.filter(|_| fill == Fill::More).map_or(Written::More, Written::Stopped);
        Ok((written, spare))
    }

    /// The end of the attempt, after the last chunk or at the safe point.
    pub(super) fn finish(mut self, ended: Written) -> Result<Outcome, StepError> {
        if let Written::Stopped(intent) = ended {
            return Ok(Outcome::Stopped(intent));
        }
        self.writer.finish()?;
        let total = self.context.state.total();
        if !total.balanced() {
            let message = format!("the counters do not add up: {total:?}");
            return Err(BatchError::new("CountMismatch", message).into());
        }
        if !self.rules.skip.permits_end(&total) {
            let message = format!("{} of {} records were skipped, more than the limit", total.skipped(), total.read);
            return Err(BatchError::new("SkipLimitExceeded", message).into());
        }
        Ok(Outcome::COMPLETED)
    }

    /// Decides over everything in the chunk that is known to be bad, before a transaction is opened for the rest.
    fn judge(&mut self, prepared: Prepared<O>) -> Result<Chunk<O>, StepError> {
        let Prepared { mut output, mut bad, read, retried, checkpoint, .. } = prepared;
        bad.extend(self.unwritable(&mut output).into_iter().map(|item| (Phase::Write, item)));
        let mut delta = Counts { read, filter: output.filtered, retry: retried, commit: 1, ..Counts::default() };
        let letters =
            bad.into_iter().map(|(phase, item)| self.skip(phase, item, &mut delta)).collect::<Result<_, _>>()?;
        delta.write = output.items.len() as u64;
        Ok(Chunk { output, checkpoint, letters, delta })
    }

    /// Takes those items out that the writer knows it cannot write.
    fn unwritable(&self, output: &mut Processed<O>) -> Vec<BadItem> {
        let mut refused = Vec::new();
        // From the back, so that the indexes before stay right.
        for (index, error) in self.writer.check(&output.items).into_iter().rev() {
            let (item, place) = (output.items.remove(index), output.places.remove(index));
            refused.push(BadItem { place, payload: (self.describe)(&item), error });
        }
        refused.reverse();
        refused
    }

    /// Counts a bad item as skipped in `delta`, if the policy allows it.
    pub(super) fn skip(&self, phase: Phase, item: BadItem, delta: &mut Counts) -> Result<DeadLetter, StepError> {
        let position = (self.locate)(item.place);
        let fail = |error| StepError::Failed(Failure { error, position: Some(position.clone()) });
        if !self.rules.skip.covers(item.error.name()) {
            return Err(fail(item.error));
        }
        match phase {
            Phase::Read => delta.read_skip += 1,
            Phase::Process => delta.process_skip += 1,
            Phase::Write => delta.write_skip += 1,
        }
        let mut total = self.context.state.total();
        total += *delta;
        if !self.rules.skip.permits(&total) {
            return Err(fail(limit_exceeded(item.error)));
        }
        Ok(DeadLetter { phase, position, payload: item.payload, error: ErrorRecord::from(&item.error) })
    }
}

/// The error of the first item beyond the limit, under its own name.
fn limit_exceeded(error: BatchError) -> BatchError {
    let name = error.name().to_owned();
    BatchError::new(name, "one bad record more than the skip limit allows").with_source(error)
}
