//! Reading an open file chunk by chunk: plain rows, or the cells of a wide file.

use std::path::Path;
use std::sync::Arc;

use overnight_framework::BatchError;
use overnight_framework::monitor::Extent;
use overnight_framework::repository::Payload;
use overnight_framework::row::{Row, Value};
use overnight_framework::step::chunk::{BadItem, Batch, Fill, Locate};
use serde_json::json;

use super::cell::{Cell, CellReader};
use super::error::{FileError, Flaw, RecordError};
use super::fields::Cells;
use super::header::Head;
use super::layout::{Column, Layout};
use super::mark::{Mark, Position};
use super::records::Records;
use super::unpivot::Wide;

/// How many bits of a place are its column: those of a million characters, and lines for 16 TB.
const COLUMN_BITS: u32 = 20;

/// How many bytes of a file make a chunk at most, but for the end of its last record: of long records fewer are held in memory.
const CHUNK_BYTES: u64 = 16 << 20;

/// A file while it is read.
pub(super) struct Reading {
    records: Records,
    shape: Shape,
    width: usize,
    /// How many bytes the file had when it was opened.
    size: u64,
    /// The position of the last checkpoint, or of the beginning.
    position: Position,
    /// How many records were begun.
    begun: u64,
    /// How many cells of the current record were given; none is current when it is not wide, or at its end.
    cell: Option<usize>,
}

/// What becomes of a record.
enum Shape {
    /// One row.
    Plain(Vec<Bound>),
    /// A row for each cell of the columns that are not kept.
    Wide(Wide),
}

/// A column, bound to a field.
pub(super) struct Bound {
    name: Box<str>,
    /// From 0.
    pub(super) field: usize,
    cells: CellReader,
}

impl Bound {
    pub(super) fn new(column: &Column, field: usize) -> Self {
        let column = &column.declared.column;
        Self { name: column.name.clone(), field, cells: CellReader::new(column.kind, column.nullable) }
    }

    /// The same under another name in messages.
    pub(super) fn called(self, name: Box<str>) -> Self {
        Self { name, ..self }
    }

    #[inline]
    pub(super) fn read(&self, cells: &Cells<'_>) -> Result<Value, RecordError> {
        let cell = cells.get(self.field);
        self.cells.read(cell).map_err(|flaw| self.wrong(cell, flaw))
    }

    #[inline]
    fn read_over(&self, cells: &Cells<'_>, earlier: &mut Value) -> Result<(), RecordError> {
        let cell = cells.get(self.field);
        self.cells.read_over(cell, earlier).map_err(|flaw| self.wrong(cell, flaw))
    }

    #[cold]
    fn wrong(&self, cell: Cell<'_>, flaw: Flaw) -> RecordError {
        RecordError::Cell { column: self.name.clone(), field: self.field + 1, flaw, cell: cell.bytes().into() }
    }
}

impl Reading {
    /// Opens the file at its beginning, or where a checkpoint says.
    pub(super) fn open(path: &Path, layout: &Layout, from: Option<Position>) -> Result<Self, FileError> {
        let mut records = Records::open(path, layout.delimiter)?;
        let head = Head::read(&mut records, layout)?;
        let shape = match &layout.unpivot {
            Some(unpivot) => Shape::Wide(Wide::bind(path, layout, unpivot, &head)?),
            None => {
                let bound = |column| Ok(Bound::new(column, head.field(path, column, layout.by)?));
                Shape::Plain(layout.columns.iter().map(bound).collect::<Result<_, FileError>>()?)
            }
        };
        let width = head.width;
        let position = match from {
            Some(position) => {
                position.check(&records, &head.sha256)?;
                position
            }
            None => beginning(head),
        };
        let size = records.size()?;
        let mut records = records.of_width(width);
        records.resume_at(position.place(), position.crc32)?;
        let mut reading = Self { records, shape, width, size, begun: position.record, position, cell: None };
        reading.return_into_record()?;
        Ok(reading)
    }

    /// Adds at most `limit` rows and bad records, and fewer where they are long.
    pub(super) fn fill(&mut self, limit: usize, batch: &mut Batch<Row>) -> Result<Fill, FileError> {
        let mut bytes = 0;
        while batch.len() < limit && bytes < CHUNK_BYTES {
            if self.cell.is_none() {
                if !self.records.read()? {
                    self.mark_last()?;
                    self.settle();
                    return Ok(Fill::End);
                }
                bytes += self.records.extent().1;
            }
            match &mut self.shape {
                Shape::Plain(columns) => {
                    self.begun += 1;
                    let mut row = batch.spare.pop().unwrap_or_default();
                    match plain_row(&self.records, self.width, columns, &mut row) {
                        Ok(()) => batch.push(place_of_record(&self.records), row),
                        Err(error) => refuse(&self.records, error, batch),
                    }
                }
                Shape::Wide(wide) => {
                    let first = self.cell.unwrap_or_else(|| {
                        self.begun += 1;
                        0
                    });
                    self.cell = wide_rows(&self.records, self.width, (wide, first), limit, batch);
                }
            }
        }
        self.settle();
        self.position.mark = Some(Mark::of(self.records.start().offset, self.records.raw()));
        Ok(Fill::More)
    }

