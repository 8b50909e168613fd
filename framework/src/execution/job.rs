//! Job instances and job executions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{DefinitionId, ErrorRecord, ExecutionId, InstanceId, JsonObject, WorkerId};
use crate::status::{ExitCode, Status, StopIntent, Word};

/// A job with one set of identifying parameters, Spring Batch's JobInstance.
///
/// At most one generation of it is open: a completed or discarded one is closed, and only a new generation can run the
/// same parameters again.
#[derive(Clone, Debug, PartialEq)]
pub struct JobInstance {
    /// Its id.
    pub id: InstanceId,
    /// The project it belongs to.
    pub project: String,
    /// The name of its job.
    pub job_name: String,
    /// The hash of its key.
    pub key: String,
    /// The canonical JSON of its identifying parameters.
    pub params: String,
    /// How often the same key was begun anew, from 1.
    pub generation: i32,
    /// When it was first launched.
    pub created_at: DateTime<Utc>,
    /// Why it is closed, if it is.
    pub closed: Option<InstanceEnd>,
}

/// Why an instance takes no further execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceEnd {
    /// Its last execution completed.
    Completed,
    /// It was discarded.
    Abandoned,
    /// A restart from the beginning replaced it.
    Superseded,
}

impl InstanceEnd {
    /// All ends.
    pub const ALL: [Self; 3] = [Self::Completed, Self::Abandoned, Self::Superseded];

    /// The text stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "COMPLETED",
            Self::Abandoned => "ABANDONED",
            Self::Superseded => "SUPERSEDED",
        }
    }

    /// The end stored as `text`, if it is one.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.as_str() == text)
    }
}

/// What asked for an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// `jobctl start`.
    Cli,
    /// A call of the library.
    Library,
    /// A tick of a schedule.
    Cron,
    /// A message.
    Message,
    /// A restart, by whatever face.
    Restart,
}

impl Trigger {
    /// All triggers.
    pub const ALL: [Self; 5] = [Self::Cli, Self::Library, Self::Cron, Self::Message, Self::Restart];

    /// The text stored in the database and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Library => "library",
            Self::Cron => "cron",
            Self::Message => "mq",
            Self::Restart => "restart",
        }
    }

    /// The trigger stored as `text`, if it is one.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trigger| trigger.as_str() == text)
    }
}

/// One run of a job instance, Spring Batch's JobExecution: record, lease and root of the task tree in one row.
#[derive(Clone, Debug, PartialEq)]
pub struct JobExecution {
    /// Its id, which only grows.
    pub id: ExecutionId,
    /// The instance it runs.
    pub instance_id: InstanceId,
    /// The revision of the definition it runs, pinned for its whole life.
    pub definition_id: Option<DefinitionId>,
    /// The project it belongs to.
    pub project: String,
    /// The module its job declares.
    pub module: String,
    /// The name of its job.
    pub job_name: String,
    /// The object it works on, shown beside the name.
    pub target: String,
    /// The parameters, without the secret ones.
    pub params: JsonObject,
    /// The labels of its job.
    pub labels: BTreeMap<String, String>,
    /// The folder that relative paths of its definition start at.
    pub base_dir: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// Why it ended; empty before.
    pub exit_code: ExitCode,
    /// The end in one line.
    pub exit_message: Option<String>,
    /// What the job declares as its result.
    pub result: Option<serde_json::Value>,
    /// What made it fail.
    pub error: Option<ErrorRecord>,
    /// What its steps promoted, kept over restarts.
    pub context: JsonObject,
    /// Whether it may be stopped.
    pub abortable: bool,
    /// What asked for it.
    pub trigger: Trigger,
    /// Who asked for it.
    pub triggered_by: String,
    /// The execution that it continues.
    pub previous_id: Option<ExecutionId>,
    /// The how manieth execution of its instance it is.
    pub attempt: i32,
    /// The worker that holds or held it.
    pub worker_id: Option<WorkerId>,
    /// The name of that worker.
    pub worker_name: Option<String>,
    /// The number that fences off earlier holders.
    pub lease_token: i64,
    /// Until when the holder may be believed alive.
    pub lease_until: Option<DateTime<Utc>>,
    /// The end that was requested.
    pub stop_intent: Option<StopIntent>,
    /// Who requested it.
    pub stop_by: Option<String>,
    /// The reason given with the last order.
    pub reason: Option<String>,
    /// How much is done, in percent: 100 only when completed.
    pub progress: u8,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When its first step began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl JobExecution {
    /// Why another run of its job is not begun beside it.
    #[must_use]
    pub fn keeps_others_away(&self) -> String {
        format!("job {} of {} is {}", self.id, self.job_name, self.word())
    }

    /// The word that operators read for it.
    #[must_use]
    pub fn word(&self) -> Word {
        Word::of(self.status, &self.exit_code)
    }
}
