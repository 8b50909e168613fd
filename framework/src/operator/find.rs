//! Finding the execution that an order is about.

use thiserror::Error;

use super::Operator;
use crate::execution::{ExecutionId, JobExecution, JobInstance};
use crate::params::InstanceKey;
use crate::repository::{ExecutionFilter, StoreError};

/// What an order names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An execution by its id.
    Execution(ExecutionId),
    /// A job by its name: the execution that was started last.
    Job(String),
    /// An instance by the name of its job and its key: its last execution.
    Instance {
        /// The job.
        job: String,
        /// The key.
        key: InstanceKey,
    },
}

/// Why there is no such execution.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FindError {
    /// No execution has this id.
    #[error("job ID not found: {0}")]
    NoExecution(ExecutionId),
    /// No job of this name ever ran.
    #[error("no such job: {0} (nothing of this name was ever started)")]
    NoJob(String),
    /// The job never ran with these parameters.
    #[error("job {job} was never started with the parameters {params}")]
    NoInstance {
        /// The job.
        job: String,
        /// The canonical JSON of the parameters.
        params: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Operator {
    /// The execution that `target` names.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, target: &Target) -> Result<JobExecution, FindError> {
        match target {
            Target::Execution(id) => self.repository.execution(*id)?.ok_or(FindError::NoExecution(*id)),
            Target::Job(name) => {
                let newest = self.repository.executions(&ExecutionFilter::newest_of(&self.project, name))?;
                newest.into_iter().next().ok_or_else(|| FindError::NoJob(name.clone()))
            }
            Target::Instance { job, key } => {
                let missing = || FindError::NoInstance { job: job.clone(), params: key.text().to_owned() };
                let instance = self.repository.find_instance(&self.project, job, key.hash())?.ok_or_else(missing)?;
                self.last_of(&instance)?.ok_or_else(missing)
            }
        }
    }

    /// The last execution of an instance.
    ///
    /// # Errors
    /// When the store fails.
    pub fn last_of(&self, instance: &JobInstance) -> Result<Option<JobExecution>, StoreError> {
        let filter = ExecutionFilter { instance: Some(instance.id), limit: 1, ..ExecutionFilter::default() };
        Ok(self.repository.executions(&filter)?.into_iter().next())
    }
}
