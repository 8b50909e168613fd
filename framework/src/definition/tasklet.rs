//! Tasklet steps: one action of a registered kind, with its outputs.

use std::fmt;
use std::sync::Arc;

use super::frames::{Frames, Moment};
use super::kinds::Known;
use super::layout::Needs;
use super::outputs::Outputs;
use crate::error::BatchError;
use crate::execution::StepKind;
use crate::kind::{Frame, Kinds, Names, TaskletPlan};
use crate::step::{Outcome, Step, StepContext, StepError};
use crate::yaml::Cursor;

/// A tasklet that was read, and the name of its kind.
pub(super) struct TaskletDraft {
    pub(super) kind: String,
    pub(super) plan: Box<dyn TaskletPlan>,
}

/// Reads `{ shell: … }` or `{ uses: NAME, with: {…} }`.
pub(super) fn tasklet(at: &Cursor<'_>, kinds: &Kinds, names: &Names<'_>) -> Option<TaskletDraft> {
    let known = Known { sort: "tasklet", stock: kinds.tasklets(), registered: kinds.registered_tasklets() };
    known.read(at, |kind, settings| {
        Some(TaskletDraft { kind: kind.name().to_owned(), plan: kind.check(settings, names)? })
    })
}

/// The step around a tasklet of a job file.
pub(super) struct TaskletOfFile {
    pub(super) plan: Box<dyn TaskletPlan>,
    pub(super) needs: Needs,
    pub(super) outputs: Outputs,
    pub(super) frames: Arc<Frames>,
}

impl TaskletOfFile {
    fn execute(&self, frame: &Frame, context: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        // What an attempt before this one gave must not pass for what this one gives.
        context.state.outputs.clear();
        let outcome = self.plan.build(frame)?.execute(context)?;
        if matches!(outcome, Outcome::Completed(_)) {
            self.outputs.settle(context, frame)?;
        }
        Ok(outcome)
    }
}

impl Step for TaskletOfFile {
    fn kind(&self) -> StepKind {
        StepKind::Tasklet
    }

    fn run(&self, context: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        context.insist_on_lease()?;
        let frame = self.frames.frame(&self.needs, Moment::within(&context.job))?;
        self.execute(&frame, context).map_err(|error| frame.masked(error).into())
    }
}

impl fmt::Debug for TaskletOfFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskletOfFile").field("needs", &self.needs).finish_non_exhaustive()
    }
}
