//! Dead letters.

use diesel::Queryable;
use overnight_framework::execution::StepExecutionId;
use overnight_framework::repository::{Phase, StoreError, StoredDeadLetter};
use serde_json::Value;

use super::Place;
use crate::instant::Instant;

/// A row of `dead_letter`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct DeadLetterRow {
    id: i64,
    _instance_id: i64,
    step_execution_id: i64,
    step_key: String,
    phase: String,
    position: Value,
    payload: Vec<u8>,
    payload_kind: String,
    _error_name: String,
    error: Value,
    _state: String,
    created_at: Instant,
}

impl DeadLetterRow {
    /// The dead letter as the engine knows it.
    pub(crate) fn into_value(self) -> Result<StoredDeadLetter, StoreError> {
        let place = Place { table: "dead_letter", id: self.id };
        Ok(StoredDeadLetter {
            id: self.id,
            step_execution_id: StepExecutionId(self.step_execution_id),
            step_key: self.step_key,
            phase: place.word("phase", &self.phase, Phase::from_stored)?,
            position: self.position,
            payload: self.payload,
            payload_kind: self.payload_kind,
            error: place.document("error", self.error)?,
            created_at: self.created_at.into(),
        })
    }
}

/// What a dead letter keeps of its step.
#[derive(Debug, Queryable)]
pub(crate) struct StepPlace {
    pub(crate) step_execution_id: i64,
    pub(crate) step_key: String,
    pub(crate) instance_id: i64,
}
