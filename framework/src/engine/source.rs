//! Where an engine finds its jobs.

use super::error::JobSourceError;
use crate::execution::JobExecution;
use crate::job::Job;
use crate::operator::Operator;
use crate::registry::Registry;
use crate::repository::Revision;
use crate::suggest::nearest;

/// The jobs of an engine: those of the program, and perhaps those that the store keeps as job files.
pub trait JobSource: Send + Sync {
    /// What the name of a job stands for now.
    ///
    /// # Errors
    /// When there is no such job, or it cannot be read.
    fn current(&self, name: &str, operator: &Operator) -> Result<Job, JobSourceError>;

    /// The job as `execution` runs it: the revision that it pinned.
    ///
    /// # Errors
    /// When there is no such job, or it cannot be read.
    fn pinned(&self, execution: &JobExecution, operator: &Operator) -> Result<Job, JobSourceError>;

    /// The names of the jobs in Rust: only a program that has them runs what waits for it of these.
    fn of_program(&self) -> Vec<String>;
}

/// The jobs of the program alone.
impl JobSource for Registry {
    fn current(&self, name: &str, _: &Operator) -> Result<Job, JobSourceError> {
        let unknown = || {
            let near = nearest(name, self.names()).map(str::to_owned);
            JobSourceError::Unknown { name: name.to_owned(), near }
        };
        self.find(name).ok_or_else(unknown)
    }

    fn pinned(&self, execution: &JobExecution, operator: &Operator) -> Result<Job, JobSourceError> {
        let job = self.current(&execution.job_name, operator)?;
        let Some(id) = execution.definition_id else { return Ok(job) };
        let definition = operator.repository().definition(id)?;
        if definition.is_some_and(|definition| !definition.yaml.is_empty()) {
            let why = format!("job {} was started from a job file, which this engine does not read", execution.id);
            return Err(JobSourceError::Unreadable(why.into()));
        }
        Ok(Job { revision: Revision::Stored(id), ..job })
    }

    fn of_program(&self) -> Vec<String> {
        self.names().map(str::to_owned).collect()
    }
}
