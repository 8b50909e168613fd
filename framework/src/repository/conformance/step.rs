//! Beginning and ending a step: its address, what it goes on from, and what it leaves.

use serde_json::json;

use super::fixture::{
    LONG, after, assert_lost, commit, end, error, first_step, launched, object, order, running, start, step, step_end,
    stored, stored_step,
};
use crate::execution::{Counts, StepKind};
use crate::repository::{Repository, StepEnd, StepLease, StepStart};
use crate::status::{ExitCode, Status, StopIntent};

/// The ends that a worker may write.
const ENDS: [Status; 4] = [Status::Completed, Status::Stopped, Status::Failed, Status::Unknown];

pub(crate) fn a_begun_step_is_started_under_the_address_of_its_execution(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let step = repository.begin_step(&lease, &start(0)).unwrap();
    assert_eq!((step.execution_id, step.path), (lease.execution, format!("{}-0", lease.execution)));
    assert_eq!((step.status, step.exit_code.as_str(), step.lease_token), (Status::Started, "", lease.token));
    assert_eq!((step.counts, step.checkpoint, step.progress_total), (Counts::default(), None, None));
    assert_eq!((step.stop_intent, step.error, step.ended_at), (None, None, None));
    assert!(step.started_at.is_some() && step.outputs.is_empty());
}

pub(crate) fn what_a_step_is_told_is_on_its_record(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let told = StepStart {
        ordinal: 3,
        step_key: "load".to_owned(),
        name: "Load".to_owned(),
        kind: StepKind::Tasklet,
        dest: "host-2".to_owned(),
        checkpoint: Some(json!({"offset": 70})),
        context: object(json!({"seen": [1, 2]})),
        outputs: object(json!({"rows": 7})),
    };
    let step = repository.begin_step(&lease, &told).unwrap();
    assert_eq!((step.ordinal, &step.step_key, &step.name), (3, &told.step_key, &told.name));
    assert_eq!((step.kind, &step.dest), (told.kind, &told.dest));
    assert_eq!((&step.checkpoint, &step.context), (&told.checkpoint, &told.context));
    assert_eq!(step.outputs, told.outputs);
    assert_eq!(repository.steps(lease.execution).unwrap(), [step]);
}

pub(crate) fn no_step_begins_before_its_execution(repository: &dyn Repository) {
    let lease = launched(repository, "monday").lease;
    assert!(repository.begin_step(&lease, &start(0)).is_err());
    assert!(repository.steps(lease.execution).unwrap().is_empty());
}

pub(crate) fn no_step_begins_after_its_execution(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    repository.end(&lease, &end(Status::Failed)).unwrap();
    assert_lost(repository.begin_step(&lease, &start(0)));
    assert!(repository.steps(lease.execution).unwrap().is_empty());
}

pub(crate) fn i_14_an_address_is_given_once(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let first = repository.begin_step(&lease, &start(0)).unwrap();
    assert!(repository.begin_step(&lease, &StepStart { step_key: "other".to_owned(), ..start(0) }).is_err());
    assert_eq!(repository.steps(lease.execution).unwrap(), [first]);
}

pub(crate) fn steps_come_in_the_order_of_their_places(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let backwards = (0..12).rev().map(|place| repository.begin_step(&lease, &start(place)).unwrap());
    let mut begun: Vec<_> = backwards.collect();
    begun.reverse();
    assert_eq!(repository.steps(lease.execution).unwrap(), begun);
}

pub(crate) fn every_legal_end_of_a_step_is_written(repository: &dyn Repository) {
    for (from, to) in moves() {
        let lease = step_that_is(repository, from, &format!("{from} {to}"));
        let ended = repository.end_step(&lease, &step_end(to)).unwrap();
        assert_eq!((ended.status, ended.exit_code.as_str()), (to, to.as_str()), "{from} -> {to}");
        assert!(ended.started_at <= ended.ended_at && ended.ended_at.is_some());
        assert_eq!(stored_step(repository, &lease), ended);
    }
}

