//! `jobctl wait`: until a job has ended, with its result as the exit code.

use std::time::Duration;

use chrono::{DateTime, Utc};
use overnight_framework::clock::{Clock as _, SystemClock};
use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::operator::Owner;
use overnight_framework::stop::StopToken;

use super::arguments::Wait;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::show;
use super::target::{self, Named};
use crate::wiring::Context;

/// How often the row is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What a job came to.
pub(super) enum Waited {
    Ended(JobExecution),
    /// Its process is gone, and nobody ends it.
    Left(JobExecution),
}

pub(super) fn run(verb: &Wait, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let named = Named::of(&verb.target)?;
    let context = face.open()?;
    let execution = target::found(&context, &named, &given)?;
    match until_ended(&context, execution.id, verb.timeout)? {
        Waited::Ended(ended) => {
            show::print_execution(&context, &ended, &face.output)?;
            Ok(Exit::of(ended.status))
        }
        Waited::Left(left) => {
            let message = format!("job {} is {}, but its process is gone", left.id, left.word());
            let help = format!("continue it with `jobctl restart {}`", left.id);
            Err(Failure::new(Exit::Failed, message).help(help))
        }
    }
}

/// Looks at the row until it has ended, or until nobody is left who could end it. `timeout` is unlimited when it is `None`.
pub(super) fn until_ended(context: &Context, id: ExecutionId, timeout: Option<Duration>) -> Result<Waited, Failure> {
    let clock = SystemClock::default();
    let pause = StopToken::default();
    let mut overdue = None;
    loop {
        let execution = look(context, id)?;
        if execution.status.is_ended() {
            return Ok(Waited::Ended(execution));
        }
        if is_left(context, &execution, &mut overdue, clock.elapsed())? {
            // Its last row may have been written between the two looks.
            let execution = look(context, id)?;
            let has_ended = execution.status.is_ended();
            return Ok(if has_ended { Waited::Ended(execution) } else { Waited::Left(execution) });
        }
        if timeout.is_some_and(|limit| clock.elapsed() >= limit) {
            let message = format!("job {id} is still {}", execution.word());
            return Err(Failure::new(Exit::TimedOut, message).help(format!("go on waiting with `jobctl wait {id}`")));
        }
        let _ = pause.wait(LOOK);
    }
}

fn look(context: &Context, id: ExecutionId) -> Result<JobExecution, Failure> {
    let execution = context.operator.repository().execution(id)?;
    execution.ok_or_else(|| Failure::new(Exit::NotFound, format!("job ID not found: {id}")))
}

/// The lease that is over, and since when it is watched.
type Overdue = Option<(Option<DateTime<Utc>>, Duration)>;

/// Whether the owner is dead: its life lock says so, or its lease is over and was not renewed for one more.
fn is_left(context: &Context, execution: &JobExecution, overdue: &mut Overdue, now: Duration) -> Result<bool, Failure> {
    match context.operator.owner_of(execution)? {
        Owner::Dead => Ok(true),
        Owner::Nobody | Owner::Alive => {
            *overdue = None;
            Ok(false)
        }
        Owner::Overdue => {
            let watched = overdue.filter(|(lease, _)| *lease == execution.lease_until);
            let (_, since) = *overdue.insert(watched.unwrap_or((execution.lease_until, now)));
            Ok(now.saturating_sub(since) >= context.operator.seat().timing.lease)
        }
    }
}
