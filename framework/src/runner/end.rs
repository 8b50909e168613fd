//! How an execution ends: what its steps came to, what its listeners say of it, and the last row.

use super::Run;
use crate::error::{BatchError, names};
use crate::execution::ErrorRecord;
use crate::job::JobStep;
use crate::listener::ListenerResult;
use crate::monitor::RunEvent;
use crate::repository::ExecutionEnd;
use crate::status::{ExitCode, Status, StopIntent};
use crate::step::{StepView, caught};

/// How the steps of an execution ended.
#[derive(Debug)]
pub(super) enum Ended {
    Completed,
    Stopped(StopIntent),
    Failed { exit_code: ExitCode, error: ErrorRecord },
    Unknown { error: ErrorRecord },
}

impl Ended {
    /// Nothing was run, because a listener did not let it.
    pub(super) fn launch_error(error: &BatchError) -> Self {
        let exit_code = if error.has_name() { exit_code(error) } else { ExitCode::LAUNCH_ERROR };
        Self::Failed { exit_code, error: ErrorRecord::from(error) }
    }

    /// `step` could not be begun.
    pub(super) fn failed_at(step: &JobStep, error: &BatchError) -> Self {
        Self::Failed { exit_code: exit_code(error), error: record(step, error) }
    }
}

impl Run<'_> {
    /// Calls the listeners before the first step, while the execution is STARTING.
    pub(super) fn before_job(&self) -> ListenerResult {
        self.job.listeners.iter().try_for_each(|listener| caught(|| listener.before_job(&self.execution)))
    }

    /// Calls every listener with the status about to be written, and makes up the last row. The first error fails the
    /// execution, and the listeners after it see that; the outcome of an execution in doubt stays in doubt.
    pub(super) fn after_job(&mut self, ended: Ended, steps: &[StepView]) -> ExecutionEnd {
        let mut end = self.end_of(ended, steps);
        for listener in self.job.listeners.iter().rev() {
            self.execution.status = end.status;
            self.execution.exit_code = end.exit_code.clone();
            self.execution.error.clone_from(&end.error);
            let Err(error) = caught(|| listener.after_job(&self.execution)) else { continue };
            if matches!(end.status, Status::Completed | Status::Stopped) {
                end = failed_end(exit_code(&error), ErrorRecord::from(&error), end.progress.min(99));
            } else {
                let message = format!("a listener failed after the job: {error:#}");
                self.tell(&RunEvent::Warning { step: None, message: &message });
            }
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
                    goes_on: false,
                },
                Err(error) => failed_end(exit_code(&error), ErrorRecord::from(&error), progress),
            },
            Ended::Stopped(StopIntent::Timeout) => {
                let (_, exit_code) = StopIntent::Timeout.end();
                failed_end(exit_code, timed_out("job", self.job.timeout), progress)
            }
            Ended::Stopped(intent) => {
                let (status, exit_code) = intent.end();
                let (exit_message, result, error) = (None, None, None);
                ExecutionEnd { status, exit_code, exit_message, result, error, progress, goes_on: false }
            }
            Ended::Failed { exit_code, error } => failed_end(exit_code, error, progress),
            Ended::Unknown { error } => {
                ExecutionEnd { status: Status::Unknown, ..failed_end(ExitCode::UNKNOWN, error, progress) }
            }
        }
    }

    fn result(&self, steps: &[StepView]) -> Result<Option<serde_json::Value>, BatchError> {
        self.job.result.as_ref().map(|result| caught(|| result(&self.view(steps)))).transpose()
    }

    /// The share of the steps that are complete; less than 100 until everything is.
    fn progress(&self, steps: &[StepView]) -> u8 {
        let complete = steps.iter().filter(|step| step.status == Status::Completed).count();
        let percent = complete * 100 / self.job.steps.len().max(1);
        u8::try_from(percent.min(99)).unwrap_or(99)
    }
}

/// The exit code of a failure: the name of its error, if it has one of its own.
pub(super) fn exit_code(error: &BatchError) -> ExitCode {
    if error.has_name() { ExitCode::from(error.name().to_owned()) } else { ExitCode::FAILED }
}

/// An error that happened in `step`.
pub(super) fn record(step: &JobStep, error: &BatchError) -> ErrorRecord {
    ErrorRecord { step: Some(step.name.clone()), ..ErrorRecord::from(error) }
}

/// The error of a job or step that ran longer than it may.
pub(super) fn timed_out(what: &str, limit: Option<std::time::Duration>) -> ErrorRecord {
    let limit = limit.map(|limit| format!(" of {limit:?}")).unwrap_or_default();
    ErrorRecord {
        name: names::TIMEOUT.to_owned(),
        message: format!("the {what} ran longer than its timeout{limit}"),
        ..ErrorRecord::default()
    }
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
        goes_on: false,
    }
}
