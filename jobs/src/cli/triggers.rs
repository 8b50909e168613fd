//! `jobctl triggers`: the triggers that were ever served, what each has taken, and the messages that it has refused.

use overnight_framework::repository::{FireRecord, StoreError, StoredReject, TriggerKey, TriggerSummary};
use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::arguments::{Triggers, WhatOfTriggers};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::json::time;
use super::table::Kind;
use crate::wiring::Context;

pub(super) fn run(verb: &Triggers, face: &Face) -> Result<Exit, Failure> {
    let context = face.open()?;
    let mut triggers = context.operator.repository().triggers(context.operator.project())?;
    if let Some(job) = &verb.job {
        triggers.retain(|trigger| trigger.trigger.job == *job);
        if triggers.is_empty() {
            return Err(Failure::new(Exit::NotFound, format!("no trigger of a job called {job} was ever served"))
                .help("`jobctl triggers` lists those that were; `jobctl serve` serves them"));
        }
    }
    match verb.what() {
        WhatOfTriggers::Summary => face.output.answer(&Summaries(triggers)),
        WhatOfTriggers::Fires => face.output.answer(&Fires(fires(&context, &triggers, verb.limit)?)),
        WhatOfTriggers::Rejects => face.output.answer(&Refused(rejects(&context, &triggers, verb.limit)?)),
    }
    Ok(Exit::Done)
}

/// The newest of them all, the newest last.
fn fires(context: &Context, triggers: &[TriggerSummary], limit: u32) -> Result<Vec<FireRecord>, StoreError> {
    let mut fires = Vec::new();
    for summary in triggers {
        fires.extend(context.operator.repository().fires(&summary.trigger, limit)?);
    }
    fires.sort_by_key(|fire| fire.at);
    Ok(fires.split_off(fires.len().saturating_sub(limit as usize)))
}

fn rejects(context: &Context, triggers: &[TriggerSummary], limit: u32) -> Result<Vec<StoredReject>, StoreError> {
    let mut rejects = Vec::new();
    for summary in triggers {
        rejects.extend(context.operator.repository().rejects(&summary.trigger, limit)?);
    }
    rejects.sort_by_key(|reject| (reject.at, reject.id));
    Ok(rejects.split_off(rejects.len().saturating_sub(limit as usize)))
}

/// The triggers of a project.
pub(super) struct Summaries(Vec<TriggerSummary>);

const SUMMARIES: [Column<TriggerSummary>; 9] = [
    Column::new("Job", &["job"], Kind::Id, |one, _| one.trigger.job.clone()),
    Column::new("Trigger", &["trigger"], Kind::Id, |one, _| one.trigger.name.clone()),
    Column::new("Waits For", &["source"], Kind::Text, |one, _| one.source.clone()),
    Column::new("Enabled", &["enabled"], Kind::Id, |one, _| if one.enabled { "yes" } else { "no" }.to_owned()),
    Column::new("Fires", &["fires"], Kind::Id, |one, _| one.fires.to_string()),
    Column::new("Rejects", &["rejects"], Kind::Id, |one, _| one.rejects.to_string()),
    Column::new("Last Fire", &["last"], Kind::Time, |one, time| time.show(one.last.as_ref().map(|last| last.at))),
    Column::new("Outcome", &["outcome"], Kind::Id, |one, _| of_last(one, |last| last.outcome.to_string())),
    Column::new("Job Id", &["id"], Kind::Id, |one, _| of_last(one, job_id)),
];

fn of_last(one: &TriggerSummary, what: fn(&FireRecord) -> String) -> String {
    one.last.as_ref().map(what).unwrap_or_default()
}

fn job_id(fire: &FireRecord) -> String {
    fire.execution.map(|id| id.to_string()).unwrap_or_default()
}

impl Answer for Summaries {
    fn shape() -> Shape {
        Shape::of(&SUMMARIES).with_keys(&["since", "key", "scheduled_at", "reason", "at"]).with_names()
    }

    fn text(&self, view: &View) -> String {
        view.table(&SUMMARIES, &self.0)
    }

    fn json(&self) -> Value {
        self.0.iter().map(summary).collect()
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|one| format!("{}/{}", one.trigger.job, one.trigger.name)).collect()
    }
}

fn summary(one: &TriggerSummary) -> Value {
    json!({
        "job": one.trigger.job,
        "trigger": one.trigger.name,
        "source": one.source,
        "enabled": one.enabled,
        "since": time(Some(one.since)),
        "fires": one.fires,
        "rejects": one.rejects,
        "last": one.last.as_ref().map(fire),
    })
}

/// What triggers have taken.
pub(super) struct Fires(Vec<FireRecord>);

const FIRES: [Column<FireRecord>; 7] = [
    Column::new("Time", &["at"], Kind::Time, |fire, time| time.show(Some(fire.at))),
    Column::new("Job", &["job"], Kind::Id, |fire, _| fire.trigger.job.clone()),
    Column::new("Trigger", &["trigger"], Kind::Id, |fire, _| fire.trigger.name.clone()),
    Column::new("Key", &["key", "scheduled_at"], Kind::Id, |fire, _| fire.key.clone()),
    Column::new("Outcome", &["outcome"], Kind::Id, |fire, _| fire.outcome.to_string()),
    Column::new("Job Id", &["id"], Kind::Id, |fire, _| job_id(fire)),
    Column::new("Reason", &["reason"], Kind::Text, |fire, _| fire.reason.clone().unwrap_or_default()),
];

impl Answer for Fires {
    fn shape() -> Shape {
        Shape::of(&FIRES)
    }

    fn text(&self, view: &View) -> String {
        view.table(&FIRES, &self.0)
    }

    fn json(&self) -> Value {
        self.0.iter().map(fire).collect()
    }
}

fn fire(fire: &FireRecord) -> Value {
    let TriggerKey { job, name, .. } = &fire.trigger;
    json!({
        "at": time(Some(fire.at)),
        "job": job,
        "trigger": name,
        "key": fire.key,
        "scheduled_at": time(fire.scheduled_at),
        "outcome": fire.outcome.as_str(),
        "id": fire.execution.map(|id| id.0),
        "reason": fire.reason,
    })
}

/// The messages that triggers have refused.
pub(super) struct Refused(Vec<StoredReject>);

const REFUSED: [Column<StoredReject>; 6] = [
    Column::new("Time", &["at"], Kind::Time, |reject, time| time.show(Some(reject.at))),
    Column::new("Job", &["job"], Kind::Id, |reject, _| reject.trigger.job.clone()),
    Column::new("Trigger", &["trigger"], Kind::Id, |reject, _| reject.trigger.name.clone()),
    Column::new("Message Id", &["key"], Kind::Id, |reject, _| reject.key.clone().unwrap_or_default()),
    Column::new("Where", &["path"], Kind::Id, |reject, _| reject.path.clone().unwrap_or_default()),
    Column::new("Reason", &["reason"], Kind::Text, |reject, _| reject.reason.clone()),
];

impl Answer for Refused {
    fn shape() -> Shape {
        Shape::of(&REFUSED).with_keys(&["payload"])
    }

    fn text(&self, view: &View) -> String {
        view.table(&REFUSED, &self.0)
    }

    fn json(&self) -> Value {
        self.0.iter().map(reject).collect()
    }
}

fn reject(reject: &StoredReject) -> Value {
    json!({
        "at": time(Some(reject.at)),
        "job": reject.trigger.job,
        "trigger": reject.trigger.name,
        "key": reject.key,
        "path": reject.path,
        "reason": reject.reason,
        "payload": reject.payload,
    })
}
