//! The engine inside a program: jobs are started, waited for, stopped and continued by calls.
//!
//! An [`Engine`] runs each execution on a thread of its own, under the same records, leases and fences as `jobctl` does: both see
//! each other's runs, and either can stop or continue what the other began.
//!
//! ```
//! use std::time::Duration;
//!
//! use overnight_framework::builder::{JobBuilder, StepBuilder};
//! use overnight_framework::registry::Registry;
//! use overnight_framework::status::Status;
//! use overnight_framework::step::StepContext;
//! # use std::sync::Arc;
//! # use overnight_framework::{clock::SystemClock, engine::Engine, operator::Operator, repository::memory::MemoryRepository};
//! # use overnight_framework::worker::{Timing, Worker, WorkerName};
//!
//! let greet = StepBuilder::tasklet("greet", |_: &(), step: &mut StepContext<'_>| step.output("hello"));
//! let registry = Registry::default().built(JobBuilder::<()>::new("hello").step(greet).build());
//! # let repository = Arc::new(MemoryRepository::new());
//! # let name = WorkerName { name: "doc".into(), host: "doc".into(), build: String::new() };
//! # let folder = std::env::temp_dir().join("overnight-doc-engine");
//! # let clock = Arc::new(SystemClock::default());
//! # let worker = Worker::new(repository.clone(), clock, Timing::SERVER, name, &folder)?;
//! # let operator = Operator::new(repository, worker, "default", "doc");
//! let engine = Engine::over(operator, registry);
//!
//! let run = engine.start_async("hello", ())?;
//! assert_eq!(run.wait()?.status, Status::Completed);
//! engine.shutdown(Duration::from_secs(10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod feed;
mod handle;
mod nonblocking;
mod plan;
mod rescue;
mod slot;
mod source;
mod threads;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use self::error::NotBegun;
pub use self::error::{JobSourceError, LostRun, RestartJobError, StartJobError, StopJobError, WaitJobError};
pub use self::feed::{Changed, EngineEvent, Notice, Subscription};
use self::feed::{Feed, Reporter};
pub use self::handle::RunHandle;
use self::nonblocking::Answered;
pub use self::nonblocking::{Nonblocking, Pending};
use self::plan::Plan;
use self::rescue::{Rescue, rescue};
pub use self::source::JobSource;
use self::threads::{Active, Threads};
use crate::error::{BatchError, names};
use crate::execution::{ExecutionId, JobExecution};
use crate::launch::Refusal;
use crate::monitor::{Monitor as _, RunEvent};
use crate::operator::{FindError, Launching, Look, Operator, Owner, Ready, StartError, Target, Waited, Watch};
use crate::params::IntoParams;
use crate::repository::{FenceError, LaunchRequest, StopAnswer, StoreError};
use crate::status::StopIntent;

/// How many events wait for a slow subscriber.
const EVENTS: usize = 1_024;

/// How often the row of another process's run is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How long the store may be away from one who waits: about as long as the process that runs the job waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a run may take to end once it was told to end at once.
const ABORT: Duration = Duration::from_secs(1);

/// Runs jobs inside a program, and gives orders to the runs of all programs on the same store.
///
/// Its verbs block; [`nonblocking`](Self::nonblocking) has them as futures. It is shared by reference or in an `Arc`. Dropping
/// it is a [`shutdown`](Self::shutdown), unless there was one. `overnight::EngineBuilder` opens one over a database.
pub struct Engine {
    shared: Arc<Shared>,
    grace: Duration,
}

/// What the engine and its threads work with.
struct Shared {
    operator: Operator,
    jobs: Box<dyn JobSource>,
    feed: Feed,
    threads: Threads,
    rescue: Mutex<Rescue>,
}

impl Engine {
    /// How long a dropped engine waits for its runs, unless it is told otherwise.
    pub const GRACE: Duration = Duration::from_secs(30);

    /// An engine that launches with `operator` and finds its jobs in `jobs`, such as a [`Registry`](crate::registry::Registry).
    #[must_use]
    pub fn over(operator: Operator, jobs: impl JobSource + 'static) -> Self {
        let (feed, threads) = (Feed::default(), Threads::default());
        let shared = Shared { operator, jobs: Box::new(jobs), feed, threads, rescue: Mutex::default() };
        Self { shared: Arc::new(shared), grace: Self::GRACE }
    }

    /// Waits this long for its runs when it is dropped.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Starts a job and waits for its end: a new instance, or the open one continued. `params` are what [`IntoParams`] lists.
    ///
    /// A run that failed or was stopped is no error: the execution says so by its `status`, `exit_code` and `error`.
    ///
    /// # Errors
    /// When nothing was started: no such job, wrong parameters, an instance that is running or complete, a call from within a
    /// writer, whose chunk the run would wait for. And when the end of the run is not recorded.
    pub fn start(&self, job: &str, params: impl IntoParams) -> Result<JobExecution, StartJobError> {
        Ok(self.start_async(job, params)?.wait()?)
    }

