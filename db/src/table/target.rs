//! Where the cells of a row go, whatever the database.

use std::sync::Arc;

use overnight_framework::row::{Row, Value};

use super::catalogue::Column;
use super::problem::{CellProblem, RowError};

/// A column of the table, and the cell of a row that goes there.
pub(super) struct Target {
    name: Arc<str>,
    /// Where the cell stands in the row.
    place: usize,
    refuses_null: Option<CellProblem>,
}

impl Target {
    pub(super) fn new((column, place, in_key): (&Column, usize, bool)) -> Self {
        let refuses_null = match (in_key, column.nullable) {
            (true, _) => Some(CellProblem::NullKey),
            (false, false) => Some(CellProblem::Null),
            (false, true) => None,
        };
        Self { name: (&*column.name).into(), place, refuses_null }
    }

    /// The cell of a row that was checked.
    #[cfg(feature = "postgres")]
    pub(super) fn cell<'r>(&self, row: &'r Row) -> &'r Value {
        row.get(self.place).unwrap_or(&Value::Null)
    }

    /// Puts the cell of a row, the one with this index, by means of `put`.
    #[inline]
    pub(super) fn put(
        &self,
        index: usize,
        row: &Row,
        put: impl FnOnce(&Value) -> Result<(), CellProblem>,
    ) -> Result<(), RowError> {
        let done = match (row.get(self.place), &self.refuses_null) {
            (None, _) => Err(CellProblem::Missing { cells: row.len() }),
            (Some(value), Some(problem)) if value.is_null() => Err(problem.clone()),
            (Some(value), _) => put(value),
        };
        done.map_err(|problem| self.error(index, problem))
    }

    #[cold]
    fn error(&self, index: usize, problem: CellProblem) -> RowError {
        RowError { index, column: self.name.clone(), problem }
    }
}
