//! What the engine tells whoever watches a run: one kind of event, one handler, no printing.

mod happened;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

pub use self::happened::Happened;

use crate::error::BatchError;
use crate::execution::{Counts, JobExecution, StepExecution};
use crate::repository::DeadLetter;

/// How far a reader has come, in a measure of its own such as the bytes of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// So much is done, what earlier executions did included.
    pub done: u64,
    /// So much there is.
    pub of: u64,
}

/// Something that happened in a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunEvent<'a> {
    /// The execution is recorded and its first step is about to begin.
    Started(&'a JobExecution),
    /// A step is not run again: an earlier execution completed it.
    StepSkipped {
        /// The name of the step.
        step: &'a str,
    },
    /// A step began, or goes on after an earlier execution.
    StepStarted(&'a StepExecution),
    /// The reader of a chunk step is open, and knows how far it is.
    Opened {
        /// The name of the step.
        step: &'a str,
        /// Where it begins, or goes on.
        extent: Extent,
    },
    /// A chunk is committed.
    Progress {
        /// The name of the step.
        step: &'a str,
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
        step: &'a str,
        /// The item.
        letter: &'a DeadLetter,
    },
    /// An attempt failed and is repeated after a pause.
    Retrying {
        /// The name of the step.
        step: &'a str,
        /// What failed, with its causes.
        error: &'a str,
        /// The number of the attempt that follows, from 2.
        attempt: u32,
        /// The pause before it.
        delay: Duration,
    },
    /// A step has a line of output, such as the command of a shell step.
    Output {
        /// The name of the step.
        step: &'a str,
        /// The line, without its end.
        line: &'a str,
    },
    /// Something went wrong that does not change the outcome.
    Warning {
        /// Where, if in a step.
        step: Option<&'a str>,
        /// What, in one line.
        message: &'a str,
    },
    /// A step ended.
    StepEnded(&'a StepExecution),
    /// The execution ended; this is its last row.
    Ended(&'a JobExecution),
}

/// Whoever watches runs. Called from the threads of the engine; a slow monitor slows the run.
pub trait Monitor: Send + Sync {
    /// Takes one event.
    fn event(&self, event: &RunEvent<'_>);
}

/// Tells `monitor` of `event`. One that panics loses this event; the run does not fail because somebody watched it.
pub(crate) fn tell(monitor: &dyn Monitor, event: &RunEvent<'_>) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| monitor.event(event))) {
        tracing::error!(?event, error = %BatchError::of_panic(panic), "a monitor panicked");
    }
}

/// The monitor of runs that nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Monitor for Unwatched {
    fn event(&self, _: &RunEvent<'_>) {}
}
