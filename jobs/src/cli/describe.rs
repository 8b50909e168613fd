//! `jobctl describe`: what a job is, without running it.

use std::time::Duration;

use overnight_framework::definition::{ChunkOutline, JobFile, StepOutline};
use overnight_framework::job::{Instances, Rerun};
use overnight_framework::launch::Restartability;
use overnight_framework::params::ParamDeclaration;
use overnight_framework::policy::{ErrorNames, RetryPolicy, SkipLimit, SkipPolicy};
use overnight_framework::repository::Definition;
use overnight_framework::row;
use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::arguments::Describe;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::json::time;
use super::table::Kind;
use super::target::Named;
use super::time::TimeFormat;
use crate::catalog::CatalogError;

/// A job, and the revision it was found in if it was asked for by name.
pub(super) struct Described {
    pub(super) file: JobFile,
    pub(super) revision: Option<Definition>,
}

pub(super) fn run(verb: &Describe, face: &Face) -> Result<Exit, Failure> {
    let described = find(&verb.job, face)?;
    face.output.answer(&described);
    Ok(Exit::Done)
}

/// The job that an argument names: in a file, for which no store is needed; under its name; or as an execution pinned it.
pub(super) fn find(job: &str, face: &Face) -> Result<Described, Failure> {
    let named = Named::of(job)?;
    if let Named::File(path) = &named {
        return Ok(Described { file: face.catalog()?.describe(path)?, revision: None });
    }
    let context = face.open()?;
    let (definition, base_dir) = match &named {
        Named::Id(id) => {
            let execution = context.operator.find(&overnight_framework::operator::Target::Execution(*id))?;
            let id = execution.definition_id.ok_or_else(|| CatalogError::NoText(execution.job_name.clone()))?;
            let definition = context.operator.repository().definition(id)?;
            let definition = definition.ok_or_else(|| CatalogError::NoText(execution.job_name.clone()))?;
            (definition, execution.base_dir.unwrap_or_default().into())
        }
        _ => {
            let current = context.current(job)?;
            (current.definition, current.base_dir)
        }
    };
    let file = context.catalog.describe_revision(&definition, &base_dir)?;
    Ok(Described { file, revision: Some(definition) })
}

impl Answer for Described {
    fn shape() -> Shape {
        Shape::text(KEYS).with_parts(&["params", "steps", "chunk"]).with_names()
    }

    fn text(&self, view: &View) -> String {
        let Self { file, revision } = self;
        let mut text = facts(file, revision.as_ref(), &view.time);
        if !file.job.params.is_empty() {
            text += "\nParameters\n";
            text += &view.table(&PARAMS, &file.job.params);
        }
        text + "\nSteps\n" + &view.table(&STEPS, &file.steps)
    }

    fn json(&self) -> Value {
        document(self)
    }

    fn names(&self) -> Vec<String> {
        vec![self.file.job.name.clone()]
    }
}

/// The keys of a job, of its parameters and of its steps.
const KEYS: &[&str] = &[
    "name",
    "description",
    "revision",
    "stored_at",
    "module",
    "labels",
    "instances",
    "restartable",
    "abortable",
    "timeout_seconds",
    "params",
    "steps",
    "secrets",
    "variables",
    "type",
    "required",
    "identifying",
    "secret",
    "default",
    "enum",
    "minimum",
    "maximum",
    "pattern",
    "kind",
    "chunk",
    "when",
    "retry",
    "rerun",
    "max_starts",
    "outputs",
    "uses",
];

const PARAMS: [Column<ParamDeclaration>; 5] = [
    Column::new("Parameter", &["name"], Kind::Id, |param, _| param.name.to_string()),
    Column::new("Type", &["type"], Kind::Text, |param, _| param.kind.to_string()),
    Column::new("Default", &["default"], Kind::Text, |param, _| param.default.as_ref().map(shown).unwrap_or_default()),
    Column::new("Rules", &[], Kind::Text, |param, _| rules(param).join(", ")),
    Column::new("Description", &["description"], Kind::Text, |param, _| param.description.clone().unwrap_or_default()),
];

const STEPS: [Column<StepOutline>; 5] = [
    Column::new("Step", &["name"], Kind::Id, |step, _| step.name.clone()),
    Column::new("Kind", &["kind"], Kind::Text, |step, _| kind(step)),
    Column::new("When", &["when"], Kind::Text, |step, _| step.when.clone().unwrap_or_default()),
    Column::new("Rules", &[], Kind::Text, |step, _| rules_of_step(step).join("; ")),
    Column::new("Description", &["description"], Kind::Text, |step, _| step.description.clone().unwrap_or_default()),
];

