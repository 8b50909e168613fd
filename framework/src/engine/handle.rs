//! A run of the engine, in the hands of whoever started it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::error::LostRun;
use super::slot::Slot;
use crate::execution::{ExecutionId, JobExecution};
use crate::operator::Ready;
use crate::status::StopIntent;
use crate::stop::StopToken;

/// A run that an [`Engine`](super::Engine) has begun. Clones are the same run; dropping them all changes nothing about it.
///
/// It is waited for on a thread with [`wait`](Self::wait), or in a task with `.await`.
#[derive(Clone, Debug)]
pub struct RunHandle {
    execution: Arc<JobExecution>,
    stop: StopToken,
    end: Arc<Slot<Result<JobExecution, LostRun>>>,
}

impl RunHandle {
    pub(super) fn of(ready: &Ready) -> Self {
        let execution = Arc::new(ready.execution().clone());
        Self { execution, stop: ready.stop_token().clone(), end: Arc::default() }
    }

    /// The id of the execution.
    #[must_use]
    pub fn id(&self) -> ExecutionId {
        self.execution.id
    }

    /// The execution as it was launched: STARTING.
    #[must_use]
    pub fn execution(&self) -> &JobExecution {
        &self.execution
    }

    /// Asks the run to end at its next safe point, as Ctrl-C asks `jobctl`. [`Engine::stop`](super::Engine::stop) asks the same
    /// by way of the records, where one reads who did it.
    pub fn stop(&self) {
        self.request(StopIntent::Interrupted);
    }

    /// Waits for the end of the run, whatever it is: a run that failed is an execution that says so.
    ///
    /// # Errors
    /// When the run has no last row, because its lease was lost or the store was away for too long, and when a shutdown of its
    /// engine leaves it behind.
    pub fn wait(&self) -> Result<JobExecution, LostRun> {
        self.end.wait(|end| end.clone())
    }

    /// The same for at most `limit`: `None` when the run goes on.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_for(&self, limit: Duration) -> Result<Option<JobExecution>, LostRun> {
        self.end.wait_for(limit, |end| end.clone()).transpose()
    }

    pub(super) fn request(&self, intent: StopIntent) {
        self.stop.request(intent);
    }

    pub(super) fn ended(&self, end: Result<JobExecution, LostRun>) {
        self.end.fill(end);
    }
}

/// The end of the run. A future that is dropped leaves the run as it is.
impl Future for RunHandle {
    type Output = Result<JobExecution, LostRun>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.end.poll(context, |end| end.clone())
    }
}
