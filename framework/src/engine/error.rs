//! Why an engine did not do what it was asked for: an enum for each verb.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use thiserror::Error;

use crate::execution::{ExecutionId, JobExecution};
use crate::operator::{FindError, StartError};
use crate::params::{DocumentError, ParamsError};
use crate::repository::{StopError, StoreError};
use crate::runner::RunError;
use crate::status::Word;

/// Why a job was not started, or its end is not known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartJobError {
    /// There is no such job.
    #[error(transparent)]
    Job(#[from] JobSourceError),
    /// The parameters are no JSON object.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The parameters are not those that the job declares.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// The instance does not allow it, or the store failed. Nothing was written.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A run that waits in the queue cannot have secrets: they are kept in no row.
    #[error(
        "the parameter `{name}` of {job} is secret, and kept in no row: a run that waits in the queue cannot have it"
    )]
    SecretInQueue {
        /// The job.
        job: String,
        /// The parameter.
        name: String,
    },
    /// The engine was shut down.
    #[error("the engine is shut down")]
    Closed,
    /// The system gives no thread.
    #[error("cannot start a thread for the run")]
    Thread(#[source] io::Error),
    /// The run has no last row.
    #[error(transparent)]
    Lost(#[from] LostRun),
}

/// Why an execution was not continued, or its end is not known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestartJobError {
    /// There is no such execution.
    #[error(transparent)]
    Find(#[from] FindError),
    /// Its job cannot be had.
    #[error(transparent)]
    Job(#[from] JobSourceError),
    /// It belongs to another project than the engine.
    #[error("job {id} belongs to project `{project}`")]
    OtherProject {
        /// The execution.
        id: ExecutionId,
        /// Its project.
        project: String,
    },
    /// Secret parameters are in no row: what was given at the start must be given again.
    #[error("job {id} has secret parameters, which were not kept: give them again ({})", names.join(", "))]
    LostSecrets {
        /// The execution that was to be continued.
        id: ExecutionId,
        /// The names of the parameters.
        names: Vec<String>,
    },
    /// The given parameters name another instance.
    #[error("job {id} has the parameters {stored}, not {given}: other identifying parameters are another start")]
    OtherInstance {
        /// The execution that was to be continued.
        id: ExecutionId,
        /// The canonical JSON of its identifying parameters.
        stored: String,
        /// The same of what was given.
        given: String,
    },
    /// The parameters are no JSON object.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The parameters are not those that the job declares.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// The instance does not allow it, or the store failed. Nothing was written.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The engine was shut down.
    #[error("the engine is shut down")]
    Closed,
    /// The system gives no thread.
    #[error("cannot start a thread for the run")]
    Thread(#[source] io::Error),
    /// The run has no last row.
    #[error(transparent)]
    Lost(#[from] LostRun),
}

/// Why an execution was not asked to stop.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StopJobError {
    /// There is no such execution.
    #[error(transparent)]
    Find(#[from] FindError),
    /// A job was named whose newest execution has ended.
    #[error("no running execution of job {job}: job {id} is {word}")]
    NotRunning {
        /// The job.
        job: String,
        /// Its newest execution.
        id: ExecutionId,
        /// What became of it.
        word: Word,
    },
    /// It cannot be stopped.
    #[error(transparent)]
    Stop(#[from] StopError),
    /// The engine was shut down.
    #[error("the engine is shut down")]
    Closed,
    /// The system gives no thread.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// Why the end of an execution is not known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WaitJobError {
    /// There is no such execution, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// Its process is gone, and nobody ends it: a restart goes on with it.
    #[error("job {} is {}, but its process is gone", .0.id, .0.word())]
    Left(Box<JobExecution>),
    /// The engine was shut down meanwhile; the execution is another process's, and goes on.
    #[error("the engine is shut down")]
    Closed,
    /// The system gives no thread.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    /// The run has no last row.
    #[error(transparent)]
    Lost(#[from] LostRun),
}

/// A run that has no last row, or that was left before it had one. Whoever continues the instance finds it as its last committed
/// chunk left it.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum LostRun {
    /// It belongs to another worker now.
    #[error("job {0} was taken over or ended by another process")]
    LeaseLost(ExecutionId),
    /// The store was away for longer than the run could wait.
    #[error("the end of job {id} is not recorded")]
    Store {
        /// The execution.
        id: ExecutionId,
        /// What the store said.
        #[source]
        source: Arc<StoreError>,
    },
    /// The engine itself panicked.
    #[error("the end of job {id} is not recorded: its run panicked: {message}")]
    Panicked {
        /// The execution.
        id: ExecutionId,
        /// The text of the panic.
        message: String,
    },
    /// Its engine was shut down, and it did not end when it was asked to. When it ends after all, the records tell how.
    #[error("job {0} was left behind: its engine is shut down, and it had not ended")]
    LeftBehind(ExecutionId),
}

impl LostRun {
    pub(super) fn of(id: ExecutionId, error: RunError) -> Self {
        match error {
            RunError::LeaseLost => Self::LeaseLost(id),
            RunError::Store(source) => Self::Store { id, source: Arc::new(source) },
        }
    }
}

/// Why a job cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JobSourceError {
    /// Nothing is known of a job of this name.
    #[error("no such job: {name}{}", near.as_deref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default())]
    Unknown {
        /// The name.
        name: String,
        /// The nearest name among those that are known.
        near: Option<String>,
    },
    /// It is known and cannot be read.
    #[error(transparent)]
    Unreadable(Box<dyn StdError + Send + Sync>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a run was not begun, whatever verb asked for it.
#[derive(Debug)]
pub(super) enum NotBegun {
    Start(StartError),
    Closed,
    Thread(io::Error),
}

impl From<NotBegun> for StartJobError {
    fn from(why: NotBegun) -> Self {
        match why {
            NotBegun::Start(error) => Self::Start(error),
            NotBegun::Closed => Self::Closed,
            NotBegun::Thread(error) => Self::Thread(error),
        }
    }
}

impl From<NotBegun> for RestartJobError {
    fn from(why: NotBegun) -> Self {
        match why {
            NotBegun::Start(error) => Self::Start(error),
            NotBegun::Closed => Self::Closed,
            NotBegun::Thread(error) => Self::Thread(error),
        }
    }
}

impl From<NoThread> for NotBegun {
    fn from(why: NoThread) -> Self {
        match why {
            NoThread::Closed => Self::Closed,
            NoThread::System(error) => Self::Thread(error),
        }
    }
}

/// Why there is no thread.
#[derive(Debug)]
pub(super) enum NoThread {
    Closed,
    System(io::Error),
}

impl From<NoThread> for StopJobError {
    fn from(why: NoThread) -> Self {
        match why {
            NoThread::Closed => Self::Closed,
            NoThread::System(error) => Self::Thread(error),
        }
    }
}

impl From<NoThread> for WaitJobError {
    fn from(why: NoThread) -> Self {
        match why {
            NoThread::Closed => Self::Closed,
            NoThread::System(error) => Self::Thread(error),
        }
    }
}

/// A store that fails while an execution is looked for.
impl From<StoreError> for RestartJobError {
    fn from(error: StoreError) -> Self {
        Self::Find(error.into())
    }
}

impl From<StoreError> for StopJobError {
    fn from(error: StoreError) -> Self {
        Self::Find(error.into())
    }
}
