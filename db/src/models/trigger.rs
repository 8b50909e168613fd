//! What triggers leave.

use diesel::Queryable;
use overnight_framework::execution::ExecutionId;
use overnight_framework::repository::{
    FireOutcome, FireRecord, MessageId, StoreError, StoredMessage, StoredReject, TriggerKey,
};

use super::Place;
use crate::instant::Instant;

/// A row of `trigger_fire`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct FireRow {
    id: i64,
    project: String,
    job_name: String,
    trigger_name: String,
    fire_key: String,
    scheduled_at: Option<Instant>,
    outcome: String,
    execution_id: Option<i64>,
    reason: Option<String>,
    created_at: Instant,
}

impl FireRow {
    /// The record as the engine knows it.
    pub(crate) fn into_value(self) -> Result<FireRecord, StoreError> {
        let place = Place { table: "trigger_fire", id: self.id };
        Ok(FireRecord {
            trigger: TriggerKey { project: self.project, job: self.job_name, name: self.trigger_name },
            key: self.fire_key,
            scheduled_at: self.scheduled_at.map(Into::into),
            outcome: place.word("outcome", &self.outcome, FireOutcome::from_stored)?,
            execution: self.execution_id.map(ExecutionId),
            reason: self.reason,
            at: self.created_at.into(),
        })
    }
}

/// A row of `trigger_reject`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct RejectRow {
    id: i64,
    project: String,
    job_name: String,
    trigger_name: String,
    message_key: Option<String>,
    payload: String,
    reason: String,
    path: Option<String>,
    created_at: Instant,
}

impl From<RejectRow> for StoredReject {
    fn from(row: RejectRow) -> Self {
        Self {
            id: row.id,
            trigger: TriggerKey { project: row.project, job: row.job_name, name: row.trigger_name },
            key: row.message_key,
            payload: row.payload,
            reason: row.reason,
            path: row.path,
            at: row.created_at.into(),
        }
    }
}

/// A row of `trigger`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct WatchedRow {
    project: String,
    job_name: String,
    name: String,
    pub(crate) enabled: bool,
    pub(crate) source: String,
    pub(crate) since: Instant,
}

impl WatchedRow {
    /// The trigger.
    pub(crate) fn key(&self) -> TriggerKey {
        TriggerKey { project: self.project.clone(), job: self.job_name.clone(), name: self.name.clone() }
    }
}

/// A message of a topic.
#[derive(Debug, Queryable)]
pub(crate) struct MessageRow {
    id: i64,
    message_key: String,
    body: String,
    created_at: Instant,
}

impl From<MessageRow> for StoredMessage {
    fn from(row: MessageRow) -> Self {
        Self { id: MessageId(row.id), key: row.message_key, body: row.body, at: row.created_at.into() }
    }
}
