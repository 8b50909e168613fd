//! Writing rows to SQLite: many rows in one prepared statement, again and again.

use std::ops::Range;
use std::sync::Arc;

use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sqlite::Sqlite;
use diesel::{RunQueryDsl, SqliteConnection};
use overnight_framework::row::{Row, Type, Value};

use super::bind::Bound;
use super::cells::Cells;
use crate::session::{Backend, Session};
use crate::table::bound::BoundValue as _;
use crate::table::catalogue::Column;
use crate::table::error::TableError;
use crate::table::name::quote_all;
use crate::table::on_conflict::on_conflict;
use crate::table::problem::{CellProblem, RowError};
use crate::table::target::Target;
use crate::table::writer::{Encoded, Payload, Plan, Sink, WriteError};

/// How many values one statement can bind.
const BINDS: usize = 32_766;

/// How many rows one statement writes. Twice as quick as one row each; more gains nothing.
const BATCH: usize = 50;

/// Writes to one table of SQLite.
pub(in crate::table) struct SqliteSink {
    targets: Vec<SqliteTarget>,
    /// `INSERT INTO "table" ("a", "b") VALUES `. Only a table that settles conflicts itself is told to refuse them: the word holds
    /// for what its triggers write as well, and would overrule their own.
    head: String,
    /// The conflict clause of an upsert. Rows of the same key in one statement update one another, in their order.
    tail: String,
    batch: usize,
}

/// Where one cell of a row goes, and what it may be.
struct SqliteTarget {
    target: Target,
    declared: Arc<str>,
    takes: &'static [Type],
}

impl SqliteSink {
    pub(in crate::table) fn new(plan: &Plan<'_>) -> Result<Self, TableError> {
        let columns = plan.columns.len();
        if columns > BINDS {
            let (table, backend) = (plan.table.name().clone(), Backend::Sqlite);
            return Err(TableError::TooManyColumns { table, columns, limit: BINDS, backend });
        }
        let names = quote_all(plan.columns.iter().map(|column| &*column.name));
        let insert = if plan.table.settles_conflicts { "INSERT OR ABORT INTO" } else { "INSERT INTO" };
        Ok(Self {
            targets: plan.targets().map(SqliteTarget::new).collect(),
            head: format!("{insert} {} ({names}) VALUES ", plan.table.name().quoted()),
            tail: on_conflict(plan),
            batch: BATCH.min(BINDS / columns),
        })
    }

    fn put_row(&self, index: usize, row: &Row, cells: &mut Cells) -> Result<(), RowError> {
        self.targets.iter().try_for_each(|to| to.target.put(index, row, |value| to.put(value, cells)))
    }

    fn insert(&self, connection: &mut SqliteConnection, cells: &Cells, range: Range<usize>) -> QueryResult<usize> {
        let binds = cells.bound(range);
        Insert { head: &self.head, tail: &self.tail, width: self.targets.len(), binds: &binds }.execute(connection)
    }
}

impl Sink for SqliteSink {
    fn encode(&self, rows: &[Row], into: &mut Encoded) -> Vec<RowError> {
        let spare = std::mem::take(&mut into.payload);
        let mut cells = if let Payload::Cells(cells) = spare { cells } else { Cells::default() };
        cells.clear();
        let mut errors = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let start = cells.len();
            if let Err(error) = self.put_row(index, row, &mut cells) {
                cells.truncate(start);
                errors.push(error);
            }
        }
        *into = Encoded { rows: rows.len() - errors.len(), payload: Payload::Cells(cells) };
        errors
    }

    fn check(&self, rows: &[Row]) -> Vec<RowError> {
        let mut scratch = Cells::default();
        let check = |(index, row): (usize, &Row)| {
            scratch.clear();
            self.put_row(index, row, &mut scratch).err()
        };
        rows.iter().enumerate().filter_map(check).collect()
    }

    fn send(&self, session: Session<'_>, encoded: &Encoded) -> Result<u64, WriteError> {
        let Some(connection) = session.sqlite() else {
            return Err(WriteError::OtherDatabase);
        };
        let cells = match &encoded.payload {
            Payload::Cells(cells) => cells,
            Payload::Empty => return Ok(0),
            #[cfg(feature = "postgres")]
            Payload::Copy(_) | Payload::Arrays(_) => return Err(WriteError::OtherDatabase),
        };
        let step = self.batch * self.targets.len();
        let mut written = 0;
        for start in (0..cells.len()).step_by(step) {
            let range = start..cells.len().min(start + step);
            written += self.insert(connection, cells, range)? as u64;
        }
        Ok(written)
    }

    /// SQLite checks what it defers at COMMIT, and cannot be asked before.
    fn check_deferred(&self, _: Session<'_>) -> Result<(), WriteError> {
        Ok(())
    }
}

impl SqliteTarget {
    fn new((column, place, in_key): (&Column, usize, bool)) -> Self {
        let declared = (&*column.declared).into();
        Self { target: Target::new((column, place, in_key)), declared, takes: column.takes() }
    }

    #[inline]
    fn put(&self, value: &Value, cells: &mut Cells) -> Result<(), CellProblem> {
        match value.kind() {
            Some(found) if !self.takes.contains(&found) => {
                Err(CellProblem::Kind { found, declared: self.declared.clone() })
            }
            _ => cells.put(value),
        }
    }
}

/// A statement for some rows. diesel keeps it prepared by its text, of which there are two: one for a full batch and one
/// for the rest of a chunk.
#[derive(Debug)]
struct Insert<'s> {
    head: &'s str,
    tail: &'s str,
    width: usize,
    binds: &'s [Bound<'s>],
}

impl QueryFragment<Sqlite> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.head);
        let mut before = "(";
        for row in self.binds.chunks(self.width) {
            for value in row {
                out.push_sql(before);
                value.push(&mut out)?;
                before = ",";
            }
            before = "),(";
        }
        out.push_sql(")");
        out.push_sql(self.tail);
        Ok(())
    }
}

impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Insert<'_> {}
