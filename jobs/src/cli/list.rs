//! `jobctl list`: one row per job, the newest nearest to the prompt.

use overnight_framework::execution::JobExecution;
use overnight_framework::repository::ExecutionFilter;

use super::arguments::{List, Order};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::output::Output;
use super::table::Table;
use super::{json, show};

pub(super) fn run(verb: &List, face: &Face) -> Result<Exit, Failure> {
    let context = face.open()?;
    let filter = ExecutionFilter {
        project: Some(context.operator.project().to_owned()),
        job: verb.job.clone(),
        words: verb.status.clone(),
        limit: verb.limit,
        ..ExecutionFilter::default()
    };
    let mut executions = context.operator.repository().executions(&filter)?;
    if verb.order == Order::Asc {
        executions.reverse();
    }
    face.output.answer(|| table(&executions, &face.output), || executions.iter().map(json::execution).collect());
    Ok(Exit::Done)
}

fn table(executions: &[JobExecution], output: &Output) -> Table {
    let mut table = Table::new(&["Job Id", "Command", "Status", "Start Time", "Stop Time"]);
    let time = |time| output.time().show(time);
    for job in executions {
        let word = job.word().to_string();
        table.row([job.id.to_string(), show::command(job), word, time(job.started_at), time(job.ended_at)]);
    }
    table
}
