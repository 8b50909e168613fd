//! What a job is, for programs.

use overnight_framework::definition::{ChunkOutline, StepOutline};
use overnight_framework::job::{Instances, Rerun};
use overnight_framework::launch::Restartability;
use overnight_framework::params::ParamDeclaration;
use overnight_framework::policy::{ErrorNames, RetryPolicy, SkipLimit, SkipPolicy};
use overnight_framework::row;
use overnight_framework::trigger::{Missed, MissedPolicy, Queue, Source, Trigger};
use serde_json::{Value, json};

use super::Described;
use crate::cli::json::time;

/// The keys of a job, of its parameters and of its steps.
pub(super) const KEYS: &[&str] = &[
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
    "triggers",
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
    "enabled",
    "cron",
    "timezone",
    "missed",
    "overlap",
    "queue",
];

/// The job as JSON.
pub(super) fn document(Described { file, revision }: &Described) -> Value {
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
        "triggers": job.triggers.iter().map(trigger).collect::<Value>(),
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
        "retry": retry(&step.retry),
        "timeout_seconds": step.timeout.map(|limit| limit.as_secs_f64()),
        "rerun": if step.rerun == Rerun::Always { "always" } else { "when_incomplete" },
        "max_starts": step.max_starts,
        "outputs": outputs.collect::<Value>(),
        "uses": uses.collect::<Value>(),
    })
}

fn trigger(trigger: &Trigger) -> Value {
    let (cron, queue) = match &trigger.source {
        Source::Cron(cron) => (Some(cron), None),
        Source::Queue(queue) => (None, Some(queue)),
        _ => (None, None),
    };
    json!({
        "name": trigger.name,
        "enabled": trigger.enabled,
        "cron": cron.map(|cron| cron.schedule.expression()),
        "timezone": cron.map(|cron| cron.schedule.zone().name()),
        "missed": cron.map(|cron| missed(&cron.missed)),
        "overlap": cron.map(|_| "skip"),
        "queue": queue.map(self::queue),
    })
}

fn missed(missed: &Missed) -> Value {
    match missed.policy {
        MissedPolicy::Last => json!({ "policy": "last", "within_seconds": missed.within.as_secs_f64() }),
        _ => json!({ "policy": "skip" }),
    }
}

/// Where the messages come from. The place of a broker is left out: it may be made of secrets.
fn queue(queue: &Queue) -> Value {
    match queue {
        Queue::Topic(topic) => json!({ "topic": topic }),
        Queue::Amqp(broker) => json!({ "amqp": { "queue": broker.queue, "prefetch": broker.prefetch } }),
        _ => Value::Null,
    }
}

fn chunk(chunk: &ChunkOutline) -> Value {
    json!({
        "size": chunk.size,
        "reader": chunk.reader,
        "processor": chunk.processor,
        "writer": chunk.writer,
        "retry": retry(&chunk.retry),
        "skip": skip(&chunk.skip),
    })
}

fn retry(policy: &RetryPolicy) -> Value {
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

fn skip(policy: &SkipPolicy) -> Value {
    let limit = match policy.limit {
        SkipLimit::Count(0) => return Value::Null,
        SkipLimit::Count(count) => json!(count),
        SkipLimit::PerMillion(_) => json!(policy.limit.to_string()),
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
