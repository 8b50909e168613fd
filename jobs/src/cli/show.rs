//! `jobctl show`: one job with its steps, or with the records it skipped.

use std::collections::HashMap;

use overnight_framework::execution::{ExecutionId, InstanceId, JobExecution, StepExecution, StepExecutionId, place};
use overnight_framework::repository::{ExecutionFilter, StoreError, StoredDeadLetter};

use super::arguments::Show;
use super::diagnosis::{self, named};
use super::exit::{Exit, Failure, chain};
use super::face::Face;
use super::json;
use super::output::Output;
use super::table::Table;
use super::target::{self, Named};
use super::time::TimeFormat;
use crate::wiring::Context;

/// How many dead letters are fetched at once.
const PAGE: u32 = 1_000;

pub(super) fn run(verb: &Show, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let named = Named::of(&verb.target)?;
    let context = face.open()?;
    let execution = target::found(&context, &named, &given)?;
    if verb.rejects {
        let rejects = rejects(&context, execution.instance_id)?;
        let json = |(job, letter): &Reject| json::reject(letter, *job);
        face.output.answer(|| reject_table(&rejects), || rejects.iter().map(json).collect());
        return Ok(Exit::Done);
    }
    let steps = context.operator.repository().steps(execution.id)?;
    let columns = if verb.wide { COLUMNS.len() } else { NARROW };
    let table = || table(&execution, &steps, columns, face.output.time());
    face.output.answer(table, || json::with_steps(&execution, &steps));
    diagnosis::say(&context, &execution, &face.output);
    Ok(Exit::Done)
}

/// Prints an execution that has just ended, with what to do when it did not complete. That it has ended is told also where its
/// steps cannot be read any more.
pub(super) fn print_execution(context: &Context, execution: &JobExecution, output: &Output) {
    let table = |steps: &[StepExecution]| table(execution, steps, NARROW, output.time());
    match context.operator.repository().steps(execution.id) {
        Ok(steps) => output.answer(|| table(&steps), || json::with_steps(execution, &steps)),
        Err(error) => {
            output.say(&format!("warning: the steps of job {} cannot be read: {}", execution.id, chain(&error)));
            output.answer(|| table(&[]), || json::execution(execution));
        }
    }
    diagnosis::say(context, execution, output);
}

/// A column of the table of a job.
struct Column {
    title: &'static str,
    /// What stands in the row of the job.
    of_job: fn(&JobExecution, &TimeFormat) -> String,
    /// What stands in the row of a step.
    of_step: fn(&StepExecution, &TimeFormat) -> String,
}

impl Column {
    /// A column that is empty in the row of the job.
    const fn of_steps(title: &'static str, of_step: fn(&StepExecution, &TimeFormat) -> String) -> Self {
        Self { title, of_job: |_, _| String::new(), of_step }
    }
}

/// How many columns there are where nobody asks for more.
const NARROW: usize = 5;

const COLUMNS: [Column; 11] = [
    Column { title: "Job Id(TaskId)", of_job: |job, _| job.id.to_string(), of_step: |step, _| step.path.clone() },
    Column { title: "Command(Dest)", of_job: |job, _| command(job), of_step: |step, _| step.dest.clone() },
    Column { title: "Status", of_job: |job, _| job.word().to_string(), of_step: |step, _| step.word().to_string() },
    Column {
        title: "Start Time",
        of_job: |job, time| time.show(job.started_at),
        of_step: |step, time| time.show(step.started_at),
    },
    Column {
        title: "Stop Time",
        of_job: |job, time| time.show(job.ended_at),
        of_step: |step, time| time.show(step.ended_at),
    },
    Column::of_steps("Step", |step, _| step.name.clone()),
    Column::of_steps("Read", |step, _| step.counts.read.to_string()),
    Column::of_steps("Written", |step, _| step.counts.write.to_string()),
    Column::of_steps("Filtered", |step, _| step.counts.filter.to_string()),
    Column::of_steps("Skipped", |step, _| step.counts.skipped().to_string()),
    Column {
        title: "Exit Code",
        of_job: |job, _| job.exit_code.to_string(),
        of_step: |step, _| step.exit_code.to_string(),
    },
];

/// The first of the columns, with a row for the job and one for each step.
fn table(execution: &JobExecution, steps: &[StepExecution], columns: usize, time: &TimeFormat) -> Table {
    let columns = || COLUMNS.iter().take(columns);
    let mut table = Table::new(&columns().map(|column| column.title).collect::<Vec<_>>());
    table.row(columns().map(|column| (column.of_job)(execution, time)));
    for step in steps {
        table.row(columns().map(|column| (column.of_step)(step, time)));
    }
    table
}

/// The job and the object it works on.
pub(super) fn command(execution: &JobExecution) -> String {
    format!("{} {}", execution.job_name, execution.target).trim_end().to_owned()
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

fn reject_table(rejects: &[Reject]) -> Table {
    let mut table = Table::new(&["Id", "Job Id", "Step", "Phase", "Position", "Error", "Record"]);
    for (job, letter) in rejects {
        let record = String::from_utf8_lossy(&letter.payload).trim_end().to_owned();
        let job = job.map(|id| id.to_string()).unwrap_or_default();
        let phase = letter.phase.as_str().to_owned();
        let (position, error) = (place(&letter.position), named(&letter.error));
        table.row([letter.id.to_string(), job, letter.step_key.clone(), phase, position, error, record]);
    }
    table
}
