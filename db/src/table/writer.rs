//! Writing rows to a table.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use overnight_framework::row::{Row, Schema, Type};
use overnight_framework::suggest;
use thiserror::Error;

use super::catalogue::{Column, Filled, Storage, Table};
use super::error::TableError;
#[cfg(feature = "postgres")]
use super::postgres::PgSink;
use super::problem::RowError;
#[cfg(feature = "sqlite")]
use super::sqlite::{Cells, SqliteSink};
use crate::session::Session;

/// What happens to a row that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is an error of the database; rows are only added.
    Insert,
    /// The row of the same key gets the new values; columns that the rows do not have keep theirs. Where two rows of one
    /// call have the same key, the last one counts.
    Upsert {
        /// The columns of a primary key or unique constraint.
        key: Vec<Box<str>>,
    },
}

/// Writes the rows of one step to one table, on the connection that each call is given.
///
/// ```no_run
/// # fn run(connection: &mut diesel::PgConnection) -> Result<(), Box<dyn std::error::Error>> {
/// use overnight_db::table::{Mode, Table, TableWriter};
/// use overnight_framework::row::{Column, Schema, Type, Value};
///
/// let schema = Schema::new(vec![Column::new("id", Type::Int), Column::new("name", Type::Str)]);
/// let table = Table::describe(&mut *connection, &"ledger.account".parse()?)?;
/// let mut writer = TableWriter::new(&table, &schema, Mode::Insert)?;
/// let rows = vec![vec![Value::Int(1), Value::from("Giro")]];
/// assert_eq!(writer.write(connection, &rows)?, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TableWriter {
    encoder: Encoder,
    buffer: Encoded,
}

/// Turns rows into the form that the database takes, on whatever thread. The connection is not needed for it, so that a
/// reader's thread can encode a chunk while the writer's thread sends the one before.
#[derive(Clone)]
pub struct Encoder(Arc<dyn Sink>);

/// Rows in the form of one database, ready to be sent by the writer of the [`Encoder`] that filled it. Its memory is
/// used again when it is filled again.
#[derive(Debug, Default)]
pub struct Encoded {
    pub(super) rows: usize,
    pub(super) payload: Payload,
}

#[derive(Debug, Default)]
pub(super) enum Payload {
    #[default]
    Empty,
    /// A whole binary COPY.
    #[cfg(feature = "postgres")]
    Copy(Vec<u8>),
    /// One array per column.
    #[cfg(feature = "postgres")]
    Arrays(Vec<Vec<u8>>),
    /// Cells in the form of SQLite.
    #[cfg(feature = "sqlite")]
    Cells(Cells),
}

/// The seam between the writer and the two databases.
pub(super) trait Sink: Send + Sync {
    /// Fills `into` with the rows that the table takes and answers what is wrong with the others.
    fn encode(&self, rows: &[Row], into: &mut Encoded) -> Vec<RowError>;

    /// What is wrong with rows, without keeping the others.
    fn check(&self, rows: &[Row]) -> Vec<RowError>;

