//! A place for one value that somebody waits for, on a thread or in a task.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Filled once. How the value leaves it is the reader's: it is taken by one, or cloned by many.
#[derive(Debug)]
pub(super) struct Slot<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
}

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    wakers: Vec<Waker>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State { value: None, wakers: Vec::new() }), filled: Condvar::new() }
    }
}

impl<T> Slot<T> {
    /// Puts the value in, unless there is one already, and wakes everybody who waits for it.
    pub(super) fn fill(&self, value: T) {
        let wakers = {
            let mut state = self.lock();
            let _ = state.value.get_or_insert(value);
            std::mem::take(&mut state.wakers)
        };
        self.filled.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until there is a value.
    pub(super) fn wait<R>(&self, read: impl Fn(&mut Option<T>) -> Option<R>) -> R {
        let mut state = self.lock();
        loop {
            if let Some(read) = read(&mut state.value) {
                return read;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The same for at most `limit`.
    pub(super) fn wait_for<R>(&self, limit: Duration, read: impl Fn(&mut Option<T>) -> Option<R>) -> Option<R> {
        let waiting = self.filled.wait_timeout_while(self.lock(), limit, |state| state.value.is_none());
        let (mut state, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        read(&mut state.value)
    }

    /// The value, or the promise to wake the task when it is there.
    pub(super) fn poll<R>(&self, context: &Context<'_>, read: impl Fn(&mut Option<T>) -> Option<R>) -> Poll<R> {
        let mut state = self.lock();
        if let Some(read) = read(&mut state.value) {
            return Poll::Ready(read);
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            state.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// A poisoned lock is only a panic of another holder; the value behind it is always whole.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
