//! The seam between the engine and what a step does.

mod answer;
mod args;
mod caught;
pub mod chunk;
mod context;
mod drive;
mod tasklet;

use thiserror::Error;

pub use self::answer::{IntoError, IntoItem, IntoOutcome, IntoPart, Json};
pub use self::args::FromStep;
pub(crate) use self::caught::caught;
pub use self::context::{JobView, StepContext, StepState, StepView};
pub(crate) use self::drive::drive;
pub use self::drive::{BlockOn, Park};
pub use self::tasklet::{Tasklet, TaskletStep};

use self::chunk::ChunkOutline;
use crate::error::{BatchError, names};
use crate::execution::{ErrorRecord, StepKind};
use crate::repository::{FenceError, StoreError};
use crate::status::{ExitCode, StopIntent};

/// One step of a job. The engine calls it once per attempt, on a thread of its own.
pub trait Step: Send + Sync {
    /// What the step is made of.
    fn kind(&self) -> StepKind;

    /// What a chunk step is made of, for those who look at it.
    fn outline(&self) -> Option<ChunkOutline> {
        None
    }

    /// Runs the step to its end, or to the safe point when a stop is requested.
    fn run(&self, context: &mut StepContext<'_>) -> Result<Outcome, StepError>;
}

/// How an attempt of a step ended without an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is done; the exit code is COMPLETED or a word of the step's own.
    Completed(ExitCode),
    /// The safe point is reached; a restart goes on from here.
    Stopped(StopIntent),
}

impl Outcome {
    /// Everything is done and there is nothing more to say.
    pub const COMPLETED: Self = Self::Completed(ExitCode::COMPLETED);
}

/// How an attempt of a step went wrong.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StepError {
    /// The step failed; a retry or a restart may do better.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// Nobody can know what the step did: another system took a call and did not answer. The step and its job end UNKNOWN,
    /// and a person decides before anything goes on.
    #[error(transparent)]
    Unknown(Failure),
    /// The store was away for too long to take a chunk, or to be asked whether it has one. Nothing more is written: the row of the
    /// step tells whoever continues the instance.
    #[error(transparent)]
    Unanswered(StoreError),
    /// The step belongs to another worker now: leave and write nothing more.
    #[error("the lease was lost: the step was taken over or ended by another process")]
    LeaseLost,
}

/// An error with the place in the input where it happened.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct Failure {
    /// What happened.
    pub error: BatchError,
    /// Where, such as `{"line": 7}`.
    pub position: Option<serde_json::Value>,
}

impl Failure {
    /// The failure as the row of `step` keeps it.
    #[must_use]
    pub fn record(&self, step: &str) -> ErrorRecord {
        ErrorRecord { step: Some(step.to_owned()), position: self.position.clone(), ..ErrorRecord::from(&self.error) }
    }
}

impl From<BatchError> for Failure {
    fn from(error: BatchError) -> Self {
        Self { error, position: None }
    }
}

impl From<BatchError> for StepError {
    fn from(error: BatchError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        BatchError::of(names::STORE_ERROR, error).into()
    }
}

impl From<FenceError> for StepError {
    fn from(error: FenceError) -> Self {
        match error {
            FenceError::LeaseLost => Self::LeaseLost,
            FenceError::Store(error) => error.into(),
        }
    }
}