    /// Sends what `encode` filled and answers how many rows the database counted.
    fn send(&self, session: Session<'_>, encoded: &Encoded) -> Result<u64, WriteError>;

    /// See [`TableWriter::check_deferred`].
    fn check_deferred(&self, session: Session<'_>) -> Result<(), WriteError>;
}

/// Why rows were not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The table would refuse these rows; nothing was sent.
    #[error("{} of the rows would be refused; the first: row {}, {}", .0.len(), first(.0).0, first(.0).1)]
    Rows(Vec<RowError>),
    /// The connection is not of the database that the rows were encoded for.
    #[error("the rows were encoded for another database than the connection's")]
    OtherDatabase,
    /// The database refused the rows.
    #[error("the database refused the rows")]
    Database(#[from] diesel::result::Error),
}

fn first(errors: &[RowError]) -> (usize, String) {
    errors.first().map(|error| (error.index, error.to_string())).unwrap_or_default()
}

impl TableWriter {
    /// A writer of rows of this schema; everything that the catalogue can tell about them is checked here.
    ///
    /// # Errors
    /// Columns that are missing on either side, types that do not fit, and a key without its constraint:
    /// [`TableError`].
    pub fn new(table: &Table, schema: &Schema, mode: Mode) -> Result<Self, TableError> {
        let places: Vec<_> = (0..schema.columns().len()).collect();
        Self::of_cells(table, (schema, &places), mode)
    }

    /// A writer of some cells of wider rows: the columns that are written, and where the cell of each stands in a row.
    /// Nothing is copied to bring the cells into the order of the columns.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_cells(table: &Table, columns: (&Schema, &[usize]), mode: Mode) -> Result<Self, TableError> {
        let plan = Plan::new(table, columns, mode)?;
        let sink = sink(&plan)?;
        Ok(Self { encoder: Encoder(sink), buffer: Encoded::default() })
    }

    /// What is wrong with rows, in the order of the rows and at most one error for each. It costs about what encoding
    /// does and asks no database; what only the database knows (keys, references, constraints) it does not find.
    #[must_use]
    pub fn check(&self, rows: &[Row]) -> Vec<RowError> {
        self.encoder.0.check(rows)
    }

    /// Writes rows, all or none, and answers how many the database counted: triggers may make that another number.
    ///
    /// # Errors
    /// [`WriteError::Rows`] with every row that [`check`](Self::check) would name, before anything was sent;
    /// [`WriteError::Database`] for what the database refused, after which its transaction has to be rolled back.
    pub fn write<'c>(&mut self, session: impl Into<Session<'c>>, rows: &[Row]) -> Result<u64, WriteError> {
        let errors = self.encoder.encode(rows, &mut self.buffer);
        if !errors.is_empty() {
            return Err(WriteError::Rows(errors));
        }
        self.encoder.0.send(session.into(), &self.buffer)
    }

    /// The half of this writer that needs no connection.
    #[must_use]
    pub fn encoder(&self) -> Encoder {
        self.encoder.clone()
    }

    /// Sends rows that an [`Encoder`] of this writer encoded.
    ///
    /// # Errors
    /// [`WriteError::Database`] and [`WriteError::OtherDatabase`].
    pub fn write_encoded<'c>(&self, session: impl Into<Session<'c>>, encoded: &Encoded) -> Result<u64, WriteError> {
        self.encoder.0.send(session.into(), encoded)
    }

    /// Has Postgres check now what the constraints of the table would leave to COMMIT, so that it is known which rows break them.
    /// The constraints of the transaction stay like that. Where none can be deferred, and on SQLite, it does nothing.
    ///
    /// # Errors
    /// [`WriteError::Database`] for what the database refuses, and [`WriteError::OtherDatabase`].
    pub fn check_deferred<'c>(&self, session: impl Into<Session<'c>>) -> Result<(), WriteError> {
        self.encoder.0.check_deferred(session.into())
    }
}

/// The half of the writer that knows the database of the table, told by the columns that the catalogue gave.
fn sink(plan: &Plan<'_>) -> Result<Arc<dyn Sink>, TableError> {
    match plan.columns.first().map(|column| &column.storage) {
        #[cfg(feature = "postgres")]
        Some(Storage::Postgres(_)) => Ok(Arc::new(PgSink::new(plan))),
        #[cfg(feature = "sqlite")]
        Some(Storage::Sqlite(_)) => Ok(Arc::new(SqliteSink::new(plan)?)),
        None => Err(TableError::NoColumns(plan.table.name.clone())),
    }
}

impl Encoder {
    /// Encodes rows in the place of what `into` held before. Rows that the table would refuse are left out and answered,
    /// in their order: the caller skips them, or fails.
    #[must_use = "the rows named here are not among the encoded ones"]
    pub fn encode(&self, rows: &[Row], into: &mut Encoded) -> Vec<RowError> {
        self.0.encode(rows, into)
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encoder").finish_non_exhaustive()
    }
}

