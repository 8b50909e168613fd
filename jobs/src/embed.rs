//! The engine inside a program: opened over a database, with the stock steps and the jobs of the program.

use std::path::PathBuf;
use std::time::Duration;

use overnight_framework::Engine;
use overnight_framework::job::Job;
use overnight_framework::registry::{Registry, RegistryError};
use overnight_framework::worker::Timing;
use thiserror::Error;

use crate::catalog::{Catalog, CatalogError};
use crate::driver;
use crate::setup::Setup;
use crate::wiring::{self, Store, WiringError};

/// Opens an [`Engine`] over a database, for a program that runs jobs by itself.
///
/// The records are those of `jobctl`: what the program started can be looked at, stopped and continued there, and the other way
/// round. Nothing is read of the environment or of a `jobctl.toml`; what the program does not say here is not so.
///
/// ```
/// use overnight::builder::{JobBuilder, StepBuilder};
/// use overnight::registry::Registry;
/// use overnight::status::Status;
/// use overnight::step::StepContext;
///
/// let greet = StepBuilder::tasklet("greet", |_: &(), step: &mut StepContext<'_>| step.output("hello"));
/// let registry = Registry::default().built(JobBuilder::<()>::new("hello").step(greet).build());
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
///
/// let engine = overnight::EngineBuilder::new(registry).database(&url).open()?;
/// let ran = engine.start("hello", ())?;
/// assert_eq!(ran.status, Status::Completed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A job file is added with [`job_file`](Self::job_file). Its `shell` steps need
/// [`main_if_asked`](crate::steps::shell::shim::main_if_asked) at the beginning of `main`.
#[derive(Clone, Debug)]
pub struct EngineBuilder {
    registry: Registry,
    files: Vec<PathBuf>,
    database: String,
    setup: Setup,
    grace: Duration,
}

/// Why an engine cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenEngineError {
    /// The program is not whole: a job that could never run, a resource that is missing.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A job file cannot be read.
    #[error(transparent)]
    JobFile(Box<dyn std::error::Error + Send + Sync>),
    /// The database cannot be opened, or takes no writes.
    #[error(transparent)]
    Database(Box<dyn std::error::Error + Send + Sync>),
}

impl EngineBuilder {
    /// An engine for the jobs, kinds and resources of a program.
    #[must_use]
    pub fn new(registry: impl Into<Registry>) -> Self {
        Self {
            registry: registry.into(),
            files: Vec::new(),
            database: "sqlite:overnight.db".to_owned(),
            setup: Setup::default(),
            grace: Engine::GRACE,
        }
    }

    /// The database with the records: `postgres://user@host/database`, or the path of a SQLite file, with or without `sqlite:`
    /// before it. Unless it is said here, it is `overnight.db` in the working directory.
    #[must_use]
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.database = url.into();
        self
    }

    /// The project that its executions belong to; `default` unless this says otherwise.
    #[must_use]
    pub fn project(mut self, name: impl Into<String>) -> Self {
        self.setup.project = name.into();
        self
    }

    /// A job file, whose job is started by its name like those of the program. It is read when the engine is opened.
    #[must_use]
    pub fn job_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push(path.into());
        self
    }

    /// Another database that job files may name as `connection: NAME`.
    #[must_use]
    pub fn connection(mut self, name: impl Into<String>, url: impl Into<String>) -> Self {
        self.setup.connections.insert(name.into(), url.into());
        self
    }

    /// The folder with the secrets of job files, a file for each.
    #[must_use]
    pub fn secrets(mut self, folder: impl Into<PathBuf>) -> Self {
        self.setup.secrets = Some(folder.into());
        self
    }

    /// How often this process says that it lives, and how long it is believed; by default what suits the database.
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.setup.timing = Some(timing);
        self
    }

    /// How long the engine waits for its runs when it is dropped.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Opens the engine: this process is a worker from now on. A database without our tables gets them.
    ///
    /// # Errors
    /// When the program or a job file is not whole, or when the database cannot be opened or takes no writes.
    pub fn open(self) -> Result<Engine, OpenEngineError> {
        let Self { registry, files, database, setup, grace } = self;
        let registry = driver::provided(registry);
        // A mistake in the program or in a file is found before anything is made.
        let checking = wiring::catalog(&setup, None, registry.clone());
        checking.check()?;
        let reads = |path: &PathBuf| checking.load(path).map(drop);
        files.iter().try_for_each(reads)?;
        let store = Store::open(&setup, &database)?;
        let operator = store.worker(&setup)?;
        let catalog = wiring::catalog(&setup, Some(store.database), registry);
        let jobs = files.iter().map(|path| catalog.load(path)).collect::<Result<Vec<Job>, _>>()?;
        let catalog: Catalog = jobs.into_iter().fold(catalog, Catalog::with_job);
        catalog.check()?;
        Ok(Engine::over(operator, catalog).with_grace(grace))
    }
}

impl From<CatalogError> for OpenEngineError {
    fn from(error: CatalogError) -> Self {
        Self::JobFile(error.into())
    }
}

impl From<WiringError> for OpenEngineError {
    fn from(error: WiringError) -> Self {
        Self::Database(error.into())
    }
}
