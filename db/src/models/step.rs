//! Steps.

use std::borrow::Cow;

use diesel::Queryable;
use overnight_framework::execution::{Counts, ExecutionId, StepExecution, StepExecutionId, StepKind};
use overnight_framework::repository::{Lease, StepEnd, StepLease, StepRun, StepStart, StoreError, clean};
use overnight_framework::status::{Status, StopIntent};
use serde_json::Value;

use super::{Place, from_column, to_column};
use crate::instant::Instant;

/// A row of `step_execution`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct StepRow {
    pub(crate) id: i64,
    job_execution_id: i64,
    ordinal: i32,
    pub(crate) path: String,
    pub(crate) step_key: String,
    step_name: String,
    kind: String,
    dest: String,
    status: String,
    exit_code: String,
    error: Option<Value>,
    worker_id: Option<i64>,
    lease_token: i64,
    stop_intent: Option<String>,
    read_count: i64,
    write_count: i64,
    filter_count: i64,
    read_skip_count: i64,
    process_skip_count: i64,
    write_skip_count: i64,
    commit_count: i64,
    rollback_count: i64,
    retry_count: i64,
    progress_total: Option<i64>,
    checkpoint: Option<Value>,
    context: Value,
    outputs: Value,
    created_at: Instant,
    started_at: Option<Instant>,
    ended_at: Option<Instant>,
}

impl StepRow {
    const fn place(&self) -> Place {
        Place { table: "step_execution", id: self.id }
    }

    /// Where it stands.
    pub(crate) fn status(&self) -> Result<Status, StoreError> {
        self.place().word("status", &self.status, Status::from_stored)
    }

    /// Whether `lease` is the right to write this row.
    pub(crate) fn is_held_by(&self, lease: &StepLease) -> Result<bool, StoreError> {
        let Lease { execution, worker, token } = lease.lease;
        let same =
            self.job_execution_id == execution.0 && self.worker_id == Some(worker.0) && self.lease_token == token;
        Ok(same && self.status()?.is_live())
    }

    /// The step as the engine knows it.
    pub(crate) fn into_value(self) -> Result<StepExecution, StoreError> {
        let place = self.place();
        let counts = CountColumns {
            read: self.read_count,
            write: self.write_count,
            filter: self.filter_count,
            read_skip: self.read_skip_count,
            process_skip: self.process_skip_count,
            write_skip: self.write_skip_count,
            commit: self.commit_count,
            rollback: self.rollback_count,
            retry: self.retry_count,
        };
        Ok(StepExecution {
            id: StepExecutionId(self.id),
            execution_id: ExecutionId(self.job_execution_id),
            ordinal: self.ordinal,
            path: self.path,
            step_key: self.step_key,
            name: self.step_name,
            kind: place.word("kind", &self.kind, StepKind::from_stored)?,
            dest: self.dest,
            status: place.word("status", &self.status, Status::from_stored)?,
            exit_code: self.exit_code.into(),
            error: self.error.map(|error| place.document("error", error)).transpose()?,
            lease_token: self.lease_token,
            stop_intent: place.optional("stop_intent", self.stop_intent.as_deref(), StopIntent::from_stored)?,
            counts: counts.into(),
            checkpoint: self.checkpoint,
            context: place.object("context", self.context)?,
            outputs: place.object("outputs", self.outputs)?,
            progress_total: self.progress_total.map(from_column),
            created_at: self.created_at.into(),
            started_at: self.started_at.map(Into::into),
            ended_at: self.ended_at.map(Into::into),
        })
    }
}

/// The end that was requested of a step.
pub(crate) fn intent_of_step(id: StepExecutionId, text: Option<&str>) -> Result<Option<StopIntent>, StoreError> {
    Place { table: "step_execution", id: id.0 }.optional("stop_intent", text, StopIntent::from_stored)
}

/// Where a live step stands, for those who move several.
#[derive(Debug, Queryable)]
pub(crate) struct StepState {
    pub(crate) id: i64,
    pub(crate) path: String,
    status: String,
}

