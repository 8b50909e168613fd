//! Start, stop, restart: the only way in, whatever face asks.

mod apply;
mod find;
mod handover;
mod launch;
mod queue;
mod takeover;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::apply::{Change, Current};
pub use self::find::{FindError, NoJob, Target};
pub use self::launch::{Launching, StartError};
pub use self::queue::Lost;
pub use self::takeover::Owner;
pub use self::watch::{Look, Waited, Watch};

use crate::execution::{ExecutionId, JobExecution};
use crate::job::Job;
use crate::monitor::Monitor;
use crate::params::Params;
use crate::policy::Patience;
use crate::repository::{Launched, Lease, Repository, StopAnswer, StopError, StopOrder, StoreError};
use crate::runner::{OnLeft, Overrun, Run, RunError};
use crate::status::StopIntent;
use crate::stop::StopToken;
use crate::worker::{Hold, Timing, Worker};

/// Starts, stops and restarts jobs over a store. Every face of overnight calls it; none keeps a state of its own.
pub struct Operator {
    repository: Arc<dyn Repository>,
    seat: Seat,
    /// `None` for one who launches nothing.
    worker: Option<Worker>,
    project: String,
    actor: String,
    patience: Patience,
    waiting: StopToken,
}

/// Where an operator sits: what it needs to judge whether the process of another execution lives.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The machine: the life locks of its processes can be looked at.
    pub host: String,
    /// How often workers beat.
    pub timing: Timing,
}

/// An execution that is launched and held by this process, and shall be run now.
#[derive(Debug)]
pub struct Ready {
    launched: Launched,
    hold: Hold,
    stop: StopToken,
    goes_on: bool,
    on_left: Option<Left>,
}

/// Hears of a run that was left behind.
struct Left(OnLeft);

impl Ready {
    /// The execution, STARTING.
    #[must_use]
    pub fn execution(&self) -> &JobExecution {
        &self.launched.execution
    }

    /// The same, to wait in the queue again when this process is told to leave before it is done.
    #[must_use]
    pub fn going_on(self) -> Self {
        Self { goes_on: true, ..self }
    }

    /// Calls `left` when a step of the run does not end although its timeout is over: the run ends in the records without it, and
    /// its thread may never come back.
    #[must_use]
    pub fn on_left(self, left: impl Fn(Result<JobExecution, StoreError>) + Send + Sync + 'static) -> Self {
        Self { on_left: Some(Left(Box::new(left))), ..self }
    }

    /// The right to run it.
    #[must_use]
    pub fn lease(&self) -> Lease {
        self.launched.lease
    }

    /// The token that stops it from inside this process.
    #[must_use]
    pub fn stop_token(&self) -> &StopToken {
        &self.stop
    }
}

impl Operator {
    /// An operator for `project` over `repository`. What it does is recorded as done by `actor`.
    #[must_use]
    pub fn new(
        repository: Arc<dyn Repository>,
        worker: Worker,
        project: impl Into<String>,
        actor: impl Into<String>,
    ) -> Self {
        let seat = Seat { host: worker.host().to_owned(), timing: worker.timing() };
        Self { worker: Some(worker), ..Self::without_worker(repository, seat, project, actor) }
    }

    /// An operator that launches nothing: it finds, stops, and sees whether others live. It needs no life lock of its own.
    #[must_use]
    pub fn without_worker(
        repository: Arc<dyn Repository>,
        seat: Seat,
        project: impl Into<String>,
        actor: impl Into<String>,
    ) -> Self {
        let (project, actor) = (project.into(), actor.into());
        let waiting = StopToken::default();
        Self { repository, seat, worker: None, project, actor, patience: Patience::DEFAULT, waiting }
    }

    /// Waits for the store by `patience` instead of about a minute.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same operator for another project: an execution that is named by its id goes on where its instance is.
    #[must_use]
    pub fn in_project(self, project: impl Into<String>) -> Self {
        Self { project: project.into(), ..self }
    }

    /// The token that ends a launch's wait for an overdue lease: it is refused then.
    #[must_use]
    pub fn waiting(&self) -> &StopToken {
        &self.waiting
    }

    /// The store, for those who only read.
    #[must_use]
    pub fn repository(&self) -> &dyn Repository {
        self.repository.as_ref()
    }

    /// The time on the clock of its worker; none where it has no worker.
    pub(crate) fn elapsed(&self) -> Option<Duration> {
        self.worker.as_ref().map(|worker| worker.clock().elapsed())
    }

    /// Where it sits.
    #[must_use]
    pub fn seat(&self) -> &Seat {
        &self.seat
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Runs a launched execution to its last row, on this thread.
    ///
    /// # Errors
    /// When the lease was lost or the store failed. The run that failed for reasons of its own is no error here: the
    /// execution says so.
    pub fn run(
        &self,
        job: &Job,
        params: &Params,
        ready: Ready,
        monitor: &dyn Monitor,
    ) -> Result<JobExecution, RunError> {
        let Ready { launched, hold, stop, goes_on, on_left } = ready;
        let (repository, patience) = (Arc::clone(&self.repository), self.seat.timing.lease);
        let on_left = on_left.map(|Left(on_left)| on_left);
        let overrun = Arc::new(Overrun::new(repository, launched.lease, (&self.actor, patience), on_left));
        let run = Run {
            job,
            params,
            execution: launched.execution,
            lease: launched.lease,
            lease_duration: self.seat.timing.lease,
            dest: &self.seat.host,
            repository: self.repository.as_ref(),
            patience: &self.patience,
            stop: &stop,
            stop_line: hold.stop_line(),
            monitor,
            goes_on,
            overrun: &overrun,
        };
        match run.run() {
            // It came back after all, and its end is recorded.
            Err(RunError::LeaseLost) => overrun.ended().ok_or(RunError::LeaseLost),
            ended => ended,
        }
    }

    /// Asks an execution to end at its next safe point, from whatever process.
    ///
    /// # Errors
    /// When there is no such execution, when it has ended otherwise than by a stop, when its job is not abortable, or when
    /// the store fails.
    pub fn stop(&self, id: ExecutionId, intent: StopIntent, reason: Option<&str>) -> Result<StopAnswer, StopError> {
        let order = StopOrder { id, intent, by: self.actor.clone(), reason: reason.map(str::to_owned) };
        self.repository.request_stop(&order)
    }
}

impl fmt::Debug for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Left")
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").field("project", &self.project).field("worker", &self.worker).finish_non_exhaustive()
    }
}
