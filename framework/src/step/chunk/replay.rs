//! What follows a chunk that was not committed: roll back, wait, replay from the items in memory.
//!
//! | error | what is done |
//! | --- | --- |
//! | the lease is lost | leave at once, and touch nothing |
//! | the answer to COMMIT is lost | read the step row: its counters tell what became of it; replay when they do not have it |
//! | a replay after that is refused, or the step ends | read the step row again: that COMMIT may have been on its way all the time |
//! | the writer cannot know what it did | end UNKNOWN: a person decides |
//! | another transaction was in the way | replay, at most five times |
//! | the database said something unclear | replay once, then look for the row |
//! | a row is at fault | replay if the retry policy says so, then look for the row |
//! | the writer failed, and no row is to blame | replay if the retry policy says so |
//! | the transaction was idle for too long | replay once: a process that was frozen does better then |
//! | the store cannot be reached | replay until it can, for about a minute; then end without a last row |
//! | the row has other commits than ours | take its counters for what happened, and fail the step |
//! | anything else | fail the step |
//!
//! Retrying inside an open transaction, as Spring Batch 6 does, cannot succeed on PostgreSQL after an error of a statement:
//! the transaction is aborted already.

use std::collections::BTreeSet;
use std::time::Duration;

use thiserror::Error;

use super::attempt::{Done, Ended, Refused};
use super::write::ChunkWriter;
use crate::error::{BatchError, ResultExt, names};
use crate::execution::StepExecution;
use crate::monitor::RunEvent;
use crate::policy::Outage;
use crate::repository::{ChunkError, FenceError, Phase, StoreError, StoreErrorKind};
use crate::status::StopIntent;
use crate::step::StepError;
use crate::stop::StopToken;

/// How the rows of a chunk are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// All at once, without savepoints.
    Whole,
    /// In halves under savepoints, to find the rows that are refused.
    Bisected,
}

/// What the attempts of one chunk met so far.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// Whether the last attempt had a transaction, which was rolled back then.
    pub(super) opened: bool,
    /// Whether the writer did something that was not undone since.
    written: bool,
    attempts: u32,
    refusals: u32,
    conflicts: u32,
    outage: Outage,
    unclear: bool,
    idle: bool,
    /// What was sent with a COMMIT that got no answer, and was not there when the row was read.
    unanswered: Vec<Done>,
    told: BTreeSet<(u64, &'static str)>,
}

/// What follows an attempt that did not commit.
pub(super) enum Next {
    /// It did commit, and the store row says so.
    Committed(Box<Done>),
    Replay(Replay),
    Left(StopIntent),
    Fail(StepError),
}

/// Another attempt.
pub(super) struct Replay {
    pub(super) way: Way,
    /// The number of the attempt that follows.
    attempt: u32,
    pause: Duration,
    /// What went wrong, with its causes; `None` when only the way changes.
    error: Option<String>,
}

impl Met {
    /// The attempt has a transaction.
    pub(super) fn begun(&mut self) {
        (self.opened, self.written) = (true, true);
        self.outage.is_over();
    }

    /// Whether the skip listeners hear of this item for the first time.
    pub(super) fn is_first_told(&mut self, phase: Phase, place: u64) -> bool {
        self.told.insert((place, phase.as_str()))
    }

    /// The attempt that the row of the step tells of. Each one counts its rollbacks, so no two have the same counters.
    fn landed(&mut self, row: &StepExecution) -> Option<Done> {
        let place = self.unanswered.iter().position(|done| done.counts == row.counts)?;
        Some(self.unanswered.swap_remove(place))
    }

    fn again(&self, way: Way, pause: Duration, error: &BatchError) -> Next {
        let error = Some(format!("{error:#}"));
        Next::Replay(Replay { way, attempt: self.attempts + 1, pause, error })
    }

    /// A second time it is the writer that takes so long, and each replay would send its items elsewhere once more.
    fn idle(&mut self, error: ChunkError, way: Way) -> Next {
        let error = BatchError::of(names::STORE_ERROR, error);
        if std::mem::replace(&mut self.idle, true) {
            return Next::Fail(error.into());
        }
        self.again(way, Duration::ZERO, &error)
    }

    fn bisect(&self) -> Next {
        let attempt = self.attempts + 1;
        Next::Replay(Replay { way: Way::Bisected, attempt, pause: Duration::ZERO, error: None })
    }
}

