//! Opens what those need who run jobs or look at them: the store, this process as a worker, and the reader of job files.

#[cfg(feature = "cli")]
mod context;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use overnight_db::{Backend, Database, OpenError, OpenOptions};
use overnight_framework::clock::SystemClock;
use overnight_framework::operator::{Operator, Seat};
use overnight_framework::registry::Registry;
use overnight_framework::repository::Repository;
use overnight_framework::worker::{Timing, Worker, WorkerName};
use rustix::fs::{Access, access};
use thiserror::Error;

#[cfg(feature = "cli")]
pub(crate) use self::context::{Context, identify, stock_kinds};
use crate::catalog::Catalog;
use crate::places;
use crate::secrets::ProcessEnvironment;
use crate::setup::Setup;
use crate::steps::{self, Connections};

/// A store that is open.
pub(crate) struct Store {
    pub(crate) database: Database,
    repository: Arc<dyn Repository>,
    seat: Seat,
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

impl Store {
    /// Opens the store at `url`.
    ///
    /// # Errors
    /// When it cannot be opened, or when its schema is not the one of this version.
    pub(crate) fn open(setup: &Setup, url: &str) -> Result<Self, WiringError> {
        let database = connect(url)?;
        let repository = database.repository()?;
        let timing = setup.timing.unwrap_or(match database.backend() {
            Backend::Sqlite => Timing::EMBEDDED,
            Backend::Postgres => Timing::SERVER,
        });
        Ok(Self { database, repository, seat: Seat { host: host_name(), timing } })
    }

    /// This process as a worker of the store, and the operator over both.
    ///
    /// # Errors
    /// When the store takes no writes, or when the life lock cannot be made.
    pub(crate) fn worker(&self, setup: &Setup) -> Result<Operator, WiringError> {
        self.must_be_writable()?;
        let state_dir = &places::state_dir(&self.database);
        let Seat { host, timing } = self.seat.clone();
        let name = WorkerName { name: worker_name(&host), host, build: env!("CARGO_PKG_VERSION").to_owned() };
        let clock = Arc::new(SystemClock::default());
        let worker = Worker::new(Arc::clone(&self.repository), clock, timing, name, state_dir)
            .map_err(|source| WiringError::LifeLock { folder: state_dir.display().to_string(), source })?;
        Ok(Operator::new(Arc::clone(&self.repository), worker, setup.project.clone(), user_name()))
    }

    /// A file without the right to write is found out before anything is begun, and by its name. It is not opened for that: with
    /// the descriptor this process would lose the locks by which SQLite tells others that the file is in use.
    fn must_be_writable(&self) -> Result<(), WiringError> {
        let Some(path) = self.database.embedded_path() else { return Ok(()) };
        access(path, Access::WRITE_OK)
            .map_err(|error| WiringError::ReadOnly { path: path.to_owned(), source: error.into() })
    }
}

/// The reader of job files. Without a database it checks them; what it reads cannot run then.
pub(crate) fn catalog(setup: &Setup, database: Option<Database>, own: Registry) -> Catalog {
    let connections = Arc::new(Connections::new(database, setup.connections.clone()));
    let kinds = steps::kinds(&connections).and(own.kinds().clone());
    Catalog::new(kinds, Arc::new(ProcessEnvironment::new(setup)), own)
}

/// Reaches the database at `url`, whatever its schema.
///
/// # Errors
/// When it is no address, or nobody answers there.
pub(crate) fn connect(url: &str) -> Result<Database, WiringError> {
    let database = Database::connect(url, OpenOptions::default())?;
    // SQLite would wait for it as for a file that is locked.
    match database.embedded_path().filter(|path| path.is_dir()) {
        Some(folder) => Err(WiringError::Folder { folder: folder.display().to_string() }),
        None => Ok(database),
    }
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
