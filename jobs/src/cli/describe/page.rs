//! What a job is, for people: facts, a line each, and tables of its parameters and its steps.

use std::collections::BTreeSet;
use std::time::Duration;

use overnight_framework::definition::{ChunkOutline, JobFile, StepOutline};
use overnight_framework::job::{Instances, Rerun};
use overnight_framework::launch::Restartability;
use overnight_framework::params::ParamDeclaration;
use overnight_framework::policy::{ErrorNames, RetryPolicy, SkipLimit, SkipPolicy};
use overnight_framework::repository::Definition;
use overnight_framework::row;
use overnight_framework::trigger::{MissedPolicy, Queue, Source, Trigger};
use serde_json::Value;

use super::Described;
use crate::cli::answer::{Column, View};
use crate::cli::output::escaped;
use crate::cli::table::Kind;
use crate::cli::time::TimeFormat;

/// The whole page.
pub(super) fn page(Described { file, revision }: &Described, view: &View) -> String {
    let mut text = facts(file, revision.as_ref(), &view.time);
    if !file.job.params.is_empty() {
        text += "\nParameters\n";
        text += &view.table(&PARAMS, &file.job.params);
    }
    text += "\nSteps\n";
    text += &view.table(&STEPS, &file.steps);
    if !file.job.triggers.is_empty() {
        text += "\nTriggers\n";
        text += &view.table(&TRIGGERS, &file.job.triggers);
    }
    text
}

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

const TRIGGERS: [Column<Trigger>; 3] = [
    Column::new("Trigger", &["name"], Kind::Id, |trigger, _| trigger.name.clone()),
    Column::new("Waits For", &["cron", "queue"], Kind::Text, |trigger, _| waits_for(&trigger.source)),
    Column::new("Rules", &[], Kind::Text, |trigger, _| rules_of_trigger(trigger).join("; ")),
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
    let names = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    if !file.secrets.is_empty() {
        facts.push(("Secrets", names(&file.secrets)));
    }
    if !file.variables.is_empty() {
        facts.push(("Variables", names(&file.variables)));
    }
    let line = |(name, value): (&str, String)| format!("{name:<10} {}\n", escaped(&value, &[]));
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
    let Some(ChunkOutline { reader: Some(reader), processor, writer: Some(writer), .. }) = &step.chunk else {
        return step.kind.clone();
    };
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

fn waits_for(source: &Source) -> String {
    match source {
        Source::Cron(cron) => cron.schedule.to_string(),
        Source::Queue(Queue::Topic(topic)) => format!("messages of the topic {topic}"),
        Source::Queue(Queue::Amqp(broker)) => format!("messages of the queue {} of a broker", broker.queue),
        _ => String::new(),
    }
}

fn rules_of_trigger(trigger: &Trigger) -> Vec<String> {
    let mut rules = Vec::new();
    if !trigger.enabled {
        rules.push("not enabled".to_owned());
    }
    if let Source::Cron(cron) = &trigger.source {
        rules.push(match cron.missed.policy {
            MissedPolicy::Last => format!("makes up for the last missed tick within {}", length(cron.missed.within)),
            _ => "makes up for no missed tick".to_owned(),
        });
    }
    rules
}

fn retry(policy: &RetryPolicy) -> Option<String> {
    let pause = length(policy.delay);
    let of = errors(&policy.errors).map(|names| format!(" on {names}")).unwrap_or_default();
    (policy.max_attempts > 1).then(|| format!("{} attempts, {pause} apart{of}", policy.max_attempts))
}

fn skip(policy: &SkipPolicy) -> Option<String> {
    let of = errors(&policy.errors).map(|names| format!(" of {names}")).unwrap_or_default();
    (policy.limit != SkipLimit::Count(0)).then(|| format!("skips up to {}{of}", policy.limit))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_does_nothing_is_not_told() {
        assert_eq!((retry(&RetryPolicy::NEVER), skip(&SkipPolicy::NEVER)), (None, None));
        let policy =
            SkipPolicy { limit: SkipLimit::Count(3), errors: ErrorNames::Named(vec!["InvalidRow".to_owned()]) };
        assert_eq!(skip(&policy).as_deref(), Some("skips up to 3 of InvalidRow"));
        let policy = SkipPolicy { limit: SkipLimit::PerMillion(12_500), errors: ErrorNames::Any };
        assert_eq!(skip(&policy).as_deref(), Some("skips up to 1.25%"));
    }
}
