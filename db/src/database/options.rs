//! How a database is opened, and why it is not.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use overnight_framework::clock::{Clock, SystemClock};
use overnight_framework::repository::StoreError;
use thiserror::Error;

use super::unreached::Unreached;
use crate::migration::MigrateError;

/// What a new connection to a SQLite file is told besides our own settings.
#[cfg(feature = "sqlite")]
pub type SqliteSetup = Arc<dyn Fn(&mut diesel::SqliteConnection) -> diesel::QueryResult<()> + Send + Sync>;

/// How a database is opened.
#[derive(Clone)]
pub struct OpenOptions {
    /// How many connections to PostgreSQL there may be besides that of the heartbeat: one for each step that runs at a time.
    /// They are opened when they are needed. A SQLite file always has one that writes.
    pub connections: u32,
    /// How long a caller waits for a connection, and how long PostgreSQL may take to answer the first time.
    pub wait: Duration,
    /// What PostgreSQL's administrator sees in `pg_stat_activity`, unless the address says another name.
    pub application_name: String,
    /// The clock that dates the rows of a SQLite file; PostgreSQL has its own.
    pub clock: Arc<dyn Clock>,
    /// Further settings of each connection to a SQLite file, such as a limit of its size.
    #[cfg(feature = "sqlite")]
    pub sqlite_setup: Option<SqliteSetup>,
}

impl Default for OpenOptions {
    /// Four connections, ten seconds, `overnight`, the clock of the system.
    fn default() -> Self {
        Self {
            connections: 4,
            wait: Duration::from_secs(10),
            application_name: "overnight".to_owned(),
            clock: Arc::new(SystemClock::default()),
            #[cfg(all(feature = "sqlite", feature = "testing"))]
            sqlite_setup: crate::testing::sqlite_setup(),
            #[cfg(all(feature = "sqlite", not(feature = "testing")))]
            sqlite_setup: None,
        }
    }
}

impl fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenOptions")
            .field("connections", &self.connections)
            .field("wait", &self.wait)
            .field("application_name", &self.application_name)
            .finish_non_exhaustive()
    }
}

/// Why a database was not opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address is none that we know.
    #[error("`{address}` is no address of a database: {reason}")]
    Address {
        /// The address, without its password.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// PostgreSQL does not let us in, for the reason that it gives.
    #[error("cannot connect to {address}")]
    Unreachable {
        /// The address, without its password.
        address: String,
        /// The reason, as far as it can be told.
        reason: Unreached,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file, or the one beside it that processes lock, cannot be opened.
    #[error("cannot open {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The schema is not the one that this program knows, or could not be made so.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
