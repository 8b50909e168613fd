//! Opens what a verb needs: the store, this process as a worker, and the operator over both.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use overnight_db::{Backend, Database, OpenError, OpenOptions};
use overnight_framework::clock::SystemClock;
use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::job::Job;
use overnight_framework::kind::Kinds;
use overnight_framework::operator::{Current, Operator, Seat};
use overnight_framework::params::{self, BindContext, GivenParams, ParamDeclaration, Params, ParamsError};
use overnight_framework::registry::Registry;
use overnight_framework::repository::{Definition, Repository};
use overnight_framework::worker::{Timing, Worker, WorkerName};
use rustix::fs::{Access, access};
use thiserror::Error;

use crate::catalog::{Catalog, CatalogError};
use crate::config::{self, Config, DatabaseUrl};
use crate::secrets::ProcessEnvironment;
use crate::steps::{self, Connections};

/// Everything a verb works with.
pub(crate) struct Context {
    pub(crate) catalog: Catalog,
    pub(crate) operator: Operator,
    /// The folder with the logs of detached jobs.
    pub(crate) logs: PathBuf,
}

/// Why the store cannot be opened.
#[derive(Debug, Error)]
pub(crate) enum WiringError {
    /// The database refused.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database is named like a folder that is there.
    #[error("{folder} is a folder: name a file in it, such as {folder}/overnight.db")]
    Folder { folder: String },
    /// The file of the database takes no writes.
    #[error("cannot write to {}", path.display())]
    ReadOnly {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The life lock cannot be made.
    #[error("cannot keep a life lock in {folder}")]
    LifeLock {
        folder: String,
        #[source]
        source: std::io::Error,
    },
}

impl Context {
    /// Opens the store at `address`, for those who look and give orders.
    ///
    /// # Errors
    /// When it cannot be opened, or when its schema is not the one of this version.
    pub(crate) fn open(config: &Config, address: &DatabaseUrl, own: Registry) -> Result<Self, WiringError> {
        Self::with_operator(config, address, own, |config, repository, seat, _| {
            Ok(Operator::without_worker(repository, seat, config.project.value.clone(), user_name()))
        })
    }

    /// The same for those who give orders.
    ///
    /// # Errors
    /// Also when it takes no writes.
    pub(crate) fn open_to_write(config: &Config, address: &DatabaseUrl, own: Registry) -> Result<Self, WiringError> {
        Self::with_operator(config, address, own, |config, repository, seat, database| {
            must_be_writable(database)?;
            Ok(Operator::without_worker(repository, seat, config.project.value.clone(), user_name()))
        })
    }

    /// The same with this process as a worker, for those who run jobs.
    ///
    /// # Errors
    /// Also when the life lock cannot be made.
    pub(crate) fn open_to_run(config: &Config, address: &DatabaseUrl, own: Registry) -> Result<Self, WiringError> {
        Self::with_operator(config, address, own, |config, repository, seat, database| {
            must_be_writable(database)?;
            let state_dir = &config::state_dir(database);
            let build = env!("CARGO_PKG_VERSION").to_owned();
            let name = WorkerName { name: worker_name(&seat.host), host: seat.host, build };
            let clock = Arc::new(SystemClock::default());
            let worker = Worker::new(Arc::clone(&repository), clock, seat.timing, name, state_dir)
                .map_err(|source| WiringError::LifeLock { folder: state_dir.display().to_string(), source })?;
            Ok(Operator::new(repository, worker, config.project.value.clone(), user_name()))
        })
    }

    fn with_operator(
        config: &Config,
        address: &DatabaseUrl,
        own: Registry,
        operator: impl FnOnce(&Config, Arc<dyn Repository>, Seat, &Database) -> Result<Operator, WiringError>,
    ) -> Result<Self, WiringError> {
        let database = connect(address)?;
        let repository = database.repository()?;
        let timing = config.timing.unwrap_or(match database.backend() {
            Backend::Sqlite => Timing::EMBEDDED,
            Backend::Postgres => Timing::SERVER,
        });
        let logs = config::log_dir(&database);
        let operator = operator(config, repository, Seat { host: host_name(), timing }, &database)?;
        Ok(Self { catalog: catalog(config, Some(database), own), operator, logs })
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

    /// The job called `name`: that of this program, or as it was started or applied last: that text, at that folder.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn stored(&self, name: &str) -> Result<Job, CatalogError> {
        if let Some(job) = self.catalog.of_program(name) {
            return Ok(job);
        }
        let Current { definition, base_dir } = self.current(name)?;
        self.catalog.of_revision(&definition, &base_dir)
    }

