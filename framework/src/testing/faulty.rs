//! A store as a process sees it on a bad day: verbs that fail before or after they did their work, and the death of the process.

use std::any::Any;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::fault::{Action, Fault, FaultKind, Injected, Verb};
use crate::execution::{DefinitionId, ExecutionId, InstanceId, JobExecution, JobInstance, StepExecution, WorkerId};
use crate::repository::{
    AppliedJob, ApplyOrder, Beat, ChunkCommit, ChunkError, ChunkTransaction, ClaimOrder, Committed, DeadLetter,
    Definition, Event, ExecutionEnd, ExecutionFilter, FenceError, Fire, FireRecord, Fired, JobSummary, LaunchError,
    LaunchRequest, Launched, Lease, LeaseState, MessageId, NewMessage, Reject, Repository, StepEnd, StepHistory,
    StepLease, StepStart, StopAnswer, StopError, StopOrder, StoreError, StoredDeadLetter, StoredMessage, StoredReject,
    TakeOver, TriggerKey, TriggerSummary, TriggerWatch, Worker,
};

/// The way of one process to its store, on which faults happen.
///
/// ```
/// use std::sync::Arc;
///
/// use overnight_framework::repository::memory::MemoryRepository;
/// use overnight_framework::repository::{ExecutionFilter, Repository};
/// use overnight_framework::testing::{Fault, FaultKind, FaultyRepository, Verb};
///
/// let store = FaultyRepository::new(Arc::new(MemoryRepository::new()));
/// store.fault(Fault::refuse(Verb::Read, FaultKind::Unreachable).times(1));
/// assert!(store.executions(&ExecutionFilter::default()).is_err());
/// assert!(store.executions(&ExecutionFilter::default()).is_ok());
/// ```
pub struct FaultyRepository {
    inner: Arc<dyn Repository>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    faults: Vec<Fault>,
    calls: Vec<Verb>,
    /// How long each chunk may be idle.
    idle_timeouts: Vec<Duration>,
    /// The steps as they stood before the last commit.
    before: Vec<StepExecution>,
    /// Whether that commit is late, and nobody has looked yet.
    late: bool,
    crash: Option<Crash>,
    crashed: bool,
}

/// The moment at which a process dies. From there on nothing it sends arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// How many verbs it calls before.
    pub after: usize,
    /// Whether the one at which it dies does its work, and only its answer is lost.
    pub done: bool,
}

/// What unwinds a writer whose process is dead.
struct Dead;

impl FaultyRepository {
    /// A healthy way to this store.
    #[must_use]
    pub fn new(inner: Arc<dyn Repository>) -> Self {
        Self { inner, state: Mutex::default() }
    }

    /// Lets one more fault happen.
    pub fn fault(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// The process dies at this moment.
    pub fn crash_at(&self, crash: Crash) {
        self.lock().crash = Some(crash);
    }

    /// From now on nothing gets through.
    pub fn crash(&self) {
        self.lock().crashed = true;
    }

    /// Whether the process is dead.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.lock().crashed
    }

    /// The verbs that were called, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Verb> {
        self.lock().calls.clone()
    }

    /// How long each chunk may be idle, in their order.
    #[must_use]
    pub fn idle_timeouts(&self) -> Vec<Duration> {
        self.lock().idle_timeouts.clone()
    }

    /// How often a verb was called.
    #[must_use]
    pub fn count(&self, verb: Verb) -> usize {
        self.calls().into_iter().filter(|called| *called == verb).count()
    }

    /// A poisoned lock is only a panic of another holder; the state behind it is always whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The steps before a commit, where somebody shall see them after it.
    fn remember(&self, execution: ExecutionId) {
        if self.lock().faults.iter().any(|fault| matches!(fault.action, Action::Late)) {
            let before = self.inner.steps(execution).unwrap_or_default();
            self.lock().before = before;
        }
    }

    fn call<T, E: Injected>(&self, verb: Verb, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.act(self.fate(verb), work)
    }

    /// A verb that can be sent twice.
    fn send<T, E: Injected>(&self, verb: Verb, work: impl Fn() -> Result<T, E>) -> Result<T, E> {
        let fate = self.fate(verb);
        if matches!(fate, Some(Action::Overtaken)) {
            work().unwrap_or_else(|_| panic!("the first {verb:?} must arrive"));
        }
        self.act(fate, work)
    }

    fn act<T, E: Injected>(&self, fate: Option<Action>, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        match fate {
            Some(Action::Refuse(kind)) => Err(E::injected(kind)),
            Some(Action::Swallow(kind)) => work().and_then(|_| Err(E::injected(kind))),
            Some(Action::Late) => work().and_then(|_| {
                self.lock().late = true;
                Err(E::injected(FaultKind::OutcomeUnknown))
            }),
            Some(Action::First(first)) => {
                first();
                work()
            }
            Some(Action::Overtaken | Action::Lost) | None => work(),
        }
    }

    /// What becomes of this call. The lock is let go before anything is done.
    fn fate(&self, verb: Verb) -> Option<Action> {
        let mut state = self.lock();
        if state.crashed {
            return Some(Action::Refuse(FaultKind::Unreachable));
        }
        state.calls.push(verb);
        if let Some(crash) = state.crash
            && state.calls.len() > crash.after
        {
            state.crashed = true;
            // A statement does its work when its connection is given.
            if verb == Verb::Statement && crash.done {
                return None;
            }
            let lost = if crash.done { Action::Swallow } else { Action::Refuse };
            let kind = if verb == Verb::Commit { FaultKind::OutcomeUnknown } else { FaultKind::Unreachable };
            return Some(lost(kind));
        }
        state.faults.iter_mut().find_map(|fault| fault.meets(verb).then(|| fault.action.clone()))
    }
}

