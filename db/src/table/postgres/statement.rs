//! Statements of a user, run on Postgres.

use diesel::row::{Field as _, Row as _};
use diesel::{PgConnection, RunQueryDsl as _};
use overnight_framework::row::Value;

use super::decode::natural;
use super::pages::{binds, field_names, load};
use super::wire::Wire;
use crate::table::bound::{BoundStatement, Often};
use crate::table::execute::FirstRow;
use crate::table::query::{QueryError, ReadProblem};
use crate::table::script::{Parameters, Statement};

/// What a function gives that gives nothing.
const VOID: u32 = 2278;

/// The names of the catalogue.
const NAME: u32 = 19;

/// Runs one statement and answers how many rows the server counted.
pub(in crate::table) fn execute(
    connection: &mut PgConnection,
    statement: &Statement,
    parameters: &Parameters,
) -> Result<u64, QueryError> {
    let binds = binds(statement, parameters)?;
    let bound = BoundStatement { template: statement.template(), binds: &binds, often: Often::Once };
    Ok(bound.execute(connection).map_err(QueryError::at(statement.line()))? as u64)
}

/// Runs one statement and answers the first row of its result.
pub(in crate::table) fn first_row(
    connection: &mut PgConnection,
    statement: &Statement,
    parameters: &Parameters,
) -> Result<Option<FirstRow>, QueryError> {
    let binds = binds(statement, parameters)?;
    let bound = BoundStatement { template: statement.template(), binds: &binds, often: Often::Once };
    let failed = QueryError::at(statement.line());
    let Some(row) = load(connection, bound).map_err(&failed)?.next() else {
        return Ok(None);
    };
    let row = row.map_err(&failed)?;
    let names = field_names(&row);
    let read = |(place, name): (usize, &String)| {
        let Some(field) = row.get(place) else {
            return Ok(Value::Null);
        };
        let Some(value) = field.value() else {
            return Ok(Value::Null);
        };
        let oid = value.get_oid().get();
        let found = match (oid, Wire::from_oid(oid)) {
            (VOID, _) => Ok(Value::Null),
            (NAME, _) => natural(Wire::Text, value.as_bytes()),
            (_, Some(wire)) => natural(wire, value.as_bytes()),
            (_, None) => Err(ReadProblem::NoValue(format!("of the type with the number {oid}"))),
        };
        found.map_err(|problem| QueryError::Cell { column: name.clone(), row: "the first row".to_owned(), problem })
    };
    let values = names.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    Ok(Some(FirstRow { names, values }))
}
