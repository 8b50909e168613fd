//! Finding the execution that an order is about.

use thiserror::Error;

use super::Operator;
use crate::execution::{ExecutionId, InstanceId, JobExecution};
use crate::params::InstanceKey;
use crate::repository::{ExecutionFilter, StoreError, no_execution};
use crate::suggest::nearest;

/// How many executions are fetched at once where they are looked through.
const PAGE: u32 = 20;

/// Among how many executions a similar name is looked for.
const RECENT: u32 = 200;

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
    /// A job with many instances by the parameters that they share: the execution with them that was started last.
    NewestWith {
        /// The job.
        job: String,
        /// The key of the parameters, without the number of a run.
        key: InstanceKey,
    },
}

impl From<ExecutionId> for Target {
    fn from(id: ExecutionId) -> Self {
        Self::Execution(id)
    }
}

impl From<&str> for Target {
    fn from(job: &str) -> Self {
        Self::Job(job.to_owned())
    }
}

/// No job of this name was ever started in this project.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("no such job: {name} (nothing of this name was ever started in project `{project}`{})", near.as_deref().map(hint).unwrap_or_default())]
pub struct NoJob {
    /// The name.
    pub name: String,
    /// The project in which it was looked for.
    pub project: String,
    /// The nearest name among the jobs that were started there of late.
    pub near: Option<String>,
}

/// Why there is no such execution.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FindError {
    /// No execution has this id.
    #[error("{}", no_execution(*.0))]
    NoExecution(ExecutionId),
    /// No job of this name ever ran.
    #[error(transparent)]
    NoJob(#[from] NoJob),
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
                match newest.into_iter().next() {
                    Some(newest) => Ok(newest),
                    None => Err(self.no_job(name)?.into()),
                }
            }
            Target::Instance { job, key } => {
                let instance = self.repository.find_instance(&self.project, job, key.hash())?;
                let last = instance.map(|instance| self.last_of(instance.id)).transpose()?.flatten();
                last.ok_or_else(|| no_instance(job, key))
            }
            Target::NewestWith { job, key } => {
                let newest = self.newest(job, |execution| {
                    let instance = self.repository.instance(execution.instance_id)?;
                    Ok(instance.is_some_and(|instance| key.has_params_of(&InstanceKey::stored(&instance.params))))
                })?;
                newest.ok_or_else(|| no_instance(job, key))
            }
        }
    }

    /// The newest execution of `job` that passes, if one does.
    ///
    /// # Errors
    /// When the store fails, here or in `passes`.
    pub fn newest(
        &self,
        job: &str,
        mut passes: impl FnMut(&JobExecution) -> Result<bool, StoreError>,
    ) -> Result<Option<JobExecution>, StoreError> {
        let mut filter = ExecutionFilter { limit: PAGE, ..ExecutionFilter::newest_of(&self.project, job) };
        loop {
            let page = self.repository.executions(&filter)?;
            let Some(oldest) = page.last() else { return Ok(None) };
            filter.before = Some(oldest.id);
            for execution in page {
                if passes(&execution)? {
                    return Ok(Some(execution));
                }
            }
        }
    }

    /// What to say where nothing is known of a job called `name`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn no_job(&self, name: &str) -> Result<NoJob, StoreError> {
        let project = self.project.clone();
        let recent = ExecutionFilter { project: Some(project.clone()), limit: RECENT, ..ExecutionFilter::default() };
        let recent = self.repository.executions(&recent)?;
        let near = nearest(name, recent.iter().map(|execution| execution.job_name.as_str())).map(str::to_owned);
        Ok(NoJob { name: name.to_owned(), project, near })
    }

    /// The last execution of an instance.
    ///
    /// # Errors
    /// When the store fails.
    pub fn last_of(&self, instance: InstanceId) -> Result<Option<JobExecution>, StoreError> {
        let filter = ExecutionFilter { instance: Some(instance), limit: 1, ..ExecutionFilter::default() };
        Ok(self.repository.executions(&filter)?.into_iter().next())
    }
}

fn no_instance(job: &str, key: &InstanceKey) -> FindError {
    FindError::NoInstance { job: job.to_owned(), params: key.text().to_owned() }
}

fn hint(near: &str) -> String {
    format!("; did you mean `{near}`?")
}
