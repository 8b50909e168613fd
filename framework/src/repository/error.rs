//! What can go wrong at the port.

use std::error::Error as StdError;

use thiserror::Error;

use crate::execution::ExecutionId;
use crate::launch::{Refusal, word};
use crate::status::Status;

type BoxError = Box<dyn StdError + Send + Sync>;

/// The store itself failed; nothing of the verb was written unless the kind says otherwise.
#[derive(Debug, Error)]
#[error("{kind}")]
pub struct StoreError {
    /// What kind of failure it is.
    pub kind: StoreErrorKind,
    /// What the database said.
    #[source]
    pub source: Option<BoxError>,
}

/// The kinds of store failures that a caller can tell apart.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// No connection can be had, or it broke.
    #[error("the database cannot be reached")]
    Unreachable,
    /// The database takes no more rows.
    #[error("the database is full")]
    Full,
    /// The database takes no writes.
    #[error("the database is read-only")]
    ReadOnly,
    /// The user of the database may not do it.
    #[error("the database does not allow it")]
    Forbidden,
    /// Another transaction was in the way for too long.
    #[error("the database is busy")]
    Busy,
    /// The schema is not the one this program knows.
    #[error("{0}")]
    Schema(String),
    /// A row holds what this program cannot read, written by a newer one or by hand.
    #[error("cannot read {0}")]
    Corrupt(String),
    /// The thread is writing a chunk.
    #[error(
        "this thread holds an open chunk: the next verb comes after its commit, and a run may be queued within it by `launch_in`"
    )]
    ChunkOpen,
    /// Anything else.
    #[error("the database refused the statement")]
    Other,
}

impl StoreError {
    /// A failure of `kind` with what the database said.
    pub fn new(kind: StoreErrorKind, source: impl Into<BoxError>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// Whether the same verb may succeed when it is tried again a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Unreachable | StoreErrorKind::Busy)
    }
}

impl From<StoreErrorKind> for StoreError {
    fn from(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }
}

/// Why a fenced verb changed nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FenceError {
    /// Another worker holds the row now, or an operator ended it. The caller must leave and write nothing more.
    #[error("the lease was lost: the execution was taken over or ended by another process")]
    LeaseLost,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a launch wrote nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The instance does not allow it now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a stop order was not accepted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StopError {
    /// There is no such execution.
    #[error("{}", no_execution(*.0))]
    NotFound(ExecutionId),
    /// It has ended otherwise.
    #[error("job {id} is {}: only a running job can be stopped", word(*status))]
    Ended {
        /// The execution.
        id: ExecutionId,
        /// How it ended.
        status: Status,
    },
    /// Its definition says `abortable: false`.
    #[error("job {0} is not abortable: its definition says `abortable: false`")]
    NotAbortable(ExecutionId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is said of an id that no execution has.
pub(crate) fn no_execution(id: ExecutionId) -> String {
    format!("job ID not found: {id}")
}
