//! `jobctl apply`: definitions are stored, so that their jobs can be started by name; nothing is started.

use std::collections::HashMap;
use std::path::PathBuf;

use overnight_framework::job::Job;
use overnight_framework::operator::Change;
use overnight_framework::repository::{NewDefinition, Revision, StoreError};
use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::arguments::Apply;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::files;
use super::reading::read;
use super::table::Kind;
use crate::serve::check_topics;
use crate::wiring::Context;

/// A file whose definition is to be stored.
struct Wanted {
    path: PathBuf,
    job: Job,
    new: NewDefinition,
}

impl Wanted {
    fn of((path, job): (PathBuf, Job)) -> Option<Self> {
        let Revision::Text { yaml, sha256 } = job.revision.clone() else { return None };
        let base_dir = Some(job.base_dir.to_string_lossy().into_owned());
        let new = NewDefinition { name: job.name.clone(), yaml, sha256, base_dir };
        Some(Self { path, job, new })
    }
}

/// What became of a file.
struct One {
    wanted: Wanted,
    change: Change,
    /// Unknown where nothing was written that would have a number.
    revision: Option<i32>,
}

pub(super) fn run(verb: &Apply, face: &Face) -> Result<Exit, Failure> {
    let found = files::of(&verb.files).map_err(|error| Failure::of(Exit::Invalid, &error))?;
    // A mistake in one of them shall change nothing, and make no store.
    let wanted: Vec<_> = read(found, face)?.into_iter().filter_map(Wanted::of).collect();
    let context = if verb.dry_run { face.open()? } else { face.open_to_write()? };
    check_topics_of(&wanted, &context)?;
    let mut applied = Vec::new();
    for wanted in wanted {
        let change = context.operator.change_by(&wanted.new)?;
        applied.push(One { wanted, change, revision: None });
    }
    if !verb.dry_run {
        let mut changed = Vec::new();
        for one in &applied {
            // What was only ever started is not applied, though its name stands for the same text: nobody serves it yet.
            if one.change != Change::Unchanged || !is_applied(&context, &one.wanted.new)? {
                changed.push(one.wanted.new.clone());
            }
        }
        let stored = context.operator.apply(changed)?;
        let revisions: HashMap<_, _> = stored.into_iter().map(|one| (one.name, one.revision)).collect();
        for one in &mut applied {
            one.revision = revisions.get(&one.wanted.new.name).copied();
        }
    }
    face.output.answer(&Applied(applied));
    Ok(Exit::Done)
}

fn is_applied(context: &Context, new: &NewDefinition) -> Result<bool, StoreError> {
    Ok(context.operator.repository().applied(context.operator.project(), &new.name)?.is_some())
}

/// A topic that two jobs wait for would keep every server from serving any of them.
fn check_topics_of(wanted: &[Wanted], context: &Context) -> Result<(), Failure> {
    let (operator, mut others) = (&context.operator, Vec::new());
    for summary in operator.repository().jobs(operator.project())? {
        if wanted.iter().all(|wanted| wanted.job.name != summary.name) {
            // One that cannot be read by this version is not served by it either.
            others.extend(context.applied(&summary.name).unwrap_or_default());
        }
    }
    let jobs = wanted.iter().map(|wanted| &wanted.job).chain(&others);
    check_topics(jobs).map_err(|error| Failure::of(Exit::Invalid, &error))
}

/// What became of all files.
pub(super) struct Applied(Vec<One>);

const COLUMNS: [Column<One>; 3] = [
    Column::new("File", &["file"], Kind::Text, |one, _| one.wanted.path.to_string_lossy().into_owned()),
    Column::new("Job", &["job"], Kind::Id, |one, _| one.wanted.new.name.clone()),
    Column::new("Result", &["result", "revision"], Kind::Text, |one, _| match (one.change, one.revision) {
        (Change::Configured, Some(revision)) => format!("configured (revision {revision})"),
        (change, _) => word(change).to_owned(),
    }),
];

impl Answer for Applied {
    fn shape() -> Shape {
        Shape::of(&COLUMNS).with_names()
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, &self.0)
    }

    fn json(&self) -> Value {
        self.0.iter().map(document).collect()
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|one| one.wanted.new.name.clone()).collect()
    }
}

fn document(One { wanted, change, revision }: &One) -> Value {
    json!({
        "file": wanted.path.to_string_lossy(),
        "job": wanted.new.name,
        "result": word(*change),
        "revision": revision,
    })
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Configured => "configured",
        Change::Unchanged => "unchanged",
    }
}
