//! Step executions.

use chrono::{DateTime, Utc};

use super::{Counts, ErrorRecord, ExecutionId, JsonObject, StepExecutionId};
use crate::status::{ExitCode, Status, StopIntent, Word};

/// What a step is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// One action.
    Tasklet,
    /// Items read, processed and written, a chunk a transaction.
    Chunk,
}

impl StepKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Tasklet, Self::Chunk];

    /// The text stored in the database and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tasklet => "task",
            Self::Chunk => "chunk",
        }
    }

    /// The kind stored as `text`, if it is one.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One run of one step, Spring Batch's StepExecution.
#[derive(Clone, Debug, PartialEq)]
pub struct StepExecution {
    /// Its id.
    pub id: StepExecutionId,
    /// The execution it belongs to.
    pub execution_id: ExecutionId,
    /// Its place among the steps of the execution, from 0.
    pub ordinal: i32,
    /// Its address, such as `40-0`.
    pub path: String,
    /// What finds it again in the next execution of the instance.
    pub step_key: String,
    /// Its name.
    pub name: String,
    /// What it is made of.
    pub kind: StepKind,
    /// The machine that runs it.
    pub dest: String,
    /// Where it stands.
    pub status: Status,
    /// Why it ended; empty before.
    pub exit_code: ExitCode,
    /// What made it fail.
    pub error: Option<ErrorRecord>,
    /// The number that fences off earlier holders.
    pub lease_token: i64,
    /// The end that was requested.
    pub stop_intent: Option<StopIntent>,
    /// What it did, in this run alone.
    pub counts: Counts,
    /// The position after the last committed chunk.
    pub checkpoint: Option<serde_json::Value>,
    /// What the step keeps for its next run.
    pub context: JsonObject,
    /// The values it gives to later steps.
    pub outputs: JsonObject,
    /// How many items there will be, if that is known.
    pub progress_total: Option<u64>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl StepExecution {
    /// The word that operators read for it.
    #[must_use]
    pub fn word(&self) -> Word {
        Word::of(self.status, &self.exit_code)
    }
}
