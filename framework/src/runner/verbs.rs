//! What a run tells its store besides its chunks, each told again for a while when the store cannot be reached.
//!
//! Whether a night was lost can hang on one row, and databases are restarted at night. A verb without an answer may have been
//! written nevertheless, so the rows are read before it is sent a second time: the fence would refuse what is already done, and
//! the run would take itself for dead.

use super::{Run, RunError};
use crate::error::{BatchError, names};
use crate::execution::{JobExecution, StepExecution};
use crate::monitor::RunEvent;
use crate::policy::Outage;
use crate::repository::{ExecutionEnd, FenceError, StepEnd, StepHistory, StepLease, StepStart, StoreError};
use crate::status::Status;
use crate::stop::StopToken;

impl Run<'_> {
    pub(super) fn history(&self) -> Result<Vec<StepHistory>, RunError> {
        let read = || Ok(self.repository.history(self.execution.instance_id)?);
        self.patiently("the history of the instance", read, || Ok(None))
    }

    pub(super) fn begin(&self) -> Result<JobExecution, RunError> {
        let begun = || self.own_row(|row| row.status != Status::Starting);
        self.patiently("the beginning of the run", || self.repository.begin(&self.lease), begun)
    }

    pub(super) fn begin_step(&self, start: &StepStart) -> Result<StepExecution, RunError> {
        let begun = || self.own_step(|row| row.ordinal == start.ordinal);
        self.patiently("the beginning of a step", || self.repository.begin_step(&self.lease, start), begun)
    }

    pub(super) fn end_step(&self, lease: &StepLease, end: &StepEnd) -> Result<StepExecution, RunError> {
        let ended = || self.own_step(|row| row.id == lease.step && row.status.is_ended());
        self.patiently("the end of a step", || self.repository.end_step(lease, end), ended)
    }

    pub(super) fn end(&self, end: &ExecutionEnd) -> Result<JobExecution, RunError> {
        let ended = || self.own_row(|row| row.status.is_ended());
        self.patiently("the last row", || self.repository.end(&self.lease, end), ended)
    }

    /// Calls `verb`, again after each outage, unless `written` finds that the one before was written after all: before it is sent
    /// again, and when the rows refuse what was sent again, because the first one was still on its way.
    fn patiently<T>(
        &self,
        what: &str,
        verb: impl Fn() -> Result<T, FenceError>,
        written: impl Fn() -> Result<Option<T>, StoreError>,
    ) -> Result<T, RunError> {
        let mut outage = Outage::default();
        let mut answer = verb();
        loop {
            let error = match answer {
                Err(FenceError::Store(error)) if error.is_transient() => error,
                Err(refusal) if outage.attempts() > 0 => match written() {
                    Err(error) if error.is_transient() => error,
                    row => return row?.ok_or_else(|| refusal.into()),
                },
                answer => return Ok(answer?),
            };
            let Some(pause) = outage.pause(self.patience, self.stop_line.now()) else { return Err(error.into()) };
            let attempts = outage.attempts();
            tracing::warn!(execution = %self.lease.execution, %error, attempts, "{what} is not written yet");
            if attempts == 1 {
                self.say_waiting(what, error);
            }
            // A stop does not help here: the rows must say how the run ended.
            let _ = StopToken::default().wait(pause);
            answer = match written() {
                Ok(Some(row)) => return Ok(row),
                Ok(None) => verb(),
                Err(error) => Err(error.into()),
            };
        }
    }

    /// Once in an outage: somebody may sit there and wonder why nothing happens.
    fn say_waiting(&self, what: &str, error: StoreError) {
        let error = BatchError::of(names::STORE_ERROR, error);
        let message = format!("waiting for the store ({what}): {error:#}");
        self.tell(&RunEvent::Warning { step: None, message: &message });
    }

    /// The row of the execution as it stands, if it is still ours and `done` says that the verb is written on it.
    fn own_row(&self, done: impl Fn(&JobExecution) -> bool) -> Result<Option<JobExecution>, StoreError> {
        let row = self.repository.execution(self.lease.execution)?;
        Ok(row
            .filter(|row| row.lease_token == self.lease.token && row.worker_id == Some(self.lease.worker) && done(row)))
    }

    fn own_step(&self, done: impl Fn(&StepExecution) -> bool) -> Result<Option<StepExecution>, StoreError> {
        let rows = self.repository.steps(self.lease.execution)?;
        Ok(rows.into_iter().find(|row| row.lease_token == self.lease.token && done(row)))
    }
}
