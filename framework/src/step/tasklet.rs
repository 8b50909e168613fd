//! Steps that are one action.

use crate::error::BatchError;
use crate::execution::StepKind;
use crate::step::{Outcome, Step, StepContext, StepError};

/// One action: a command, a statement, a call. Spring Batch's Tasklet.
///
/// A tasklet that runs for long looks at [`StepContext::stop_requested`] and answers [`Outcome::Stopped`]. It is not part of
/// a transaction: what it does must bear being done again after a crash.
pub trait Tasklet: Send + Sync {
    /// Does it.
    fn execute(&self, context: &mut StepContext<'_>) -> Result<Outcome, BatchError>;
}

/// Any function is a tasklet.
impl<F> Tasklet for F
where
    F: Fn(&mut StepContext<'_>) -> Result<Outcome, BatchError> + Send + Sync,
{
    fn execute(&self, context: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        self(context)
    }
}

/// The step around a [`Tasklet`].
#[derive(Debug)]
pub struct TaskletStep<T>(pub T);

impl<T: Tasklet> Step for TaskletStep<T> {
    fn kind(&self) -> StepKind {
        StepKind::Tasklet
    }

    fn run(&self, context: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        context.insist_on_lease()?;
        Ok(self.0.execute(context)?)
    }
}
