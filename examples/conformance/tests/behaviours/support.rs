//! What the tests of the behaviours do with their folder and its store, beside what `project` offers.

use std::process::{Child, Stdio};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use overnight_db::Session;
use serde_json::Value;

use super::project::{Answer, Project, answer, signal, until};

/// What the folder is for.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_overnight-example-conformance");

/// A run in a process of its own, which ends with the test.
pub(crate) struct Running {
    pub(crate) id: String,
    process: Option<Child>,
}

impl Answer {
    /// Refused in this state, and with these words.
    #[track_caller]
    pub(crate) fn expect_refusal(self, words: &str) {
        let refused = self.expect(6);
        assert!(refused.stderr.contains(words), "{refused:#?}");
    }
}

impl Project {
    /// Runs a job to its end; with these parameters beside those of the file.
    #[track_caller]
    pub(crate) fn start(&self, job: &str, params: &[&str], code: i32) -> Value {
        self.jobctl(&start(job, params)).expect(code).json()
    }

    /// Starts a job in a process of its own, which beats often so that a stop is heard soon, and comes back when its first step runs.
    pub(crate) fn begin(&self, job: &str, params: &[&str]) -> Running {
        self.spawn(&start(job, params))
    }

    /// Continues a job in a process of its own, and comes back when its first step runs.
    pub(crate) fn resume(&self, id: &str) -> Running {
        self.spawn(&["restart", id])
    }

    fn spawn(&self, arguments: &[&str]) -> Running {
        let before = self.list().len();
        let process = self
            .command(arguments)
            .env("JOBCTL_HEARTBEAT", "500ms")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut running = Running { id: String::new(), process: Some(process) };
        until(|| {
            let list = self.list();
            running.id = list.last().map(|newest| newest["id"].to_string()).unwrap_or_default();
            list.len() > before && !self.show(&running.id)["steps"].as_array().unwrap().is_empty()
        });
        running
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

    fn is_server(&self) -> bool {
        self.url.starts_with("postgres:")
    }

    fn named(&self, sql: &str) -> String {
        let prefix = if self.is_server() { "overnight." } else { "overnight_" };
        sql.replace('{', prefix).replace('}', "")
    }

    /// The steps that left a trace in an execution of `flaky`.
    pub(crate) fn trace(&self, id: &str) -> String {
        let order = if self.is_server() { "ctid" } else { "rowid" };
        let query = format!("select step as text from conf_trace where execution_id = {id} order by {order}");
        self.texts(&query).join(" ")
    }

    /// Ends the trouble of `flaky`.
    pub(crate) fn mend(&self) {
        self.execute("insert into conf_fix (mended) values (1)").unwrap();
    }
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
        signal(self.process.as_ref().unwrap().id(), name);
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.process.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    /// Waits for the end of the process.
    pub(crate) fn end(mut self) -> Answer {
        answer(self.process.take().unwrap().wait_with_output().unwrap())
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
