//! Wide files: one row for each cell of the columns that are not kept, as of exchange rates with a column per currency.

use std::path::Path;

use overnight_framework::row::{Row, Value};

use super::error::{FileError, RecordError};
use super::header::Head;
use super::layout::{Layout, Unpivot};
use super::reading::{Bound, place};
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
    /// Where its fields are.
    places: Vec<u64>,
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
        Ok(Self { kept, name: unpivot.name, value: unpivot.value, others, row, places: Vec::new() })
    }

    /// How many rows a record makes.
    pub(super) fn rows(&self) -> usize {
        self.others.len()
    }

    /// Reads the cells that are kept, and where the others are.
    pub(super) fn begin(&mut self, records: &Records) -> Result<(), RecordError> {
        for (column, bound) in &self.kept {
            let value = bound.read(&records.cells())?;
            if let Some(slot) = self.row.get_mut(*column) {
                *slot = value;
            }
        }
        self.places.clear();
        self.places.extend(records.places().map(place));
        Ok(())
    }

    /// The place of a cell.
    pub(super) fn place(&self, cell: usize) -> u64 {
        let field = self.others.get(cell).map(|(_, bound)| bound.field);
        field.and_then(|field| self.places.get(field)).copied().unwrap_or_default()
    }

    /// The row of one cell.
    pub(super) fn row(&self, cell: usize, records: &Records, row: &mut Row) -> Result<(), RecordError> {
        row.clone_from(&self.row);
        let Some((name, bound)) = self.others.get(cell) else { return Ok(()) };
        for (place, value) in [(self.name, name.clone()), (self.value, bound.read(&records.cells())?)] {
            if let Some(slot) = row.get_mut(place) {
                *slot = value;
            }
        }
        Ok(())
    }
}
