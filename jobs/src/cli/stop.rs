//! `jobctl stop`: a running job ends at its next chunk boundary.

use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::operator::{Owner, Waited};
use overnight_framework::repository::{ExecutionFilter, StopAnswer, StoreError};
use overnight_framework::status::{Status, StopIntent, Word};
use serde_json::Value;

use super::answer::{Answer, Column, Shape, View};
use super::arguments::Stop;
use super::execution::Listed;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::output::Output;
use super::table::Kind;
use super::target::{self, Named};
use super::{json, show, wait};
use crate::wiring::Context;

/// The words of what can be stopped.
const LIVE: [Word; 4] = [Word::Queued, Word::Starting, Word::Running, Word::Stopping];

/// How many others are named where a job has many instances.
const NAMED: u32 = 3;

pub(super) fn run(verb: &Stop, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let named = Named::of(&verb.target)?;
    let context = face.open_to_write()?;
    let execution = target::found(&context, &named, &given)?;
    let by_name = !matches!(named, Named::Id(_));
    if by_name && execution.status.is_ended() {
        return Err(not_running(&context, &execution)?);
    }
    let answer = context.operator.stop(execution.id, StopIntent::Stopped, verb.reason.as_deref())?;
    let (StopAnswer::Stopping(job) | StopAnswer::Stopped(job) | StopAnswer::Already(job)) = answer;
    if verb.wait {
        return show_end(&context, &ended(&context, job.id, &face.output)?, &face.output);
    }
    let job = if_left(&context, *job, face)?;
    face.output.answer(&Stopped(job));
    Ok(Exit::Done)
}

/// What a dead process left is ended here: nobody else would hear of the stop.
fn if_left(context: &Context, job: JobExecution, face: &Face) -> Result<JobExecution, StoreError> {
    match context.operator.owner_of(&job)? {
        Owner::Nobody | Owner::Alive => Ok(job),
        Owner::Dead => Ok(context.operator.end_dead(&job, false)?.unwrap_or(job)),
        Owner::Overdue => {
            face.output.say(&format!("job {} does not renew its lease: perhaps its process is gone", job.id));
            face.output.help(&format!("see it to its end with `jobctl stop {} --wait`", job.id));
            Ok(job)
        }
    }
}

/// The end of a job that was asked to stop, which is made here when nobody is left to make it.
fn ended(context: &Context, id: ExecutionId, output: &Output) -> Result<JobExecution, Failure> {
    loop {
        match wait::until_ended(context, id, None, output)? {
            Waited::Ended(job) => return Ok(job),
            Waited::Left(job) => {
                if let Some(job) = context.operator.end_dead(&job, false)? {
                    return Ok(job);
                }
            }
        }
    }
}

/// What became of the job; the request alone is no success.
fn show_end(context: &Context, job: &JobExecution, output: &Output) -> Result<Exit, Failure> {
    if job.status == Status::Stopped {
        output.announce(&Stopped(job.clone()));
    }
    show::print_execution(context, job, output);
    let ended = match job.status {
        Status::Stopped => return Ok(Exit::Done),
        Status::Completed => "finished",
        Status::Failed => "failed",
        _ => "ended",
    };
    Err(Failure::new(Exit::Refused, format!("job {} {ended} before it could be stopped", job.id)))
}

/// The refusal to stop a job by its name when its newest run has ended; an older one may still be running.
fn not_running(context: &Context, newest: &JobExecution) -> Result<Failure, StoreError> {
    let (job, id) = (&newest.job_name, newest.id);
    let message = format!("no running execution of job {job}: job {id} is {}", newest.word());
    let live = context.operator.repository().executions(&ExecutionFilter {
        project: Some(context.operator.project().to_owned()),
        job: Some(job.clone()),
        words: LIVE.to_vec(),
        limit: NAMED,
        ..ExecutionFilter::default()
    })?;
    let others = live.iter().filter(|other| other.instance_id != newest.instance_id);
    let named =
        |other: &JobExecution| format!("job {} of another instance is {}: `jobctl stop {0}`", other.id, other.word());
    let help = others.map(named).collect::<Vec<_>>().join("; ");
    let failure = Failure::new(Exit::Refused, message);
    Ok(if help.is_empty() { failure } else { failure.help(help) })
}

/// A job that was asked to stop.
pub(super) struct Stopped(JobExecution);

const COLUMNS: [Column<JobExecution>; 1] = [Column::new("Result", &[], Kind::Text, |_, _| "Job stopped".to_owned())];

impl Answer for Stopped {
    fn shape() -> Shape {
        Shape::of(&COLUMNS).with_keys_of(&Listed::shape()).with_names()
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, [&self.0])
    }

    fn json(&self) -> Value {
        json::execution(&self.0)
    }

    fn names(&self) -> Vec<String> {
        vec![self.0.id.to_string()]
    }
}
