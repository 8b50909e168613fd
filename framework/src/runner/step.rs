//! The life of one step execution: begun, attempted until it is done or given up, ended.

use super::end::{record, timed_out};
use super::timeout::Timeout;
use super::{Ended, Run, RunError, exit_code};
use crate::error::BatchError;
use crate::execution::{ErrorRecord, StepExecution};
use crate::job::JobStep;
use crate::monitor::RunEvent;
use crate::repository::{StepEnd, StepLease, StepStart};
use crate::status::{ExitCode, Status, StopIntent};
use crate::step::{Failure, Outcome, StepContext, StepError, StepState, StepView, caught};
use crate::stop::StopToken;

/// A step that ran.
pub(super) struct Ran {
    pub(super) end: End,
    pub(super) view: StepView,
}

/// How a step ended.
#[derive(Clone)]
pub(super) struct End {
    status: Status,
    exit_code: ExitCode,
    error: Option<ErrorRecord>,
    /// What stopped it.
    stop: Option<StopIntent>,
}

/// One run of one step, with the token that stops it alone.
struct StepRun<'s> {
    step: &'s JobStep,
    row: StepExecution,
    done: &'s [StepView],
    stop: StopToken,
}

impl End {
    fn completed(exit_code: ExitCode) -> Self {
        Self { status: Status::Completed, exit_code, error: None, stop: None }
    }

    fn failed(exit_code: ExitCode, error: ErrorRecord) -> Self {
        Self { status: Status::Failed, exit_code, error: Some(error), stop: None }
    }

