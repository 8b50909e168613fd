//! The port to the store: the verbs of the engine, each one transaction, none optional.
//!
//! The engine knows no SQL. The stores (PostgreSQL, SQLite, and the twin in memory) implement [`Repository`], and
//! [`conformance`] is the suite that holds them all to the same promises.

mod apply;
mod chunk;
mod clean;
pub mod conformance;
mod error;
mod fire;
mod lease;
pub mod memory;
mod orders;
mod query;
mod queue;
mod request;
mod rules;

use std::fmt;

use chrono::{DateTime, Utc};

pub use self::apply::{AppliedJob, ApplyOrder, JobSummary, NewDefinition};
pub use self::chunk::{ChunkCommit, ChunkError, ChunkTransaction, Committed, DeadLetter, Payload, Phase};
pub use self::clean::{clean, cleaned_json};
pub(crate) use self::error::no_execution;
pub use self::error::{FenceError, LaunchError, StopError, StoreError, StoreErrorKind};
pub use self::fire::{
    Fire, FireOutcome, FireRecord, Fired, Firing, MessageId, NewMessage, Reject, StoredMessage, StoredReject,
    TriggerKey, TriggerSummary, TriggerWatch,
};
pub use self::lease::{Beat, Lease, LeaseState, StepLease};
pub use self::orders::{StopAnswer, StopOrder, TakeOver};
pub use self::query::{
    Definition, Event, ExecutionFilter, StepHistory, StepRun, StepSum, StoredDeadLetter, Worker, sum_runs,
};
pub use self::queue::ClaimOrder;
pub use self::request::{
    ExecutionEnd, LaunchRequest, LaunchWorker, Launched, Revision, StepEnd, StepStart, WorkerIdentity,
};
pub use self::rules::{
    Standing, StopEffect, check_end, check_move, check_progress, effect_of_stop, end_as_asked, end_of_lost,
    is_interrupted, no_worker,
};

use crate::execution::{DefinitionId, ExecutionId, InstanceId, JobExecution, JobInstance, StepExecution, WorkerId};

/// The store of the engine's records.
///
/// Every verb is one transaction at READ COMMITTED (on SQLite: `BEGIN IMMEDIATE` when it writes). Every verb that
/// changes an execution or a step writes its event in the same transaction. A verb that takes a [`Lease`] or
/// [`StepLease`] is fenced: it changes nothing and answers [`FenceError::LeaseLost`] unless worker and token are still
/// those of the row. Locks are taken in one order everywhere: instance, execution, steps by id.
pub trait Repository: Send + Sync + fmt::Debug {
    /// Makes or finds the instance and records a STARTING execution of it, leased to the worker of the request with
    /// token 1; the definition revision and a worker that is not known yet are recorded with it. Nothing is written
    /// when it is refused. However many callers race for one instance, one wins.
    fn launch(&self, request: &LaunchRequest) -> Result<Launched, LaunchError>;

    /// The same without a lease: the execution is QUEUED, until a worker [claims](Self::claim) it. Worker and lease of the
    /// request are not looked at.
    fn enqueue(&self, request: &LaunchRequest) -> Result<JobExecution, LaunchError>;

    /// Moves the oldest QUEUED executions to STARTING, leased to the worker of the order, which must run them now. However many
    /// claim at once, each execution is claimed by one.
    fn claim(&self, order: &ClaimOrder) -> Result<Vec<Launched>, StoreError>;

    /// Whether there is something to [claim](Self::claim). Takes no lock, so that it can be asked often.
    fn has_queued(&self, project: &str, programs: &[String]) -> Result<bool, StoreError>;

    /// Moves the execution from STARTING to STARTED. When a stop was requested meanwhile it stays STOPPING.
    fn begin(&self, lease: &Lease) -> Result<JobExecution, FenceError>;

    /// Ends the execution, and closes its instance when it completed. The last row a run writes, unless the end says that the
    /// run shall go on: then a QUEUED execution that continues it is written with it.
    fn end(&self, lease: &Lease, end: &ExecutionEnd) -> Result<JobExecution, FenceError>;

    /// Records a STARTED step of the execution.
    fn begin_step(&self, lease: &Lease, start: &StepStart) -> Result<StepExecution, FenceError>;

    /// Ends the step; what it promotes goes into the context of its execution.
    fn end_step(&self, lease: &StepLease, end: &StepEnd) -> Result<StepExecution, FenceError>;

