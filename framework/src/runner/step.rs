//! The life of one step execution: begun, attempted until it is done or given up, ended.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::timeout::Timeout;
use super::{Run, RunError, exit_code};
use crate::error::{BatchError, names};
use crate::execution::{ErrorRecord, JsonObject, StepExecution};
use crate::job::JobStep;
use crate::monitor::RunEvent;
use crate::repository::{StepEnd, StepLease, StepStart};
use crate::status::{ExitCode, Status};
use crate::step::{Outcome, StepContext, StepError, StepState, StepView};
use crate::stop::StopToken;

/// A step that ran.
pub(super) struct Ran {
    pub(super) status: Status,
    pub(super) exit_code: ExitCode,
    pub(super) error: Option<ErrorRecord>,
    pub(super) view: StepView,
}

/// How a step ended, before its row is written.
struct End {
    status: Status,
    exit_code: ExitCode,
    error: Option<ErrorRecord>,
}

impl Run<'_> {
    /// Runs a step and writes its end.
    pub(super) fn run_step(
        &mut self,
        ordinal: i32,
        step: &JobStep,
        mut state: StepState,
        done: &[StepView],
    ) -> Result<Ran, RunError> {
        let row = self.begin_step(ordinal, step, &state)?;
        self.monitor.event(&RunEvent::StepStarted(&row));
        let stop = self.stop.child();
        let timeout = step.timeout.map(|limit| Timeout::start(limit, &stop));
        let end = match step.listeners.iter().try_for_each(|listener| listener.before_step(&row)) {
            Ok(()) => self.attempt(step, &row, &mut state, done, &stop)?,
            Err(error) => failed(&error, step),
        };
        drop(timeout);
        let end = after_step(step, &row, &state, end);
        self.end_step(step, &row, state, end)
    }

    /// Records a step whose condition is false.
    pub(super) fn pass_step(&mut self, ordinal: i32, step: &JobStep) -> Result<Ran, RunError> {
        let state = StepState::default();
        let row = self.begin_step(ordinal, step, &state)?;
        let end = End { status: Status::Completed, exit_code: ExitCode::NOOP, error: None };
        self.end_step(step, &row, state, end)
    }

    fn begin_step(&self, ordinal: i32, step: &JobStep, state: &StepState) -> Result<StepExecution, RunError> {
        let start = StepStart {
            ordinal,
            step_key: step.name.clone(),
            name: step.name.clone(),
            kind: step.step.kind(),
            dest: self.dest.to_owned(),
            checkpoint: state.checkpoint.clone(),
            context: state.context.clone(),
        };
        Ok(self.repository.begin_step(&self.lease, &start)?)
    }

    /// Attempts the step until it is done, stopped or given up.
    fn attempt(
        &self,
        step: &JobStep,
        row: &StepExecution,
        state: &mut StepState,
        done: &[StepView],
        stop: &StopToken,
    ) -> Result<End, RunError> {
        let mut attempts = 1;
        loop {
            let failure = match self.attempt_once(step, row, state, done, stop) {
                Ok(Outcome::Completed(exit_code)) => {
                    return Ok(End { status: Status::Completed, exit_code, error: None });
                }
                Ok(Outcome::Stopped(intent)) => {
                    let (status, exit_code) = intent.end();
                    let error = (status == Status::Failed).then(|| timed_out(step));
                    return Ok(End { status, exit_code, error });
                }
                Err(StepError::LeaseLost) => return Err(RunError::LeaseLost),
                Err(StepError::Failed(failure)) => failure,
            };
            let Some(delay) = step.retry.pause(attempts, failure.error.name()) else {
                let error = Some(failure.record(&step.name));
                return Ok(End { status: Status::Failed, exit_code: exit_code(&failure.error), error });
            };
            attempts += 1;
            state.counts.retry += 1;
            let error = failure.error.chain().join(": ");
            self.monitor.event(&RunEvent::Retrying { step: &step.name, error: &error, attempt: attempts, delay });
            if let Some(intent) = stop.wait(delay) {
                let (status, exit_code) = intent.end();
                return Ok(End { status, exit_code, error: Some(failure.record(&step.name)) });
            }
        }
    }

    fn attempt_once(
        &self,
        step: &JobStep,
        row: &StepExecution,
        state: &mut StepState,
        done: &[StepView],
        stop: &StopToken,
    ) -> Result<Outcome, StepError> {
        let mut context = StepContext {
            job: self.view(done),
            step: row,
            state,
            lease: self.step_lease(row),
            repository: self.repository,
            stop,
            stop_line: self.stop_line,
            monitor: self.monitor,
            chunk_listeners: &step.chunk_listeners,
            skip_listeners: &step.skip_listeners,
        };
        catch_unwind(AssertUnwindSafe(|| step.step.run(&mut context)))
            .unwrap_or_else(|panic| Err(BatchError::panicked(panic.as_ref()).into()))
    }

    fn step_lease(&self, row: &StepExecution) -> StepLease {
        StepLease { step: row.id, lease: self.lease, duration: self.lease_duration }
    }

    fn end_step(&mut self, step: &JobStep, row: &StepExecution, state: StepState, end: End) -> Result<Ran, RunError> {
        let promoted = state.promotion();
        let counts = state.total();
        let view = StepView {
            name: step.name.clone(),
            status: end.status,
            exit_code: end.exit_code.clone(),
            counts,
            outputs: state.outputs.clone(),
        };
        let written = StepEnd {
            status: end.status,
            exit_code: end.exit_code.clone(),
            error: end.error.clone(),
            counts: state.counts,
            context: state.context,
            outputs: state.outputs,
            promoted: promoted.clone(),
        };
        let row = self.repository.end_step(&self.step_lease(row), &written)?;
        self.promote(promoted);
        self.monitor.event(&RunEvent::StepEnded(&row));
        Ok(Ran { status: end.status, exit_code: end.exit_code, error: end.error, view })
    }

    fn promote(&mut self, promoted: JsonObject) {
        self.execution.context.extend(promoted);
    }
}

/// Calls the listeners with the status about to be written.
fn after_step(step: &JobStep, row: &StepExecution, state: &StepState, mut end: End) -> End {
    for listener in step.listeners.iter().rev() {
        let seen = StepExecution {
            status: end.status,
            exit_code: end.exit_code.clone(),
            error: end.error.clone(),
            counts: state.counts,
            checkpoint: state.checkpoint.clone(),
            ..row.clone()
        };
        match listener.after_step(&seen) {
            Ok(Some(exit_code)) => end.exit_code = exit_code,
            Ok(None) => {}
            Err(error) => end = failed(&error, step),
        }
    }
    end
}

fn failed(error: &BatchError, step: &JobStep) -> End {
    let record = ErrorRecord { step: Some(step.name.clone()), ..ErrorRecord::from(error) };
    End { status: Status::Failed, exit_code: exit_code(error), error: Some(record) }
}

fn timed_out(step: &JobStep) -> ErrorRecord {
    let limit = step.timeout.map(|limit| format!(" of {limit:?}")).unwrap_or_default();
    ErrorRecord {
        name: names::TIMEOUT.to_owned(),
        message: format!("the step ran longer than its timeout{limit}"),
        step: Some(step.name.clone()),
        ..ErrorRecord::default()
    }
}
