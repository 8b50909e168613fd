//! `jobctl list`: one row per job, the newest nearest to the prompt.

use overnight_framework::operator::FindError;
use overnight_framework::repository::{ExecutionFilter, StoreError};
use overnight_framework::status::Status;

use super::arguments::{List, Order};
use super::execution::Listed;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::output::Newest;
use super::run::exit_of;
use super::watch::{self, Seen, Watched};
use crate::wiring::Context;

pub(super) fn run(verb: &List, face: &Face) -> Result<Exit, Failure> {
    let context = face.open()?;
    let filter = ExecutionFilter {
        project: Some(context.operator.project().to_owned()),
        job: verb.job.clone(),
        words: verb.status.clone(),
        limit: verb.limit,
        ..ExecutionFilter::default()
    };
    let order = verb.order;
    if verb.watch.watch {
        let look = move || Ok(Seen::Going(listed(&context, &filter, order).map_err(FindError::Store)?));
        let newest = if order == Order::Asc { Newest::Last } else { Newest::First };
        return match watch::run(verb.watch.interval, &face.output, newest, look)? {
            Watched::Heard(signal) => Ok(exit_of(signal)),
            Watched::Over(_) | Watched::Unheard => Ok(Exit::Done),
        };
    }
    let listed = listed(&context, &filter, order)?;
    face.output.answer(&listed);
    if let Some(job) = listed.0.iter().find(|job| job.status == Status::Unknown) {
        face.output.help(&format!("what is unknown needs a person: `jobctl show {}` says what is known", job.id));
    }
    Ok(Exit::Done)
}

fn listed(context: &Context, filter: &ExecutionFilter, order: Order) -> Result<Listed, StoreError> {
    let mut executions = context.operator.repository().executions(filter)?;
    if order == Order::Asc {
        executions.reverse();
    }
    Ok(Listed(executions))
}
