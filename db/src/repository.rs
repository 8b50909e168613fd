//! The port, over either database: which connection each verb takes, and where its transaction ends.

mod apply;
mod control;
mod fire;
mod history;
mod launch;
mod queue;
mod run;

pub(crate) use self::launch::enqueue_in;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::r2d2::Pool;
use diesel::result::Error::BrokenTransactionManager;
use overnight_framework::clock::Clock;
use overnight_framework::execution::{
    DefinitionId, ExecutionId, InstanceId, JobExecution, JobInstance, StepExecution, WorkerId,
};
use overnight_framework::repository::{
    AppliedJob, ApplyOrder, Beat, ChunkError, ChunkTransaction, ClaimOrder, Definition, Event, ExecutionEnd,
    ExecutionFilter, FenceError, Fire, FireRecord, Fired, JobSummary, LaunchError, LaunchRequest, Launched, Lease,
    LeaseState, MessageId, NewMessage, Reject, Repository, StepEnd, StepHistory, StepLease, StepStart, StopAnswer,
    StopError, StopOrder, StoreError, StoreErrorKind, StoredDeadLetter, StoredMessage, StoredReject, TakeOver,
    TriggerKey, TriggerSummary, TriggerWatch, Worker, clean,
};

use crate::chunk::Chunk;
use crate::error::Stored;
use crate::pool::{self, Connector, Pooled};
use crate::statements::Store;
use crate::transaction::{self, ChunkMark};

/// The pools of a database, by what their connections are for.
pub(crate) struct Pools<C: Store> {
    /// Verbs that write, and chunks.
    pub(crate) write: Pool<Connector<C>>,
    /// Verbs that only read.
    pub(crate) read: Pool<Connector<C>>,
    /// The heartbeat, which must not wait behind chunks where it can be helped.
    pub(crate) beat: Pool<Connector<C>>,
    /// How long a verb waits for a connection.
    pub(crate) wait: Duration,
}

/// The records in a database.
pub(crate) struct Records<C: Store> {
    pools: Arc<Pools<C>>,
    clock: Arc<dyn Clock>,
}

impl<C: Store> Records<C> {
    /// The records in the database of these pools. `clock` dates rows where the database has no clock of its own.
    pub(crate) fn new(pools: Arc<Pools<C>>, clock: Arc<dyn Clock>) -> Self {
        Self { pools, clock }
    }

    /// One transaction of a verb.
    fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut C, C::Now) -> Result<T, E>) -> Result<T, E> {
        ChunkMark::refuse_if_set()?;
        let mut connection = begin(&self.pools.write, self.pools.wait, C::BEGIN)?;
        // Read when the transaction is open: on SQLite it may have waited for another process.
        let now = C::now(&*self.clock);
        transaction::within(&mut *connection, |connection| work(connection, now))
    }

    /// One query outside of a transaction, and again on another connection when this one turns out to be gone.
    fn read<T>(&self, work: impl Fn(&mut C) -> QueryResult<T>) -> Result<T, StoreError> {
        retry_broken(&self.pools.read, self.pools.wait, |connection| work(connection)).map(|(value, _)| value)
    }
}

/// Begins a transaction on a connection of the pool.
fn begin<C: Store>(pool: &Pool<Connector<C>>, wait: Duration, sql: &str) -> Result<Pooled<C>, StoreError> {
    retry_broken(pool, wait, |connection| transaction::begin(connection, sql)).map(|((), connection)| connection)
}

/// A connection that lives, as far as can be told without asking the other side: for what cannot be repeated.
pub(crate) fn living<C: Store>(pool: &Pool<Connector<C>>, wait: Duration) -> Result<Pooled<C>, StoreError> {
    let look = |connection: &mut C| if connection.is_gone() { Err(BrokenTransactionManager) } else { Ok(()) };
    retry_broken(pool, wait, look).map(|((), connection)| connection)
}

