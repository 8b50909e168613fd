//! What a server can do to a chunk.

use std::sync::Barrier;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use overnight_db::{ChunkConnection, Session};
use overnight_framework::repository::{ChunkError, ChunkTransaction, StepLease, StoreErrorKind, TakeOver};

use super::{Booking, commit, execute, insert, raw};
use crate::support::{self, Store};

/// A run on a server, with one connection for everything that writes.
fn booking() -> Booking {
    Booking::on(support::postgres_with(1))
}

fn backend(chunk: &mut dyn ChunkTransaction) -> i32 {
    pid(chunk.postgres().unwrap())
}

fn pid(connection: &mut PgConnection) -> i32 {
    diesel::select(diesel::dsl::sql::<Integer>("pg_backend_pid()")).get_result(connection).unwrap()
}

/// Ends sessions from another one, and waits until they are gone.
fn terminate(store: &Store, which: &str) {
    let other = support::reopened(store);
    let ended = format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND {which}"
    );
    other.database.read(|connection| sql(connection, &ended)).unwrap();
}

fn sql(connection: Session<'_>, statement: &str) {
    let Session::Postgres(connection) = connection else { panic!("not PostgreSQL") };
    connection.batch_execute(statement).unwrap();
}

#[test]
fn a_dropped_chunk_gives_the_same_session_back() {
    let booking = booking();
    let mut chunk = booking.begin();
    let before = backend(chunk.as_mut());
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    drop(chunk);
    assert_eq!(backend(booking.begin().as_mut()), before);
}

#[test]
fn a_refused_chunk_gives_the_same_session_back() {
    let booking = booking();
    let mut chunk = booking.begin();
    let before = backend(chunk.as_mut());
    insert(chunk.as_mut(), &[(1, -1)]).unwrap_err();
    drop(chunk);
    assert_eq!(backend(booking.begin().as_mut()), before);
}

#[test]
fn a_session_that_ends_in_the_middle_is_the_store_s_fault_and_the_next_chunk_has_another() {
    let booking = booking();
    let mut chunk = booking.begin();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    let pid = backend(chunk.as_mut());
    terminate(&booking.store, &format!("pid = {pid}"));
    let error = insert(chunk.as_mut(), &[(2, 1)]).unwrap_err();
    assert!(matches!(&error, ChunkError::Store(error) if error.is_transient()), "{error:?}");
    drop(chunk);
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

#[test]
fn a_session_that_ends_before_the_fence_commits_nothing() {
    let booking = booking();
    let mut chunk = booking.begin();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    let pid = backend(chunk.as_mut());
    terminate(&booking.store, &format!("pid = {pid}"));
    let error = chunk.commit(&commit(1)).unwrap_err();
    assert!(matches!(&error, ChunkError::Store(_) | ChunkError::NotOpen), "{error:?}");
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

/// The session ends itself while it commits, in a deferred trigger: the client has sent COMMIT, and gets no answer.
#[test]
fn a_commit_without_an_answer_has_an_unknown_outcome() {
    let booking = booking();
    execute(
        &booking.store,
        "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF NEW.amount = 99 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END'",
    );
    execute(
        &booking.store,
        "CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION leave()",
    );
    let mut chunk = booking.begin();
    insert(chunk.as_mut(), &[(1, 99)]).unwrap();
    let error = chunk.commit(&commit(1)).unwrap_err();
    assert!(matches!(error, ChunkError::OutcomeUnknown(_)), "{error:?}");
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

#[test]
fn broken_idle_sessions_are_passed_over() {
    let booking = Booking::on(support::postgres_with(3));
    let (store, lease) = (&booking.store, booking.run.lease);
    // Three chunks at a time open three sessions.
    let all_open = Barrier::new(3);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let chunk = store.repository.begin_chunk(&lease).unwrap();
                all_open.wait();
                drop(chunk);
            });
        }
    });
    terminate(store, "true");
    booking.the_next_chunk_commits();
    terminate(store, "true");
    assert!(store.repository.execution(booking.run.launched.id()).unwrap().is_some());
    terminate(store, "true");
    store.database.read(|connection| sql(connection, "SELECT 1")).unwrap();
    terminate(store, "true");
    store.database.write(|connection| sql(connection, "SELECT 1")).unwrap();
    terminate(store, "true");
    store.repository.launch(&support::start("2026-02-28")).unwrap();
}

/// A worker that is frozen inside its chunk lets go in the end, so that others can write the same rows.
#[test]
fn a_frozen_chunk_is_ended_by_the_server_and_says_which_limit_it_was() {
    let booking = booking();
    let lease = StepLease { idle_timeout: Duration::from_millis(200), ..booking.run.lease };
    let mut chunk = booking.store.repository.begin_chunk(&lease).unwrap();
    let pid = backend(chunk.as_mut());
    let other = support::reopened(&booking.store);
    let gone = format!("NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = {pid})");
    other.database.read(|connection| sql(connection, &until(&gone))).unwrap();
    let error = insert(chunk.as_mut(), &[(1, 1)]).unwrap_err();
    let error = chunk.explain(error);
    assert!(matches!(error, ChunkError::Idle { limit, .. } if limit == lease.idle_timeout), "{error:?}");
    assert!(error.to_string().contains("nothing was sent for 200ms: a writer that needs longer sets `idle_timeout`"));
    drop(chunk);
    let order = TakeOver {
        lease: booking.run.launched.lease,
        by: "test".to_owned(),
        reason: "frozen".to_owned(),
        expired_for: None,
        goes_on: false,
    };
    assert!(booking.store.repository.take_over(&order).unwrap().is_some());
    booking.nothing_is_written();
}