/// What is said of the job itself, a line each; what is as always is left out.
fn facts(file: &JobFile, revision: Option<&Definition>, time: &TimeFormat) -> String {
    let job = &file.job;
    let mut facts = vec![("Job", job.name.clone())];
    facts.extend(file.description.clone().map(|description| ("", description)));
    facts.extend(revision.map(|revision| {
        let stored = time.show(Some(revision.created_at));
        ("Revision", format!("{}, stored {stored}", revision.revision))
    }));
    facts.push(("Module", job.module.clone()));
    let labels = job.labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    if !labels.is_empty() {
        facts.push(("Labels", labels.join(", ")));
    }
    if job.instances == Instances::Many {
        facts.push(("Instances", "many: the same parameters run as often as they are started".to_owned()));
    }
    if job.restartability == Restartability::Once {
        facts.push(("Restart", "never".to_owned()));
    }
    if !job.abortable {
        facts.push(("Stop", "never".to_owned()));
    }
    facts.extend(job.timeout.map(|limit| ("Timeout", length(limit))));
    let names = |names: &std::collections::BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    if !file.secrets.is_empty() {
        facts.push(("Secrets", names(&file.secrets)));
    }
    if !file.variables.is_empty() {
        facts.push(("Variables", names(&file.variables)));
    }
    let line = |(name, value): (&str, String)| format!("{name:<10} {}\n", super::output::escaped(&value, &[]));
    facts.into_iter().map(line).collect()
}

/// What must hold of a parameter, and what it is for the instance.
fn rules(param: &ParamDeclaration) -> Vec<String> {
    let mut rules = Vec::new();
    let mut flag = |is_set: bool, word: &str| rules.extend(is_set.then(|| word.to_owned()));
    flag(param.required, "required");
    flag(param.identifying, "identifying");
    flag(param.secret, "secret");
    if !param.choices.is_empty() {
        rules.push(format!("one of {}", param.choices.iter().map(shown).collect::<Vec<_>>().join(" ")));
    }
    rules.extend(param.minimum.as_ref().map(|least| format!("at least {}", shown(least))));
    rules.extend(param.maximum.as_ref().map(|most| format!("at most {}", shown(most))));
    rules.extend(param.pattern.as_ref().map(|pattern| format!("like {}", ParamDeclaration::written_pattern(pattern))));
    rules
}

