//! The chunk transaction: counters, checkpoint and dead letters together or not at all.

use std::thread;
use std::time::Duration;

use serde_json::json;

use super::fixture::{
    LONG, after, assert_chunk_lost, assert_out_of_turn, begun, commit, end, first_step, letter, order, request,
    running, start, step, step_end, stored, stored_step,
};
use crate::execution::Counts;
use crate::repository::{ChunkCommit, ChunkTransaction, LaunchRequest, Repository, StepLease, StoredDeadLetter};
use crate::status::{Status, StopIntent};

pub(crate) fn a_committed_chunk_moves_counters_and_checkpoint(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let counts = Counts { read: 9_000_000_000, ..after(10).counts };
    let chunk = ChunkCommit { counts, progress_total: Some(5_000_000_000), ..after(10) };
    assert_eq!(commit(repository, &lease, &chunk).unwrap().stop, None);
    let step = stored_step(repository, &lease);
    assert_eq!((step.counts, step.progress_total), (chunk.counts, chunk.progress_total));
    assert_eq!((step.checkpoint, step.status), (Some(chunk.checkpoint), Status::Started));
}

pub(crate) fn each_counter_is_kept_under_its_own_name(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let counts = Counts {
        read: 7,
        write: 2,
        filter: 3,
        read_skip: 4,
        process_skip: 5,
        write_skip: 6,
        commit: 1,
        rollback: 8,
        retry: 9,
    };
    commit(repository, &lease, &ChunkCommit { counts, ..after(0) }).unwrap();
    assert_eq!(stored_step(repository, &lease).counts, counts);
}

pub(crate) fn chunk_after_chunk_the_last_one_stands(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    for read in [10, 20, 30] {
        commit(repository, &lease, &after(read)).unwrap();
        assert_eq!(stored_step(repository, &lease).counts, after(read).counts);
    }
    assert_eq!(stored_step(repository, &lease).checkpoint, Some(json!({"offset": 30})));
}

/// The answer to its COMMIT was lost, and so it comes again.
pub(crate) fn a_chunk_that_was_committed_is_not_committed_again(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    for read in [10, 20] {
        commit(repository, &lease, &after(read)).unwrap();
        let before = stored_step(repository, &lease);
        let again = ChunkCommit { checkpoint: json!({"offset": "again"}), ..after(read) };
        assert_out_of_turn(commit(repository, &lease, &again));
        assert_eq!(stored_step(repository, &lease), before);
    }
    assert_out_of_turn(commit(repository, &lease, &after(10)));
}

pub(crate) fn a_chunk_does_not_come_before_the_one_before_it(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let before = stored_step(repository, &lease);
    for read in [0, 20] {
        assert_out_of_turn(commit(repository, &lease, &after(read)));
    }
    assert_eq!(stored_step(repository, &lease), before);
}

pub(crate) fn a_chunk_out_of_turn_leaves_the_lease_and_the_next_one_goes_on(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    commit(repository, &lease, &after(10)).unwrap();
    assert_out_of_turn(commit(repository, &lease, &after(10)));
    commit(repository, &lease, &after(20)).unwrap();
    repository.end_step(&lease, &step_end(Status::Completed)).unwrap();
    assert_chunk_lost(commit(repository, &lease, &after(20)));
}

