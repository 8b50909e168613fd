//! A folder with a store of its own, and `jobctl` in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use overnight_db::testing::{AnyError, Template, TestDatabase};
use overnight_db::{Database, OpenOptions, Session};
use serde_json::Value;
use tempfile::TempDir;

/// Where the tests of one run share their Postgres server.
pub(crate) fn server_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("postgres")
}

/// The template of the databases: the schema of this version.
pub(crate) fn template() -> Template<'static> {
    Template { version: concat!(env!("CARGO_PKG_VERSION"), "-schema-1"), migrate: &migrate }
}

fn migrate(url: &str) -> Result<(), AnyError> {
    overnight_db::open(url, OpenOptions::default())?;
    Ok(())
}

/// Which store a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A folder, a store, and nothing else.
pub(crate) struct Project {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    _database: Option<TestDatabase>,
}

/// What a `jobctl` answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

impl Project {
    pub(crate) fn new(kind: Kind) -> Self {
        let folder = TempDir::new().unwrap();
        let (url, database) = match kind {
            Kind::Sqlite => (folder.path().join("jobs.db").to_string_lossy().into_owned(), None),
            Kind::Postgres => {
                let database = TestDatabase::create(&server_folder(), &template()).unwrap();
                (database.url(), Some(database))
            }
        };
        Self { folder, url, _database: database }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// `jobctl` with this store and nothing else of the tester's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobctl"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.folder.path());
        command.env("USER", "tester").env("DATABASE_URL", &self.url).env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs `jobctl` to its end.
    pub(crate) fn jobctl(&self, arguments: &[&str]) -> Answer {
        answer(self.command(arguments).output().unwrap())
    }

    /// Starts `jobctl` and does not wait for it.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The same with a heartbeat so quick that a stop from another process is soon heard.
    pub(crate) fn spawn_beating(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.env("JOBCTL_HEARTBEAT", "100ms").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The execution as `show -o json` gives it.
    pub(crate) fn show(&self, target: &str) -> Value {
        self.jobctl(&["show", target, "-o", "json"]).expect(0).json()
    }

    /// The database past `jobctl`, as an administrator has it.
    pub(crate) fn database(&self) -> Database {
        Database::connect(&self.url, OpenOptions::default()).unwrap()
    }

    /// The number that a query answers.
    pub(crate) fn number(&self, query: &str) -> i64 {
        let answer = self.database().read(|connection| match connection {
            Session::Postgres(connection) => sql::<BigInt>(query).get_result(connection),
            Session::Sqlite(connection) => sql::<BigInt>(query).get_result(connection),
        });
        answer.unwrap().unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// Runs statements on a server.
    pub(crate) fn execute(&self, statements: &str) {
        let done = self.database().write(|connection| match connection {
            Session::Postgres(connection) => connection.batch_execute(statements),
            Session::Sqlite(_) => panic!("no server"),
        });
        done.unwrap().unwrap();
    }

    /// All executions, oldest first.
    pub(crate) fn list(&self) -> Vec<Value> {
        let list = self.jobctl(&["list", "--limit", "0", "-o", "json"]).expect(0).json();
        list.as_array().unwrap().clone()
    }
}

/// A counter of all steps of an execution.
pub(crate) fn count(execution: &Value, counter: &str) -> i64 {
    let steps = execution["steps"].as_array().unwrap();
    steps.iter().map(|step| step[counter].as_i64().unwrap()).sum()
}

pub(crate) fn answer(output: Output) -> Answer {
    Answer {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Sends a signal to a process, such as `-TERM`.
pub(crate) fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

/// The folder of the main job.
pub(crate) fn end_of_day() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/end-of-day")
}

/// Makes a test of a function over [`Project`] for each store.
macro_rules! on_both_stores {
    ($($(#[$doc:meta])* fn $name:ident($project:ident) $body:block)*) => {$(
        mod $name {
            #[allow(clippy::allow_attributes, unused_imports, reason = "not every body uses all of its module")]
            use super::*;

            $(#[$doc])*
            fn promise($project: &$crate::jobctl::support::Project) $body

            #[test]
            fn on_sqlite() {
                promise(&$crate::jobctl::support::Project::new($crate::jobctl::support::Kind::Sqlite));
            }

            #[test]
            fn on_postgres() {
                promise(&$crate::jobctl::support::Project::new($crate::jobctl::support::Kind::Postgres));
            }
        }
    )*};
}
pub(crate) use on_both_stores;

/// Waits for something that another process does; it fails the test after a minute.
#[track_caller]
pub(crate) fn until(mut happened: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if happened() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    panic!("it did not happen within a minute");
}
