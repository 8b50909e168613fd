//! Running a user's statements: what a step of SQL does.

use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use overnight_framework::row::Value;

#[cfg(feature = "postgres")]
use super::postgres;
use super::query::QueryError;
use super::script::{self, Parameters, Statement};
#[cfg(feature = "sqlite")]
use super::sqlite;
use crate::session::Session;

/// What a text of statements did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// How many statements it has.
    pub statements: usize,
    /// How many rows its INSERT, UPDATE, DELETE and MERGE statements changed.
    pub rows: u64,
}

/// The first row of a result, in the types that the database gave.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstRow {
    /// The names of its columns.
    pub names: Vec<String>,
    /// Its cells.
    pub values: Vec<Value>,
}

/// Runs the statements of `text` one after the other, all or none: inside the transaction that is open on the
/// connection, or else in one of their own. `:name` is bound to the parameter of that name.
///
/// # Errors
/// [`QueryError::Script`] before anything was run, [`QueryError::Parameter`], and [`QueryError::Statement`] with the line
/// on which the refused statement starts.
pub fn execute<'c>(
    session: impl Into<Session<'c>>,
    text: &str,
    parameters: &Parameters,
) -> Result<Executed, QueryError> {
    let session = session.into();
    let statements = script::statements(text, session.backend())?;
    for statement in &statements {
        statement.values(parameters)?;
    }
    match session {
        #[cfg(feature = "postgres")]
        Session::Postgres(connection) => {
            let run = |connection: &mut _| run(&statements, |one| postgres::execute(connection, one, parameters));
            if in_transaction(connection) { run(connection) } else { transaction(connection, run) }
        }
        #[cfg(feature = "sqlite")]
        Session::Sqlite(connection) => {
            let run = |connection: &mut _| run(&statements, |one| sqlite::execute(connection, one, parameters));
            if in_transaction(connection) { run(connection) } else { transaction(connection, run) }
        }
    }
}

/// Runs the one statement of `text` and answers the first row of its result, if it has one: a count, a limit, the row
/// that `INSERT … RETURNING` gives.
///
/// # Errors
/// As [`execute()`], and [`QueryError::Cell`] for a type that no [`Value`] holds.
pub fn first_row<'c>(
    session: impl Into<Session<'c>>,
    text: &str,
    parameters: &Parameters,
) -> Result<Option<FirstRow>, QueryError> {
    let session = session.into();
    let statement = script::single(text, session.backend())?;
    match session {
        #[cfg(feature = "postgres")]
        Session::Postgres(connection) => postgres::first_row(connection, &statement, parameters),
        #[cfg(feature = "sqlite")]
        Session::Sqlite(connection) => sqlite::first_row(connection, &statement, parameters),
    }
}

fn run(
    statements: &[Statement],
    mut one: impl FnMut(&Statement) -> Result<u64, QueryError>,
) -> Result<Executed, QueryError> {
    let mut executed = Executed::default();
    for statement in statements {
        let rows = one(statement)?;
        executed.statements += 1;
        // Postgres counts the rows of a SELECT too, and SQLite repeats the last count after one.
        if statement.changes_rows() {
            executed.rows += rows;
        }
    }
    Ok(executed)
}

fn in_transaction<C>(connection: &mut C) -> bool
where
    C: diesel::Connection<TransactionManager = AnsiTransactionManager>,
{
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    status.transaction_depth().is_ok_and(|depth| depth.is_some())
}

fn transaction<C: diesel::Connection>(
    connection: &mut C,
    run: impl FnOnce(&mut C) -> Result<Executed, QueryError>,
) -> Result<Executed, QueryError> {
    connection.transaction(|connection| run(connection).map_err(Failed::Query)).map_err(|failed| match failed {
        Failed::Query(error) => error,
        Failed::Transaction(error) => QueryError::at(1)(error),
    })
}

/// diesel's transactions want an error that takes their own.
enum Failed {
    Query(QueryError),
    Transaction(diesel::result::Error),
}

impl From<diesel::result::Error> for Failed {
    fn from(error: diesel::result::Error) -> Self {
        Self::Transaction(error)
    }
}