pub(crate) fn of_eight_racing_replays_of_a_chunk_one_is_committed(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let ended: Vec<_> = thread::scope(|scope| {
        let race = || commit(repository, &lease, &after(10));
        let racers: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = ended.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    lost.into_iter().for_each(assert_out_of_turn);
    assert_eq!(stored_step(repository, &lease).counts, after(10).counts);
}

pub(crate) fn a_dropped_chunk_leaves_no_trace(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let before = stored_step(repository, &lease);
    let mut chunk = repository.begin_chunk(&lease).unwrap();
    chunk.dead_letters(&[letter(1)]).unwrap();
    drop(chunk);
    assert_eq!(stored_step(repository, &lease), before);
    assert!(letters(repository, &lease).is_empty());
}

pub(crate) fn after_a_dropped_chunk_the_last_committed_position_stands_and_the_next_one_goes_on(
    repository: &dyn Repository,
) {
    let lease = first_step(repository, "monday");
    commit(repository, &lease, &after(10)).unwrap();
    drop(repository.begin_chunk(&lease).unwrap());
    let step = stored_step(repository, &lease);
    assert_eq!((step.counts, step.checkpoint), (after(10).counts, Some(after(10).checkpoint)));
    commit(repository, &lease, &after(20)).unwrap();
    assert_eq!(stored_step(repository, &lease).counts, after(20).counts);
}

pub(crate) fn dead_letters_are_committed_with_their_chunk(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let sent = [letter(7), letter(9)];
    commit_with(repository, &lease, |chunk| chunk.dead_letters(&sent).unwrap());
    let kept = letters(repository, &lease);
    assert_eq!(kept.len(), sent.len());
    for (kept, sent) in kept.iter().zip(&sent) {
        assert_eq!((kept.step_execution_id, kept.step_key.as_str()), (lease.step, "step-0"));
        assert_eq!((kept.phase, &kept.position, &kept.error), (sent.phase, &sent.position, &sent.error));
        assert_eq!((&kept.payload, kept.payload_kind.as_str()), (&sent.payload.bytes, sent.payload.kind));
    }
}

pub(crate) fn what_follows_a_savepoint_is_undone_by_rolling_back_to_it(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    commit_with(repository, &lease, |chunk| {
        chunk.dead_letters(&[letter(1)]).unwrap();
        chunk.savepoint("half").unwrap();
        chunk.dead_letters(&[letter(2)]).unwrap();
        chunk.rollback_to("half").unwrap();
        chunk.dead_letters(&[letter(3)]).unwrap();
    });
    assert_eq!(lines(repository, &lease), [1, 3]);
    assert_eq!(stored_step(repository, &lease).counts, after(10).counts);
}

pub(crate) fn what_follows_a_released_savepoint_is_kept(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    commit_with(repository, &lease, |chunk| {
        chunk.savepoint("half").unwrap();
        chunk.dead_letters(&[letter(1)]).unwrap();
        chunk.release("half").unwrap();
    });
    assert_eq!(lines(repository, &lease), [1]);
}

pub(crate) fn savepoints_nest_as_the_bisection_of_a_chunk_needs_it(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    commit_with(repository, &lease, |chunk| {
        chunk.savepoint("left").unwrap();
        chunk.dead_letters(&[letter(1)]).unwrap();
        chunk.savepoint("left_left").unwrap();
        chunk.dead_letters(&[letter(2)]).unwrap();
        chunk.rollback_to("left_left").unwrap();
        chunk.savepoint("left_right").unwrap();
        chunk.dead_letters(&[letter(3)]).unwrap();
        chunk.release("left_right").unwrap();
        chunk.release("left").unwrap();
    });
    assert_eq!(lines(repository, &lease), [1, 3]);
}

pub(crate) fn rolling_back_to_an_outer_savepoint_undoes_what_an_inner_one_kept(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    commit_with(repository, &lease, |chunk| {
        chunk.savepoint("outer").unwrap();
        chunk.savepoint("inner").unwrap();
        chunk.dead_letters(&[letter(1)]).unwrap();
        chunk.release("inner").unwrap();
        chunk.rollback_to("outer").unwrap();
    });
    assert!(lines(repository, &lease).is_empty());
}

pub(crate) fn a_rollback_releases_its_savepoint_so_that_the_name_is_free(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    commit_with(repository, &lease, |chunk| {
        chunk.dead_letters(&[letter(0)]).unwrap();
        for line in 1..=3 {
            chunk.savepoint("half").unwrap();
            chunk.dead_letters(&[letter(line)]).unwrap();
            chunk.rollback_to("half").unwrap();
        }
        assert!(chunk.rollback_to("half").is_err());
    });
}

pub(crate) fn of_two_savepoints_with_one_name_the_newer_is_meant(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    commit_with(repository, &lease, |chunk| {
        for line in 1..=3 {
            chunk.savepoint("half").unwrap();
            chunk.dead_letters(&[letter(line)]).unwrap();
        }
        chunk.rollback_to("half").unwrap();
        chunk.release("half").unwrap();
        chunk.release("half").unwrap();
    });
    assert_eq!(lines(repository, &lease), [1, 2]);
}

pub(crate) fn a_commit_brings_the_stop_that_was_requested(repository: &dyn Repository) {
    for intent in StopIntent::ALL {
        let lease = first_step(repository, intent.as_str());
        repository.request_stop(&order(lease.lease.execution, intent)).unwrap();
        let committed = commit(repository, &lease, &after(10)).unwrap();
        assert_eq!(committed.stop, Some(intent));
        assert_eq!(stored_step(repository, &lease).counts, after(10).counts);
    }
}

/// The order may come between the beginnings of an execution and of its step.
pub(crate) fn a_step_that_begins_under_a_stop_order_hears_of_it_at_its_first_chunk(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    repository.request_stop(&order(lease.execution, StopIntent::Paused)).unwrap();
    let step = step(repository, &lease, 0);
    assert_eq!(commit(repository, &step, &after(10)).unwrap().stop, Some(StopIntent::Paused));
}

pub(crate) fn an_ended_step_takes_no_chunk(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let ended = repository.end_step(&lease, &step_end(Status::Failed)).unwrap();
    assert_chunk_lost(commit(repository, &lease, &after(10)));
    assert_eq!(stored_step(repository, &lease), ended);
}

pub(crate) fn a_chunk_is_the_business_of_its_own_step_alone(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let (first, second) = (step(repository, &lease, 0), step(repository, &lease, 1));
    let before = stored_step(repository, &second);
    commit(repository, &first, &after(10)).unwrap();
    assert_eq!(stored_step(repository, &second), before);
}

/// Nothing is written per chunk but the row of the step.
pub(crate) fn a_chunk_leaves_the_execution_and_its_log_alone(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let id = lease.lease.execution;
    let before = (stored(repository, id).status, repository.events(id).unwrap());
    commit(repository, &lease, &after(10)).unwrap();
    assert_eq!((stored(repository, id).status, repository.events(id).unwrap()), before);
}

/// On a store where the beat has to wait behind the chunk, the chunk renews the lease itself, and says so.
pub(crate) fn a_commit_renews_the_lease_exactly_when_it_says_so(repository: &dyn Repository) {
    let over = begun(repository, &LaunchRequest { lease: Duration::ZERO, ..request("monday") });
    let before = stored(repository, over.execution).lease_until.unwrap();
    let committed = commit(repository, &step(repository, &over, 0), &after(10)).unwrap();
    let gained = stored(repository, over.execution).lease_until.unwrap() - before;
    let expected = if committed.renewed { LONG } else { Duration::ZERO };
    assert!((gained.num_seconds() - expected.as_secs() as i64).abs() <= 2, "{gained}, renewed: {}", committed.renewed);
}

pub(crate) fn two_executions_commit_their_chunks_at_the_same_time(repository: &dyn Repository) {
    let leases = [first_step(repository, "monday"), first_step(repository, "tuesday")];
    thread::scope(|scope| {
        for lease in &leases {
            scope.spawn(|| {
                for read in (10..=200).step_by(10) {
                    commit(repository, lease, &after(read)).unwrap();
                }
            });
        }
    });
    for lease in &leases {
        assert_eq!(stored_step(repository, lease).counts, after(200).counts);
    }
}

pub(crate) fn the_chunks_of_a_new_execution_count_from_zero(repository: &dyn Repository) {
    let first = first_step(repository, "monday");
    commit(repository, &first, &after(10)).unwrap();
    repository.end_step(&first, &step_end(Status::Failed)).unwrap();
    repository.end(&first.lease, &end(Status::Failed)).unwrap();
    let lease = running(repository, "monday");
    assert_eq!(repository.begin_step(&lease, &start(0)).unwrap().counts, Counts::default());
}

/// Commits a chunk of ten items after `fill` has done its part.
fn commit_with(repository: &dyn Repository, lease: &StepLease, fill: impl FnOnce(&mut dyn ChunkTransaction)) {
    let mut chunk = repository.begin_chunk(lease).unwrap();
    fill(chunk.as_mut());
    chunk.commit(&after(10)).unwrap();
}

/// The dead letters of the instance that the step belongs to.
fn letters(repository: &dyn Repository, lease: &StepLease) -> Vec<StoredDeadLetter> {
    let instance = stored(repository, lease.lease.execution).instance_id;
    repository.dead_letters(instance, 0, 100).unwrap()
}

fn lines(repository: &dyn Repository, lease: &StepLease) -> Vec<u64> {
    letters(repository, lease).iter().map(|letter| letter.position["line"].as_u64().unwrap()).collect()
}
