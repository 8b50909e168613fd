//! The log: every move has its entry, with who did it and why, written with the move or not at all.

use super::fixture::{
    assert_lost, end, ended, first_step, launched, live, order, refusal, request, running, start, step_end, stored,
    taken,
};
use crate::execution::ExecutionId;
use crate::repository::{Event, LaunchRequest, Lease, Repository, StopOrder};
use crate::status::{Status, StopIntent};

pub(crate) fn i_20_every_move_of_a_run_is_in_the_log(repository: &dyn Repository) {
    for status in [Status::Completed, Status::Stopped, Status::Failed, Status::Unknown] {
        let step = first_step(repository, status.as_str());
        repository.end_step(&step, &step_end(status)).unwrap();
        let id = repository.end(&step.lease, &end(status)).unwrap().id;
        assert_eq!(moves(repository, id, None), [Status::Starting, Status::Started, status]);
        assert_eq!(moves(repository, id, Some(0)), [Status::Started, status]);
    }
}

pub(crate) fn i_20_the_moves_of_a_stopped_run_are_in_the_log(repository: &dyn Repository) {
    let step = first_step(repository, "monday");
    let id = step.lease.execution;
    repository.request_stop(&order(id, StopIntent::Stopped)).unwrap();
    repository.end_step(&step, &step_end(Status::Stopped)).unwrap();
    repository.end(&step.lease, &end(Status::Stopped)).unwrap();
    assert_eq!(moves(repository, id, None), [Status::Starting, Status::Started, Status::Stopping, Status::Stopped]);
    assert_eq!(moves(repository, id, Some(0)), [Status::Started, Status::Stopping, Status::Stopped]);
}

pub(crate) fn i_20_the_moves_of_a_run_that_was_taken_over_are_in_the_log(repository: &dyn Repository) {
    let step = first_step(repository, "monday");
    let id = taken(repository, step.lease).id;
    assert_eq!(moves(repository, id, None), [Status::Starting, Status::Started, Status::Failed]);
    assert_eq!(moves(repository, id, Some(0)), [Status::Started, Status::Failed]);
}

pub(crate) fn i_20_a_stop_before_the_beginning_is_in_the_log(repository: &dyn Repository) {
    let lease = launched(repository, "monday").lease;
    repository.request_stop(&order(lease.execution, StopIntent::Stopped)).unwrap();
    repository.begin(&lease).unwrap();
    repository.end(&lease, &end(Status::Stopped)).unwrap();
    assert_eq!(moves(repository, lease.execution, None), [Status::Starting, Status::Stopping, Status::Stopped]);
}

pub(crate) fn a_launch_is_logged_under_the_name_of_who_asked_for_it(repository: &dyn Repository) {
    let asked = LaunchRequest { reason: Some("month end".to_owned()), ..request("monday") };
    let id = repository.launch(&asked).unwrap().id();
    let first = repository.events(id).unwrap().remove(0);
    assert_eq!((first.actor.as_str(), first.reason.as_deref()), ("ada", Some("month end")));
    assert_eq!((first.from, first.path), (None, None));
}

pub(crate) fn a_stop_order_is_logged_with_who_gave_it_and_why(repository: &dyn Repository) {
    let step = first_step(repository, "monday");
    repository.request_stop(&order(step.lease.execution, StopIntent::Paused)).unwrap();
    let event = last_to(repository, step.lease.execution, Status::Stopping);
    assert_eq!((event.actor.as_str(), event.reason.as_deref()), ("grace", Some("the books are open")));
    assert_eq!(event.from, Some(Status::Started));
}

pub(crate) fn a_stronger_order_is_logged_too(repository: &dyn Repository) {
    let id = live(repository, "monday", Status::Stopping).execution;
    let before = repository.events(id).unwrap().len();
    let stronger = StopOrder { by: "ada".to_owned(), ..order(id, StopIntent::Aborted) };
    repository.request_stop(&stronger).unwrap();
    let events = repository.events(id).unwrap();
    assert!(events[before..].iter().any(|event| event.actor == "ada"), "{events:?}");
}

pub(crate) fn a_take_over_is_logged_with_who_did_it_and_how_it_knew(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    taken(repository, lease);
    let event = last_to(repository, lease.execution, Status::Failed);
    assert_eq!((event.actor.as_str(), event.reason.as_deref()), ("worker-2", Some("its process is gone")));
}

pub(crate) fn every_entry_names_an_actor_and_what_happened(repository: &dyn Repository) {
    let step = first_step(repository, "monday");
    repository.end_step(&step, &step_end(Status::Completed)).unwrap();
    repository.end(&step.lease, &end(Status::Completed)).unwrap();
    for event in repository.events(step.lease.execution).unwrap() {
        assert!(!event.actor.is_empty() && !event.name.is_empty(), "{event:?}");
        assert_eq!(event.execution_id, step.lease.execution);
    }
}

pub(crate) fn the_log_is_in_the_order_of_its_ids_and_times(repository: &dyn Repository) {
    let row = ended(repository, "monday", Status::Completed);
    launched(repository, "tuesday");
    let events = repository.events(row.id).unwrap();
    assert!(events.is_sorted_by(|one, two| one.id < two.id && one.at <= two.at), "{events:?}");
    assert!(events.iter().all(|event| row.created_at <= event.at && Some(event.at) <= row.ended_at));
}

pub(crate) fn what_is_refused_is_not_in_the_log(repository: &dyn Repository) {
    let step = first_step(repository, "monday");
    let id = step.lease.execution;
    let before = repository.events(id).unwrap();
    refusal(repository.launch(&request("monday")));
    assert!(repository.begin(&step.lease).is_err());
    assert!(repository.begin_step(&step.lease, &start(0)).is_err());
    assert!(repository.end(&step.lease, &end(Status::Abandoned)).is_err());
    let stale = Lease { token: 0, ..step.lease };
    assert_lost(repository.end(&stale, &end(Status::Failed)));
    assert_eq!(repository.events(id).unwrap(), before);
}

/// The statuses that an execution, or its step at this place, went through. Each entry must go on where the one before
/// it ended, and the last one must be where the row stands.
fn moves(repository: &dyn Repository, id: ExecutionId, place: Option<i32>) -> Vec<Status> {
    let path = place.map(|place| format!("{id}-{place}"));
    let events = repository.events(id).unwrap();
    let mut statuses: Vec<Status> = Vec::new();
    for event in events.iter().filter(|event| event.path == path && event.to.is_some() && event.from != event.to) {
        assert_eq!(event.from, statuses.last().copied(), "{events:?}");
        statuses.extend(event.to);
    }
    let stands = match place {
        Some(place) => repository.steps(id).unwrap().iter().find(|step| step.ordinal == place).map(|step| step.status),
        None => Some(stored(repository, id).status),
    };
    assert_eq!(statuses.last().copied(), stands, "{events:?}");
    statuses
}

/// The newest entry by which an execution itself came to this status.
fn last_to(repository: &dyn Repository, id: ExecutionId, status: Status) -> Event {
    let events = repository.events(id).unwrap();
    let found = events.iter().rev().find(|event| event.path.is_none() && event.to == Some(status));
    found.unwrap_or_else(|| panic!("no entry leads to {status}: {events:?}")).clone()
}