    /// Opens the transaction in which one chunk is written, counted and checkpointed. The thread that holds it must
    /// call no other verb until it is committed or dropped; dropping it rolls it back.
    fn begin_chunk<'a>(&'a self, lease: &StepLease) -> Result<Box<dyn ChunkTransaction + 'a>, ChunkError>;

    /// Refuses a thread that holds an open chunk, as every verb that writes does: for those who would send the verb from another
    /// thread and wait for it.
    fn may_write(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Renews the leases of one worker and brings back what became of each, in the order of `beat.leases`.
    fn beat(&self, beat: &Beat) -> Result<Vec<LeaseState>, StoreError>;

    /// Asks a live execution to end: STOPPING with the intent, which its worker sees at the next chunk or beat.
    fn request_stop(&self, order: &StopOrder) -> Result<StopAnswer, StopError>;

    /// Ends the execution of a worker that is known to be dead: tokens of the execution and its live steps are raised,
    /// so that whatever the dead worker still sends is refused. `None` when the lease is no longer the one expected.
    fn take_over(&self, order: &TakeOver) -> Result<Option<JobExecution>, StoreError>;

    /// Marks a worker as dead; its name stays on its executions.
    fn retire_worker(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Makes each text of the order what the name of its job stands for, and stores those that are new as revisions: all of
    /// them or none. Nothing is started. The answer is the revisions, in the order of the texts.
    fn apply(&self, order: &ApplyOrder) -> Result<Vec<Definition>, StoreError>;

    /// Takes a tick or a message of a trigger, once, and launches what it asks for: its record, the run, and the end of its
    /// message are one transaction. A run that is refused is recorded with the reason and is no error.
    fn fire(&self, fire: &Fire<'_>) -> Result<Fired, StoreError>;

    /// Keeps a message that cannot be used, and takes it out of its topic. `false` when it is kept already.
    fn reject(&self, reject: &Reject) -> Result<bool, StoreError>;

    /// Notes that a trigger is served from now on. The answer is the instant after which its ticks are still to be decided: that
    /// of its newest tick, or now when it is new or edited.
    fn watch(&self, watch: &TriggerWatch) -> Result<DateTime<Utc>, StoreError>;

    /// Puts a message into a topic.
    fn publish(&self, message: &NewMessage) -> Result<MessageId, StoreError>;

    /// The oldest messages of a topic after the one with the number `after`, at most `limit`.
    fn messages(
        &self,
        project: &str,
        topic: &str,
        after: MessageId,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, StoreError>;

    /// The triggers of a project that were ever served, by job and name.
    fn triggers(&self, project: &str) -> Result<Vec<TriggerSummary>, StoreError>;

    /// What a trigger has taken, newest first, at most `limit`.
    fn fires(&self, trigger: &TriggerKey, limit: u32) -> Result<Vec<FireRecord>, StoreError>;

    /// The messages that a trigger has refused, newest first, at most `limit`.
    fn rejects(&self, trigger: &TriggerKey, limit: u32) -> Result<Vec<StoredReject>, StoreError>;

    /// The execution with this id.
    fn execution(&self, id: ExecutionId) -> Result<Option<JobExecution>, StoreError>;

    /// The newest executions that pass the filter, newest first.
    fn executions(&self, filter: &ExecutionFilter) -> Result<Vec<JobExecution>, StoreError>;

    /// The steps of an execution, in their order.
    fn steps(&self, id: ExecutionId) -> Result<Vec<StepExecution>, StoreError>;

    /// The instance with this id.
    fn instance(&self, id: InstanceId) -> Result<Option<JobInstance>, StoreError>;

    /// The newest generation of the instance with this key.
    fn find_instance(&self, project: &str, job: &str, key: &str) -> Result<Option<JobInstance>, StoreError>;

    /// Every step that ever ran in the instance: its newest row, and the sums over all its rows. What a restart and
    /// `show` look at.
    fn history(&self, id: InstanceId) -> Result<Vec<StepHistory>, StoreError>;

    /// The dead letters of an instance, oldest first, at most `limit` after the one with the id `after`.
    fn dead_letters(&self, id: InstanceId, after: i64, limit: u32) -> Result<Vec<StoredDeadLetter>, StoreError>;

    /// The events of an execution, oldest first.
    fn events(&self, id: ExecutionId) -> Result<Vec<Event>, StoreError>;

    /// The revision of a definition with this id.
    fn definition(&self, id: DefinitionId) -> Result<Option<Definition>, StoreError>;

    /// The newest revision of the definition of a job.
    fn newest_definition(&self, project: &str, job: &str) -> Result<Option<Definition>, StoreError>;

    /// What was applied last under the name of a job, if anything ever was.
    fn applied(&self, project: &str, job: &str) -> Result<Option<AppliedJob>, StoreError>;

    /// The jobs of a project that have a definition, by name.
    fn jobs(&self, project: &str) -> Result<Vec<JobSummary>, StoreError>;

    /// The instant now on the store's clock, the only one that leases are measured by.
    fn now(&self) -> Result<DateTime<Utc>, StoreError>;

    /// The worker with this id.
    fn worker(&self, id: WorkerId) -> Result<Option<Worker>, StoreError>;
}
