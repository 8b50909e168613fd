//! The launch: in one statement where the store can, or step by step when it is not that simple.

use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::launch::{Decision, Last, Wish, decide};
use overnight_framework::repository::{
    LaunchError, LaunchRequest, LaunchWorker, Launched, Revision, StoreError, StoreErrorKind, no_worker,
};

use super::queue::{self, launched};
use super::{Records, living};
use crate::error::{Stored, is_lost_race, store_error};
use crate::models::{ExecutionRow, Holder, InstanceRow, NewEvent, NewExecution, Origin};
use crate::statements::{NewRevision, Store};
use crate::transaction::{self, ChunkMark};

/// How often a launch looks again after another process was quicker with a row that both wanted to make.
const ATTEMPTS: u32 = 10;

/// Launches an execution, or tells why not.
pub(super) fn launch<C: Store>(records: &Records<C>, request: &LaunchRequest) -> Result<Launched, LaunchError> {
    ChunkMark::refuse_if_set()?;
    if matches!(request.worker, LaunchWorker::Nobody) {
        return Err(no_worker().into());
    }
    if C::LAUNCHES_AT_ONCE
        && request.wish == Wish::Start
        && let Some(row) = at_once(records, request)?
    {
        return Ok(launched(row)?);
    }
    let row = until_not_overtaken(|| {
        records.write(|connection, now| step_by_step(connection, now, (request, Some(&request.worker))))
    })?;
    Ok(launched(row)?)
}

/// Records an execution that waits for a worker, or tells why not.
pub(super) fn enqueue<C: Store>(records: &Records<C>, request: &LaunchRequest) -> Result<JobExecution, LaunchError> {
    let row = until_not_overtaken(|| records.write(|connection, now| wait_in_queue(connection, now, request)))?;
    Ok(row.into_value()?)
}

/// The same in the transaction that is open on a connection of somebody else, whatever has begun it, and ends as that one does.
/// Where none is open, it is one of its own.
pub(crate) fn enqueue_in<C: Store>(
    connection: &mut C,
    now: C::Now,
    request: &LaunchRequest,
) -> Result<JobExecution, LaunchError> {
    if transaction::depth(connection).stored()? > 0 || connection.is_in_transaction().stored()? {
        let row = until_not_overtaken(|| wait_in_queue(connection, now, request))?;
        return Ok(row.into_value()?);
    }
    let row = until_not_overtaken(|| {
        transaction::begin(connection, C::BEGIN).stored()?;
        transaction::within(connection, |connection| wait_in_queue(connection, now, request))
    })?;
    Ok(row.into_value()?)
}

/// The same in a transaction that is open already.
pub(super) fn wait_in_queue<C: Store>(
    connection: &mut C,
    now: C::Now,
    request: &LaunchRequest,
) -> Result<ExecutionRow, Setback> {
    step_by_step(connection, now, (request, None))
}

/// Tries again while another process is quicker.
pub(super) fn until_not_overtaken<T>(mut work: impl FnMut() -> Result<T, Setback>) -> Result<T, LaunchError> {
    for _ in 0..ATTEMPTS {
        match work() {
            Ok(done) => return Ok(done),
            Err(Setback::Overtaken) => {}
            Err(Setback::Final(error)) => return Err(error),
        }
    }
    Err(StoreError::from(StoreErrorKind::Busy).into())
}

/// The launch in one statement. It is a transaction of its own, without BEGIN, and cannot be repeated when its connection
/// breaks; therefore the connection is looked at first.
fn at_once<C: Store>(records: &Records<C>, request: &LaunchRequest) -> Result<Option<ExecutionRow>, StoreError> {
    let pools = &records.pools;
    let mut connection = living(&pools.write, pools.wait)?;
    match connection.launch_at_once(request) {
        Ok(row) => Ok(row),
        Err(error) if is_lost_race(&error) => Ok(None),
        Err(error) => Err(store_error(error)),
    }
}

