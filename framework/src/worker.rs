//! The process as a holder of leases: it is known to the store, beats while it runs executions, and passes orders on.

mod beat;
mod life;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use self::beat::Hold;
pub use self::life::{LifeLock, Sign};

use self::beat::Beats;
pub use self::life::new_session;
use crate::clock::Clock;
use crate::execution::WorkerId;
use crate::repository::{LaunchError, LaunchWorker, Launched, Lease, Repository, StoreError, WorkerIdentity};
use crate::stop::StopToken;
use crate::stop_line::StopLine;

/// How often a worker beats, and how long its leases last from each beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The time between two beats.
    pub heartbeat: Duration,
    /// The length of a lease; at least three beats, so that two may be lost.
    pub lease: Duration,
}

impl Timing {
    /// A beat every 5 s, leases of 15 s: what every engine with heartbeats arrives at.
    pub const SERVER: Self = Self { heartbeat: Duration::from_secs(5), lease: Duration::from_secs(15) };

    /// Leases of 60 s for the embedded store, where a beat may have to wait behind a chunk.
    pub const EMBEDDED: Self = Self { heartbeat: Duration::from_secs(5), lease: Duration::from_secs(60) };

    /// Beats of this length, with leases of three of them.
    #[must_use]
    pub fn beating(heartbeat: Duration) -> Self {
        Self { heartbeat, lease: heartbeat * 3 }
    }
}

/// Who a worker is.
#[derive(Clone, Debug)]
pub struct WorkerName {
    /// Its name, for rows and messages.
    pub name: String,
    /// The host it runs on.
    pub host: String,
    /// The version of the program.
    pub build: String,
}

/// A process that runs executions.
///
/// It is recorded with its first launch and not before, so that a launch that is refused leaves nothing behind; the thread
/// that beats starts with the first lease.
pub struct Worker {
    repository: Arc<dyn Repository>,
    clock: Arc<dyn Clock>,
    timing: Timing,
    name: WorkerName,
    life: LifeLock,
    id: Mutex<Option<WorkerId>>,
    beats: Beats,
}

impl Worker {
    /// A worker that has launched nothing yet. It keeps its life lock in `state_dir`.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn new(
        repository: Arc<dyn Repository>,
        clock: Arc<dyn Clock>,
        timing: Timing,
        name: WorkerName,
        state_dir: &Path,
    ) -> std::io::Result<Self> {
        let life = LifeLock::take(state_dir)?;
        let beats = Beats::new(Arc::clone(&repository), timing);
        Ok(Self { repository, clock, timing, name, life, id: Mutex::default(), beats })
    }

    /// The machine, as the rows of its steps name it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.name.host
    }

    /// How often it beats.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// The clock of the process.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// This worker as a launch names it.
    #[must_use]
    pub fn for_launch(&self) -> LaunchWorker {
        match *self.lock_id() {
            Some(id) => LaunchWorker::Known { id, name: self.name.name.clone() },
            None => LaunchWorker::New(self.identity()),
        }
    }

    /// This worker as its first launch records it.
    pub(crate) fn identity(&self) -> WorkerIdentity {
        WorkerIdentity {
            name: self.name.name.clone(),
            session: self.life.session().to_owned(),
            host: self.name.host.clone(),
            pid: std::process::id(),
            lock_path: Some(self.life.path().to_string_lossy().into_owned()),
            build: self.name.build.clone(),
        }
    }

    /// Another process has recorded this one with a launch.
    pub(crate) fn recorded_as(&self, id: WorkerId) {
        *self.lock_id() = Some(id);
    }

    /// Launches with `launch`, which is told who launches. Only one first launch is under way at a time: two would record two
    /// workers, and a worker beats for itself alone.
    pub(crate) fn launch(
        &self,
        launch: impl FnOnce(LaunchWorker) -> Result<Launched, LaunchError>,
    ) -> Result<Launched, LaunchError> {
        self.record(launch, |error| matches!(error, LaunchError::Store(_)), |launched| Some(launched.lease.worker))
    }

    /// Claims with `claim`, in the same way.
    pub(crate) fn claim(
        &self,
        claim: impl FnOnce(LaunchWorker) -> Result<Vec<Launched>, StoreError>,
    ) -> Result<Vec<Launched>, StoreError> {
        self.record(claim, |_| true, |claimed| claimed.first().map(|launched| launched.lease.worker))
    }

    /// Sends something that records this worker with it, if it is the first of its kind.
    fn record<T, E>(
        &self,
        send: impl FnOnce(LaunchWorker) -> Result<T, E>,
        may_be_written: impl FnOnce(&E) -> bool,
        recorded: impl FnOnce(&T) -> Option<WorkerId>,
    ) -> Result<T, E> {
        let mut id = self.lock_id();
        if id.is_some() {
            drop(id);
            return send(self.for_launch());
        }
        let sent = send(LaunchWorker::New(self.identity())).inspect_err(|error| {
            // Perhaps it was written, and only the answer is lost: then the life lock must tell of our end.
            if may_be_written(error) {
                self.life.leave_behind();
            }
        })?;
        *id = recorded(&sent);
        Ok(sent)
    }

    /// Keeps the lease of a launched execution alive until the answer is dropped. `sent` is the time on the process clock
    /// before the launch was sent.
    #[must_use]
    pub fn hold(&self, lease: Lease, stop: &StopToken, sent: Duration) -> Hold {
        let stop_line = StopLine::new(Arc::clone(&self.clock), sent, self.timing.lease);
        self.beats.hold(lease, stop.clone(), stop_line)
    }

    fn lock_id(&self) -> MutexGuard<'_, Option<WorkerId>> {
        self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Worker {
    /// The beat is the last to stop; then the worker says that it is gone. If that fails, its life lock says it: free, and
    /// still there.
    fn drop(&mut self) {
        self.beats.stop();
        if let Some(id) = *self.lock_id()
            && let Err(error) = self.repository.retire_worker(id)
        {
            tracing::debug!(worker = %id, %error, "the worker could not be retired");
            self.life.leave_behind();
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("name", &self.name).field("life", &self.life).finish_non_exhaustive()
    }
}
