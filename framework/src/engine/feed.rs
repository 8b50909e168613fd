//! What happens in the runs of an engine, told to whoever subscribed: bounded, so that a slow listener never slows a run.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::error::LostRun;
use crate::error::{BatchError, names};
use crate::execution::ExecutionId;
use crate::monitor::{Happened, Monitor, RunEvent};

/// Something that happened in a run of the engine.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EngineEvent {
    /// The execution.
    pub execution: ExecutionId,
    /// Its job.
    pub job: Arc<str>,
    /// What happened.
    pub happened: Happened,
}

/// What a [`Subscription`] gives.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// Something happened.
    Event(Arc<EngineEvent>),
    /// So many events came before the next one and are gone, because this subscriber was too slow. What they led to stands in
    /// the records.
    Missed(u64),
}

/// The events of an engine since it was made with [`Engine::subscribe`](super::Engine::subscribe).
///
/// As an iterator it waits for the next notice and ends with the engine; in a task [`changed`](Self::changed) does the same.
/// When more than its capacity is waiting, the oldest events are dropped and counted: the newest tell how things stand.
#[derive(Debug)]
pub struct Subscription {
    queue: Arc<Queue>,
}

impl Subscription {
    /// The next notice, if one is there.
    pub fn try_next(&mut self) -> Option<Notice> {
        self.queue.lock().pop()
    }

    /// The next notice that comes within `limit`; `None` when none does, or none ever will.
    pub fn next_within(&mut self, limit: Duration) -> Option<Notice> {
        let waiting = self.queue.changed.wait_timeout_while(self.queue.lock(), limit, |state| state.is_waiting());
        waiting.unwrap_or_else(PoisonError::into_inner).0.pop()
    }

    /// The next notice, for a task; `None` when the engine is gone and everything was heard. A future that is dropped loses
    /// none.
    pub fn changed(&mut self) -> Changed<'_> {
        Changed { queue: &self.queue }
    }
}

impl Iterator for Subscription {
    type Item = Notice;

    fn next(&mut self) -> Option<Notice> {
        let waiting = self.queue.changed.wait_while(self.queue.lock(), |state| state.is_waiting());
        waiting.unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// The next notice of a [`Subscription`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Changed<'s> {
    queue: &'s Queue,
}

impl Future for Changed<'_> {
    type Output = Option<Notice>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.queue.lock();
        if state.is_waiting() {
            // There is one subscriber to a queue, and it is borrowed by this future.
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state.pop())
    }
}

/// The subscribers of an engine.
#[derive(Debug, Default)]
pub(super) struct Feed {
    listeners: Mutex<Listeners>,
}

#[derive(Debug, Default)]
struct Listeners {
    queues: Vec<Weak<Queue>>,
    closed: bool,
}

/// The events that wait for one subscriber.
#[derive(Debug)]
struct Queue {
    capacity: usize,
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Arc<EngineEvent>>,
    missed: u64,
    closed: bool,
    waker: Option<Waker>,
}

impl Feed {
    pub(super) fn subscribe(&self, capacity: usize) -> Subscription {
        let mut listeners = self.lock();
        let state = Waiting { closed: listeners.closed, ..Waiting::default() };
        let queue = Arc::new(Queue { capacity: capacity.max(1), state: Mutex::new(state), changed: Condvar::new() });
        listeners.queues.push(Arc::downgrade(&queue));
        Subscription { queue }
    }

    /// Nothing more will happen.
    pub(super) fn close(&self) {
        let queues = {
            let mut listeners = self.lock();
            listeners.closed = true;
            std::mem::take(&mut listeners.queues)
        };
        queues.iter().filter_map(Weak::upgrade).for_each(|queue| queue.change(|state| state.closed = true));
    }

    /// The event is made only when somebody listens. Nobody is woken under the lock: who is may subscribe at once.
    fn tell(&self, event: impl FnOnce() -> EngineEvent) {
        let queues: Vec<Arc<Queue>> = {
            let mut listeners = self.lock();
            listeners.queues.retain(|queue| queue.strong_count() > 0);
            listeners.queues.iter().filter_map(Weak::upgrade).collect()
        };
        if !queues.is_empty() {
            let event = Arc::new(event());
            queues.iter().for_each(|queue| queue.push(Arc::clone(&event)));
        }
    }

    /// A poisoned lock is only a panic of another holder; the list behind it is always whole.
    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&self, event: Arc<EngineEvent>) {
        self.change(|state| {
            if state.events.len() >= self.capacity {
                state.events.pop_front();
                state.missed += 1;
            }
            state.events.push_back(event);
        });
    }

    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        let waker = {
            let mut state = self.lock();
            change(&mut state);
            state.waker.take()
        };
        self.changed.notify_all();
        waker.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_waiting(&self) -> bool {
        self.events.is_empty() && self.missed == 0 && !self.closed
    }

    /// What was missed is older than everything that waits.
    fn pop(&mut self) -> Option<Notice> {
        match std::mem::take(&mut self.missed) {
            0 => self.events.pop_front().map(Notice::Event),
            missed => Some(Notice::Missed(missed)),
        }
    }
}

/// Tells the subscribers of one run.
pub(super) struct Reporter<'f> {
    pub(super) feed: &'f Feed,
    pub(super) execution: ExecutionId,
    pub(super) job: Arc<str>,
}

impl Reporter<'_> {
    /// Tells, and logs, that a run has no last row.
    pub(super) fn lost(&self, lost: &LostRun) {
        tracing::error!(execution = %self.execution, error = %lost, "a run has no last row");
        self.tell(|| Happened::Lost { error: format!("{:#}", BatchError::of(names::UNNAMED, lost.clone())) });
    }

    fn tell(&self, happened: impl FnOnce() -> Happened) {
        self.feed.tell(|| EngineEvent { execution: self.execution, job: Arc::clone(&self.job), happened: happened() });
    }
}

impl Monitor for Reporter<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        self.tell(|| event.into());
    }
}
