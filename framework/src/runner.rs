//! Runs one execution from its first listener to its last row.

mod plan;
mod step;
mod timeout;

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use self::plan::{History, Plan};
use self::timeout::Timeout;
use crate::error::BatchError;
use crate::execution::{ErrorRecord, JobExecution};
use crate::job::{Job, JobStep};
use crate::listener::JobListener;
use crate::monitor::{Monitor, RunEvent};
use crate::params::Params;
use crate::repository::{ExecutionEnd, FenceError, Lease, Repository, StoreError};
use crate::status::{ExitCode, Status, StopIntent};
use crate::step::{JobView, StepView};
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
    pub lease_duration: std::time::Duration,
    /// The machine, as the rows of the steps name it.
    pub dest: &'a str,
    /// The store.
    pub repository: &'a dyn Repository,
    /// The request to end.
    pub stop: &'a StopToken,
    /// The moment after which the lease must be renewed before anything is written.
    pub stop_line: &'a StopLine,
    /// Whoever watches.
    pub monitor: &'a dyn Monitor,
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

/// How the steps of an execution ended.
enum Ended {
    Completed,
    Stopped(StopIntent),
    Failed { exit_code: ExitCode, error: ErrorRecord },
}

impl Run<'_> {
    /// Runs the steps and writes the last row.
    ///
    /// # Errors
    /// When the last row could not be written, because the lease was lost or the store failed. Whoever continues the
    /// instance then finds it as the last committed chunk left it.
    pub fn run(mut self) -> Result<JobExecution, RunError> {
        let timeout = self.job.timeout.map(|limit| Timeout::start(limit, self.stop));
        let mut steps = Vec::with_capacity(self.job.steps.len());
        let ended = match before_job(&self.job.listeners, &self.execution) {
            Ok(()) => self.run_steps(&mut steps)?,
            Err(error) => launch_error(&error),
        };
        drop(timeout);
        let end = self.after_job(ended, &steps);
        let execution = self.end(&end)?;
        self.monitor.event(&RunEvent::Ended(&execution));
        Ok(execution)
    }

    fn run_steps(&mut self, done: &mut Vec<StepView>) -> Result<Ended, RunError> {
        let history = match self.execution.previous_id {
            Some(_) => History::new(self.repository.history(self.execution.instance_id)?),
            None => History::default(),
        };
        self.execution = self.repository.begin(&self.lease)?;
        if let Some(intent) = self.execution.stop_intent {
            self.stop.request(intent);
        }
        self.monitor.event(&RunEvent::Started(&self.execution));
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
        let plan = match history.plan(step) {
            Ok(plan) => plan,
            Err(error) => return Ok(Some(failed(step, &error))),
        };
        match plan {
            Plan::Skip(view) => {
                self.monitor.event(&RunEvent::StepSkipped { step: &step.name });
                done.push(view);
                Ok(None)
            }
            Plan::Run(state) => {
                let when = step.when.as_ref().map_or(Ok(true), |when| when(&self.view(done)));
                let ran = match when {
                    Ok(true) => self.run_step(ordinal, step, *state, done)?,
                    Ok(false) => self.pass_step(ordinal, step)?,
                    Err(error) => return Ok(Some(failed(step, &error))),
                };
                let ended = match ran.status {
                    Status::Completed => None,
                    Status::Stopped => Some(Ended::Stopped(self.stop.requested().unwrap_or(StopIntent::Stopped))),
                    _ => Some(Ended::Failed { exit_code: ran.exit_code.clone(), error: ran.error.unwrap_or_default() }),
                };
                done.push(ran.view);
                Ok(ended)
            }
        }
    }

    fn view<'v>(&'v self, steps: &'v [StepView]) -> JobView<'v> {
        JobView { execution: &self.execution, params: self.params, context: &self.execution.context, steps }
    }

    /// Calls the listeners with the status about to be written, and makes up the last row.
    fn after_job(&mut self, ended: Ended, steps: &[StepView]) -> ExecutionEnd {
        let mut end = self.end_of(ended, steps);
        self.execution.status = end.status;
        self.execution.exit_code = end.exit_code.clone();
        self.execution.error.clone_from(&end.error);
        let heard = self.job.listeners.iter().rev().try_for_each(|listener| listener.after_job(&self.execution));
        if let Err(error) = heard {
            end = failed_end(exit_code(&error), ErrorRecord::from(&error), end.progress);
        }
        end
    }

    fn end_of(&self, ended: Ended, steps: &[StepView]) -> ExecutionEnd {
        let progress = self.progress(steps);
        match ended {
            Ended::Completed => match self.result(steps) {
                Ok(result) => ExecutionEnd {
                    status: Status::Completed,
                    exit_code: ExitCode::COMPLETED,
                    exit_message: None,
                    result,
                    error: None,
                    progress: 100,
                },
                Err(error) => failed_end(exit_code(&error), ErrorRecord::from(&error), progress),
            },
            Ended::Stopped(intent) => {
                let (status, exit_code) = intent.end();
                let error = (status == Status::Failed).then(|| timed_out(self.job.timeout));
                let exit_message = error.as_ref().map(ErrorRecord::chain);
                ExecutionEnd { status, exit_code, exit_message, result: None, error, progress }
            }
            Ended::Failed { exit_code, error } => failed_end(exit_code, error, progress),
        }
    }

    fn result(&self, steps: &[StepView]) -> Result<Option<serde_json::Value>, BatchError> {
        self.job.result.as_ref().map(|result| result(&self.view(steps))).transpose()
    }

    /// The share of the steps that are complete; less than 100 until everything is.
    fn progress(&self, steps: &[StepView]) -> u8 {
        let complete = steps.iter().filter(|step| step.status == Status::Completed).count();
        let percent = complete * 100 / self.job.steps.len().max(1);
        u8::try_from(percent.min(99)).unwrap_or(99)
    }

    /// The last row decides whether a night was lost, so it is tried for a while when the store cannot be reached.
    fn end(&self, end: &ExecutionEnd) -> Result<JobExecution, RunError> {
        for attempt in 0..ENDINGS {
            match self.repository.end(&self.lease, end) {
                Err(FenceError::Store(error)) if error.is_transient() => {
                    tracing::warn!(execution = %self.lease.execution, %error, attempt, "the last row is not written yet");
                    let _ = StopToken::default().wait(PAUSE);
                }
                answer => return Ok(answer?),
            }
        }
        Ok(self.repository.end(&self.lease, end)?)
    }
}

