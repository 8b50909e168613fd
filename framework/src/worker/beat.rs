//! The heartbeat: one statement renews everything a worker holds and brings back what became of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Timing;
use crate::error::BatchError;
use crate::execution::ExecutionId;
use crate::policy::shortened_by_chance;
use crate::repository::{Beat, Lease, LeaseState, Repository};
use crate::status::StopIntent;
use crate::stop::StopToken;
use crate::stop_line::StopLine;

/// The beating of one worker. Its thread starts with the first lease.
#[derive(Debug)]
pub(super) struct Beats {
    repository: Arc<dyn Repository>,
    timing: Timing,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    held: BTreeMap<ExecutionId, Held>,
    stopped: bool,
}

/// One execution that the worker holds.
#[derive(Clone, Debug)]
struct Held {
    lease: Lease,
    stop: StopToken,
    stop_line: StopLine,
}

/// A lease that is kept alive until this is dropped.
#[derive(Debug)]
pub struct Hold {
    shared: Arc<Shared>,
    held: Held,
}

impl Hold {
    /// The moment after which the lease must be renewed before anything is written.
    #[must_use]
    pub fn stop_line(&self) -> &StopLine {
        &self.held.stop_line
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        lock(&self.shared).held.remove(&self.held.lease.execution);
    }
}

impl Beats {
    pub(super) fn new(repository: Arc<dyn Repository>, timing: Timing) -> Self {
        Self { repository, timing, shared: Arc::default(), thread: Mutex::default() }
    }

    pub(super) fn hold(&self, lease: Lease, stop: StopToken, stop_line: StopLine) -> Hold {
        let held = Held { lease, stop, stop_line };
        lock(&self.shared).held.insert(lease.execution, held.clone());
        self.start();
        Hold { shared: Arc::clone(&self.shared), held }
    }

    /// Ends the thread and waits for it.
    pub(super) fn stop(&self) {
        lock(&self.shared).stopped = true;
        self.shared.changed.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the heartbeat panicked");
        }
    }

    fn start(&self) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let (repository, timing, shared) = (Arc::clone(&self.repository), self.timing, Arc::clone(&self.shared));
        let beat = move || beat_until_stopped(repository.as_ref(), timing, &shared);
        match std::thread::Builder::new().name("heartbeat".to_owned()).spawn(beat) {
            Ok(started) => *thread = Some(started),
            // The lease ends by itself then, and the stop line ends the run before it.
            Err(error) => tracing::error!(%error, "the heartbeat cannot be started"),
        }
    }
}

/// How much of each interval is left to chance, so that processes which a timer starts together do not beat together.
const JITTER_PERCENT: u8 = 10;

/// The first beat comes after half an interval, so that a job of a few milliseconds pays none.
fn beat_until_stopped(repository: &dyn Repository, timing: Timing, shared: &Shared) {
    let mut pause = timing.heartbeat / 2;
    while let Some(held) = wait(shared, pause) {
        let reached = held.is_empty() || beat_caught(repository, timing, shared, &held);
        let interval = if reached { timing.heartbeat } else { timing.heartbeat / 5 };
        pause = shortened_by_chance(interval, JITTER_PERCENT);
    }
}

/// What is held after `pause`; `None` when the worker stops.
fn wait(shared: &Shared, pause: Duration) -> Option<Vec<Held>> {
    let waiting = shared.changed.wait_timeout_while(lock(shared), pause, |state| !state.stopped);
    let (state, _) = waiting.unwrap_or_else(PoisonError::into_inner);
    (!state.stopped).then(|| state.held.values().cloned().collect())
}

/// Beats once. A store that panics must not cost every run of the process its lease.
fn beat_caught(repository: &dyn Repository, timing: Timing, shared: &Shared, held: &[Held]) -> bool {
    catch_unwind(AssertUnwindSafe(|| beat(repository, timing, shared, held))).unwrap_or_else(|panic| {
        tracing::error!(error = %BatchError::of_panic(panic), "a heartbeat panicked");
        false
    })
}

/// Beats once; false when the store could not be reached.
fn beat(repository: &dyn Repository, timing: Timing, shared: &Shared, held: &[Held]) -> bool {
    let Some(first) = held.first() else { return true };
    let sent = first.stop_line.now();
    let leases = held.iter().map(|held| held.lease).collect();
    match repository.beat(&Beat { worker: first.lease.worker, leases, duration: timing.lease }) {
        Ok(states) => {
            for (held, state) in held.iter().zip(states) {
                if state.held {
                    held.pass_on(state, sent, timing.lease);
                } else if shared.holds(&held.lease) {
                    held.lose();
                }
            }
            true
        }
        Err(error) => {
            tracing::warn!(%error, "a heartbeat failed");
            false
        }
    }
}

impl Held {
    fn pass_on(&self, state: LeaseState, sent: Duration, lease: Duration) {
        if state.renewed {
            self.stop_line.renewed(sent, lease);
        }
        if let Some(intent) = state.stop {
            self.stop.request(intent);
        }
    }

    /// The fence refuses whatever is still sent. The mark keeps the run from touching elsewhere what belongs to another worker
    /// now, and from telling listeners of an abort that nobody ordered; the request ends it soon.
    fn lose(&self) {
        tracing::warn!(execution = %self.lease.execution, "the lease was lost, or its run is just ending");
        self.stop_line.lose();
        self.stop.request(StopIntent::Aborted);
    }
}

impl Shared {
    /// Whether the execution is still run here. One that ended between the look at what is held and the answer to the beat has
    /// lost nothing.
    fn holds(&self, lease: &Lease) -> bool {
        lock(self).held.get(&lease.execution).is_some_and(|held| held.lease == *lease)
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}
