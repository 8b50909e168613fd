//! Wide files: one row for each cell of the columns that are not kept, as of exchange rates with a column per currency.

use std::path::Path;

use overnight_framework::row::{Row, Value};

use super::error::{FileError, RecordError};
use super::header::Head;
use super::layout::{Layout, Unpivot};
use super::reading::Bound;
use super::records::Records;

/// The columns of a wide file, bound to its header.
pub(super) struct Wide {
    /// The kept columns with their places in the row.
    kept: Vec<(usize, Bound)>,
    /// The places of name and value in the row.
    name: usize,
    value: usize,
    /// The columns to unpivot: each has its field, its name, and the reader of its cells.
    others: Vec<(Value, Bound)>,
    /// The row of the current record with the cells that are kept.
    row: Row,
}

impl Wide {
    pub(super) fn bind(path: &Path, layout: &Layout, unpivot: &Unpivot, head: &Head) -> Result<Self, FileError> {
        let mut kept = Vec::new();
        for (place, column) in layout.columns.iter().enumerate() {
            if place != unpivot.name && place != unpivot.value {
                kept.push((place, Bound::new(column, head.field(path, column, layout.by)?)));
            }
        }
        let mut others = Vec::new();
        for (field, name) in head.others(path, &unpivot.keep)? {
            if let Some(column) = layout.columns.get(unpivot.value) {
                others.push((Value::Str(name.clone()), Bound::new(column, field).called(name)));
            }
        }
        let row = vec![Value::Null; layout.columns.len()];
        Ok(Self { kept, name: unpivot.name, value: unpivot.value, others, row })
    }

    /// How many rows a record makes.
    pub(super) fn rows(&self) -> usize {
        self.others.len()
    }

    /// Reads the cells that are kept.
    pub(super) fn begin(&mut self, records: &Records) -> Result<(), RecordError> {
        for (place, bound) in &self.kept {
            let value = bound.read(records)?;
            if let Some(slot) = self.row.get_mut(*place) {
                *slot = value;
            }
        }
        Ok(())
    }

    /// The field of a cell, from 1.
    pub(super) fn column(&self, cell: usize) -> usize {
        self.others.get(cell).map_or(0, |(_, bound)| bound.field + 1)
    }

    /// The row of one cell.
    pub(super) fn row(&self, cell: usize, records: &Records, row: &mut Row) -> Result<(), RecordError> {
        row.clone_from(&self.row);
        let Some((name, bound)) = self.others.get(cell) else { return Ok(()) };
        for (place, value) in [(self.name, name.clone()), (self.value, bound.read(records)?)] {
            if let Some(slot) = row.get_mut(place) {
                *slot = value;
            }
        }
        Ok(())
    }
}
