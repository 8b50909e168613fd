//! Taking prepared chunks one after the other: what is bad is judged, what is good is committed.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::Ended;
use super::each::{before, hear};
use super::prepare::{Filled, Prepared};
use super::{BadItem, Describe, Fill, ItemWriter, Locate, Processed};
use crate::error::{BatchError, names};
use crate::execution::{Counts, ErrorRecord, place};
use crate::listener::{ChunkEvent, ItemListener, ListenerResult};
use crate::monitor::Extent;
use crate::policy::{RetryPolicy, SkipLimit, SkipPolicy};
use crate::repository::{DeadLetter, Phase};
use crate::status::StopIntent;
use crate::step::{Failure, Outcome, StepContext, StepError};

/// The writing half of a chunk step.
pub(super) struct ChunkWriter<'c, 'a, I, O> {
    pub(super) context: &'c mut StepContext<'a>,
    pub(super) writer: &'c mut dyn ItemWriter<O>,
    pub(super) locate: Locate,
    pub(super) describe: &'c Describe<O>,
    pub(super) listeners: &'c [Arc<dyn ItemListener<I, O>>],
    pub(super) rules: Rules<'c>,
    /// How many items there will be, if that is known.
    pub(super) total: Option<u64>,
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
    /// How far the reader has come with it.
    pub(super) extent: Option<Extent>,
    /// What was skipped before the writer saw it.
    pub(super) letters: Vec<Letter>,
    /// What the chunk adds to the counters when everything in `output` is written.
    pub(super) delta: Counts,
}

/// A dead letter with the place by which those of a chunk are put in order.
#[derive(Clone)]
pub(super) struct Letter {
    pub(super) place: u64,
    pub(super) letter: DeadLetter,
}

impl<I, O> ChunkWriter<'_, '_, I, O> {
    /// Whether somebody watches the order of what happens.
    pub(super) fn is_listened(&self) -> bool {
        !self.listeners.is_empty() || !self.context.chunk_listeners.is_empty()
    }

    /// The time on the clock of the process.
    pub(super) fn now(&self) -> Duration {
        self.context.stop_line.now()
    }

    /// Calls the chunk listeners before the first item of the next chunk is read.
    pub(super) fn before_chunk(&mut self) -> Result<(), StepError> {
        let event = self.event(self.context.state.counts);
        let called = before(self.context.chunk_listeners, |listener| listener.before_chunk(&event));
        called.map_err(|error| self.failed(error.into()))
    }

    /// Judges and commits one chunk, and gives its memory back. An abort, and a stop that cut a retry short, leave it.
    pub(super) fn take(&mut self, prepared: Prepared<O>) -> Result<(Written, Processed<O>), StepError> {
        let Prepared { filled, retried, cut, warnings } = prepared;
        self.context.state.counts.retry += retried;
        warnings.iter().for_each(|warning| self.context.warn(warning));
        if let Some(intent) = self.context.stop_requested().filter(|intent| cut || *intent == StopIntent::Aborted) {
            return self.left(intent);
        }
        let written = filled.map_err(StepError::from).and_then(|filled| self.write(filled));
        written.map_err(|error| self.failed(error))
    }

    /// The end of the attempt, after the last chunk or at the safe point.
    pub(super) fn finish(&mut self, written: Written) -> Result<Outcome, StepError> {
        if let Written::Stopped(intent) = written {
            return Ok(Outcome::Stopped(intent));
        }
        let total = self.context.state.total();
        if !total.balanced() {
            let message = format!("the counters do not add up: {total:?}");
            return Err(BatchError::new(names::COUNT_MISMATCH, message).into());
        }
        if !self.rules.skip.permits_end(&total) {
            let (skipped, read, limit) = (total.skipped(), total.read, self.rules.skip.limit);
            let message = format!("{skipped} of {read} records were skipped, more than the limit of {limit}");
            return Err(BatchError::new(names::SKIP_LIMIT_EXCEEDED, message).into());
        }
        // Whoever took the step over meanwhile finishes it.
        self.context.check_lease()?;
        self.writer.finish()?;
        Ok(Outcome::COMPLETED)
    }

    fn write(&mut self, filled: Filled<O>) -> Result<(Written, Processed<O>), StepError> {
        let fill = filled.fill;
        let more = if fill == Fill::More { Written::More } else { Written::All };
        if filled.read == 0 && !self.keeps_empty(&filled.checkpoint) {
            return Ok((more, filled.output));
        }
        let chunk = self.judge(filled)?;
        let stop = match self.commit(&chunk)? {
            Ended::Committed(stop) => stop,
            Ended::Left(intent) => return self.left(intent),
        };
        let mut spare = chunk.output;
        spare.clear();
        // A stop that arrives with the last chunk comes too late: everything is done.
        let written = stop.filter(|_| fill == Fill::More).map_or(more, Written::Stopped);
        Ok((written, spare))
    }

    /// Whether a chunk without items is committed: when the reader went on nevertheless, and when listeners wait for its end.
    fn keeps_empty(&self, checkpoint: &serde_json::Value) -> bool {
        let committed = self.context.state.checkpoint.as_ref();
        !self.context.chunk_listeners.is_empty() || committed.is_some_and(|last| last.get("reader") != Some(checkpoint))
    }