    /// Starts a job and comes back when it is recorded; it runs on a thread of the engine.
    ///
    /// # Errors
    /// As [`start`](Self::start), when nothing was started.
    pub fn start_async(&self, job: &str, params: impl IntoParams) -> Result<RunHandle, StartJobError> {
        self.begin_start(job, params)?.wait()
    }

    /// What a run that waits in the queue is recorded with, for those who record it in a transaction of their own: see
    /// `overnight::LaunchIn`. Nothing is written here.
    ///
    /// # Errors
    /// When there is no such job, or the parameters are wrong. Secret parameters cannot be given: they are kept in no row.
    pub fn queued(&self, job: &str, params: impl IntoParams) -> Result<LaunchRequest, StartJobError> {
        let Plan { job, params, wish, trigger, key } = Plan::start(&self.shared, job, &params.into_params()?)?;
        let is_given = |name: &str| params.get(name).is_some_and(|value| !value.is_null());
        if let Some(secret) = job.params.iter().find(|param| param.secret && is_given(&param.name)) {
            return Err(StartJobError::SecretInQueue { job: job.name.clone(), name: secret.name.to_string() });
        }
        let launching = Launching { job: &job, params: &params, wish, trigger, reason: None, key };
        Ok(self.operator().queued(&launching)?)
    }

    /// Takes at most `limit` runs that wait in the queue, the oldest first, and runs them on threads of the engine: those of the
    /// program's jobs and of job files, whoever put them there. One that the shutdown of the engine interrupts waits in the queue
    /// again, and goes on after its last committed chunk. What can be run nowhere, because its job cannot be read, ends FAILED.
    ///
    /// What dead processes left of these jobs is ended before, and waits in the queue then: a program that was killed goes on with
    /// its runs when it is there again. Such a look is taken once a heartbeat at most.
    ///
    /// Nobody calls it by himself: a program does so when it has put something into the queue, and now and then.
    ///
    /// # Errors
    /// When the store fails, and when the engine was shut down. What was claimed by then runs.
    pub fn claim(&self, limit: u32) -> Result<Vec<RunHandle>, StartJobError> {
        // What is claimed while the engine is being shut down is told to end by itself, and waits again.
        let claiming = Threads::enter(&self.shared).map_err(NotBegun::from)?;
        let Shared { operator, jobs, .. } = &*self.shared;
        let programs = jobs.of_program();
        rescue(&self.shared, &programs).map_err(StartError::from)?;
        // The look takes no lock; on SQLite a claim would wait for whoever writes.
        if !operator.has_queued(&programs).map_err(StartError::from)? {
            return Ok(Vec::new());
        }
        let claimed = operator.claim(limit, &programs)?;
        Ok(claimed.into_iter().filter_map(|ready| self.begin_claimed(ready, claiming.another())).collect())
    }

    /// Continues the instance of an execution after its last committed chunk, and waits for the end. A job's name stands for
    /// its newest execution.
    ///
    /// # Errors
    /// When nothing was started: no such execution, an instance that is running or complete, secret parameters, which must be
    /// given again with [`restart_with`](Self::restart_with). And when the end of the run is not recorded.
    pub fn restart(&self, target: impl Into<Target>) -> Result<JobExecution, RestartJobError> {
        Ok(self.restart_async(target)?.wait()?)
    }

    /// The same, and comes back when it is recorded.
    ///
    /// # Errors
    /// As [`restart`](Self::restart), when nothing was started.
    pub fn restart_async(&self, target: impl Into<Target>) -> Result<RunHandle, RestartJobError> {
        self.restart_with(target, ())
    }

    /// The same with other parameters than those that were kept, as far as they do not identify the instance.
    ///
    /// # Errors
    /// As [`restart`](Self::restart), when nothing was started, and when the parameters name another instance.
    pub fn restart_with(
        &self,
        target: impl Into<Target>,
        params: impl IntoParams,
    ) -> Result<RunHandle, RestartJobError> {
        self.begin_restart(target.into(), params)?.wait()
    }

    /// Asks an execution to end at its next safe point, whatever process runs it, and answers with how it stands. A job's name
    /// stands for its newest execution. One that is stopped already stays as it is; what a dead process left is ended.
    ///
    /// # Errors
    /// When there is no such execution, when it has ended otherwise, or when its job cannot be stopped.
    pub fn stop(&self, target: impl Into<Target>) -> Result<JobExecution, StopJobError> {
        self.shared.stop(&target.into())
    }

