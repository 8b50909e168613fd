//! `jobctl show`: one job with its steps, or with the records it skipped.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use overnight_framework::execution::{ExecutionId, InstanceId, JobExecution, StepExecutionId, place};
use overnight_framework::operator::{FindError, Look, Waited, Watch};
use overnight_framework::repository::{ExecutionFilter, StoreError, StoredDeadLetter};
use serde_json::Value;

use super::answer::{Answer, Column, Shape, View};
use super::arguments::Show;
use super::diagnosis;
use super::execution::{Shown, named};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::json;
use super::output::{Newest, Output};
use super::run::exit_of;
use super::table::Kind;
use super::target::{self, Named};
use super::wait;
use super::watch::{self, Seen, Watched};
use crate::chain::chain;
use crate::wiring::Context;

/// How many dead letters are fetched at once.
const PAGE: u32 = 1_000;

pub(super) fn run(verb: &Show, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let named = Named::of(&verb.target)?;
    let context = face.open()?;
    let execution = target::found(&context, &named, &given)?;
    if verb.rejects {
        face.output.answer(&Rejects(rejects(&context, execution.instance_id)?));
        return Ok(Exit::Done);
    }
    if verb.watch.watch {
        return watch(context, &execution, verb.watch.interval, face);
    }
    let shown = shown(&context, execution)?;
    face.output.answer(&shown);
    if let Some(log) = &shown.log {
        face.output.say(&format!("log: {}", log.display()));
    }
    diagnosis::say(&context, &shown.job, &face.output);
    Ok(Exit::Done)
}

fn shown(context: &Context, job: JobExecution) -> Result<Shown, StoreError> {
    let steps = Some(context.operator.repository().steps(job.id)?);
    let log = context.log_of(&job);
    Ok(Shown { job, steps, log })
}

/// Shows a job until it has ended, and exits by its result.
fn watch(context: Context, job: &JobExecution, interval: Duration, face: &Face) -> Result<Exit, Failure> {
    let (id, output) = (job.id, &face.output);
    let context = Arc::new(context);
    let (looking, mut watch) = (Arc::clone(&context), Watch::of(id));
    let look = move || {
        let (seen, job) = match watch.look(&looking.operator)? {
            Look::Lives(job) => (Seen::Going as fn(_) -> _, job),
            Look::Over(Waited::Ended(job) | Waited::Left(job)) => (Seen::Last as fn(_) -> _, job),
        };
        Ok(seen(shown(&looking, job).map_err(FindError::Store)?))
    };
    match watch::run(interval, output, Newest::Last, look)? {
        Watched::Over(Shown { job, .. }) if !job.status.is_ended() => Err(wait::abandoned(&job)),
        Watched::Over(Shown { job, .. }) => {
            diagnosis::say(&context, &job, output);
            Ok(Exit::of(job.status))
        }
        Watched::Heard(signal) => {
            output.say(&format!("job {id} goes on; look at it again with `jobctl show {id} --watch`"));
            Ok(exit_of(signal))
        }
        Watched::Unheard => Ok(Exit::Done),
    }
}

/// Prints an execution that has just ended, with what to do when it did not complete. That it has ended is told also where its
/// steps cannot be read any more.
pub(super) fn print_execution(context: &Context, execution: &JobExecution, output: &Output) {
    let steps = context.operator.repository().steps(execution.id);
    if let Err(error) = &steps {
        output.say(&format!("warning: the steps of job {} cannot be read: {}", execution.id, chain(error)));
    }
    output.answer(&Shown { job: execution.clone(), steps: steps.ok(), log: context.log_of(execution) });
    diagnosis::say(context, execution, output);
}

/// A skipped record behind the job of its instance that skipped it.
type Reject = (Option<ExecutionId>, StoredDeadLetter);

fn rejects(context: &Context, instance: InstanceId) -> Result<Vec<Reject>, StoreError> {
    let jobs = jobs_of_steps(context, instance)?;
    let mut rejects: Vec<Reject> = Vec::new();
    loop {
        let after = rejects.last().map_or(0, |(_, letter)| letter.id);
        let page = context.operator.repository().dead_letters(instance, after, PAGE)?;
        if page.is_empty() {
            return Ok(rejects);
        }
        let job = |letter: &StoredDeadLetter| jobs.get(&letter.step_execution_id).copied();
        rejects.extend(page.into_iter().map(|letter| (job(&letter), letter)));
    }
}

/// Which job of an instance ran each of its steps.
fn jobs_of_steps(context: &Context, instance: InstanceId) -> Result<HashMap<StepExecutionId, ExecutionId>, StoreError> {
    let repository = context.operator.repository();
    let all = ExecutionFilter { instance: Some(instance), limit: 0, ..ExecutionFilter::default() };
    let mut jobs = HashMap::new();
    for job in repository.executions(&all)? {
        jobs.extend(repository.steps(job.id)?.iter().map(|step| (step.id, job.id)));
    }
    Ok(jobs)
}

/// The records that an instance skipped.
pub(super) struct Rejects(Vec<Reject>);

const COLUMNS: [Column<Reject>; 9] = [
    Column::new("Id", &["id"], Kind::Id, |(_, letter), _| letter.id.to_string()),
    Column::new("Job Id", &["job_id"], Kind::Id, |(job, _), _| job.map(|id| id.to_string()).unwrap_or_default()),
    Column::new("Step", &["step"], Kind::Text, |(_, letter), _| letter.step_key.clone()),
    Column::new("Phase", &["phase"], Kind::Id, |(_, letter), _| letter.phase.as_str().to_owned()),
    Column::new("Position", &["position"], Kind::Text, |(_, letter), _| place(&letter.position)),
    Column::new("Error", &["error"], Kind::Text, |(_, letter), _| named(&letter.error)),
    Column::new("Record", &["payload", "payload_hex"], Kind::Text, |(_, letter), _| {
        String::from_utf8_lossy(&letter.payload).trim_end().to_owned()
    }),
    Column::wide("Kind", &["payload_kind"], Kind::Id, |(_, letter), _| letter.payload_kind.clone()),
    Column::wide("Created", &["created_at"], Kind::Time, |(_, letter), time| time.show(Some(letter.created_at))),
];

impl Answer for Rejects {
    fn shape() -> Shape {
        Shape::of(&COLUMNS).with_keys(&["step_execution_id"]).with_names()
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, &self.0)
    }

    fn json(&self) -> Value {
        self.0.iter().map(|(job, letter)| json::reject(letter, *job)).collect()
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(_, letter)| letter.id.to_string()).collect()
    }
}
