//! What a restart does with each step: skip it, go on inside it, or run it from the beginning.

use crate::error::{BatchError, names};
use crate::execution::StepExecution;
use crate::job::{JobStep, Rerun};
use crate::repository::StepHistory;
use crate::status::{ExitCode, Status};
use crate::step::{StepState, StepView};

/// What earlier executions of the instance did.
#[derive(Debug, Default)]
pub(super) struct History(Vec<StepHistory>);

/// What becomes of a step.
#[derive(Debug)]
pub(super) enum Plan {
    /// It is complete; its outputs are kept.
    Skip(StepView),
    /// It runs, from where it was left.
    Run(Box<StepState>),
}

impl History {
    pub(super) fn new(steps: Vec<StepHistory>) -> Self {
        Self(steps)
    }

    /// The plan for `step`.
    ///
    /// # Errors
    /// When the step must not be begun again.
    pub(super) fn plan(&self, step: &JobStep) -> Result<Plan, BatchError> {
        let Some(past) = self.past(step) else { return Ok(Plan::Run(Box::default())) };
        let complete = past.newest.status.is_complete();
        // It was never more than passed over, because its condition was false: it is asked again.
        if complete && past.newest.exit_code == ExitCode::NOOP {
            return Ok(Plan::Run(Box::default()));
        }
        if complete && step.rerun == Rerun::WhenIncomplete {
            return Ok(Plan::Skip(view(&past.newest, past)));
        }
        if past.newest.status == Status::Unknown {
            let message = format!(
                "nobody knows what step {} did, because another system did not answer it: look there. This version cannot go on \
                 with it; the job can be started with other parameters",
                past.newest.path
            );
            return Err(BatchError::new(names::UNKNOWN_OUTCOME, message));
        }
        Ok(Plan::Run(Box::new(if complete { StepState::default() } else { resumed(past) })))
    }

    /// Makes sure that `step` may be begun once more.
    ///
    /// # Errors
    /// When it was begun as often as its `max_starts` allows.
    pub(super) fn check_starts(&self, step: &JobStep) -> Result<(), BatchError> {
        let starts = self.past(step).map_or(0, |past| past.starts);
        match step.max_starts.filter(|limit| starts >= *limit) {
            None => Ok(()),
            Some(limit) => {
                let message = format!("step {} was begun {starts} times, its `max_starts` is {limit}", step.name);
                Err(BatchError::new(names::START_LIMIT_EXCEEDED, message))
            }
        }
    }

    fn past(&self, step: &JobStep) -> Option<&StepHistory> {
        self.0.iter().find(|past| past.newest.step_key == step.name)
    }
}

fn resumed(past: &StepHistory) -> StepState {
    StepState {
        earlier: past.total,
        checkpoint: past.newest.checkpoint.clone(),
        context: past.newest.context.clone(),
        outputs: past.newest.outputs.clone(),
        ..StepState::default()
    }
}

fn view(newest: &StepExecution, past: &StepHistory) -> StepView {
    StepView {
        name: newest.name.clone(),
        status: newest.status,
        exit_code: newest.exit_code.clone(),
        counts: past.total,
        outputs: newest.outputs.clone(),
    }
}
