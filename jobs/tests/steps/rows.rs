//! Readers and writers of rows out of their settings, and what they are tried with.

use std::any::Any;
use std::sync::Arc;

use overnight::BatchError;
use overnight::execution::{ExecutionId, StepExecutionId};
use overnight::kind::{ReaderKind, ReaderPlan, WriterKind, WriterPlan};
use overnight::repository::{ChunkCommit, ChunkError, ChunkTransaction, Committed, DeadLetter, Payload};
use overnight::row::{Row, Schema};
use overnight::step::chunk::{ChunkParts, ChunkSource, ChunkStep, Describe, ItemWriter, PassThrough, WriteContext};
use overnight::yaml::Problems;

use super::runs::{Folder, checked};

pub(crate) fn reader_plan(kind: &dyn ReaderKind, settings: &str) -> Result<Box<dyn ReaderPlan>, Problems> {
    checked(settings, |at, names| kind.check(at, names))
}

pub(crate) fn writer_plan(
    kind: &dyn WriterKind,
    settings: &str,
    schema: &Arc<Schema>,
) -> Result<Box<dyn WriterPlan>, Problems> {
    checked(settings, |at, names| kind.check(at, names, schema))
}

/// The reader that `settings` describe.
pub(crate) fn reader(
    kind: &dyn ReaderKind,
    settings: &str,
    folder: &Folder,
) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
    reader_plan(kind, settings).unwrap().open(&folder.frame())
}

/// The writer that `settings` describe.
pub(crate) fn writer(
    kind: &dyn WriterKind,
    settings: &str,
    schema: &Arc<Schema>,
    folder: &Folder,
) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
    writer_plan(kind, settings, schema).unwrap().open(&folder.frame())
}

/// The transaction of a writer that does not use it.
struct Elsewhere;

impl ChunkTransaction for Elsewhere {
    fn connection(&mut self) -> &mut dyn Any {
        self
    }

    fn savepoint(&mut self, _: &str) -> Result<(), ChunkError> {
        Ok(())
    }

    fn rollback_to(&mut self, _: &str) -> Result<(), ChunkError> {
        Ok(())
    }

    fn release(&mut self, _: &str) -> Result<(), ChunkError> {
        Ok(())
    }

    fn dead_letters(&mut self, _: &[DeadLetter]) -> Result<(), ChunkError> {
        Ok(())
    }

    fn commit(self: Box<Self>, _: &ChunkCommit) -> Result<Committed, ChunkError> {
        Ok(Committed::default())
    }
}

/// Writes rows with a writer to another store than that of the records.
pub(crate) fn write_elsewhere(writer: &mut dyn ItemWriter<Row>, rows: &[Row]) -> Result<(), ChunkError> {
    let mut context = WriteContext {
        transaction: &mut Elsewhere,
        execution: ExecutionId(1),
        step: StepExecutionId(1),
        token: 1,
        chunk: 1,
        encoded: None,
    };
    writer.write(rows, &mut context)
}

/// A step that copies the rows of a reader as they are. A dead letter of the writer holds the row as JSON.
pub(crate) fn copy(
    reader: impl Into<Arc<Box<dyn ReaderPlan>>>,
    writer: Box<dyn WriterPlan>,
    folder: &Folder,
) -> ChunkStep {
    let (reader, frame) = (reader.into(), folder.frame());
    let schema = reader.schema();
    let describe: Describe<Row> =
        Arc::new(move |row: &Row| Payload { kind: "json", bytes: schema.to_json(row).to_string().into_bytes() });
    ChunkStep::new(move |_| {
        let (reader, writer) = (reader.open(&frame)?, writer.open(&frame)?);
        Ok(ChunkParts::of_chunks(reader, Box::new(PassThrough), writer, Arc::clone(&describe)))
    })
}
