//! What the tests of `jobctl` do with their folder and its store, beside what `project` offers.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use overnight_db::Session;
use serde_json::Value;

use super::project::Project;

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

    /// Runs statements on a server.
    pub(crate) fn execute(&self, statements: &str) {
        let done = self.database().write(|connection| match connection {
            Session::Postgres(connection) => connection.batch_execute(statements),
            Session::Sqlite(_) => panic!("no server"),
        });
        done.unwrap().unwrap();
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