impl Encoded {
    /// How many rows it holds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// Which column each cell goes to, found once.
pub(super) struct Plan<'t> {
    pub(super) table: &'t Table,
    /// The columns of the table that are written.
    pub(super) columns: Vec<&'t Column>,
    /// Where the cell of each of these columns stands in a row.
    pub(super) places: Vec<usize>,
    /// Which of these columns are the key; empty for a plain insert.
    pub(super) key: Vec<usize>,
}

impl<'t> Plan<'t> {
    fn new(table: &'t Table, (schema, places): (&Schema, &[usize]), mode: Mode) -> Result<Self, TableError> {
        if schema.columns().is_empty() {
            return Err(TableError::NoColumns(table.name.clone()));
        }
        debug_assert_eq!(schema.columns().len(), places.len(), "each column that is written has its place");
        let mut columns = Vec::new();
        let mut seen = HashSet::new();
        for wanted in schema.columns() {
            let column = table.column(&wanted.name).ok_or_else(|| no_column(table, &wanted.name))?;
            if !seen.insert(&*column.name) {
                return Err(TableError::Twice { table: table.name.clone(), column: column.name.to_string() });
            }
            writable(table, column, wanted.kind)?;
            columns.push(column);
        }
        let left_out = |column: &&Column| !seen.contains(&*column.name);
        let needed = |column: &&Column| !column.nullable && column.filled == Filled::ByRow;
        if let Some(column) = table.columns.iter().filter(left_out).find(needed) {
            return Err(TableError::NotSupplied { table: table.name.clone(), column: column.name.to_string() });
        }
        let key = match mode {
            Mode::Insert => Vec::new(),
            Mode::Upsert { key } => key_positions(table, &columns, &key)?,
        };
        Ok(Self { table, columns, places: places.to_vec(), key })
    }

    /// The written columns: each with the place of its cell in a row, and whether it is part of the key.
    pub(super) fn targets(&self) -> impl Iterator<Item = (&'t Column, usize, bool)> {
        let numbered = self.columns.iter().zip(&self.places).enumerate();
        numbered.map(|(number, (column, place))| (*column, *place, self.key.contains(&number)))
    }
}

fn no_column(table: &Table, name: &str) -> TableError {
    let names = table.columns.iter().map(|column| &*column.name);
    let same = table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
    let nearest = same.map(|column| &*column.name).or_else(|| suggest::nearest(name, names));
    TableError::NoColumn { table: table.name.clone(), column: name.to_owned(), nearest: nearest.map(str::to_owned) }
}

fn writable(table: &Table, column: &Column, rows: Type) -> Result<(), TableError> {
    if column.filled == Filled::Generated {
        return Err(TableError::Generated { table: table.name.clone(), column: column.name.to_string() });
    }
    table.fit(column, rows)
}

fn key_positions(table: &Table, columns: &[&Column], key: &[Box<str>]) -> Result<Vec<usize>, TableError> {
    if key.is_empty() {
        return Err(TableError::EmptyKey);
    }
    let place = |name: &str| {
        columns.iter().position(|column| table.same_name(&column.name, name)).ok_or_else(|| {
            let nearest = suggest::nearest(name, columns.iter().map(|column| &*column.name)).map(str::to_owned);
            TableError::NoKeyColumn { column: name.to_owned(), nearest }
        })
    };
    let places = key.iter().map(|name| place(name)).collect::<Result<Vec<_>, _>>()?;
    let wanted: HashSet<&str> =
        places.iter().filter_map(|place| columns.get(*place)).map(|found| &*found.name).collect();
    let is_same =
        |columns: &[Box<str>]| columns.len() == wanted.len() && columns.iter().all(|name| wanted.contains(&**name));
    if table.keys.iter().any(|unique| is_same(&unique.columns)) {
        return Ok(places);
    }
    let strings = |names: &[Box<str>]| names.iter().map(ToString::to_string).collect();
    Err(TableError::NoUniqueKey {
        table: table.name.clone(),
        key: strings(key),
        keys: table.keys.iter().map(|unique| strings(&unique.columns)).collect(),
    })
}
