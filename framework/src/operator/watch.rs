//! Looking at an execution until it has ended, or until nobody is left who could end it.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{FindError, Operator, Owner, Target};
use crate::clock::{Clock as _, SystemClock};
use crate::execution::{ExecutionId, JobExecution};
use crate::repository::StoreError;

/// An execution that is looked at until it is over.
#[derive(Debug)]
pub struct Watch {
    id: ExecutionId,
    clock: SystemClock,
    /// The lease that is over, and since when it is watched.
    overdue: Option<(Option<DateTime<Utc>>, Duration)>,
}

/// What one look has shown.
#[derive(Debug)]
pub enum Look {
    /// It is over.
    Over(Waited),
    /// Somebody runs it, or will.
    Lives(JobExecution),
}

/// What became of an execution.
#[derive(Debug)]
pub enum Waited {
    /// It has ended.
    Ended(JobExecution),
    /// Its process is gone, and nobody ends it.
    Left(JobExecution),
}

impl Watch {
    /// The execution with this id.
    #[must_use]
    pub fn of(id: ExecutionId) -> Self {
        Self { id, clock: SystemClock::default(), overdue: None }
    }

    /// How long it is watched already.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Looks at it. An owner whose lease is over is believed dead when it has not renewed it for one whole lease of looks.
    ///
    /// # Errors
    /// When there is no such execution, or the store fails: a store that is away says nothing of the execution.
    pub fn look(&mut self, operator: &Operator) -> Result<Look, FindError> {
        let find = || operator.find(&Target::Execution(self.id));
        let execution = find()?;
        if execution.status.is_ended() {
            return Ok(Look::Over(Waited::Ended(execution)));
        }
        if !is_left(operator, &execution, &mut self.overdue, self.clock.elapsed())? {
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
    operator: &Operator,
    execution: &JobExecution,
    overdue: &mut Option<(Option<DateTime<Utc>>, Duration)>,
    now: Duration,
) -> Result<bool, StoreError> {
    match operator.owner_of(execution)? {
        Owner::Dead => Ok(true),
        Owner::Nobody | Owner::Alive => {
            *overdue = None;
            Ok(false)
        }
        Owner::Overdue => {
            let watched = overdue.filter(|(lease, _)| *lease == execution.lease_until);
            let (_, since) = *overdue.insert(watched.unwrap_or((execution.lease_until, now)));
            Ok(now.saturating_sub(since) >= operator.seat().timing.lease)
        }
    }
}
