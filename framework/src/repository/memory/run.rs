//! The verbs of the worker that holds an execution: begin and end it, begin and end its steps.

use chrono::{DateTime, Utc};

use super::records::{Entry, Records, StepRow, cleaned, cleaned_code, refuse};
use crate::execution::{Counts, ErrorRecord, InstanceEnd, JobExecution, StepExecution, StepExecutionId};
use crate::repository::{
    ExecutionEnd, FenceError, Lease, StepEnd, StepLease, StepStart, StoreError, check_end, check_move, check_progress,
    clean, end_as_asked,
};
use crate::status::{ExitCode, Status};

impl Records {
    pub(super) fn begin(&mut self, lease: &Lease, now: DateTime<Utc>) -> Result<JobExecution, FenceError> {
        let row = self.held(lease)?;
        if row.status == Status::Stopping {
            return Ok(row.clone());
        }
        check_move(row.status, Status::Started)?;
        self.change(lease, "begin", now, |row| {
            row.status = Status::Started;
            row.started_at = Some(now);
        })
    }

    pub(super) fn end(
        &mut self,
        lease: &Lease,
        end: &ExecutionEnd,
        now: DateTime<Utc>,
    ) -> Result<JobExecution, FenceError> {
        let row = self.held(lease)?;
        let as_asked = end_as_asked(end, row.stop_intent);
        let end = as_asked.as_ref().unwrap_or(end);
        check_end(row.status, end.status)?;
        check_completion(row, end)?;
        let ended = self.change(lease, "end", now, |row| {
            row.status = end.status;
            row.exit_code = cleaned_code(&end.exit_code);
            row.exit_message = cleaned(end.exit_message.as_deref());
            row.result.clone_from(&end.result);
            row.error = end.error.as_ref().map(ErrorRecord::cleaned);
            row.progress = row.progress.max(end.progress);
            row.lease_until = None;
            row.ended_at = Some(now);
        })?;
        if ended.status == Status::Completed
            && let Some(instance) = self.instances.get_mut(ended.instance_id.0)
        {
            instance.closed = Some(InstanceEnd::Completed);
        }
        if end.goes_on {
            self.continue_queued(&ended, ended.worker_name.as_deref().unwrap_or_default(), now);
        }
        Ok(ended)
    }

    pub(super) fn begin_step(
        &mut self,
        lease: &Lease,
        start: &StepStart,
        now: DateTime<Utc>,
    ) -> Result<StepExecution, FenceError> {
        let execution = self.held(lease)?.clone();
        if execution.status == Status::Starting {
            return Err(refuse(format!("job {} has not begun: no step may start", execution.id)).into());
        }
        let step = new_step(&execution, start, now);
        if self.steps.iter().any(|row| row.step.path == step.path) {
            return Err(refuse(format!("step {} exists already", step.path)).into());
        }
        let id = self.steps.insert(|id| StepRow {
            step: StepExecution { id: StepExecutionId(id), ..step.clone() },
            worker: lease.worker,
        });
        let step = StepExecution { id: StepExecutionId(id), ..step };
        self.log_step(&step, "begin", None, now);
        Ok(step)
    }

    pub(super) fn end_step(
        &mut self,
        lease: &StepLease,
        end: &StepEnd,
        now: DateTime<Utc>,
    ) -> Result<StepExecution, FenceError> {
        let step = &mut self.held_step(lease).ok_or(FenceError::LeaseLost)?.step;
        let from = step.status;
        check_end(from, end.status)?;
        step.status = end.status;
        step.exit_code = cleaned_code(&end.exit_code);
        step.error = end.error.as_ref().map(ErrorRecord::cleaned);
        step.counts = end.counts;
        step.context.clone_from(&end.context);
        step.outputs.clone_from(&end.outputs);
        step.ended_at = Some(now);
        let step = step.clone();
        if let Some(execution) = self.executions.get_mut(step.execution_id.0) {
            execution.context.extend(end.promoted.clone());
        }
        self.log_step(&step, "end", Some(from), now);
        Ok(step)
    }

    /// Changes the row of an execution that `lease` holds, and logs its move under the name of its worker.
    fn change(
        &mut self,
        lease: &Lease,
        name: &str,
        now: DateTime<Utc>,
        change: impl FnOnce(&mut JobExecution),
    ) -> Result<JobExecution, FenceError> {
        let row = self.executions.get_mut(lease.execution.0).ok_or(FenceError::LeaseLost)?;
        let from = row.status;
        change(row);
        let row = row.clone();
        let entry = Entry {
            execution: row.id,
            path: None,
            actor: row.worker_name.as_deref().unwrap_or_default(),
            name,
            from: Some(from),
            to: Some(row.status),
            reason: row.exit_message.as_deref(),
        };
        self.log(&entry, now);
        Ok(row)
    }

    fn log_step(&mut self, step: &StepExecution, name: &str, from: Option<Status>, now: DateTime<Utc>) {
        let worker = self.executions.get(step.execution_id.0).and_then(|execution| execution.worker_name.clone());
        let entry = Entry {
            execution: step.execution_id,
            path: Some(&step.path),
            actor: worker.as_deref().unwrap_or_default(),
            name,
            from,
            to: Some(step.status),
            reason: None,
        };
        self.log(&entry, now);
    }
}

/// The row of a step that begins now. One that begins under a stop order knows it, so that its first chunk brings it.
fn new_step(execution: &JobExecution, start: &StepStart, now: DateTime<Utc>) -> StepExecution {
    StepExecution {
        id: StepExecutionId(0),
        execution_id: execution.id,
        ordinal: start.ordinal,
        path: format!("{}-{}", execution.id, start.ordinal),
        step_key: start.step_key.clone(),
        name: start.name.clone(),
        kind: start.kind,
        dest: clean(&start.dest).into_owned(),
        status: Status::Started,
        exit_code: ExitCode::default(),
        error: None,
        lease_token: execution.lease_token,
        stop_intent: execution.stop_intent,
        counts: Counts::default(),
        checkpoint: start.checkpoint.clone(),
        context: start.context.clone(),
        outputs: start.outputs.clone(),
        progress_total: None,
        created_at: now,
        started_at: Some(now),
        ended_at: None,
    }
}

/// A run that did not begin cannot be complete; and a completed one has a hundred percent.
fn check_completion(row: &JobExecution, end: &ExecutionEnd) -> Result<(), StoreError> {
    if end.status == Status::Completed && row.started_at.is_none() {
        return Err(refuse(format!("job {} has not begun: it cannot be {}", row.id, end.status)));
    }
    check_progress(end)
}
