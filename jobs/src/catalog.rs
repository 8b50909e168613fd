//! Where jobs come from: files, and the revisions that the store keeps.

#[cfg(feature = "cli")]
mod trials;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use overnight_framework::definition::{self, Environment, JobFile};
use overnight_framework::engine::{JobSource, JobSourceError};
use overnight_framework::execution::JobExecution;
use overnight_framework::job::Job;
use overnight_framework::kind::Kinds;
use overnight_framework::operator::{Current, NoJob, Operator};
use overnight_framework::registry::{Registry, RegistryError};
use overnight_framework::repository::{Definition, Revision, StoreError};
use overnight_framework::suggest::nearest;
use overnight_framework::yaml::{Problems, ReadError, Source};
use thiserror::Error;

/// Reads job files: knows the kinds of steps, and the environment that expressions see.
pub(crate) struct Catalog {
    kinds: Kinds,
    environment: Arc<dyn Environment>,
    program: Registry,
}

/// Why there is no such job.
#[derive(Debug, Error)]
pub(crate) enum CatalogError {
    /// The file cannot be read.
    #[error("cannot {0}")]
    Read(#[source] ReadError),
    /// The file is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
    /// No revision of a job of this name is stored.
    #[error(transparent)]
    NoJob(#[from] NoJob),
    /// The revision of an execution is no YAML: its job is written in Rust and not part of this program.
    #[error("job {0} was not started from a job file, and this program does not contain it")]
    NoText(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Catalog {
    pub(crate) fn new(kinds: Kinds, environment: Arc<dyn Environment>, program: Registry) -> Self {
        let program = program.over_kinds(kinds.clone());
        Self { kinds, environment, program }
    }

    /// The same with one more job of the program.
    pub(crate) fn with_job(self, job: Job) -> Self {
        Self { program: self.program.built(Ok(job)), ..self }
    }

    /// Whether every job of the program could run.
    ///
    /// # Errors
    /// Everything that is missing or wrong, at once.
    pub(crate) fn check(&self) -> Result<(), RegistryError> {
        self.program.check()
    }

    /// The job of this program that is called so.
    pub(crate) fn of_program(&self, name: &str) -> Option<Job> {
        self.program.find(name)
    }

    /// The names of the jobs of this program.
    pub(crate) fn names_of_program(&self) -> impl Iterator<Item = &str> {
        self.program.names()
    }

    /// The job in a file. Its relative paths start at the folder of the file.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its problems.
    pub(crate) fn load(&self, path: &Path) -> Result<Job, CatalogError> {
        Ok(self.describe(path)?.job)
    }

    /// The same with what the file says for those who only look.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its problems.
    pub(crate) fn describe(&self, path: &Path) -> Result<JobFile, CatalogError> {
        let source = Source::read(path).map_err(CatalogError::Read)?;
        Ok(self.read(&source, &folder_of(path))?)
    }

    /// The job in a stored revision, which its executions keep.
    ///
    /// # Errors
    /// When it has no text, or cannot be read by this version.
    pub(crate) fn of_revision(&self, definition: &Definition, base_dir: &Path) -> Result<Job, CatalogError> {
        Ok(self.describe_revision(definition, base_dir)?.job)
    }

    /// The same with what the text says for those who only look.
    ///
    /// # Errors
    /// When it has no text, or cannot be read by this version.
    pub(crate) fn describe_revision(&self, definition: &Definition, base_dir: &Path) -> Result<JobFile, CatalogError> {
        if definition.yaml.is_empty() {
            let job = self.of_program(&definition.name).ok_or_else(|| CatalogError::NoText(definition.name.clone()))?;
            return Ok(JobFile::of_program(Job { revision: Revision::Stored(definition.id), ..job }));
        }
        let name = format!("{}, revision {}", definition.name, definition.revision);
        let mut file = self.read(&Source::new(name, definition.yaml.as_str()), base_dir)?;
        file.job.revision = Revision::Stored(definition.id);
        Ok(file)
    }

    /// The job called `name`: that of this program, or as it was started or applied last: that text, at that folder.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn stored(&self, name: &str, operator: &Operator) -> Result<Job, CatalogError> {
        if let Some(job) = self.of_program(name) {
            return Ok(job);
        }
        let Current { definition, base_dir } = current(name, operator)?;
        self.of_revision(&definition, &base_dir)
    }

    /// The job as `execution` runs it: the revision it pinned, at the folder it was started from.
    ///
    /// # Errors
    /// When the revision is not there, or cannot be read by this version.
    pub(crate) fn pinned(&self, execution: &JobExecution, operator: &Operator) -> Result<Job, CatalogError> {
        let (definition, base_dir) = pinned_revision(execution, operator)?;
        self.of_revision(&definition, &base_dir)
    }

    fn read(&self, source: &Source, base_dir: &Path) -> Result<JobFile, Problems> {
        let mut file = definition::read(source, &self.kinds, &self.environment, base_dir)?;
        file.job.resources = self.program.resources();
        Ok(file)
    }
}

/// What the name of a job stands for in the store.
///
/// # Errors
/// When there is no such job.
pub(crate) fn current(name: &str, operator: &Operator) -> Result<Current, CatalogError> {
    match operator.current(name)? {
        Some(current) => Ok(current),
        None => Err(operator.no_job(name)?.into()),
    }
}

/// The revision that `execution` pinned, and the folder it was started from.
///
/// # Errors
/// When the revision is not there.
pub(crate) fn pinned_revision(
    execution: &JobExecution,
    operator: &Operator,
) -> Result<(Definition, PathBuf), CatalogError> {
    let missing = || CatalogError::NoText(execution.job_name.clone());
    let id = execution.definition_id.ok_or_else(missing)?;
    let definition = operator.repository().definition(id)?.ok_or_else(missing)?;
    Ok((definition, execution.base_dir.clone().unwrap_or_default().into()))
}

/// The jobs of an engine in a program: the same as those of the command line.
impl JobSource for Catalog {
    fn current(&self, name: &str, operator: &Operator) -> Result<Job, JobSourceError> {
        self.stored(name, operator).map_err(|error| match error {
            CatalogError::NoJob(NoJob { name, near, .. }) => {
                let near = near.or_else(|| nearest(&name, self.names_of_program()).map(str::to_owned));
                JobSourceError::Unknown { name, near }
            }
            error => unreadable(error),
        })
    }

    fn pinned(&self, execution: &JobExecution, operator: &Operator) -> Result<Job, JobSourceError> {
        self.pinned(execution, operator).map_err(unreadable)
    }

    fn of_program(&self) -> Vec<String> {
        self.names_of_program().map(str::to_owned).collect()
    }
}

fn unreadable(error: CatalogError) -> JobSourceError {
    match error {
        CatalogError::Store(error) => error.into(),
        error => JobSourceError::Unreadable(error.into()),
    }
}

/// The folder of a file, where its relative paths start.
fn folder_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map(Path::to_owned).unwrap_or_default()
}