/// Why a launch did not come to its end.
pub(super) enum Setback {
    /// Another process was quicker: look again.
    Overtaken,
    /// It is refused, or the store failed.
    Final(LaunchError),
}

impl<E: Into<LaunchError>> From<E> for Setback {
    fn from(error: E) -> Self {
        Self::Final(error.into())
    }
}

/// The launch by the statements that can name the reason of a refusal.
fn step_by_step<C: Store>(
    connection: &mut C,
    now: C::Now,
    (request, worker): (&LaunchRequest, Option<&LaunchWorker>),
) -> Result<ExecutionRow, Setback> {
    let (project, job) = (&request.project, &request.job_name);
    let instance = connection.lock_newest_instance(project, job, request.key.hash()).stored()?;
    let last = match &instance {
        Some(instance) => connection.newest_execution(instance.id).stored()?,
        None => None,
    };
    let decision = decide(request.wish, looked_at(instance.as_ref(), last.as_ref())?, request.restartability)?;
    let origin = match (decision, instance, &last) {
        (Decision::Continue { .. }, _, Some(last)) => Origin::after(last),
        // An instance without executions: they were deleted, or its first launch is not through yet.
        (_, Some(instance), None) if instance.closed()?.is_none() => Origin::first(instance.id),
        (_, Some(instance), None) => open(connection, now, (request, instance.generation + 1))?,
        (Decision::Begin { generation }, ..) => open(connection, now, (request, generation))?,
        (Decision::Continue { .. }, ..) => return Err(Setback::Overtaken),
    };
    record(connection, now, (request, worker, &origin))
}

/// What the decision looks at.
fn looked_at(instance: Option<&InstanceRow>, last: Option<&ExecutionRow>) -> Result<Option<Last>, StoreError> {
    let (Some(instance), Some(last)) = (instance, last) else { return Ok(None) };
    Ok(Some(Last {
        id: ExecutionId(last.id),
        status: last.status()?,
        closed: instance.closed()?,
        generation: instance.generation,
    }))
}

fn open<C: Store>(
    connection: &mut C,
    now: C::Now,
    (request, generation): (&LaunchRequest, i32),
) -> Result<Origin, Setback> {
    let instance = connection.insert_instance(now, request, generation).stored()?;
    instance.map(Origin::first).ok_or(Setback::Overtaken)
}

/// Writes worker, revision, execution and events.
fn record<C: Store>(
    connection: &mut C,
    now: C::Now,
    (request, worker, origin): (&LaunchRequest, Option<&LaunchWorker>, &Origin),
) -> Result<ExecutionRow, Setback> {
    let definition = revision(connection, now, request)?;
    let worker = worker.map(|worker| queue::worker(connection, now, worker)).transpose()?;
    let holder = worker.map(|(worker_id, worker_name)| Holder { worker_id, worker_name, lease: request.lease });
    let new = NewExecution::of(request, origin, definition, holder);
    let row = connection.insert_execution(now, &new).stored()?.ok_or(Setback::Overtaken)?;
    for event in NewEvent::of_launch(row.id, request, row.worker_name.as_deref()) {
        connection.insert_event(now, &event).stored()?;
    }
    Ok(row)
}

/// The revision to pin, recorded when its text is new.
fn revision<C: Store>(connection: &mut C, now: C::Now, request: &LaunchRequest) -> Result<i64, Setback> {
    let (project, job) = (request.project.as_str(), request.job_name.as_str());
    let (yaml, sha256) = match &request.revision {
        Revision::Stored(id) => return Ok(id.0),
        Revision::Text { yaml, sha256 } => (yaml.as_str(), sha256.as_str()),
    };
    if let Some(known) = connection.revision_of_text(project, job, sha256).stored()? {
        return Ok(known);
    }
    let text = NewRevision { project, job, yaml, sha256 };
    connection.insert_revision(now, &text).stored()?.ok_or(Setback::Overtaken)
}
