//! Launching for another process of this machine, and being that process.
//!
//! Who launches wants to leave and lets a child run the job. The child takes its life lock first and says who it is; the launch is
//! written in its name; the child renews the lease and says so. Whoever dies on the way, nobody takes the execution for alive: its
//! lease is that of the child, and the child's life lock is free when the child is gone.

use std::time::Duration;

use super::launch::ready;
use super::{Launching, Operator, Ready, StartError};
use crate::error::names;
use crate::execution::{ErrorRecord, JobExecution};
use crate::launch::Refusal;
use crate::repository::{Beat, ExecutionEnd, FenceError, LaunchWorker, Launched, Lease, WorkerIdentity};
use crate::status::{ExitCode, Status};
use crate::stop::StopToken;

/// How often a lease is asked for whose row somebody else has locked.
const LOOK: Duration = Duration::from_millis(20);

impl Operator {
    /// Who this process is, for one that launches for it.
    ///
    /// # Errors
    /// When the operator was made without a worker.
    pub fn identity(&self) -> Result<WorkerIdentity, StartError> {
        self.worker.as_ref().map(|worker| worker.identity()).ok_or(StartError::NoWorker)
    }

    /// Records a STARTING execution that is leased to `worker`, another process, which must [`adopt`](Self::adopt) and run it.
    /// Dead executions are ended as in [`launch`](Self::launch).
    ///
    /// # Errors
    /// As those of [`launch`](Self::launch).
    pub fn launch_for(
        &self,
        worker: WorkerIdentity,
        launching: &Launching<'_>,
        on_wait: &dyn Fn(Refusal, Duration),
    ) -> Result<Launched, StartError> {
        let request = self.request(launching, LaunchWorker::New(worker))?;
        self.until_decided(request, on_wait, |request| self.repository.launch(request))
    }

    /// Takes the lease that another process has launched for this one, and renews it: from here on this process holds it.
    /// `None` when it is gone already.
    ///
    /// # Errors
    /// When the store fails, or when the operator was made without a worker.
    pub fn adopt(&self, lease: Lease) -> Result<Option<Ready>, StartError> {
        let worker = self.worker.as_ref().ok_or(StartError::NoWorker)?;
        let beat = Beat { worker: lease.worker, leases: vec![lease], duration: self.seat.timing.lease };
        let sent = loop {
            let sent = worker.clock().elapsed();
            match self.repository.beat(&beat)?.first() {
                Some(state) if state.held && state.renewed => break sent,
                // Somebody is giving it an order at this moment. A stop does not shorten the pause: it is for the run to hear.
                Some(state) if state.held => _ = StopToken::default().wait(LOOK),
                _ => return Ok(None),
            }
        };
        let Some(execution) = self.repository.execution(lease.execution)? else { return Ok(None) };
        worker.recorded_as(lease.worker);
        Ok(Some(ready(Launched { execution, lease }, worker, sent)))
    }

    /// Ends an execution that the process which it was launched for never began: FAILED with LAUNCH_ERROR, because of `why`.
    ///
    /// # Errors
    /// When the lease is another one by now, or when the store fails.
    pub fn give_up(&self, lease: &Lease, why: &str) -> Result<JobExecution, FenceError> {
        let error = ErrorRecord { name: names::UNNAMED.to_owned(), message: why.to_owned(), ..ErrorRecord::default() };
        let end = ExecutionEnd {
            status: Status::Failed,
            exit_code: ExitCode::LAUNCH_ERROR,
            exit_message: Some(why.to_owned()),
            result: None,
            error: Some(error),
            progress: 0,
            goes_on: false,
        };
        self.repository.end(lease, &end)
    }
}
