//! Beginning and ending an execution: the legal moves, and what each leaves on the row.

use serde_json::json;

use super::fixture::{assert_lost, end, ended, error, launched, live, order, running, stored};
use crate::execution::InstanceEnd;
use crate::repository::{ExecutionEnd, Repository};
use crate::status::{ExitCode, Status, StopIntent};

/// The ends that a worker may write.
const ENDS: [Status; 4] = [Status::Completed, Status::Stopped, Status::Failed, Status::Unknown];

pub(crate) fn a_begun_execution_is_started_and_keeps_its_lease(repository: &dyn Repository) {
    let launched = launched(repository, "monday");
    let begun = repository.begin(&launched.lease).unwrap();
    assert_eq!((begun.status, begun.lease_token, begun.worker_id), (Status::Started, 1, Some(launched.lease.worker)));
    assert!(begun.started_at.is_some() && begun.lease_until.is_some());
    assert_eq!(stored(repository, begun.id), begun);
}

pub(crate) fn an_execution_that_was_told_to_stop_before_it_began_stays_stopping(repository: &dyn Repository) {
    let lease = launched(repository, "monday").lease;
    repository.request_stop(&order(lease.execution, StopIntent::Paused)).unwrap();
    let begun = repository.begin(&lease).unwrap();
    assert_eq!((begun.status, begun.stop_intent), (Status::Stopping, Some(StopIntent::Paused)));
    let ended = repository.end(&lease, &end(Status::Stopped)).unwrap();
    assert_eq!(ended.status, Status::Stopped);
}

pub(crate) fn an_execution_that_never_began_cannot_complete(repository: &dyn Repository) {
    let lease = launched(repository, "monday").lease;
    repository.request_stop(&order(lease.execution, StopIntent::Stopped)).unwrap();
    let before = repository.begin(&lease).unwrap();
    assert!(repository.end(&lease, &end(Status::Completed)).is_err());
    assert_eq!(stored(repository, lease.execution), before);
}

pub(crate) fn an_execution_is_begun_once(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let before = stored(repository, lease.execution);
    assert!(repository.begin(&lease).is_err());
    assert_eq!(stored(repository, lease.execution), before);
}

pub(crate) fn an_ended_execution_is_not_begun_again(repository: &dyn Repository) {
    for status in ENDS {
        let lease = running(repository, status.as_str());
        let ended = repository.end(&lease, &end(status)).unwrap();
        assert_lost(repository.begin(&lease));
        assert_eq!(stored(repository, ended.id), ended);
    }
}

pub(crate) fn every_legal_end_is_written(repository: &dyn Repository) {
    for (from, to) in moves().filter(|(from, to)| from.may_become(*to)) {
        let lease = live(repository, &format!("{from} {to}"), from);
        let ended = repository.end(&lease, &end(to)).unwrap();
        assert_eq!((ended.status, ended.exit_code.as_str()), (to, to.as_str()), "{from} -> {to}");
        assert_eq!(stored(repository, ended.id), ended);
    }
}

pub(crate) fn i_1_an_illegal_end_changes_nothing(repository: &dyn Repository) {
    for (from, to) in moves().filter(|(from, to)| !from.may_become(*to)) {
        assert_end_is_refused(repository, from, &end(to));
    }
}

pub(crate) fn only_an_end_ends_an_execution(repository: &dyn Repository) {
    for to in Status::ALL.into_iter().filter(|status| !ENDS.contains(status)) {
        assert_end_is_refused(repository, Status::Started, &end(to));
    }
}

pub(crate) fn i_10_no_run_but_a_completed_one_has_a_hundred_percent(repository: &dyn Repository) {
    assert_eq!(ended(repository, "monday", Status::Completed).progress, 100);
    assert_end_is_refused(repository, Status::Started, &ExecutionEnd { progress: 100, ..end(Status::Failed) });
}

