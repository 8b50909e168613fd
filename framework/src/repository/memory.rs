//! The store in memory: the double of tests, the dry run and the tutorial. It keeps every promise of the port.
//!
//! It is no mock: nothing is scripted, and the suite in [`conformance`](super::conformance) holds it to the same cases as
//! the stores on disk. All records stand behind one lock and every verb checks before it writes, so that each is one
//! transaction. A chunk stages its rows, dead letters and counters outside the lock and applies them at its commit.

mod apply;
mod chunk;
mod fire;
mod launch;
mod orders;
mod query;
mod records;
mod run;
mod table;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use chrono::{DateTime, SubsecRound, Utc};

use self::chunk::MemoryChunk;
use self::records::Records;
pub use self::tables::MemoryTables;
use super::{
    AppliedJob, ApplyOrder, Beat, ChunkError, ChunkTransaction, ClaimOrder, Definition, Event, ExecutionEnd,
    ExecutionFilter, FenceError, Fire, FireRecord, Fired, JobSummary, LaunchError, LaunchRequest, Launched, Lease,
    LeaseState, MessageId, NewMessage, Reject, Repository, StepEnd, StepHistory, StepLease, StepStart, StopAnswer,
    StopError, StopOrder, StoreError, StoreErrorKind, StoredDeadLetter, StoredMessage, StoredReject, TakeOver,
    TriggerKey, TriggerSummary, TriggerWatch, Worker,
};
use crate::clock::{Clock, SystemClock};
use crate::execution::{DefinitionId, ExecutionId, InstanceId, JobExecution, JobInstance, StepExecution, WorkerId};

/// A store whose records live as long as the value.
///
/// ```
/// use overnight_framework::repository::memory::MemoryRepository;
/// use overnight_framework::repository::{ExecutionFilter, Repository};
///
/// let repository = MemoryRepository::new();
/// assert!(repository.executions(&ExecutionFilter::default())?.is_empty());
/// # Ok::<(), overnight_framework::repository::StoreError>(())
/// ```
#[derive(Debug)]
pub struct MemoryRepository {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// What the lock guards.
#[derive(Debug, Default)]
struct State {
    records: Records,
    tables: MemoryTables,
    /// The threads that hold an open chunk.
    writers: HashSet<ThreadId>,
}

impl Default for MemoryRepository {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryRepository {
    /// An empty store on the clock of the system.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock::default()))
    }

    /// An empty store that dates its records and judges leases by `clock`.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// The committed rows of all tables, as they stand now.
    #[must_use]
    pub fn tables(&self) -> MemoryTables {
        self.lock().tables.clone()
    }

    /// The instant now, no finer than a database keeps it.
    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    /// A poisoned lock is only a panic of another holder: every verb checks before it writes, so the records are whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock for a verb that writes. A thread with an open chunk gets none: on a store with one connection for
    /// everything that writes, it would wait for itself.
    fn write(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.lock();
        if state.writers.contains(&thread::current().id()) {
            return Err(StoreErrorKind::ChunkOpen.into());
        }
        Ok(state)
    }
}

impl Repository for MemoryRepository {
    fn launch(&self, request: &LaunchRequest) -> Result<Launched, LaunchError> {
        self.write()?.records.launch(request, self.now())
    }

    fn enqueue(&self, request: &LaunchRequest) -> Result<JobExecution, LaunchError> {
        self.write()?.records.enqueue(request, self.now())
    }

    fn claim(&self, order: &ClaimOrder) -> Result<Vec<Launched>, StoreError> {
        self.write()?.records.claim(order, self.now())
    }

    fn has_queued(&self, project: &str, programs: &[String]) -> Result<bool, StoreError> {
        Ok(!self.lock().records.queued(project, programs).is_empty())
    }

    fn begin(&self, lease: &Lease) -> Result<JobExecution, FenceError> {
        self.write()?.records.begin(lease, self.now())
    }

    fn end(&self, lease: &Lease, end: &ExecutionEnd) -> Result<JobExecution, FenceError> {
        self.write()?.records.end(lease, end, self.now())
    }

    fn begin_step(&self, lease: &Lease, start: &StepStart) -> Result<StepExecution, FenceError> {
        self.write()?.records.begin_step(lease, start, self.now())
    }

    fn end_step(&self, lease: &StepLease, end: &StepEnd) -> Result<StepExecution, FenceError> {
        self.write()?.records.end_step(lease, end, self.now())
    }

