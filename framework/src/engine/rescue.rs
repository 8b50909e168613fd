//! What dead processes left waits in the queue again, before an engine claims from it.

use std::sync::PoisonError;
use std::time::Duration;

use super::Shared;
use crate::operator::Lost;
use crate::repository::StoreError;

/// Who looks after the dead.
#[derive(Debug, Default)]
pub(super) struct Rescue {
    lost: Lost,
    /// When to look again, on the clock of the worker.
    next: Duration,
}

/// Ends the runs of the dead, and lets those wait that can go on.
///
/// # Errors
/// When the store fails.
pub(super) fn rescue(shared: &Shared, programs: &[String]) -> Result<(), StoreError> {
    let operator = &shared.operator;
    let Some(now) = operator.elapsed() else { return Ok(()) };
    // A poisoned lock is only a panic of another caller; what it guards is never half written.
    let mut rescue = shared.rescue.lock().unwrap_or_else(PoisonError::into_inner);
    if now < rescue.next {
        return Ok(());
    }
    let goes_on = |execution: &_| shared.jobs.pinned(execution, operator).is_ok_and(|job| job.goes_on_alone());
    rescue.lost.look(operator, now, programs, &goes_on)?;
    rescue.next = now + operator.seat().timing.heartbeat;
    Ok(())
}