    /// What the name of a job stands for.
    ///
    /// # Errors
    /// When there is no such job.
    pub(crate) fn current(&self, name: &str) -> Result<Current, CatalogError> {
        match self.operator.current(name)? {
            Some(current) => Ok(current),
            None => Err(self.operator.no_job(name)?.into()),
        }
    }

    /// The job as `execution` runs it: the revision it pinned, at the folder it was started from.
    ///
    /// # Errors
    /// When the revision is not there, or cannot be read by this version.
    pub(crate) fn pinned(&self, execution: &JobExecution) -> Result<Job, CatalogError> {
        let (definition, base_dir) = self.pinned_revision(execution)?;
        self.catalog.of_revision(&definition, &base_dir)
    }

    /// The revision that `execution` pinned, and the folder it was started from.
    ///
    /// # Errors
    /// When the revision is not there.
    pub(crate) fn pinned_revision(&self, execution: &JobExecution) -> Result<(Definition, PathBuf), CatalogError> {
        let missing = || CatalogError::NoText(execution.job_name.clone());
        let id = execution.definition_id.ok_or_else(missing)?;
        let definition = self.operator.repository().definition(id)?.ok_or_else(missing)?;
        Ok((definition, execution.base_dir.clone().unwrap_or_default().into()))
    }
}

/// Binds what was given to what `job` declares.
///
/// # Errors
/// Every problem of the parameters at once.
pub(crate) fn bind(job: &Job, given: &GivenParams) -> Result<Params, ParamsError> {
    bind_to(&job.params, job, given)
}

/// The same for those who only name an instance: what does not identify it may be missing.
///
/// # Errors
/// Every problem of the parameters at once.
pub(crate) fn identify(job: &Job, given: &GivenParams) -> Result<Params, ParamsError> {
    let required = |param: &ParamDeclaration| param.required && param.identifying;
    let declared = job.params.iter().map(|param| ParamDeclaration { required: required(param), ..param.clone() });
    bind_to(&declared.collect::<Vec<_>>(), job, given)
}

fn bind_to(declared: &[ParamDeclaration], job: &Job, given: &GivenParams) -> Result<Params, ParamsError> {
    let working_dir = std::env::current_dir().unwrap_or_default();
    params::bind(declared, given, BindContext { working_dir: &working_dir, base_dir: &job.base_dir })
}

/// The stock kinds without any database.
pub(crate) fn stock_kinds() -> Kinds {
    steps::kinds(&Arc::new(Connections::new(None, BTreeMap::new())))
}

/// The reader of job files. Without a database it checks them; what it reads cannot run then.
pub(crate) fn catalog(config: &Config, database: Option<Database>, own: Registry) -> Catalog {
    let connections = Arc::new(Connections::new(database, config.connections.clone()));
    let kinds = steps::kinds(&connections).and(own.kinds().clone());
    Catalog::new(kinds, Arc::new(ProcessEnvironment::new(config)), own)
}

/// Reaches the database at `address`, whatever its schema.
///
/// # Errors
/// When it is no address, or nobody answers there.
pub(crate) fn connect(address: &DatabaseUrl) -> Result<Database, WiringError> {
    let database = Database::connect(&address.url, OpenOptions::default())?;
    // SQLite would wait for it as for a file that is locked.
    match database.embedded_path().filter(|path| path.is_dir()) {
        Some(folder) => Err(WiringError::Folder { folder: folder.display().to_string() }),
        None => Ok(database),
    }
}

/// A file without the right to write is found out before anything is begun, and by its name. It is not opened for that: with the
/// descriptor this process would lose the locks by which SQLite tells others that the file is in use.
fn must_be_writable(database: &Database) -> Result<(), WiringError> {
    let Some(path) = database.embedded_path() else { return Ok(()) };
    access(path, Access::WRITE_OK)
        .map_err(|error| WiringError::ReadOnly { path: path.to_owned(), source: error.into() })
}

/// `host:pid`, which is what an operator looks for in a process list.
fn worker_name(host: &str) -> String {
    format!("{host}:{}", std::process::id())
}

fn host_name() -> String {
    let named = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

fn user_name() -> String {
    std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_owned())
}
