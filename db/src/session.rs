//! The two databases, and a connection to one of them that is lent for a while.

use std::any::Any;
use std::fmt;

#[cfg(feature = "postgres")]
use diesel::PgConnection;
use diesel::QueryResult;
#[cfg(feature = "postgres")]
use diesel::RunQueryDsl as _;
#[cfg(feature = "sqlite")]
use diesel::SqliteConnection;
#[cfg(feature = "postgres")]
use diesel::dsl::{select, sql};
use diesel::result::Error;
#[cfg(feature = "postgres")]
use diesel::sql_types::{Bool, Integer};

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// PostgreSQL, 13 or newer.
    Postgres,
    /// SQLite, in a file.
    Sqlite,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "Postgres",
            Self::Sqlite => "SQLite",
        })
    }
}

/// A borrowed connection. `&mut PgConnection` and `&mut SqliteConnection` become one by themselves, and
/// [`from_any`](Self::from_any) takes what a chunk's transaction lends.
///
/// It has the variants of the features that are turned on, by whatever crate of the program. A crate that others build on asks for
/// both features, or matches with a last arm for what it does not know.
pub enum Session<'c> {
    /// A connection to Postgres.
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
    /// A connection to a SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(&'c mut SqliteConnection),
}

impl<'c> Session<'c> {
    /// The connection behind `connection`; none if it is not of diesel, as with the twin in memory.
    pub fn from_any(connection: &'c mut dyn Any) -> Option<Self> {
        #[cfg(feature = "postgres")]
        if connection.is::<PgConnection>() {
            return connection.downcast_mut().map(Self::Postgres);
        }
        #[cfg(feature = "sqlite")]
        if connection.is::<SqliteConnection>() {
            return connection.downcast_mut().map(Self::Sqlite);
        }
        None
    }

    /// Which database it is connected to.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
        }
    }

    /// The same connection for one call more.
    pub fn reborrow(&mut self) -> Session<'_> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => Session::Postgres(connection),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => Session::Sqlite(connection),
        }
    }

    /// Does `work` in a transaction that is its own. On SQLite it is one that may write from its beginning: one that only finds out
    /// later is refused at once when another process writes.
    ///
    /// # Errors
    /// That of `work`, after which the transaction is rolled back, or that of the database.
    pub fn in_transaction<T, E>(self, work: impl FnOnce(Session<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<Error>,
    {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => {
                diesel::Connection::transaction(connection, |connection| work(connection.into()))
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => connection.immediate_transaction(|connection| work(connection.into())),
        }
    }

    /// The number by which the server knows this session, and [`Database::cancel`](crate::Database::cancel) finds it. SQLite has
    /// none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn number(&mut self) -> QueryResult<Option<i32>> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => {
                select(sql::<Integer>("pg_backend_pid()")).get_result(&mut **connection).map(Some)
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(None),
        }
    }

    /// Asks the server to cancel what the session of this number does now.
    pub(crate) fn cancel(self, number: i32) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => {
                let cancel = sql::<Bool>("pg_cancel_backend(").bind::<Integer, _>(number).sql(")");
                select(cancel).get_result::<bool>(connection).map(drop)
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Err(Error::QueryBuilderError(format!("SQLite has no session {number}").into())),
        }
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(self) -> Option<&'c mut PgConnection> {
        match self {
            Self::Postgres(connection) => Some(connection),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => None,
        }
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite(self) -> Option<&'c mut SqliteConnection> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
            Self::Sqlite(connection) => Some(connection),
        }
    }
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Session").field(&self.backend()).finish()
    }
}

#[cfg(feature = "postgres")]
impl<'c> From<&'c mut PgConnection> for Session<'c> {
    fn from(connection: &'c mut PgConnection) -> Self {
        Self::Postgres(connection)
    }
}

#[cfg(feature = "sqlite")]
impl<'c> From<&'c mut SqliteConnection> for Session<'c> {
    fn from(connection: &'c mut SqliteConnection) -> Self {
        Self::Sqlite(connection)
    }
}
