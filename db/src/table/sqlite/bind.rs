//! Values bound to a statement of SQLite.

use std::fmt;

use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Double, Text};
use diesel::sqlite::Sqlite;

use crate::table::bound::BoundValue;

/// A value in one of SQLite's storage classes.
#[derive(Clone, Copy)]
pub(super) enum Bound<'v> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'v str),
    Blob(&'v [u8]),
}

/// Only the storage class: a bind may be a secret, and diesel prints binds in its traces.
impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Integer(_) => f.write_str("an integer"),
            Self::Real(_) => f.write_str("a float"),
            Self::Text(text) => write!(f, "a text of {} bytes", text.len()),
            Self::Blob(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
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

impl BoundValue<Sqlite> for Bound<'_> {
    const MARK: char = '?';

    /// The value has to be of the type that diesel is told, or it is not bound at all.
    #[inline]
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        match self {
            Self::Null | Self::Text(_) => out.push_bind_param::<Text, _>(self),
            Self::Integer(_) => out.push_bind_param::<BigInt, _>(self),
            Self::Real(_) => out.push_bind_param::<Double, _>(self),
            Self::Blob(_) => out.push_bind_param::<Binary, _>(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_is_not_printed() {
        let binds = [Bound::Null, Bound::Integer(4711), Bound::Real(47.11), Bound::Text("4711"), Bound::Blob(b"4711")];
        let printed = format!("{binds:?}");
        assert!(!printed.contains("47"), "{printed}");
        assert_eq!(printed, "[null, an integer, a float, a text of 4 bytes, 4 bytes]");
    }
}
