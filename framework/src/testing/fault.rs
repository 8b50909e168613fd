//! What may go wrong between a process and its store: which call of which verb, and how.

use std::fmt;
use std::sync::Arc;

use crate::repository::{ChunkError, FenceError, LaunchError, StopError, StoreError, StoreErrorKind};

/// What a process asks of its store, as far as faults tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verb {
    /// An execution is recorded.
    Launch,
    /// An execution goes to STARTED.
    Begin,
    /// The last row of an execution.
    End,
    /// A step is recorded.
    BeginStep,
    /// The last row of a step.
    EndStep,
    /// The transaction of a chunk is opened.
    BeginChunk,
    /// A writer asks for the connection of its chunk, most likely for one statement.
    Statement,
    /// A savepoint is set.
    Savepoint,
    /// A chunk goes back to a savepoint.
    RollbackTo,
    /// A savepoint is released.
    Release,
    /// Skipped items are recorded.
    DeadLetters,
    /// The COMMIT of a chunk, with the row of its step before it.
    Commit,
    /// The heartbeat of the process.
    Beat,
    /// An execution is asked to stop.
    RequestStop,
    /// The execution of a dead process is ended.
    TakeOver,
    /// The process says that it is gone.
    RetireWorker,
    /// Anything that only reads.
    Read,
}

/// How a verb fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Nobody answers.
    Unreachable,
    /// The disk is full.
    Full,
    /// Another worker holds the lease.
    LeaseLost,
    /// Another transaction was in the way.
    Conflict,
    /// An error without a kind.
    Unclear,
    /// COMMIT was sent and not answered.
    OutcomeUnknown,
    /// The step has committed other chunks than those before this one.
    OutOfTurn,
}

/// One fault: which calls of a verb it meets, and what it does to them.
#[derive(Clone)]
pub struct Fault {
    verb: Verb,
    skip: usize,
    times: usize,
    pub(super) action: Action,
}

/// What a fault does to its call.
#[derive(Clone)]
pub(super) enum Action {
    /// Nothing is done, and the caller gets the error.
    Refuse(FaultKind),
    /// The verb does its work, and the caller gets the error nevertheless.
    Swallow(FaultKind),
    /// The commit does its work and is not answered, and whoever looks at the steps once does not see it yet.
    Late,
    /// The verb was sent before, and that one arrives just before this one.
    Overtaken,
    /// The commit is answered, and forgotten.
    Lost,
    /// Something happens elsewhere before the verb does its work.
    First(Arc<dyn Fn() + Send + Sync>),
}

impl Fault {
    fn on(verb: Verb, action: Action) -> Self {
        Self { verb, skip: 0, times: usize::MAX, action }
    }

    /// Every call of `verb` fails and does nothing.
    #[must_use]
    pub fn refuse(verb: Verb, kind: FaultKind) -> Self {
        Self::on(verb, Action::Refuse(kind))
    }

    /// Every call of `verb` does its work and fails nevertheless.
    #[must_use]
    pub fn swallow(verb: Verb, kind: FaultKind) -> Self {
        Self::on(verb, Action::Swallow(kind))
    }

    /// Every COMMIT is on its way while its connection is lost already.
    #[must_use]
    pub fn late_commit() -> Self {
        Self::on(Verb::Commit, Action::Late)
    }

    /// Every COMMIT is answered, and its store forgets it: a server with `synchronous_commit = off` that crashed, or a standby
    /// that was behind when it took over.
    #[must_use]
    pub fn lost_commit() -> Self {
        Self::on(Verb::Commit, Action::Lost)
    }

    /// What an earlier call of `verb` sent was on its way all the time, and arrives just before each call.
    #[must_use]
    pub fn overtaken(verb: Verb) -> Self {
        Self::on(verb, Action::Overtaken)
    }

    /// `first` happens before every call of `verb`.
    #[must_use]
    pub fn first(verb: Verb, first: impl Fn() + Send + Sync + 'static) -> Self {
        Self::on(verb, Action::First(Arc::new(first)))
    }

    /// Not the first `skip` calls.
    #[must_use]
    pub fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    /// Only so many calls.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Whether this call is met, which counts it.
    pub(super) fn meets(&mut self, verb: Verb) -> bool {
        if self.verb != verb || self.times == 0 {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times -= 1;
        true
    }
}

/// An error of each verb for each kind of fault.
pub(super) trait Injected {
    fn injected(kind: FaultKind) -> Self;
}

impl Injected for StoreError {
    fn injected(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Full => StoreErrorKind::Full.into(),
            _ => StoreErrorKind::Unreachable.into(),
        }
    }
}

impl Injected for FenceError {
    fn injected(kind: FaultKind) -> Self {
        match kind {
            FaultKind::LeaseLost => Self::LeaseLost,
            _ => StoreError::injected(kind).into(),
        }
    }
}

impl Injected for LaunchError {
    fn injected(kind: FaultKind) -> Self {
        StoreError::injected(kind).into()
    }
}

impl Injected for StopError {
    fn injected(kind: FaultKind) -> Self {
        StoreError::injected(kind).into()
    }
}

impl Injected for ChunkError {
    fn injected(kind: FaultKind) -> Self {
        match kind {
            FaultKind::LeaseLost => Self::LeaseLost,
            FaultKind::Conflict => Self::Conflict("deadlock detected".into()),
            FaultKind::Unclear => Self::Unclear("value out of range".into()),
            FaultKind::OutcomeUnknown => Self::OutcomeUnknown("connection reset by peer".into()),
            FaultKind::OutOfTurn => Self::OutOfTurn,
            FaultKind::Unreachable | FaultKind::Full => StoreError::injected(kind).into(),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, skip, times, .. } = self;
        f.debug_struct("Fault").field("verb", verb).field("skip", skip).field("times", times).finish_non_exhaustive()
    }
}
