//! The writer `table`.

use std::sync::Arc;

use overnight_db::table::{self, CreateTable, Mode, Session, Table, TableError, TableName, WriteError};
use overnight_db::{Database, chunk_error};
use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::kind::{Frame, Names, WriterKind, WriterPlan};
use overnight_framework::repository::ChunkError;
use overnight_framework::row::{Row, Schema};
use overnight_framework::step::chunk::{ItemWriter, WriteContext};
use overnight_framework::yaml::Cursor;

use super::table_name;
use crate::steps::columns::chosen;
use crate::steps::connections::Connections;
use crate::steps::keyset::store;

/// The chunk of a declared table writer: a COPY has a fixed price that ten thousand rows share.
const CHUNK: usize = 10_000;

/// Writes rows to a table.
///
/// ```yaml
/// writer: { table: { name: account, mode: upsert, key: account_no, create: if_missing } }
/// ```
///
/// In the database with the records the rows commit with the checkpoint of their chunk. A table of another `connection` is
/// written before that, so only `mode: upsert` is allowed there: a chunk that comes again changes nothing.
#[derive(Debug)]
pub struct TableWriter(pub Arc<Connections>);

struct Plan {
    connections: Arc<Connections>,
    connection: Option<String>,
    target: Arc<Target>,
}

/// What is written where.
struct Target {
    name: TableName,
    mode: Mode,
    create: bool,
    /// The columns that are written.
    schema: Arc<Schema>,
    /// Where they stand in the rows, when they are not all.
    places: Option<Vec<usize>>,
}

struct Writer {
    database: Database,
    is_other: bool,
    target: Arc<Target>,
    writer: Option<table::TableWriter>,
    /// The rows of a chunk with the written columns only.
    chosen: Vec<Row>,
}

impl WriterKind for TableWriter {
    fn name(&self) -> &'static str {
        "table"
    }

    fn check(&self, settings: &Cursor<'_>, _: &Names<'_>, schema: &Arc<Schema>) -> Option<Box<dyn WriterPlan>> {
        let mut fields = settings.fields("a table")?;
        let name = fields.required("name", table_name);
        let upsert = fields.or("mode", false, |at| at.one_of(&[("insert", false), ("upsert", true)]));
        let columns = fields.optional("columns", |at| chosen(at, schema));
        let written = columns.clone().map(|columns| written(schema, columns));
        let key = fields.optional("key", |at| chosen(at, written.as_ref()?.0.as_ref()));
        let create = fields.optional("create", |at| at.one_of(&[("if_missing", true)]));
        let connection = self.0.read(&mut fields);
        let at = fields.at().clone();
        fields.finish();
        let (upsert, key, connection, (schema, places)) = (upsert?, key?, connection?, written?);
        if upsert && key.is_none() {
            return at.refuse(at.problem("`mode: upsert` needs a `key`: the columns that say which row it is"));
        }
        if connection.is_some() && !upsert {
            let problem = at.problem("a table of another connection can only be written with `mode: upsert`");
            return at.refuse(problem.help("it does not commit with the checkpoint, so a chunk may come twice"));
        }
        let mode = key.filter(|_| upsert).map_or(Mode::Insert, |key| Mode::Upsert { key });
        let target = Target { name: name?, mode, create: create?.is_some(), schema, places };
        Some(Box::new(Plan { connections: Arc::clone(&self.0), connection, target: Arc::new(target) }))
    }
}

/// The schema of the written columns, and where they stand in the rows.
fn written(schema: &Arc<Schema>, columns: Option<Vec<Box<str>>>) -> (Arc<Schema>, Option<Vec<usize>>) {
    let Some(columns) = columns else { return (Arc::clone(schema), None) };
    let places: Vec<_> = columns.iter().filter_map(|name| schema.position(name)).collect();
    let chosen = places.iter().filter_map(|place| schema.columns().get(*place).cloned()).collect();
    (Schema::new(chosen), Some(places))
}

impl WriterPlan for Plan {
    fn chunk_size(&self) -> usize {
        CHUNK
    }

    fn open(&self, _: &Frame) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
        let database = self.connections.database(self.connection.as_deref())?;
        let is_other = self.connection.is_some();
        let target = Arc::clone(&self.target);
        Ok(Box::new(Writer { database, is_other, target, writer: None, chosen: Vec::new() }))
    }
}

impl Target {
    /// Compares the rows with the catalogue, before the first of them.
    fn prepare(&self, mut session: Session<'_>) -> Result<table::TableWriter, TableError> {
        if self.create {
            let key = match &self.mode {
                Mode::Upsert { key } => key.as_slice(),
                Mode::Insert => &[],
            };
            CreateTable { name: &self.name, schema: &self.schema, key }.if_missing(session.reborrow())?;
        }
        let table = Table::describe(session, &self.name)?;
        table::TableWriter::new(&table, &self.schema, self.mode.clone())
    }
}

impl ItemWriter<Row> for Writer {
    fn open(&mut self, _: Option<&serde_json::Value>) -> Result<(), BatchError> {
        let prepared = self.database.write(|connection| self.target.prepare(connection.into())).map_err(store)?;
        self.writer = Some(prepared.map_err(|error| BatchError::of(names::INVALID_VALUE, error))?);
        Ok(())
    }

    fn check(&self, items: &[Row]) -> Vec<(usize, BatchError)> {
        let Some(writer) = &self.writer else { return Vec::new() };
        let refused = match &self.target.places {
            Some(places) => writer.check(&items.iter().map(|row| choose(row, places)).collect::<Vec<_>>()),
            None => writer.check(items),
        };
        refused.into_iter().map(|error| (error.index, BatchError::new(names::INVALID_ROW, error.to_string()))).collect()
    }

    fn write(&mut self, items: &[Row], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        let Self { database, target, writer: Some(writer), chosen, .. } = self else { return Ok(()) };
        let rows = match &target.places {
            Some(places) => {
                chosen.clear();
                chosen.extend(items.iter().map(|row| choose(row, places)));
                chosen.as_slice()
            }
            None => items,
        };
        if self.is_other {
            let written = database.write(|connection| writer.write(connection, rows))?;
            return written.map(drop).map_err(refused);
        }
        let session = Session::from_any(context.transaction.connection()).ok_or_else(|| {
            ChunkError::Failed(BatchError::new(names::STORE_ERROR, "this store has no tables of a database"))
        })?;
        writer.write(session, rows).map(drop).map_err(refused)
    }
}

fn choose(row: &Row, places: &[usize]) -> Row {
    places.iter().map(|place| row.get(*place).cloned().unwrap_or_default()).collect()
}

fn refused(error: WriteError) -> ChunkError {
    match error {
        WriteError::Database(error) => chunk_error(error),
        WriteError::Rows(_) => ChunkError::Data(BatchError::of(names::INVALID_ROW, error)),
        error => ChunkError::Failed(BatchError::of(names::STORE_ERROR, error)),
    }
}
