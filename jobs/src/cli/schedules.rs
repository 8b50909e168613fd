//! `jobctl schedules`: every trigger with a schedule, of job files or of the jobs that the store knows, and its next tick.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use overnight_framework::clock::{Clock as _, SystemClock};
use overnight_framework::job::Job;
use overnight_framework::operator::Current;
use overnight_framework::schedule::Schedule;
use overnight_framework::trigger::Source;
use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::arguments::Schedules as Verb;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::files;
use super::json::time;
use super::table::Kind;
use crate::catalog::CatalogError;

/// A trigger with a schedule.
pub(super) struct Scheduled {
    pub(super) job: String,
    pub(super) trigger: String,
    pub(super) enabled: bool,
    pub(super) schedule: Schedule,
}

pub(super) fn run(verb: &Verb, face: &Face) -> Result<Exit, Failure> {
    let jobs = if verb.files.is_empty() { stored(face)? } else { of_files(&verb.files, face)? };
    let now = SystemClock::default().now();
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for job in jobs {
        match job {
            Ok(job) => rows.extend(of(&job).into_iter().map(|scheduled| Row::new(scheduled, now))),
            Err(error) => errors.push(error),
        }
    }
    face.output.answer(&Schedules(rows));
    let exit = if errors.is_empty() { Exit::Done } else { Exit::Invalid };
    errors.into_iter().for_each(|error| face.output.failure(&error.into()));
    Ok(exit)
}

/// The triggers of a job that have a schedule, in the order of its file.
pub(super) fn of(job: &Job) -> Vec<Scheduled> {
    let scheduled = job.triggers.iter().filter_map(|trigger| match &trigger.source {
        Source::Cron(cron) => Some(Scheduled {
            job: job.name.clone(),
            trigger: trigger.name.clone(),
            enabled: trigger.enabled,
            schedule: cron.schedule.clone(),
        }),
        _ => None,
    });
    scheduled.collect()
}

fn of_files(paths: &[PathBuf], face: &Face) -> Result<Vec<Result<Job, CatalogError>>, Failure> {
    let found = files::of(paths).map_err(|error| Failure::of(Exit::Invalid, &error))?;
    let catalog = face.catalog()?;
    Ok(found.iter().map(|file| catalog.load(&file.path)).collect())
}

/// The jobs that the store knows, by name, each as a start would run it.
fn stored(face: &Face) -> Result<Vec<Result<Job, CatalogError>>, Failure> {
    let context = face.open()?;
    let mut summaries = context.operator.repository().jobs(context.operator.project())?;
    summaries.sort_by(|one, other| one.name.cmp(&other.name));
    let mut jobs = Vec::new();
    for summary in summaries {
        if let Some(Current { definition, base_dir }) = context.operator.current(&summary.name)? {
            jobs.push(context.catalog.of_revision(&definition, &base_dir));
        }
    }
    Ok(jobs)
}

/// A trigger with the tick that comes next.
struct Row {
    scheduled: Scheduled,
    /// None when it is not enabled.
    next: Option<DateTime<Utc>>,
}

impl Row {
    fn new(scheduled: Scheduled, now: DateTime<Utc>) -> Self {
        let next = scheduled.schedule.next(now).filter(|_| scheduled.enabled);
        Self { scheduled, next }
    }
}

/// All triggers with a schedule.
pub(super) struct Schedules(Vec<Row>);

const COLUMNS: [Column<Row>; 6] = [
    Column::new("Job", &["job"], Kind::Id, |row, _| row.scheduled.job.clone()),
    Column::new("Trigger", &["trigger"], Kind::Id, |row, _| row.scheduled.trigger.clone()),
    Column::new("Cron", &["cron"], Kind::Text, |row, _| row.scheduled.schedule.expression().to_owned()),
    Column::new("Time Zone", &["timezone"], Kind::Text, |row, _| row.scheduled.schedule.zone().to_string()),
    Column::new("Enabled", &["enabled"], Kind::Text, |row, _| row.scheduled.enabled.to_string()),
    Column::new("Next Tick", &["next_tick"], Kind::Time, |row, time| time.show(row.next)),
];

impl Answer for Schedules {
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
        self.0.iter().map(|Row { scheduled, .. }| format!("{}/{}", scheduled.job, scheduled.trigger)).collect()
    }
}

fn document(Row { scheduled, next }: &Row) -> Value {
    json!({
        "job": scheduled.job,
        "trigger": scheduled.trigger,
        "cron": scheduled.schedule.expression(),
        "timezone": scheduled.schedule.zone().name(),
        "enabled": scheduled.enabled,
        "next_tick": time(*next),
    })
}
