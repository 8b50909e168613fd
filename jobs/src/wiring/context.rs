//! What the verbs of the command line work with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::job::Job;
use overnight_framework::kind::Kinds;
use overnight_framework::operator::{Current, Operator};
use overnight_framework::params::{GivenParams, ParamDeclaration, Params, ParamsError};
use overnight_framework::registry::Registry;
use overnight_framework::repository::Definition;

use super::{Store, WiringError, user_name};
use crate::catalog::{self, Catalog, CatalogError};
use crate::config::{Config, DatabaseUrl};
use crate::places;
use crate::setup::Setup;
use crate::steps::{self, Connections};

/// Everything a verb works with.
pub(crate) struct Context {
    pub(crate) catalog: Catalog,
    pub(crate) operator: Operator,
    /// The folder with the logs of detached jobs.
    pub(crate) logs: PathBuf,
}

impl Context {
    /// Opens the store at `address`, for those who look and give orders.
    ///
    /// # Errors
    /// When it cannot be opened, or when its schema is not the one of this version.
    pub(crate) fn open(config: &Config, address: &DatabaseUrl, own: Registry) -> Result<Self, WiringError> {
        Self::with_operator(config, address, own, |setup, store| Ok(visitor(setup, store)))
    }

    /// The same for those who give orders.
    ///
    /// # Errors
    /// Also when it takes no writes.
    pub(crate) fn open_to_write(config: &Config, address: &DatabaseUrl, own: Registry) -> Result<Self, WiringError> {
        Self::with_operator(config, address, own, |setup, store| {
            store.must_be_writable()?;
            Ok(visitor(setup, store))
        })
    }

    /// The same with this process as a worker, for those who run jobs.
    ///
    /// # Errors
    /// Also when the life lock cannot be made.
    pub(crate) fn open_to_run(config: &Config, address: &DatabaseUrl, own: Registry) -> Result<Self, WiringError> {
        Self::with_operator(config, address, own, |setup, store| store.worker(setup))
    }

    fn with_operator(
        config: &Config,
        address: &DatabaseUrl,
        own: Registry,
        operator: impl FnOnce(&Setup, &Store) -> Result<Operator, WiringError>,
    ) -> Result<Self, WiringError> {
        let setup = config.setup();
        let store = Store::open(&setup, &address.url)?;
        let operator = operator(&setup, &store)?;
        let logs = places::beside(&store.database, "logs");
        Ok(Self { catalog: super::catalog(&setup, Some(store.database), own), operator, logs })
    }

    /// The same for another project.
    pub(crate) fn in_project(self, project: &str) -> Self {
        Self { operator: self.operator.in_project(project), ..self }
    }

    /// The log of a detached job, as its execution and the life lock of its process name it.
    pub(crate) fn log(&self, id: ExecutionId, lock_path: Option<&str>) -> Option<PathBuf> {
        let session = Path::new(lock_path?).file_stem()?.to_str()?;
        // The session keeps the jobs of two servers apart.
        Some(self.logs.join(format!("{id}-{}.log", session.get(..8)?)))
    }

    /// The log of an execution that was started in the background, where it can be seen from here.
    pub(crate) fn log_of(&self, execution: &JobExecution) -> Option<PathBuf> {
        let worker = self.operator.repository().worker(execution.worker_id?).ok()??;
        self.log(execution.id, worker.lock_path.as_deref()).filter(|path| path.exists())
    }

    /// See [`Catalog::stored`].
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn stored(&self, name: &str) -> Result<Job, CatalogError> {
        self.catalog.stored(name, &self.operator)
    }

    /// The job called `name` as it was applied last; `None` when it never was.
    ///
    /// # Errors
    /// When it cannot be read by this version, or the store fails.
    pub(crate) fn applied(&self, name: &str) -> Result<Option<Job>, CatalogError> {
        let repository = self.operator.repository();
        let Some(applied) = repository.applied(self.operator.project(), name)? else { return Ok(None) };
        let definition =
            repository.definition(applied.definition)?.ok_or_else(|| CatalogError::NoText(name.to_owned()))?;
        self.catalog.of_revision(&definition, applied.base_dir.as_deref().unwrap_or_default().as_ref()).map(Some)
    }

    /// What the name of a job stands for.
    ///
    /// # Errors
    /// When there is no such job.
    pub(crate) fn current(&self, name: &str) -> Result<Current, CatalogError> {
        catalog::current(name, &self.operator)
    }

    /// See [`Catalog::pinned`].
    ///
    /// # Errors
    /// When the revision is not there, or cannot be read by this version.
    pub(crate) fn pinned(&self, execution: &JobExecution) -> Result<Job, CatalogError> {
        self.catalog.pinned(execution, &self.operator)
    }

    /// The revision that `execution` pinned, and the folder it was started from.
    ///
    /// # Errors
    /// When the revision is not there.
    pub(crate) fn pinned_revision(&self, execution: &JobExecution) -> Result<(Definition, PathBuf), CatalogError> {
        catalog::pinned_revision(execution, &self.operator)
    }
}

/// An operator who runs nothing here.
fn visitor(setup: &Setup, store: &Store) -> Operator {
    Operator::without_worker(Arc::clone(&store.repository), store.seat.clone(), setup.project.clone(), user_name())
}

/// Binds what was given to `job` for those who only name an instance: what does not identify it may be missing.
///
/// # Errors
/// Every problem of the parameters at once.
pub(crate) fn identify(job: &Job, given: &GivenParams) -> Result<Params, ParamsError> {
    let required = |param: &ParamDeclaration| param.required && param.identifying;
    let declared = job.params.iter().map(|param| ParamDeclaration { required: required(param), ..param.clone() });
    Job { params: declared.collect(), ..job.clone() }.bind(given)
}

/// The stock kinds without any database.
pub(crate) fn stock_kinds() -> Kinds {
    steps::kinds(&Arc::new(Connections::new(None, BTreeMap::new())))
}
