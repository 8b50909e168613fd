//! Business rows: written through the connection of a chunk, they share its fate.

use super::Harness;
use super::fixture::{
    after, assert_chunk_lost, assert_out_of_turn, first_step, letter, order, stored, stored_step, taken,
};
use crate::execution::Counts;
use crate::repository::{ChunkTransaction, StepLease};
use crate::status::StopIntent;

pub(crate) fn i_8_rows_counters_and_checkpoint_are_committed_together(harness: &dyn Harness) {
    let lease = first_step(harness.repository(), "monday");
    let chunk = chunk_with(harness, &lease, &["a", "b"]);
    chunk.commit(&after(2)).unwrap();
    let step = stored_step(harness.repository(), &lease);
    assert_eq!((step.counts, step.checkpoint), (after(2).counts, Some(after(2).checkpoint)));
    assert_eq!(rows(harness), ["a", "b"]);
}

pub(crate) fn rows_are_not_seen_before_their_chunk_is_committed(harness: &dyn Harness) {
    let lease = first_step(harness.repository(), "monday");
    let chunk = chunk_with(harness, &lease, &["a"]);
    assert!(rows(harness).is_empty());
    chunk.commit(&after(1)).unwrap();
    assert_eq!(rows(harness), ["a"]);
}

pub(crate) fn i_8_a_dropped_chunk_leaves_no_row(harness: &dyn Harness) {
    let lease = first_step(harness.repository(), "monday");
    drop(chunk_with(harness, &lease, &["a", "b"]));
    assert!(rows(harness).is_empty());
    assert_eq!(stored_step(harness.repository(), &lease).counts, Counts::default());
}

pub(crate) fn a_replayed_chunk_writes_its_rows_once(harness: &dyn Harness) {
    let lease = first_step(harness.repository(), "monday");
    drop(chunk_with(harness, &lease, &["a", "b"]));
    chunk_with(harness, &lease, &["a", "b"]).commit(&after(2)).unwrap();
    assert_eq!(rows(harness), ["a", "b"]);
}

pub(crate) fn i_8_the_replay_of_a_committed_chunk_leaves_no_row_and_no_letter(harness: &dyn Harness) {
    let repository = harness.repository();
    let lease = first_step(repository, "monday");
    chunk_with(harness, &lease, &["a", "b"]).commit(&after(2)).unwrap();
    let mut replay = chunk_with(harness, &lease, &["a", "b"]);
    replay.dead_letters(&[letter(3)]).unwrap();
    assert_out_of_turn(replay.commit(&after(2)));
    assert_eq!(rows(harness), ["a", "b"]);
    let instance = stored(repository, lease.lease.execution).instance_id;
    assert!(repository.dead_letters(instance, 0, 10).unwrap().is_empty());
}

pub(crate) fn i_7_a_chunk_that_lost_its_lease_leaves_no_row(harness: &dyn Harness) {
    let repository = harness.repository();
    let lease = first_step(repository, "monday");
    taken(repository, lease.lease);
    let before = stored_step(repository, &lease);
    let mut chunk = chunk_with(harness, &lease, &["a", "b"]);
    chunk.dead_letters(&[letter(3)]).unwrap();
    assert_chunk_lost(chunk.commit(&after(3)));
    assert!(rows(harness).is_empty());
    assert_eq!(stored_step(repository, &lease), before);
    let instance = stored(repository, lease.lease.execution).instance_id;
    assert!(repository.dead_letters(instance, 0, 10).unwrap().is_empty());
}

pub(crate) fn a_stop_order_does_not_undo_the_chunk_that_brings_it(harness: &dyn Harness) {
    let repository = harness.repository();
    let lease = first_step(repository, "monday");
    repository.request_stop(&order(lease.lease.execution, StopIntent::Stopped)).unwrap();
    let committed = chunk_with(harness, &lease, &["a"]).commit(&after(1)).unwrap();
    assert_eq!(committed.stop, Some(StopIntent::Stopped));
    assert_eq!(rows(harness), ["a"]);
}

/// Four rows, the third one bad, found as the engine finds it: by halves.
pub(crate) fn a_bisected_chunk_keeps_the_good_rows_and_the_letter_of_the_bad_one(harness: &dyn Harness) {
    let repository = harness.repository();
    let lease = first_step(repository, "monday");
    let mut chunk = repository.begin_chunk(&lease).unwrap();
    let tx = chunk.as_mut();
    attempt(harness, tx, &["a", "b"], Attempt::Accepted);
    attempt(harness, tx, &["c", "d"], Attempt::Refused);
    attempt(harness, tx, &["c"], Attempt::Refused);
    tx.dead_letters(&[letter(3)]).unwrap();
    attempt(harness, tx, &["d"], Attempt::Accepted);
    chunk.commit(&after(4)).unwrap();
    assert_eq!(rows(harness), ["a", "b", "d"]);
    let instance = stored(repository, lease.lease.execution).instance_id;
    assert_eq!(repository.dead_letters(instance, 0, 10).unwrap().len(), 1);
}

#[derive(Clone, Copy)]
enum Attempt {
    Accepted,
    Refused,
}

/// Writes rows under a savepoint, and keeps them or not.
fn attempt(harness: &dyn Harness, chunk: &mut dyn ChunkTransaction, rows: &[&str], outcome: Attempt) {
    chunk.savepoint("attempt").unwrap();
    write(harness, chunk, rows);
    match outcome {
        Attempt::Accepted => chunk.release("attempt").unwrap(),
        Attempt::Refused => chunk.rollback_to("attempt").unwrap(),
    }
}

fn chunk_with<'a>(harness: &'a dyn Harness, lease: &StepLease, rows: &[&str]) -> Box<dyn ChunkTransaction + 'a> {
    let mut chunk = harness.repository().begin_chunk(lease).unwrap();
    write(harness, chunk.as_mut(), rows);
    chunk
}

fn write(harness: &dyn Harness, chunk: &mut dyn ChunkTransaction, rows: &[&str]) {
    for row in rows {
        harness.write_row(chunk, row).unwrap();
    }
}

/// The committed rows, sorted: a table has no order.
fn rows(harness: &dyn Harness) -> Vec<String> {
    let mut rows = harness.rows();
    rows.sort();
    rows
}
