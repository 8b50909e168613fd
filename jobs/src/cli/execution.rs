//! Executions as answers: a job with its steps, or many jobs. Both have the same columns, as far as they have them at all.

use std::fmt::Display;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use overnight_framework::error::names;
use overnight_framework::execution::{ErrorRecord, JobExecution, JsonObject, StepExecution};
use serde_json::Value;

use super::answer::{Answer, Column, Shape, View};
use super::json;
use super::table::Kind;

/// The keys of a job that no column has.
const JOB_KEYS: &[&str] = &["queue", "host", "enqueued_at"];

/// The same of a job with its steps.
const SHOWN_KEYS: &[&str] = &["queue", "host", "enqueued_at", "checkpoint", "steps", "log"];

/// A job with what is known of its steps.
pub(super) struct Shown {
    pub(super) job: JobExecution,
    /// `None` where they cannot be read.
    pub(super) steps: Option<Vec<StepExecution>>,
    /// Where it writes what it prints, if it runs in the background.
    pub(super) log: Option<PathBuf>,
}

impl Answer for Shown {
    fn shape() -> Shape {
        Shape::of(&columns_of_shown()).with_keys(SHOWN_KEYS).with_parts(&["steps"]).with_names()
    }

    fn text(&self, view: &View) -> String {
        let steps = self.steps.iter().flatten().map(Line::Step);
        view.table(&columns_of_shown(), [Line::Job(&self.job)].into_iter().chain(steps))
    }

    fn json(&self) -> Value {
        let mut object = match &self.steps {
            Some(steps) => json::with_steps(&self.job, steps),
            None => json::execution(&self.job),
        };
        object["log"] = self.log.as_ref().map(|log| log.to_string_lossy()).into();
        object
    }

    fn names(&self) -> Vec<String> {
        vec![self.job.id.to_string()]
    }
}

/// Jobs without their steps.
pub(super) struct Listed(pub(super) Vec<JobExecution>);

impl Answer for Listed {
    fn shape() -> Shape {
        Shape::of(&columns_of_listed()).with_keys(JOB_KEYS).with_names()
    }

    fn text(&self, view: &View) -> String {
        view.table(&columns_of_listed(), self.0.iter().map(Line::Job))
    }

    fn json(&self) -> Value {
        self.0.iter().map(json::execution).collect()
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|job| job.id.to_string()).collect()
    }
}

fn columns_of_shown<'a>() -> Vec<Column<Line<'a>>> {
    columns().into_iter().chain(columns_of_steps()).chain(columns_of_jobs()).collect()
}

/// The columns of a list are not called after tasks: it has none.
fn columns_of_listed<'a>() -> Vec<Column<Line<'a>>> {
    columns().map(Column::shortened).into_iter().chain(columns_of_jobs()).collect()
}

/// A row: of a job, or below it of a step.
enum Line<'a> {
    Job(&'a JobExecution),
    Step(&'a StepExecution),
}

impl Line<'_> {
    fn either(&self, job: fn(&JobExecution) -> String, step: fn(&StepExecution) -> String) -> String {
        match self {
            Self::Job(execution) => job(execution),
            Self::Step(execution) => step(execution),
        }
    }

    /// What only a job has.
    fn of_job(&self, job: fn(&JobExecution) -> String) -> String {
        self.either(job, |_| String::new())
    }

    /// What only a step has.
    fn of_step(&self, step: fn(&StepExecution) -> String) -> String {
        self.either(|_| String::new(), step)
    }

    fn created_at(&self) -> DateTime<Utc> {
        match self {
            Self::Job(job) => job.created_at,
            Self::Step(step) => step.created_at,
        }
    }

    fn started_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Job(job) => job.started_at,
            Self::Step(step) => step.started_at,
        }
    }

    fn ended_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Job(job) => job.ended_at,
            Self::Step(step) => step.ended_at,
        }
    }
}

/// The columns of jobs and steps.
fn columns<'a>() -> [Column<Line<'a>>; 5] {
    [
        Column::new("Job Id(TaskId)", &["id", "path"], Kind::Id, |line, _| {
            line.either(|job| job.id.to_string(), |step| step.path.clone())
        }),
        Column::new("Command(Dest)", &["job", "target", "dest"], Kind::Text, |line, _| {
            line.either(command, |step| step.dest.clone())
        }),
        Column::new("Status", &["status"], Kind::Status, |line, _| {
            line.either(|job| job.word().to_string(), |step| step.word().to_string())
        }),
        Column::new("Start Time", &["started_at"], Kind::Time, |line, time| time.show(line.started_at())),
        Column::new("Stop Time", &["ended_at"], Kind::Time, |line, time| time.show(line.ended_at())),
    ]
}

