//! The chunk transaction: rows, dead letters, counters and checkpoint commit together or not at all.

use std::any::Any;
use std::error::Error as StdError;
use std::time::Duration;

use thiserror::Error;

use super::{FenceError, StoreError};
use crate::error::BatchError;
use crate::execution::{Counts, ErrorRecord};
use crate::status::StopIntent;

type BoxError = Box<dyn StdError + Send + Sync>;

/// An open transaction of one chunk. Dropped without commit, it is rolled back.
///
/// It stays on the thread that opened it: the type is not `Send`.
pub trait ChunkTransaction {
    /// The connection of the store, for writers that know it: `diesel::PgConnection`, `diesel::SqliteConnection` or the
    /// twin's [`MemoryTables`](super::memory::MemoryTables).
    fn connection(&mut self) -> &mut dyn Any;

    /// Sets a savepoint. The first attempt of a chunk uses none, they cost half a transaction.
    fn savepoint(&mut self, name: &str) -> Result<(), ChunkError>;

    /// Undoes everything since the savepoint and releases it.
    fn rollback_to(&mut self, name: &str) -> Result<(), ChunkError>;

    /// Keeps everything since the savepoint and releases it.
    fn release(&mut self, name: &str) -> Result<(), ChunkError>;

    /// Records skipped items.
    fn dead_letters(&mut self, letters: &[DeadLetter]) -> Result<(), ChunkError>;

    /// What an error means that a writer got of this transaction, as far as the store knows more about it.
    fn explain(&mut self, error: ChunkError) -> ChunkError {
        error
    }

    /// Writes counters and checkpoint of the step, fenced, and commits. The transaction must still be open and at its
    /// outermost level, and the row of the step must count the chunks before this one, neither more nor fewer: a COMMIT
    /// that is still on its way when its connection is lost, and the replay of its chunk, are never both applied.
    fn commit(self: Box<Self>, chunk: &ChunkCommit) -> Result<Committed, ChunkError>;
}

/// What a chunk writes on the row of its step.
#[derive(Clone, Debug, Default)]
pub struct ChunkCommit {
    /// The counters of this run of the step, this chunk included: `counts.commit` is its number, and the chunk before it
    /// has the number before.
    pub counts: Counts,
    /// The position after this chunk.
    pub checkpoint: serde_json::Value,
    /// How many items there will be, if that is known.
    pub progress_total: Option<u64>,
}

/// What a commit brings back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The end that was requested meanwhile.
    pub stop: Option<StopIntent>,
    /// Whether the commit renewed the lease as well: on SQLite, where the beat waits behind the chunk.
    pub renewed: bool,
}

/// Why a chunk was not committed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChunkError {
    /// Another worker holds the step now: leave, and write nothing more.
    #[error("the lease was lost: the step was taken over or ended by another process")]
    LeaseLost,
    /// The row of the step counts other chunks than those before this one: most likely the chunk itself is there, from an
    /// attempt that was not answered. The lease is held.
    #[error("the chunk is out of turn: the step has committed other chunks than those before it")]
    OutOfTurn,
    /// The writer ended the transaction itself.
    #[error("the chunk's transaction is no longer open: a writer must not commit or roll back")]
    NotOpen,
    /// The server has ended the transaction, because nothing was sent in it for longer than it may be idle.
    #[error(
        "the server ended the chunk's transaction, in which nothing was sent for {limit:?}: a writer that needs longer sets \
         `idle_timeout` below `chunk`"
    )]
    Idle {
        /// How long it may be idle.
        limit: Duration,
        /// What the database said.
        #[source]
        source: BoxError,
    },
    /// COMMIT was sent and no answer came. The checkpoint on the step row tells what became of it.
    #[error("the outcome of the commit is unknown")]
    OutcomeUnknown(#[source] BoxError),
    /// The rows are at fault: a constraint by its kind, or an error that the writer named.
    #[error(transparent)]
    Data(BatchError),
    /// The writer failed, and no row is to blame.
    #[error(transparent)]
    Failed(BatchError),
    /// Another transaction was in the way; the same chunk may go through when tried again.
    #[error("another transaction was in the way")]
    Conflict(#[source] BoxError),
    /// The database gave an error without a kind: the rows or the store may be at fault.
    #[error("the database refused the chunk")]
    Unclear(#[source] BoxError),
    /// The store is at fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An error of a user's writer is taken to be about its rows: bisecting finds out which, and fails the step when it is all.
impl From<BatchError> for ChunkError {
    fn from(error: BatchError) -> Self {
        Self::Data(error)
    }
}

impl From<FenceError> for ChunkError {
    fn from(error: FenceError) -> Self {
        match error {
            FenceError::LeaseLost => Self::LeaseLost,
            FenceError::Store(error) => Self::Store(error),
        }
    }
}

/// Where an item failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It could not be read.
    Read,
    /// Processing it failed.
    Process,
    /// The writer refused it.
    Write,
}

impl Phase {
    /// All phases.
    pub const ALL: [Self; 3] = [Self::Read, Self::Process, Self::Write];

    /// The text stored in the database and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Process => "process",
            Self::Write => "write",
        }
    }

    /// The phase stored as `text`, if it is one.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text)
    }
}

/// The record behind a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// What the bytes are: `csv`, `json`, `debug`.
    pub kind: &'static str,
    /// The record.
    pub bytes: Vec<u8>,
}

/// A skipped item, to be recorded with its chunk.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// Where it failed.
    pub phase: Phase,
    /// Where it stood, such as `{"line": 7}`.
    pub position: serde_json::Value,
    /// The item.
    pub payload: Payload,
    /// What was wrong with it.
    pub error: ErrorRecord,
}
