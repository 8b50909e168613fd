//! Statements of a user, run on SQLite.

use diesel::{RunQueryDsl as _, SqliteConnection};
use overnight_framework::row::Value;

use super::decode::Stored;
use super::pages::{bound_parameters, field_names, load, stored};
use crate::table::bound::{BoundStatement, Often};
use crate::table::execute::FirstRow;
use crate::table::query::QueryError;
use crate::table::script::{Parameters, Statement};

/// Runs one statement and answers how many rows SQLite counted.
pub(in crate::table) fn execute(
    connection: &mut SqliteConnection,
    statement: &Statement,
    parameters: &Parameters,
) -> Result<u64, QueryError> {
    let values = bound_parameters(statement, parameters)?;
    let binds = values.bound(0..values.len());
    let bound = BoundStatement { template: statement.template(), binds: &binds, often: Often::Once };
    Ok(bound.execute(connection).map_err(QueryError::at(statement.line()))? as u64)
}

/// Runs one statement and answers the first row of its result.
pub(in crate::table) fn first_row(
    connection: &mut SqliteConnection,
    statement: &Statement,
    parameters: &Parameters,
) -> Result<Option<FirstRow>, QueryError> {
    let values = bound_parameters(statement, parameters)?;
    let binds = values.bound(0..values.len());
    let bound = BoundStatement { template: statement.template(), binds: &binds, often: Often::Once };
    let failed = QueryError::at(statement.line());
    let Some(row) = load(connection, bound).map_err(&failed)?.next() else {
        return Ok(None);
    };
    let row = row.map_err(&failed)?;
    let names = field_names(&row);
    let read = |(place, name): (usize, &String)| match stored(&row, place) {
        Ok(found) => Ok(found.map(Stored::natural).unwrap_or_default()),
        Err(problem) => Err(QueryError::Cell { column: name.clone(), row: "the first row".to_owned(), problem }),
    };
    let values: Result<Vec<Value>, _> = names.iter().enumerate().map(read).collect();
    Ok(Some(FirstRow { values: values?, names }))
}