/// The columns that are empty in the row of a job.
fn columns_of_steps<'a>() -> [Column<Line<'a>>; 10] {
    let column = Column::<Line<'a>>::wide;
    [
        column("Step", &["step"], Kind::Text, |line, _| line.of_step(|step| step.name.clone())),
        column("Kind", &["kind"], Kind::Id, |line, _| line.of_step(|step| step.kind.as_str().to_owned())),
        column("Read", &["read_count"], Kind::Id, |line, _| line.of_step(|step| step.counts.read.to_string())),
        column("Written", &["write_count"], Kind::Id, |line, _| line.of_step(|step| step.counts.write.to_string())),
        column("Filtered", &["filter_count"], Kind::Id, |line, _| line.of_step(|step| step.counts.filter.to_string())),
        column("Skipped", &["read_skip_count", "process_skip_count", "write_skip_count"], Kind::Id, |line, _| {
            line.of_step(|step| step.counts.skipped().to_string())
        }),
        column("Commits", &["commit_count"], Kind::Id, |line, _| line.of_step(|step| step.counts.commit.to_string())),
        column("Rollbacks", &["rollback_count"], Kind::Id, |line, _| {
            line.of_step(|step| step.counts.rollback.to_string())
        }),
        column("Retries", &["retry_count"], Kind::Id, |line, _| line.of_step(|step| step.counts.retry.to_string())),
        column("Outputs", &["outputs"], Kind::Text, |line, _| line.of_step(|step| object(&step.outputs))),
    ]
}

/// The other columns of jobs, some of which steps have too.
fn columns_of_jobs<'a>() -> [Column<Line<'a>>; 20] {
    let column = Column::<Line<'a>>::wide;
    [
        column("Exit Code", &["exit_code"], Kind::Id, |line, _| {
            line.either(|job| job.exit_code.to_string(), |step| step.exit_code.to_string())
        }),
        column("Error", &["error"], Kind::Text, |line, _| {
            line.either(|job| error(job.error.as_ref()), |step| error(step.error.as_ref()))
        }),
        column("Params", &["params"], Kind::Text, |line, _| line.of_job(|job| object(&job.params))),
        column("Result", &["result"], Kind::Text, |line, _| line.of_job(|job| optional(&job.result))),
        column("Trigger", &["trigger"], Kind::Id, |line, _| line.of_job(|job| job.trigger.as_str().to_owned())),
        column("Started By", &["triggered_by"], Kind::Text, |line, _| line.of_job(|job| job.triggered_by.clone())),
        column("Stopped By", &["stop_by"], Kind::Text, |line, _| line.of_job(|job| optional(&job.stop_by))),
        column("Reason", &["reason"], Kind::Text, |line, _| line.of_job(|job| optional(&job.reason))),
        column("Worker", &["worker"], Kind::Text, |line, _| line.of_job(|job| optional(&job.worker_name))),
        column("Instance", &["instance_id"], Kind::Id, |line, _| line.of_job(|job| job.instance_id.to_string())),
        column("Attempt", &["attempt"], Kind::Id, |line, _| line.of_job(|job| job.attempt.to_string())),
        column("Previous", &["previous_id"], Kind::Id, |line, _| line.of_job(|job| optional(&job.previous_id))),
        column("Progress", &["progress"], Kind::Id, |line, _| line.of_job(|job| format!("{}%", job.progress))),
        column("Project", &["project"], Kind::Text, |line, _| line.of_job(|job| job.project.clone())),
        column("Module", &["module"], Kind::Text, |line, _| line.of_job(|job| job.module.clone())),
        column("Target", &["target"], Kind::Text, |line, _| line.of_job(|job| job.target.clone())),
        column("Labels", &["labels"], Kind::Text, |line, _| {
            line.of_job(|job| {
                job.labels.iter().map(|(name, label)| format!("{name}={label}")).collect::<Vec<_>>().join(",")
            })
        }),
        column("Batch Status", &["batch_status"], Kind::Id, |line, _| {
            line.either(|job| job.status.to_string(), |step| step.status.to_string())
        }),
        column("Exit Message", &["exit_message"], Kind::Text, |line, _| line.of_job(|job| optional(&job.exit_message))),
        column("Created", &["created_at"], Kind::Time, |line, time| time.show(Some(line.created_at()))),
    ]
}

/// The job and the object it works on.
pub(super) fn command(job: &JobExecution) -> String {
    format!("{} {}", job.job_name, job.target).trim_end().to_owned()
}

/// What went wrong, in one line.
fn error(error: Option<&ErrorRecord>) -> String {
    error.map(named).unwrap_or_default()
}

/// An error with its name, if somebody gave it one.
pub(super) fn named(error: &ErrorRecord) -> String {
    let name = if error.name == names::UNNAMED { String::new() } else { format!("{}: ", error.name) };
    name + &error.chain()
}

/// A JSON object, or nothing where there is nothing in it.
fn object(object: &JsonObject) -> String {
    if object.is_empty() { String::new() } else { Value::Object(object.clone()).to_string() }
}

#[expect(clippy::ref_option, reason = "the fields of records are options")]
fn optional(value: &Option<impl Display>) -> String {
    value.as_ref().map(ToString::to_string).unwrap_or_default()
}
