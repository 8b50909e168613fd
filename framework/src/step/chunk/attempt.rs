//! One attempt to commit a chunk: a transaction from its beginning to its commit.

use std::any::Any;

use serde_json::json;

use super::WriteContext;
use super::each::{after, before};
use super::replay::{Met, Next, Way};
use super::write::{Chunk, ChunkWriter, Letter};
use crate::error::{BatchError, names};
use crate::execution::Counts;
use crate::monitor::{Extent, RunEvent};
use crate::repository::{ChunkCommit, ChunkError, ChunkTransaction, DeadLetter};
use crate::status::StopIntent;
use crate::step::{StepError, caught};

/// How a chunk ended that did not fail.
pub(super) enum Ended {
    /// It is committed; the order to end came back with the commit.
    Committed(Option<StopIntent>),
    /// It is not: the step shall end before it.
    Left(StopIntent),
}

/// Why an attempt did not commit.
pub(super) enum Refused {
    /// The store or the writer says so.
    Chunk(ChunkError),
    /// The step's own rules say so.
    Step(StepError),
    /// COMMIT was sent and not answered.
    Unanswered(Box<Done>),
    /// An abort came before COMMIT was sent.
    Aborted,
}

/// What an attempt commits.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) counts: Counts,
    checkpoint: serde_json::Value,
    letters: Vec<DeadLetter>,
    extent: Option<Extent>,
    /// The order to end that came with the commit.
    pub(super) stop: Option<StopIntent>,
}

impl<I, O> ChunkWriter<'_, '_, I, O> {
    /// Commits the chunk, as often as it takes.
    pub(super) fn commit(&mut self, chunk: &Chunk<O>) -> Result<Ended, StepError> {
        let mut met = Met::default();
        let mut way = Way::Whole;
        loop {
            if self.context.stop.is_aborted() {
                return self.quit(Ok(StopIntent::Aborted), &mut met);
            }
            met.opened = false;
            let refused = match self.attempt(chunk, way, &mut met) {
                Ok(done) => return Ok(Ended::Committed(self.committed(done))),
                Err(refused) => refused,
            };
            self.context.state.counts.rollback += u64::from(met.opened);
            match self.judge_refusal(refused, way, &mut met) {
                Next::Committed(done) => return Ok(Ended::Committed(self.committed(*done))),
                Next::Left(intent) => return self.quit(Ok(intent), &mut met),
                Next::Fail(error) => return self.quit(Err(error), &mut met),
                Next::Replay(replay) => {
                    way = replay.way;
                    if let Some(intent) = self.before_replay(replay, &met) {
                        return self.quit(Ok(intent), &mut met);
                    }
                }
            }
        }
    }

    /// The transaction stays outside of `caught`, so that a panic of the writer costs no connection. What the writer did in the
    /// attempt before is undone only now, when it is certain that the step is still ours.
    fn attempt(&mut self, chunk: &Chunk<O>, way: Way, met: &mut Met) -> Result<Done, Refused> {
        self.context.check_lease().map_err(ChunkError::from)?;
        self.roll_back(met).map_err(|error| Refused::Step(error.into()))?;
        let repository = self.context.repository;
        let mut transaction = repository.begin_chunk(&self.context.lease)?;
        met.begun();
        let mut done =
            caught(|| self.fill(transaction.as_mut(), chunk, way, met)).map_err(|refused| match refused {
                Refused::Chunk(error) => Refused::Chunk(transaction.explain(error)),
                refused => refused,
            })?;
        if self.context.stop.is_aborted() {
            return Err(Refused::Aborted);
        }
        let commit =
            ChunkCommit { counts: done.counts, checkpoint: done.checkpoint.clone(), progress_total: self.total };
        let sent = self.context.stop_line.now();
        let committed = match transaction.commit(&commit) {
            Ok(committed) => committed,
            Err(ChunkError::OutcomeUnknown(_)) => return Err(Refused::Unanswered(Box::new(done))),
            Err(error) => return Err(error.into()),
        };
        if committed.renewed {
            self.context.stop_line.renewed(sent, self.context.lease.duration);
        }
        done.stop = committed.stop;
        Ok(done)
    }

