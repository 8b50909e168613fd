//! `jobctl wait`: until a job has ended, with its result as the exit code.

use std::time::Duration;

use overnight_framework::clock::{Clock as _, SystemClock};
use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::params::GivenParams;
use overnight_framework::stop::StopToken;

use super::arguments::Wait;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::show;
use super::target::{self, Named};
use crate::wiring::Context;

/// How often the row is looked at.
const LOOK: Duration = Duration::from_millis(250);

pub(super) fn run(verb: &Wait, face: &Face) -> Result<Exit, Failure> {
    let named = Named::of(&verb.target)?;
    let context = face.open()?;
    let execution = target::find(&context, &named, &GivenParams::default())?;
    let ended = until_ended(&context, execution.id, verb.timeout)?;
    show::print_execution(&context, &ended, &face.output)?;
    Ok(Exit::of(&ended))
}

/// Looks at the row until it has ended. `timeout` is unlimited when it is `None`.
pub(super) fn until_ended(
    context: &Context,
    id: ExecutionId,
    timeout: Option<Duration>,
) -> Result<JobExecution, Failure> {
    let clock = SystemClock::default();
    let pause = StopToken::default();
    loop {
        let execution = context.operator.repository().execution(id)?;
        let execution = execution.ok_or_else(|| Failure::new(Exit::NotFound, format!("job ID not found: {id}")))?;
        if execution.status.is_ended() {
            return Ok(execution);
        }
        if timeout.is_some_and(|limit| clock.elapsed() >= limit) {
            let message = format!("job {id} is still {}", execution.word());
            return Err(Failure::new(Exit::TimedOut, message).help(format!("go on waiting with `jobctl wait {id}`")));
        }
        let _ = pause.wait(LOOK);
    }
}
