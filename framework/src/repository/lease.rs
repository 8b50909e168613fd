//! Leases: the right of one worker to write the rows of an execution, for a while.

use std::time::Duration;

use crate::execution::{ExecutionId, StepExecutionId, WorkerId};
use crate::status::StopIntent;

/// The right to write the row of an execution. Worker and token are compared together: after a failover to a lagging
/// replica a token can be given twice, a worker id cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The execution.
    pub execution: ExecutionId,
    /// The worker that holds it.
    pub worker: WorkerId,
    /// The number of this holding, raised whenever it passes to another.
    pub token: i64,
}

/// The right to write the row of a step and to commit its chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepLease {
    /// The step.
    pub step: StepExecutionId,
    /// The lease of its execution; the step row carries the same worker and token.
    pub lease: Lease,
    /// How long the lease lasts from each renewal. On SQLite a chunk's commit renews it, because the beat waits there
    /// behind the chunk.
    pub duration: Duration,
    /// How long an open chunk may send nothing before a server ends its transaction, so that a process that is frozen in it does
    /// not keep the rows that it wrote from others for ever.
    pub idle_timeout: Duration,
}

impl StepLease {
    /// The least that an open chunk may be idle, unless its step says otherwise.
    const LEAST_IDLE: Duration = Duration::from_secs(60);

    /// The lease of a step that says nothing of its chunks: one of them may be idle for four leases, and for a minute at least.
    /// Its writer may be sending the items elsewhere meanwhile, in a process that beats.
    #[must_use]
    pub fn new(step: StepExecutionId, lease: Lease, duration: Duration) -> Self {
        Self { step, lease, duration, idle_timeout: duration.saturating_mul(4).max(Self::LEAST_IDLE) }
    }
}

/// One heartbeat of one worker.
#[derive(Clone, Debug)]
pub struct Beat {
    /// The worker that beats.
    pub worker: WorkerId,
    /// What it holds. An execution that is left out is not renewed and will be taken over.
    pub leases: Vec<Lease>,
    /// How long each lease lasts from now.
    pub duration: Duration,
}

/// What became of one lease at a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseState {
    /// The lease.
    pub lease: Lease,
    /// Whether the worker still holds it.
    pub held: bool,
    /// Whether it was renewed. A held lease whose row is locked by another transaction is not: the old end stays, and
    /// the next beat tries again.
    pub renewed: bool,
    /// The end that was requested.
    pub stop: Option<StopIntent>,
}
