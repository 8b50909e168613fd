//! Executions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use diesel::Queryable;
use overnight_framework::execution::{
    DefinitionId, ExecutionId, InstanceId, JobExecution, JsonObject, Trigger, WorkerId,
};
use overnight_framework::repository::{ExecutionEnd, LaunchRequest, Lease, LeaseState, StoreError, clean};
use overnight_framework::status::{Status, StopIntent};
use serde_json::Value;

use super::Place;
use crate::instant::Instant;

/// A row of `job_execution`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct ExecutionRow {
    pub(crate) id: i64,
    pub(crate) instance_id: i64,
    definition_id: Option<i64>,
    project: String,
    module: String,
    job_name: String,
    target: String,
    params: Value,
    labels: Value,
    base_dir: Option<String>,
    status: String,
    exit_code: String,
    exit_message: Option<String>,
    result: Option<Value>,
    error: Option<Value>,
    pub(crate) context: Value,
    abortable: bool,
    trigger_kind: String,
    triggered_by: String,
    previous_id: Option<i64>,
    pub(crate) attempt: i32,
    worker_id: Option<i64>,
    pub(crate) worker_name: Option<String>,
    pub(crate) lease_token: i64,
    lease_until: Option<Instant>,
    pub(crate) stop_intent: Option<String>,
    stop_by: Option<String>,
    reason: Option<String>,
    pub(crate) progress_percent: i16,
    created_at: Instant,
    started_at: Option<Instant>,
    ended_at: Option<Instant>,
}

impl ExecutionRow {
    const fn place(&self) -> Place {
        Place { table: "job_execution", id: self.id }
    }

    /// Where it stands.
    pub(crate) fn status(&self) -> Result<Status, StoreError> {
        self.place().word("status", &self.status, Status::from_stored)
    }

    /// Whether `lease` is the right to write this row.
    pub(crate) fn is_held_by(&self, lease: &Lease) -> Result<bool, StoreError> {
        let same = self.worker_id == Some(lease.worker.0) && self.lease_token == lease.token;
        Ok(same && self.status()?.is_live())
    }

    /// The end that was requested.
    pub(crate) fn stop_intent(&self) -> Result<Option<StopIntent>, StoreError> {
        self.place().optional("stop_intent", self.stop_intent.as_deref(), StopIntent::from_stored)
    }

    /// Whether operators may stop it.
    pub(crate) fn is_abortable(&self) -> bool {
        self.abortable
    }

    /// The end in one line.
    pub(crate) fn exit_message(&self) -> Option<&str> {
        self.exit_message.as_deref()
    }

    /// The name of its worker, for the log.
    pub(crate) fn actor(&self) -> &str {
        self.worker_name.as_deref().unwrap_or_default()
    }

    /// The execution as the engine knows it.
    pub(crate) fn into_value(self) -> Result<JobExecution, StoreError> {
        let place = self.place();
        let labels: BTreeMap<String, String> = place.document("labels", self.labels)?;
        Ok(JobExecution {
            id: ExecutionId(self.id),
            instance_id: InstanceId(self.instance_id),
            definition_id: self.definition_id.map(DefinitionId),
            project: self.project,
            module: self.module,
            job_name: self.job_name,
            target: self.target,
            params: place.object("params", self.params)?,
            labels,
            base_dir: self.base_dir,
            status: place.word("status", &self.status, Status::from_stored)?,
            exit_code: self.exit_code.into(),
            exit_message: self.exit_message,
            result: self.result,
            error: self.error.map(|error| place.document("error", error)).transpose()?,
            context: place.object("context", self.context)?,
            abortable: self.abortable,
            trigger: place.word("trigger_kind", &self.trigger_kind, Trigger::from_stored)?,
            triggered_by: self.triggered_by,
            previous_id: self.previous_id.map(ExecutionId),
            attempt: self.attempt,
            worker_id: self.worker_id.map(WorkerId),
            worker_name: self.worker_name,
            lease_token: self.lease_token,
            lease_until: self.lease_until.map(Into::into),
            stop_intent: place.optional("stop_intent", self.stop_intent.as_deref(), StopIntent::from_stored)?,
            stop_by: self.stop_by,
            reason: self.reason,
            progress: u8::try_from(self.progress_percent).unwrap_or_default(),
            created_at: self.created_at.into(),
            started_at: self.started_at.map(Into::into),
            ended_at: self.ended_at.map(Into::into),
        })
    }
}

/// What became of one lease at a beat.
#[derive(Debug, Queryable)]
pub(crate) struct BeatRow {
    pub(crate) held: bool,
    pub(crate) renewed: bool,
    pub(crate) stop_intent: Option<String>,
}

impl BeatRow {
    /// The state of `lease`.
    pub(crate) fn into_value(self, lease: Lease) -> Result<LeaseState, StoreError> {
        let Self { held, renewed, stop_intent } = self;
        let place = Place { table: "job_execution", id: lease.execution.0 };
        let stop = place.optional("stop_intent", stop_intent.as_deref().filter(|_| held), StopIntent::from_stored)?;
        Ok(LeaseState { lease, held, renewed, stop })
    }
}

