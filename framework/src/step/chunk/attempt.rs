//! Committing one chunk, as often as it takes: roll back, wait, replay from the items in memory.
//!
//! | error | what is done |
//! | --- | --- |
//! | the lease is lost | leave at once |
//! | the outcome of COMMIT is unknown | read the step row: its checkpoint tells |
//! | another transaction was in the way | replay, at most five times |
//! | the database said something unclear | replay once, then look for the row |
//! | a row is at fault | replay if the retry policy says so, then look for the row |
//! | the store cannot be reached | replay until it can, for about a minute |
//! | anything else | fail the step |
//!
//! Retrying inside an open transaction, as Spring Batch 6 does, cannot succeed on PostgreSQL after an error of a statement:
//! the transaction is aborted already.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use serde_json::json;

use super::WriteContext;
use super::each::{after, before, hear};
use super::write::{Chunk, ChunkWriter};
use crate::error::{BatchError, names};
use crate::execution::{Counts, StepExecution};
use crate::listener::ChunkEvent;
use crate::monitor::RunEvent;
use crate::repository::{ChunkCommit, ChunkError, ChunkTransaction, DeadLetter, Phase, StoreError};
use crate::status::StopIntent;
use crate::step::StepError;
use crate::stop::StopToken;

/// How often a chunk is replayed because another transaction was in the way.
const CONFLICTS: u32 = 5;

/// How often in a row the store may be unreachable. The pauses grow to five seconds, which makes it about a minute.
const OUTAGES: u32 = 18;

/// How the rows of a chunk are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// All at once, without savepoints.
    Whole,
    /// In halves under savepoints, to find the rows that are refused.
    Bisected,
}

/// How often which kind of error was met.
#[derive(Debug, Default)]
struct Met {
    data: u32,
    conflicts: u32,
    unclear: u32,
    outages: u32,
}

/// What follows a failed attempt.
enum Next {
    Replay(Way, Duration),
    Committed,
    Fail(StepError),
}

/// Why an attempt failed.
enum Refused {
    /// The store or the writer says so.
    Chunk(ChunkError),
    /// The step's own rules say so.
    Step(StepError),
}

/// What an attempt committed.
struct Done {
    stop: Option<StopIntent>,
    counts: Counts,
    checkpoint: serde_json::Value,
    letters: Vec<DeadLetter>,
}

impl<I, O> ChunkWriter<'_, '_, I, O> {
    /// Commits the chunk and brings back the end that was requested meanwhile.
    pub(super) fn commit(&mut self, chunk: &Chunk<O>) -> Result<Option<StopIntent>, StepError> {
        let mut met = Met::default();
        let mut way = Way::Whole;
        loop {
            if self.context.stop_requested() == Some(StopIntent::Aborted) {
                return Ok(Some(StopIntent::Aborted));
            }
            let mut done = None;
            let error = match self.attempt(chunk, way, &mut done) {
                Ok(()) => return Ok(self.committed(done)),
                Err(Refused::Step(error)) => return Err(self.rolled_back(error)),
                Err(Refused::Chunk(error)) => error,
            };
            match self.judge_failure(error, way, done.as_ref(), &mut met) {
                Next::Committed => return Ok(self.committed(done)),
                Next::Fail(error) => return Err(self.rolled_back(error)),
                Next::Replay(next, pause) => {
                    way = next;
                    self.before_replay(pause)?;
                    if let Some(intent) = self.context.stop.wait(pause) {
                        return Ok(Some(intent));
                    }
                }
            }
        }
    }

