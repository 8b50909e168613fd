//! Conditions of steps that no file declares: those of jobs in Rust, over the same names.

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
use crate::params::ParamDeclaration;
use crate::row::Type;
use crate::step::JobView;

/// The names that the condition of a step may use: the parameters, the job, and the steps before it. It grows step by step.
#[derive(Debug)]
pub(crate) struct Conditions {
    params: Vec<ParamDeclaration>,
    steps: Vec<(String, bool)>,
}

impl Conditions {
    pub(crate) fn new(params: &[ParamDeclaration]) -> Self {
        Self { params: params.to_vec(), steps: Vec::new() }
    }

    /// Declares the step that stands next, for those behind it.
    pub(crate) fn declare_step(&mut self, name: &str, conditional: bool) {
        self.steps.push((name.to_owned(), conditional));
    }

    /// The condition of the step that stands next.
    ///
    /// # Errors
    /// Everything that is wrong with the expression.
    pub(crate) fn compile(&self, text: &str) -> Result<Evaluate<bool>, Vec<ExprError>> {
        let layout = self.layout();
        let typed = checked(text, &layout)?;
        let needs = layout.needs(&typed.reads().into_iter().map(Into::into).collect::<BTreeSet<_>>());
        let (origins, vars) = layout.into_parts();
        let environment = Arc::new(FixedEnvironment::default());
        let frames = Frames { origins, vars, environment, base_dir: PathBuf::new() };
        let (program, text) = (typed.compile(), text.to_owned());
        Ok(Arc::new(move |view: &JobView<'_>| {
            let frame = frames.frame(&needs, Moment::within(view))?;
            let wrong = |error| {
                BatchError::new(names::INVALID_VALUE, format!("failed to evaluate `when`: `{text}`")).with_source(error)
            };
            program.test(&frame.values).map_err(|error| frame.masked(wrong(error)))
        }))
    }

    fn layout(&self) -> Layout {
        let mut layout = Layout::default();
        self.params.iter().for_each(|param| layout.declare_param(param));
        layout.declare_job();
        let none = Outputs::default();
        for (index, (name, conditional)) in self.steps.iter().enumerate() {
            layout.declare_step(&EarlierStep { index, name, outputs: Some(&none), conditional: *conditional });
        }
        layout
    }
}

fn checked(text: &str, layout: &Layout) -> Result<Typed, Vec<ExprError>> {
    Expression::parse(text)?.check(layout.scope(), Expected::Type(Type::Bool))
}
