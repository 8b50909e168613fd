//! The schema: made, taken back, made again, and what it holds without any of our code.

use std::path::Path;
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use overnight_db::{Backend, Database, OpenError, OpenOptions, Session, migrate, open};
use overnight_framework::repository::ExecutionFilter;
use overnight_framework::status::Status;

use crate::support::{self, Store, on_both_stores};

fn execute(store: &Store, statement: &str) -> QueryResult<()> {
    let done = store.database.write(|connection| match connection {
        Session::Postgres(connection) => connection.batch_execute(statement),
        Session::Sqlite(connection) => connection.batch_execute(statement),
    });
    done.unwrap()
}

/// Rows of one text each.
fn texts(store: &Store, query: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }
    let query = diesel::sql_query(query);
    let rows = store.database.read(|connection| match connection {
        Session::Postgres(connection) => query.load::<Row>(connection),
        Session::Sqlite(connection) => query.load::<Row>(connection),
    });
    rows.unwrap().unwrap().into_iter().map(|row| row.text).collect()
}

/// The name of one of our tables.
fn table(store: &Store, name: &str) -> String {
    match store.database.backend() {
        Backend::Postgres => format!("overnight.{name}"),
        Backend::Sqlite => format!("overnight_{name}"),
    }
}

on_both_stores! {
    the_schema_goes_up_and_down_and_up_again,
    a_newer_schema_is_refused,
    the_table_of_moves_is_that_of_the_engine,
    s3_28_no_move_but_a_legal_one_passes_the_database,
    an_id_is_never_given_twice,
    the_declared_columns_are_those_of_the_database,
}

fn the_schema_goes_up_and_down_and_up_again(store: &Store) {
    let applied = |statuses: &[migrate::MigrationStatus]| -> Vec<bool> {
        statuses.iter().map(|one| one.applied_at.is_some()).collect()
    };
    assert_eq!(applied(&migrate::status(&store.database).unwrap()), [true, true, true]);
    assert_eq!(migrate::up(&store.database).unwrap(), []);
    for (left, (version, name)) in [(3, "triggers"), (2, "applied"), (1, "records")].into_iter().enumerate() {
        let back = migrate::down(&store.database).unwrap().unwrap();
        assert_eq!((back.version, back.name.as_str()), (version, name));
        let statuses = applied(&migrate::status(&store.database).unwrap());
        assert_eq!(statuses, [left < 2, left < 1, false]);
    }
    assert!(store.repository.executions(&ExecutionFilter::default()).is_err());
    assert_eq!(migrate::down(&store.database).unwrap(), None);
    let again = migrate::up(&store.database).unwrap();
    assert_eq!(applied(&again), [true, true, true]);
    support::running(&*store.repository, "2026-01-31");
}

fn a_newer_schema_is_refused(store: &Store) {
    let list = table(store, "schema_migration");
    execute(store, &format!("INSERT INTO {list} (version, name) VALUES (7, 'of a later day')")).unwrap();
    let refused = open(&store.url, OpenOptions::default()).unwrap_err();
    assert!(matches!(refused, OpenError::Migrate(migrate::MigrateError::Newer { found: 7, known: 3 })), "{refused}");
    assert!(migrate::up(&store.database).is_err() && migrate::down(&store.database).is_err());
    let shown = migrate::status(&store.database).unwrap();
    assert_eq!(shown.last().map(|newest| newest.name.as_str()), Some("of a later day"));
}

fn the_table_of_moves_is_that_of_the_engine(store: &Store) {
    let query = format!("SELECT from_status || ' ' || to_status AS text FROM {}", table(store, "status_transition"));
    let mut stored = texts(store, &query);
    let pairs = Status::ALL.into_iter().flat_map(|from| from.successors().iter().map(move |to| format!("{from} {to}")));
    let mut known: Vec<String> = pairs.collect();
    stored.sort();
    known.sort();
    assert_eq!(stored, known);
}

