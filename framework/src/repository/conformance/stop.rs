//! Orders to stop: what they do in each status, and which of two orders stands.

use super::fixture::{
    begun, end, ended, first_step, launched, order, request, running, step, step_end, stored, stored_step,
};
use crate::execution::{ExecutionId, JobExecution};
use crate::repository::{LaunchRequest, Repository, StopAnswer, StopError, StopOrder};
use crate::status::{Status, StopIntent};

pub(crate) fn a_live_execution_is_stopping_with_the_order_on_its_row(repository: &dyn Repository) {
    for (intent, day) in StopIntent::ALL.into_iter().zip(["1", "2", "3", "4", "5"]) {
        let lease = running(repository, day);
        let row = stopping(repository, &order(lease.execution, intent));
        assert_eq!((row.status, row.stop_intent), (Status::Stopping, Some(intent)));
        assert_eq!((row.stop_by.as_deref(), row.reason.as_deref()), (Some("grace"), Some("the books are open")));
        assert_eq!((row.exit_code.as_str(), row.ended_at), ("", None));
        assert_eq!(stored(repository, row.id), row);
    }
}

pub(crate) fn a_starting_execution_is_stopping_too(repository: &dyn Repository) {
    let id = launched(repository, "monday").id();
    assert_eq!(stopping(repository, &order(id, StopIntent::Stopped)).status, Status::Stopping);
}

pub(crate) fn an_order_leaves_the_lease_to_the_worker_that_reports(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let row = stopping(repository, &order(lease.execution, StopIntent::Aborted));
    assert_eq!((row.lease_token, row.worker_id), (lease.token, Some(lease.worker)));
    assert!(row.lease_until.is_some());
    assert_eq!(repository.end(&lease, &end(Status::Stopped)).unwrap().status, Status::Stopped);
}

pub(crate) fn an_order_reaches_the_live_steps_and_no_ended_one(repository: &dyn Repository) {
    let first = first_step(repository, "monday");
    let ended = repository.end_step(&first, &step_end(Status::Completed)).unwrap();
    let second = step(repository, &first.lease, 1);
    stopping(repository, &order(first.lease.execution, StopIntent::Paused));
    let live = stored_step(repository, &second);
    assert_eq!((live.status, live.stop_intent), (Status::Stopping, Some(StopIntent::Paused)));
    assert_eq!(stored_step(repository, &first), ended);
}

pub(crate) fn an_order_without_a_reason_is_an_order(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let silent = StopOrder { reason: None, ..order(lease.execution, StopIntent::Stopped) };
    assert_eq!(stopping(repository, &silent).stop_intent, Some(StopIntent::Stopped));
}

pub(crate) fn a_stronger_order_replaces_a_weaker_one(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    for intent in StopIntent::ALL {
        let stronger = StopOrder { by: intent.as_str().to_owned(), ..order(lease.lease.execution, intent) };
        let row = stopping(repository, &stronger);
        assert_eq!((row.stop_intent, row.stop_by.as_deref()), (Some(intent), Some(intent.as_str())));
        assert_eq!(stored_step(repository, &lease).stop_intent, Some(intent));
    }
}

pub(crate) fn a_weaker_or_repeated_order_changes_nothing(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let strongest = stopping(repository, &order(lease.lease.execution, StopIntent::Aborted));
    for intent in StopIntent::ALL {
        let late = StopOrder { by: "late".to_owned(), ..order(lease.lease.execution, intent) };
        assert_eq!(stopping(repository, &late), strongest);
        assert_eq!(stored_step(repository, &lease).stop_intent, Some(StopIntent::Aborted));
    }
}

pub(crate) fn s3_38_stopping_what_is_stopped_is_no_error_and_no_change(repository: &dyn Repository) {
    let row = ended(repository, "monday", Status::Stopped);
    let events = repository.events(row.id).unwrap();
    for intent in StopIntent::ALL {
        let answer = repository.request_stop(&order(row.id, intent)).unwrap();
        assert_eq!(answer, StopAnswer::Already(Box::new(row.clone())));
    }
    assert_eq!((stored(repository, row.id), repository.events(row.id).unwrap()), (row, events));
}

pub(crate) fn what_ended_otherwise_cannot_be_stopped(repository: &dyn Repository) {
    for status in [Status::Completed, Status::Failed, Status::Unknown] {
        let row = ended(repository, status.as_str(), status);
        let answer = repository.request_stop(&order(row.id, StopIntent::Stopped));
        let refused = matches!(answer, Err(StopError::Ended { id, status: told }) if (id, told) == (row.id, status));
        assert!(refused, "{answer:?}");
        assert_eq!(stored(repository, row.id), row);
    }
}

pub(crate) fn what_does_not_exist_cannot_be_stopped(repository: &dyn Repository) {
    let answer = repository.request_stop(&order(ExecutionId(4711), StopIntent::Stopped));
    assert!(matches!(answer, Err(StopError::NotFound(ExecutionId(4711)))), "{answer:?}");
}

pub(crate) fn what_is_not_abortable_takes_no_order_of_a_person(repository: &dyn Repository) {
    let lease = begun(repository, &LaunchRequest { abortable: false, ..request("monday") });
    let before = stored(repository, lease.execution);
    for intent in [StopIntent::Stopped, StopIntent::Paused, StopIntent::Aborted] {
        let answer = repository.request_stop(&order(lease.execution, intent));
        assert!(matches!(answer, Err(StopError::NotAbortable(id)) if id == lease.execution), "{answer:?}");
    }
    assert_eq!(stored(repository, lease.execution), before);
}

/// The timeout is part of the definition, and the end of the process is not the operator's to forbid.
pub(crate) fn what_is_not_abortable_still_times_out_and_is_interrupted(repository: &dyn Repository) {
    for intent in [StopIntent::Timeout, StopIntent::Interrupted] {
        let lease = begun(repository, &LaunchRequest { abortable: false, ..request(intent.as_str()) });
        assert_eq!(stopping(repository, &order(lease.execution, intent)).stop_intent, Some(intent));
    }
}

pub(crate) fn what_is_not_abortable_and_has_ended_says_so(repository: &dyn Repository) {
    let lease = begun(repository, &LaunchRequest { abortable: false, ..request("monday") });
    repository.end(&lease, &end(Status::Completed)).unwrap();
    let answer = repository.request_stop(&order(lease.execution, StopIntent::Stopped));
    assert!(matches!(answer, Err(StopError::Ended { status: Status::Completed, .. })), "{answer:?}");
}

pub(crate) fn a_stopping_execution_may_still_complete_or_fail(repository: &dyn Repository) {
    for status in [Status::Completed, Status::Failed] {
        let lease = running(repository, status.as_str());
        stopping(repository, &order(lease.execution, StopIntent::Stopped));
        assert_eq!(repository.end(&lease, &end(status)).unwrap().status, status);
    }
}

/// Gives an order that must find a live execution.
#[track_caller]
fn stopping(repository: &dyn Repository, order: &StopOrder) -> JobExecution {
    match repository.request_stop(order) {
        Ok(StopAnswer::Stopping(row)) => *row,
        other => panic!("the order was not taken: {other:?}"),
    }
}
