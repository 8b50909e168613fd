//! What the store in memory promises beyond the port: a clock of one's own, and no verb beside an open chunk.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::clock::ManualClock;
use crate::repository::ChunkCommit;
use crate::repository::conformance::fixture::{LONG, first_step, launched, order, take_over};
use crate::row::Value;
use crate::status::{Status, StopIntent};

#[test]
fn leases_end_by_the_clock_that_was_handed_in() {
    let clock = ManualClock::default();
    let repository = MemoryRepository::with_clock(Arc::new(clock.clone()));
    let lease = launched(&repository, "monday").lease;
    let careful = TakeOver { expired_for: Some(Duration::ZERO), ..take_over(lease) };
    clock.advance(LONG - Duration::from_micros(1));
    assert_eq!(repository.take_over(&careful).unwrap(), None);
    clock.advance(Duration::from_micros(1));
    let taken = repository.take_over(&careful).unwrap().unwrap();
    assert_eq!(taken.ended_at, Some(clock.now()));
}

#[test]
fn a_thread_with_an_open_chunk_is_told_to_finish_it_first() {
    let repository = MemoryRepository::new();
    let lease = first_step(&repository, "monday").lease;
    let step = first_step(&repository, "tuesday");
    let chunk = repository.begin_chunk(&step).unwrap();
    let error = repository.beat(&Beat { worker: lease.worker, leases: vec![lease], duration: LONG }).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::ChunkOpen);
    assert_eq!(repository.may_write().unwrap_err().kind, StoreErrorKind::ChunkOpen);
    assert!(repository.execution(lease.execution).unwrap().is_some());
    thread::scope(|scope| {
        scope.spawn(|| launched(&repository, "wednesday"));
    });
    drop(chunk);
    launched(&repository, "thursday");
}

#[test]
fn a_savepoint_left_open_keeps_its_chunk_from_being_committed() {
    let repository = MemoryRepository::new();
    let step = first_step(&repository, "monday");
    let mut chunk = repository.begin_chunk(&step).unwrap();
    let tables = chunk.connection().downcast_mut::<MemoryTables>().unwrap();
    tables.insert("ledger", [Value::Int(1)]);
    chunk.savepoint("half").unwrap();
    assert!(matches!(chunk.commit(&ChunkCommit::default()), Err(ChunkError::NotOpen)));
    assert!(repository.tables().rows("ledger").is_empty());
}

/// No verb of the port leaves an execution QUEUED yet, but the rule for it is here.
#[test]
fn a_waiting_execution_is_stopped_at_once() {
    let repository = MemoryRepository::new();
    let id = launched(&repository, "monday").id();
    if let Some(row) = repository.lock().records.executions.get_mut(id.0) {
        (row.status, row.lease_until) = (Status::Queued, None);
    }
    let answer = repository.request_stop(&order(id, StopIntent::Timeout)).unwrap();
    let StopAnswer::Stopped(row) = answer else { panic!("{answer:?}") };
    assert_eq!((row.status, row.exit_code.as_str()), (Status::Stopped, "TIMEOUT"));
    assert!(row.ended_at.is_some());
}
