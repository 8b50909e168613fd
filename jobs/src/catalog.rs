//! Where jobs come from: files, and the revisions that the store keeps.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use overnight_framework::definition::{self, Environment, JobFile, Trial};
use overnight_framework::job::Job;
use overnight_framework::kind::Kinds;
use overnight_framework::operator::NoJob;
use overnight_framework::registry::Registry;
use overnight_framework::repository::{Definition, Revision, StoreError};
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
        Self { kinds, environment, program }
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

    /// The tests in a file.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its problems.
    pub(crate) fn trials(&self, path: &Path) -> Result<Vec<Trial>, CatalogError> {
        let source = Source::read(path).map_err(CatalogError::Read)?;
        Ok(definition::trials(&source, &self.kinds, &self.environment, &folder_of(path))?)
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

    fn read(&self, source: &Source, base_dir: &Path) -> Result<JobFile, Problems> {
        definition::read(source, &self.kinds, &self.environment, base_dir)
    }
}

/// The folder of a file, where its relative paths start.
fn folder_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map(Path::to_owned).unwrap_or_default()
}