fn moves() -> impl Iterator<Item = (Status, Status)> {
    let live = [Status::Starting, Status::Started, Status::Stopping];
    live.into_iter().flat_map(|from| ENDS.into_iter().map(move |to| (from, to)))
}

fn assert_end_is_refused(repository: &dyn Repository, from: Status, end: &ExecutionEnd) {
    let lease = live(repository, &format!("{from} {}", end.status), from);
    let before = stored(repository, lease.execution);
    let answer = repository.end(&lease, end);
    assert!(answer.is_err(), "{from} -> {}: {answer:?}", end.status);
    assert_eq!(stored(repository, lease.execution), before, "{from} -> {}", end.status);
}

pub(crate) fn an_end_is_final(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let ended = repository.end(&lease, &end(Status::Failed)).unwrap();
    assert_lost(repository.end(&lease, &end(Status::Completed)));
    assert_eq!(stored(repository, ended.id), ended);
}

pub(crate) fn s3_13_the_record_holds_the_times_and_the_result_or_the_error(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let told = ExecutionEnd {
        status: Status::Failed,
        exit_code: ExitCode::from("UnknownAccount"),
        exit_message: Some("step load failed: account 7 does not exist".to_owned()),
        result: Some(json!({"rows": 12})),
        error: Some(error("UnknownAccount")),
        progress: 42,
        goes_on: false,
    };
    let row = repository.end(&lease, &told).unwrap();
    assert_eq!((row.exit_code, row.exit_message, row.progress), (told.exit_code, told.exit_message, told.progress));
    assert_eq!((row.result, row.error), (told.result, told.error));
    assert!(row.started_at.is_some() && row.ended_at.is_some());
}

pub(crate) fn i_5_the_end_is_dated_exactly_when_the_execution_has_ended(repository: &dyn Repository) {
    for status in [Status::Starting, Status::Started, Status::Stopping] {
        let lease = live(repository, status.as_str(), status);
        assert_eq!(stored(repository, lease.execution).ended_at, None, "{status}");
    }
    for status in ENDS {
        assert!(ended(repository, status.as_str(), status).ended_at.is_some(), "{status}");
    }
}

pub(crate) fn i_6_a_lease_is_there_exactly_while_the_execution_lives(repository: &dyn Repository) {
    for status in [Status::Starting, Status::Started, Status::Stopping] {
        let lease = live(repository, status.as_str(), status);
        assert!(stored(repository, lease.execution).lease_until.is_some(), "{status}");
    }
    for status in ENDS {
        assert_eq!(ended(repository, status.as_str(), status).lease_until, None, "{status}");
    }
}

pub(crate) fn i_13_the_times_of_a_run_are_in_their_order(repository: &dyn Repository) {
    let row = ended(repository, "monday", Status::Completed);
    let times = [Some(row.created_at), row.started_at, row.ended_at];
    assert!(times.iter().all(Option::is_some) && times.is_sorted(), "{times:?}");
}

pub(crate) fn i_21_completion_closes_the_instance_and_no_other_end_does(repository: &dyn Repository) {
    for status in ENDS {
        let instance = ended(repository, status.as_str(), status).instance_id;
        let closed = repository.instance(instance).unwrap().unwrap().closed;
        assert_eq!(closed, (status == Status::Completed).then_some(InstanceEnd::Completed), "{status}");
    }
}

pub(crate) fn an_ended_execution_keeps_the_name_of_its_worker(repository: &dyn Repository) {
    let row = ended(repository, "monday", Status::Completed);
    assert!(row.worker_id.is_some());
    assert_eq!(row.worker_name.as_deref(), Some("worker-1"));
}

pub(crate) fn an_ended_execution_keeps_the_order_that_ended_it(repository: &dyn Repository) {
    let lease = live(repository, "monday", Status::Stopping);
    let row = repository.end(&lease, &end(Status::Stopped)).unwrap();
    assert_eq!((row.stop_intent, row.stop_by.as_deref()), (Some(StopIntent::Stopped), Some("grace")));
}
