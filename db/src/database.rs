//! A database by its address: opened, set up, and migrated at first use.

mod address;
mod options;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod unreached;

use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "postgres")]
use diesel::PgConnection;
#[cfg(feature = "sqlite")]
use diesel::SqliteConnection;
use overnight_framework::clock::Clock;
use overnight_framework::execution::JobExecution;
use overnight_framework::repository::{LaunchError, LaunchRequest, Repository, StoreError};

use self::address::Address;
pub use self::address::without_password;
#[cfg(feature = "sqlite")]
pub use self::options::SqliteSetup;
pub use self::options::{OpenError, OpenOptions};
#[cfg(feature = "postgres")]
use self::postgres::Server;
#[cfg(feature = "sqlite")]
use self::sqlite::File;
pub use self::unreached::Unreached;
use crate::error::store_error;
use crate::migration::{self, MigrateError, MigrationStatus};
use crate::repository::{self, Records, living};
use crate::session::{Backend, Session};
use crate::statements::Backing as _;
use crate::transaction;

/// Opens the records in the database at `url`.
///
/// The address is `postgres://user@host/database`, or the path of a SQLite file, with or without `sqlite:` before it. The
/// flag `pooler=transaction` in the address of PostgreSQL is for a pgbouncer between: statements are then not kept prepared.
///
/// A database without our tables gets them, and an older SQLite file is migrated, however many processes come at once.
///
/// # Errors
/// When it cannot be reached, in the words of the database; when its schema is newer, or older in PostgreSQL, with the command
/// to type.
///
/// ```no_run
/// use overnight_db::{OpenOptions, open};
///
/// let records = open("sqlite:./overnight.db", OpenOptions::default())?;
/// # Ok::<(), overnight_db::OpenError>(())
/// ```
pub fn open(url: &str, options: OpenOptions) -> Result<Arc<dyn Repository>, OpenError> {
    Database::connect(url, options)?.repository()
}

/// [`Database::enqueue_in`] over a connection whose pool is somebody else's. `clock` dates rows where the database has no clock of its
/// own.
///
/// # Errors
/// As those of [`Database::enqueue_in`].
pub fn enqueue_in<'c>(
    session: impl Into<Session<'c>>,
    request: &LaunchRequest,
    clock: &dyn Clock,
) -> Result<JobExecution, LaunchError> {
    match session.into() {
        #[cfg(feature = "postgres")]
        Session::Postgres(connection) => repository::enqueue_in(connection, PgConnection::now(clock), request),
        #[cfg(feature = "sqlite")]
        Session::Sqlite(connection) => repository::enqueue_in(connection, SqliteConnection::now(clock), request),
    }
}

/// A database: its connections, its records and its migrations. Clones are the same database.
#[derive(Clone, Debug)]
pub struct Database {
    home: Home,
    clock: Arc<dyn Clock>,
}

#[derive(Clone, Debug)]
enum Home {
    #[cfg(feature = "postgres")]
    Postgres(Arc<Server>),
    #[cfg(feature = "sqlite")]
    Sqlite(Arc<File>),
}

/// Does the same with the server or the file of a database.
macro_rules! at_home {
    ($database:expr, |$home:ident| $work:expr) => {
        match &$database.home {
            #[cfg(feature = "postgres")]
            Home::Postgres($home) => $work,
            #[cfg(feature = "sqlite")]
            Home::Sqlite($home) => $work,
        }
    };
}

impl Backend {
    /// The backend of the database at `url`, which nobody reaches for.
    ///
    /// # Errors
    /// When the address is none.
    pub fn of(url: &str) -> Result<Self, OpenError> {
        Ok(match Address::parse(url)? {
            #[cfg(feature = "postgres")]
            Address::Postgres(_) => Self::Postgres,
            #[cfg(feature = "sqlite")]
            Address::Sqlite(_) => Self::Sqlite,
        })
    }
}