impl StepState {
    /// Where it stands.
    pub(crate) fn status(&self) -> Result<Status, StoreError> {
        Place { table: "step_execution", id: self.id }.word("status", &self.status, Status::from_stored)
    }
}

/// The counters as columns.
#[derive(Clone, Copy, Debug, Queryable)]
pub(crate) struct CountColumns {
    pub(crate) read: i64,
    pub(crate) write: i64,
    pub(crate) filter: i64,
    pub(crate) read_skip: i64,
    pub(crate) process_skip: i64,
    pub(crate) write_skip: i64,
    pub(crate) commit: i64,
    pub(crate) rollback: i64,
    pub(crate) retry: i64,
}

impl From<&Counts> for CountColumns {
    fn from(counts: &Counts) -> Self {
        Self {
            read: to_column(counts.read),
            write: to_column(counts.write),
            filter: to_column(counts.filter),
            read_skip: to_column(counts.read_skip),
            process_skip: to_column(counts.process_skip),
            write_skip: to_column(counts.write_skip),
            commit: to_column(counts.commit),
            rollback: to_column(counts.rollback),
            retry: to_column(counts.retry),
        }
    }
}

impl From<CountColumns> for Counts {
    fn from(columns: CountColumns) -> Self {
        Self {
            read: from_column(columns.read),
            write: from_column(columns.write),
            filter: from_column(columns.filter),
            read_skip: from_column(columns.read_skip),
            process_skip: from_column(columns.process_skip),
            write_skip: from_column(columns.write_skip),
            commit: from_column(columns.commit),
            rollback: from_column(columns.rollback),
            retry: from_column(columns.retry),
        }
    }
}

/// What one row of a step counted.
#[derive(Debug, Queryable)]
pub(crate) struct StepRunRow {
    id: i64,
    step_key: String,
    status: String,
    exit_code: String,
    counts: CountColumns,
}

impl StepRunRow {
    /// The run as the engine sums it up.
    pub(crate) fn into_value(self) -> Result<StepRun, StoreError> {
        let place = Place { table: "step_execution", id: self.id };
        let status = place.word("status", &self.status, Status::from_stored)?;
        let (id, exit_code) = (StepExecutionId(self.id), self.exit_code.into());
        Ok(StepRun { id, step_key: self.step_key, status, exit_code, counts: self.counts.into() })
    }
}

/// A STARTED step to be inserted.
pub(crate) struct NewStep<'a> {
    pub(crate) lease: &'a Lease,
    pub(crate) start: &'a StepStart,
    pub(crate) path: String,
    pub(crate) context: Value,
    pub(crate) outputs: Value,
    pub(crate) dest: Cow<'a, str>,
    pub(crate) stop_intent: Option<&'a str>,
}

impl<'a> NewStep<'a> {
    /// The step of an execution whose end may have been requested already: then its first chunk brings the order back.
    pub(crate) fn new(lease: &'a Lease, start: &'a StepStart, stop_intent: Option<&'a str>) -> Self {
        let path = format!("{}-{}", lease.execution, start.ordinal);
        let (context, outputs) = (Value::Object(start.context.clone()), Value::Object(start.outputs.clone()));
        Self { lease, start, path, context, outputs, dest: clean(&start.dest), stop_intent }
    }
}

/// What the end writes on the row of a step.
pub(crate) struct EndedStep {
    pub(crate) status: &'static str,
    pub(crate) exit_code: String,
    pub(crate) error: Option<Value>,
    pub(crate) counts: CountColumns,
    pub(crate) context: Value,
    pub(crate) outputs: Value,
}

impl From<&StepEnd> for EndedStep {
    fn from(end: &StepEnd) -> Self {
        Self {
            status: end.status.as_str(),
            exit_code: clean(end.exit_code.as_str()).into_owned(),
            error: end.error.as_ref().map(|error| super::error_document(&error.cleaned())),
            counts: CountColumns::from(&end.counts),
            context: Value::Object(end.context.clone()),
            outputs: Value::Object(end.outputs.clone()),
        }
    }
}
