//! Opening: what is said when it is not possible.

use std::error::Error;
use std::time::Duration;

use overnight_db::{Backend, Database, OpenError, OpenOptions, Session, open};
use overnight_framework::repository::StoreErrorKind;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::support;

/// An error and all its causes.
fn whole(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn refused(url: &str) -> OpenError {
    Database::connect(url, OpenOptions::default()).unwrap_err()
}

#[test]
fn an_unknown_database_is_told_at_once_in_the_words_of_the_server() {
    let store = support::postgres();
    let url = format!("{}_and_more", store.url);
    let error = refused(&url);
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    assert!(whole(&error).contains("does not exist"), "{}", whole(&error));
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let store = support::postgres();
    let (before, after) = store.url.split_once('@').unwrap();
    let (user, password) = before.rsplit_once(':').unwrap();
    let error = whole(&refused(&format!("{user}:{password}x@{after}")));
    assert!(error.contains("password authentication failed") && !error.contains(password), "{error}");
}

#[test]
fn a_server_that_is_not_there_is_told_at_once() {
    let error = refused("postgres://nobody@127.0.0.1:1/nothing");
    assert!(whole(&error).contains("127.0.0.1"), "{}", whole(&error));
}

/// A server without a free place is asked again until the patience is over, and then quoted.
#[test]
fn a_full_server_is_asked_again_for_as_long_as_the_caller_waits() {
    let store = support::postgres();
    let error = store.database.read(|connection| {
        let Session::Postgres(connection) = connection else { panic!("not PostgreSQL") };
        support::with_role_without_places(connection, &store.url, |url| {
            let options = OpenOptions { wait: Duration::from_millis(300), ..OpenOptions::default() };
            whole(&Database::connect(url, options).unwrap_err())
        })
    });
    assert!(error.as_ref().unwrap().contains("too many connections"), "{error:?}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = support::fresh_folder();
    let error = open(folder.join("no/such/runs.db").to_str().unwrap(), OpenOptions::default()).unwrap_err();
    assert!(whole(&error).contains("no/such/runs.db.lock: No such file or directory"), "{}", whole(&error));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_that_is_no_database_is_not_touched() {
    let folder = support::fresh_folder();
    let file = folder.join("notes.txt");
    std::fs::write(&file, "remember the milk\n".repeat(100)).unwrap();
    let error = whole(&open(file.to_str().unwrap(), OpenOptions::default()).unwrap_err());
    assert!(error.contains("is not a database of SQLite"), "{error}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("remember"));
    std::fs::remove_dir_all(folder).unwrap();
}

/// A process loses its locks on a file when it closes any descriptor of it: only SQLite may open the file.
#[cfg(target_os = "linux")]
#[test]
fn opening_a_file_once_more_takes_no_lock_from_those_who_have_it_open() {
    use std::os::unix::fs::MetadataExt;

    let store = support::sqlite();
    let node = format!(":{} ", std::fs::metadata(store.database.embedded_path().unwrap()).unwrap().ino());
    let locks = || std::fs::read_to_string("/proc/locks").unwrap().lines().filter(|line| line.contains(&node)).count();
    support::running(&*store.repository, "2026-01-31");
    let before = locks();
    assert!(before > 0);
    let again = support::reopened(&store);
    overnight_db::migrate::status(&again.database).unwrap();
    assert_eq!(locks(), before);
}

#[test]
fn a_file_of_the_user_keeps_his_tables_beside_ours() {
    let folder = support::fresh_folder();
    let file = folder.join("app.db");
    let url = file.to_str().unwrap();
    let database = Database::connect(url, OpenOptions::default()).unwrap();
    let sql = |statement: &'static str| {
        database.write(|connection| match connection {
            Session::Sqlite(connection) => diesel::sql_query(statement).execute(connection),
            Session::Postgres(_) => panic!("not SQLite"),
        })
    };
    sql("CREATE TABLE job_execution (id TEXT)").unwrap().unwrap();
    sql("INSERT INTO job_execution VALUES ('mine')").unwrap().unwrap();
    support::running(&*database.repository().unwrap(), "2026-01-31");
    assert_eq!(sql("DELETE FROM job_execution WHERE id = 'mine'").unwrap().unwrap(), 1);
    assert_eq!((database.backend(), database.embedded_path()), (Backend::Sqlite, Some(file.as_path())));
    std::fs::remove_dir_all(folder).unwrap();
}

/// A pooler lends another session for each transaction: what is prepared in one is not there in the next.
#[test]
fn behind_a_pooler_nothing_is_kept_prepared() {
    for (flag, is_kept) in [("", true), ("?pooler=transaction", false)] {
        let store = support::postgres();
        let options = OpenOptions { connections: 1, ..OpenOptions::default() };
        let database = Database::connect(&format!("{}{flag}", store.url), options).unwrap();
        support::running(&*database.repository().unwrap(), "2026-01-31");
        let prepared: i64 = database
            .write(|connection| match connection {
                Session::Postgres(connection) => {
                    let count = diesel::dsl::sql::<BigInt>("count(*) FROM pg_prepared_statements");
                    diesel::select(count).get_result(connection).unwrap()
                }
                Session::Sqlite(_) => panic!("not PostgreSQL"),
            })
            .unwrap();
        assert_eq!(prepared > 1, is_kept, "{flag}: {prepared}");
    }
}

#[test]
fn the_administrator_sees_who_is_connected() {
    let store = support::postgres();
    let name = store.database.read(|connection| match connection {
        Session::Postgres(connection) => {
            let name = diesel::dsl::sql::<Text>("current_setting('application_name')");
            diesel::select(name).get_result::<String>(connection).unwrap()
        }
        Session::Sqlite(_) => panic!("not PostgreSQL"),
    });
    assert_eq!(name.unwrap(), "overnight");
}

#[test]
fn a_verb_on_a_server_that_has_gone_is_unreachable_and_works_when_it_is_back() {
    let server = overnight_db::testing::PrivateServer::create().unwrap();
    let url = server.database(&overnight_db::testing::Template { version: "empty", migrate: &|_| Ok(()) }).unwrap();
    let options = OpenOptions { wait: Duration::from_millis(500), ..OpenOptions::default() };
    let repository = open(&url, options).unwrap();
    let run = support::running(&*repository, "2026-01-31");
    server.stop_immediately().unwrap();
    let error = repository.execution(run.launched.id()).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unreachable, "{}", whole(&error));
    server.start().unwrap();
    assert_eq!(repository.execution(run.launched.id()).unwrap().map(|row| row.id), Some(run.launched.id()));
    repository.begin_chunk(&run.lease).unwrap().commit(&support::chunk(1)).unwrap();
}
