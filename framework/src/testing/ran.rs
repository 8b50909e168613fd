//! What a run came to, and what a test says of it.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::execution::{ExecutionId, JobExecution, StepExecution};
use crate::monitor::Happened;
use crate::repository::memory::MemoryTables;
use crate::repository::{Repository, StoreError, StoredDeadLetter};
use crate::row::Value;
use crate::status::Status;

/// How many dead letters of a run are looked at.
const LETTERS: u32 = 100_000;

/// A run that is over. Its assertions panic with what the run did.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The last row of the execution.
    pub execution: JobExecution,
    /// The last rows of its steps, in their order.
    pub steps: Vec<StepExecution>,
    /// The records that the executions of its instance skipped.
    pub letters: Vec<StoredDeadLetter>,
    /// What it told whoever watched it; empty where nobody did.
    pub events: Vec<Happened>,
    tables: MemoryTables,
}

/// One step of a run that is over.
#[derive(Clone, Copy, Debug)]
pub struct RanStep<'r> {
    /// Its last row.
    pub step: &'r StepExecution,
    ran: &'r Ran,
}

impl Ran {
    /// What stands in the store of the execution with this id.
    pub(super) fn read(
        store: &Arc<dyn Repository>,
        id: ExecutionId,
        tables: MemoryTables,
        events: Vec<Happened>,
    ) -> Result<Self, StoreError> {
        let Some(execution) = store.execution(id)? else { panic!("execution {id} is gone") };
        let steps = store.steps(id)?;
        let letters = store.dead_letters(execution.instance_id, 0, LETTERS)?;
        Ok(Self { execution, steps, letters, events, tables })
    }

    /// It completed.
    #[track_caller]
    pub fn assert_completed(&self) -> &Self {
        self.assert_status(Status::Completed)
    }

    /// It failed with an error of this name.
    #[track_caller]
    pub fn assert_failed(&self, error: &str) -> &Self {
        self.assert_status(Status::Failed);
        let name = self.execution.error.as_ref().map_or("", |error| &error.name);
        assert_eq!(name, error, "the name of its error\n{self}");
        self
    }

    /// It was stopped at a safe point.
    #[track_caller]
    pub fn assert_stopped(&self) -> &Self {
        self.assert_status(Status::Stopped)
    }

    /// It ended so.
    #[track_caller]
    pub fn assert_status(&self, status: Status) -> &Self {
        assert_eq!(self.execution.status, status, "the status\n{self}");
        self
    }

    /// The step of this name, which ran.
    #[track_caller]
    #[must_use]
    pub fn step(&self, name: &str) -> RanStep<'_> {
        match self.steps.iter().find(|step| step.name == name) {
            Some(step) => RanStep { step, ran: self },
            None => panic!("no step `{name}` ran\n{self}"),
        }
    }

    /// The rows that [`Collect`](super::Collect) wrote to this table, in their order; of a table that a test filled by itself
    /// the first cell of each row. There are none on a store that is not in memory.
    ///
    /// # Panics
    /// When a row is no `T`.
    #[track_caller]
    #[must_use]
    pub fn rows<T: DeserializeOwned>(&self, table: &str) -> Vec<T> {
        let rows = self.tables.rows(table).into_iter();
        let cells = rows.map(|row| row.into_iter().next().as_ref().map_or(serde_json::Value::Null, Value::to_json));
        let read = |cell: serde_json::Value| {
            serde_json::from_value(cell.clone()).unwrap_or_else(|error| panic!("row {cell} of `{table}`: {error}"))
        };
        cells.map(read).collect()
    }

    /// The lines of output of its steps.
    #[must_use]
    pub fn output(&self) -> Vec<&str> {
        let lines = self.events.iter().filter_map(|event| match event {
            Happened::Output { line, .. } => Some(line.as_str()),
            _ => None,
        });
        lines.collect()
    }
}

impl RanStep<'_> {
    /// It completed.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the last assertion of a chain is the end of a sentence")]
    pub fn assert_completed(self) -> Self {
        assert_eq!(self.step.status, Status::Completed, "the status of step `{}`\n{}", self.step.name, self.ran);
        self
    }

    /// It failed with an error of this name.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the last assertion of a chain is the end of a sentence")]
    pub fn assert_failed(self, error: &str) -> Self {
        let name = self.step.error.as_ref().map_or("", |error| &error.name);
        let (step, ran) = (self.step, self.ran);
        assert_eq!((step.status, name), (Status::Failed, error), "the end of step `{}`\n{ran}", step.name);
        self
    }

    /// It read so many records, bad ones included.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the last assertion of a chain is the end of a sentence")]
    pub fn assert_read(self, records: u64) -> Self {
        self.assert_count("read", self.step.counts.read, records)
    }

    /// It wrote so many items.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the last assertion of a chain is the end of a sentence")]
    pub fn assert_written(self, items: u64) -> Self {
        self.assert_count("written", self.step.counts.write, items)
    }

    /// Its processor left out so many items.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the last assertion of a chain is the end of a sentence")]
    pub fn assert_filtered(self, items: u64) -> Self {
        self.assert_count("filtered", self.step.counts.filter, items)
    }

    /// It skipped so many records, wherever they were bad.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the last assertion of a chain is the end of a sentence")]
    pub fn assert_skipped(self, records: u64) -> Self {
        self.assert_count("skipped", self.step.counts.skipped(), records)
    }

    /// It gave this output to later steps.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the last assertion of a chain is the end of a sentence")]
    pub fn assert_output(self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let given = self.step.outputs.get(name);
        assert_eq!(given, Some(&value.into()), "the output `{name}` of step `{}`\n{}", self.step.name, self.ran);
        self
    }

    #[track_caller]
    fn assert_count(self, what: &str, count: u64, expected: u64) -> Self {
        assert_eq!(count, expected, "{what} by step `{}`\n{}", self.step.name, self.ran);
        self
    }
}

/// The run as the messages of assertions tell it.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { execution, steps, letters, .. } = self;
        let mut told = String::new();
        writeln!(told, "job {} is {}/{}", execution.job_name, execution.status, execution.exit_code)?;
        if let Some(error) = &execution.error {
            writeln!(told, "  {}: {}", error.name, error.chain())?;
        }
        for step in steps {
            let counts = step.counts;
            let (read, written, filtered, skipped) = (counts.read, counts.write, counts.filter, counts.skipped());
            writeln!(
                told,
                "  step {} is {}/{}: {read} read, {written} written, {filtered} filtered, {skipped} skipped",
                step.name, step.status, step.exit_code
            )?;
        }
        for letter in letters.iter().take(5) {
            let (phase, error) = (letter.phase.as_str(), letter.error.chain());
            writeln!(told, "  {phase} {} was skipped: {}: {error}", letter.position, letter.error.name)?;
        }
        f.write_str(told.trim_end())
    }
}