    fn begin_chunk<'a>(&'a self, lease: &StepLease) -> Result<Box<dyn ChunkTransaction + 'a>, ChunkError> {
        let mut state = self.write()?;
        state.writers.insert(thread::current().id());
        let tables = state.tables.clone();
        Ok(Box::new(MemoryChunk::new(self, *lease, tables)))
    }

    fn may_write(&self) -> Result<(), StoreError> {
        self.write().map(drop)
    }

    fn beat(&self, beat: &Beat) -> Result<Vec<LeaseState>, StoreError> {
        Ok(self.write()?.records.beat(beat, self.now()))
    }

    fn request_stop(&self, order: &StopOrder) -> Result<StopAnswer, StopError> {
        self.write()?.records.request_stop(order, self.now())
    }

    fn take_over(&self, order: &TakeOver) -> Result<Option<JobExecution>, StoreError> {
        Ok(self.write()?.records.take_over(order, self.now()))
    }

    fn retire_worker(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.write()?.records.retire_worker(worker);
        Ok(())
    }

    fn apply(&self, order: &ApplyOrder) -> Result<Vec<Definition>, StoreError> {
        Ok(self.write()?.records.apply(order, self.now()))
    }

    fn fire(&self, fire: &Fire<'_>) -> Result<Fired, StoreError> {
        self.write()?.records.fire(fire, self.now())
    }

    fn reject(&self, reject: &Reject) -> Result<bool, StoreError> {
        Ok(self.write()?.records.reject(reject, self.now()))
    }

    fn watch(&self, watch: &TriggerWatch) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.write()?.records.watch(watch, self.now()))
    }

    fn publish(&self, message: &NewMessage) -> Result<MessageId, StoreError> {
        Ok(self.write()?.records.publish(message, self.now()))
    }

    fn messages(
        &self,
        project: &str,
        topic: &str,
        after: MessageId,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        Ok(self.lock().records.messages((project, topic), after, limit))
    }

    fn triggers(&self, project: &str) -> Result<Vec<TriggerSummary>, StoreError> {
        Ok(self.lock().records.triggers(project))
    }

    fn fires(&self, trigger: &TriggerKey, limit: u32) -> Result<Vec<FireRecord>, StoreError> {
        Ok(self.lock().records.fires_of(trigger).rev().take(limit as usize).cloned().collect())
    }

    fn rejects(&self, trigger: &TriggerKey, limit: u32) -> Result<Vec<StoredReject>, StoreError> {
        Ok(self.lock().records.rejects_of(trigger).rev().take(limit as usize).cloned().collect())
    }

    fn execution(&self, id: ExecutionId) -> Result<Option<JobExecution>, StoreError> {
        Ok(self.lock().records.executions.get(id.0).cloned())
    }

    fn executions(&self, filter: &ExecutionFilter) -> Result<Vec<JobExecution>, StoreError> {
        Ok(self.lock().records.executions(filter))
    }

    fn steps(&self, id: ExecutionId) -> Result<Vec<StepExecution>, StoreError> {
        Ok(self.lock().records.steps(id))
    }

    fn instance(&self, id: InstanceId) -> Result<Option<JobInstance>, StoreError> {
        Ok(self.lock().records.instances.get(id.0).cloned())
    }

    fn find_instance(&self, project: &str, job: &str, key: &str) -> Result<Option<JobInstance>, StoreError> {
        Ok(self.lock().records.find_instance(project, job, key).cloned())
    }

    fn history(&self, id: InstanceId) -> Result<Vec<StepHistory>, StoreError> {
        Ok(self.lock().records.history(id))
    }

    fn dead_letters(&self, id: InstanceId, after: i64, limit: u32) -> Result<Vec<StoredDeadLetter>, StoreError> {
        Ok(self.lock().records.dead_letters(id, after, limit))
    }

    fn events(&self, id: ExecutionId) -> Result<Vec<Event>, StoreError> {
        Ok(self.lock().records.events_of(id))
    }

    fn definition(&self, id: DefinitionId) -> Result<Option<Definition>, StoreError> {
        Ok(self.lock().records.definitions.get(id.0).cloned())
    }

    fn newest_definition(&self, project: &str, job: &str) -> Result<Option<Definition>, StoreError> {
        Ok(self.lock().records.newest_definition(project, job).cloned())
    }

    fn applied(&self, project: &str, job: &str) -> Result<Option<AppliedJob>, StoreError> {
        Ok(self.lock().records.applied(project, job).cloned())
    }

    fn jobs(&self, project: &str) -> Result<Vec<JobSummary>, StoreError> {
        Ok(self.lock().records.jobs(project))
    }

    fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.now())
    }

    fn worker(&self, id: WorkerId) -> Result<Option<Worker>, StoreError> {
        Ok(self.lock().records.workers.get(id.0).cloned())
    }
}
