//! A function as a kind of tasklet.

use std::sync::Arc;

use super::{With, with};
use crate::error::BatchError;
use crate::kind::{Frame, Late, Names, SettingValue, TaskletKind, TaskletPlan};
use crate::step::{Outcome, StepContext, Tasklet};
use crate::yaml::{Cursor, Shape};

/// The kind `name` that calls `run` with its settings.
pub(crate) fn tasklet<S, F>(name: &'static str, run: F) -> impl TaskletKind
where
    S: SettingValue,
    F: Fn(&With<S>, &mut StepContext<'_>) -> Result<Outcome, BatchError> + Send + Sync + 'static,
{
    Kind::<S> { name, run: Arc::new(run) }
}

type Run<S> = Arc<dyn Fn(&With<S>, &mut StepContext<'_>) -> Result<Outcome, BatchError> + Send + Sync>;

struct Kind<S> {
    name: &'static str,
    run: Run<S>,
}

struct Plan<S> {
    settings: Late<S>,
    run: Run<S>,
}

struct Action<S> {
    with: With<S>,
    run: Run<S>,
}

impl<S: SettingValue> TaskletKind for Kind<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn settings(&self) -> Shape {
        S::SHAPE
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn TaskletPlan>> {
        Some(Box::new(Plan { settings: S::read(settings, names)?, run: Arc::clone(&self.run) }))
    }
}

impl<S: SettingValue> TaskletPlan for Plan<S> {
    fn build(&self, frame: &Frame) -> Result<Box<dyn Tasklet>, BatchError> {
        Ok(Box::new(Action { with: with(&self.settings, frame)?, run: Arc::clone(&self.run) }))
    }
}

impl<S: SettingValue> Tasklet for Action<S> {
    fn execute(&self, context: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        (self.run)(&self.with, context)
    }
}
