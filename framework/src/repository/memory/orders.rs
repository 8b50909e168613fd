//! Beats, stop orders and the end of dead workers on the twin.

use chrono::{DateTime, Utc};

use super::records::{Entry, Records, cleaned, holds};
use crate::clock::later;
use crate::execution::{ExecutionId, JobExecution, StepExecution, StepExecutionId, WorkerId};
use crate::repository::{
    Beat, Lease, LeaseState, Standing, StopAnswer, StopEffect, StopError, StopOrder, TakeOver, clean, effect_of_stop,
    end_of_lost, is_interrupted,
};
use crate::status::{ExitCode, Status};

/// Who moves something, and why: for the log.
#[derive(Clone, Copy)]
struct Cause<'a> {
    by: &'a str,
    name: &'static str,
    reason: Option<&'a str>,
    at: DateTime<Utc>,
}

impl Records {
    pub(super) fn beat(&mut self, beat: &Beat, now: DateTime<Utc>) -> Vec<LeaseState> {
        let worker = self.workers.get_mut(beat.worker.0).filter(|worker| !worker.dead);
        let registered = worker.is_some();
        if let Some(worker) = worker {
            worker.last_heartbeat = now;
        }
        beat.leases.iter().map(|lease| self.renew(*lease, beat, registered, now)).collect()
    }

    pub(super) fn retire_worker(&mut self, worker: WorkerId) {
        if let Some(worker) = self.workers.get_mut(worker.0) {
            worker.dead = true;
        }
    }

    pub(super) fn request_stop(&mut self, order: &StopOrder, now: DateTime<Utc>) -> Result<StopAnswer, StopError> {
        let row = self.executions.get(order.id.0).ok_or(StopError::NotFound(order.id))?;
        let standing = Standing { status: row.status, stop_intent: row.stop_intent, abortable: row.abortable };
        let to = match effect_of_stop(order, standing)? {
            StopEffect::Already => return Ok(StopAnswer::Already(Box::new(row.clone()))),
            StopEffect::Unchanged => return Ok(StopAnswer::Stopping(Box::new(row.clone()))),
            StopEffect::Move(to) if to.is_ended() => (to, order.intent.end().1),
            StopEffect::Move(to) => (to, ExitCode::default()),
        };
        let cause = Cause { by: &order.by, name: "stop", reason: order.reason.as_deref(), at: now };
        let row = self.move_execution(order.id, to, cause, |row| {
            row.stop_intent = Some(order.intent);
            row.stop_by = Some(clean(&order.by).into_owned());
            row.reason = cleaned(order.reason.as_deref());
        });
        let row = Box::new(row.ok_or(StopError::NotFound(order.id))?);
        for step in self.live_steps(order.id) {
            let stopping = (Status::Stopping, ExitCode::default());
            self.move_step(step, stopping, cause, |step| step.stop_intent = Some(order.intent));
        }
        Ok(if row.status == Status::Stopped { StopAnswer::Stopped(row) } else { StopAnswer::Stopping(row) })
    }

    pub(super) fn take_over(&mut self, order: &TakeOver, now: DateTime<Utc>) -> Option<JobExecution> {
        let id = order.lease.execution;
        let row = self.executions.get(id.0).filter(|row| holds(row, &order.lease))?;
        let over_at = row.lease_until.zip(order.expired_for).map(|(until, since)| later(until, since));
        if over_at.is_some_and(|over_at| over_at > now) {
            return None;
        }
        let end = end_of_lost(row.status, row.stop_intent);
        let token = row.lease_token + 1;
        let cause = Cause { by: &order.by, name: "take over", reason: Some(&order.reason), at: now };
        for step in self.live_steps(id) {
            self.move_step(step, end.clone(), cause, |step| step.lease_token += 1);
        }
        let goes_on = order.goes_on && is_interrupted(&end.1);
        let ended = self.move_execution(id, end, cause, |row| {
            row.lease_token = token;
            row.exit_message = cleaned(Some(&order.reason));
        })?;
        if goes_on {
            self.continue_queued(&ended, &order.by, now);
        }
        Some(ended)
    }

    /// What became of one lease of a beat; a held one is renewed when its worker is alive for us.
    fn renew(&mut self, lease: Lease, beat: &Beat, registered: bool, now: DateTime<Utc>) -> LeaseState {
        let row = self.executions.get_mut(lease.execution.0);
        let Some(row) = row.filter(|row| lease.worker == beat.worker && holds(row, &lease)) else {
            return LeaseState { lease, held: false, renewed: false, stop: None };
        };
        if registered {
            row.lease_until = Some(later(now, beat.duration));
        }
        LeaseState { lease, held: true, renewed: registered, stop: row.stop_intent }
    }

    fn move_execution(
        &mut self,
        id: ExecutionId,
        (to, exit_code): (Status, ExitCode),
        cause: Cause<'_>,
        change: impl FnOnce(&mut JobExecution),
    ) -> Option<JobExecution> {
        let row = self.executions.get_mut(id.0)?;
        let from = row.status;
        change(row);
        row.status = to;
        row.exit_code = exit_code;
        if to.is_ended() {
            row.lease_until = None;
            row.ended_at = Some(cause.at);
        }
        let row = row.clone();
        self.log_move((id, None), (from, to), cause);
        Some(row)
    }

    fn move_step(
        &mut self,
        id: StepExecutionId,
        (to, exit_code): (Status, ExitCode),
        cause: Cause<'_>,
        change: impl FnOnce(&mut StepExecution),
    ) {
        let Some(row) = self.steps.get_mut(id.0) else { return };
        let step = &mut row.step;
        let from = step.status;
        change(step);
        step.status = to;
        step.exit_code = exit_code;
        step.ended_at = to.is_ended().then_some(cause.at);
        let (execution, path) = (step.execution_id, step.path.clone());
        if from != to {
            self.log_move((execution, Some(&path)), (from, to), cause);
        }
    }

    /// Logs a move, or an order that changed something without one.
    fn log_move(
        &mut self,
        (execution, path): (ExecutionId, Option<&str>),
        (from, to): (Status, Status),
        cause: Cause<'_>,
    ) {
        let moved = from != to;
        let entry = Entry {
            execution,
            path,
            actor: cause.by,
            name: cause.name,
            from: moved.then_some(from),
            to: moved.then_some(to),
            reason: cause.reason,
        };
        self.log(&entry, cause.at);
    }
}