/// Tries `work` on one connection after another while they are broken: after a restart of the server all idle ones are.
fn retry_broken<C: Store, T>(
    pool: &Pool<Connector<C>>,
    wait: Duration,
    work: impl Fn(&mut C) -> QueryResult<T>,
) -> Result<(T, Pooled<C>), StoreError> {
    let mut spare = pool.max_size();
    loop {
        let mut connection = pool::take(pool, wait)?;
        match work(&mut *connection) {
            Ok(value) => return Ok((value, connection)),
            Err(error) if spare > 0 && connection.is_gone() => {
                tracing::debug!(%error, "a connection was broken; another one is tried");
                spare -= 1;
            }
            Err(error) => return Err(error).stored(),
        }
    }
}

impl<C: Store> fmt::Debug for Pools<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pools")
            .field("write", &self.write.state())
            .field("read", &self.read.state())
            .finish_non_exhaustive()
    }
}

impl<C: Store> fmt::Debug for Records<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("pools", &self.pools).finish_non_exhaustive()
    }
}

impl<C: Store> Repository for Records<C> {
    fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.read(|connection| connection.tell(C::now(&*self.clock)))?.into())
    }

    fn launch(&self, request: &LaunchRequest) -> Result<Launched, LaunchError> {
        launch::launch(self, request)
    }

    fn enqueue(&self, request: &LaunchRequest) -> Result<JobExecution, LaunchError> {
        launch::enqueue(self, request)
    }

    fn claim(&self, order: &ClaimOrder) -> Result<Vec<Launched>, StoreError> {
        self.write(|connection, now| queue::claim(connection, now, order))
    }

    fn has_queued(&self, project: &str, programs: &[String]) -> Result<bool, StoreError> {
        self.read(|connection| connection.has_queued(project, programs))
    }

    fn begin(&self, lease: &Lease) -> Result<JobExecution, FenceError> {
        self.write(|connection, now| run::begin(connection, now, lease))
    }

    fn end(&self, lease: &Lease, end: &ExecutionEnd) -> Result<JobExecution, FenceError> {
        self.write(|connection, now| run::end(connection, now, (lease, end)))
    }

    fn begin_step(&self, lease: &Lease, start: &StepStart) -> Result<StepExecution, FenceError> {
        self.write(|connection, now| run::begin_step(connection, now, (lease, start)))
    }

    fn end_step(&self, lease: &StepLease, end: &StepEnd) -> Result<StepExecution, FenceError> {
        self.write(|connection, now| run::end_step(connection, now, (lease, end)))
    }

    fn begin_chunk<'a>(&'a self, lease: &StepLease) -> Result<Box<dyn ChunkTransaction + 'a>, ChunkError> {
        let mark = ChunkMark::set()?;
        let connection = begin(&self.pools.write, self.pools.wait, &C::begin_chunk(lease))?;
        Ok(Box::new(Chunk::new(connection, Arc::clone(&self.clock), lease, mark)))
    }

    fn may_write(&self) -> Result<(), StoreError> {
        ChunkMark::refuse_if_set()
    }

    fn beat(&self, beat: &Beat) -> Result<Vec<LeaseState>, StoreError> {
        ChunkMark::refuse_if_set()?;
        // On SQLite the connection may be busy with a chunk, whose commit renews the lease by itself.
        let wait = self.pools.wait.min(beat.duration / 3);
        let mut connection = begin(&self.pools.beat, wait, C::BEGIN)?;
        let now = C::now(&*self.clock);
        let rows = transaction::within(&mut *connection, |connection| connection.beat(now, beat).stored())?;
        rows.into_iter().zip(&beat.leases).map(|(row, lease)| row.into_value(*lease)).collect()
    }

    fn request_stop(&self, order: &StopOrder) -> Result<StopAnswer, StopError> {
        self.write(|connection, now| control::request_stop(connection, now, order))
    }

    fn take_over(&self, order: &TakeOver) -> Result<Option<JobExecution>, StoreError> {
        self.write(|connection, now| control::take_over(connection, now, order))
    }

    fn retire_worker(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.write(|connection, now| connection.retire_worker(now, worker.0).stored())
    }

    fn apply(&self, order: &ApplyOrder) -> Result<Vec<Definition>, StoreError> {
        apply::apply(self, order)
    }

    fn fire(&self, fire: &Fire<'_>) -> Result<Fired, StoreError> {
        fire::fire(self, fire)
    }

    fn reject(&self, reject: &Reject) -> Result<bool, StoreError> {
        self.write(|connection, now| fire::reject(connection, now, reject))
    }

    fn watch(&self, watch: &TriggerWatch) -> Result<DateTime<Utc>, StoreError> {
        self.write(|connection, now| fire::watch(connection, now, watch))
    }

    fn publish(&self, message: &NewMessage) -> Result<MessageId, StoreError> {
        let key = clean(&message.key);
        self.write(|connection, now| connection.insert_message(now, message, &key).stored()).map(MessageId)
    }

    fn messages(
        &self,
        project: &str,
        topic: &str,
        after: MessageId,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let rows = self.read(|connection| connection.messages((project, topic), after.0, limit))?;
        Ok(rows.into_iter().map(StoredMessage::from).collect())
    }

    fn triggers(&self, project: &str) -> Result<Vec<TriggerSummary>, StoreError> {
        fire::triggers(self, project)
    }

    fn fires(&self, trigger: &TriggerKey, limit: u32) -> Result<Vec<FireRecord>, StoreError> {
        self.read(|connection| connection.fires(trigger, limit))?.into_iter().map(|row| row.into_value()).collect()
    }

    fn rejects(&self, trigger: &TriggerKey, limit: u32) -> Result<Vec<StoredReject>, StoreError> {
        let rows = self.read(|connection| connection.rejects(trigger, limit))?;
        Ok(rows.into_iter().map(StoredReject::from).collect())
    }

    fn execution(&self, id: ExecutionId) -> Result<Option<JobExecution>, StoreError> {
        self.read(|connection| connection.execution(id.0))?.map(|row| row.into_value()).transpose()
    }

    fn executions(&self, filter: &ExecutionFilter) -> Result<Vec<JobExecution>, StoreError> {
        self.read(|connection| connection.executions(filter))?.into_iter().map(|row| row.into_value()).collect()
    }

    fn steps(&self, id: ExecutionId) -> Result<Vec<StepExecution>, StoreError> {
        self.read(|connection| connection.steps(id.0))?.into_iter().map(|row| row.into_value()).collect()
    }

    fn instance(&self, id: InstanceId) -> Result<Option<JobInstance>, StoreError> {
        self.read(|connection| connection.instance(id.0))?.map(|row| row.into_value()).transpose()
    }

    fn find_instance(&self, project: &str, job: &str, key: &str) -> Result<Option<JobInstance>, StoreError> {
        let newest = self.read(|connection| connection.newest_instance(project, job, key))?;
        newest.map(|row| row.into_value()).transpose()
    }

    fn history(&self, id: InstanceId) -> Result<Vec<StepHistory>, StoreError> {
        history::history(self, id)
    }

    fn dead_letters(&self, id: InstanceId, after: i64, limit: u32) -> Result<Vec<StoredDeadLetter>, StoreError> {
        let rows = self.read(|connection| connection.dead_letters(id.0, after, limit))?;
        rows.into_iter().map(|row| row.into_value()).collect()
    }

    fn events(&self, id: ExecutionId) -> Result<Vec<Event>, StoreError> {
        self.read(|connection| connection.events(id.0))?.into_iter().map(|row| row.into_value()).collect()
    }

    fn definition(&self, id: DefinitionId) -> Result<Option<Definition>, StoreError> {
        Ok(self.read(|connection| connection.definition(id.0))?.map(Definition::from))
    }

    fn newest_definition(&self, project: &str, job: &str) -> Result<Option<Definition>, StoreError> {
        Ok(self.read(|connection| connection.newest_definition(project, job))?.map(Definition::from))
    }

    fn applied(&self, project: &str, job: &str) -> Result<Option<AppliedJob>, StoreError> {
        Ok(self.read(|connection| connection.applied(project, job))?.map(AppliedJob::from))
    }

    fn jobs(&self, project: &str) -> Result<Vec<JobSummary>, StoreError> {
        apply::jobs(self, project)
    }

    fn worker(&self, id: WorkerId) -> Result<Option<Worker>, StoreError> {
        Ok(self.read(|connection| connection.worker(id.0))?.map(Worker::from))
    }
}

/// Refuses what the engine never asks for.
fn refuse(rule: String) -> StoreError {
    StoreError::new(StoreErrorKind::Other, rule)
}
