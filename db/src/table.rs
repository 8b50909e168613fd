//! How the rows of declared steps get into business tables and out of them, on Postgres and on SQLite.
//!
//! A step is checked against the [`Table`] of the catalogue before its first row: columns, types, keys. A [`TableWriter`]
//! then checks every cell before the database sees it (nulls, digits, lengths, ranges), so that a bad row is refused by
//! name and the database refuses only what it alone can know. Writing goes the quickest way there is: binary COPY or
//! `unnest` on Postgres, multi-row prepared statements on SQLite. A [`KeysetQuery`] reads a user's SELECT page by page
//! and holds no snapshot in between; [`execute()`] runs a user's statements.
//!
//! Nothing here begins or ends the transaction of a chunk: all verbs work on a [`Session`](crate::Session), the connection that the
//! chunk's transaction lends, or any other.
//!
//! How values are stored:
//!
//! | value | Postgres | SQLite |
//! |---|---|---|
//! | boolean | `boolean` | INTEGER, 0 or 1 |
//! | integer | `smallint`, `integer`, `bigint`, `numeric` | INTEGER |
//! | decimal | `numeric` | TEXT, `1250.00` (never NUMERIC or REAL, which are binary floats) |
//! | float | `double precision`, `real` | REAL |
//! | string | `text`, `varchar`, `char`, `uuid`, enums, any other type by a cast | TEXT |
//! | date | `date` | TEXT, `2026-03-31` |
//! | datetime | `timestamptz`, `timestamp` (as UTC) | TEXT, `2026-03-31T22:15:00.000000Z`: of one width, so that it sorts |
//! | bytes | `bytea` | BLOB |
//! | json | `jsonb`, `json` | TEXT |
//!
//! Numbers inside of JSON documents are those of `serde_json`: beyond 64 bits they are floats. Amounts do not belong there.

mod bound;
mod catalogue;
mod create;
mod error;
mod execute;
mod name;
mod on_conflict;
#[cfg(feature = "postgres")]
mod postgres;
mod problem;
mod query;
mod script;
#[cfg(feature = "sqlite")]
mod sqlite;
mod target;
mod writer;

pub use self::catalogue::{Column, Filled, Table, UniqueKey};
pub use self::create::{CreateTable, Created};
pub use self::error::TableError;
pub use self::execute::{Executed, FirstRow, execute, first_row};
pub use self::name::{NameError, TableName};
pub use self::problem::{CellProblem, RowError};
pub use self::query::{Key, KeyError, KeysetQuery, KeysetReader, Page, QueryError, ReadProblem, read_all};
pub use self::script::{Parameters, ScriptError, ScriptProblem, Statement, statements};
pub use self::writer::{Encoded, Encoder, Mode, TableWriter, WriteError};
