//! The words for a run that operators read and type.

use std::fmt;

use super::{ExitCode, Status};

/// What `jobctl` and the web page call a run: a pure function of its status and exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// Waits for a worker.
    Queued,
    /// Held by a worker, no step yet.
    Starting,
    /// Its steps run.
    Running,
    /// On its way to the safe point.
    Stopping,
    /// Ended on request; a restart goes on.
    Stopped,
    /// Ended by `pause`; a resume goes on.
    Paused,
    /// Withdrawn before it started.
    Cancelled,
    /// All done.
    Finished,
    /// Ended by an error.
    Failed,
    /// Thrown away for good.
    Discarded,
    /// The outcome cannot be known.
    Unknown,
}

impl Word {
    /// All words, in the order of a run's life.
    pub const ALL: [Self; 11] = [
        Self::Queued,
        Self::Starting,
        Self::Running,
        Self::Stopping,
        Self::Stopped,
        Self::Paused,
        Self::Cancelled,
        Self::Finished,
        Self::Failed,
        Self::Discarded,
        Self::Unknown,
    ];

    /// The word for a run with this status and exit code.
    ///
    /// ```
    /// use overnight_framework::status::{ExitCode, Status, Word};
    ///
    /// assert_eq!(Word::of(Status::Stopped, &ExitCode::from("PAUSED")), Word::Paused);
    /// assert_eq!(Word::of(Status::Completed, &ExitCode::COMPLETED).as_str(), "finished");
    /// ```
    #[must_use]
    pub fn of(status: Status, exit_code: &ExitCode) -> Self {
        match (status, exit_code.as_str()) {
            (Status::Queued, _) => Self::Queued,
            (Status::Starting, _) => Self::Starting,
            (Status::Started, _) => Self::Running,
            (Status::Stopping, _) => Self::Stopping,
            (Status::Stopped, "PAUSED") => Self::Paused,
            (Status::Stopped, "CANCELLED" | "EXPIRED") => Self::Cancelled,
            (Status::Stopped, _) => Self::Stopped,
            (Status::Completed, _) => Self::Finished,
            (Status::Failed, _) => Self::Failed,
            (Status::Abandoned, _) => Self::Discarded,
            (Status::Unknown, _) => Self::Unknown,
        }
    }

    /// The word itself.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Discarded => "discarded",
            Self::Unknown => "unknown",
        }
    }

    /// The word meant by `text` in a filter, in any letter case. Besides our own words it takes those of NebulaGraph
    /// (`queue`), Kylin (`pending`, `error`), ScyllaDB (`created`, `done`, `suspended`), Spring Batch (`started`,
    /// `completed`, `abandoned`) and NetPulse (`canceled`, `succeed`).
    #[must_use]
    pub fn from_filter(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        Some(match text.as_str() {
            "pending" | "queue" | "created" => Self::Queued,
            "started" => Self::Running,
            "done" | "completed" | "succeed" => Self::Finished,
            "error" => Self::Failed,
            "abandoned" => Self::Discarded,
            "canceled" => Self::Cancelled,
            "suspended" => Self::Paused,
            own => return Self::ALL.into_iter().find(|word| word.as_str() == own),
        })
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s0_17_every_seed_word_is_an_alias_in_filters() {
        for (alias, word) in [
            ("queue", Word::Queued),
            ("PENDING", Word::Queued),
            ("Completed", Word::Finished),
            ("error", Word::Failed),
            ("suspended", Word::Paused),
            ("running", Word::Running),
        ] {
            assert_eq!(Word::from_filter(alias), Some(word), "{alias}");
        }
        assert_eq!(Word::from_filter("finish"), None);
    }

    #[test]
    fn every_word_names_itself() {
        for word in Word::ALL {
            assert_eq!(Word::from_filter(word.as_str()), Some(word));
        }
    }
}