pub(crate) fn only_an_end_ends_a_step(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let before = stored_step(repository, &lease);
    for to in Status::ALL.into_iter().filter(|status| !ENDS.contains(status)) {
        assert!(repository.end_step(&lease, &step_end(to)).is_err(), "{to}");
        assert_eq!(stored_step(repository, &lease), before, "{to}");
    }
}

fn moves() -> impl Iterator<Item = (Status, Status)> {
    [Status::Started, Status::Stopping].into_iter().flat_map(|from| ENDS.into_iter().map(move |to| (from, to)))
}

fn step_that_is(repository: &dyn Repository, status: Status, key: &str) -> StepLease {
    let lease = first_step(repository, key);
    if status == Status::Stopping {
        repository.request_stop(&order(lease.lease.execution, StopIntent::Stopped)).unwrap();
    }
    assert_eq!(stored_step(repository, &lease).status, status);
    lease
}

pub(crate) fn the_end_of_a_step_is_final(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let ended = repository.end_step(&lease, &step_end(Status::Failed)).unwrap();
    let again = StepEnd { promoted: object(json!({"late": true})), ..step_end(Status::Completed) };
    assert_lost(repository.end_step(&lease, &again));
    assert_eq!(stored_step(repository, &lease), ended);
    assert!(stored(repository, lease.lease.execution).context.is_empty());
}

pub(crate) fn the_end_of_a_step_records_what_it_did(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let told = StepEnd {
        status: Status::Failed,
        exit_code: ExitCode::from("InvalidRow"),
        error: Some(error("InvalidRow")),
        counts: counts(),
        context: object(json!({"file": "tx.csv"})),
        outputs: object(json!({"rows": 3})),
        promoted: object(json!({})),
    };
    let step = repository.end_step(&lease, &told).unwrap();
    assert_eq!((step.exit_code, step.error, step.counts), (told.exit_code, told.error, told.counts));
    assert_eq!((step.context, step.outputs), (told.context, told.outputs));
}

/// Nine counters that all differ, one of them beyond 32 bits.
fn counts() -> Counts {
    Counts {
        read: 9_000_000_000,
        write: 2,
        filter: 3,
        read_skip: 4,
        process_skip: 5,
        write_skip: 6,
        commit: 7,
        rollback: 8,
        retry: 9,
    }
}

pub(crate) fn the_end_of_a_step_leaves_the_checkpoint_of_its_last_chunk(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    commit(repository, &lease, &after(10)).unwrap();
    let ended = repository.end_step(&lease, &step_end(Status::Failed)).unwrap();
    assert_eq!(ended.checkpoint, Some(json!({"offset": 10})));
}

pub(crate) fn a_step_that_wrote_no_chunk_keeps_the_checkpoint_it_went_on_from(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let from = StepStart { checkpoint: Some(json!({"offset": 70})), ..start(0) };
    let step = repository.begin_step(&lease, &from).unwrap().id;
    let lease = StepLease::new(step, lease, LONG);
    assert_eq!(repository.end_step(&lease, &step_end(Status::Stopped)).unwrap().checkpoint, from.checkpoint);
}

pub(crate) fn what_steps_promote_gathers_in_the_context_of_the_job(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    for (place, promoted) in
        [json!({"a": 1, "b": {"x": 1}}), json!({}), json!({"b": {"y": 2}, "c": 3})].into_iter().enumerate()
    {
        let step = step(repository, &lease, i32::try_from(place).unwrap());
        repository.end_step(&step, &StepEnd { promoted: object(promoted), ..step_end(Status::Completed) }).unwrap();
    }
    let expected = object(json!({"a": 1, "b": {"y": 2}, "c": 3}));
    assert_eq!(stored(repository, lease.execution).context, expected);
}

pub(crate) fn a_step_keeps_its_context_and_outputs_to_itself(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let own =
        StepEnd { context: object(json!({"a": 1})), outputs: object(json!({"b": 2})), ..step_end(Status::Completed) };
    repository.end_step(&lease, &own).unwrap();
    assert!(stored(repository, lease.lease.execution).context.is_empty());
}
