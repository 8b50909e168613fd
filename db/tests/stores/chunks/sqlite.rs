//! What a file can do to a chunk.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use overnight_db::{ChunkConnection, OpenOptions, Session};
use overnight_framework::repository::{Beat, ChunkError, StoreErrorKind};

use super::{Booking, commit, insert, raw};
use crate::support::{self, LEASE};

fn booking() -> Booking {
    Booking::on(support::sqlite())
}

/// A run on a file whose connections are told something more.
fn booking_with(setting: &'static str) -> Booking {
    let options = OpenOptions {
        sqlite_setup: Some(Arc::new(move |connection| connection.batch_execute(setting))),
        ..OpenOptions::default()
    };
    Booking::on(support::sqlite_as(options))
}

/// `OR ROLLBACK` ends the whole transaction, and diesel does not notice when the error is swallowed: without the guard the
/// counters would be committed, and the rows be gone.
#[test]
fn a_transaction_that_sqlite_ended_is_found_out() {
    let booking = booking();
    let mut chunk = booking.begin();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    let again = diesel::sql_query("INSERT OR ROLLBACK INTO ledger (id, amount) VALUES (1, 1)");
    again.execute(chunk.sqlite().unwrap()).unwrap_err();
    assert!(matches!(chunk.commit(&commit(1)), Err(ChunkError::NotOpen)));
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

#[test]
fn a_full_disk_is_the_fault_of_the_store_and_not_of_a_row() {
    let booking = booking_with("PRAGMA max_page_count = 100");
    let mut chunk = booking.begin();
    let fill = "INSERT INTO ledger SELECT value, value FROM (WITH RECURSIVE n (value) AS
        (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 100000) SELECT value FROM n)";
    let error = overnight_db::chunk_error(raw(chunk.as_mut(), fill).unwrap_err());
    assert!(matches!(&error, ChunkError::Store(error) if error.kind == StoreErrorKind::Full), "{error:?}");
    drop(chunk);
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

#[test]
fn a_file_that_another_process_writes_to_is_busy() {
    let booking = booking_with("PRAGMA busy_timeout = 50");
    let other = support::reopened(&booking.store);
    other
        .database
        .write(|connection| {
            let Session::Sqlite(connection) = connection else { panic!("not SQLite") };
            connection.batch_execute("BEGIN IMMEDIATE").unwrap();
            let error = booking.store.repository.begin_chunk(&booking.run.lease).map(drop).unwrap_err();
            assert!(matches!(&error, ChunkError::Store(error) if error.kind == StoreErrorKind::Busy), "{error:?}");
            assert!(booking.store.repository.execution(booking.run.launched.id()).unwrap().is_some());
            connection.batch_execute("ROLLBACK").unwrap();
        })
        .unwrap();
    booking.the_next_chunk_commits();
}

#[test]
fn a_beat_waits_behind_a_chunk_for_a_third_of_its_lease_and_no_longer() {
    let booking = booking();
    let chunk = booking.begin();
    let (repository, lease) = (&booking.store.repository, booking.run.launched.lease);
    let beat = Beat { worker: lease.worker, leases: vec![lease], duration: Duration::from_millis(300) };
    let refused = std::thread::scope(|scope| scope.spawn(|| repository.beat(&beat).unwrap_err()).join().unwrap());
    assert_eq!(refused.kind, StoreErrorKind::Busy);
    drop(chunk);
    assert!(repository.beat(&beat).unwrap()[0].renewed);
}

#[test]
fn a_chunk_renews_the_lease_because_the_beat_waits() {
    let booking = booking();
    let (repository, id) = (&booking.store.repository, booking.run.launched.id());
    let lease = booking.run.launched.lease;
    let short = Beat { worker: lease.worker, leases: vec![lease], duration: Duration::from_secs(1) };
    repository.beat(&short).unwrap();
    let chunk = booking.begin();
    assert!(chunk.commit(&commit(1)).unwrap().renewed);
    let left = repository.execution(id).unwrap().unwrap().lease_until.unwrap() - repository.now().unwrap();
    assert!(left.num_seconds() >= LEASE.as_secs().cast_signed() - 5, "{left}");
}

/// The pool discards a connection through which a panic went; the next one must be set up as the first was.
#[test]
fn a_new_connection_is_set_up_like_the_first() {
    let booking = booking();
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _chunk = booking.begin();
        panic!("through the chunk");
    }));
    assert!(unwound.is_err());
    let mut chunk = booking.begin();
    let on: i32 = diesel::dsl::sql::<Integer>("PRAGMA foreign_keys").get_result(chunk.sqlite().unwrap()).unwrap();
    assert_eq!(on, 1);
}

#[test]
fn chunks_may_be_lost_with_the_power_but_no_verb() {
    let booking = booking();
    let synchronous = |connection: &mut SqliteConnection| -> i32 {
        diesel::dsl::sql::<Integer>("PRAGMA synchronous").get_result(connection).unwrap()
    };
    let mut chunk = booking.begin();
    assert_eq!(synchronous(chunk.sqlite().unwrap()), 1, "NORMAL");
    chunk.commit(&commit(1)).unwrap();
    booking.store.repository.launch(&support::start("2026-02-28")).unwrap();
    let after = booking.store.database.write(|connection| match connection {
        Session::Sqlite(connection) => synchronous(connection),
        Session::Postgres(_) => panic!("not SQLite"),
    });
    assert_eq!(after.unwrap(), 2, "FULL");
}

#[test]
fn a_reader_cannot_write_by_mistake() {
    let booking = booking();
    let refused = booking.store.database.read(|connection| match connection {
        Session::Sqlite(connection) => connection.batch_execute("DELETE FROM ledger").unwrap_err(),
        Session::Postgres(_) => panic!("not SQLite"),
    });
    assert_eq!(refused.unwrap().to_string(), "attempt to write a readonly database");
}
