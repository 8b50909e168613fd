//! Runs that wait: put into the queue, claimed from it, and put back when they were interrupted.

use overnight_framework::execution::WorkerId;
use overnight_framework::repository::{ClaimOrder, LaunchWorker, Launched, Lease, StoreError, no_worker};
use overnight_framework::status::Status;

use crate::error::Stored;
use crate::models::{ExecutionRow, NewEvent, NewExecution, Origin};
use crate::statements::{Claimant, Store};

/// Leases the oldest executions that wait to the worker of the order.
pub(super) fn claim<C: Store>(
    connection: &mut C,
    now: C::Now,
    order: &ClaimOrder,
) -> Result<Vec<Launched>, StoreError> {
    let ids = connection.lock_queued(&order.project, &order.programs, order.limit).stored()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (worker_id, worker_name) = worker(connection, now, &order.worker)?;
    let by = Claimant { worker_id, worker_name, lease: order.lease };
    for id in &ids {
        let event = NewEvent::of(*id, "claim", worker_name).moving(Status::Queued, Status::Starting);
        connection.insert_event(now, &event).stored()?;
    }
    let rows = connection.claim_executions(now, &ids, &by).stored()?;
    rows.into_iter().map(launched).collect()
}

/// The id and the name of the worker that takes a lease, recorded when it is new.
pub(super) fn worker<'w, C: Store>(
    connection: &mut C,
    now: C::Now,
    worker: &'w LaunchWorker,
) -> Result<(i64, &'w str), StoreError> {
    match worker {
        LaunchWorker::Known { id, name } => Ok((id.0, name)),
        LaunchWorker::New(identity) => Ok((connection.insert_worker(now, identity).stored()?, &identity.name)),
        LaunchWorker::Nobody => Err(no_worker()),
    }
}

/// An execution that was leased just now.
pub(super) fn launched(row: ExecutionRow) -> Result<Launched, StoreError> {
    let execution = row.into_value()?;
    // The statement that leased it has written the worker.
    let worker = execution.worker_id.unwrap_or(WorkerId(0));
    let lease = Lease { execution: execution.id, worker, token: execution.lease_token };
    Ok(Launched { execution, lease })
}

/// Records a run that goes on where `ended` was left, waiting for a worker. The instance is locked.
pub(super) fn go_on<C: Store>(
    connection: &mut C,
    now: C::Now,
    (ended, by): (&ExecutionRow, &str),
) -> Result<(), StoreError> {
    let origin = Origin::after(ended);
    let new = NewExecution::going_on(ended, &origin, by);
    let Some(row) = connection.insert_execution(now, &new).stored()? else { return Ok(()) };
    let event = NewEvent::of(row.id, "launch", by).moving(None, Status::Queued).because(ended.exit_message());
    connection.insert_event(now, &event).stored()
}
