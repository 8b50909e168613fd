//! What the verbs may do to a row: the rules that all stores keep, decided once.

use super::{ExecutionEnd, StopError, StopOrder, StoreError, StoreErrorKind};
use crate::status::{ExitCode, Status, StopIntent};

/// Where an execution stands that shall be stopped.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Its status.
    pub status: Status,
    /// The end that was requested already.
    pub stop_intent: Option<StopIntent>,
    /// Whether operators may stop it.
    pub abortable: bool,
}

/// What a stop order does to an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopEffect {
    /// Nothing: it is stopped already.
    Already,
    /// Nothing: it is on its way to an end that is at least as strong.
    Unchanged,
    /// It moves to this status.
    Move(Status),
}

/// What `order` does to an execution that stands so. One that waits has no worker that would have to end it: it is stopped at
/// once, whatever the reason.
///
/// # Errors
/// When it has ended otherwise, or is not to be stopped by people.
pub fn effect_of_stop(order: &StopOrder, on: Standing) -> Result<StopEffect, StopError> {
    match on.status {
        Status::Stopped => Ok(StopEffect::Already),
        status if status.is_ended() => Err(StopError::Ended { id: order.id, status }),
        _ if !on.abortable && is_operators(order.intent) => Err(StopError::NotAbortable(order.id)),
        Status::Stopping if on.stop_intent >= Some(order.intent) => Ok(StopEffect::Unchanged),
        Status::Queued => Ok(StopEffect::Move(Status::Stopped)),
        _ => Ok(StopEffect::Move(Status::Stopping)),
    }
}

/// Whether the order comes from a person. `abortable: false` binds people; a timeout of the definition and the end of the
/// process that runs the job are not theirs to forbid.
fn is_operators(intent: StopIntent) -> bool {
    matches!(intent, StopIntent::Stopped | StopIntent::Paused | StopIntent::Aborted)
}

/// How a run ends whose worker is lost: as it was asked to, if it was.
#[must_use]
pub fn end_of_lost(status: Status, stop_intent: Option<StopIntent>) -> (Status, ExitCode) {
    match (status, stop_intent) {
        (Status::Stopping, Some(intent)) => intent.end(),
        _ => (Status::Failed, ExitCode::WORKER_LOST),
    }
}

/// Whether a run with this end was interrupted by no wish of anybody: its process died, or was told to leave.
#[must_use]
pub fn is_interrupted(exit_code: &ExitCode) -> bool {
    [ExitCode::WORKER_LOST, ExitCode::INTERRUPTED].contains(exit_code)
}

/// The end of a run that was to go on elsewhere, where somebody had asked it to end: it ends as it was asked to, and does not
/// go on. The order may be in the store while the run has not heard of it yet.
#[must_use]
pub fn end_as_asked(end: &ExecutionEnd, asked: Option<StopIntent>) -> Option<ExecutionEnd> {
    let intent = asked.filter(|intent| end.goes_on && is_operators(*intent))?;
    let (status, exit_code) = intent.end();
    Some(ExecutionEnd { status, exit_code, goes_on: false, ..end.clone() })
}

/// Refuses a move that the table of moves does not know, before a database does: with both statuses by name.
///
/// # Errors
/// When there is no such move.
pub fn check_move(from: Status, to: Status) -> Result<(), StoreError> {
    if from.may_become(to) { Ok(()) } else { Err(refusal(format!("{from} cannot become {to}"))) }
}

/// The ends that a worker may write, from where they may be reached.
///
/// # Errors
/// When it is none of them.
pub fn check_end(from: Status, to: Status) -> Result<(), StoreError> {
    if !matches!(to, Status::Completed | Status::Stopped | Status::Failed | Status::Unknown) {
        return Err(refusal(format!("{to} is not how a run ends")));
    }
    check_move(from, to)
}

/// A hundred percent is what completed runs have, and no other.
///
/// # Errors
/// When `end` has the one without the other.
pub fn check_progress(end: &ExecutionEnd) -> Result<(), StoreError> {
    if (end.progress == 100) == (end.status == Status::Completed) {
        return Ok(());
    }
    Err(refusal(format!("{} percent cannot be {}", end.progress, end.status)))
}

/// What a verb says that needs a worker and is told of none.
#[must_use]
pub fn no_worker() -> StoreError {
    refusal("an execution is leased to a worker, and none was named".to_owned())
}

fn refusal(rule: String) -> StoreError {
    StoreError::new(StoreErrorKind::Other, rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::ExecutionId;

    fn effect(status: Status, earlier: Option<StopIntent>, intent: StopIntent) -> Option<StopEffect> {
        let order = StopOrder { id: ExecutionId(41), intent, by: "grace".to_owned(), reason: None };
        effect_of_stop(&order, Standing { status, stop_intent: earlier, abortable: true }).ok()
    }

    #[test]
    fn whoever_waits_is_stopped_at_once_by_every_order() {
        for intent in StopIntent::ALL {
            assert_eq!(effect(Status::Queued, None, intent), Some(StopEffect::Move(Status::Stopped)));
            assert!(Status::Queued.may_become(Status::Stopped));
        }
    }

    #[test]
    fn whoever_runs_is_told_to_end_and_a_weaker_order_changes_nothing() {
        for (index, intent) in StopIntent::ALL.into_iter().enumerate() {
            for status in [Status::Starting, Status::Started] {
                assert_eq!(effect(status, None, intent), Some(StopEffect::Move(Status::Stopping)));
            }
            for (earlier_index, earlier) in StopIntent::ALL.into_iter().enumerate() {
                let expected =
                    if earlier_index >= index { StopEffect::Unchanged } else { StopEffect::Move(Status::Stopping) };
                assert_eq!(effect(Status::Stopping, Some(earlier), intent), Some(expected));
            }
        }
    }

    #[test]
    fn a_lost_run_ends_as_it_was_asked_to() {
        assert_eq!(end_of_lost(Status::Started, None), (Status::Failed, ExitCode::WORKER_LOST));
        assert_eq!(end_of_lost(Status::Stopping, Some(StopIntent::Paused)), StopIntent::Paused.end());
        assert_eq!(end_of_lost(Status::Stopping, Some(StopIntent::Timeout)).0, Status::Failed);
    }
}
