//! The verbs of the worker that holds an execution: begin and end it, begin and end its steps.
//!
//! What ends is written after its entry in the log: each statement has its own time, and no entry shall be later than the end.

use overnight_framework::execution::{InstanceEnd, JobExecution, StepExecution};
use overnight_framework::repository::{
    ExecutionEnd, FenceError, Lease, StepEnd, StepLease, StepStart, StoreError, check_end, check_move, check_progress,
    end_as_asked,
};
use overnight_framework::status::Status;
use serde_json::Value;

use super::{queue, refuse};
use crate::error::Stored;
use crate::models::{EndedExecution, EndedStep, ExecutionRow, NewEvent, NewStep};
use crate::statements::Store;

/// STARTING becomes STARTED; a stop that was requested meanwhile stays.
pub(super) fn begin<C: Store>(connection: &mut C, now: C::Now, lease: &Lease) -> Result<JobExecution, FenceError> {
    let row = held(connection, lease)?;
    let from = row.status()?;
    if from == Status::Stopping {
        return Ok(row.into_value()?);
    }
    check_move(from, Status::Started)?;
    let begun = connection.begin_execution(now, row.id).stored()?;
    let event = NewEvent::of(row.id, "begin", row.actor()).moving(from, Status::Started);
    connection.insert_event(now, &event).stored()?;
    Ok(begun.into_value()?)
}

/// Ends the execution, and closes its instance when all is done.
pub(super) fn end<C: Store>(
    connection: &mut C,
    now: C::Now,
    (lease, end): (&Lease, &ExecutionEnd),
) -> Result<JobExecution, FenceError> {
    let instance = connection.instance_of(lease.execution.0).stored()?.ok_or(FenceError::LeaseLost)?;
    connection.lock_instance(instance).stored()?;
    let row = held(connection, lease)?;
    let from = row.status()?;
    let as_asked = end_as_asked(end, row.stop_intent()?);
    let end = as_asked.as_ref().unwrap_or(end);
    check_end(from, end.status)?;
    check_progress(end)?;
    let ended = EndedExecution::new(end, row.progress_percent);
    let event = NewEvent::of(row.id, "end", row.actor()).moving(from, end.status).because(end.exit_message.as_deref());
    connection.insert_event(now, &event).stored()?;
    if end.status == Status::Completed {
        connection.close_instance(now, instance, InstanceEnd::Completed.as_str()).stored()?;
    }
    let ended = connection.end_execution(now, row.id, &ended).stored()?;
    if end.goes_on {
        queue::go_on(connection, now, (&ended, ended.actor()))?;
    }
    Ok(ended.into_value()?)
}

/// Records a step. One that begins under a stop order knows it, so that its first chunk brings the order back.
pub(super) fn begin_step<C: Store>(
    connection: &mut C,
    now: C::Now,
    (lease, start): (&Lease, &StepStart),
) -> Result<StepExecution, FenceError> {
    let row = held(connection, lease)?;
    if row.status()? == Status::Starting {
        return Err(refuse(format!("job {} has not begun: no step may start", row.id)).into());
    }
    let new = NewStep::new(lease, start, row.stop_intent.as_deref());
    let step = connection.insert_step(now, &new).stored()?;
    let event = NewEvent::of(row.id, "begin", row.actor()).on(&step.path).moving(None, Status::Started);
    connection.insert_event(now, &event).stored()?;
    Ok(step.into_value()?)
}

/// Ends a step, and hands what it promotes to its execution.
pub(super) fn end_step<C: Store>(
    connection: &mut C,
    now: C::Now,
    (lease, end): (&StepLease, &StepEnd),
) -> Result<StepExecution, FenceError> {
    // The execution before its step: the one order of locks.
    let execution = connection.lock_execution(lease.lease.execution.0).stored()?.ok_or(FenceError::LeaseLost)?;
    let step = connection.lock_step(lease.step.0).stored()?.ok_or(FenceError::LeaseLost)?;
    if !step.is_held_by(lease)? {
        return Err(FenceError::LeaseLost);
    }
    let from = step.status()?;
    check_end(from, end.status)?;
    let event = NewEvent::of(execution.id, "end", execution.actor()).on(&step.path).moving(from, end.status);
    connection.insert_event(now, &event).stored()?;
    promote(connection, execution, end)?;
    Ok(connection.end_step(now, step.id, &EndedStep::from(end)).stored()?.into_value()?)
}

fn promote<C: Store>(connection: &mut C, execution: ExecutionRow, end: &StepEnd) -> Result<(), StoreError> {
    if end.promoted.is_empty() {
        return Ok(());
    }
    let id = execution.id;
    let mut context = execution.into_value()?.context;
    context.extend(end.promoted.clone());
    connection.set_context(id, &Value::Object(context)).stored()
}

/// The row of an execution, locked, if `lease` is the right to write it.
fn held<C: Store>(connection: &mut C, lease: &Lease) -> Result<ExecutionRow, FenceError> {
    let row = connection.lock_execution(lease.execution.0).stored()?.ok_or(FenceError::LeaseLost)?;
    if row.is_held_by(lease)? { Ok(row) } else { Err(FenceError::LeaseLost) }
}