    /// How many bytes of the file were read.
    pub(super) fn extent(&self) -> Extent {
        let done = self.position.offset;
        Extent { done, of: self.size.max(done) }
    }

    /// The position after everything that was read.
    pub(super) fn position(&self) -> &Position {
        &self.position
    }

    /// Marks the last record at the end of the file, where its bytes may have left the memory.
    fn mark_last(&mut self) -> Result<(), FileError> {
        if self.begun > self.position.record {
            let extent = self.records.extent();
            self.position.mark = Some(Mark::of(extent.0, &self.records.bytes_at(extent)?));
        }
        Ok(())
    }

    /// Makes where the reading stands the position.
    fn settle(&mut self) {
        let (place, record) = match self.cell {
            Some(_) => (self.records.start(), self.begun - 1),
            None => (self.records.end(), self.begun),
        };
        let position = &mut self.position;
        (position.offset, position.line, position.record) = (place.offset, place.line, record);
        position.cell = self.cell.unwrap_or_default();
        position.crc32 = Some(self.records.sum(self.cell.is_none()));
    }

    /// Reads the record again of which some cells were taken already.
    fn return_into_record(&mut self) -> Result<(), FileError> {
        let Shape::Wide(wide) = &mut self.shape else { return Ok(()) };
        if self.position.cell == 0 {
            return Ok(());
        }
        let readable = self.records.read()? && wide.begin(&self.records).is_ok();
        if !readable || self.records.len() != self.width || self.position.cell >= wide.rows() {
            let path = self.records.path().to_owned();
            return Err(FileError::Changed { path, how: "the record that was begun is another one" });
        }
        self.begun += 1;
        self.cell = Some(self.position.cell);
        Ok(())
    }
}

fn beginning(Head { sha256: head, body, .. }: Head) -> Position {
    Position { offset: body.offset, line: body.line, record: 0, cell: 0, head, mark: None, crc32: None }
}

fn plain_row(records: &Records, width: usize, columns: &[Bound], row: &mut Row) -> Result<(), RecordError> {
    check_form(records, width)?;
    let cells = records.cells().as_text();
    row.resize(columns.len(), Value::Null);
    for (column, cell) in columns.iter().zip(row) {
        column.read_over(&cells, cell)?;
    }
    Ok(())
}

fn check_form(records: &Records, expected: usize) -> Result<(), RecordError> {
    records.check()?;
    let found = records.len();
    if found == expected { Ok(()) } else { Err(RecordError::Width { expected, found }) }
}

/// Adds rows of the current record from the cell `first` on, and answers the cell to go on with, if there are more.
fn wide_rows(
    records: &Records,
    width: usize,
    (wide, first): (&mut Wide, usize),
    limit: usize,
    batch: &mut Batch<Row>,
) -> Option<usize> {
    if first == 0
        && let Err(error) = check_form(records, width).and_then(|()| wide.begin(records))
    {
        refuse(records, error, batch);
        return None;
    }
    let last = wide.rows().min(first + limit.saturating_sub(batch.len()));
    for cell in first..last {
        let mut row = batch.spare.pop().unwrap_or_default();
        match wide.row(cell, records, &mut row) {
            Ok(()) => batch.push(wide.place(cell), row),
            Err(error) => refuse_at(wide.place(cell), records, error, batch),
        }
    }
    (last < wide.rows()).then_some(last)
}

/// Hands the current record over as a bad one, with its text, at the place of its bad cell.
#[cold]
fn refuse(records: &Records, error: RecordError, batch: &mut Batch<Row>) {
    let cell = match &error {
        RecordError::Cell { field, .. } => records.places().nth(field - 1),
        RecordError::Width { .. } | RecordError::BehindQuote { .. } | RecordError::CarriageReturn => None,
    };
    refuse_at(cell.map_or_else(|| place_of_record(records), place), records, error, batch);
}

fn refuse_at(place: u64, records: &Records, error: RecordError, batch: &mut Batch<Row>) {
    let text = records.raw();
    let text = text.strip_suffix(b"\r\n").or_else(|| text.strip_suffix(b"\n")).unwrap_or(text);
    let payload = Payload { kind: "csv", bytes: text.to_vec() };
    batch.bad.push(BadItem { place, payload, error: BatchError::from(error) });
}

/// Line and column, from 1, in one number.
pub(super) fn place((line, column): (u64, u64)) -> u64 {
    line << COLUMN_BITS | column.min((1 << COLUMN_BITS) - 1)
}

/// A column of 0 stands for the whole record.
fn place_of_record(records: &Records) -> u64 {
    place((records.start().line, 0))
}

/// Takes such a number apart again.
pub(super) fn locator(path: &Path) -> Locate {
    let file = path.display().to_string();
    Arc::new(move |place| {
        let (line, column) = (place >> COLUMN_BITS, place & ((1 << COLUMN_BITS) - 1));
        match column {
            0 => json!({ "file": file, "line": line }),
            column => json!({ "file": file, "line": line, "column": column }),
        }
    })
}
