//! The records of the engine as plain values: instances, executions of jobs and of steps, and what they keep.

mod counts;
mod error;
mod id;
mod job;
mod place;
mod step;

pub use self::counts::Counts;
pub use self::error::ErrorRecord;
pub use self::id::{DefinitionId, ExecutionId, InstanceId, StepExecutionId, WorkerId};
pub use self::job::{InstanceEnd, JobExecution, JobInstance, Trigger};
pub use self::place::place;
pub use self::step::{StepExecution, StepKind};

/// A JSON object: contexts, outputs and parameters in the records.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
