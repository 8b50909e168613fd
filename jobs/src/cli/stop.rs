//! `jobctl stop`: a running job ends at its next chunk boundary.

use overnight_framework::repository::StopAnswer;
use overnight_framework::status::StopIntent;

use super::arguments::Stop;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::table::Table;
use super::target::{self, Named};
use super::{json, wait};

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
    let answer = context.operator.stop(execution.id, StopIntent::Stopped, verb.reason.as_deref())?;
    let (StopAnswer::Stopping(job) | StopAnswer::Stopped(job) | StopAnswer::Already(job)) = answer;
    if verb.wait {
        let ended = wait::until_ended(&context, job.id, None)?;
        face.output.answer(result, || json::execution(&ended));
    } else {
        face.output.answer(result, || json::execution(&job));
    }
    Ok(Exit::Done)
}

fn result() -> Table {
    let mut table = Table::new(&["Result"]);
    table.row(["Job stopped".to_owned()]);
    table
}
