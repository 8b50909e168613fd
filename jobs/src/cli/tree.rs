//! `jobctl tree`: an instance with its executions, and these with their steps.

use overnight_framework::execution::{Counts, ErrorRecord, JobExecution, JobInstance, StepExecution, StepKind};
use overnight_framework::repository::ExecutionFilter;
use overnight_framework::status::Status;
use serde_json::{Value, json};

use super::answer::{Answer, Shape, View};
use super::arguments::Tree;
use super::execution::{Shown, command, named};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::json as records;
use super::output::escaped;
use super::target::{self, Named};
use super::time::TimeFormat;

/// An execution with its steps.
struct Branch {
    job: JobExecution,
    steps: Vec<StepExecution>,
}

pub(super) fn run(verb: &Tree, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let name = Named::of(&verb.target)?;
    let context = face.open()?;
    let execution = target::found(&context, &name, &given)?;
    let repository = context.operator.repository();
    let instance = repository.instance(execution.instance_id)?;
    let instance = instance
        .ok_or_else(|| Failure::new(Exit::NotFound, format!("the instance of job {} is gone", execution.id)))?;
    let all = ExecutionFilter { instance: Some(instance.id), limit: 0, ..ExecutionFilter::default() };
    let mut branches = Vec::new();
    // Oldest first, as they happened.
    for job in repository.executions(&all)?.into_iter().rev() {
        let steps = repository.steps(job.id)?;
        branches.push(Branch { job, steps });
    }
    if verb.failed {
        branches = branches.into_iter().filter_map(failed).collect();
    }
    face.output.answer(&Drawn { instance, branches });
    Ok(Exit::Done)
}

/// An instance with everything that was done for it.
pub(super) struct Drawn {
    instance: JobInstance,
    branches: Vec<Branch>,
}

impl Answer for Drawn {
    fn shape() -> Shape {
        let keys = Shape::text(&["instance_id", "project", "job", "params", "executions"]);
        keys.with_more_keys_of(&Shown::shape()).with_parts(&["executions", "steps"]).with_names()
    }

    fn text(&self, view: &View) -> String {
        draw(&self.instance, &self.branches, &view.time)
    }

    fn json(&self) -> Value {
        document(&self.instance, &self.branches)
    }

    fn names(&self) -> Vec<String> {
        self.branches.iter().map(|branch| branch.job.id.to_string()).collect()
    }
}

/// The part of a branch that leads to a failure, if one does.
fn failed(Branch { job, mut steps }: Branch) -> Option<Branch> {
    steps.retain(|step| is_failure(step.status));
    (is_failure(job.status) || !steps.is_empty()).then_some(Branch { job, steps })
}

fn is_failure(status: Status) -> bool {
    matches!(status, Status::Failed | Status::Unknown)
}

fn draw(instance: &JobInstance, branches: &[Branch], time: &TimeFormat) -> String {
    let mut lines = vec![format!("{} {}", instance.job_name, instance.params)];
    for (at, Branch { job, steps }) in branches.iter().enumerate() {
        let (knot, below) = knots(at + 1 == branches.len());
        lines.push(format!("{knot}{}", job_line(job, time)));
        // The error of a step is told below the step.
        let own_error = job.error.as_ref().filter(|error| error.step.is_none());
        let rows: Vec<_> = own_error.map(named).into_iter().collect();
        lines.extend(rows.into_iter().map(|row| format!("{below}{row}")));
        for (at, step) in steps.iter().enumerate() {
            let (knot, beneath) = knots(at + 1 == steps.len());
            lines.push(format!("{below}{knot}{}", step_line(step)));
            lines.extend(step.error.as_ref().map(|error: &ErrorRecord| format!("{below}{beneath}{}", named(error))));
        }
    }
    lines.iter().fold(String::new(), |text, line| text + &escaped(line, &[]) + "\n")
}

/// What stands before a branch, and before what hangs on it.
fn knots(is_last: bool) -> (&'static str, &'static str) {
    if is_last { ("└── ", "    ") } else { ("├── ", "│   ") }
}

fn job_line(job: &JobExecution, time: &TimeFormat) -> String {
    let started = job.started_at.map(|_| format!(", started {}", time.show(job.started_at))).unwrap_or_default();
    format!("{} {} {}{}{started}", job.id, command(job), job.word(), took(job.started_at, job.ended_at))
}

fn step_line(step: &StepExecution) -> String {
    let counts = match step.kind {
        StepKind::Chunk => counted(step.counts),
        StepKind::Tasklet => String::new(),
    };
    format!("{} {} {}{}{counts}", step.path, step.name, step.word(), took(step.started_at, step.ended_at))
}

type Time = Option<chrono::DateTime<chrono::Utc>>;

fn took(start: Time, end: Time) -> String {
    let (Some(start), Some(end)) = (start, end) else { return String::new() };
    format!(" in {:.1?}", (end - start).to_std().unwrap_or_default())
}

fn counted(counts: Counts) -> String {
    let named = [
        (counts.read, "read"),
        (counts.write, "written"),
        (counts.filter, "filtered"),
        (counts.skipped(), "skipped"),
        (counts.retry, "retries"),
    ];
    let shown = named.iter().enumerate().filter(|(at, (count, _))| *at < 2 || *count > 0);
    shown.map(|(_, (count, name))| format!(", {count} {name}")).collect()
}

fn document(instance: &JobInstance, branches: &[Branch]) -> Value {
    let params: Value = serde_json::from_str(&instance.params).unwrap_or_default();
    let executions = branches.iter().map(|branch| records::with_steps(&branch.job, &branch.steps));
    json!({
        "instance_id": instance.id.0,
        "project": instance.project,
        "job": instance.job_name,
        "params": params,
        "executions": executions.collect::<Value>(),
    })
}
