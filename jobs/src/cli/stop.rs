//! `jobctl stop`: a running job ends at its next chunk boundary.

use overnight_framework::execution::ExecutionId;
use overnight_framework::repository::{StopAnswer, StopError, StoreError};
use overnight_framework::status::StopIntent;

use super::arguments::Stop;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::table::Table;
use super::target::{self, Named};
use super::{json, wait};
use crate::wiring::Context;

pub(super) fn run(verb: &Stop, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let named = Named::of(&verb.target)?;
    let context = face.open()?;
    let execution = target::find(&context, &named, &given)?;
    let by_name = !matches!(named, Named::Id(_));
    if by_name && execution.status.is_ended() {
        let message =
            format!("no running execution of job {}: job {} is {}", execution.job_name, execution.id, execution.word());
        return Err(Failure::new(Exit::Refused, message));
    }
    let answer = match context.operator.stop(execution.id, StopIntent::Stopped, verb.reason.as_deref()) {
        Err(StopError::Ended { id, .. }) => return Err(has_ended(&context, id)?),
        answer => answer?,
    };
    let (StopAnswer::Stopping(job) | StopAnswer::Stopped(job) | StopAnswer::Already(job)) = answer;
    if verb.wait {
        let ended = wait::until_ended(&context, job.id, None)?;
        face.output.answer(result, || json::execution(&ended));
    } else {
        face.output.answer(result, || json::execution(&job));
    }
    Ok(Exit::Done)
}

/// The refusal to stop what has ended, with the word for how.
fn has_ended(context: &Context, id: ExecutionId) -> Result<Failure, StoreError> {
    let execution = context.operator.repository().execution(id)?;
    let word = execution.map(|execution| execution.word().to_string()).unwrap_or_else(|| "gone".to_owned());
    Ok(Failure::new(Exit::Refused, format!("job {id} is {word}: only a running job can be stopped")))
}

fn result() -> Table {
    let mut table = Table::new(&["Result"]);
    table.row(["Job stopped".to_owned()]);
    table
}
