//! The writer `table`.

use std::cell::RefCell;
use std::sync::Arc;
use std::thread;

use overnight_db::table::{self, Encoded, RowError, Session, WriteError};
use overnight_db::{Database, chunk_error};
use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::kind::{Frame, Names, WriterKind, WriterPlan};
use overnight_framework::repository::ChunkError;
use overnight_framework::row::{Row, Schema};
use overnight_framework::step::chunk::{ItemWriter, WriteContext};
use overnight_framework::yaml::Cursor;

use super::INVALID_TABLE;
use super::settings::Target;
use crate::steps::connections::{Connections, in_transaction, store_error};

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
    /// The chunk as the database takes it. Checking the rows makes it, so that each is encoded once; a `RefCell`, because
    /// whoever checks changes nothing.
    ready: RefCell<Ready>,
}

/// Encoded rows, and whose they are.
#[derive(Debug, Default)]
struct Ready {
    /// Where the rows stand in memory, and how many they are. Forgotten at the end of their chunk, because others may stand
    /// there then.
    of: Option<(usize, usize)>,
    encoded: Encoded,
    /// Memory for rows with the written columns only.
    rows: Vec<Row>,
}

impl WriterKind for TableWriter {
    fn name(&self) -> &'static str {
        "table"
    }

    fn errors(&self) -> &'static [&'static str] {
        &[INVALID_TABLE]
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
        Ok(Box::new(Writer { database, target: Arc::clone(&self.target), writer: None, ready: RefCell::default() }))
    }
}

impl ItemWriter<Row> for Writer {
    fn open(&mut self, _: Option<&serde_json::Value>) -> Result<(), BatchError> {
        let prepared = self.database.write(|connection| self.target.prepare(connection.into())).map_err(store_error)?;
        self.writer = Some(prepared.map_err(|error| BatchError::of(INVALID_TABLE, error))?);
        Ok(())
    }

    fn check(&self, items: &[Row]) -> Vec<(usize, BatchError)> {
        let refused = self.encode(items);
        refused.into_iter().map(|error| (error.index, BatchError::of(names::INVALID_ROW, error))).collect()
    }

    fn write(&mut self, items: &[Row], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        if self.ready.borrow().of != Some(place(items, 0)) {
            let refused = self.encode(items);
            if let Some(error) = refused.into_iter().next() {
                return Err(ChunkError::Data(BatchError::of(names::INVALID_ROW, error)));
            }
        }
        let Self { database, target, writer: Some(writer), ready } = self else { return Err(not_open()) };
        let encoded = &ready.get_mut().encoded;
        if target.connection.is_some() {
            return write_elsewhere(database, writer, encoded);
        }
        let session = Session::from_any(context.transaction.connection()).ok_or_else(|| {
            ChunkError::Failed(BatchError::new(names::STORE_ERROR, "this store has no tables of a database"))
        })?;
        writer.write_encoded(session, encoded).map(drop).map_err(refused)
    }

    fn committed(&mut self) {
        self.ready.get_mut().of = None;
    }
}

impl Writer {
    /// Encodes the rows and answers what is wrong with those that were left out.
    fn encode(&self, items: &[Row]) -> Vec<RowError> {
        let Some(writer) = &self.writer else { return Vec::new() };
        let Ready { of, encoded, rows } = &mut *self.ready.borrow_mut();
        let refused = writer.encoder().encode(self.target.rows(items, rows), encoded);
        *of = Some(place(items, refused.len()));
        refused
    }
}

/// Where rows stand in memory, and how many are left of them without those that were refused.
fn place(items: &[Row], refused: usize) -> (usize, usize) {
    (items.as_ptr().addr(), items.len() - refused)
}

/// Writes in a transaction of another database. On a thread of its own, because that of an open chunk may ask for no second
/// connection that writes.
fn write_elsewhere(database: &Database, writer: &table::TableWriter, encoded: &Encoded) -> Result<(), ChunkError> {
    let write = || {
        let written = database
            .write(|connection| in_transaction(connection.into(), |session| writer.write_encoded(session, encoded)));
        written?.map(drop).map_err(refused)
    };
    let panicked = |panic: Box<dyn std::any::Any + Send>| Err(ChunkError::Failed(BatchError::panicked(panic.as_ref())));
    thread::scope(|scope| scope.spawn(write).join().unwrap_or_else(panicked))
}

fn refused(error: WriteError) -> ChunkError {
    match error {
        WriteError::Database(error) => chunk_error(error),
        WriteError::Rows(_) => ChunkError::Data(BatchError::of(names::INVALID_ROW, error)),
        error => ChunkError::Failed(BatchError::of(names::STORE_ERROR, error)),
    }
}

fn not_open() -> ChunkError {
    ChunkError::Failed(BatchError::new(names::STORE_ERROR, "the table is not open"))
}
