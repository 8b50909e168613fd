//! The reader `sql`.

use std::sync::Arc;

use overnight_db::table::KeysetQuery;
use overnight_framework::BatchError;
use overnight_framework::kind::{Frame, Names, ReaderKind, ReaderPlan};
use overnight_framework::row::{Row, Schema};
use overnight_framework::step::chunk::ChunkSource;
use overnight_framework::yaml::{Cursor, Field, Mapping, Shape};

use super::SQL_ERROR;
use super::bind::{BIND, Bindings};
use super::text::{Length, Rules, SQL, SqlText};
use crate::steps::columns::{CHOSEN, COLUMNS, Renaming, chosen, columns, schema};
use crate::steps::connections::{CONNECTION, Connections};
use crate::steps::keyset::KeysetSource;

/// Reads the rows of a query, page by page behind its key.
///
/// ```yaml
/// reader:
///   sql:
///     query: select account_no, balance from account where business_date = :day
///     bind: { day: "${{ params.business_date }}" }
///     key: account_no
///     columns: { account_no: integer, balance: integer }
/// ```
///
/// The key is one or more of the columns, unique together and never null: rows are read in its order, and a restart goes on
/// behind the last one that was committed. No snapshot is held, so a row that changes while the step runs is read as it is
/// when its page is. `query` may be `{ postgres: …, sqlite: … }`.
#[derive(Debug)]
pub struct SqlReader(pub Arc<Connections>);

static SETTINGS: Mapping = Mapping::new(
    "sql-reader",
    "a query",
    "Reads the rows of a query, page by page behind its key. A restart goes on behind the last row \
     that was committed. No snapshot is held: a row that changes while the step runs is read as it is \
     when its page is.",
    &[
        Field::required("query", SQL, "One query, without an order of its own."),
        BIND,
        Field::required(
            "key",
            CHOSEN,
            "One or more of the columns, unique together and never null, in whose order the rows are read.",
        ),
        Field::required("columns", COLUMNS, "The columns of the query, each with its type."),
        CONNECTION,
    ],
)
.example(
    "\
reader:
  sql:
    query: select account_no, balance from account where business_date = :day
    bind: { day: \"${{ params.day }}\" }
    key: account_no
    columns: { account_no: integer, balance: decimal }
",
);

struct Plan {
    connections: Arc<Connections>,
    connection: Option<String>,
    query: SqlText,
    bind: Bindings,
    schema: Arc<Schema>,
    key: Vec<Box<str>>,
}

impl ReaderKind for SqlReader {
    fn name(&self) -> &'static str {
        "sql"
    }

    fn errors(&self) -> &'static [&'static str] {
        &[SQL_ERROR]
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&SETTINGS)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn ReaderPlan>> {
        let mut fields = settings.mapping(&SETTINGS)?;
        let connection = self.0.read(&mut fields);
        let backend = connection.as_ref().and_then(|name| self.0.backend(name.as_deref()));
        let bind = fields.or("bind", Bindings::default(), |at| Bindings::read(at, names));
        let rules = Rules { length: Length::One, bind: bind.as_ref() };
        let query = fields.required("query", |at| SqlText::read(at, backend, rules));
        let columns = fields.required("columns", |at| columns(at, Renaming::Never));
        let schema = columns.map(|columns| schema(&columns));
        let key = fields.required("key", |at| chosen(at, schema.as_deref()?));
        let at = fields.at().clone();
        fields.finish();
        let (query, bind) = (query?, bind?);
        bind.check(&at, &query)?;
        let connections = Arc::clone(&self.0);
        Some(Box::new(Plan { connections, connection: connection?, query, bind, schema: schema?, key: key? }))
    }
}

impl ReaderPlan for Plan {
    fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    fn open(&self, frame: &Frame) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        let database = self.connections.database(self.connection.as_deref())?;
        let query = KeysetQuery {
            text: self.query.of(database.backend()).to_owned(),
            parameters: self.bind.values(frame)?,
            columns: Arc::clone(&self.schema),
            key: self.key.clone(),
            page: 1,
        };
        Ok(Box::new(KeysetSource::new(database, query)))
    }
}