/// Of all 72 pairs, written by hand on the row of a step.
fn s3_28_no_move_but_a_legal_one_passes_the_database(store: &Store) {
    let run = support::running(&*store.repository, "2026-01-31");
    let steps = table(store, "step_execution");
    let insert_as = |status: Status| {
        let ended = if status.is_ended() { "created_at" } else { "NULL" };
        let path = format!("x-{status}");
        format!(
            "DELETE FROM {steps} WHERE path = '{path}';
             INSERT INTO {steps} (job_execution_id, ordinal, path, step_key, step_name, kind, dest, status, context,
                                  outputs, created_at, ended_at)
             SELECT job_execution_id, 1, '{path}', 'x', 'x', 'task', '', '{status}', '{{}}', '{{}}', created_at, {ended}
               FROM {steps} WHERE id = {}",
            run.lease.step
        )
    };
    for from in Status::ALL {
        for to in Status::ALL.into_iter().filter(|to| *to != from) {
            execute(store, &insert_as(from)).unwrap();
            let ended = if to.is_ended() { "created_at" } else { "NULL" };
            let moved = format!("UPDATE {steps} SET status = '{to}', ended_at = {ended} WHERE path = 'x-{from}'");
            assert_eq!(execute(store, &moved).is_ok(), from.may_become(to), "{from} -> {to}");
        }
    }
}

fn an_id_is_never_given_twice(store: &Store) {
    let first = support::running(&*store.repository, "2026-01-31").launched.id();
    execute(store, &format!("DELETE FROM {}", table(store, "job_instance"))).unwrap();
    assert_eq!(store.repository.execution(first).unwrap(), None, "deleting an instance deletes all of it");
    assert!(support::running(&*store.repository, "2026-01-31").launched.id() > first);
}

/// Renders `table!` for every table of the migrated database, and looks for it in `src/schema/`.
fn the_declared_columns_are_those_of_the_database(store: &Store) {
    let (file, prefix) = match store.database.backend() {
        Backend::Postgres => ("postgres.rs", ""),
        Backend::Sqlite => ("sqlite.rs", "overnight_"),
    };
    let declared = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema").join(file);
    let declared = std::fs::read_to_string(declared).unwrap();
    let tables = tables(store);
    assert_eq!(declared.matches("diesel::table!").count(), tables.len(), "{tables:?}");
    for table in tables {
        let name = table.strip_prefix(prefix).unwrap();
        let block = declared
            .split("diesel::table!")
            .find(|block| block.contains(&format!(" overnight.{name} (")) || block.contains(&format!(" {name} (")));
        let block = block.unwrap_or_else(|| panic!("{name} is not declared"));
        let block = block.split("\n}").next().unwrap_or_default();
        let lines: Vec<&str> = block.lines().filter(|line| line.contains(" -> ")).map(str::trim).collect();
        assert_eq!(lines, columns(store, &table), "{name}");
    }
}

fn tables(store: &Store) -> Vec<String> {
    match store.database.backend() {
        Backend::Postgres => {
            texts(store, "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'overnight'")
        }
        Backend::Sqlite => {
            texts(store, "SELECT name AS text FROM sqlite_schema WHERE type = 'table' AND name LIKE 'overnight%'")
        }
    }
}