impl fmt::Debug for FaultyRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyRepository").finish_non_exhaustive()
    }
}

impl Repository for FaultyRepository {
    fn launch(&self, request: &LaunchRequest) -> Result<Launched, LaunchError> {
        self.call(Verb::Launch, || self.inner.launch(request))
    }

    fn enqueue(&self, request: &LaunchRequest) -> Result<JobExecution, LaunchError> {
        self.call(Verb::Launch, || self.inner.enqueue(request))
    }

    fn claim(&self, order: &ClaimOrder) -> Result<Vec<Launched>, StoreError> {
        self.call(Verb::Launch, || self.inner.claim(order))
    }

    fn has_queued(&self, project: &str, programs: &[String]) -> Result<bool, StoreError> {
        self.call(Verb::Read, || self.inner.has_queued(project, programs))
    }

    fn fire(&self, fire: &Fire<'_>) -> Result<Fired, StoreError> {
        self.call(Verb::Launch, || self.inner.fire(fire))
    }

    fn reject(&self, reject: &Reject) -> Result<bool, StoreError> {
        self.call(Verb::Launch, || self.inner.reject(reject))
    }

    fn watch(&self, watch: &TriggerWatch) -> Result<DateTime<Utc>, StoreError> {
        self.call(Verb::Launch, || self.inner.watch(watch))
    }

    fn publish(&self, message: &NewMessage) -> Result<MessageId, StoreError> {
        self.call(Verb::Launch, || self.inner.publish(message))
    }

    fn messages(
        &self,
        project: &str,
        topic: &str,
        after: MessageId,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        self.call(Verb::Read, || self.inner.messages(project, topic, after, limit))
    }

    fn triggers(&self, project: &str) -> Result<Vec<TriggerSummary>, StoreError> {
        self.call(Verb::Read, || self.inner.triggers(project))
    }

    fn fires(&self, trigger: &TriggerKey, limit: u32) -> Result<Vec<FireRecord>, StoreError> {
        self.call(Verb::Read, || self.inner.fires(trigger, limit))
    }

    fn rejects(&self, trigger: &TriggerKey, limit: u32) -> Result<Vec<StoredReject>, StoreError> {
        self.call(Verb::Read, || self.inner.rejects(trigger, limit))
    }

    fn begin(&self, lease: &Lease) -> Result<JobExecution, FenceError> {
        self.send(Verb::Begin, || self.inner.begin(lease))
    }

    fn end(&self, lease: &Lease, end: &ExecutionEnd) -> Result<JobExecution, FenceError> {
        self.send(Verb::End, || self.inner.end(lease, end))
    }

    fn begin_step(&self, lease: &Lease, start: &StepStart) -> Result<StepExecution, FenceError> {
        self.send(Verb::BeginStep, || self.inner.begin_step(lease, start))
    }

    fn end_step(&self, lease: &StepLease, end: &StepEnd) -> Result<StepExecution, FenceError> {
        self.send(Verb::EndStep, || self.inner.end_step(lease, end))
    }

