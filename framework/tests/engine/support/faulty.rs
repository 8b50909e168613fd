//! The store in memory as a process sees it on a bad day: verbs that fail before or after they did their work.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use overnight_framework::execution::{
    DefinitionId, ExecutionId, InstanceId, JobExecution, JobInstance, StepExecution, WorkerId,
};
use overnight_framework::repository::memory::MemoryRepository;
use overnight_framework::repository::{
    AppliedJob, ApplyOrder, Beat, ChunkCommit, ChunkError, ChunkTransaction, Committed, DeadLetter, Definition, Event,
    ExecutionEnd, ExecutionFilter, FenceError, JobSummary, LaunchError, LaunchRequest, Launched, Lease, LeaseState,
    Repository, StepEnd, StepHistory, StepLease, StepStart, StopAnswer, StopError, StopOrder, StoreError,
    StoreErrorKind, StoredDeadLetter, TakeOver, Worker,
};

/// What a process asks of its store, as far as tests tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Launch,
    Begin,
    End,
    BeginStep,
    EndStep,
    BeginChunk,
    Savepoint,
    RollbackTo,
    Release,
    DeadLetters,
    Commit,
    Beat,
    RequestStop,
    TakeOver,
    RetireWorker,
    Read,
}

/// How a verb fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unreachable,
    Full,
    LeaseLost,
    Conflict,
    Unclear,
    OutcomeUnknown,
    OutOfTurn,
}

/// One fault: which calls of a verb it meets, and what it does to them.
#[derive(Clone)]
pub(crate) struct Rule {
    verb: Verb,
    skip: usize,
    times: usize,
    action: Action,
}

#[derive(Clone)]
enum Action {
    /// Nothing is done, and the caller gets the error.
    Refuse(Kind),
    /// The verb does its work, and the caller gets the error nevertheless.
    Swallow(Kind),
    /// The commit does its work and is not answered, and whoever looks at the steps once does not see it yet.
    Late,
    /// The verb was sent before, and that one arrives just before this one.
    Overtaken,
    /// Something happens elsewhere before the verb does its work.
    First(Arc<dyn Fn() + Send + Sync>),
}

impl Rule {
    fn on(verb: Verb, action: Action) -> Self {
        Self { verb, skip: 0, times: usize::MAX, action }
    }

    /// Every call of `verb` fails and does nothing.
    pub(crate) fn refuse(verb: Verb, kind: Kind) -> Self {
        Self::on(verb, Action::Refuse(kind))
    }

    /// Every call of `verb` does its work and fails nevertheless.
    pub(crate) fn swallow(verb: Verb, kind: Kind) -> Self {
        Self::on(verb, Action::Swallow(kind))
    }

    /// Every COMMIT is on its way while its connection is lost already.
    pub(crate) fn late_commit() -> Self {
        Self::on(Verb::Commit, Action::Late)
    }

    /// What an earlier call of `verb` sent was on its way all the time, and arrives just before each call.
    pub(crate) fn overtaken(verb: Verb) -> Self {
        Self::on(verb, Action::Overtaken)
    }

    /// `first` happens before every call of `verb`.
    pub(crate) fn first(verb: Verb, first: impl Fn() + Send + Sync + 'static) -> Self {
        Self::on(verb, Action::First(Arc::new(first)))
    }

