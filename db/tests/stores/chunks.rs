//! The chunk transaction, and everything that can go wrong inside of it.

mod postgres;
mod sqlite;

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::prelude::*;
use overnight_db::{ChunkConnection, Session, chunk_error};
use overnight_framework::execution::{Counts, ErrorRecord};
use overnight_framework::repository::{
    ChunkCommit, ChunkError, ChunkTransaction, DeadLetter, FenceError, Payload, Phase, StoreErrorKind, TakeOver,
};
use overnight_framework::status::Status;
use serde_json::json;

use crate::support::{self, Running, Store, running, step_end};

diesel::table! {
    ledger (id) {
        id -> BigInt,
        amount -> BigInt,
    }
}

/// A run on a store with a ledger, in which no amount is negative and no id comes twice.
struct Booking {
    store: Store,
    run: Running,
}

impl Booking {
    fn on(store: Store) -> Self {
        execute(
            &store,
            "CREATE TABLE ledger (id BIGINT NOT NULL PRIMARY KEY, amount BIGINT NOT NULL CHECK (amount >= 0))",
        );
        let run = running(&*store.repository, "2026-01-31");
        Self { store, run }
    }

    fn begin(&self) -> Box<dyn ChunkTransaction + '_> {
        self.store.repository.begin_chunk(&self.run.lease).unwrap()
    }

    /// A whole chunk that books one amount.
    fn book(&self, id: i64) -> Result<(), ChunkError> {
        let mut chunk = self.store.repository.begin_chunk(&self.run.lease)?;
        insert(chunk.as_mut(), &[(id, 1)])?;
        chunk.commit(&commit(1)).map(drop)
    }

    fn booked(&self) -> Vec<i64> {
        let rows = self.store.database.read(|connection| match connection {
            Session::Postgres(connection) => ledger::table.select(ledger::id).order(ledger::id).load(connection),
            Session::Sqlite(connection) => ledger::table.select(ledger::id).order(ledger::id).load(connection),
        });
        rows.unwrap().unwrap()
    }

    fn counted(&self) -> u64 {
        self.store.repository.steps(self.run.launched.id()).unwrap()[0].counts.read
    }

    #[track_caller]
    fn nothing_is_written(&self) {
        assert_eq!((self.booked(), self.counted()), (vec![], 0));
    }

    /// The store goes on as if nothing had been.
    #[track_caller]
    fn the_next_chunk_commits(&self) {
        self.book(4711).unwrap();
        assert_eq!((self.booked(), self.counted()), (vec![4711], 1));
    }
}

fn execute(store: &Store, statement: &str) {
    let statement = diesel::sql_query(statement);
    let done = store.database.write(|connection| match connection {
        Session::Postgres(connection) => statement.execute(connection),
        Session::Sqlite(connection) => statement.execute(connection),
    });
    done.unwrap().unwrap();
}

fn insert(chunk: &mut dyn ChunkTransaction, rows: &[(i64, i64)]) -> Result<(), ChunkError> {
    let rows: Vec<_> = rows.iter().map(|(id, amount)| (ledger::id.eq(*id), ledger::amount.eq(*amount))).collect();
    let insert = diesel::insert_into(ledger::table).values(rows);
    let done = match chunk.postgres() {
        Some(connection) => insert.execute(connection),
        None => insert.execute(chunk.sqlite().unwrap()),
    };
    done.map(drop).map_err(chunk_error)
}

/// Runs a statement as a writer may: through its connection, with whatever comes of it.
fn raw(chunk: &mut dyn ChunkTransaction, statement: &str) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    match chunk.postgres() {
        Some(connection) => connection.batch_execute(statement),
        None => chunk.sqlite().unwrap().batch_execute(statement),
    }
}

fn commit(read: u64) -> ChunkCommit {
    let counts = Counts { read, write: read, commit: 1, ..Counts::default() };
    ChunkCommit { counts, checkpoint: json!({"offset": read}), progress_total: None }
}

fn letter(line: i64) -> DeadLetter {
    let error = ErrorRecord { name: "InvalidRow".to_owned(), message: "refused".to_owned(), ..ErrorRecord::default() };
    let payload = Payload { kind: "csv", bytes: line.to_string().into_bytes() };
    DeadLetter { phase: Phase::Write, position: json!({"line": line}), payload, error }
}

