//! The reader `table`.

use std::sync::Arc;

use overnight_db::table::{KeysetQuery, Parameters, TableName};
use overnight_framework::BatchError;
use overnight_framework::kind::{Frame, Names, ReaderKind, ReaderPlan};
use overnight_framework::row::{Row, Schema};
use overnight_framework::step::chunk::ChunkSource;
use overnight_framework::yaml::{Cursor, Field, Mapping, Shape};

use super::table_name;
use crate::steps::columns::{CHOSEN, COLUMNS, Renaming, chosen, columns, schema};
use crate::steps::connections::{CONNECTION, Connections};
use crate::steps::keyset::KeysetSource;
use crate::steps::sql::SQL_ERROR;

/// Reads the rows of a table, page by page behind its key.
///
/// ```yaml
/// reader: { table: { name: account, key: account_no, columns: { account_no: integer, balance: integer } } }
/// ```
///
/// As the reader `sql` over `select * from` the table.
#[derive(Debug)]
pub struct TableReader(pub Arc<Connections>);

static SETTINGS: Mapping = Mapping::new(
    "table-reader",
    "a table reader",
    "Reads the rows of a table, page by page behind its key, as the reader `sql` does with a query.",
    &[
        Field::required("name", Shape::FilledText, "The table, with its schema where it needs one: `ledger.account`."),
        Field::required(
            "key",
            CHOSEN,
            "One or more of the columns, unique together and never null, in whose order the rows are read.",
        ),
        Field::required("columns", COLUMNS, "The columns to read, each with its type."),
        CONNECTION,
    ],
)
.example("reader: { table: { name: account, key: account_no, columns: { account_no: integer, balance: decimal } } }\n");

struct Plan {
    connections: Arc<Connections>,
    connection: Option<String>,
    name: TableName,
    schema: Arc<Schema>,
    key: Vec<Box<str>>,
}

impl ReaderKind for TableReader {
    fn name(&self) -> &'static str {
        "table"
    }

    fn errors(&self) -> &'static [&'static str] {
        &[SQL_ERROR]
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&SETTINGS)
    }

    fn check(&self, settings: &Cursor<'_>, _: &Names<'_>) -> Option<Box<dyn ReaderPlan>> {
        let mut fields = settings.mapping(&SETTINGS)?;
        let name = fields.required("name", table_name);
        let columns = fields.required("columns", |at| columns(at, Renaming::Never));
        let schema = columns.map(|columns| schema(&columns));
        let key = fields.required("key", |at| chosen(at, schema.as_deref()?));
        let connection = self.0.read(&mut fields);
        fields.finish();
        let connections = Arc::clone(&self.0);
        Some(Box::new(Plan { connections, connection: connection?, name: name?, schema: schema?, key: key? }))
    }
}

impl ReaderPlan for Plan {
    fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    fn open(&self, _: &Frame) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        let query = KeysetQuery {
            text: format!("SELECT * FROM {}", self.name.quoted()),
            parameters: Parameters::default(),
            columns: Arc::clone(&self.schema),
            key: self.key.clone(),
            page: 1,
        };
        Ok(Box::new(KeysetSource::new(self.connections.database(self.connection.as_deref())?, query)))
    }
}
