//! May this instance start now, and where does it go on: a pure decision over its last execution.

use thiserror::Error;

use crate::execution::{ExecutionId, InstanceEnd};
use crate::status::{ExitCode, Status, Word};

/// What a caller wants of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Run the job with these parameters: a new instance, or the open one continued.
    Start,
    /// Continue the instance, which must exist.
    Restart,
}

/// What the decision looks at: the newest execution of the newest generation of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// The execution.
    pub id: ExecutionId,
    /// Where it stands.
    pub status: Status,
    /// Why its instance is closed, if it is.
    pub closed: Option<InstanceEnd>,
    /// The generation of its instance.
    pub generation: i32,
}

/// Whether a job may be continued after a failure or a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restartability {
    /// A failed or stopped execution can be continued.
    Restartable,
    /// `restartable: false`: one execution is all an instance gets.
    Once,
}

/// What a launch shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Open this generation and run from the beginning.
    Begin {
        /// The number of the generation, from 1.
        generation: i32,
    },
    /// Continue the open instance after this execution.
    Continue {
        /// The execution to go on after.
        previous: ExecutionId,
    },
}

/// Why a launch is refused. Each message names the execution, and what to do instead where that is one thing.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// An execution of the instance lives.
    #[error("already running (job {id} is {})", word(*status))]
    AlreadyRunning {
        /// The live execution.
        id: ExecutionId,
        /// Where it stands.
        status: Status,
    },
    /// The instance is complete.
    #[error("already finished (job {id}): the same parameters run once; other parameters make a new instance")]
    AlreadyComplete {
        /// The execution that completed it.
        id: ExecutionId,
    },
    /// The instance was discarded.
    #[error("job {id} is discarded: start it again with the same parameters to begin anew")]
    Discarded {
        /// The discarded execution.
        id: ExecutionId,
    },
    /// The outcome of the last execution is not known.
    #[error(
        "unknown: nobody knows what job {id} did, because another system did not answer it; look there. This version cannot go on \
         with it: start the job with other parameters"
    )]
    Unknown {
        /// The execution in doubt.
        id: ExecutionId,
    },
    /// There is nothing to go on from.
    #[error("there is nothing to restart: the job never ran with these parameters in this project")]
    NeverStarted,
    /// The job forbids a second execution.
    #[error("job {id} is {} and its definition says `restartable: false`: start it with other parameters", word(*status))]
    NotRestartable {
        /// The only execution there may be.
        id: ExecutionId,
        /// How it ended.
        status: Status,
    },
}

/// The word that users read for a status, where they are not told the exit code.
pub(crate) fn word(status: Status) -> Word {
    Word::of(status, &ExitCode::from(status.as_str()))
}

/// Decides over a launch. `last` is `None` when the instance has no execution yet.
///
/// # Errors
/// The reason why it is refused.
pub fn decide(wish: Wish, last: Option<Last>, rule: Restartability) -> Result<Decision, Refusal> {
    let Some(Last { id, status, closed, generation }) = last else {
        return match wish {
            Wish::Start => Ok(Decision::Begin { generation: 1 }),
            Wish::Restart => Err(Refusal::NeverStarted),
        };
    };
    match (status, wish) {
        (Status::Queued | Status::Starting | Status::Started | Status::Stopping, _) => {
            Err(Refusal::AlreadyRunning { id, status })
        }
        (Status::Unknown, _) => Err(Refusal::Unknown { id }),
        (Status::Completed, _) => Err(Refusal::AlreadyComplete { id }),
        (Status::Abandoned, Wish::Start) => Ok(Decision::Begin { generation: generation + 1 }),
        (Status::Abandoned, Wish::Restart) => Err(Refusal::Discarded { id }),
        (Status::Stopped | Status::Failed, _) if closed.is_some() => Ok(Decision::Begin { generation: generation + 1 }),
        (Status::Stopped | Status::Failed, _) if rule == Restartability::Once => {
            Err(Refusal::NotRestartable { id, status })
        }
        (Status::Stopped | Status::Failed, _) => Ok(Decision::Continue { previous: id }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ExecutionId = ExecutionId(41);

    fn after(status: Status, wish: Wish) -> Result<Decision, Refusal> {
        let closed = match status {
            Status::Completed => Some(InstanceEnd::Completed),
            Status::Abandoned => Some(InstanceEnd::Abandoned),
            _ => None,
        };
        decide(wish, Some(Last { id: ID, status, closed, generation: 2 }), Restartability::Restartable)
    }

    #[test]
    fn the_first_start_opens_the_first_generation() {
        assert_eq!(decide(Wish::Start, None, Restartability::Once), Ok(Decision::Begin { generation: 1 }));
    }

    #[test]
    fn a_restart_of_what_never_ran_is_refused() {
        assert_eq!(decide(Wish::Restart, None, Restartability::Restartable), Err(Refusal::NeverStarted));
    }

    #[test]
    fn a_stopped_or_failed_execution_is_continued() {
        for status in [Status::Stopped, Status::Failed] {
            for wish in [Wish::Start, Wish::Restart] {
                assert_eq!(after(status, wish), Ok(Decision::Continue { previous: ID }));
            }
        }
    }

    #[test]
    fn s3_42_every_other_status_is_refused_with_its_reason() {
        let words = |status| after(status, Wish::Restart).unwrap_err().to_string();
        assert!(words(Status::Started).starts_with("already running (job 41 is running)"));
        assert!(words(Status::Completed).starts_with("already finished (job 41)"));
        assert!(words(Status::Abandoned).starts_with("job 41 is discarded"));
        assert!(words(Status::Unknown).starts_with("unknown: nobody knows what job 41 did"));
        for status in [Status::Queued, Status::Starting, Status::Started, Status::Stopping] {
            assert_eq!(after(status, Wish::Restart), Err(Refusal::AlreadyRunning { id: ID, status }));
        }
        assert_eq!(after(Status::Completed, Wish::Restart), Err(Refusal::AlreadyComplete { id: ID }));
        assert_eq!(after(Status::Abandoned, Wish::Restart), Err(Refusal::Discarded { id: ID }));
        assert_eq!(after(Status::Unknown, Wish::Restart), Err(Refusal::Unknown { id: ID }));
    }

    #[test]
    fn a_discarded_instance_begins_anew_on_start() {
        assert_eq!(after(Status::Abandoned, Wish::Start), Ok(Decision::Begin { generation: 3 }));
    }

    #[test]
    fn a_job_that_is_not_restartable_gets_one_execution() {
        let last = Last { id: ID, status: Status::Failed, closed: None, generation: 1 };
        assert_eq!(
            decide(Wish::Start, Some(last), Restartability::Once),
            Err(Refusal::NotRestartable { id: ID, status: Status::Failed })
        );
    }
}