/// Makes a test of each case for each store.
macro_rules! on_both_stores {
    ($($case:ident,)+) => {
        mod in_postgres {
            $(#[test] fn $case() { super::$case(&super::Booking::on(super::support::postgres())); })+
        }
        mod in_sqlite {
            $(#[test] fn $case() { super::$case(&super::Booking::on(super::support::sqlite())); })+
        }
    };
}

on_both_stores! {
    a_dropped_chunk_leaves_nothing_and_the_store_goes_on,
    a_chunk_whose_lease_is_lost_leaves_nothing_and_the_store_goes_on,
    a_panic_of_the_writer_leaves_nothing_and_the_store_goes_on,
    a_panic_that_unwinds_through_the_chunk_leaves_nothing_and_the_store_goes_on,
    a_refused_row_is_the_fault_of_the_data,
    a_writer_that_swallows_an_error_commits_all_or_nothing,
    a_writer_that_commits_is_found_out,
    a_writer_that_rolls_back_is_found_out,
    a_writer_that_begins_anew_is_found_out,
    a_writer_may_nest_transactions_of_its_own,
    a_nested_transaction_that_was_left_open_is_found_out,
    a_savepoint_that_was_left_open_is_found_out,
    a_hundred_rows_with_three_bad_ones_are_bisected_in_one_transaction,
    a_thousand_dead_letters_go_with_one_chunk,
    a_thread_with_an_open_chunk_is_refused_every_other_verb,
}

fn a_dropped_chunk_leaves_nothing_and_the_store_goes_on(booking: &Booking) {
    let mut chunk = booking.begin();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    drop(chunk);
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

fn a_chunk_whose_lease_is_lost_leaves_nothing_and_the_store_goes_on(booking: &Booking) {
    let lease = booking.run.launched.lease;
    let order = TakeOver { lease, by: "test".to_owned(), reason: "gone".to_owned(), expired_for: None, goes_on: false };
    booking.store.repository.take_over(&order).unwrap().unwrap();
    assert!(matches!(booking.book(1), Err(ChunkError::LeaseLost)));
    booking.nothing_is_written();
    let next = running(&*booking.store.repository, "2026-01-31");
    assert_eq!(next.launched.execution.attempt, 2);
    Booking { run: next, store: support::reopened(&booking.store) }.the_next_chunk_commits();
}

fn a_panic_of_the_writer_leaves_nothing_and_the_store_goes_on(booking: &Booking) {
    let mut chunk = booking.begin();
    let writer = catch_unwind(AssertUnwindSafe(|| {
        insert(chunk.as_mut(), &[(1, 1)]).unwrap();
        panic!("a writer's own panic");
    }));
    assert!(writer.is_err());
    drop(chunk);
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

fn a_panic_that_unwinds_through_the_chunk_leaves_nothing_and_the_store_goes_on(booking: &Booking) {
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut chunk = booking.begin();
        insert(chunk.as_mut(), &[(1, 1)]).unwrap();
        panic!("a panic that the engine does not catch");
    }));
    assert!(unwound.is_err());
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

fn a_refused_row_is_the_fault_of_the_data(booking: &Booking) {
    for rows in [[(1, 1), (1, 2)], [(1, 1), (2, -1)]] {
        let mut chunk = booking.begin();
        let refused = insert(chunk.as_mut(), &rows).unwrap_err();
        assert!(matches!(&refused, ChunkError::Data(error) if error.name() == "InvalidRow"), "{refused:?}");
    }
    booking.nothing_is_written();
}

/// PostgreSQL has given the transaction up by then, and answers COMMIT as if all were well; SQLite has undone the statement
/// alone. Either is whole: what is counted is there.
fn a_writer_that_swallows_an_error_commits_all_or_nothing(booking: &Booking) {
    let mut chunk = booking.begin();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap_err();
    let committed = chunk.commit(&commit(1)).is_ok();
    let expected = if committed { (vec![1], 1) } else { (vec![], 0) };
    assert_eq!((booking.booked(), booking.counted()), expected);
}

fn a_writer_that_commits_is_found_out(booking: &Booking) {
    let mut chunk = booking.begin();
    raw(chunk.as_mut(), "COMMIT").unwrap();
    assert!(matches!(chunk.commit(&commit(1)), Err(ChunkError::NotOpen)));
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

fn a_writer_that_rolls_back_is_found_out(booking: &Booking) {
    let mut chunk = booking.begin();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    raw(chunk.as_mut(), "ROLLBACK").unwrap();
    assert!(matches!(chunk.commit(&commit(1)), Err(ChunkError::NotOpen)));
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

/// The transaction that it leaves open looks like the one of the chunk.
fn a_writer_that_begins_anew_is_found_out(booking: &Booking) {
    for anew in ["ROLLBACK; BEGIN", "COMMIT; BEGIN"] {
        let mut chunk = booking.begin();
        raw(chunk.as_mut(), anew).unwrap();
        insert(chunk.as_mut(), &[(1, 1)]).unwrap();
        assert!(matches!(chunk.commit(&commit(1)), Err(ChunkError::NotOpen)), "{anew}");
        booking.nothing_is_written();
    }
    booking.the_next_chunk_commits();
}

fn a_writer_may_nest_transactions_of_its_own(booking: &Booking) {
    let mut chunk = booking.begin();
    for id in 1..=4 {
        let work = |amount| (ledger::id.eq(id), ledger::amount.eq(amount));
        let amount = if id % 2 == 0 { 1 } else { -1 };
        let nested = match chunk.postgres() {
            Some(connection) => connection
                .transaction(|connection| diesel::insert_into(ledger::table).values(work(amount)).execute(connection)),
            None => chunk
                .sqlite()
                .unwrap()
                .transaction(|connection| diesel::insert_into(ledger::table).values(work(amount)).execute(connection)),
        };
        assert_eq!(nested.is_ok(), amount > 0);
    }
    chunk.commit(&commit(2)).unwrap();
    assert_eq!((booking.booked(), booking.counted()), (vec![2, 4], 2));
}

fn a_nested_transaction_that_was_left_open_is_found_out(booking: &Booking) {
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    let mut chunk = booking.begin();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    match chunk.postgres() {
        Some(connection) => AnsiTransactionManager::begin_transaction(connection).unwrap(),
        None => AnsiTransactionManager::begin_transaction(chunk.sqlite().unwrap()).unwrap(),
    }
    assert!(matches!(chunk.commit(&commit(1)), Err(ChunkError::NotOpen)));
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

fn a_savepoint_that_was_left_open_is_found_out(booking: &Booking) {
    let mut chunk = booking.begin();
    chunk.savepoint("half").unwrap();
    insert(chunk.as_mut(), &[(1, 1)]).unwrap();
    assert!(matches!(chunk.commit(&commit(1)), Err(ChunkError::NotOpen)));
    booking.nothing_is_written();
    booking.the_next_chunk_commits();
}

fn a_hundred_rows_with_three_bad_ones_are_bisected_in_one_transaction(booking: &Booking) {
    let amount = |id| if [17, 18, 60].contains(&id) { -1 } else { 1 };
    let rows: Vec<(i64, i64)> = (0..100).map(|id| (id, amount(id))).collect();
    let mut chunk = booking.begin();
    bisect(chunk.as_mut(), &rows);
    chunk.commit(&commit(100)).unwrap();
    let good: Vec<i64> = (0..100).filter(|id| amount(*id) > 0).collect();
    assert_eq!(booking.booked(), good);
    let instance = booking.run.launched.execution.instance_id;
    let letters = booking.store.repository.dead_letters(instance, 0, 10).unwrap();
    let lines: Vec<_> = letters.iter().map(|letter| letter.position["line"].as_i64().unwrap()).collect();
    assert_eq!(lines, [17, 18, 60]);
    assert_eq!(letters[0].step_key, "step0");
}

fn bisect(chunk: &mut dyn ChunkTransaction, rows: &[(i64, i64)]) {
    chunk.savepoint("part").unwrap();
    match (insert(chunk, rows), rows) {
        (Ok(()), _) => chunk.release("part").unwrap(),
        (Err(ChunkError::Data(_)), [(id, _)]) => {
            chunk.rollback_to("part").unwrap();
            chunk.dead_letters(&[letter(*id)]).unwrap();
        }
        (Err(ChunkError::Data(_)), rows) => {
            chunk.rollback_to("part").unwrap();
            let (left, right) = rows.split_at(rows.len() / 2);
            bisect(chunk, left);
            bisect(chunk, right);
        }
        (Err(other), _) => panic!("{other:?}"),
    }
}

fn a_thousand_dead_letters_go_with_one_chunk(booking: &Booking) {
    let mut chunk = booking.begin();
    let letters: Vec<_> = (0..1234).map(letter).collect();
    chunk.dead_letters(&letters).unwrap();
    chunk.commit(&commit(1234)).unwrap();
    let instance = booking.run.launched.execution.instance_id;
    let page = booking.store.repository.dead_letters(instance, 0, 2000).unwrap();
    assert_eq!(page.len(), 1234);
    assert!(page.windows(2).all(|pair| pair[0].id < pair[1].id));
}

/// On SQLite it would wait for itself; on PostgreSQL it would write outside of the chunk.
fn a_thread_with_an_open_chunk_is_refused_every_other_verb(booking: &Booking) {
    let repository = &booking.store.repository;
    let chunk = booking.begin();
    let refused = repository.end_step(&booking.run.lease, &step_end(Status::Completed)).unwrap_err();
    assert!(matches!(&refused, FenceError::Store(error) if error.kind == StoreErrorKind::ChunkOpen), "{refused:?}");
    assert_eq!(repository.may_write().unwrap_err().kind, StoreErrorKind::ChunkOpen);
    assert!(repository.begin_chunk(&booking.run.lease).is_err());
    assert!(repository.execution(booking.run.launched.id()).unwrap().is_some());
    drop(chunk);
    repository.end_step(&booking.run.lease, &step_end(Status::Completed)).unwrap();
}
