//! The fence: whoever lost a lease writes nothing more, and whoever never had it neither.

use std::time::Duration;

use super::fixture::{
    after, assert_chunk_lost, assert_lost, begun, commit, end, first_step, launched, request, running, start, step,
    step_end, stored, taken,
};
use crate::execution::{ExecutionId, JobExecution, StepExecution, StepExecutionId, WorkerId};
use crate::repository::{Event, LaunchRequest, Lease, Repository, StepLease};
use crate::status::Status;

pub(crate) fn i_7_after_a_take_over_the_old_holder_writes_nothing(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    taken(repository, lease.lease);
    let before = everything(repository, lease.lease.execution);
    assert_every_verb_is_lost(repository, &lease);
    assert_eq!(everything(repository, lease.lease.execution), before);
}

pub(crate) fn i_7_the_new_holder_of_a_continued_run_is_not_disturbed_by_the_old_one(repository: &dyn Repository) {
    let old = first_step(repository, "monday");
    taken(repository, old.lease);
    let new = first_step(repository, "monday");
    commit(repository, &new, &after(10)).unwrap();
    let before = everything(repository, new.lease.execution);
    assert_every_verb_is_lost(repository, &old);
    assert_eq!(everything(repository, new.lease.execution), before);
    commit(repository, &new, &after(20)).unwrap();
}

/// After a failover to a replica that lags behind, a token can be given twice. A worker cannot.
pub(crate) fn the_right_token_of_the_wrong_worker_opens_nothing(repository: &dyn Repository) {
    let right = first_step(repository, "monday");
    let other = launched(repository, "tuesday").lease;
    assert_eq!(other.token, right.lease.token);
    let wrong = Lease { worker: other.worker, ..right.lease };
    let before = everything(repository, wrong.execution);
    assert_every_verb_is_lost(repository, &StepLease { lease: wrong, ..right });
    assert_eq!(everything(repository, wrong.execution), before);
}

pub(crate) fn the_right_worker_with_another_token_opens_nothing(repository: &dyn Repository) {
    let right = first_step(repository, "monday");
    let before = everything(repository, right.lease.execution);
    for token in [right.lease.token - 1, right.lease.token + 1] {
        assert_every_verb_is_lost(repository, &StepLease { lease: Lease { token, ..right.lease }, ..right });
    }
    assert_eq!(everything(repository, right.lease.execution), before);
}

pub(crate) fn the_lease_of_something_that_does_not_exist_opens_nothing(repository: &dyn Repository) {
    let lease = Lease { execution: ExecutionId(4711), worker: WorkerId(4711), token: 1 };
    let step = StepLease::new(StepExecutionId(4711), lease, Duration::from_secs(15));
    assert_every_verb_is_lost(repository, &step);
}

pub(crate) fn the_holder_of_one_execution_cannot_write_another(repository: &dyn Repository) {
    let (monday, tuesday) = (first_step(repository, "monday"), first_step(repository, "tuesday"));
    let before = everything(repository, monday.lease.execution);
    let crossed = StepLease { step: monday.step, ..tuesday };
    assert_chunk_lost(commit(repository, &crossed, &after(10)));
    assert_lost(repository.end_step(&crossed, &step_end(Status::Completed)));
    assert_eq!(everything(repository, monday.lease.execution), before);
}

/// Time alone takes nothing away: a worker that was late, and that nobody missed, goes on.
pub(crate) fn a_lease_that_is_over_still_holds_until_somebody_takes_it(repository: &dyn Repository) {
    let lease = begun(repository, &LaunchRequest { lease: Duration::ZERO, ..request("monday") });
    let step = step(repository, &lease, 0);
    commit(repository, &step, &after(10)).unwrap();
    repository.end_step(&step, &step_end(Status::Completed)).unwrap();
    repository.end(&lease, &end(Status::Completed)).unwrap();
    assert_eq!(stored(repository, lease.execution).status, Status::Completed);
}

pub(crate) fn the_work_of_one_execution_leaves_all_others_alone(repository: &dyn Repository) {
    let bystander = first_step(repository, "monday");
    let before = everything(repository, bystander.lease.execution);
    let busy = step(repository, &running(repository, "tuesday"), 0);
    commit(repository, &busy, &after(10)).unwrap();
    repository.end_step(&busy, &step_end(Status::Failed)).unwrap();
    taken(repository, busy.lease);
    assert_eq!(everything(repository, bystander.lease.execution), before);
}

/// All that is known of an execution.
fn everything(repository: &dyn Repository, id: ExecutionId) -> (JobExecution, Vec<StepExecution>, Vec<Event>) {
    (stored(repository, id), repository.steps(id).unwrap(), repository.events(id).unwrap())
}

#[track_caller]
fn assert_every_verb_is_lost(repository: &dyn Repository, lease: &StepLease) {
    assert_lost(repository.begin(&lease.lease));
    assert_lost(repository.begin_step(&lease.lease, &start(9)));
    assert_chunk_lost(commit(repository, lease, &after(990)));
    assert_lost(repository.end_step(lease, &step_end(Status::Completed)));
    assert_lost(repository.end(&lease.lease, &end(Status::Failed)));
}
