//! `jobctl wait`: until a job has ended, with its result as the exit code.

use std::time::Duration;

use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::operator::{FindError, Look, Waited, Watch};
use overnight_framework::stop::StopToken;

use super::arguments::Wait;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::output::Output;
use super::show;
use super::target::{self, Named};
use crate::chain::chain;
use crate::wiring::Context;

/// How often the row is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How long the store may be away: about as long as the process that runs the job waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn run(verb: &Wait, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let named = Named::of(&verb.target)?;
    let context = face.open()?;
    let execution = target::found(&context, &named, &given)?;
    match until_ended(&context, execution.id, verb.timeout, &face.output)? {
        Waited::Ended(ended) => {
            show::print_execution(&context, &ended, &face.output);
            Ok(Exit::of(ended.status))
        }
        Waited::Left(left) => Err(abandoned(&left)),
    }
}

/// The failure of a job that nobody runs any more.
pub(super) fn abandoned(left: &JobExecution) -> Failure {
    let message = format!("job {} is {}, but its process is gone", left.id, left.word());
    Failure::new(Exit::Failed, message).help(format!("continue it with `jobctl restart {}`", left.id))
}

/// Looks at the row until it has ended, or until nobody is left who could end it. `timeout` is unlimited when it is `None`.
pub(super) fn until_ended(
    context: &Context,
    id: ExecutionId,
    timeout: Option<Duration>,
    output: &Output,
) -> Result<Waited, Failure> {
    let pause = StopToken::default();
    let mut watch = Watch::of(id);
    let mut away = None;
    loop {
        let now = watch.elapsed();
        let is_late = timeout.is_some_and(|limit| now >= limit);
        match watch.look(&context.operator) {
            Ok(Look::Over(waited)) => return Ok(waited),
            Ok(Look::Lives(execution)) if is_late => {
                let message = format!("job {id} is still {}", execution.word());
                return Err(
                    Failure::new(Exit::TimedOut, message).help(format!("go on waiting with `jobctl wait {id}`"))
                );
            }
            Ok(Look::Lives(_)) => away = None,
            // A store that is away for a while says nothing of the job.
            Err(FindError::Store(error))
                if error.is_transient() && !is_late && away.is_none_or(|since| now - since < PATIENCE) =>
            {
                if away.is_none() {
                    output.say(&format!("waiting for the database: {}", chain(&error)));
                }
                away.get_or_insert(now);
            }
            Err(error) => return Err(error.into()),
        }
        let _ = pause.wait(LOOK);
    }
}