    fn begin_chunk<'a>(&'a self, lease: &StepLease) -> Result<Box<dyn ChunkTransaction + 'a>, ChunkError> {
        self.lock().idle_timeouts.push(lease.idle_timeout);
        let inner = self.call(Verb::BeginChunk, || self.inner.begin_chunk(lease))?;
        Ok(Box::new(FaultyChunk { store: self, inner, execution: lease.lease.execution }))
    }

    fn may_write(&self) -> Result<(), StoreError> {
        self.inner.may_write()
    }

    fn beat(&self, beat: &Beat) -> Result<Vec<LeaseState>, StoreError> {
        self.call(Verb::Beat, || self.inner.beat(beat))
    }

    fn request_stop(&self, order: &StopOrder) -> Result<StopAnswer, StopError> {
        self.call(Verb::RequestStop, || self.inner.request_stop(order))
    }

    fn take_over(&self, order: &TakeOver) -> Result<Option<JobExecution>, StoreError> {
        self.call(Verb::TakeOver, || self.inner.take_over(order))
    }

    fn retire_worker(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.call(Verb::RetireWorker, || self.inner.retire_worker(worker))
    }

    fn execution(&self, id: ExecutionId) -> Result<Option<JobExecution>, StoreError> {
        self.call(Verb::Read, || self.inner.execution(id))
    }

    fn executions(&self, filter: &ExecutionFilter) -> Result<Vec<JobExecution>, StoreError> {
        self.call(Verb::Read, || self.inner.executions(filter))
    }

    fn steps(&self, id: ExecutionId) -> Result<Vec<StepExecution>, StoreError> {
        self.call(Verb::Read, || {
            let mut state = self.lock();
            if std::mem::take(&mut state.late) {
                return Ok(state.before.clone());
            }
            drop(state);
            self.inner.steps(id)
        })
    }

    fn instance(&self, id: InstanceId) -> Result<Option<JobInstance>, StoreError> {
        self.call(Verb::Read, || self.inner.instance(id))
    }

    fn find_instance(&self, project: &str, job: &str, key: &str) -> Result<Option<JobInstance>, StoreError> {
        self.call(Verb::Read, || self.inner.find_instance(project, job, key))
    }

    fn history(&self, id: InstanceId) -> Result<Vec<StepHistory>, StoreError> {
        self.call(Verb::Read, || self.inner.history(id))
    }

    fn dead_letters(&self, id: InstanceId, after: i64, limit: u32) -> Result<Vec<StoredDeadLetter>, StoreError> {
        self.call(Verb::Read, || self.inner.dead_letters(id, after, limit))
    }

    fn events(&self, id: ExecutionId) -> Result<Vec<Event>, StoreError> {
        self.call(Verb::Read, || self.inner.events(id))
    }

    fn definition(&self, id: DefinitionId) -> Result<Option<Definition>, StoreError> {
        self.call(Verb::Read, || self.inner.definition(id))
    }

    fn apply(&self, order: &ApplyOrder) -> Result<Vec<Definition>, StoreError> {
        self.call(Verb::Read, || self.inner.apply(order))
    }

    fn applied(&self, project: &str, job: &str) -> Result<Option<AppliedJob>, StoreError> {
        self.call(Verb::Read, || self.inner.applied(project, job))
    }

    fn jobs(&self, project: &str) -> Result<Vec<JobSummary>, StoreError> {
        self.call(Verb::Read, || self.inner.jobs(project))
    }

    fn newest_definition(&self, project: &str, job: &str) -> Result<Option<Definition>, StoreError> {
        self.call(Verb::Read, || self.inner.newest_definition(project, job))
    }

    fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.call(Verb::Read, || self.inner.now())
    }

    fn worker(&self, id: WorkerId) -> Result<Option<Worker>, StoreError> {
        self.call(Verb::Read, || self.inner.worker(id))
    }
}

struct FaultyChunk<'a> {
    store: &'a FaultyRepository,
    inner: Box<dyn ChunkTransaction + 'a>,
    execution: ExecutionId,
}

impl ChunkTransaction for FaultyChunk<'_> {
    fn connection(&mut self) -> &mut dyn Any {
        match self.store.fate(Verb::Statement) {
            // There is no error to give: like a dead process, the writer goes no further.
            Some(Action::Refuse(_) | Action::Swallow(_)) => resume_unwind(Box::new(Dead)),
            Some(Action::First(first)) => first(),
            Some(Action::Late | Action::Overtaken | Action::Lost) | None => {}
        }
        self.inner.connection()
    }

    fn explain(&mut self, error: ChunkError) -> ChunkError {
        self.inner.explain(error)
    }

    fn savepoint(&mut self, name: &str) -> Result<(), ChunkError> {
        let Self { store, inner, .. } = self;
        store.call(Verb::Savepoint, || inner.savepoint(name))
    }

    fn rollback_to(&mut self, name: &str) -> Result<(), ChunkError> {
        let Self { store, inner, .. } = self;
        store.call(Verb::RollbackTo, || inner.rollback_to(name))
    }

    fn release(&mut self, name: &str) -> Result<(), ChunkError> {
        let Self { store, inner, .. } = self;
        store.call(Verb::Release, || inner.release(name))
    }

    fn dead_letters(&mut self, letters: &[DeadLetter]) -> Result<(), ChunkError> {
        let Self { store, inner, .. } = self;
        store.call(Verb::DeadLetters, || inner.dead_letters(letters))
    }

    fn commit(self: Box<Self>, chunk: &ChunkCommit) -> Result<Committed, ChunkError> {
        let Self { store, inner, execution } = *self;
        store.remember(execution);
        match store.fate(Verb::Commit) {
            Some(Action::Lost) => Ok(Committed { stop: None, renewed: false }),
            fate => store.act(fate, || inner.commit(chunk)),
        }
    }
}
