//! What triggers leave in the store: each tick and each message once, whatever became of it.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{LaunchRequest, clean};
use crate::execution::ExecutionId;
use crate::launch::Refusal;

/// The name of a trigger: no two of a job are called the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TriggerKey {
    /// The project of its job.
    pub project: String,
    /// Its job.
    pub job: String,
    /// Its own name.
    pub name: String,
}

/// The number of a message in one of our own topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub i64);

/// A tick or a message of a trigger, and what shall become of it.
#[derive(Clone, Debug)]
pub struct Fire<'a> {
    /// The trigger.
    pub trigger: TriggerKey,
    /// What tells it from every other of the trigger: the instant of a tick, the key of a message. The store takes each once.
    pub key: String,
    /// The instant that a tick stands for.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// The message that is taken out of its topic in the same transaction.
    pub message: Option<MessageId>,
    /// What shall become of it.
    pub what: Firing<'a>,
}

/// What shall become of a tick or a message.
#[derive(Clone, Debug)]
pub enum Firing<'a> {
    /// A run, which waits in the queue.
    Launch {
        /// The run. Its worker and its lease are not looked at.
        request: &'a LaunchRequest,
        /// None while another run of the job is under way or waits: it is [`FireOutcome::Skipped`] then.
        unless_running: bool,
    },
    /// No run: only the record of it.
    Pass {
        /// What it is recorded as.
        outcome: FireOutcome,
        /// Why.
        reason: String,
    },
}

/// What became of a tick or a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FireOutcome {
    /// A run of it was put into the queue.
    Launched,
    /// None was, because another run was under way.
    Skipped,
    /// None was, because no server took the tick within a minute.
    Missed,
    /// None was, because a run with the same parameters has completed.
    Complete,
    /// None was: the parameters were wrong, or the instance takes no further run.
    Refused,
}

impl FireOutcome {
    /// All outcomes.
    pub const ALL: [Self; 5] = [Self::Launched, Self::Skipped, Self::Missed, Self::Complete, Self::Refused];

    /// The text stored in the database and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Launched => "LAUNCHED",
            Self::Skipped => "SKIPPED",
            Self::Missed => "MISSED",
            Self::Complete => "COMPLETE",
            Self::Refused => "REFUSED",
        }
    }

    /// The outcome stored as `text`, if it is one.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }

    /// What becomes of one whose launch was refused.
    #[must_use]
    pub fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::AlreadyRunning { .. } => Self::Skipped,
            Refusal::AlreadyComplete { .. } => Self::Complete,
            _ => Self::Refused,
        }
    }
}

impl fmt::Display for FireOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A tick or a message that the store has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FireRecord {
    /// The trigger.
    pub trigger: TriggerKey,
    /// See [`Fire::key`].
    pub key: String,
    /// See [`Fire::scheduled_at`].
    pub scheduled_at: Option<DateTime<Utc>>,
    /// What became of it.
    pub outcome: FireOutcome,
    /// The run.
    pub execution: Option<ExecutionId>,
    /// Why there is none.
    pub reason: Option<String>,
    /// When it was taken.
    pub at: DateTime<Utc>,
}

/// What the store says to a tick or a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fired {
    /// It is taken now.
    New(FireRecord),
    /// It was taken before; nothing changed, but that its message is out of its topic.
    Known(FireRecord),
    /// Its message is out of its topic already, or is being taken by another process; nothing changed.
    Gone,
}

/// A trigger that somebody serves from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerWatch {
    /// The trigger.
    pub trigger: TriggerKey,
    /// Whether it fires.
    pub enabled: bool,
    /// What it waits for, in one line. One that is edited is new: it does not fire for the time before.
    pub source: String,
}

/// A message that cannot be used.
#[derive(Clone, Debug)]
pub struct Reject {
    /// The trigger that refused it.
    pub trigger: TriggerKey,
    /// Its key, if it has one. A message that comes again under its key is recorded once.
    pub key: Option<String>,
    /// What it said.
    pub payload: String,
    /// What is wrong with it.
    pub reason: String,
    /// Where, such as `message.body.day`.
    pub path: Option<String>,
    /// The message that is taken out of its topic in the same transaction.
    pub message: Option<MessageId>,
    /// Whether it was delivered before. One without a key is looked for by its payload then: the answer to the first delivery
    /// may have been lost after it was recorded.
    pub again: bool,
}

impl Reject {
    /// The longest payload that is kept, in bytes; of longer ones the beginning is.
    pub const LONGEST: usize = 64 * 1024;

    /// The payload as it is kept.
    #[must_use]
    pub fn kept_payload(&self) -> String {
        let end = self.payload.floor_char_boundary(Self::LONGEST);
        clean(self.payload.get(..end).unwrap_or_default()).into_owned()
    }
}

/// A message that could not be used, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReject {
    /// Its number.
    pub id: i64,
    /// The trigger that refused it.
    pub trigger: TriggerKey,
    /// Its key, if it has one.
    pub key: Option<String>,
    /// What it said.
    pub payload: String,
    /// What is wrong with it.
    pub reason: String,
    /// Where.
    pub path: Option<String>,
    /// When it was refused.
    pub at: DateTime<Utc>,
}

/// A message for one of our own topics.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The project of the topic.
    pub project: String,
    /// The topic.
    pub topic: String,
    /// Its id, which the sender gave it or which no other message has.
    pub key: String,
    /// Its text, which is JSON.
    pub body: String,
}

/// A message that waits in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its number.
    pub id: MessageId,
    /// Its id.
    pub key: String,
    /// Its text.
    pub body: String,
    /// When it was published.
    pub at: DateTime<Utc>,
}

/// A trigger that was served at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerSummary {
    /// The trigger.
    pub trigger: TriggerKey,
    /// Whether it fired when it was served last.
    pub enabled: bool,
    /// What it waited for then.
    pub source: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The newest tick or message that was taken.
    pub last: Option<FireRecord>,
    /// How many were.
    pub fires: u64,
    /// How many messages were refused.
    pub rejects: u64,
}