impl Database {
    /// The database at `url`, reached but not looked into: see [`open`].
    ///
    /// # Errors
    /// When the address is none, or nobody answers there.
    pub fn connect(url: &str, options: OpenOptions) -> Result<Self, OpenError> {
        let home = match Address::parse(url)? {
            #[cfg(feature = "postgres")]
            Address::Postgres(address) => Home::Postgres(Arc::new(Server::connect(&address, &options)?)),
            #[cfg(feature = "sqlite")]
            Address::Sqlite(path) => Home::Sqlite(Arc::new(File::new(&path, &options)?)),
        };
        Ok(Self { home, clock: options.clock })
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match &self.home {
            #[cfg(feature = "postgres")]
            Home::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "sqlite")]
            Home::Sqlite(_) => Backend::Sqlite,
        }
    }

    /// The file, when the database is one: what belongs to it, such as locks of processes, stands beside it.
    #[must_use]
    pub fn embedded_path(&self) -> Option<&Path> {
        match &self.home {
            #[cfg(feature = "postgres")]
            Home::Postgres(_) => None,
            #[cfg(feature = "sqlite")]
            Home::Sqlite(file) => Some(&file.path),
        }
    }

    /// The records, in tables of the schema that this program knows: see [`open`].
    ///
    /// # Errors
    /// When the schema is another and is not migrated by itself, or the migration fails.
    pub fn repository(&self) -> Result<Arc<dyn Repository>, OpenError> {
        at_home!(self, |home| {
            home.prepare()?;
            Ok(Arc::new(Records::new(Arc::clone(&home.pools), Arc::clone(&self.clock))))
        })
    }

    /// The records as they are: where the schema is another, or there is none, every verb fails and nothing is changed. For those
    /// who would rather see nothing than make anything.
    #[must_use]
    pub fn as_it_is(&self) -> Arc<dyn Repository> {
        at_home!(self, |home| Arc::new(Records::new(Arc::clone(&home.pools), Arc::clone(&self.clock))))
    }

    /// Lends a connection to somebody who only reads. It is no part of any chunk, and in no transaction.
    ///
    /// # Errors
    /// When no connection can be had.
    pub fn read<T>(&self, work: impl FnOnce(Session<'_>) -> T) -> Result<T, StoreError> {
        at_home!(self, |home| {
            let mut connection = living(&home.pools.read, home.pools.wait)?;
            Ok(work(Session::from(&mut *connection)))
        })
    }

    /// Lends a connection to somebody who writes, outside of any chunk. On SQLite it is the only one that writes: whoever asks
    /// for it while a chunk of the same file is open on this thread waits in vain.
    ///
    /// # Errors
    /// When no connection can be had.
    pub fn write<T>(&self, work: impl FnOnce(Session<'_>) -> T) -> Result<T, StoreError> {
        at_home!(self, |home| {
            let mut connection = living(&home.pools.write, home.pools.wait)?;
            Ok(work(Session::from(&mut *connection)))
        })
    }

    /// As [`write`](Self::write), for statements that a user wrote: whatever they set in their session (a role, a time limit, a
    /// pragma, a temporary table, an advisory lock) ends with `work` and meets nobody else.
    ///
    /// # Errors
    /// When no connection can be had.
    pub fn lend<T>(&self, work: impl FnOnce(Session<'_>) -> T) -> Result<T, StoreError> {
        at_home!(self, |home| {
            let mut connection = living(&home.pools.write, home.pools.wait)?;
            let done = work(Session::from(&mut *connection));
            transaction::reset(&mut *connection);
            Ok(done)
        })
    }

    /// Has the server cancel the statement of the session with this [number](Session::number), through another connection of the
    /// pool. Where nothing runs any more nothing happens.
    ///
    /// # Errors
    /// When no connection can be had, when the server refuses, or on SQLite, where nobody has such a number.
    pub fn cancel(&self, number: i32) -> Result<(), StoreError> {
        self.write(|session| session.cancel(number))?.map_err(store_error)
    }

    /// Puts a run into the queue inside the transaction that is open on `session`, a connection to this database: it waits for a
    /// worker when that transaction is committed, and never was there when it is rolled back. An order and the job that works on
    /// it come to be together or not at all. It does not matter whether diesel has begun the transaction or a `BEGIN` in SQL. Where
    /// none is open, it is one of its own.
    ///
    /// The worker and the lease of the request are not looked at. A refusal leaves the transaction as it was, so that it can still
    /// be committed; an error of the store may have ended it.
    ///
    /// # Errors
    /// When the instance does not allow it, or when the store fails.
    pub fn enqueue_in<'c>(
        &self,
        session: impl Into<Session<'c>>,
        request: &LaunchRequest,
    ) -> Result<JobExecution, LaunchError> {
        enqueue_in(session, request, &*self.clock)
    }

    /// What is applied and what is not.
    pub(crate) fn migration_status(&self) -> Result<Vec<MigrationStatus>, MigrateError> {
        at_home!(self, |home| home.migrate(migration::status_of))
    }

    /// Applies what is missing.
    pub(crate) fn migrate_up(&self) -> Result<Vec<MigrationStatus>, MigrateError> {
        at_home!(self, |home| home.migrate(migration::raise))
    }

    /// Takes the newest back.
    pub(crate) fn migrate_down(&self) -> Result<Option<MigrationStatus>, MigrateError> {
        at_home!(self, |home| home.migrate(migration::lower))
    }
}
