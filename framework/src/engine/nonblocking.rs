//! The verbs of an engine for tasks: the same, as futures.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use super::error::{NoThread, RestartJobError, StartJobError, StopJobError, WaitJobError};
use super::handle::RunHandle;
use super::slot::Slot;
use super::threads::Threads;
use super::{Engine, Shared};
use crate::execution::{ExecutionId, JobExecution};
use crate::operator::Target;
use crate::params::IntoParams;

/// The verbs of an [`Engine`] for asynchronous code, made by [`Engine::nonblocking`]: no call waits for a database.
///
/// Every verb begins with its call, on a thread of the engine, and not with the first poll. A future that is dropped changes
/// nothing: the run goes on, and nothing ends in the middle of a chunk because somebody stopped waiting.
#[derive(Clone, Copy, Debug)]
pub struct Nonblocking<'e> {
    pub(super) engine: &'e Engine,
}

/// An answer of the engine that is still to come.
#[must_use = "a future does nothing unless it is awaited; what it waits for happens all the same"]
pub struct Pending<T> {
    answer: Pin<Box<dyn Future<Output = T> + Send>>,
}

impl Nonblocking<'_> {
    /// As [`Engine::start`].
    pub fn start(&self, job: &str, params: impl IntoParams) -> Pending<Result<JobExecution, StartJobError>> {
        let begun = self.engine.begin_start(job, params);
        Pending::of(async move { Ok(begun?.await?.await?) })
    }

    /// As [`Engine::start_async`].
    pub fn start_async(&self, job: &str, params: impl IntoParams) -> Pending<Result<RunHandle, StartJobError>> {
        let begun = self.engine.begin_start(job, params);
        Pending::of(async move { begun?.await })
    }

    /// As [`Engine::restart`].
    pub fn restart(&self, target: impl Into<Target>) -> Pending<Result<JobExecution, RestartJobError>> {
        let begun = self.engine.begin_restart(target.into(), ());
        Pending::of(async move { Ok(begun?.await?.await?) })
    }

    /// As [`Engine::restart_async`].
    pub fn restart_async(&self, target: impl Into<Target>) -> Pending<Result<RunHandle, RestartJobError>> {
        self.restart_with(target, ())
    }

    /// As [`Engine::restart_with`].
    pub fn restart_with(
        &self,
        target: impl Into<Target>,
        params: impl IntoParams,
    ) -> Pending<Result<RunHandle, RestartJobError>> {
        let begun = self.engine.begin_restart(target.into(), params);
        Pending::of(async move { begun?.await })
    }

    /// As [`Engine::stop`].
    pub fn stop(&self, target: impl Into<Target>) -> Pending<Result<JobExecution, StopJobError>> {
        let (target, may_write) = (target.into(), self.engine.operator().repository().may_write());
        self.ask(move |shared| {
            may_write?;
            shared.stop(&target)
        })
    }

    /// As [`Engine::wait`].
    pub fn wait(&self, id: ExecutionId) -> Pending<Result<JobExecution, WaitJobError>> {
        match self.engine.shared.threads.find(id) {
            // A run of one's own tells its end by itself.
            Some(run) => Pending::of(async move { Ok(run.await?) }),
            None => self.ask(move |shared| shared.wait(id)),
        }
    }

    /// Asks on a thread of its own.
    fn ask<T, E>(&self, question: impl FnOnce(&Shared) -> Result<T, E> + Send + 'static) -> Pending<Result<T, E>>
    where
        T: Send + 'static,
        E: From<NoThread> + Send + 'static,
    {
        let answered = Answered::default();
        let filled = answered.clone();
        let asked = Threads::spawn(&self.engine.shared, "overnight-ask", move |shared| {
            filled.fill(catch_unwind(AssertUnwindSafe(|| question(shared))));
        });
        Pending::of(async move {
            asked?;
            answered.await
        })
    }
}

impl<T> Pending<T> {
    fn of(answer: impl Future<Output = T> + Send + 'static) -> Self {
        Self { answer: Box::pin(answer) }
    }
}

impl<T> Future for Pending<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.answer.as_mut().poll(context)
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}

/// What a thread of the engine answers, once. A panic there goes on in whoever waits for the answer.
pub(super) struct Answered<T> {
    slot: Arc<Slot<thread::Result<T>>>,
}

impl<T> Answered<T> {
    pub(super) fn fill(&self, answer: thread::Result<T>) {
        self.slot.fill(answer);
    }

    pub(super) fn wait(&self) -> T {
        self.slot.wait(Option::take).unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl<T> Clone for Answered<T> {
    fn clone(&self) -> Self {
        Self { slot: Arc::clone(&self.slot) }
    }
}

impl<T> Default for Answered<T> {
    fn default() -> Self {
        Self { slot: Arc::default() }
    }
}

impl<T> Future for Answered<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.slot.poll(context, Option::take).map(|answer| answer.unwrap_or_else(|panic| resume_unwind(panic)))
    }
}