    /// Everything between BEGIN and COMMIT.
    fn fill(
        &mut self,
        transaction: &mut dyn ChunkTransaction,
        chunk: &Chunk<O>,
        way: Way,
        met: &mut Met,
    ) -> Result<Done, Refused> {
        let (delta, mut letters) = match way {
            Way::Whole => {
                self.write_listened(transaction, &chunk.output.items, chunk.output.encoded.as_deref())?;
                (chunk.delta, chunk.letters.clone())
            }
            Way::Bisected => self.bisect(transaction, chunk).map(|found| (found.delta, found.letters))?,
        };
        letters.sort_by_key(|letter| letter.place);
        let mut counts = self.context.state.counts;
        counts += delta;
        self.call_before_commit(counts, &letters, met)?;
        let letters: Vec<_> = letters.into_iter().map(|letter| letter.letter).collect();
        if !letters.is_empty() {
            transaction.dead_letters(&letters)?;
        }
        let writer = self.writer.checkpoint().map_err(ChunkError::Failed)?;
        let checkpoint = json!({ "reader": chunk.checkpoint, "writer": writer });
        Ok(Done { counts, checkpoint, letters, extent: chunk.extent, stop: None })
    }

    /// Writes `items` with the callbacks around them.
    pub(super) fn write_listened(
        &mut self,
        transaction: &mut dyn ChunkTransaction,
        items: &[O],
        encoded: Option<&(dyn Any + Send)>,
    ) -> Result<(), Refused> {
        if items.is_empty() {
            return Ok(());
        }
        let lease = self.context.lease;
        let (execution, token) = (lease.lease.execution, lease.lease.token);
        before(self.listeners, |listener| listener.before_write(items))?;
        let (step, chunk) = (lease.step, self.number());
        let mut context = WriteContext { transaction, execution, step, token, chunk, encoded };
        match self.writer.write(items, &mut context) {
            Ok(()) => Ok(after(self.listeners, |listener| listener.after_write(items))?),
            Err(error) => {
                with_cause(&error, |cause| self.tell(self.listeners, |listener| listener.on_write_error(items, cause)));
                Err(error.into())
            }
        }
    }

    /// The callbacks inside the transaction: the chunk listeners in reverse, then one call for each skipped item. An item that
    /// is still skipped when the chunk is sent again is not told twice.
    fn call_before_commit(&self, counts: Counts, letters: &[Letter], met: &mut Met) -> Result<(), BatchError> {
        let event = self.event(counts);
        after(self.context.chunk_listeners, |listener| listener.after_chunk(&event))?;
        if self.context.skip_listeners.is_empty() {
            return Ok(());
        }
        for Letter { place, letter } in letters {
            if met.is_first_told(letter.phase, *place) {
                let listeners = self.context.skip_listeners.iter();
                for error in listeners.filter_map(|listener| caught(|| listener.on_skip(letter)).err()) {
                    self.context.warn(&format!("a skip listener failed: {error:#}"));
                }
            }
        }
        Ok(())
    }

    /// The chunk is part of the past now.
    pub(super) fn committed(&mut self, done: Done) -> Option<StopIntent> {
        let Done { counts, checkpoint, letters, extent, stop } = done;
        self.context.state.counts = counts;
        self.context.state.checkpoint = Some(checkpoint);
        self.writer.committed();
        let step = &self.context.step.name;
        for letter in &letters {
            self.context.tell(&RunEvent::Skipped { step, letter });
        }
        self.context.tell(&RunEvent::Progress { step, counts, total: self.total, extent });
        // The order is for the whole execution, not for this step alone: it must be heard also when this was the last chunk.
        if let Some(intent) = stop {
            self.context.orders.request(intent);
        }
        stop
    }
}

/// Shows the error that a writer gave to those who listen for it.
fn with_cause(error: &ChunkError, show: impl FnOnce(&BatchError)) {
    match error {
        ChunkError::Data(cause) | ChunkError::Failed(cause) => show(cause),
        other => show(&BatchError::new(names::STORE_ERROR, other.to_string())),
    }
}

impl From<ChunkError> for Refused {
    fn from(error: ChunkError) -> Self {
        Self::Chunk(error)
    }
}

/// What panics is not the fault of a row that could be skipped, and a listener is no writer that could be tried again.
impl From<BatchError> for Refused {
    fn from(error: BatchError) -> Self {
        Self::Step(error.into())
    }
}