/// Where a new execution goes on.
pub(crate) struct Origin {
    pub(crate) instance_id: i64,
    pub(crate) previous_id: Option<i64>,
    pub(crate) attempt: i32,
    pub(crate) context: Value,
    pub(crate) progress_percent: i16,
}

impl Origin {
    /// The beginning of an instance.
    pub(crate) fn first(instance_id: i64) -> Self {
        let context = Value::Object(JsonObject::new());
        Self { instance_id, previous_id: None, attempt: 1, context, progress_percent: 0 }
    }

    /// The continuation of `previous`.
    pub(crate) fn after(previous: &ExecutionRow) -> Self {
        Self {
            instance_id: previous.instance_id,
            previous_id: Some(previous.id),
            attempt: previous.attempt.saturating_add(1),
            context: previous.context.clone(),
            progress_percent: previous.progress_percent,
        }
    }
}

/// The worker that holds a new execution, and for how long.
pub(crate) struct Holder<'a> {
    pub(crate) worker_id: i64,
    pub(crate) worker_name: &'a str,
    pub(crate) lease: Duration,
}

/// An execution to be inserted: STARTING where somebody holds it, QUEUED where nobody does.
pub(crate) struct NewExecution<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) definition_id: Option<i64>,
    pub(crate) project: &'a str,
    pub(crate) module: &'a str,
    pub(crate) job_name: &'a str,
    pub(crate) target: &'a str,
    pub(crate) base_dir: Option<&'a str>,
    pub(crate) abortable: bool,
    pub(crate) trigger: Trigger,
    pub(crate) texts: LaunchTexts<'a>,
    pub(crate) holder: Option<Holder<'a>>,
}

impl<'a> NewExecution<'a> {
    /// The execution that `request` asks for.
    pub(crate) fn of(
        request: &'a LaunchRequest,
        origin: &'a Origin,
        definition_id: i64,
        holder: Option<Holder<'a>>,
    ) -> Self {
        Self {
            origin,
            definition_id: Some(definition_id),
            project: &request.project,
            module: &request.module,
            job_name: &request.job_name,
            target: &request.target,
            base_dir: request.base_dir.as_deref(),
            abortable: request.abortable,
            trigger: request.trigger,
            texts: LaunchTexts::of(request),
            holder,
        }
    }

    /// The execution that goes on where `ended` was left.
    pub(crate) fn going_on(ended: &'a ExecutionRow, origin: &'a Origin, by: &'a str) -> Self {
        Self {
            origin,
            definition_id: ended.definition_id,
            project: &ended.project,
            module: &ended.module,
            job_name: &ended.job_name,
            target: &ended.target,
            base_dir: ended.base_dir.as_deref(),
            abortable: ended.abortable,
            trigger: Trigger::Restart,
            texts: LaunchTexts {
                params: ended.params.clone(),
                labels: ended.labels.clone(),
                triggered_by: clean(by),
                reason: ended.exit_message.as_deref().map(clean),
            },
            holder: None,
        }
    }

    /// Its status.
    pub(crate) fn status(&self) -> Status {
        if self.holder.is_some() { Status::Starting } else { Status::Queued }
    }
}

/// What a launch writes in another form than it is asked.
pub(crate) struct LaunchTexts<'a> {
    pub(crate) params: Value,
    pub(crate) labels: Value,
    pub(crate) triggered_by: Cow<'a, str>,
    pub(crate) reason: Option<Cow<'a, str>>,
}

impl<'a> LaunchTexts<'a> {
    /// Those of `request`.
    pub(crate) fn of(request: &'a LaunchRequest) -> Self {
        let labels = request.labels.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        Self {
            params: Value::Object(request.params.clone()),
            labels: Value::Object(labels.collect()),
            triggered_by: clean(&request.triggered_by),
            reason: request.reason.as_deref().map(clean),
        }
    }
}

/// What the end writes on the row of an execution.
pub(crate) struct EndedExecution {
    pub(crate) status: &'static str,
    pub(crate) exit_code: String,
    pub(crate) exit_message: Option<String>,
    pub(crate) result: Option<Value>,
    pub(crate) error: Option<Value>,
    pub(crate) progress_percent: i16,
}

impl EndedExecution {
    /// The end of an execution that got as far as `progress` before: it never goes back.
    pub(crate) fn new(end: &ExecutionEnd, progress: i16) -> Self {
        Self {
            status: end.status.as_str(),
            exit_code: clean(end.exit_code.as_str()).into_owned(),
            exit_message: end.exit_message.as_deref().map(|text| clean(text).into_owned()),
            result: end.result.clone(),
            error: end.error.as_ref().map(|error| super::error_document(&error.cleaned())),
            progress_percent: progress.max(end.progress.into()),
        }
    }
}
