//! What operators and other processes order of an execution.

use std::time::Duration;

use crate::execution::{ExecutionId, JobExecution};
use crate::repository::Lease;
use crate::status::StopIntent;

/// The order to end an execution.
#[derive(Clone, Debug)]
pub struct StopOrder {
    /// The execution.
    pub id: ExecutionId,
    /// How it shall end.
    pub intent: StopIntent,
    /// Who gives the order.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
}

/// What a stop order did.
#[derive(Clone, Debug, PartialEq)]
pub enum StopAnswer {
    /// The execution is STOPPING and ends at its safe point.
    Stopping(Box<JobExecution>),
    /// It was waiting and is STOPPED.
    Stopped(Box<JobExecution>),
    /// It is stopped already; nothing changed.
    Already(Box<JobExecution>),
}

/// The order to end the execution of a dead worker.
#[derive(Clone, Debug)]
pub struct TakeOver {
    /// The lease of the dead worker, as it was seen.
    pub lease: Lease,
    /// Who ends it.
    pub by: String,
    /// How its death is known, for the event.
    pub reason: String,
    /// If set, the row is ended only when its lease is over since at least this long.
    pub expired_for: Option<Duration>,
    /// Whether a QUEUED execution is written with it that goes on where this one was left, unless somebody had told it to stop.
    pub goes_on: bool,
}