    /// One transaction, from its beginning to its commit. `done` is filled in before COMMIT is sent, so that it is there also
    /// when the answer is lost.
    fn attempt(&mut self, chunk: &Chunk<O>, way: Way, done: &mut Option<Done>) -> Result<(), Refused> {
        self.context.check_lease().map_err(ChunkError::from)?;
        let repository = self.context.repository;
        let mut transaction = repository.begin_chunk(&self.context.lease)?;
        let mut delta = chunk.delta;
        let mut letters = chunk.letters.clone();
        match way {
            Way::Whole => self.write_listened(transaction.as_mut(), &chunk.output.items)?,
            Way::Bisected => {
                for refused in self.bisect(transaction.as_mut(), &chunk.output)? {
                    delta.write -= 1;
                    letters.push(self.skip(Phase::Write, refused, &mut delta).map_err(Refused::Step)?);
                }
            }
        }
        let mut counts = self.context.state.counts;
        counts += delta;
        self.call_before_commit(counts, &letters)?;
        if !letters.is_empty() {
            transaction.dead_letters(&letters)?;
        }
        let writer = self.writer.checkpoint().map_err(ChunkError::Failed)?;
        let checkpoint = json!({ "reader": chunk.checkpoint, "writer": writer });
        let commit = ChunkCommit { counts, checkpoint: checkpoint.clone(), progress_total: self.total };
        let done = done.insert(Done { stop: None, counts, checkpoint, letters });
        let sent = self.context.stop_line.now();
        let committed = transaction.commit(&commit)?;
        done.stop = committed.stop;
        if committed.renewed {
            self.context.stop_line.renewed(sent, self.context.lease.duration);
        }
        Ok(())
    }

    fn write_listened(&mut self, transaction: &mut dyn ChunkTransaction, items: &[O]) -> Result<(), ChunkError> {
        if items.is_empty() {
            return Ok(());
        }
        before(&self.listeners, |listener| listener.before_write(items)).map_err(ChunkError::Failed)?;
        match self.write_rows(transaction, items) {
            Ok(()) => after(&self.listeners, |listener| listener.after_write(items)).map_err(ChunkError::Failed),
            Err(error) => {
                with_cause(&error, |cause| hear(&self.listeners, |listener| listener.on_write_error(items, cause)));
                Err(error)
            }
        }
    }

    /// The transaction stays outside of `catch_unwind`, so that a panic of the writer costs no connection.
    pub(super) fn write_rows(&mut self, transaction: &mut dyn ChunkTransaction, items: &[O]) -> Result<(), ChunkError> {
        let lease = self.context.lease.lease;
        let mut context =
            WriteContext { transaction, execution: lease.execution, token: lease.token, chunk: self.number };
        catch_unwind(AssertUnwindSafe(|| self.writer.write(items, &mut context)))
            .unwrap_or_else(|panic| Err(ChunkError::Failed(BatchError::panicked(panic.as_ref()))))
    }

    /// The callbacks inside the transaction: the chunk listeners in reverse, then one call for each skipped item.
    fn call_before_commit(&self, counts: Counts, letters: &[DeadLetter]) -> Result<(), ChunkError> {
        let event = ChunkEvent { step: &self.context.step.name, number: self.number, counts };
        after(self.context.chunk_listeners, |listener| listener.after_chunk(&event)).map_err(ChunkError::Failed)?;
        for letter in letters {
            for error in self.context.skip_listeners.iter().filter_map(|listener| listener.on_skip(letter).err()) {
                self.context.warn(&format!("a skip listener failed: {error:#}"));
            }
        }
        Ok(())
    }

    fn judge_failure(&mut self, error: ChunkError, way: Way, sent: Option<&Done>, met: &mut Met) -> Next {
        let again = |pause| Next::Replay(way, pause);
        let short = |times: u32| Duration::from_millis(50 << times.min(6));
        match error {
            ChunkError::LeaseLost => Next::Fail(StepError::LeaseLost),
            ChunkError::OutcomeUnknown(_) => self.resolve(sent, met),
            ChunkError::Conflict(_) if met.conflicts < CONFLICTS => {
                met.conflicts += 1;
                again(short(met.conflicts))
            }
            ChunkError::Store(error) => self.outage(error, way, met),
            ChunkError::Unclear(_) if met.unclear == 0 && way == Way::Whole => {
                met.unclear += 1;
                again(short(0))
            }
            ChunkError::Unclear(_) if way == Way::Whole => Next::Replay(Way::Bisected, Duration::ZERO),
            ChunkError::Data(error) if way == Way::Whole => {
                met.data += 1;
                let pause = self.rules.retry.pause(met.data, error.name());
                pause.map_or(Next::Replay(Way::Bisected, Duration::ZERO), again)
            }
            ChunkError::Failed(error) => {
                met.data += 1;
                let pause = self.rules.retry.pause(met.data, error.name());
                pause.map_or_else(|| Next::Fail(error.into()), again)
            }
            ChunkError::Data(error) => Next::Fail(error.into()),
            error => Next::Fail(BatchError::of(names::STORE_ERROR, error).into()),
        }
    }

