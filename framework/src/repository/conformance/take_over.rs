//! Taking over the execution of a dead worker: it ends, its tokens rise, and its instance can be continued.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::fixture::{
    LONG, after, begun, commit, end, ended, first_step, launched, live, order, request, running, step, step_end,
    stored, stored_step, take_over, taken,
};
use crate::execution::{ExecutionId, WorkerId};
use crate::repository::{LaunchRequest, Lease, Repository, TakeOver};
use crate::status::{Status, StopIntent};

pub(crate) fn the_execution_of_a_dead_worker_fails_with_worker_lost(repository: &dyn Repository) {
    for status in [Status::Starting, Status::Started] {
        let lease = live(repository, status.as_str(), status);
        let row = taken(repository, lease);
        assert_eq!((row.status, row.exit_code.as_str()), (Status::Failed, "WORKER_LOST"));
        assert_eq!(stored(repository, row.id), row);
    }
}

pub(crate) fn the_token_rises_and_the_lease_is_gone(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let row = taken(repository, lease);
    assert!(row.lease_token > lease.token);
    assert_eq!((row.lease_until, row.worker_id), (None, Some(lease.worker)));
    assert!(row.started_at <= row.ended_at && row.ended_at.is_some());
}

pub(crate) fn the_live_steps_end_with_it_and_their_tokens_rise(repository: &dyn Repository) {
    let first = first_step(repository, "monday");
    let done = repository.end_step(&first, &step_end(Status::Completed)).unwrap();
    let second = step(repository, &first.lease, 1);
    commit(repository, &second, &after(10)).unwrap();
    let row = taken(repository, first.lease);
    let live = stored_step(repository, &second);
    assert_eq!((live.status, live.exit_code.as_str()), (row.status, row.exit_code.as_str()));
    assert!(live.lease_token > first.lease.token && live.ended_at.is_some());
    assert_eq!((live.counts, live.checkpoint), (after(10).counts, Some(json!({"offset": 10}))));
    assert_eq!(stored_step(repository, &first), done);
}

pub(crate) fn an_execution_that_was_stopping_ends_as_it_was_told(repository: &dyn Repository) {
    for intent in StopIntent::ALL {
        let step = first_step(repository, intent.as_str());
        repository.request_stop(&order(step.lease.execution, intent)).unwrap();
        let row = taken(repository, step.lease);
        let (status, exit_code) = intent.end();
        assert_eq!((row.status, &row.exit_code), (status, &exit_code));
        let step = stored_step(repository, &step);
        assert_eq!((step.status, step.exit_code), (status, exit_code));
    }
}

pub(crate) fn a_timeout_that_nobody_answered_fails(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    repository.request_stop(&order(lease.execution, StopIntent::Timeout)).unwrap();
    let row = taken(repository, lease);
    assert_eq!((row.status, row.exit_code.as_str()), (Status::Failed, "TIMEOUT"));
}

pub(crate) fn only_the_lease_that_was_seen_is_taken(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let before = stored(repository, lease.execution);
    let wrong = [
        Lease { token: lease.token + 1, ..lease },
        Lease { token: lease.token - 1, ..lease },
        Lease { worker: WorkerId(lease.worker.0 + 4711), ..lease },
        Lease { execution: ExecutionId(4711), ..lease },
    ];
    for lease in wrong {
        assert_eq!(repository.take_over(&take_over(lease)).unwrap(), None);
    }
    assert_eq!(stored(repository, lease.execution), before);
}

pub(crate) fn what_is_taken_is_not_taken_again(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let row = taken(repository, lease);
    assert_eq!(repository.take_over(&take_over(lease)).unwrap(), None);
    let raised = Lease { token: row.lease_token, ..lease };
    assert_eq!(repository.take_over(&take_over(raised)).unwrap(), None);
    assert_eq!(stored(repository, row.id), row);
}

pub(crate) fn what_has_ended_is_not_taken(repository: &dyn Repository) {
    for status in [Status::Completed, Status::Stopped, Status::Failed, Status::Unknown] {
        let row = ended(repository, status.as_str(), status);
        let lease = Lease { execution: row.id, worker: row.worker_id.unwrap(), token: row.lease_token };
        assert_eq!(repository.take_over(&take_over(lease)).unwrap(), None);
        assert_eq!(stored(repository, row.id), row);
    }
}

pub(crate) fn of_eight_rescuers_one_takes_it(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let barrier = Barrier::new(8);
    let rescuer = || {
        barrier.wait();
        repository.take_over(&take_over(lease)).unwrap()
    };
    let taken: usize = thread::scope(|scope| {
        let rescuers: Vec<_> = (0..8).map(|_| scope.spawn(rescuer)).collect();
        rescuers.into_iter().filter_map(|rescuer| rescuer.join().expect("no rescuer panics")).count()
    });
    assert_eq!(taken, 1);
}

pub(crate) fn a_lease_that_is_not_over_is_left_alone_when_that_was_asked_for(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let before = stored(repository, lease.execution);
    let careful = TakeOver { expired_for: Some(Duration::ZERO), ..take_over(lease) };
    assert_eq!(repository.take_over(&careful).unwrap(), None);
    assert_eq!(stored(repository, lease.execution), before);
}

pub(crate) fn a_lease_that_is_over_is_taken_once_it_is_over_for_as_long_as_asked(repository: &dyn Repository) {
    let lease = begun(repository, &LaunchRequest { lease: Duration::ZERO, ..request("monday") });
    let patient = TakeOver { expired_for: Some(LONG), ..take_over(lease) };
    assert_eq!(repository.take_over(&patient).unwrap(), None);
    let careful = TakeOver { expired_for: Some(Duration::ZERO), ..take_over(lease) };
    assert_eq!(repository.take_over(&careful).unwrap().unwrap().status, Status::Failed);
}

pub(crate) fn an_instance_that_was_taken_over_is_continued(repository: &dyn Repository) {
    let row = taken(repository, running(repository, "monday"));
    assert_eq!(repository.instance(row.instance_id).unwrap().unwrap().closed, None);
    let next = launched(repository, "monday").execution;
    assert_eq!((next.instance_id, next.previous_id), (row.instance_id, Some(row.id)));
}

pub(crate) fn a_worker_that_ended_first_is_not_overruled(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let row = repository.end(&lease, &end(Status::Completed)).unwrap();
    assert_eq!(repository.take_over(&take_over(lease)).unwrap(), None);
    assert_eq!(stored(repository, lease.execution), row);
}