    /// How the execution ends with the step, if it does.
    pub(super) fn ends_job(self) -> Option<Ended> {
        let Self { status, exit_code, error, stop } = self;
        match status {
            Status::Completed => None,
            Status::Stopped => Some(Ended::Stopped(stop.unwrap_or(StopIntent::Stopped))),
            Status::Unknown => Some(Ended::Unknown { error: error.unwrap_or_default() }),
            _ => Some(Ended::Failed { exit_code, error: error.unwrap_or_default() }),
        }
    }
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
        let row = self.record_step(ordinal, step, &state)?;
        self.tell(&RunEvent::StepStarted(&row));
        self.overrun.begin_step();
        let run = StepRun { step, row, done, stop: self.stop.child() };
        let timeout = step.timeout.map(|limit| Timeout::start("step", limit, &run.stop, self.overrun));
        let end = match before_step(&run) {
            Ok(()) => self.attempt(&run, &mut state)?,
            Err(error) => End::failed(exit_code(&error), record(step, &error)),
        };
        drop(timeout);
        self.check_held()?;
        let end = self.after_step(&run, &state, end);
        self.finish_step(&run.row, state, end)
    }

    /// Records a step whose condition is false.
    pub(super) fn pass_step(&mut self, ordinal: i32, step: &JobStep) -> Result<Ran, RunError> {
        let state = StepState::default();
        let row = self.record_step(ordinal, step, &state)?;
        self.finish_step(&row, state, End::completed(ExitCode::NOOP))
    }

    fn record_step(&self, ordinal: i32, step: &JobStep, state: &StepState) -> Result<StepExecution, RunError> {
        self.begin_step(&StepStart {
            ordinal,
            step_key: step.name.clone(),
            name: step.name.clone(),
            kind: step.step.kind(),
            dest: self.dest.to_owned(),
            checkpoint: state.checkpoint.clone(),
            context: state.context.clone(),
            outputs: state.outputs.clone(),
        })
    }

    /// Attempts the step until it is done, stopped or given up.
    fn attempt(&self, run: &StepRun<'_>, state: &mut StepState) -> Result<End, RunError> {
        let mut attempts = 1;
        loop {
            let failure = match self.attempt_once(run, state) {
                Ok(Outcome::Completed(exit_code)) => return Ok(End::completed(exit_code)),
                // What was requested counts, whatever the step makes of it: one that ran out of its time has failed.
                Ok(Outcome::Stopped(own)) => {
                    return Ok(self.stopped(run, run.stop.requested().unwrap_or(own), None));
                }
                Err(StepError::LeaseLost) => return Err(RunError::LeaseLost),
                Err(StepError::Unanswered(error)) => return Err(error.into()),
                Err(StepError::Unknown(failure)) => {
                    let end = End::failed(ExitCode::UNKNOWN, failure.record(&run.step.name));
                    return Ok(End { status: Status::Unknown, ..end });
                }
                Err(StepError::Failed(failure)) => failure,
            };
            // A command that is killed because its time is over fails, but that is not why the step failed.
            if run.stop.requested() == Some(StopIntent::Timeout) {
                return Ok(self.stopped(run, StopIntent::Timeout, Some(&failure)));
            }
            let Some(delay) = run.step.retry.pause(attempts, failure.error.name()) else {
                let record = failure.record(&run.step.name);
                let all = run.step.retry.max_attempts;
                let message = match attempts {
                    1 => record.message,
                    _ => format!("attempt {attempts} of {all}: {}", record.message),
                };
                return Ok(End::failed(exit_code(&failure.error), ErrorRecord { message, ..record }));
            };
            attempts += 1;
            let error = format!("{:#}", failure.error);
            self.tell(&RunEvent::Retrying { step: &run.step.name, error: &error, attempt: attempts, delay });
            if let Some(intent) = run.stop.wait(delay) {
                return Ok(self.stopped(run, intent, Some(&failure)));
            }
            state.counts.retry += 1;
        }
    }

    fn attempt_once(&self, run: &StepRun<'_>, state: &mut StepState) -> Result<Outcome, StepError> {
        let mut context = StepContext {
            job: self.view(run.done),
            step: &run.row,
            state,
            lease: self.step_lease(&run.row),
            repository: self.repository,
            stop: &run.stop,
            orders: self.stop,
            patience: self.patience,
            stop_line: self.stop_line,
            monitor: self.monitor,
            chunk_listeners: &run.step.chunk_listeners,
            skip_listeners: &run.step.skip_listeners,
            ends_by_itself: self.overrun.trust(),
        };
        caught(|| run.step.step.run(&mut context))
    }

    /// The end of a step that was asked to end, with the failure that it was about to repeat.
    fn stopped(&self, run: &StepRun<'_>, intent: StopIntent, failure: Option<&Failure>) -> End {
        let (status, exit_code) = intent.end();
        let failed = failure.map(|failure| failure.record(&run.step.name));
        let error = match (intent, failed) {
            (StopIntent::Timeout, failed) => Some(self.timeout_of(run, failed)),
            (_, failed) => failed,
        };
        End { status, exit_code, error, stop: Some(intent) }
    }

    fn timeout_of(&self, run: &StepRun<'_>, failed: Option<ErrorRecord>) -> ErrorRecord {
        let timeout = match self.stop.requested() {
            Some(StopIntent::Timeout) => timed_out("job", self.job.timeout),
            _ => timed_out("step", run.step.timeout),
        };
        let causes = failed.map(|failed| std::iter::once(failed.message).chain(failed.causes).collect());
        ErrorRecord { step: Some(run.step.name.clone()), causes: causes.unwrap_or_default(), ..timeout }
    }

    /// Calls every listener with the status about to be written. The first error fails the step, and the listeners after it
    /// see that; the outcome of a step in doubt stays in doubt.
    fn after_step(&self, run: &StepRun<'_>, state: &StepState, mut end: End) -> End {
        for listener in run.step.listeners.iter().rev() {
            let seen = seen(&run.row, state, &end);
            match caught(|| listener.after_step(&seen)) {
                Ok(Some(exit_code)) => end.exit_code = exit_code,
                Ok(None) => {}
                Err(error) if matches!(end.status, Status::Completed | Status::Stopped) => {
                    end = End::failed(exit_code(&error), record(run.step, &error));
                }
                Err(error) => {
                    let message = format!("a listener failed after the step: {error:#}");
                    self.tell(&RunEvent::Warning { step: Some(&run.step.name), message: &message });
                }
            }
        }
        end
    }

    fn finish_step(&mut self, row: &StepExecution, state: StepState, end: End) -> Result<Ran, RunError> {
        let promoted = state.promotion();
        let view = StepView {
            name: row.name.clone(),
            status: end.status,
            exit_code: end.exit_code.clone(),
            counts: state.total(),
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
        let row = self.end_step(&self.step_lease(row), &written)?;
        self.execution.context.extend(promoted);
        self.tell(&RunEvent::StepEnded(&row));
        Ok(Ran { end, view })
    }

    fn step_lease(&self, row: &StepExecution) -> StepLease {
        StepLease::new(row.id, self.lease, self.lease_duration)
    }
}

fn before_step(run: &StepRun<'_>) -> Result<(), BatchError> {
    run.step.listeners.iter().try_for_each(|listener| caught(|| listener.before_step(&run.row)))
}

/// The row as it is about to be written.
fn seen(row: &StepExecution, state: &StepState, end: &End) -> StepExecution {
    StepExecution {
        status: end.status,
        exit_code: end.exit_code.clone(),
        error: end.error.clone(),
        counts: state.counts,
        checkpoint: state.checkpoint.clone(),
        context: state.context.clone(),
        outputs: state.outputs.clone(),
        ..row.clone()
    }
}