impl<I, O> ChunkWriter<'_, '_, I, O> {
    pub(super) fn judge_refusal(&mut self, refused: Refused, way: Way, met: &mut Met) -> Next {
        met.attempts += 1;
        if let Some(next) = self.overtaken(&refused, met) {
            return next;
        }
        let error = match refused {
            Refused::Aborted => return Next::Left(StopIntent::Aborted),
            Refused::Step(error) => return Next::Fail(error),
            Refused::Unanswered(done) => return self.resolve(*done, way, met),
            Refused::Chunk(error) => error,
        };
        match error {
            ChunkError::LeaseLost => Next::Fail(StepError::LeaseLost),
            ChunkError::Data(error) => self.row_refused(error, way, met),
            ChunkError::Failed(error) => self.retry(error, way, met).unwrap_or_else(|error| Next::Fail(error.into())),
            ChunkError::Store(error) => self.outage(error, way, met),
            ChunkError::Conflict(_) => self.conflict(error, way, met),
            ChunkError::Unclear(_) => self.unclear(error, way, met),
            ChunkError::Idle { .. } => met.idle(error, way),
            // Of the writer, which sent something to another store: the answer to our own COMMIT is `Unanswered`.
            ChunkError::OutcomeUnknown(_) => {
                Next::Fail(StepError::Unknown(BatchError::of(names::UNNAMED, error).into()))
            }
            ChunkError::OutOfTurn => self.out_of_turn(error, met),
            ChunkError::NotOpen => Next::Fail(BatchError::of(names::UNNAMED, error).into()),
        }
    }

    /// The row has other commits than those that were answered: the store lost some when it crashed, or gave way to a standby that
    /// was behind. What it has is what happened, the rows of the chunks with it, and a restart goes on there.
    fn out_of_turn(&mut self, error: ChunkError, met: &mut Met) -> Next {
        let row = match self.read_row(met) {
            Ok(row) => row.filter(|row| row.lease_token == self.context.lease.lease.token),
            Err(error) => return Next::Fail(StepError::Unanswered(error)),
        };
        let Some(StepExecution { counts, checkpoint, .. }) = row else { return Next::Fail(StepError::LeaseLost) };
        self.context.state.counts = counts;
        self.context.state.checkpoint = checkpoint;
        Next::Fail(BatchError::of(names::UNNAMED, error).into())
    }

    /// The policy of the step decides; the error comes back when there is no further attempt.
    fn retry(&self, error: BatchError, way: Way, met: &mut Met) -> Result<Next, BatchError> {
        met.refusals += 1;
        match self.rules.retry.pause(met.refusals, error.name()) {
            Some(pause) => Ok(met.again(way, pause, &error)),
            None => Err(error),
        }
    }

    fn row_refused(&self, error: BatchError, way: Way, met: &mut Met) -> Next {
        match (self.retry(error, way, met), way) {
            (Ok(next), _) => next,
            (Err(_), Way::Whole) => met.bisect(),
            (Err(error), Way::Bisected) => Next::Fail(error.into()),
        }
    }

    fn conflict(&self, error: ChunkError, way: Way, met: &mut Met) -> Next {
        met.conflicts += 1;
        let error = BatchError::of(names::STORE_ERROR, error);
        match self.context.patience.conflict.pause(met.conflicts, names::STORE_ERROR) {
            Some(pause) => met.again(way, pause, &error),
            None => Next::Fail(error.into()),
        }
    }

    /// Deadlocks and timeouts go away by themselves, and come without a kind as broken rows do.
    fn unclear(&self, error: ChunkError, way: Way, met: &mut Met) -> Next {
        let error = BatchError::of(names::STORE_ERROR, error);
        if way == Way::Bisected {
            return Next::Fail(error.into());
        }
        if std::mem::replace(&mut met.unclear, true) {
            return met.bisect();
        }
        let pause = self.context.patience.conflict.pause(1, names::STORE_ERROR);
        met.again(way, pause.unwrap_or_default(), &error)
    }

    fn outage(&self, error: StoreError, way: Way, met: &mut Met) -> Next {
        match met.outage.pause(self.context.patience, self.now()) {
            Some(pause) if error.is_transient() => met.again(way, pause, &BatchError::of(names::STORE_ERROR, error)),
            // An attempt of which nobody knows may still come through, and a night that lost its database is no failure of the step:
            // whoever goes on finds the row as it is, and a server does so without a person.
            _ if error.is_transient() || !met.unanswered.is_empty() => Next::Fail(StepError::Unanswered(error)),
            _ => Next::Fail(BatchError::of(names::STORE_ERROR, error).into()),
        }
    }

    /// COMMIT was sent and not answered. Every commit raises the counter of commits on the row of the step, and nobody but the
    /// holder of its lease writes that row. A COMMIT that the server has not seen yet is not on the row: the replay and it fight
    /// for the same number, and one of them is refused.
    fn resolve(&self, done: Done, way: Way, met: &mut Met) -> Next {
        met.unanswered.push(done);
        match self.look_for(met) {
            Ok(Some(done)) => Next::Committed(Box::new(done)),
            Ok(None) => self.outage(StoreErrorKind::Unreachable.into(), way, met),
            Err(error) => Next::Fail(error),
        }
    }

