//! What happened in a run, kept: the same as [`RunEvent`], for those who look at it later or on another thread.

use std::time::Duration;

use super::{Extent, RunEvent};
use crate::execution::{Counts, JobExecution, StepExecution};
use crate::repository::DeadLetter;

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Happened {
    /// The execution is recorded and its first step is about to begin.
    Started(Box<JobExecution>),
    /// A step is not run again: an earlier execution completed it.
    StepSkipped {
        /// The name of the step.
        step: String,
    },
    /// A step began, or goes on after an earlier execution.
    StepStarted(Box<StepExecution>),
    /// The reader of a chunk step is open, and knows how far it is.
    Opened {
        /// The name of the step.
        step: String,
        /// Where it begins, or goes on.
        extent: Extent,
    },
    /// A chunk is committed.
    Progress {
        /// The name of the step.
        step: String,
        /// The counters of this run of the step.
        counts: Counts,
        /// How many items there will be, if that is known.
        total: Option<u64>,
        /// How far the reader has come with this chunk, if it can tell.
        extent: Option<Extent>,
    },
    /// An item was skipped and its chunk is committed.
    Skipped {
        /// The name of the step.
        step: String,
        /// The item.
        letter: Box<DeadLetter>,
    },
    /// An attempt failed and is repeated after a pause.
    Retrying {
        /// The name of the step.
        step: String,
        /// What failed, with its causes.
        error: String,
        /// The number of the attempt that follows, from 2.
        attempt: u32,
        /// The pause before it.
        delay: Duration,
    },
    /// A step has a line of output.
    Output {
        /// The name of the step.
        step: String,
        /// The line, without its end.
        line: String,
    },
    /// Something went wrong that does not change the outcome.
    Warning {
        /// Where, if in a step.
        step: Option<String>,
        /// What, in one line.
        message: String,
    },
    /// A step ended.
    StepEnded(Box<StepExecution>),
    /// The execution ended; this is its last row.
    Ended(Box<JobExecution>),
    /// The run is over and has no last row: its lease was lost, or the store was away for too long.
    Lost {
        /// Why, with its causes.
        error: String,
    },
}

impl From<&RunEvent<'_>> for Happened {
    fn from(event: &RunEvent<'_>) -> Self {
        match *event {
            RunEvent::Started(execution) => Self::Started(Box::new(execution.clone())),
            RunEvent::StepSkipped { step } => Self::StepSkipped { step: step.to_owned() },
            RunEvent::StepStarted(step) => Self::StepStarted(Box::new(step.clone())),
            RunEvent::Opened { step, extent } => Self::Opened { step: step.to_owned(), extent },
            RunEvent::Progress { step, counts, total, extent } => {
                Self::Progress { step: step.to_owned(), counts, total, extent }
            }
            RunEvent::Skipped { step, letter } => {
                Self::Skipped { step: step.to_owned(), letter: Box::new(letter.clone()) }
            }
            RunEvent::Retrying { step, error, attempt, delay } => {
                Self::Retrying { step: step.to_owned(), error: error.to_owned(), attempt, delay }
            }
            RunEvent::Output { step, line } => Self::Output { step: step.to_owned(), line: line.to_owned() },
            RunEvent::Warning { step, message } => {
                Self::Warning { step: step.map(str::to_owned), message: message.to_owned() }
            }
            RunEvent::StepEnded(step) => Self::StepEnded(Box::new(step.clone())),
            RunEvent::Ended(execution) => Self::Ended(Box::new(execution.clone())),
        }
    }
}
