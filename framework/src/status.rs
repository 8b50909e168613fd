//! The nine stored statuses, the legal moves between them, why a run ended, and the words users read.

mod exit_code;
mod word;

use std::fmt;

pub use self::exit_code::ExitCode;
pub use self::word::Word;

/// Where a job execution or a step execution stands.
///
/// The names are Spring Batch's; `Queued` and `Abandoned` complete them. A status only ever moves forward:
/// [`Status::phase`] grows with every move, and that is the whole safety argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Recorded, waiting for a worker.
    Queued,
    /// A worker holds it; listeners run, no step has started.
    Starting,
    /// Its steps run.
    Started,
    /// An end was requested and the safe point is not reached yet.
    Stopping,
    /// Ended, but the outcome of its last action cannot be known.
    Unknown,
    /// Ended on request; it can be restarted.
    Stopped,
    /// Ended by an error; it can be restarted.
    Failed,
    /// All done.
    Completed,
    /// Thrown away; it can never be restarted.
    Abandoned,
}

/// Every legal move. The guards in SQL, the table `status_transition` and the diagram in the documentation are made
/// from it; nothing else may know them.
const MOVES: [(Status, &[Status]); 9] = {
    use Status::{Abandoned, Completed, Failed, Queued, Started, Starting, Stopped, Stopping, Unknown};
    [
        (Queued, &[Starting, Stopped, Abandoned]),
        (Starting, &[Started, Stopping, Stopped, Failed, Abandoned]),
        (Started, &[Stopping, Stopped, Completed, Failed, Abandoned, Unknown]),
        (Stopping, &[Stopped, Completed, Failed, Abandoned, Unknown]),
        (Unknown, &[Stopped, Completed, Failed, Abandoned]),
        (Stopped, &[Abandoned]),
        (Failed, &[Abandoned]),
        (Completed, &[]),
        (Abandoned, &[]),
    ]
};

impl Status {
    /// All statuses, in the order of their phases.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Starting,
        Self::Started,
        Self::Stopping,
        Self::Unknown,
        Self::Stopped,
        Self::Failed,
        Self::Completed,
        Self::Abandoned,
    ];

    /// The text stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Starting => "STARTING",
            Self::Started => "STARTED",
            Self::Stopping => "STOPPING",
            Self::Unknown => "UNKNOWN",
            Self::Stopped => "STOPPED",
            Self::Failed => "FAILED",
            Self::Completed => "COMPLETED",
            Self::Abandoned => "ABANDONED",
        }
    }

    /// The status stored as `text`; `None` for any other text, which a newer version may have written.
    ///
    /// ```
    /// use overnight_framework::status::Status;
    ///
    /// assert_eq!(Status::from_stored("STOPPED"), Some(Status::Stopped));
    /// assert_eq!(Status::from_stored("stopped"), None);
    /// ```
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// The number that grows with every legal move, except that the ends `Stopped`, `Failed` and `Completed` share one.
    #[must_use]
    pub fn phase(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Starting => 1,
            Self::Started => 2,
            Self::Stopping => 3,
            Self::Unknown => 4,
            Self::Stopped | Self::Failed | Self::Completed => 5,
            Self::Abandoned => 6,
        }
    }

    /// The statuses that may follow this one.
    #[must_use]
    pub fn successors(self) -> &'static [Self] {
        MOVES.iter().find(|(from, _)| *from == self).map_or(&[], |(_, to)| to)
    }

    /// Whether the move from this status to `next` is legal.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self.successors().contains(&next)
    }

    /// The statuses from which `self` can be reached in one move: the guard of an UPDATE.
    pub fn predecessors(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |from| from.may_become(self))
    }

    /// Whether a worker holds a lease on it.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Starting | Self::Started | Self::Stopping)
    }

    /// Whether a step that ended so need not run again.
    #[must_use]
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Completed | Self::Abandoned)
    }

    /// Whether it keeps other executions of its instance from starting.
    #[must_use]
    pub fn blocks_instance(self) -> bool {
        self.is_live() || matches!(self, Self::Queued | Self::Unknown)
    }

    /// Whether it has ended; `ended_at` is set exactly then.
    #[must_use]
    pub fn is_ended(self) -> bool {
        self.phase() >= Self::Unknown.phase()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an end was requested; it becomes the exit code of the stopped run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StopIntent {
    /// An operator asked for it; the next chunk boundary is the safe point.
    Stopped,
    /// An operator paused it; the next chunk boundary is the safe point.
    Paused,
    /// The process that runs it was told to end.
    Interrupted,
    /// It ran longer than its definition allows: the run is FAILED, not STOPPED.
    Timeout,
    /// An operator wants it to end now: the open chunk is rolled back.
    Aborted,
}

impl StopIntent {
    /// All intents, weakest first: a later request replaces an earlier one only when it is stronger.
    pub const ALL: [Self; 5] = [Self::Stopped, Self::Paused, Self::Interrupted, Self::Timeout, Self::Aborted];

    /// The text stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "STOPPED",
            Self::Paused => "PAUSED",
            Self::Interrupted => "INTERRUPTED",
            Self::Timeout => "TIMEOUT",
            Self::Aborted => "ABORTED",
        }
    }

    /// The intent stored as `text`, if it is one.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|intent| intent.as_str() == text)
    }

    /// The status and exit code of a run that ends for this reason.
    #[must_use]
    pub fn end(self) -> (Status, ExitCode) {
        let status = if self == Self::Timeout { Status::Failed } else { Status::Stopped };
        (status, ExitCode::from(self.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moves of gobatch are among them; what stopped or failed is continued by a new execution and stays what it is.
    #[test]
    fn s3_28_twenty_five_of_the_seventy_two_moves_are_legal() {
        use Status::{Abandoned, Completed, Failed, Started, Starting, Stopped, Stopping};
        let pairs = Status::ALL.into_iter().flat_map(|from| Status::ALL.into_iter().map(move |to| (from, to)));
        let legal: Vec<_> = pairs.filter(|(from, to)| from.may_become(*to)).collect();
        assert_eq!(legal.len(), 25);
        let gobatch = [
            (Starting, Started),
            (Starting, Stopping),
            (Started, Stopping),
            (Started, Completed),
            (Started, Failed),
            (Stopping, Stopped),
        ];
        assert!(gobatch.iter().all(|known| legal.contains(known)));
        for ended in [Stopped, Failed] {
            assert_eq!(ended.successors(), [Abandoned]);
        }
    }

    #[test]
    fn every_move_raises_the_phase() {
        for from in Status::ALL {
            for to in from.successors() {
                assert!(to.phase() > from.phase(), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn every_stored_text_is_read_back() {
        for status in Status::ALL {
            assert_eq!(Status::from_stored(status.as_str()), Some(status));
        }
        for intent in StopIntent::ALL {
            assert_eq!(StopIntent::from_stored(intent.as_str()), Some(intent));
        }
        assert_eq!(Status::from_stored("PAUSED"), None);
    }

    #[test]
    fn a_timeout_fails_the_run_and_every_other_intent_stops_it() {
        for intent in StopIntent::ALL {
            let expected = if intent == StopIntent::Timeout { Status::Failed } else { Status::Stopped };
            assert_eq!(intent.end().0, expected);
        }
    }

    #[test]
    fn only_ended_runs_without_doubt_leave_the_instance_free() {
        let blocking: Vec<_> = Status::ALL.into_iter().filter(|status| status.blocks_instance()).collect();
        assert_eq!(blocking, [Status::Queued, Status::Starting, Status::Started, Status::Stopping, Status::Unknown]);
    }
}