    /// Decides over everything in the chunk that is known to be bad, before a transaction is opened for the rest.
    fn judge(&mut self, filled: Filled<O>) -> Result<Chunk<O>, StepError> {
        let Filled { output, bad, read, checkpoint, extent, .. } = filled;
        let mut delta = Counts { read, filter: output.filtered, commit: 1, ..Counts::default() };
        let mut letters = Vec::with_capacity(bad.len());
        for (phase, item) in bad {
            let letter = self.skip(phase, item, &mut delta).map_err(|error| beside(error, &letters))?;
            letters.push(letter);
        }
        delta.write = output.items.len() as u64;
        Ok(Chunk { output, checkpoint, extent, letters, delta })
    }

    /// Counts a bad item as skipped in `delta`, if the policy allows it.
    pub(super) fn skip(&self, phase: Phase, item: BadItem, delta: &mut Counts) -> Result<Letter, StepError> {
        let BadItem { place, payload, error } = item;
        let position = (self.locate)(place);
        let fail = |error| StepError::Failed(Failure { error, position: Some(position.clone()) });
        if !self.rules.skip.covers(error.name()) {
            return Err(fail(error));
        }
        match phase {
            Phase::Read => delta.read_skip += 1,
            Phase::Process => delta.process_skip += 1,
            Phase::Write => delta.write_skip += 1,
        }
        if !self.permits(*delta) {
            return Err(fail(limit_exceeded(error, self.rules.skip.limit)));
        }
        Ok(Letter { place, letter: DeadLetter { phase, position, payload, error: ErrorRecord::from(&error) } })
    }

    /// Whether the skip policy lets the step go on after a chunk with these counters.
    pub(super) fn permits(&self, delta: Counts) -> bool {
        let mut total = self.context.state.total();
        total += delta;
        self.rules.skip.permits(&total)
    }

    /// The chunk is not written and the step ends at the chunk before. The abort of a run whose lease is lost was ordered by nobody.
    fn left(&mut self, intent: StopIntent) -> Result<(Written, Processed<O>), StepError> {
        if self.context.stop_line.is_lost() {
            return Err(StepError::LeaseLost);
        }
        let error = BatchError::new(names::UNNAMED, format!("the chunk was left: {} was requested", intent.as_str()));
        self.on_chunk_error(&error);
        Ok((Written::Stopped(intent), Processed::default()))
    }

    /// The chunk failed for good: the listeners hear of it, and the error goes on.
    fn failed(&mut self, error: StepError) -> StepError {
        if let StepError::Failed(failure) | StepError::Unknown(failure) = &error {
            self.on_chunk_error(&failure.error);
        }
        error
    }

    fn on_chunk_error(&self, error: &BatchError) {
        let event = self.event(self.context.state.counts);
        self.tell(self.context.chunk_listeners, |listener| listener.on_chunk_error(&event, error));
    }

    /// Lets listeners hear of an error; what they fail to hear is a warning.
    pub(super) fn tell<L: ?Sized>(&self, listeners: &[Arc<L>], call: impl Fn(&L) -> ListenerResult) {
        hear(listeners, call).iter().for_each(|warning| self.context.warn(warning));
    }

    pub(super) fn event(&self, counts: Counts) -> ChunkEvent<'_> {
        ChunkEvent { step: &self.context.step.name, number: self.number(), counts }
    }

    /// The number of the chunk that is not committed yet, among those that this run of the step commits.
    pub(super) fn number(&self) -> u64 {
        self.context.state.counts.commit + 1
    }
}

/// The error of the first item beyond the limit, under its own name.
fn limit_exceeded(error: BatchError, limit: SkipLimit) -> BatchError {
    let name = error.name().to_owned();
    BatchError::new(name, format!("one bad record more than the skip limit of {limit} allows")).with_source(error)
}

/// The error of a chunk with the bad records before it in the same chunk: they would be skipped, but the chunk is not written,
/// and no dead letter tells of them.
pub(super) fn beside(error: StepError, letters: &[Letter]) -> StepError {
    match error {
        StepError::Failed(Failure { error, position }) if !letters.is_empty() => {
            let last = BatchError::from(found_before(letters));
            let named = |text| BatchError::new(error.name().to_owned(), text);
            let told = error.chain().into_iter().rev().fold(last, |cause, text| named(text).with_source(cause));
            StepError::Failed(Failure { error: told.with_any_help(error.help()), position })
        }
        error => error,
    }
}

/// The first few of the bad records, a line each.
fn found_before(letters: &[Letter]) -> String {
    const MOST: usize = 5;
    let told = |Letter { letter: DeadLetter { position, error, .. }, .. }: &Letter| {
        format!("\n{}: {}: {}", place(position), error.name, error.chain())
    };
    let lines: String = letters.iter().take(MOST).map(told).collect();
    let more = letters.len().saturating_sub(MOST);
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    format!("these bad records are in the same chunk, which is not written:{lines}{more}")
}