/// The columns of a table, as `table!` has them. SQLite knows no more of integers than that they are.
fn columns(store: &Store, table: &str) -> Vec<String> {
    let rows = match store.database.backend() {
        Backend::Postgres => texts(
            store,
            &format!(
                "SELECT column_name || '|' || data_type || '|' || is_nullable AS text FROM information_schema.columns
                  WHERE table_schema = 'overnight' AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        ),
        Backend::Sqlite => texts(
            store,
            &format!(
                "SELECT name || '|' || type || '|' || iif(\"notnull\" OR pk, 'NO', 'YES') AS text
                   FROM pragma_table_info('{table}')"
            ),
        ),
    };
    rows.iter().map(|row| column(table, row)).collect()
}

fn column(table: &str, row: &str) -> String {
    let [name, kind, nullable] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
    let whole = match name {
        "abortable" | "enabled" => "Bool",
        "progress_percent" => "SmallInt",
        "revision" | "generation" | "attempt" | "ordinal" | "version" => "Integer",
        _ => "BigInt",
    };
    let text = match name {
        // Of an instance, it is the canonical text and no document.
        "params" if table.ends_with("job_execution") => "Json",
        "labels" | "result" | "error" | "context" | "checkpoint" | "outputs" | "position" => "Json",
        _ => "Text",
    };
    let kind = match kind {
        "bigint" => "BigInt",
        "integer" => "Integer",
        "smallint" => "SmallInt",
        "boolean" => "Bool",
        "text" => "Text",
        "json" => "Json",
        "bytea" | "BLOB" => "Binary",
        "timestamp with time zone" => "Timestamptz",
        "INTEGER" => whole,
        "TEXT" => text,
        other => panic!("a type that no column had before: {other}"),
    };
    if nullable == "YES" { format!("{name} -> Nullable<{kind}>,") } else { format!("{name} -> {kind},") }
}

/// Every foreign key is indexed: else the deletion of one row reads the whole table that refers to it.
#[test]
fn every_foreign_key_has_an_index() {
    let store = support::postgres();
    let without = texts(
        &store,
        "SELECT c.conrelid::regclass || '.' || a.attname AS text
           FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
          WHERE c.contype = 'f' AND c.connamespace = 'overnight'::regnamespace
            AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])",
    );
    assert_eq!(without, Vec::<String>::new());
}

/// Everything is in our schema, whatever the search path and however the user names his tables.
#[test]
fn a_table_of_the_user_with_the_same_name_is_left_alone() {
    let store = support::postgres();
    execute(&store, "CREATE TABLE job_execution (id text); CREATE TABLE event (id text)").unwrap();
    support::running(&*store.repository, "2026-01-31");
    assert_eq!(texts(&store, "SELECT id AS text FROM public.job_execution"), Vec::<String>::new());
}

#[test]
fn fifty_processes_open_a_fresh_server_database_at_once() {
    let database = support::empty_test_database();
    let url = database.url();
    opened_by_fifty(&url);
}

#[test]
fn fifty_processes_open_a_fresh_file_at_once() {
    let folder = support::fresh_folder();
    for round in 0..4 {
        opened_by_fifty(folder.join(format!("{round}.db")).to_str().unwrap());
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Each thread has a pool and connections of its own, as a process has; locks on files are between openings, not processes.
fn opened_by_fifty(url: &str) {
    let failed: Vec<String> = thread::scope(|scope| {
        let opened = || {
            let options =
                OpenOptions { connections: 1, wait: std::time::Duration::from_secs(60), ..Default::default() };
            open(url, options)
                .map_err(|error| format!("{error:?}"))?
                .executions(&ExecutionFilter::default())
                .map_err(|error| format!("{error:?}"))
        };
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(opened)).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap().err()).collect()
    });
    assert_eq!(failed, Vec::<String>::new());
}

/// An administrator may run the printed schema himself; the program then finds nothing to do.
#[test]
fn the_printed_schema_is_the_one_that_is_applied() {
    let folder = support::fresh_folder();
    let file = folder.join("by-hand.db");
    let by_hand = Database::connect(file.to_str().unwrap(), OpenOptions::default()).unwrap();
    let server = support::empty_test_database();
    let on_server = Database::connect(&server.url(), OpenOptions::default()).unwrap();
    for database in [&by_hand, &on_server] {
        let script = migrate::sql(database.backend());
        let run = database.write(|connection| match connection {
            Session::Postgres(connection) => connection.batch_execute(&script),
            Session::Sqlite(connection) => connection.batch_execute(&script),
        });
        run.unwrap().unwrap();
        support::running(&*database.repository().unwrap(), "2026-01-31");
        assert_eq!(migrate::up(database).unwrap(), []);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// 2440587.5 days is where the default of the list begins to count.
#[test]
fn a_migration_is_dated_now() {
    for store in [support::postgres(), support::sqlite()] {
        let at = migrate::status(&store.database).unwrap()[0].applied_at.unwrap();
        let age = store.repository.now().unwrap() - at;
        assert!((0..3600).contains(&age.num_seconds()), "{age}");
    }
}
