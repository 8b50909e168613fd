//! Runs one execution from its first listener to its last row.

mod end;
mod overrun;
mod plan;
mod step;
mod timeout;
mod verbs;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use self::end::{Ended, exit_code};
pub use self::overrun::{OnLeft, Overrun};
use self::plan::{History, Plan};
use self::timeout::Timeout;
use crate::execution::JobExecution;
use crate::job::{Job, JobStep};
use crate::monitor::{Monitor, RunEvent, tell};
use crate::params::Params;
use crate::policy::Patience;
use crate::repository::{FenceError, Lease, Repository, StoreError, is_interrupted};
use crate::status::{ExitCode, StopIntent};
use crate::step::{JobView, StepView, caught};
use crate::stop::StopToken;
use crate::stop_line::StopLine;

/// One execution, launched and leased, with everything it needs.
pub struct Run<'a> {
    /// The job.
    pub job: &'a Job,
    /// Its parameters.
    pub params: &'a Params,
    /// The execution, STARTING.
    pub execution: JobExecution,
    /// The right to run it.
    pub lease: Lease,
    /// How long the lease lasts from each renewal.
    pub lease_duration: Duration,
    /// The machine, as the rows of the steps name it.
    pub dest: &'a str,
    /// The store.
    pub repository: &'a dyn Repository,
    /// How long it waits for the store.
    pub patience: &'a Patience,
    /// The request to end.
    pub stop: &'a StopToken,
    /// The moment after which the lease must be renewed before anything is written.
    pub stop_line: &'a StopLine,
    /// Whoever watches.
    pub monitor: &'a dyn Monitor,
    /// Whether it waits in the queue again when its process is told to leave.
    pub goes_on: bool,
    /// What ends its records when a step of it does not end.
    pub overrun: &'a Arc<Overrun>,
}

/// Why a run has no last row.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The execution belongs to another worker now.
    #[error("the lease was lost: the execution was taken over or ended by another process")]
    LeaseLost,
    /// The store failed for longer than the run could wait.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FenceError> for RunError {
    fn from(error: FenceError) -> Self {
        match error {
            FenceError::LeaseLost => Self::LeaseLost,
            FenceError::Store(error) => Self::Store(error),
        }
    }
}

impl Run<'_> {
    /// Runs the steps and writes the last row.
    ///
    /// # Errors
    /// When the last row could not be written, because the lease was lost or the store failed. Whoever continues the
    /// instance then finds it as the last committed chunk left it.
    pub fn run(mut self) -> Result<JobExecution, RunError> {
        let timeout = self.job.timeout.map(|limit| Timeout::start("job", limit, self.stop, self.overrun));
        let mut steps = Vec::with_capacity(self.job.steps.len());
        let ended = match self.before_job() {
            Ok(()) => self.run_steps(&mut steps)?,
            Err(error) => Ended::launch_error(&error),
        };
        drop(timeout);
        self.check_held()?;
        let mut end = self.after_job(ended, &steps);
        // An order of an operator is in the store, which ends the run as that says. Any other haste is that of the process.
        if self.goes_on && end.exit_code == StopIntent::Aborted.end().1 {
            end.exit_code = ExitCode::INTERRUPTED;
        }
        end.goes_on = self.goes_on && is_interrupted(&end.exit_code);
        let execution = self.end(&end)?;
        self.tell(&RunEvent::Ended(&execution));
        Ok(execution)
    }

    fn run_steps(&mut self, done: &mut Vec<StepView>) -> Result<Ended, RunError> {
        let history = match self.execution.previous_id {
            Some(_) => History::new(self.history()?),
            None => History::default(),
        };
        self.execution = self.begin()?;
        if let Some(intent) = self.execution.stop_intent {
            self.stop.request(intent);
        }
        self.tell(&RunEvent::Started(&self.execution));
        for (ordinal, step) in (0..).zip(&self.job.steps) {
            if let Some(intent) = self.stop.requested() {
                return Ok(Ended::Stopped(intent));
            }
            if let Some(ended) = self.next_step(ordinal, step, &history, done)? {
                return Ok(ended);
            }
        }
        Ok(Ended::Completed)
    }

    /// Runs one step or finds that it need not run. `Some` when the execution ends with it.
    fn next_step(
        &mut self,
        ordinal: i32,
        step: &JobStep,
        history: &History,
        done: &mut Vec<StepView>,
    ) -> Result<Option<Ended>, RunError> {
        let state = match history.plan(step) {
            Ok(Plan::Run(state)) => *state,
            Ok(Plan::Skip(view)) => {
                self.tell(&RunEvent::StepSkipped { step: &step.name });
                done.push(view);
                return Ok(None);
            }
            Err(error) => return Ok(Some(Ended::failed_at(step, &error))),
        };
        let when = step.when.as_ref().map_or(Ok(true), |when| caught(|| when(&self.view(done))));
        // Only a step that is to run is begun once more.
        let when = when.and_then(|runs| if runs { history.check_starts(step).map(|()| true) } else { Ok(false) });
        let ran = match when {
            Ok(true) => self.run_step(ordinal, step, state, done)?,
            Ok(false) => self.pass_step(ordinal, step)?,
            Err(error) => return Ok(Some(Ended::failed_at(step, &error))),
        };
        done.push(ran.view);
        Ok(ran.end.ends_job())
    }

    /// Ends a run that lost its lease before its listeners hear of an end: they would take what stops it for an operator's abort.
    fn check_held(&self) -> Result<(), RunError> {
        if self.stop_line.is_lost() { Err(RunError::LeaseLost) } else { Ok(()) }
    }

    fn view<'v>(&'v self, steps: &'v [StepView]) -> JobView<'v> {
        JobView {
            execution: &self.execution,
            params: self.params,
            context: &self.execution.context,
            steps,
            resources: &self.job.resources,
        }
    }

    fn tell(&self, event: &RunEvent<'_>) {
        tell(self.monitor, event);
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("job", &self.job.name).field("lease", &self.lease).finish_non_exhaustive()
    }
}
