//! A folder with a store of its own, and a `jobctl` in it: what every test of such a program stands on. The program is named by
//! `PROGRAM` of the module `support` beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use overnight_db::testing::{AnyError, Template, TestDatabase};
use overnight_db::{Backend, Database, OpenOptions};
use serde_json::Value;
use tempfile::TempDir;

use super::support::PROGRAM;

/// A folder, a store, and nothing else.
pub(crate) struct Project {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    _database: Option<TestDatabase>,
}

/// What the program answered.
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
    pub(crate) fn new(backend: Backend) -> Self {
        let folder = TempDir::new().unwrap();
        let (url, database) = match backend {
            Backend::Sqlite => (folder.path().join("jobs.db").to_string_lossy().into_owned(), None),
            Backend::Postgres => {
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

    /// The program with this store and nothing else of the tester's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.folder.path());
        command.env("USER", "tester").env("DATABASE_URL", &self.url).env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn jobctl(&self, arguments: &[&str]) -> Answer {
        answer(self.command(arguments).output().unwrap())
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

    /// The database past the program, as an administrator has it.
    pub(crate) fn database(&self) -> Database {
        Database::connect(&self.url, OpenOptions::default()).unwrap()
    }
}

pub(crate) fn answer(output: Output) -> Answer {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Sends a signal to a process, such as `-TERM`. The shell does it: not every machine has a program `kill`.
pub(crate) fn signal(pid: u32, name: &str) {
    let kill = format!("kill {name} {pid}");
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// Where the tests of one run share their Postgres server.
pub(crate) fn server_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres")
}

/// The template of the databases: the schema of this version.
pub(crate) fn template() -> Template<'static> {
    Template { version: concat!(env!("CARGO_PKG_VERSION"), "-schema-3"), migrate: &migrate }
}

fn migrate(url: &str) -> Result<(), AnyError> {
    overnight_db::open(url, OpenOptions::default())?;
    Ok(())
}

/// Waits for something that another process does; it fails the test after a minute.
#[track_caller]
pub(crate) fn until(mut happened: impl FnMut() -> bool) {
    let happened = awaited(Duration::from_mins(1), || happened().then_some(()));
    happened.unwrap_or_else(|| panic!("it did not happen within a minute"));
}

/// The first answer of somebody who is asked again and again, for so long.
pub(crate) fn awaited<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    None
}

/// Makes a test of a function over [`Project`] for each store, in a module of the same name.
macro_rules! on_both_stores {
    ($($(#[$doc:meta])* fn $name:ident($project:ident) $body:block)*) => {$(
        $(#[$doc])*
        fn $name($project: &super::project::Project) $body

        mod $name {
            use super::super::project::Project;

            #[test]
            fn on_sqlite() {
                super::$name(&Project::new(overnight_db::Backend::Sqlite));
            }

            #[test]
            fn on_postgres() {
                super::$name(&Project::new(overnight_db::Backend::Postgres));
            }
        }
    )*};
}
pub(crate) use on_both_stores;
