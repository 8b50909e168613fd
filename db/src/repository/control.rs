//! Orders, and the end of what dead workers left.

use overnight_framework::execution::JobExecution;
use overnight_framework::repository::{
    Standing, StopAnswer, StopEffect, StopError, StopOrder, StoreError, TakeOver, clean, effect_of_stop, end_of_lost,
    is_interrupted,
};
use overnight_framework::status::Status;

use super::queue;
use crate::error::Stored;
use crate::models::{ExecutionRow, NewEvent, StepState};
use crate::statements::{Loss, Stop, Store};

/// Asks an execution to end.
pub(super) fn request_stop<C: Store>(
    connection: &mut C,
    now: C::Now,
    order: &StopOrder,
) -> Result<StopAnswer, StopError> {
    let row = connection.lock_execution(order.id.0).stored()?.ok_or(StopError::NotFound(order.id))?;
    let standing = Standing { status: row.status()?, stop_intent: row.stop_intent()?, abortable: row.is_abortable() };
    match effect_of_stop(order, standing)? {
        StopEffect::Already => Ok(StopAnswer::Already(Box::new(row.into_value()?))),
        StopEffect::Unchanged => Ok(StopAnswer::Stopping(Box::new(row.into_value()?))),
        StopEffect::Move(to) => {
            let stopped = Box::new(stop(connection, now, (&row, order, to))?);
            Ok(if to == Status::Stopped { StopAnswer::Stopped(stopped) } else { StopAnswer::Stopping(stopped) })
        }
    }
}

/// Writes the order on the execution, and then on its live steps, so that the next chunk brings it to the worker.
fn stop<C: Store>(
    connection: &mut C,
    now: C::Now,
    (row, order, to): (&ExecutionRow, &StopOrder, Status),
) -> Result<JobExecution, StoreError> {
    let reason = order.reason.as_deref().map(clean);
    let written = Stop {
        to,
        exit_code: if to.is_ended() { order.intent.as_str() } else { "" },
        intent: order.intent.as_str(),
        by: &clean(&order.by),
        reason: reason.as_deref(),
    };
    let from = row.status()?;
    let entry = || NewEvent::of(row.id, "stop", &order.by).because(order.reason.as_deref());
    connection.insert_event(now, &entry().moving_if_changed(from, to)).stored()?;
    let stopped = connection.stop_execution(now, row.id, &written).stored()?;
    let steps = connection.lock_live_steps(row.id).stored()?;
    for step in &steps {
        let from = step.status()?;
        if from != Status::Stopping {
            connection.insert_event(now, &entry().on(&step.path).moving(from, Status::Stopping)).stored()?;
        }
    }
    connection.stop_steps(&ids(&steps), order.intent.as_str()).stored()?;
    stopped.into_value()
}

/// Ends the execution of a dead worker, when its lease is still the one that was seen.
pub(super) fn take_over<C: Store>(
    connection: &mut C,
    now: C::Now,
    order: &TakeOver,
) -> Result<Option<JobExecution>, StoreError> {
    let id = order.lease.execution.0;
    let Some(instance) = connection.instance_of(id).stored()? else { return Ok(None) };
    connection.lock_instance(instance).stored()?;
    let Some(row) = connection.lock_execution(id).stored()? else { return Ok(None) };
    if !row.is_held_by(&order.lease)? {
        return Ok(None);
    }
    if let Some(margin) = order.expired_for
        && !connection.lease_is_over(now, id, margin).stored()?
    {
        return Ok(None);
    }
    end_lost(connection, now, (&row, order)).map(Some)
}

fn end_lost<C: Store>(
    connection: &mut C,
    now: C::Now,
    (row, order): (&ExecutionRow, &TakeOver),
) -> Result<JobExecution, StoreError> {
    let from = row.status()?;
    let (to, exit_code) = end_of_lost(from, row.stop_intent()?);
    let loss = Loss { to, exit_code: exit_code.as_str(), reason: &clean(&order.reason) };
    let entry = || NewEvent::of(row.id, "take over", &order.by).because(Some(&order.reason));
    let steps = connection.lock_live_steps(row.id).stored()?;
    for step in &steps {
        connection.insert_event(now, &entry().on(&step.path).moving(step.status()?, to)).stored()?;
    }
    connection.insert_event(now, &entry().moving(from, to)).stored()?;
    connection.end_lost_steps(now, &ids(&steps), &loss).stored()?;
    let ended = connection.end_lost_execution(now, row.id, &loss).stored()?;
    if order.goes_on && is_interrupted(&exit_code) {
        queue::go_on(connection, now, (&ended, &order.by))?;
    }
    ended.into_value()
}

fn ids(steps: &[StepState]) -> Vec<i64> {
    steps.iter().map(|step| step.id).collect()
}
