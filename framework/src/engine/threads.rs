//! The threads of an engine, and the runs on them: begun, counted, asked to end, joined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Shared;
use super::error::{LostRun, NoThread};
use super::handle::RunHandle;
use crate::execution::ExecutionId;
use crate::status::StopIntent;
use crate::stop::StopToken;

/// What an engine has under way.
#[derive(Debug, Default)]
pub(super) struct Threads {
    state: Mutex<State>,
    changed: Condvar,
    /// Ends the pauses of those who only look at the runs of others.
    closing: StopToken,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// The threads that are not at their end, those that launch included.
    active: usize,
    live: BTreeMap<ExecutionId, RunHandle>,
    /// Those among them that have ended without their threads, which may never come back.
    behind: BTreeSet<ExecutionId>,
    handles: Vec<JoinHandle<()>>,
}

impl State {
    fn is_busy(&self) -> bool {
        self.active > self.behind.len()
    }
}

/// A thread that is counted until it ends, however it ends.
pub(super) struct Active(Arc<Shared>);

impl Active {
    /// One more that comes with this one, also when the engine is being closed.
    pub(super) fn another(&self) -> Self {
        self.0.threads.lock().active += 1;
        Self(Arc::clone(&self.0))
    }

    /// Does `work` on a thread. Where there is none, it is counted no longer.
    pub(super) fn spawn(self, name: &str, work: impl FnOnce(&Arc<Shared>) + Send + 'static) -> Result<(), NoThread> {
        let shared = Arc::clone(&self.0);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(&self.0));
        let mut state = shared.threads.lock();
        state.handles.retain(|handle| !handle.is_finished());
        state.handles.push(thread.map_err(NoThread::System)?);
        Ok(())
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.threads.lock().active -= 1;
        self.0.threads.changed.notify_all();
    }
}

impl Threads {
    /// Counts a thread, unless there shall be no more.
    pub(super) fn enter(shared: &Arc<Shared>) -> Result<Active, NoThread> {
        let mut state = shared.threads.lock();
        if state.closed {
            return Err(NoThread::Closed);
        }
        state.active += 1;
        Ok(Active(Arc::clone(shared)))
    }

    /// Does `work` on a thread of its own.
    pub(super) fn spawn(
        shared: &Arc<Shared>,
        name: &str,
        work: impl FnOnce(&Arc<Shared>) + Send + 'static,
    ) -> Result<(), NoThread> {
        Self::enter(shared)?.spawn(name, work)
    }

    /// A run has begun. One that began while the engine was closing ends at its first safe point.
    pub(super) fn begun(&self, run: &RunHandle) {
        let mut state = self.lock();
        state.live.insert(run.id(), run.clone());
        if state.closed {
            run.request(StopIntent::Interrupted);
        }
    }

    /// The thread of a run has come to its end. The answer is whether it had been left behind.
    pub(super) fn ended(&self, id: ExecutionId) -> bool {
        let mut state = self.lock();
        state.live.remove(&id);
        state.behind.remove(&id)
    }

    /// Nobody waits any more for the thread of this run.
    pub(super) fn leave_behind(&self, id: ExecutionId) {
        let mut state = self.lock();
        if state.live.contains_key(&id) {
            state.behind.insert(id);
        }
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn find(&self, id: ExecutionId) -> Option<RunHandle> {
        self.lock().live.get(&id).cloned()
    }

    /// Waits for `pause`, or until the engine is shut down; then the answer is true.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        self.closing.wait(pause).is_some()
    }

    /// Takes no more work, and asks all runs to end.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.live.values().for_each(|run| run.request(StopIntent::Interrupted));
        drop(state);
        self.closing.request(StopIntent::Interrupted);
    }

    /// Whether it takes no more work.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Asks all runs to end without reaching their safe point.
    pub(super) fn abort(&self) {
        self.lock().live.values().for_each(|run| run.request(StopIntent::Aborted));
    }

    /// Waits until every thread is at its end, but for those that were left behind, for at most `limit`.
    pub(super) fn wait(&self, limit: Duration) -> bool {
        let waiting = self.changed.wait_timeout_while(self.lock(), limit, |state| state.is_busy());
        !waiting.unwrap_or_else(PoisonError::into_inner).0.is_busy()
    }

    /// Joins the threads, all of which are at their end. Those of runs that were left behind have none.
    pub(super) fn join(&self) {
        let mut state = self.lock();
        let handles = std::mem::take(&mut state.handles);
        let is_whole = state.behind.is_empty();
        drop(state);
        // What panicked there was told to whoever waited for it.
        handles.into_iter().filter(|handle| is_whole || handle.is_finished()).for_each(|handle| drop(handle.join()));
    }

    /// The runs that did not end. Whoever waits for one of them is told.
    pub(super) fn give_up(&self) -> Vec<ExecutionId> {
        let live: Vec<_> = self.lock().live.values().cloned().collect();
        live.iter().for_each(|run| run.ended(Err(LostRun::LeftBehind(run.id()))));
        live.iter().map(RunHandle::id).collect()
    }

    /// A poisoned lock is only a panic of another holder; the state behind it is always whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
