//! The writer `csv`.

use std::fmt::Write;
use std::sync::Arc;

use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::kind::{Frame, Names, Setting, WriterKind, WriterPlan};
use overnight_framework::repository::ChunkError;
use overnight_framework::row::{Row, Schema, Value};
use overnight_framework::step::chunk::{ItemWriter, WriteContext};
use overnight_framework::yaml::{Cursor, Field, Mapping, Shape};

use super::INVALID_FILE;
use super::delimiter::{DELIMITER, delimiter};
use super::part::{Part, PartError, Written};
use crate::steps::columns::{CHOSEN, chosen};
use crate::steps::path::resolve;

/// How many rows make a chunk, unless the step says otherwise. Every chunk waits for the disk: with a thousand rows the copy
/// of a file spends its time there.
const CHUNK: usize = 10_000;

/// Writes rows to a CSV file.
///
/// ```yaml
/// writer:
///   csv: { path: "out/${{ params.day }}/interest.csv", columns: [account, amount] }
/// ```
///
/// The file appears under its name when the step is done, whole, and replaces an earlier one in one go. Until then its rows
/// are in `.NAME.part` beside it, on the disk before each chunk is committed. A restart goes on where the last committed
/// chunk ended. A link is followed and stays; what is no file, such as a pipe, is refused and not replaced. Unless the step
/// says otherwise, a chunk has 10,000 rows.
///
/// Lines end in LF; a field stands in quotes where it needs them; nulls are empty, decimals keep their scale, dates are
/// ISO 8601. Folders are created.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsvWriter;

static SETTINGS: Mapping = Mapping::new(
    "csv-writer",
    "a csv writer",
    "Writes rows to a CSV file, which appears under its name when the step is done, whole. Until then \
     its rows are in `.NAME.part` beside it, on the disk before each chunk is committed.",
    &[
        Field::required(
            "path",
            Shape::Setting(&Shape::Text),
            "The file. A relative path starts at the folder of the job file, and stays inside what stands \
             before the first `${{`. Folders are created.",
        ),
        Field::or("header", "true", Shape::Boolean, "Whether the first line names the columns."),
        DELIMITER,
        Field::optional(
            "columns",
            CHOSEN,
            "The columns to write, in this order; without the key all that the rows have.",
        ),
    ],
)
.example("writer: { csv: { path: \"out/${{ params.day }}/payments.csv\", columns: [id, amount] } }\n");

/// The settings but for the path.
#[derive(Debug)]
struct Layout {
    header: bool,
    delimiter: u8,
    /// The columns to write, by name and place in the row.
    columns: Vec<(Box<str>, usize)>,
}

struct Plan {
    path: Setting,
    layout: Arc<Layout>,
}

struct Writer {
    part: Part,
    layout: Arc<Layout>,
    /// The memory of the last chunk.
    buffer: Vec<u8>,
}

impl WriterKind for CsvWriter {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn errors(&self) -> &'static [&'static str] {
        &[INVALID_FILE]
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&SETTINGS)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>, schema: &Arc<Schema>) -> Option<Box<dyn WriterPlan>> {
        let mut fields = settings.mapping(&SETTINGS)?;
        let path = fields.required("path", |at| names.setting(at));
        let header = fields.or("header", true, Cursor::boolean);
        let delimiter = delimiter(&mut fields);
        let columns = fields.optional("columns", |at| chosen(at, schema));
        fields.finish();
        let columns = columns?.unwrap_or_else(|| schema.names().map(Into::into).collect());
        let placed = columns.into_iter().filter_map(|name| schema.position(&name).map(|place| (name, place)));
        let layout = Layout { header: header?, delimiter: delimiter?, columns: placed.collect() };
        Some(Box::new(Plan { path: path?, layout: Arc::new(layout) }))
    }
}

impl WriterPlan for Plan {
    fn chunk_size(&self) -> usize {
        CHUNK
    }

    fn open(&self, frame: &Frame) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
        let part = Part::new(resolve(&self.path, frame)?)?;
        Ok(Box::new(Writer { part, layout: Arc::clone(&self.layout), buffer: Vec::new() }))
    }
}

impl ItemWriter<Row> for Writer {
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        match from {
            Some(from) => {
                let from: Written = serde_json::from_value(from.clone()).map_err(PartError::Checkpoint)?;
                self.part.go_on(&from)?;
            }
            None => {
                self.part.begin()?;
                if self.layout.header {
                    let header = self.layout.header(std::mem::take(&mut self.buffer))?;
                    self.part.write(&header)?;
                }
                // A first chunk that is rolled back leaves the header.
                self.part.committed();
            }
        }
        Ok(())
    }

    fn write(&mut self, items: &[Row], _: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        let bytes = self.layout.encode(items, std::mem::take(&mut self.buffer)).map_err(ChunkError::Failed)?;
        let written = self.part.write(&bytes);
        self.buffer = bytes;
        written.map_err(|error| ChunkError::Failed(error.into()))
    }

    fn checkpoint(&mut self) -> Result<Option<serde_json::Value>, BatchError> {
        Ok(Some(serde_json::to_value(self.part.flush()?)?))
    }

    fn rolled_back(&mut self) -> Result<(), BatchError> {
        Ok(self.part.roll_back()?)
    }

    fn committed(&mut self) {
        self.part.committed();
    }

    fn finish(&mut self) -> Result<(), BatchError> {
        Ok(self.part.publish()?)
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.part.close();
        Ok(())
    }
}

impl Layout {
    fn header(&self, buffer: Vec<u8>) -> Result<Vec<u8>, BatchError> {
        let mut lines = self.lines(buffer);
        lines.write_record(self.columns.iter().map(|(name, _)| name.as_bytes())).map_err(unwritable)?;
        into_bytes(lines)
    }

    /// The lines of the rows, in the memory of `buffer`.
    fn encode(&self, rows: &[Row], buffer: Vec<u8>) -> Result<Vec<u8>, BatchError> {
        let mut lines = self.lines(buffer);
        let mut text = String::new();
        for row in rows {
            for (_, place) in &self.columns {
                let cell = row.get(*place).unwrap_or(&Value::Null);
                lines.write_field(cell_text(cell, &mut text)).map_err(unwritable)?;
            }
            lines.write_record(None::<&[u8]>).map_err(unwritable)?;
        }
        into_bytes(lines)
    }

    fn lines(&self, mut buffer: Vec<u8>) -> csv::Writer<Vec<u8>> {
        buffer.clear();
        csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(buffer)
    }
}

/// The text of a cell; `text` is memory for it.
fn cell_text<'c>(cell: &'c Value, text: &'c mut String) -> &'c str {
    if let Value::Str(text) = cell {
        return text;
    }
    text.clear();
    // Writing to a string cannot fail.
    let _ = write!(text, "{cell}");
    text
}

fn into_bytes(lines: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, BatchError> {
    lines.into_inner().map_err(|error| BatchError::of(names::IO, error.into_error()))
}

fn unwritable(error: csv::Error) -> BatchError {
    BatchError::of(names::IO, error)
}