fn shown(value: &row::Value) -> String {
    match value.to_json() {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// `csv -> filter -> set -> table`, or `shell`.
fn kind(step: &StepOutline) -> String {
    let Some(ChunkOutline { reader, processor, writer, .. }) = &step.chunk else { return step.kind.clone() };
    let mut way: Vec<&str> = vec![reader];
    way.extend(processor);
    way.push(writer);
    way.join(" -> ")
}

fn rules_of_step(step: &StepOutline) -> Vec<String> {
    let mut rules = Vec::new();
    if let Some(chunk) = &step.chunk {
        rules.push(format!("chunks of {}", chunk.size));
        rules.extend(skip(&chunk.skip));
        rules.extend(retry(&chunk.retry).map(|retry| format!("each chunk {retry}")));
    }
    rules.extend(retry(&step.retry));
    rules.extend(step.timeout.map(|limit| format!("timeout {}", length(limit))));
    if step.rerun == Rerun::Always {
        rules.push("runs again after a restart".to_owned());
    }
    rules.extend(step.max_starts.map(|most| format!("at most {most} starts")));
    if !step.outputs.is_empty() {
        let outputs = step.outputs.iter().map(|(name, kind)| format!("{name} ({kind})"));
        rules.push(format!("gives {}", outputs.collect::<Vec<_>>().join(", ")));
    }
    rules
}

fn retry(policy: &RetryPolicy) -> Option<String> {
    let pause = length(policy.delay);
    let of = errors(&policy.errors).map(|names| format!(" on {names}")).unwrap_or_default();
    (policy.max_attempts > 1).then(|| format!("{} attempts, {pause} apart{of}", policy.max_attempts))
}

fn skip(policy: &SkipPolicy) -> Option<String> {
    let limit = match policy.limit {
        SkipLimit::Count(0) => return None,
        SkipLimit::Count(count) => count.to_string(),
        SkipLimit::PerMillion(_) => percentage(policy.limit),
    };
    let of = errors(&policy.errors).map(|names| format!(" of {names}")).unwrap_or_default();
    Some(format!("skips up to {limit}{of}"))
}

/// A share as it is written in a file: `0.5%`.
fn percentage(limit: SkipLimit) -> String {
    let SkipLimit::PerMillion(share) = limit else { return String::new() };
    let (whole, rest) = (share / 10_000, share % 10_000);
    let digits = format!("{whole}.{rest:04}");
    format!("{}%", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// The names that a policy is for; `None` when it is for all.
fn errors(names: &ErrorNames) -> Option<String> {
    match names {
        ErrorNames::Any => None,
        ErrorNames::Named(names) => Some(names.join(", ")),
    }
}

fn length(limit: Duration) -> String {
    format!("{limit:?}")
}

fn document(Described { file, revision }: &Described) -> Value {
    let job = &file.job;
    json!({
        "name": job.name,
        "description": file.description,
        "revision": revision.as_ref().map(|revision| revision.revision),
        "stored_at": time(revision.as_ref().map(|revision| revision.created_at)),
        "module": job.module,
        "labels": job.labels,
        "instances": if job.instances == Instances::Many { "many" } else { "unique" },
        "restartable": job.restartability != Restartability::Once,
        "abortable": job.abortable,
        "timeout_seconds": job.timeout.map(|limit| limit.as_secs_f64()),
        "params": job.params.iter().map(param).collect::<Value>(),
        "steps": file.steps.iter().map(step).collect::<Value>(),
        "secrets": file.secrets,
        "variables": file.variables,
    })
}

fn param(param: &ParamDeclaration) -> Value {
    let json = |value: &row::Value| value.to_json();
    json!({
        "name": param.name,
        "type": param.kind.name(),
        "description": param.description,
        "required": param.required,
        "identifying": param.identifying,
        "secret": param.secret,
        "default": param.default.as_ref().map(json),
        "enum": param.choices.iter().map(json).collect::<Value>(),
        "minimum": param.minimum.as_ref().map(json),
        "maximum": param.maximum.as_ref().map(json),
        "pattern": param.pattern.as_ref().map(ParamDeclaration::written_pattern),
    })
}

fn step(step: &StepOutline) -> Value {
    let outputs = step.outputs.iter().map(|(name, kind)| json!({ "name": name, "type": kind.name() }));
    let uses = step.uses.iter().map(|used| json!({ "step": used.step, "value": used.value }));
    json!({
        "name": step.name,
        "description": step.description,
        "kind": step.kind,
        "chunk": step.chunk.as_ref().map(chunk),
        "when": step.when,
        "retry": retry_document(&step.retry),
        "timeout_seconds": step.timeout.map(|limit| limit.as_secs_f64()),
        "rerun": if step.rerun == Rerun::Always { "always" } else { "when_incomplete" },
        "max_starts": step.max_starts,
        "outputs": outputs.collect::<Value>(),
        "uses": uses.collect::<Value>(),
    })
}

fn chunk(chunk: &ChunkOutline) -> Value {
    json!({
        "size": chunk.size,
        "reader": chunk.reader,
        "processor": chunk.processor,
        "writer": chunk.writer,
        "retry": retry_document(&chunk.retry),
        "skip": skip_document(&chunk.skip),
    })
}

fn retry_document(policy: &RetryPolicy) -> Value {
    if policy.max_attempts <= 1 {
        return Value::Null;
    }
    json!({
        "max_attempts": policy.max_attempts,
        "delay_seconds": policy.delay.as_secs_f64(),
        "factor": policy.factor,
        "max_delay_seconds": policy.max_delay.as_secs_f64(),
        "jitter_percent": policy.jitter_percent,
        "errors": names(&policy.errors),
    })
}

fn skip_document(policy: &SkipPolicy) -> Value {
    let limit = match policy.limit {
        SkipLimit::Count(0) => return Value::Null,
        SkipLimit::Count(count) => json!(count),
        SkipLimit::PerMillion(_) => json!(percentage(policy.limit)),
    };
    json!({ "limit": limit, "errors": names(&policy.errors) })
}

/// The names that a policy is for; null when it is for all.
fn names(names: &ErrorNames) -> Value {
    match names {
        ErrorNames::Any => Value::Null,
        ErrorNames::Named(names) => json!(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_shown_as_it_is_written() {
        let shown = [1, 50, 5_000, 10_000, 12_500, 1_000_000].map(|share| percentage(SkipLimit::PerMillion(share)));
        assert_eq!(shown, ["0.0001%", "0.005%", "0.5%", "1%", "1.25%", "100%"]);
    }

    #[test]
    fn a_policy_that_does_nothing_is_not_told() {
        assert_eq!((retry(&RetryPolicy::NEVER), skip(&SkipPolicy::NEVER)), (None, None));
        let policy =
            SkipPolicy { limit: SkipLimit::Count(3), errors: ErrorNames::Named(vec!["InvalidRow".to_owned()]) };
        assert_eq!(skip(&policy).as_deref(), Some("skips up to 3 of InvalidRow"));
    }
}