#[test]
fn a_chunk_that_was_idle_for_too_long_before_its_fence_says_so_too() {
    let booking = booking();
    let lease = StepLease { idle_timeout: Duration::from_millis(200), ..booking.run.lease };
    let mut chunk = booking.store.repository.begin_chunk(&lease).unwrap();
    let gone = format!("NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = {})", backend(chunk.as_mut()));
    support::reopened(&booking.store).database.read(|connection| sql(connection, &until(&gone))).unwrap();
    let error = chunk.commit(&commit(1)).unwrap_err();
    assert!(matches!(error, ChunkError::Idle { .. }), "{error:?}");
    booking.the_next_chunk_commits();
}

/// The writer may send its items elsewhere for longer than a lease, while its process beats. Behind the fence the transaction
/// holds the row for which a takeover waits. A deferred trigger runs there.
#[test]
fn a_chunk_may_be_idle_for_four_leases_before_its_fence_and_for_one_behind_it() {
    let booking = booking();
    execute(&booking.store, "CREATE TABLE seen (idle_limit TEXT)");
    execute(
        &booking.store,
        "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN INSERT INTO seen VALUES (current_setting(''idle_in_transaction_session_timeout'')); RETURN NEW; END'",
    );
    execute(
        &booking.store,
        "CREATE CONSTRAINT TRIGGER look AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION look()",
    );
    let mut chunk = booking.begin();
    raw(chunk.as_mut(), "INSERT INTO seen VALUES (current_setting('idle_in_transaction_session_timeout'))").unwrap();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    chunk.commit(&commit(1)).unwrap();
    let seen = booking.store.database.read(|connection| {
        let Session::Postgres(connection) = connection else { panic!("not PostgreSQL") };
        diesel::select(diesel::dsl::sql::<Text>("(SELECT string_agg(idle_limit, ', ') FROM seen)"))
            .get_result::<String>(connection)
    });
    // The leases of these tests last a minute.
    assert_eq!(seen.unwrap().unwrap(), "4min, 1min");
}

/// The server holds a COMMIT up, in a deferred trigger that waits for a lock; meanwhile its chunk is sent again over another
/// connection, which waits at the fence for the row of the step.
#[test]
fn a_commit_that_is_on_its_way_and_its_replay_are_not_both_applied() {
    let booking = Booking::on(support::postgres_with(2));
    execute(
        &booking.store,
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF NEW.amount = 99 THEN PERFORM pg_advisory_xact_lock(99); END IF; RETURN NEW; END'",
    );
    execute(
        &booking.store,
        "CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION linger()",
    );
    let attempt = |row| {
        let mut chunk = booking.begin();
        insert(chunk.as_mut(), &[row])?;
        chunk.commit(&commit(1)).map(drop)
    };
    let other = support::reopened(&booking.store);
    let (first, replay) = std::thread::scope(|scope| {
        let both = other.database.read(|connection| {
            let Session::Postgres(connection) = connection else { panic!("not PostgreSQL") };
            connection.batch_execute("SELECT pg_advisory_lock(99)").unwrap();
            let first = scope.spawn(|| attempt((1, 99)));
            connection.batch_execute(&until(&waits_for("advisory"))).unwrap();
            let replay = scope.spawn(|| attempt((2, 1)));
            connection.batch_execute(&until(&waits_for("transactionid"))).unwrap();
            connection.batch_execute("SELECT pg_advisory_unlock(99)").unwrap();
            (first, replay)
        });
        let (first, replay) = both.unwrap();
        (first.join().unwrap(), replay.join().unwrap())
    });
    assert!(first.is_ok(), "{first:?}");
    assert!(matches!(replay, Err(ChunkError::OutOfTurn)), "{replay:?}");
    assert_eq!((booking.booked(), booking.counted()), (vec![1], 1));
}

/// Whether a session of this database waits for a lock of this kind.
fn waits_for(kind: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM pg_stat_activity
                  WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = '{kind}')"
    )
}

fn until(condition: &str) -> String {
    format!(
        "DO $$ BEGIN
           FOR attempt IN 1..200 LOOP
             IF {condition} THEN RETURN; END IF;
             PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
           END LOOP;
           RAISE 'it did not come to this';
         END $$"
    )
}

/// What a transaction may do follows the session's default in nothing.
#[test]
fn a_chunk_is_read_committed_whatever_the_default_of_the_database() {
    let booking = booking();
    execute(
        &booking.store,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable',
           current_database()); END $$",
    );
    let store = support::reopened(&booking.store);
    let mut chunk = store.repository.begin_chunk(&booking.run.lease).unwrap();
    let level = diesel::select(diesel::dsl::sql::<Text>("current_setting('transaction_isolation')"));
    assert_eq!(level.get_result::<String>(chunk.postgres().unwrap()).unwrap(), "read committed");
}

#[test]
fn all_connections_in_use_is_told_from_a_server_that_is_gone() {
    let mut options = overnight_db::OpenOptions { connections: 1, ..Default::default() };
    options.wait = Duration::from_millis(100);
    let booking = Booking::on(support::postgres_as(options));
    let chunk = booking.begin();
    let (store, lease) = (&booking.store, booking.run.lease);
    let refused = std::thread::scope(|scope| {
        scope.spawn(|| store.repository.begin_chunk(&lease).map(drop).unwrap_err()).join().unwrap()
    });
    assert!(matches!(&refused, ChunkError::Store(error) if error.kind == StoreErrorKind::Busy), "{refused:?}");
    drop(chunk);
}
