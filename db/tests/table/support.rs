//! A database of its own for each test, and the rows they write.

use std::path::Path;

use chrono::NaiveDate;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};
use overnight_db::table::{
    Executed, KeysetQuery, KeysetReader, Mode, Parameters, QueryError, Table, TableError, TableName, TableWriter,
    execute, first_row, read_all,
};
use overnight_db::testing::{Template, TestDatabase};
use overnight_db::{Backend, Session};
use overnight_framework::row::{Column, Row, Schema, Type, Value, decimal};
use std::sync::Arc;

/// A Postgres database that goes away with this value.
pub(crate) struct Postgres {
    // Before the database, which nobody may be connected to when it goes.
    pub(crate) connection: PgConnection,
    database: TestDatabase,
}

impl Postgres {
    #[expect(clippy::disallowed_methods, reason = "a test has one connection and no pool")]
    pub(crate) fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.database.url()).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has one connection and no pool")]
pub(crate) fn postgres() -> Postgres {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
    let database = TestDatabase::create(&folder, &Template { version: "empty", migrate: &|_| Ok(()) }).unwrap();
    Postgres { connection: PgConnection::establish(&database.url()).unwrap(), database }
}

#[expect(clippy::disallowed_methods, reason = "a test has one connection and no pool")]
pub(crate) fn sqlite() -> SqliteConnection {
    SqliteConnection::establish(":memory:").unwrap()
}

/// Runs a test on both databases.
pub(crate) fn on_both(test: impl Fn(Session<'_>)) {
    test((&mut postgres().connection).into());
    test((&mut sqlite()).into());
}

pub(crate) fn run(session: &mut Session<'_>, sql: &str) {
    match session {
        Session::Postgres(connection) => connection.batch_execute(sql),
        Session::Sqlite(connection) => connection.batch_execute(sql),
    }
    .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The one value that `sql` gives.
pub(crate) fn scalar(session: &mut Session<'_>, sql: &str) -> Value {
    let row = first_row(session.reborrow(), sql, &Parameters::new()).unwrap().expect("a row");
    row.values.into_iter().next().expect("a column")
}

pub(crate) fn name(text: &str) -> TableName {
    text.parse().unwrap()
}

pub(crate) fn describe(session: &mut Session<'_>, table: &str) -> Table {
    Table::describe(session.reborrow(), &name(table)).unwrap()
}

pub(crate) fn schema(columns: &[(&str, Type)]) -> Arc<Schema> {
    Schema::new(columns.iter().map(|(name, kind)| Column::new(*name, *kind).nullable()).collect())
}

pub(crate) fn writer(
    session: &mut Session<'_>,
    table: &str,
    schema: &Schema,
    mode: Mode,
) -> Result<TableWriter, TableError> {
    TableWriter::new(&describe(session, table), schema, mode)
}

pub(crate) fn upsert(key: &[&str]) -> Mode {
    Mode::Upsert { key: key.iter().map(|name| (*name).into()).collect() }
}

pub(crate) fn all(session: &mut Session<'_>, text: &str, columns: &Arc<Schema>) -> Result<Vec<Row>, QueryError> {
    read_all(session.reborrow(), text, &Parameters::new(), columns)
}

pub(crate) fn keyset(text: &str, columns: &Arc<Schema>, key: &[&str], page: usize) -> KeysetQuery {
    KeysetQuery {
        text: text.to_owned(),
        parameters: Parameters::new(),
        columns: columns.clone(),
        key: key.iter().map(|name| (*name).into()).collect(),
        page,
    }
}

/// All rows of a reader, page by page, each from the key as it comes back from a checkpoint.
pub(crate) fn pages(session: &mut Session<'_>, reader: &KeysetReader) -> Result<Vec<Row>, QueryError> {
    let (mut rows, mut page, mut last) = (Vec::new(), Vec::new(), None);
    loop {
        let read = reader.page(session.reborrow(), last.as_ref(), &mut page)?;
        rows.append(&mut page);
        if !read.more {
            return Ok(rows);
        }
        last = read.last.map(|key| overnight_db::table::Key::from_json(&key.to_json()).unwrap());
    }
}

pub(crate) fn statements(
    session: &mut Session<'_>,
    text: &str,
    parameters: &[(&str, Value)],
) -> Result<Executed, QueryError> {
    execute(session.reborrow(), text, &parameters_of(parameters))
}

pub(crate) fn parameters_of(parameters: &[(&str, Value)]) -> Parameters {
    parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

pub(crate) fn dec(text: &str) -> Value {
    Value::Decimal(decimal::parse(text).unwrap())
}

pub(crate) fn date(text: &str) -> Value {
    Value::Date(text.parse::<NaiveDate>().unwrap())
}

pub(crate) fn at(text: &str) -> Value {
    Value::DateTime(text.parse().unwrap())
}

pub(crate) fn is_postgres(session: &Session<'_>) -> bool {
    session.backend() == Backend::Postgres
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number (splitmix64).
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