    /// Waits for the end of an execution, whatever process runs it.
    ///
    /// # Errors
    /// When there is no such execution, when its process is gone and nobody is left to end it, when the store was away for a
    /// minute, and when this engine is shut down meanwhile.
    pub fn wait(&self, id: ExecutionId) -> Result<JobExecution, WaitJobError> {
        self.shared.wait(id)
    }

    /// What happens in the runs of this engine from now on. Up to 1,024 events wait for a slow subscriber; see
    /// [`subscribe_with`](Self::subscribe_with).
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        self.subscribe_with(EVENTS)
    }

    /// The same with room for `capacity` events. A subscriber that lets more of them wait loses the oldest and is told how
    /// many; no run waits for it.
    #[must_use]
    pub fn subscribe_with(&self, capacity: usize) -> Subscription {
        self.shared.feed.subscribe(capacity)
    }

    /// The same verbs for asynchronous code.
    #[must_use]
    pub fn nonblocking(&self) -> Nonblocking<'_> {
        Nonblocking { engine: self }
    }

    /// What finds executions, and the store behind it.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.shared.operator
    }

    /// Takes no more work, asks all runs to end at their next safe point, and waits for them for as long as `grace`. What has
    /// not ended then is told to end at once, and after one more second it is left behind: the answer are the ids of these, and
    /// of those whose steps did not even end with their timeout, which nobody waits for. A run that ended so is STOPPED, and a
    /// restart goes on after its last committed chunk.
    pub fn shutdown(&self, grace: Duration) -> Vec<ExecutionId> {
        let Shared { operator, feed, threads, .. } = &*self.shared;
        operator.waiting().request(StopIntent::Interrupted);
        threads.close();
        let mut is_idle = threads.wait(grace);
        if !is_idle {
            threads.abort();
            is_idle = threads.wait(ABORT);
        }
        if is_idle {
            threads.join();
        }
        let left = threads.give_up();
        if !left.is_empty() {
            tracing::warn!(?left, "runs were left behind: their steps did not end when they were asked to");
        }
        feed.close();
        left
    }

    fn begin_start(&self, job: &str, params: impl IntoParams) -> Result<Begun<StartJobError>, StartJobError> {
        let (job, given) = (job.to_owned(), params.into_params()?);
        self.begin(move |shared| Plan::start(shared, &job, &given))
    }

    fn begin_restart(
        &self,
        target: Target,
        params: impl IntoParams,
    ) -> Result<Begun<RestartJobError>, RestartJobError> {
        let given = params.into_params()?;
        self.begin(move |shared| Plan::restart(shared, &target, given))
    }

    /// Runs what was claimed, or ends it with the reason why it cannot be run.
    fn begin_claimed(&self, ready: Ready, active: Active) -> Option<RunHandle> {
        let (run, lease) = (RunHandle::of(&ready), ready.lease());
        let begun = match Plan::claimed(&self.shared, ready.execution()) {
            Err(error) => Err(BatchError::of(names::UNNAMED, error)),
            Ok(plan) => {
                let (ready, own) = (if plan.job.can_go_on() { ready.going_on() } else { ready }, run.clone());
                let spawned = active.spawn("overnight-run", move |shared| shared.run(&plan, ready, &own, || {}));
                spawned.map_err(|error| BatchError::of(names::UNNAMED, StartJobError::from(NotBegun::from(error))))
            }
        };
        let Err(error) = begun else { return Some(run) };
        match self.operator().give_up(&lease, &format!("{error:#}")) {
            Ok(_) | Err(FenceError::LeaseLost) => {}
            Err(error) => tracing::warn!(execution = %run.id(), %error, "the end of a run could not be recorded"),
        }
        None
    }

    /// Plans, launches and runs on a thread of its own, so that nobody has to wait for more than he wants to.
    fn begin<E>(&self, plan: impl FnOnce(&Shared) -> Result<Plan, E> + Send + 'static) -> Result<Begun<E>, E>
    where
        E: From<NotBegun> + Send + 'static,
    {
        // The thread of the run would wait for the chunk of this one, and this one for the run.
        self.operator().repository().may_write().map_err(|error| NotBegun::Start(error.into()))?;
        let begun = Begun::default();
        let answer = begun.clone();
        let spawned = Threads::spawn(&self.shared, "overnight-run", move |shared| {
            let launched = catch_unwind(AssertUnwindSafe(|| {
                let plan = plan(shared)?;
                let ready = shared.launch(&plan)?;
                Ok((plan, ready))
            }));
            match launched {
                Ok(Ok((plan, ready))) => {
                    let run = RunHandle::of(&ready);
                    shared.run(&plan, ready, &run, || answer.fill(Ok(Ok(run.clone()))));
                }
                Ok(Err(error)) => answer.fill(Ok(Err(error))),
                Err(panic) => answer.fill(Err(panic)),
            }
        });
        spawned.map_err(|error| E::from(error.into()))?;
        Ok(begun)
    }
}