/// How often the last row is tried while the store cannot be reached, and the pause between.
const ENDINGS: u32 = 20;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(500);

fn before_job(listeners: &[Arc<dyn JobListener>], execution: &JobExecution) -> Result<(), BatchError> {
    listeners.iter().try_for_each(|listener| listener.before_job(execution))
}

fn launch_error(error: &BatchError) -> Ended {
    let exit_code = if error.has_name() { exit_code(error) } else { ExitCode::LAUNCH_ERROR };
    Ended::Failed { exit_code, error: ErrorRecord::from(error) }
}

fn failed(step: &JobStep, error: &BatchError) -> Ended {
    let error_record = ErrorRecord { step: Some(step.name.clone()), ..ErrorRecord::from(error) };
    Ended::Failed { exit_code: exit_code(error), error: error_record }
}

/// The exit code of a failure: the name of its error, if it has one of its own.
fn exit_code(error: &BatchError) -> ExitCode {
    if error.has_name() { ExitCode::from(error.name().to_owned()) } else { ExitCode::FAILED }
}

fn failed_end(exit_code: ExitCode, error: ErrorRecord, progress: u8) -> ExecutionEnd {
    let place = error.step.as_ref().map(|step| format!("step {step}: ")).unwrap_or_default();
    ExecutionEnd {
        status: Status::Failed,
        exit_code,
        exit_message: Some(format!("{place}{}", error.chain())),
        result: None,
        error: Some(error),
        progress,
    }
}

fn timed_out(limit: Option<std::time::Duration>) -> ErrorRecord {
    let limit = limit.map(|limit| format!(" of {limit:?}")).unwrap_or_default();
    ErrorRecord {
        name: crate::error::names::TIMEOUT.to_owned(),
        message: format!("the job ran longer than its timeout{limit}"),
        ..ErrorRecord::default()
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("job", &self.job.name).field("lease", &self.lease).finish_non_exhaustive()
    }
}
