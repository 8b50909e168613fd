//! A gate in a job: the job stops at it, and the test goes on while it stands there.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A gate that a job passes when the test opens it. Clones are the same gate.
///
/// ```
/// use overnight_framework::testing::Gate;
///
/// let gate = Gate::default();
/// let job = std::thread::spawn({
///     let gate = gate.clone();
///     move || gate.pass()
/// });
/// gate.reached();
/// assert!(!job.is_finished());
/// gate.open();
/// assert!(job.join().is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gate {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    reached: bool,
    open: bool,
}

impl Gate {
    /// Says that the job is here, and waits until the gate is open.
    pub fn pass(&self) {
        let mut state = self.lock();
        state.reached = true;
        self.shared.changed.notify_all();
        let waiting = self.shared.changed.wait_while(state, |state| !state.open);
        drop(waiting.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until the job is here.
    pub fn reached(&self) {
        let waiting = self.shared.changed.wait_while(self.lock(), |state| !state.reached);
        drop(waiting.unwrap_or_else(PoisonError::into_inner));
    }

    /// Lets everybody pass, now and from now on.
    pub fn open(&self) {
        self.lock().open = true;
        self.shared.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
