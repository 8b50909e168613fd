//! The reader `csv`.

use std::path::PathBuf;
use std::sync::Arc;

use overnight_framework::BatchError;
use overnight_framework::kind::{Frame, Names, ReaderKind, ReaderPlan, Setting};
use overnight_framework::monitor::Extent;
use overnight_framework::row::{Row, Schema};
use overnight_framework::step::chunk::{Batch, ChunkSource, Fill, Locate};
use overnight_framework::yaml::{Cursor, Field, Mapping, Shape};

use super::INVALID_FILE;
use super::delimiter::DELIMITER;
use super::error::FileError;
use super::layout::{Layout, UNPIVOT};
use super::mark::Position;
use super::reading::{self, Reading};
use crate::steps::columns::COLUMNS_OF_FILE;
use crate::steps::path::resolve;

/// Reads rows from a CSV file.
///
/// ```yaml
/// reader:
///   csv:
///     path: data/${{ params.day }}/transactions.csv
///     columns:
///       tx_id: integer
///       booked_on: { type: date, from: Booking Date }
///       memo: { type: string, nullable: true }
/// ```
///
/// Columns are found by the names of the header, in any order; the header may have others. A record with a bad cell, or
/// with more or fewer fields than the first one, with text behind a closing quote or with a lone carriage return, is an
/// `InvalidRow`, which the step may skip; its text goes into the dead letter. Its place is the line on which it begins, or
/// where the bad cell begins: line and column, in characters, as an editor has them. An empty cell, and an empty line in a
/// file of one column, is null in a column that is `nullable`, an empty text in one of texts, and bad in any other. A header
/// without a column that is asked for, a quote that is never closed and a file that changed between two runs are errors of
/// the file, which fail the step.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsvReader;

static SETTINGS: Mapping = Mapping::new(
    "csv-reader",
    "a csv reader",
    "Reads rows from a CSV file, and restarts at any record. A record with a bad cell or with another \
     number of fields is an `InvalidRow`, which the step may skip; what is wrong with the file as a \
     whole fails the step with `InvalidFile`.",
    &[
        Field::required(
            "path",
            Shape::Setting(&Shape::Text),
            "The file. A relative path starts at the folder of the job file, and stays inside what stands \
             before the first `${{`.",
        ),
        Field::or(
            "header",
            "true",
            Shape::Boolean,
            "Whether the first record names the columns; without it they are found by their number.",
        ),
        DELIMITER,
        Field::required(
            "columns",
            COLUMNS_OF_FILE,
            "The columns to read, each with its type; the file may have others.",
        ),
        Field::optional("unpivot", Shape::Mapping(&UNPIVOT), "Reads a wide file: one row for each cell."),
    ],
)
.example(
    "\
reader:
  csv:
    path: data/${{ params.day }}/transactions.csv
    columns:
      tx_id: integer
      booked_on: { type: date, from: Booking Date }
      memo: { type: string, nullable: true }
",
);

struct Plan {
    path: Setting,
    layout: Arc<Layout>,
}

struct Source {
    path: PathBuf,
    layout: Arc<Layout>,
    reading: Option<Reading>,
}

impl ReaderKind for CsvReader {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn errors(&self) -> &'static [&'static str] {
        &[INVALID_FILE]
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&SETTINGS)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn ReaderPlan>> {
        let mut fields = settings.mapping(&SETTINGS)?;
        let path = fields.required("path", |at| names.setting(at));
        let layout = Layout::read(&mut fields);
        fields.finish();
        Some(Box::new(Plan { path: path?, layout: Arc::new(layout?) }))
    }
}

impl ReaderPlan for Plan {
    fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.layout.schema)
    }

    fn open(&self, frame: &Frame) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        let path = resolve(&self.path, frame)?;
        Ok(Box::new(Source { path, layout: Arc::clone(&self.layout), reading: None }))
    }
}

impl ChunkSource<Row> for Source {
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        let position = from.map(|from| serde_json::from_value::<Position>(from.clone()));
        let position = position.transpose().map_err(FileError::Checkpoint)?;
        self.reading = Some(Reading::open(&self.path, &self.layout, position)?);
        Ok(())
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        let reading = self.reading.as_mut().ok_or_else(|| BatchError::new(INVALID_FILE, "the file is not open"))?;
        Ok(reading.fill(limit, batch)?)
    }

    fn checkpoint(&self) -> serde_json::Value {
        let position = self.reading.as_ref().and_then(|reading| serde_json::to_value(reading.position()).ok());
        position.unwrap_or_default()
    }

    fn extent(&self) -> Option<Extent> {
        self.reading.as_ref().map(Reading::extent)
    }

    fn locator(&self) -> Locate {
        reading::locator(&self.path)
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.reading = None;
        Ok(())
    }
}