/// The answer of a launch: the run that goes on behind it, or why there is none.
type Begun<E> = Answered<Result<RunHandle, E>>;

impl Shared {
    fn launch(&self, plan: &Plan) -> Result<Ready, NotBegun> {
        let Plan { job, params, wish, trigger, key } = plan;
        let launching = Launching { job, params, wish: *wish, trigger: *trigger, reason: None, key: key.clone() };
        let say_waiting = |refusal: Refusal, longest: Duration| {
            tracing::info!(?refusal, ?longest, "watching an overdue lease before taking over");
        };
        self.operator.launch(&launching, &say_waiting).map_err(NotBegun::Start)
    }

    /// Runs to the end, whatever it is, and tells everybody who waits for it.
    fn run(self: &Arc<Self>, plan: &Plan, ready: Ready, run: &RunHandle, begun: impl FnOnce()) {
        let id = run.id();
        self.threads.begun(run);
        begun();
        let (shared, left, job) = (Arc::downgrade(self), run.clone(), Arc::<str>::from(plan.job.name.as_str()));
        let reporter = Reporter { feed: &self.feed, execution: id, job: Arc::clone(&job) };
        let ready = ready.on_left(move |ended| {
            if let Some(shared) = shared.upgrade() {
                shared.leave_behind(&left, &job, ended);
            }
        });
        let ran = catch_unwind(AssertUnwindSafe(|| self.operator.run(&plan.job, &plan.params, ready, &reporter)));
        let end = match ran {
            Ok(ran) => ran.map_err(|error| LostRun::of(id, error)),
            Err(panic) => {
                let message = BatchError::of_panic(panic).message().to_owned();
                Err(LostRun::Panicked { id, message })
            }
        };
        // Of one that comes back after it was left behind, everybody has heard.
        if !self.threads.ended(id)
            && let Err(lost) = &end
        {
            reporter.lost(lost);
        }
        run.ended(end);
    }

    /// A step does not end, and its run has ended without it, or has no last row.
    fn leave_behind(&self, run: &RunHandle, job: &Arc<str>, ended: Result<JobExecution, StoreError>) {
        let id = run.id();
        let reporter = Reporter { feed: &self.feed, execution: id, job: Arc::clone(job) };
        let end = ended.map_err(|error| LostRun::of(id, error.into()));
        // Before a shutdown can hear of it, which gives up what has no end.
        run.ended(end.clone());
        self.threads.leave_behind(id);
        match &end {
            Ok(execution) => reporter.event(&RunEvent::Ended(execution)),
            Err(lost) => reporter.lost(lost),
        }
    }

    fn stop(&self, target: &Target) -> Result<JobExecution, StopJobError> {
        let operator = &self.operator;
        let execution = operator.find(target)?;
        if !matches!(target, Target::Execution(_)) && execution.status.is_ended() {
            let (job, id, word) = (execution.job_name.clone(), execution.id, execution.word());
            return Err(StopJobError::NotRunning { job, id, word });
        }
        let answer = operator.stop(execution.id, StopIntent::Stopped, None)?;
        let (StopAnswer::Stopping(execution) | StopAnswer::Stopped(execution) | StopAnswer::Already(execution)) =
            answer;
        // A run of one's own hears of it at once, and not with its next chunk or beat.
        if let Some(run) = self.threads.find(execution.id) {
            run.request(StopIntent::Stopped);
            return Ok(*execution);
        }
        match operator.owner_of(&execution)? {
            Owner::Dead => Ok(operator.end_dead(&execution, false)?.unwrap_or(*execution)),
            Owner::Nobody | Owner::Alive | Owner::Overdue => Ok(*execution),
        }
    }

    fn wait(&self, id: ExecutionId) -> Result<JobExecution, WaitJobError> {
        if let Some(run) = self.threads.find(id) {
            return Ok(run.wait()?);
        }
        let mut watch = Watch::of(id);
        let mut away = None;
        loop {
            match watch.look(&self.operator) {
                Ok(Look::Over(Waited::Ended(execution))) => return Ok(execution),
                Ok(Look::Over(Waited::Left(execution))) => return Err(WaitJobError::Left(Box::new(execution))),
                Ok(Look::Lives(_)) => away = None,
                // A store that is away for a while says nothing of the run.
                Err(FindError::Store(error)) if error.is_transient() => {
                    let since = *away.get_or_insert(watch.elapsed());
                    if watch.elapsed().saturating_sub(since) >= PATIENCE {
                        return Err(FindError::Store(error).into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
            if self.threads.pause(LOOK) {
                return Err(WaitJobError::Closed);
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // What a shutdown has left behind is not waited for once more.
        if !self.shared.threads.is_closed() {
            let _ = self.shutdown(self.grace);
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("operator", &self.shared.operator).finish_non_exhaustive()
    }
}