    fn outage(&self, error: StoreError, way: Way, met: &mut Met) -> Next {
        if !error.is_transient() || met.outages >= OUTAGES {
            return Next::Fail(error.into());
        }
        met.outages += 1;
        if met.outages == 1 {
            self.context
                .warn(&format!("{}; trying again", BatchError::of(names::STORE_ERROR, error).chain().join(": ")));
        }
        Next::Replay(way, outage_pause(met.outages))
    }

    /// COMMIT was sent and not answered. What was committed carries our checkpoint and our counters.
    fn resolve(&self, sent: Option<&Done>, met: &mut Met) -> Next {
        let row = match self.read_row(met) {
            Ok(row) => row,
            Err(error) => return Next::Fail(error.into()),
        };
        let ours = |row: &StepExecution| {
            sent.is_some_and(|done| row.counts == done.counts && row.checkpoint.as_ref() == Some(&done.checkpoint))
        };
        match row {
            Some(row) if ours(&row) => Next::Committed,
            Some(row) if row.lease_token == self.context.lease.lease.token => Next::Replay(Way::Whole, Duration::ZERO),
            _ => Next::Fail(StepError::LeaseLost),
        }
    }

    /// The row of the step, read again and again while the store cannot be reached.
    fn read_row(&self, met: &mut Met) -> Result<Option<StepExecution>, StoreError> {
        loop {
            match self.context.repository.steps(self.context.lease.lease.execution) {
                Ok(steps) => return Ok(steps.into_iter().find(|row| row.id == self.context.lease.step)),
                Err(error) if !error.is_transient() || met.outages >= OUTAGES => return Err(error),
                Err(_) => {
                    met.outages += 1;
                    // A stop does not help here: without an answer nobody knows what was written.
                    let _ = StopToken::default().wait(outage_pause(met.outages));
                }
            }
        }
    }

    /// The transaction is gone: the writer forgets its part of it.
    fn before_replay(&mut self, delay: Duration) -> Result<(), StepError> {
        self.writer.rolled_back()?;
        self.context.state.counts.rollback += 1;
        self.context.state.counts.retry += 1;
        self.context.monitor.event(&RunEvent::Retrying {
            step: &self.context.step.name,
            error: "the chunk was rolled back",
            attempt: u32::try_from(self.context.state.counts.retry + 1).unwrap_or(u32::MAX),
            delay,
        });
        Ok(())
    }

    /// The last attempt failed: the listeners hear of it, and the error goes on.
    fn rolled_back(&mut self, error: StepError) -> StepError {
        self.context.state.counts.rollback += 1;
        if let StepError::Failed(failure) = &error {
            let counts = self.context.state.counts;
            let event = ChunkEvent { step: &self.context.step.name, number: self.number, counts };
            hear(self.context.chunk_listeners, |listener| listener.on_chunk_error(&event, &failure.error));
        }
        if let Err(second) = self.writer.rolled_back() {
            self.context.warn(&format!("the writer could not roll back: {second:#}"));
        }
        error
    }

    /// The chunk is part of the past now.
    fn committed(&mut self, done: Option<Done>) -> Option<StopIntent> {
        let Done { stop, counts, checkpoint, letters } = done?;
        self.context.state.counts = counts;
        self.context.state.checkpoint = Some(checkpoint);
        self.writer.committed();
        let step = &self.context.step.name;
        for letter in &letters {
            self.context.monitor.event(&RunEvent::Skipped { step, letter });
        }
        self.context.monitor.event(&RunEvent::Progress { step, counts, total: self.total });
        if let Some(intent) = stop {
            self.context.stop.request(intent);
        }
        stop
    }
}

/// 0.2 s, 0.4 s, … 5 s.
fn outage_pause(times: u32) -> Duration {
    Duration::from_millis(100 << times.min(6)).min(Duration::from_secs(5))
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
