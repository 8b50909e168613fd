//! Connections that are lent to statements of users: whatever these leave behind, the records do not meet it.

use diesel::RunQueryDsl;
use diesel::dsl::{select, sql};
use diesel::sql_types::{Integer, Text};
use overnight_db::Session;
use overnight_db::table::execute;

use crate::support::{self, Store, running};

/// Runs statements as a step of SQL does.
fn lend(store: &Store, text: &str) {
    let ran = store.database.lend(|session| execute(session, text, &Default::default()));
    ran.unwrap().unwrap_or_else(|error| panic!("{text}: {error:?}"));
}

fn asked(store: &Store, question: &str) -> String {
    let answer = store.database.write(|session| match session {
        Session::Postgres(connection) => select(sql::<Text>(question)).get_result::<String>(connection),
        Session::Sqlite(connection) => select(sql::<Text>(question)).get_result::<String>(connection),
    });
    answer.unwrap().unwrap()
}

#[test]
fn what_a_user_sets_in_postgres_ends_with_the_step_and_the_session_goes_on() {
    let store = support::postgres_with(1);
    let session = "(pg_backend_pid()::text)";
    let before = asked(&store, session);
    for (day, set) in [
        "SET ROLE pg_monitor",
        "SET SESSION AUTHORIZATION pg_monitor",
        "SET statement_timeout = '1ms'",
        "SET default_transaction_read_only = on",
        "SET search_path = pg_temp",
        "SET TIME ZONE 'Asia/Tokyo'; SET client_encoding = 'LATIN1'",
        "CREATE TEMP TABLE job_execution (id integer); DECLARE c CURSOR WITH HOLD FOR SELECT 1; LISTEN somebody",
        "SELECT pg_advisory_lock(4711)",
    ]
    .into_iter()
    .enumerate()
    {
        lend(&store, set);
        running(&*store.repository, &format!("2026-01-{day:02}"));
    }
    assert_eq!(asked(&store, session), before);
    assert_eq!(asked(&store, "current_setting('TimeZone') || ' ' || current_setting('client_encoding')"), "UTC UTF8");
    let left = "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())
                + (SELECT count(*) FROM pg_cursors WHERE name = 'c') + (SELECT count(*) FROM pg_listening_channels())
                + (SELECT count(*) FROM pg_class WHERE relpersistence = 't')";
    assert_eq!(asked(&store, &format!("({left})::text")), "0");
}

#[test]
fn what_a_user_sets_in_sqlite_ends_with_the_step() {
    let store = support::sqlite();
    for (day, set) in [
        "PRAGMA query_only = ON",
        "PRAGMA locking_mode = EXCLUSIVE",
        "CREATE TEMP TABLE overnight_event (id INTEGER)",
        "CREATE TEMP TRIGGER never BEFORE INSERT ON main.overnight_job_instance BEGIN SELECT RAISE(ABORT, 'no'); END",
    ]
    .into_iter()
    .enumerate()
    {
        lend(&store, set);
        running(&*store.repository, &format!("2026-01-{day:02}"));
    }
}

/// Its transaction may be open, and its role another.
#[test]
fn a_user_s_statements_that_fail_leave_nothing_behind_either() {
    for store in [support::postgres_with(1), support::sqlite()] {
        let failed = store.database.lend(|session| match session {
            Session::Postgres(connection) => {
                use diesel::connection::SimpleConnection;
                connection.batch_execute("BEGIN; SET ROLE pg_monitor; SELECT * FROM nowhere").is_err()
            }
            Session::Sqlite(connection) => {
                use diesel::connection::SimpleConnection;
                connection.batch_execute("BEGIN; PRAGMA query_only = ON; SELECT * FROM nowhere").is_err()
            }
        });
        assert!(failed.unwrap());
        running(&*store.repository, "2026-01-31");
        let one = store.database.lend(|session| match session {
            Session::Postgres(connection) => select(sql::<Integer>("1")).get_result::<i32>(connection),
            Session::Sqlite(connection) => select(sql::<Integer>("1")).get_result::<i32>(connection),
        });
        assert_eq!(one.unwrap().unwrap(), 1);
    }
}
