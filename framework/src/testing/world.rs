//! One store, and processes that come and go.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::fault::Fault;
use super::faulty::{Crash, FaultyRepository};
use crate::clock::ManualClock;
use crate::execution::{JobExecution, Trigger};
use crate::job::Job;
use crate::launch::Wish;
use crate::monitor::Monitor;
use crate::operator::{Launching, Operator, StartError};
use crate::params::Params;
use crate::policy::{Patience, RetryPolicy};
use crate::repository::Repository;
use crate::repository::memory::MemoryRepository;
use crate::runner::RunError;
use crate::worker::{Timing, Worker, WorkerName};

/// A machine on which processes come and go, over any store. It keeps their life locks.
#[derive(Debug)]
pub struct Machine {
    store: Arc<dyn Repository>,
    folder: PathBuf,
}

/// A store in memory with the clock it keeps, and a machine over it.
#[derive(Debug)]
pub struct World {
    /// The store.
    pub memory: Arc<MemoryRepository>,
    /// The clock of the store. It stands still until a test moves it on.
    pub clock: ManualClock,
    machine: Machine,
}

/// A process: its own way to the store, its own life lock, its own monotonic clock.
#[derive(Debug)]
pub struct Process {
    /// Its way to the store, on which faults may happen.
    pub store: Arc<FaultyRepository>,
    /// What launches and runs.
    pub operator: Operator,
    /// Its monotonic clock, which stands still as well.
    pub clock: ManualClock,
}

/// Why a process did not bring a job to an end.
#[derive(Debug, Error)]
pub(super) enum Unended {
    #[error(transparent)]
    Start(StartError),
    #[error(transparent)]
    Run(RunError),
}

impl Machine {
    /// A machine over this store. What its processes leave behind goes with it.
    #[must_use]
    pub fn over(store: Arc<dyn Repository>) -> Self {
        static MACHINES: AtomicU32 = AtomicU32::new(0);
        let number = MACHINES.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("overnight-testing-{}-{number}", std::process::id()));
        Self { store, folder }
    }

    /// The store, past every process.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Repository> {
        &self.store
    }

    /// Where the life locks are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new process with a healthy way to the store.
    ///
    /// # Panics
    /// When it cannot keep a life lock in the temporary folder.
    #[must_use]
    pub fn process(&self) -> Process {
        self.process_on("host-a", Timing::SERVER)
    }

    /// The same on a host of this name, with these leases.
    ///
    /// # Panics
    /// When it cannot keep a life lock in the temporary folder.
    #[must_use]
    pub fn process_on(&self, host: &str, timing: Timing) -> Process {
        let store = Arc::new(FaultyRepository::new(Arc::clone(&self.store)));
        let clock = ManualClock::default();
        let name = WorkerName { name: "worker".to_owned(), host: host.to_owned(), build: "test".to_owned() };
        let worker = Worker::new(store.clone(), Arc::new(clock.clone()), timing, name, &self.folder);
        let worker = worker.unwrap_or_else(|error| panic!("no life lock in {}: {error}", self.folder.display()));
        let operator = Operator::new(store.clone(), worker, "test", "tester").with_patience(hasty());
        Process { store, operator, clock }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Processes that outlive their machine keep their locks open; the folder is all that a test shall not leave behind.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty store whose clock shows midnight of 1 January 1970.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(ManualClock::default())
    }

    /// An empty store whose clock shows `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self::with_clock(ManualClock::at(now))
    }

    fn with_clock(clock: ManualClock) -> Self {
        let memory = Arc::new(MemoryRepository::with_clock(Arc::new(clock.clone())));
        let machine = Machine::over(memory.clone());
        Self { memory, clock, machine }
    }
}

impl Deref for World {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

impl Process {
    /// The same process with one more fault.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Self {
        self.store.fault(fault);
        self
    }

    /// The same process, which dies at this moment.
    #[must_use]
    pub fn crashing(self, crash: Crash) -> Self {
        self.store.crash_at(crash);
        self
    }

    /// Starts and runs a job on this thread.
    pub(super) fn start(&self, job: &Job, params: &Params, monitor: &dyn Monitor) -> Result<JobExecution, Unended> {
        let launching =
            Launching { job, params, wish: Wish::Start, trigger: Trigger::Library, reason: None, key: None };
        let ready = self.operator.launch(&launching, &|_, _| {}).map_err(Unended::Start)?;
        self.operator.run(job, params, ready, monitor).map_err(Unended::Run)
    }
}

/// As many attempts as the engine makes, without the pauses.
fn hasty() -> Patience {
    let outage = RetryPolicy { delay: Duration::ZERO, max_delay: Duration::ZERO, ..Patience::DEFAULT.outage };
    let conflict = RetryPolicy { delay: Duration::ZERO, max_delay: Duration::ZERO, ..Patience::DEFAULT.conflict };
    Patience { outage, conflict, ..Patience::DEFAULT }
}
