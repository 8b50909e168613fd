//! `jobctl wait`: until a job has ended, with its result as the exit code.

use std::time::Duration;

use chrono::{DateTime, Utc};
use overnight_framework::clock::{Clock as _, SystemClock};
use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::operator::{FindError, Owner, Target};
use overnight_framework::repository::StoreError;
use overnight_framework::stop::StopToken;

use super::arguments::Wait;
use super::exit::{Exit, Failure, chain};
use super::face::Face;
use super::output::Output;
use super::show;
use super::target::{self, Named};
use crate::wiring::Context;

/// How often the row is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How long the store may be away: about as long as the process that runs the job waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

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
        let now = watch.clock.elapsed();
        let is_late = timeout.is_some_and(|limit| now >= limit);
        match watch.look(context) {
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

/// What one look has shown.
pub(super) enum Look {
    Over(Waited),
    Lives(JobExecution),
}

/// An execution that is looked at until it has ended.
pub(super) struct Watch {
    id: ExecutionId,
    clock: SystemClock,
    /// The lease that is over, and since when it is watched.
    overdue: Option<(Option<DateTime<Utc>>, Duration)>,
}

impl Watch {
    pub(super) fn of(id: ExecutionId) -> Self {
        Self { id, clock: SystemClock::default(), overdue: None }
    }

    pub(super) fn look(&mut self, context: &Context) -> Result<Look, FindError> {
        let find = || context.operator.find(&Target::Execution(self.id));
        let execution = find()?;
        if execution.status.is_ended() {
            return Ok(Look::Over(Waited::Ended(execution)));
        }
        if !is_left(context, &execution, &mut self.overdue, self.clock.elapsed())? {
            return Ok(Look::Lives(execution));
        }
        // Its last row may have been written between the two looks.
        let execution = find()?;
        let has_ended = execution.status.is_ended();
        Ok(Look::Over(if has_ended { Waited::Ended(execution) } else { Waited::Left(execution) }))
    }
}

/// Whether the owner is dead: its life lock says so, or its lease is over and was not renewed for one more.
fn is_left(
    context: &Context,
    execution: &JobExecution,
    overdue: &mut Option<(Option<DateTime<Utc>>, Duration)>,
    now: Duration,
) -> Result<bool, StoreError> {
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
