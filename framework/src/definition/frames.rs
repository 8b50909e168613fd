//! Fills the frame of a step when it begins: one value for each name that was declared before it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::environment::Environment;
use super::layout::{JobFact, Needs, Origin, StepFact};
use super::outputs;
use super::vars::Var;
use crate::error::{BatchError, names};
use crate::kind::Frame;
use crate::params::Params;
use crate::row::Value;
use crate::step::{JobView, StepView};

/// Secrets are also masked line by line, because programs print them so; a line below this length is not told apart from
/// other text.
const SHORTEST_LINE: usize = 8;

/// Where the values of a file's names come from.
pub(super) struct Frames {
    pub(super) origins: Vec<Origin>,
    pub(super) vars: Vec<Var>,
    pub(super) environment: Arc<dyn Environment>,
    pub(super) base_dir: PathBuf,
}

/// What is known of a run when a frame is filled.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    params: &'a Params,
    /// `None` before the run is launched.
    view: Option<&'a JobView<'a>>,
}

impl<'a> Moment<'a> {
    /// Before the launch, when only the parameters are known.
    pub(super) fn before(params: &'a Params) -> Self {
        Self { params, view: None }
    }

    /// Within a run.
    pub(super) fn within(view: &'a JobView<'a>) -> Self {
        Self { params: view.params, view: Some(view) }
    }
}

impl Frames {
    /// The frame for a place with these needs. Vars and secrets that the place does not use are not resolved: their values
    /// are null.
    ///
    /// # Errors
    /// When a secret has no value, a var cannot be computed, or an output of an earlier step is not of its type.
    pub(super) fn frame(&self, needs: &Needs, moment: Moment<'_>) -> Result<Frame, BatchError> {
        let secrets = self.secrets(needs)?;
        let variables = needs.confidential.iter().filter_map(|name| self.environment.variable(name));
        let texts = texts_to_mask(moment.params.secrets().chain(secrets.values().cloned()).chain(variables));
        let mut frame = Frame { values: Vec::new(), base_dir: self.base_dir.clone(), secrets: texts };
        // Known before the first value: an error about a value may quote a secret that it was computed from.
        frame.values = self.values(needs, &secrets, moment).map_err(|error| frame.masked(error))?;
        Ok(frame)
    }

    fn values(
        &self,
        needs: &Needs,
        secrets: &BTreeMap<&str, String>,
        moment: Moment<'_>,
    ) -> Result<Vec<Value>, BatchError> {
        let mut values = Vec::with_capacity(needs.slots);
        for origin in self.origins.iter().take(needs.slots) {
            let value = match origin {
                Origin::Param(name) => moment.params.get(name).cloned().unwrap_or_default(),
                Origin::Variable(name) => {
                    self.environment.variable(name).map_or(Value::Null, |text| text.as_str().into())
                }
                Origin::Secret(name) => secrets.get(&**name).map_or(Value::Null, |text| text.as_str().into()),
                Origin::Var(index) if needs.vars.contains(index) => self.var(*index, &values)?,
                Origin::Var(_) => Value::Null,
                Origin::Job(fact) => moment.job(*fact),
                Origin::Step(index, fact) => moment.step(*index).map_or(Value::Null, |step| fact_of(step, *fact)),
                Origin::Output { step, name, kind } => match moment.step(*step) {
                    Some(step) => outputs::value(step, name, *kind)?,
                    None => Value::Null,
                },
            };
            values.push(value);
        }
        Ok(values)
    }

    fn secrets<'n>(&self, needs: &'n Needs) -> Result<BTreeMap<&'n str, String>, BatchError> {
        let resolve = |name: &'n str| match self.environment.secret(name) {
            Ok(text) => Ok((name, text)),
            Err(error) => Err(BatchError::new(names::MISSING_SECRET, format!("failed to {error}")).with_source(error)),
        };
        needs.secrets.iter().map(|name| resolve(name)).collect()
    }

    /// The value of a var, computed from the values of the names before it.
    fn var(&self, index: usize, values: &[Value]) -> Result<Value, BatchError> {
        let Some(var) = self.vars.get(index) else { return Ok(Value::Null) };
        let wrong = |error| {
            let message = format!("failed to compute `vars.{}` ({})", var.name, var.place);
            BatchError::new(names::INVALID_VALUE, message).with_source(error)
        };
        var.program.eval(values).map_err(wrong)
    }
}

impl<'a> Moment<'a> {
    fn job(self, fact: JobFact) -> Value {
        let Some(execution) = self.view.map(|view| view.execution) else { return Value::Null };
        match fact {
            JobFact::Name => execution.job_name.as_str().into(),
            JobFact::Module => execution.module.as_str().into(),
            JobFact::Project => execution.project.as_str().into(),
            JobFact::Id => Value::Int(execution.id.0),
            JobFact::Attempt => Value::Int(execution.attempt.into()),
        }
    }

    /// The steps of a view stand in the order of the job, those included that a restart skipped.
    fn step(self, index: usize) -> Option<&'a StepView> {
        self.view.and_then(|view| view.steps.get(index))
    }
}

fn fact_of(step: &StepView, fact: StepFact) -> Value {
    let count = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    match fact {
        StepFact::Status => step.status.as_str().into(),
        StepFact::ExitCode => step.exit_code.as_str().into(),
        StepFact::Read => count(step.counts.read),
        StepFact::Written => count(step.counts.write),
        StepFact::Filtered => count(step.counts.filter),
        StepFact::Skipped => count(step.counts.skipped()),
    }
}

/// The secrets and their longer lines, the longest first, so that a secret within another hides nothing of it.
fn texts_to_mask(secrets: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts = Vec::new();
    for secret in secrets {
        let lines = secret.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE && *line != secret);
        texts.extend(lines.map(str::to_owned));
        texts.push(secret);
    }
    texts.retain(|text| !text.is_empty());
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts.dedup();
    texts
}