    /// Not the first `skip` calls.
    pub(crate) fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    /// Only so many calls.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Whether this call is met, which counts it.
    fn meets(&mut self, verb: Verb) -> bool {
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

/// A process's way to the store.
pub(crate) struct FaultyRepository {
    inner: Arc<MemoryRepository>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
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

/// The moment at which a process dies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crash {
    /// How many verbs it calls before.
    pub(crate) after: usize,
    /// Whether the last of them does its work, and only its answer is lost.
    pub(crate) done: bool,
}

impl FaultyRepository {
    pub(crate) fn new(inner: Arc<MemoryRepository>) -> Self {
        Self { inner, state: Mutex::default() }
    }

    pub(crate) fn rule(&self, rule: Rule) {
        self.state.lock().unwrap().rules.push(rule);
    }

    pub(crate) fn crash_at(&self, crash: Crash) {
        self.state.lock().unwrap().crash = Some(crash);
    }

    /// From now on nothing gets through.
    pub(crate) fn crash(&self) {
        self.state.lock().unwrap().crashed = true;
    }

    /// The verbs that were called, in order.
    pub(crate) fn calls(&self) -> Vec<Verb> {
        self.state.lock().unwrap().calls.clone()
    }

    /// How long each chunk may be idle, in their order.
    pub(crate) fn idle_timeouts(&self) -> Vec<Duration> {
        self.state.lock().unwrap().idle_timeouts.clone()
    }

    pub(crate) fn count(&self, verb: Verb) -> usize {
        self.calls().into_iter().filter(|called| *called == verb).count()
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
                self.state.lock().unwrap().late = true;
                Err(E::injected(Kind::OutcomeUnknown))
            }),
            Some(Action::First(first)) => {
                first();
                work()
            }
            Some(Action::Overtaken) | None => work(),
        }
    }

    /// What becomes of this call. The lock is let go before anything is done.
    fn fate(&self, verb: Verb) -> Option<Action> {
        let mut state = self.state.lock().unwrap();
        if state.crashed {
            return Some(Action::Refuse(Kind::Unreachable));
        }
        state.calls.push(verb);
        if let Some(crash) = state.crash
            && state.calls.len() > crash.after
        {
            state.crashed = true;
            let lost = if crash.done { Action::Swallow } else { Action::Refuse };
            let kind = if verb == Verb::Commit { Kind::OutcomeUnknown } else { Kind::Unreachable };
            return Some(lost(kind));
        }
        state.rules.iter_mut().find_map(|rule| rule.meets(verb).then(|| rule.action.clone()))
    }
}

/// An error of each verb for each kind of fault.
trait Injected {
    fn injected(kind: Kind) -> Self;
}

impl Injected for StoreError {
    fn injected(kind: Kind) -> Self {
        match kind {
            Kind::Full => StoreErrorKind::Full.into(),
            _ => StoreErrorKind::Unreachable.into(),
        }
    }
}

impl Injected for FenceError {
    fn injected(kind: Kind) -> Self {
        match kind {
            Kind::LeaseLost => Self::LeaseLost,
            _ => StoreError::injected(kind).into(),
        }
    }
}

impl Injected for LaunchError {
    fn injected(kind: Kind) -> Self {
        StoreError::injected(kind).into()
    }
}

impl Injected for StopError {
    fn injected(kind: Kind) -> Self {
        StoreError::injected(kind).into()
    }
}

impl Injected for ChunkError {
    fn injected(kind: Kind) -> Self {
        match kind {
            Kind::LeaseLost => Self::LeaseLost,
            Kind::Conflict => Self::Conflict("deadlock detected".into()),
            Kind::Unclear => Self::Unclear("value out of range".into()),
            Kind::OutcomeUnknown => Self::OutcomeUnknown("connection reset by peer".into()),
            Kind::OutOfTurn => Self::OutOfTurn,
            Kind::Unreachable | Kind::Full => StoreError::injected(kind).into(),
        }
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
        self.state.lock().unwrap().idle_timeouts.push(lease.idle_timeout);
        let inner = self.call(Verb::BeginChunk, || self.inner.begin_chunk(lease))?;
        Ok(Box::new(FaultyChunk { store: self, inner, execution: lease.lease.execution }))
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
            let mut state = self.state.lock().unwrap();
            if std::mem::take(&mut state.late) { Ok(state.before.clone()) } else { self.inner.steps(id) }
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
        self.call(Verb::Read, || Repository::now(&*self.inner))
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
        self.inner.connection()
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
        store.state.lock().unwrap().before = store.inner.steps(execution).unwrap();
        store.call(Verb::Commit, || inner.commit(chunk))
    }
}
