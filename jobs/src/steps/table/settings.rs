//! The settings of the writer `table`.

use std::sync::Arc;

use overnight_db::Session;
use overnight_db::table::{CreateTable, Mode, Table, TableError, TableName, TableWriter};
use overnight_framework::BatchError;
use overnight_framework::row::Schema;
use overnight_framework::yaml::{Code, Cursor, Field, Mapping, Shape};

use super::{INVALID_TABLE, table_name};
use crate::steps::columns::{CHOSEN, chosen};
use crate::steps::connections::{CONNECTION, Connections};

/// The settings of the writer.
pub(super) static SETTINGS: Mapping = Mapping::new(
    "table-writer",
    "a table writer",
    "Writes rows to a table. In the database with the records they commit together with the \
     checkpoint of their chunk: exactly once. Before the first row the columns are compared with the \
     catalogue.",
    &[
        Field::required("name", Shape::FilledText, "The table, with its schema where it needs one: `ledger.account`."),
        Field::or(
            "mode",
            "insert",
            Shape::Word(&["insert", "upsert"]),
            "`insert`: every row is new. `upsert`: one whose `key` is there already replaces the row.",
        ),
        Field::optional("columns", CHOSEN, "The columns to write; without the key all that the rows have."),
        Field::optional(
            "key",
            CHOSEN,
            "The columns that say which row it is: for `upsert`, and as primary key of a table to be created.",
        ),
        Field::optional("create", Shape::Word(&["if_missing"]), "Makes the table for the rows where it is not there."),
        CONNECTION,
    ],
)
.example("writer: { table: { name: account, mode: upsert, key: id, create: if_missing } }\n");

/// The words of `mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Insert,
    Upsert,
}

/// What is written where.
#[derive(Debug)]
pub(super) struct Target {
    /// The database, where it is not the one with the records.
    pub(super) connection: Option<String>,
    pub(super) name: TableName,
    mode: Mode,
    /// The primary key of a table to be created; none where the table has to be there.
    create: Option<Vec<Box<str>>>,
    /// The columns that are written.
    schema: Arc<Schema>,
    /// Where the cell of each stands in the rows.
    places: Vec<usize>,
}

impl Target {
    /// Reads the settings for rows of `schema`.
    pub(super) fn read(settings: &Cursor<'_>, connections: &Connections, schema: &Arc<Schema>) -> Option<Self> {
        let mut fields = settings.mapping(&SETTINGS)?;
        let name = fields.required("name", table_name);
        let mode =
            fields.or("mode", Word::Insert, |at| at.one_of(&[("insert", Word::Insert), ("upsert", Word::Upsert)]));
        let columns = fields.optional("columns", |at| chosen(at, schema));
        let written = columns.map(|columns| written(schema, columns));
        let key = fields.optional("key", |at| chosen(at, &written.as_ref()?.0));
        let create = fields.optional("create", |at| at.one_of(&[("if_missing", ())]));
        let connection = connections.read(&mut fields);
        let at = fields.at().clone();
        fields.finish();
        let (mode, key, create, connection) = (mode?, key?, create?.is_some(), connection?);
        check(&at, mode, (key.is_some(), create, connection.is_some()))?;
        let (schema, places) = written?;
        let key = key.unwrap_or_default();
        let create = create.then(|| key.clone());
        let mode = match mode {
            Word::Insert => Mode::Insert,
            Word::Upsert => Mode::Upsert { key },
        };
        Some(Self { connection, name: name?, mode, create, schema, places })
    }

    /// Refuses a table that took fewer rows than it was given. An upsert is not counted: a row that is there already may be none.
    pub(super) fn check_taken(&self, taken: u64, given: usize) -> Result<(), BatchError> {
        if self.mode != Mode::Insert || taken >= given as u64 {
            return Ok(());
        }
        let message =
            format!("the table {} took {taken} of {given} rows: a trigger or a rule left the others out", self.name);
        let help = "let the trigger raise an error for a row that is bad, which `skip` puts aside; \
                    where rows go elsewhere on purpose, write `mode: upsert`, which does not count them";
        Err(BatchError::new(INVALID_TABLE, message).with_help(help))
    }

    /// Compares the rows with the catalogue, before the first of them.
    pub(super) fn prepare(&self, mut session: Session<'_>) -> Result<TableWriter, TableError> {
        if let Some(key) = &self.create {
            CreateTable { name: &self.name, schema: &self.schema, key }.if_missing(session.reborrow())?;
        }
        let table = Table::describe(session, &self.name)?.lasting()?;
        TableWriter::of_cells(&table, (&self.schema, &self.places), self.mode.clone())
    }
}

/// Which settings go with which.
fn check(at: &Cursor<'_>, mode: Word, (has_key, creates, is_other): (bool, bool, bool)) -> Option<()> {
    match mode {
        Word::Upsert if !has_key => at.refuse(
            at.problem("`mode: upsert` needs a `key`: the columns that say which row it is").code(Code::Contradiction),
        ),
        Word::Insert if has_key && !creates => {
            let problem = at
                .problem("`key` has no meaning for `mode: insert` into a table that is there")
                .code(Code::Contradiction);
            at.refuse(problem.help("write `mode: upsert`, or `create: if_missing` to make it the primary key"))
        }
        Word::Insert if is_other => {
            let problem = at
                .problem("a table of another connection can only be written with `mode: upsert`")
                .code(Code::Contradiction);
            at.refuse(problem.help("it does not commit with the checkpoint, so a chunk may come twice"))
        }
        Word::Insert | Word::Upsert => Some(()),
    }
}

/// The schema of the written columns, and where the cell of each stands in the rows.
fn written(schema: &Arc<Schema>, columns: Option<Vec<Box<str>>>) -> (Arc<Schema>, Vec<usize>) {
    let Some(columns) = columns else { return (Arc::clone(schema), (0..schema.columns().len()).collect()) };
    let places: Vec<_> = columns.iter().filter_map(|name| schema.position(name)).collect();
    let chosen = places.iter().filter_map(|place| schema.columns().get(*place).cloned()).collect();
    (Schema::new(chosen), places)
}
