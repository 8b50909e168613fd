//! The heartbeat: it renews what its worker names, and brings back what became of it.

use std::time::Duration;

use super::fixture::{LONG, begun, end, launched, order, request, running, stored, take_over, taken};
use crate::execution::{ExecutionId, JobExecution};
use crate::repository::{Beat, LaunchRequest, LaunchWorker, Lease, LeaseState, Repository, TakeOver};
use crate::status::{Status, StopIntent};

pub(crate) fn a_beat_renews_the_lease_it_names(repository: &dyn Repository) {
    let lease = over(repository, "monday");
    let before = stored(repository, lease.execution).lease_until;
    assert_eq!(beat(repository, &[lease]), [LeaseState { lease, held: true, renewed: true, stop: None }]);
    let gained = stored(repository, lease.execution).lease_until.unwrap() - before.unwrap();
    assert!(gained.num_seconds() >= LONG.as_secs() as i64 - 1, "{gained}");
}

pub(crate) fn a_beat_changes_nothing_but_the_end_of_the_lease(repository: &dyn Repository) {
    let lease = over(repository, "monday");
    let before = stored(repository, lease.execution);
    beat(repository, &[lease]);
    let after = stored(repository, lease.execution);
    assert!(after.lease_until > before.lease_until);
    assert_eq!(JobExecution { lease_until: before.lease_until, ..after }, before);
}

pub(crate) fn a_lease_that_a_beat_leaves_out_is_not_renewed(repository: &dyn Repository) {
    let named = over(repository, "monday");
    let known = LaunchWorker::Known { id: named.worker, name: "worker-1".to_owned() };
    let left_out = begun(repository, &LaunchRequest { worker: known, ..request("tuesday") });
    let before = stored(repository, left_out.execution);
    beat(repository, &[named]);
    assert_eq!(stored(repository, left_out.execution), before);
}

pub(crate) fn the_answers_of_a_beat_come_in_the_order_of_its_leases(repository: &dyn Repository) {
    let first = running(repository, "monday");
    let known = || LaunchWorker::Known { id: first.worker, name: "worker-1".to_owned() };
    let more = ["tuesday", "wednesday", "thursday"]
        .map(|day| begun(repository, &LaunchRequest { worker: known(), ..request(day) }));
    let unknown = Lease { execution: ExecutionId(4711), ..first };
    let leases = [more[2], first, unknown, more[0], more[1]];
    let states = beat(repository, &leases);
    assert_eq!(states.iter().map(|state| state.lease).collect::<Vec<_>>(), leases);
    assert_eq!(states.iter().map(|state| state.held).collect::<Vec<_>>(), [true, true, false, true, true]);
}

pub(crate) fn a_beat_brings_the_order_to_stop(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    repository.request_stop(&order(lease.execution, StopIntent::Paused)).unwrap();
    let states = beat(repository, &[lease]);
    assert_eq!(states, [LeaseState { lease, held: true, renewed: true, stop: Some(StopIntent::Paused) }]);
}

pub(crate) fn an_execution_that_was_taken_over_is_not_held(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let row = taken(repository, lease);
    assert_not_held(&beat(repository, &[lease]));
    assert_eq!(stored(repository, row.id), row);
}

pub(crate) fn an_execution_that_has_ended_is_not_held(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let row = repository.end(&lease, &end(Status::Completed)).unwrap();
    assert_not_held(&beat(repository, &[lease]));
    assert_eq!(stored(repository, row.id), row);
}

pub(crate) fn the_lease_of_another_worker_is_not_held(repository: &dyn Repository) {
    let (mine, theirs) = (running(repository, "monday"), running(repository, "tuesday"));
    let before = stored(repository, theirs.execution);
    assert_not_held(&beat(repository, &[Lease { worker: mine.worker, ..theirs }]));
    assert_eq!(stored(repository, theirs.execution), before);
}

pub(crate) fn a_worker_beats_for_itself_alone(repository: &dyn Repository) {
    let (mine, theirs) = (running(repository, "monday"), running(repository, "tuesday"));
    let before = stored(repository, theirs.execution);
    let meddling = Beat { worker: mine.worker, leases: vec![theirs], duration: LONG };
    assert_not_held(&repository.beat(&meddling).unwrap());
    assert_eq!(stored(repository, theirs.execution), before);
}

pub(crate) fn another_token_is_not_held(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let before = stored(repository, lease.execution);
    assert_not_held(&beat(repository, &[Lease { token: lease.token + 1, ..lease }]));
    assert_eq!(stored(repository, lease.execution), before);
}

pub(crate) fn a_renewed_lease_is_not_taken_for_being_over(repository: &dyn Repository) {
    let lease = over(repository, "monday");
    beat(repository, &[lease]);
    let order = TakeOver { expired_for: Some(Duration::ZERO), ..take_over(lease) };
    assert_eq!(repository.take_over(&order).unwrap(), None);
}

pub(crate) fn a_beat_dates_its_worker(repository: &dyn Repository) {
    let lease = launched(repository, "monday").lease;
    let before = repository.worker(lease.worker).unwrap().unwrap();
    beat(repository, &[lease]);
    let after = repository.worker(lease.worker).unwrap().unwrap();
    assert!(after.last_heartbeat >= before.last_heartbeat && !after.dead);
}

pub(crate) fn a_worker_without_executions_may_beat(repository: &dyn Repository) {
    let worker = launched(repository, "monday").lease.worker;
    let beat = Beat { worker, leases: Vec::new(), duration: LONG };
    assert_eq!(repository.beat(&beat).unwrap(), []);
}

pub(crate) fn a_retired_worker_renews_nothing(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    repository.retire_worker(lease.worker).unwrap();
    let before = stored(repository, lease.execution);
    assert!(beat(repository, &[lease]).iter().all(|state| !state.renewed));
    assert_eq!(stored(repository, lease.execution), before);
}

pub(crate) fn a_retired_worker_is_dead_and_its_name_stays_on_its_executions(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    repository.retire_worker(lease.worker).unwrap();
    assert!(repository.worker(lease.worker).unwrap().unwrap().dead);
    assert_eq!(stored(repository, lease.execution).worker_name.as_deref(), Some("worker-1"));
}

/// An execution whose lease is over since it began.
fn over(repository: &dyn Repository, key: &str) -> Lease {
    begun(repository, &LaunchRequest { lease: Duration::ZERO, ..request(key) })
}

/// A beat of the worker of the first lease.
fn beat(repository: &dyn Repository, leases: &[Lease]) -> Vec<LeaseState> {
    let worker = leases.first().expect("a beat of this case names a lease").worker;
    repository.beat(&Beat { worker, leases: leases.to_vec(), duration: LONG }).unwrap()
}

#[track_caller]
fn assert_not_held(states: &[LeaseState]) {
    let [state] = states else { panic!("one lease was named: {states:?}") };
    assert!(!state.held && !state.renewed, "{state:?}");
}