    /// What follows when a replay was refused because an earlier attempt came through after all: the fence finds its number
    /// on the row, and before that the database may find its rows, as keys that are there already.
    fn overtaken(&self, refused: &Refused, met: &mut Met) -> Option<Next> {
        let by_itself =
            matches!(refused, Refused::Step(_) | Refused::Chunk(ChunkError::Data(_) | ChunkError::OutOfTurn));
        if met.unanswered.is_empty() || !by_itself {
            return None;
        }
        match self.look_for(met) {
            Ok(landed) => landed.map(|done| Next::Committed(Box::new(done))),
            Err(error) => Some(Next::Fail(error)),
        }
    }

    /// The unanswered attempt that the row of the step tells of, with the order to end that stands there. Whoever took the step
    /// over has the row as it is, and the chunk with it.
    fn look_for(&self, met: &mut Met) -> Result<Option<Done>, StepError> {
        let row = self.read_row(met).map_err(StepError::Unanswered)?;
        let token = self.context.lease.lease.token;
        let row = row.filter(|row| row.lease_token == token).ok_or(StepError::LeaseLost)?;
        let mut landed = met.landed(&row);
        if let Some(done) = &mut landed {
            done.stop = row.stop_intent;
        }
        Ok(landed)
    }

    /// The row of the step, read again and again while the store cannot be reached. A stop does not help here: without an
    /// answer nobody knows what was written.
    fn read_row(&self, met: &mut Met) -> Result<Option<StepExecution>, StoreError> {
        loop {
            let error = match self.context.repository.steps(self.context.lease.lease.execution) {
                Ok(steps) => return Ok(steps.into_iter().find(|row| row.id == self.context.lease.step)),
                Err(error) => error,
            };
            let pause = met.outage.pause(self.context.patience, self.now());
            let Some(pause) = pause.filter(|_| error.is_transient()) else { return Err(error) };
            let _ = StopToken::default().wait(pause);
        }
    }

    /// Waits. `Some` when the step shall end instead. While nobody knows whether the chunk is written only an abort ends it: the
    /// replay brings the answer, and then the chunk is the last one before a stop.
    pub(super) fn before_replay(&mut self, replay: Replay, met: &Met) -> Option<StopIntent> {
        let Replay { attempt, pause, error, .. } = replay;
        let in_doubt = !met.unanswered.is_empty();
        if let Some(error) = error {
            let step = &self.context.step.name;
            self.context.tell(&RunEvent::Retrying { step, error: &error, attempt, delay: pause });
            let stop = if in_doubt { &StopToken::default() } else { self.context.stop };
            if let Some(intent) = stop.wait(pause) {
                return Some(intent);
            }
            self.context.state.counts.retry += 1;
        }
        self.context.stop_requested().filter(|intent| !in_doubt || *intent == StopIntent::Aborted)
    }

    /// The transaction is gone: the writer forgets its part of it, if it has one. The lease must have been looked at: another
    /// worker goes on in the same place.
    pub(super) fn roll_back(&mut self, met: &mut Met) -> Result<(), BatchError> {
        if !std::mem::take(&mut met.written) {
            return Ok(());
        }
        self.writer.rolled_back().context("the writer could not roll back")
    }

    /// No further attempt: the step ends before the chunk, unless an earlier attempt came through after all. Where that cannot be
    /// told, what the writer wrote may be part of a committed chunk, and is left alone.
    pub(super) fn quit(&mut self, end: Result<StopIntent, StepError>, met: &mut Met) -> Result<Ended, StepError> {
        if matches!(end, Err(StepError::LeaseLost | StepError::Unanswered(_))) {
            return end.map(Ended::Left);
        }
        if !met.unanswered.is_empty() {
            let landed = self.look_for(met)?.ok_or_else(|| in_doubt(end.err()))?;
            return Ok(Ended::Committed(self.committed(landed)));
        }
        match (end, self.roll_back_for_good(met)) {
            (_, Err(StepError::LeaseLost)) => Err(StepError::LeaseLost),
            (Err(error), Err(second)) => {
                self.context.warn(&second.to_string());
                Err(error)
            }
            (end, rolled_back) => rolled_back.and(end.map(Ended::Left)),
        }
    }

    /// While nobody can tell whose the step is, nothing is undone: whoever goes on begins where the last committed chunk ended.
    fn roll_back_for_good(&mut self, met: &mut Met) -> Result<(), StepError> {
        match if met.written { self.context.check_lease() } else { Ok(()) } {
            Ok(()) => Ok(self.roll_back(met)?),
            Err(FenceError::LeaseLost) => Err(StepError::LeaseLost),
            Err(FenceError::Store(_)) => Ok(()),
        }
    }
}

/// The end of a step of whose last chunk nobody knows whether it is written.
fn in_doubt(then: Option<StepError>) -> StepError {
    StepError::Unanswered(StoreError::new(StoreErrorKind::Unreachable, InDoubt { then }))
}

#[derive(Debug, Error)]
#[error("the answer to a COMMIT was lost, and its chunk may still be written")]
struct InDoubt {
    /// What ended the step then.
    #[source]
    then: Option<StepError>,
}
