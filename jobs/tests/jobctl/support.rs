//! What the tests of `jobctl` do with their folder and its store, beside what `project` offers.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use overnight_db::{Backend, Session};
use serde_json::Value;

use super::project::{Answer, Project, answer};

/// What the folder is for.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_jobctl");

impl Project {
    /// Starts `jobctl` and does not wait for it.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The same with a heartbeat so quick that a stop from another process is soon heard.
    pub(crate) fn spawn_beating(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.env("JOBCTL_HEARTBEAT", "100ms").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The number that a query answers.
    pub(crate) fn number(&self, query: &str) -> i64 {
        let answer = self.database().read(|connection| match connection {
            Session::Postgres(connection) => sql::<BigInt>(query).get_result(connection),
            Session::Sqlite(connection) => sql::<BigInt>(query).get_result(connection),
        });
        answer.unwrap().unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// Runs statements past the program.
    pub(crate) fn execute(&self, statements: &str) {
        let done = self.database().write(|connection| match connection {
            Session::Postgres(connection) => connection.batch_execute(statements),
            Session::Sqlite(connection) => connection.batch_execute(statements),
        });
        done.unwrap().unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// What the engine's table is called in this store.
    pub(crate) fn table(&self, name: &str) -> String {
        match Backend::of(&self.url).unwrap() {
            Backend::Postgres => format!("overnight.{name}"),
            Backend::Sqlite => format!("overnight_{name}"),
        }
    }

    /// The program below `env`, which sets what it does with a signal, whatever the shell or the terminal of the tester does.
    pub(crate) fn below_env(&self, option: &str, arguments: &[&str]) -> Command {
        let jobctl = self.command(arguments);
        let mut command = Command::new("env");
        command.arg(option).arg(jobctl.get_program()).args(arguments).current_dir(self.folder.path()).env_clear();
        command.envs(jobctl.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
        command
    }

    /// The program without the address of its store, which is the embedded file then.
    pub(crate) fn embedded(&self, arguments: &[&str]) -> Answer {
        answer(self.command(arguments).env_remove("DATABASE_URL").output().unwrap())
    }

    /// The program with something written to its stdin.
    pub(crate) fn told(&self, arguments: &[&str], stdin: &[u8]) -> Answer {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Whoever does not read to the end has seen enough.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        answer(child.wait_with_output().unwrap())
    }
}

/// A counter of all steps of an execution.
pub(crate) fn count(execution: &Value, counter: &str) -> i64 {
    let steps = execution["steps"].as_array().unwrap();
    steps.iter().map(|step| step[counter].as_i64().unwrap()).sum()
}

/// The folder of the main job.
pub(crate) fn end_of_day() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/end-of-day")
}
