//! Running a user's statements: what a step of SQL does.

#[cfg(feature = "sqlite")]
use diesel::SqliteConnection;
use overnight_framework::row::Value;

#[cfg(feature = "postgres")]
use super::postgres;
use super::query::QueryError;
use super::script::{self, Parameters, Statement};
#[cfg(feature = "sqlite")]
use super::sqlite;
use crate::session::Session;
use crate::statements::Backing;
use crate::transaction;

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
            all_or_none(connection, "BEGIN", run)
        }
        #[cfg(feature = "sqlite")]
        Session::Sqlite(connection) => {
            let run = |connection: &mut _| run(&statements, |one| sqlite::execute(connection, one, parameters));
            all_or_none(connection, SqliteConnection::BEGIN, run)
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

/// Inside the transaction that is open, or in one of its own. On SQLite that one may write from its beginning: one that only finds
/// out later is refused at once when another process writes.
fn all_or_none<C: Backing>(
    connection: &mut C,
    begin: &str,
    run: impl FnOnce(&mut C) -> Result<Executed, QueryError>,
) -> Result<Executed, QueryError> {
    if transaction::depth(connection).is_ok_and(|depth| depth > 0) {
        return run(connection);
    }
    transaction::begin(connection, begin).map_err(QueryError::at(1))?;
    match run(connection) {
        Ok(executed) => transaction::commit(connection).map(|()| executed).map_err(QueryError::at(1)),
        Err(error) => {
            transaction::roll_back(connection);
            Err(error)
        }
    }
}
