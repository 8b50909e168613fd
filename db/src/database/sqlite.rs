//! A database in a SQLite file.

use std::error::Error as _;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::Error;
use diesel::sql_types::Text;
use overnight_framework::repository::{StoreError, StoreErrorKind};

use super::{OpenError, OpenOptions};
use crate::error::{Stored, store_error};
use crate::migration::{self, MigrateError, OlderSchema};
use crate::pool::{self, Connector, Limits, Setup};
use crate::repository::Pools;

/// How many pages can be read at a time.
const READERS: u32 = 4;

/// What every connection is told. A writer of another process is waited for: its transactions are short.
const SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON";

/// Readers cannot write by mistake, which would begin a transaction that is not IMMEDIATE.
const READ_ONLY: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON";

/// A database in a file, with its pools.
///
/// While a connection is open nobody else in this process may open the file: a process loses all its locks on a file, those of
/// SQLite among them, when it closes any descriptor of it. Another process would then take itself for the last one, and delete
/// the log that this one goes on writing to.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) pools: Arc<Pools<SqliteConnection>>,
    connector: Connector<SqliteConnection>,
}

impl File {
    /// The database in the file at `path`. It is not opened yet: that happens under its lock.
    pub(super) fn new(path: &Path, options: &OpenOptions) -> Result<Self, OpenError> {
        // A relative path must not follow the process into another folder.
        let path = std::path::absolute(path).map_err(|source| OpenError::File { path: path.to_owned(), source })?;
        let url = path.to_str().ok_or_else(|| OpenError::Address {
            address: path.display().to_string(),
            reason: "SQLite takes only paths in UTF-8".to_owned(),
        })?;
        let more = options.sqlite_setup.clone();
        let setup = |settings: &'static str| -> Setup<SqliteConnection> {
            let more = more.clone();
            Arc::new(move |connection| {
                connection.batch_execute(settings)?;
                more.as_ref().map_or(Ok(()), |more| more(connection))
            })
        };
        let wait = options.wait;
        let connector = Connector::new(url, setup(SETTINGS));
        let write = pool::build("sqlite", connector.clone(), Limits { size: 1, wait });
        let reader = Connector::new(url, setup(READ_ONLY));
        let read = pool::build("sqlite readers", reader, Limits { size: READERS, wait });
        Ok(Self { path, pools: Arc::new(Pools { beat: write.clone(), write, read, wait }), connector })
    }

    /// Makes the file and its tables, or brings an older schema up to date.
    ///
    /// All under a lock on a file beside it: while one process changes the journal mode of a new file, others get "database is
    /// locked" at once, whatever their `busy_timeout` says.
    pub(super) fn prepare(&self) -> Result<(), OpenError> {
        {
            let _shared = self.lock(fs::File::lock_shared)?;
            if self.path.exists() && self.with_connection(|connection| Ok(migration::is_current(connection)?))? {
                return Ok(());
            }
        }
        Ok(self.migrate(|connection| migration::prepare(connection, OlderSchema::Raise))?)
    }

    /// Does something to the schema that nobody else does at the same time.
    pub(super) fn migrate<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, MigrateError>,
    ) -> Result<T, MigrateError> {
        let _alone = self.lock(fs::File::lock)?;
        self.with_connection(|connection| {
            write_ahead(connection)?;
            migration::exclusively(connection, work)
        })
    }

    /// Does something with the connection that writes. What is wrong with the file is told with its path, which SQLite leaves out.
    fn with_connection<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, MigrateError>,
    ) -> Result<T, MigrateError> {
        if self.pools.write.state().connections == 0 {
            self.connector.begin().map_err(|error| self.unopened(error))?;
        }
        let done = work(&mut *pool::take(&self.pools.write, self.pools.wait)?);
        done.map_err(|error| match error {
            MigrateError::Store(error) if is_of_another_program(&error) => {
                MigrateError::NotADatabase { path: self.path.clone() }
            }
            error => error,
        })
    }

    /// Why there is no connection. Where SQLite could not open the file, the system knows it better.
    fn unopened(&self, error: Error) -> MigrateError {
        let error = match error {
            Error::ConnectionError(error) => error,
            Error::QueryError(error) => return store_error(error).into(),
        };
        match fs::File::open(&self.path) {
            Err(source) => MigrateError::File { path: self.path.clone(), source },
            Ok(_) => StoreError::new(StoreErrorKind::Unreachable, error).into(),
        }
    }

    /// Opens and locks the file beside the database; the lock ends with the value.
    fn lock(&self, how: impl Fn(&fs::File) -> std::io::Result<()>) -> Result<fs::File, MigrateError> {
        let path = beside(&self.path, ".lock");
        let failed = |source| MigrateError::Lock { path: path.clone(), source };
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        how(&file).map_err(failed)?;
        Ok(file)
    }
}

/// Lets readers go on while somebody writes. The file remembers it.
fn write_ahead(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mode: String = sql::<Text>("PRAGMA journal_mode = WAL").get_result(connection).stored()?;
    if mode == "wal" {
        return Ok(());
    }
    let reason = format!("its journal mode stays {mode:?}: the file system does not support WAL");
    Err(StoreError::new(StoreErrorKind::Other, reason))
}

/// Whether SQLite finds that the file is none of its own.
fn is_of_another_program(error: &StoreError) -> bool {
    error.source().is_some_and(|said| said.to_string() == "file is not a database")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
