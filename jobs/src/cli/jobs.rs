//! `jobctl jobs`: the definitions that the store knows, with the last run of each.

use overnight_framework::execution::JobExecution;
use overnight_framework::operator::Current;
use overnight_framework::repository::{Definition, ExecutionFilter, JobSummary, StoreError};
use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::json::time;
use super::table::Kind;
use crate::wiring::Context;

/// A job that is known by name.
struct Known {
    summary: JobSummary,
    current: Option<Current>,
    description: Option<String>,
    last: Option<JobExecution>,
}

pub(super) fn run(face: &Face) -> Result<Exit, Failure> {
    let context = face.open()?;
    let mut summaries = context.operator.repository().jobs(context.operator.project())?;
    let is_stored = |name: &str| summaries.iter().any(|summary| summary.name == name);
    let others: Vec<_> = context.catalog.names_of_program().filter(|name| !is_stored(name)).collect();
    // A job of this program that was never started.
    summaries.extend(others.into_iter().map(|name| JobSummary { name: name.to_owned(), revisions: 0, instances: 0 }));
    summaries.sort_by(|one, other| one.name.cmp(&other.name));
    let known = summaries.into_iter().map(|summary| known(&context, summary)).collect::<Result<Vec<_>, _>>()?;
    face.output.answer(&Jobs(known));
    Ok(Exit::Done)
}

fn known(context: &Context, summary: JobSummary) -> Result<Known, StoreError> {
    let operator = &context.operator;
    let current = operator.current(&summary.name)?;
    // A text of another version may not be readable here; that it is stored is told all the same.
    let described = current.as_ref().map(|one| context.catalog.describe_revision(&one.definition, &one.base_dir));
    let of_program = context.catalog.of_program(&summary.name).and_then(|job| job.description);
    let description = described.and_then(Result::ok).and_then(|file| file.description).or(of_program);
    let newest = ExecutionFilter::newest_of(operator.project(), &summary.name);
    let last = operator.repository().executions(&newest)?.into_iter().next();
    Ok(Known { summary, current, description, last })
}

/// All jobs that are known by name.
pub(super) struct Jobs(Vec<Known>);

const COLUMNS: [Column<Known>; 8] = [
    Column::new("Job", &["name"], Kind::Id, |known, _| known.summary.name.clone()),
    Column::new("Revision", &["revision"], Kind::Id, |known, _| {
        known.definition().map(|definition| definition.revision.to_string()).unwrap_or_default()
    }),
    Column::new("Stored", &["stored_at"], Kind::Time, |known, time| {
        time.show(known.definition().map(|definition| definition.created_at))
    }),
    Column::new("Instances", &["instances"], Kind::Id, |known, _| known.summary.instances.to_string()),
    Column::new("Last Job Id", &["last"], Kind::Id, |known, _| known.of_last(|last| last.id.to_string())),
    Column::new("Status", &["status"], Kind::Status, |known, _| known.of_last(|last| last.word().to_string())),
    Column::new("Start Time", &["started_at"], Kind::Time, |known, time| {
        time.show(known.last.as_ref().and_then(|last| last.started_at))
    }),
    Column::new("Description", &["description"], Kind::Text, |known, _| known.description.clone().unwrap_or_default()),
];

impl Known {
    fn definition(&self) -> Option<&Definition> {
        self.current.as_ref().map(|current| &current.definition)
    }

    fn of_last(&self, what: fn(&JobExecution) -> String) -> String {
        self.last.as_ref().map(what).unwrap_or_default()
    }
}

impl Answer for Jobs {
    fn shape() -> Shape {
        Shape::of(&COLUMNS).with_keys(&["revisions", "id", "ended_at"]).with_names()
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, &self.0)
    }

    fn json(&self) -> Value {
        self.0.iter().map(document).collect()
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|known| known.summary.name.clone()).collect()
    }
}

fn document(Known { summary, current, description, last }: &Known) -> Value {
    let definition = current.as_ref().map(|current| &current.definition);
    let run = |last: &JobExecution| {
        json!({
            "id": last.id.0,
            "status": last.word().as_str(),
            "started_at": time(last.started_at),
            "ended_at": time(last.ended_at),
        })
    };
    json!({
        "name": summary.name,
        "description": description,
        "revision": definition.map(|definition| definition.revision),
        "revisions": summary.revisions,
        "stored_at": time(definition.map(|definition| definition.created_at)),
        "instances": summary.instances,
        "last": last.as_ref().map(run),
    })
}
