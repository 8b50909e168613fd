//! A folder with a store of its own, the program of this example in it, and a look into the store without our code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use overnight_db::testing::{AnyError, Template, TestDatabase};
use overnight_db::{Database, OpenOptions, Session};
use serde_json::Value;
use tempfile::TempDir;

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
    kind: Kind,
    _database: Option<TestDatabase>,
}

/// What the program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A run in a process of its own, which ends with the test.
pub(crate) struct Running {
    pub(crate) id: String,
    process: Option<Child>,
}

impl Answer {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Refused in this state, and with these words.
    #[track_caller]
    pub(crate) fn expect_refusal(self, words: &str) {
        let refused = self.expect(6);
        assert!(refused.stderr.contains(words), "{refused:#?}");
    }
}

impl Project {
    pub(crate) fn new(kind: Kind) -> Self {
        let folder = TempDir::new().unwrap();
        let (url, database) = match kind {
            Kind::Sqlite => (folder.path().join("jobs.db").to_string_lossy().into_owned(), None),
            Kind::Postgres => {
                let server = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
                let version = concat!(env!("CARGO_PKG_VERSION"), "-schema-1");
                let database = TestDatabase::create(&server, &Template { version, migrate: &migrate }).unwrap();
                (database.url(), Some(database))
            }
        };
        Self { folder, url, kind, _database: database }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn file(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The program with this store and nothing else of the tester's environment. It beats often, so that a stop is heard soon.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_overnight-example-conformance"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.folder.path());
        command.env("USER", "tester").env("DATABASE_URL", &self.url).env("LC_ALL", "C.UTF-8");
        command.env("JOBCTL_HEARTBEAT", "500ms");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn jobctl(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments).output().unwrap())
    }

    /// Runs a job to its end; with these parameters beside those of the file.
    #[track_caller]
    pub(crate) fn start(&self, job: &str, params: &[&str], code: i32) -> Value {
        self.jobctl(&start(job, params)).expect(code).json()
    }

    /// Starts a job in a process of its own, and comes back when its first step runs.
    pub(crate) fn begin(&self, job: &str, params: &[&str]) -> Running {
        self.spawn(&start(job, params))
    }

    /// Continues a job in a process of its own, and comes back when its first step runs.
    pub(crate) fn resume(&self, id: &str) -> Running {
        self.spawn(&["restart", id])
    }

    fn spawn(&self, arguments: &[&str]) -> Running {
        let before = self.list().len();
        let process = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut running = Running { id: String::new(), process: Some(process) };
        until(|| {
            let list = self.list();
            running.id = list.last().map(|newest| newest["id"].to_string()).unwrap_or_default();
            list.len() > before && !self.show(&running.id)["steps"].as_array().unwrap().is_empty()
        });
        running
    }

    /// The execution as `show -o json` gives it.
    #[track_caller]
    pub(crate) fn show(&self, target: &str) -> Value {
        self.jobctl(&["show", target, "-o", "json"]).expect(0).json()
    }

    /// All executions, oldest first.
    pub(crate) fn list(&self) -> Vec<Value> {
        let list = self.jobctl(&["list", "--limit", "0", "-o", "json"]).expect(0).json();
        list.as_array().unwrap().clone()
    }

    /// The column `text` of a query. `{job_execution}` is our table of that name.
    pub(crate) fn texts(&self, query: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            text: String,
        }
        let query = diesel::sql_query(self.named(query));
        let rows = self.database().read(|connection| match connection {
            Session::Postgres(connection) => query.load::<Row>(connection),
            Session::Sqlite(connection) => query.load::<Row>(connection),
        });
        rows.unwrap().unwrap().into_iter().map(|row| row.text).collect()
    }

    /// Changes the store by hand.
    pub(crate) fn execute(&self, statements: &str) -> QueryResult<()> {
        let statements = self.named(statements);
        let done = self.database().write(|connection| match connection {
            Session::Postgres(connection) => connection.batch_execute(&statements),
            Session::Sqlite(connection) => connection.batch_execute(&statements),
        });
        done.unwrap()
    }

    fn database(&self) -> Database {
        Database::connect(&self.url, OpenOptions::default()).unwrap()
    }

    fn named(&self, sql: &str) -> String {
        let prefix = match self.kind {
            Kind::Sqlite => "overnight_",
            Kind::Postgres => "overnight.",
        };
        sql.replace('{', prefix).replace('}', "")
    }

    /// The steps that left a trace in an execution of `flaky`.
    pub(crate) fn trace(&self, id: &str) -> String {
        let order = if self.kind == Kind::Sqlite { "rowid" } else { "ctid" };
        let query = format!("select step as text from conf_trace where execution_id = {id} order by {order}");
        self.texts(&query).join(" ")
    }

    /// Ends the trouble of `flaky`.
    pub(crate) fn mend(&self) {
        self.execute("insert into conf_fix (mended) values (1)").unwrap();
    }
}

fn migrate(url: &str) -> Result<(), AnyError> {
    overnight_db::open(url, OpenOptions::default())?;
    Ok(())
}

fn start<'a>(job: &'a str, params: &[&'a str]) -> Vec<&'a str> {
    let pairs = params.iter().flat_map(|pair| ["-p", pair]);
    ["start", job, "-o", "json"].into_iter().chain(pairs).collect()
}

/// The file of a job of this example.
pub(crate) fn example(name: &str) -> String {
    format!("{}/{name}.yaml", env!("CARGO_MANIFEST_DIR"))
}

impl Running {
    /// Sends a signal to the process: `-STOP`, `-CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.process.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    /// Waits for the end of the process.
    pub(crate) fn end(mut self) -> Answer {
        Answer::of(self.process.take().unwrap().wait_with_output().unwrap())
    }

    /// Ends the process with `kill -9`.
    pub(crate) fn kill(self) -> String {
        self.id.clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // A process that has ended by itself cannot be killed, and need not.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

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

/// Makes a test of a function over [`Project`] for each store.
macro_rules! on_both_stores {
    ($($(#[$doc:meta])* fn $name:ident($project:ident) $body:block)*) => {$(
        mod $name {
            #[allow(clippy::allow_attributes, unused_imports, reason = "not every body uses all of its module")]
            use super::*;

            $(#[$doc])*
            fn promise($project: &$crate::behaviours::support::Project) $body

            #[test]
            fn on_sqlite() {
                promise(&$crate::behaviours::support::Project::new($crate::behaviours::support::Kind::Sqlite));
            }

            #[test]
            fn on_postgres() {
                promise(&$crate::behaviours::support::Project::new($crate::behaviours::support::Kind::Postgres));
            }
        }
    )*};
}
pub(crate) use on_both_stores;
