//! The writer `table`.

use std::sync::Arc;
use std::thread;

use overnight_db::Session;
use overnight_db::table::{self, Encoder, RowError, TableName, WriteError};
use overnight_db::{Database, chunk_error};
use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::kind::{Frame, Names, WriterKind, WriterPlan};
use overnight_framework::repository::ChunkError;
use overnight_framework::row::{Row, Schema};
use overnight_framework::step::chunk::{Encoded, ItemEncoder, ItemWriter, WriteContext};
use overnight_framework::yaml::{Cursor, Shape};

use super::INVALID_TABLE;
use super::settings::{SETTINGS, Target};
use crate::steps::connections::{Connections, store_error, table_error};

/// The chunk of a declared table writer: a COPY has a fixed price that ten thousand rows share.
const CHUNK: usize = 10_000;

/// Writes rows to a table.
///
/// ```yaml
/// writer: { table: { name: account, mode: upsert, key: account_no, create: if_missing } }
/// ```
///
/// In the database with the records the rows commit with the checkpoint of their chunk: exactly once. A table of another
/// `connection` is written before that, so only `mode: upsert` is allowed there: a chunk that comes again changes nothing.
///
/// Before the first row the columns are compared with the catalogue, and every cell is checked before the database sees it: a
/// null, too many digits or too long a text is an `InvalidRow` that the step may skip. The columns default to all of the row.
/// With `create: if_missing` a table that is not there is made for the rows, with `key` as its primary key.
#[derive(Debug)]
pub struct TableWriter(pub Arc<Connections>);

struct Plan {
    connections: Arc<Connections>,
    target: Arc<Target>,
}

struct Writer {
    database: Database,
    target: Arc<Target>,
    writer: Option<table::TableWriter>,
    /// For the parts of a chunk that was refused, which nobody encoded.
    parts: table::Encoded,
}

/// Makes rows what the database takes.
struct RowEncoder(Encoder);

impl WriterKind for TableWriter {
    fn name(&self) -> &'static str {
        "table"
    }

    fn errors(&self) -> &'static [&'static str] {
        &[INVALID_TABLE]
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&SETTINGS)
    }

    fn check(&self, settings: &Cursor<'_>, _: &Names<'_>, schema: &Arc<Schema>) -> Option<Box<dyn WriterPlan>> {
        let target = Target::read(settings, &self.0, schema)?;
        Some(Box::new(Plan { connections: Arc::clone(&self.0), target: Arc::new(target) }))
    }
}

impl WriterPlan for Plan {
    fn chunk_size(&self) -> usize {
        CHUNK
    }

    fn open(&self, _: &Frame) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
        let database = self.connections.database(self.target.connection.as_deref())?;
        Ok(Box::new(Writer {
            database,
            target: Arc::clone(&self.target),
            writer: None,
            parts: table::Encoded::default(),
        }))
    }
}

impl ItemWriter<Row> for Writer {
    fn open(&mut self, _: Option<&serde_json::Value>) -> Result<(), BatchError> {
        let prepared = self.database.write(|session| self.target.prepare(session)).map_err(store_error)?;
        self.writer = Some(prepared.map_err(table_error)?);
        Ok(())
    }

    fn encoder(&self) -> Option<Box<dyn ItemEncoder<Row>>> {
        Some(Box::new(RowEncoder(self.writer.as_ref()?.encoder())))
    }

    fn write(&mut self, items: &[Row], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        let Self { database, target, writer: Some(writer), parts } = self else { return Err(not_open()) };
        let encoded = match context.encoded.and_then(|encoded| encoded.downcast_ref()) {
            Some(encoded) => encoded,
            None => {
                let refused = writer.encoder().encode(items, parts);
                refused.into_iter().next().map_or(Ok(&*parts), |error| Err(ChunkError::Data(invalid_row(error))))?
            }
        };
        if target.connection.is_some() {
            return write_elsewhere(database, (writer, &target.name), encoded);
        }
        let session = Session::from_any(context.transaction.connection()).ok_or_else(|| {
            ChunkError::Failed(BatchError::new(names::STORE_ERROR, "this store has no tables of a database"))
        })?;
        let taken = send(writer, session, encoded).map_err(|error| refused(error, &target.name))?;
        target.check_taken(taken, encoded.rows()).map_err(ChunkError::Failed)
    }
}

impl ItemEncoder<Row> for RowEncoder {
    fn encode(&mut self, items: &[Row], into: &mut Encoded) -> Vec<(usize, BatchError)> {
        let mut encoded: Box<table::Encoded> =
            into.take().and_then(|memory| memory.downcast().ok()).unwrap_or_default();
        let refused = self.0.encode(items, &mut encoded);
        *into = Some(encoded);
        refused.into_iter().map(|error| (error.index, invalid_row(error))).collect()
    }
}

fn invalid_row(error: RowError) -> BatchError {
    BatchError::of(names::INVALID_ROW, error)
}

/// Sends the rows, and has everything checked while it can still be told which of them is at fault.
fn send(writer: &table::TableWriter, mut session: Session<'_>, encoded: &table::Encoded) -> Result<u64, WriteError> {
    let taken = writer.write_encoded(session.reborrow(), encoded)?;
    writer.check_deferred(session)?;
    Ok(taken)
}

/// Writes in a transaction of another database. On a thread of its own, because that of an open chunk may ask for no second
/// connection that writes.
fn write_elsewhere(
    database: &Database,
    (writer, name): (&table::TableWriter, &TableName),
    encoded: &table::Encoded,
) -> Result<(), ChunkError> {
    let write = || {
        let written = database.write(|session| session.in_transaction(|session| send(writer, session, encoded)));
        written?.map(drop).map_err(|error| refused(error, name))
    };
    let panicked = |panic: Box<dyn std::any::Any + Send>| Err(ChunkError::Failed(BatchError::panicked(panic.as_ref())));
    thread::scope(|scope| scope.spawn(write).join().unwrap_or_else(panicked))
}

/// A constraint is told with its table: SQLite names one of them without the other.
fn refused(error: WriteError, name: &TableName) -> ChunkError {
    match error {
        WriteError::Database(error) => match chunk_error(error) {
            ChunkError::Data(error) => {
                let message = format!("table {name} refuses the record");
                ChunkError::Data(BatchError::new(error.name().to_owned(), message).with_source(error))
            }
            error => error,
        },
        WriteError::Rows(_) => ChunkError::Data(BatchError::of(names::INVALID_ROW, error)),
        error => ChunkError::Failed(BatchError::of(names::STORE_ERROR, error)),
    }
}

fn not_open() -> ChunkError {
    ChunkError::Failed(BatchError::new(names::STORE_ERROR, "the table is not open"))
}
