//! `jobctl list`: one row per job, the newest nearest to the prompt.

use overnight_framework::repository::ExecutionFilter;

use super::arguments::{List, Order};
use super::execution::Listed;
use super::exit::{Exit, Failure};
use super::face::Face;

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
    face.output.answer(&Listed(executions));
    Ok(Exit::Done)
}
