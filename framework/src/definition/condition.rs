//! What jobs in Rust write as job files do: the conditions of their steps, over the same names.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::FixedEnvironment;
use super::frames::{Frames, Moment};
use super::layout::{EarlierStep, Layout};
use super::outputs::Outputs;
use crate::error::{BatchError, names};
use crate::expr::{Expected, ExprError, Expression, Typed};
use crate::job::Evaluate;
use crate::params::{ParamDeclaration, ParamType};
use crate::row::Type;
use crate::step::JobView;

/// The names that the condition of a step may use: the parameters, the job, and the steps before it. It grows step by step.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    pub(super) params: Vec<ParamDeclaration>,
    pub(super) steps: Vec<(String, Outputs, bool)>,
}

impl Conditions {
    pub(crate) fn new(params: &[ParamDeclaration]) -> Self {
        Self { params: params.to_vec(), steps: Vec::new() }
    }

    /// Declares the step that stands next, for those behind it.
    pub(crate) fn declare_step(&mut self, name: &str, outputs: &[(String, ParamType)], conditional: bool) {
        self.steps.push((name.to_owned(), Outputs::of(outputs), conditional));
    }

    /// The condition of the step that stands next.
    ///
    /// # Errors
    /// Everything that is wrong with the expression.
    pub(crate) fn compile(&self, text: &str) -> Result<Evaluate<bool>, Vec<ExprError>> {
        let layout = self.layout();
        let typed = checked(text, &layout)?;
        let needs = layout.needs(&typed.reads().into_iter().map(Into::into).collect::<BTreeSet<_>>());
        let frames = frames(layout);
        let (program, text) = (typed.compile(), text.to_owned());
        Ok(Arc::new(move |view: &JobView<'_>| {
            let frame = frames.frame(&needs, Moment::within(view))?;
            let wrong = |error| {
                BatchError::new(names::INVALID_VALUE, format!("failed to evaluate `when`: `{text}`")).with_source(error)
            };
            program.test(&frame.values).map_err(|error| frame.masked(wrong(error)))
        }))
    }

    pub(super) fn layout(&self) -> Layout {
        let mut layout = Layout::default();
        self.params.iter().for_each(|param| layout.declare_param(param));
        layout.declare_job();
        for (index, (name, outputs, conditional)) in self.steps.iter().enumerate() {
            layout.declare_step(&EarlierStep { index, name, outputs: Some(outputs), conditional: *conditional });
        }
        layout
    }
}

/// The values of these names in a run. A job in Rust stands in no folder, and asks no environment.
pub(super) fn frames(layout: Layout) -> Frames {
    let (origins, vars) = layout.into_parts();
    Frames { origins, vars, environment: Arc::new(FixedEnvironment::default()), base_dir: PathBuf::new() }
}

fn checked(text: &str, layout: &Layout) -> Result<Typed, Vec<ExprError>> {
    Expression::parse(text)?.check(layout.scope(), Expected::Type(Type::Bool))
}
