//! Values bound to a statement of SQLite.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Double, Text, Untyped};
use diesel::sqlite::Sqlite;
use diesel::{RunQueryDsl, SqliteConnection};

use crate::table::script::{Piece, Template};

/// A value in one of SQLite's storage classes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound<'v> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'v str),
    Blob(&'v [u8]),
}

impl<ST> ToSql<ST, Sqlite> for Bound<'_> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Integer(number) => out.set_value(*number),
            Self::Real(number) => out.set_value(*number),
            Self::Text(text) => out.set_value(*text),
            Self::Blob(bytes) => out.set_value(*bytes),
        }
        Ok(IsNull::No)
    }
}

/// diesel wants the type of a bind as a type, and the value to be of that type.
#[inline]
pub(super) fn push<'b>(out: &mut AstPass<'_, 'b, Sqlite>, value: &'b Bound<'b>) -> QueryResult<()> {
    match value {
        Bound::Null | Bound::Text(_) => out.push_bind_param::<Text, _>(value),
        Bound::Integer(_) => out.push_bind_param::<BigInt, _>(value),
        Bound::Real(_) => out.push_bind_param::<Double, _>(value),
        Bound::Blob(_) => out.push_bind_param::<Binary, _>(value),
    }
}

/// How often a statement comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Often {
    /// Chunk after chunk: it is prepared once.
    Again,
    /// Once: nothing is kept of it on the connection.
    Once,
}

/// A statement with its binds.
#[derive(Debug)]
pub(super) struct BoundStatement<'s> {
    pub(super) template: &'s Template,
    pub(super) binds: &'s [Bound<'s>],
    pub(super) often: Often,
}

impl QueryFragment<Sqlite> for BoundStatement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        if self.often == Often::Once {
            out.unsafe_to_cache_prepared();
        }
        let mut bound = 0;
        for piece in self.template.pieces() {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Value(number) if *number < bound => out.push_sql(&format!("?{}", number + 1)),
                Piece::Value(number) => {
                    let missing = || diesel::result::Error::QueryBuilderError("a statement lacks a value".into());
                    push(&mut out, self.binds.get(*number).ok_or_else(missing)?)?;
                    bound += 1;
                }
            }
        }
        Ok(())
    }
}

impl QueryId for BoundStatement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for BoundStatement<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<SqliteConnection> for BoundStatement<'_> {}
