//! The databases that steps read and write: the one with the records, and others by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use overnight_db::table::{QueryError, TableError};
use overnight_db::{Backend, Database, OpenError, OpenOptions, chunk_error};
use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::repository::{ChunkError, StoreError};
use overnight_framework::yaml::{Code, Cursor, Field, Fields, Shape};

use super::sql::SQL_ERROR;
use super::table::INVALID_TABLE;

/// The key that [`Connections::read`] reads.
pub(crate) const CONNECTION: Field = Field::optional(
    "connection",
    Shape::FilledText,
    "Another database, by its name in jobctl.toml. Without the key it is the one with the records.",
);

/// The databases by name. Those that no step uses are never connected to. By default there is none.
#[derive(Default)]
pub struct Connections {
    main: Option<Database>,
    named: BTreeMap<String, String>,
    open: Mutex<BTreeMap<String, Database>>,
}

impl Connections {
    /// `main` is the database with the records; without it files can be checked, not run. `named` are the addresses of others.
    #[must_use]
    pub fn new(main: Option<Database>, named: BTreeMap<String, String>) -> Self {
        Self { main, named, open: Mutex::default() }
    }

    /// The database with the records alone.
    #[must_use]
    pub fn over(main: Database) -> Self {
        Self::new(Some(main), BTreeMap::new())
    }

    /// The database called `name`, or the one with the records.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(crate) fn database(&self, name: Option<&str>) -> Result<Database, BatchError> {
        let Some(name) = name else {
            return self.main.clone().ok_or_else(|| BatchError::new(names::STORE_ERROR, "there is no database"));
        };
        if let Some(database) = self.lock().get(name) {
            return Ok(database.clone());
        }
        // Not under the lock: a server that does not answer holds up only who asked for it.
        let url = self.named.get(name).map(String::as_str).unwrap_or_default();
        let opened = Database::connect(url, OpenOptions::default()).map_err(|error| {
            BatchError::new(meaning(&error), format!("cannot use the connection `{name}`")).with_source(error)
        })?;
        self.refuse_records(name, &opened)?;
        Ok(self.lock().entry(name.to_owned()).or_insert(opened).clone())
    }

    /// Which database a name stands for, as far as that can be told without connecting to it.
    pub(crate) fn backend(&self, name: Option<&str>) -> Option<Backend> {
        match name {
            None => self.main.as_ref().map(Database::backend),
            Some(name) => self.named.get(name).and_then(|url| Backend::of(url).ok()),
        }
    }

    /// Reads `connection: NAME`.
    pub(crate) fn read(&self, fields: &mut Fields<'_>) -> Option<Option<String>> {
        fields.optional("connection", |at| self.named(at))
    }

    fn named(&self, at: &Cursor<'_>) -> Option<String> {
        let name = at.filled_text()?;
        if self.named.contains_key(name) {
            return Some(name.to_owned());
        }
        let known: Vec<_> = self.named.keys().map(String::as_str).collect();
        let problem = at.suggesting(
            at.problem(format!("no connection is called `{name}`")).code(Code::UnknownConnection),
            name,
            known,
        );
        at.refuse(problem.help("connections are named in jobctl.toml: [connections] NAME = \"postgres://…\""))
    }

    /// A second connection that writes to the file of the records would wait for the chunk that waits for it.
    fn refuse_records(&self, name: &str, opened: &Database) -> Result<(), BatchError> {
        let file = |database: &Database| database.embedded_path().and_then(|path| path.canonicalize().ok());
        let records = self.main.as_ref().and_then(file);
        if records.is_none() || records != file(opened) {
            return Ok(());
        }
        let message = format!("the connection `{name}` is the database with the records: leave `connection` out");
        Err(BatchError::new(names::INVALID_VALUE, message))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Database>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names only: the addresses may hold passwords.
impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let main = self.main.as_ref().map(Database::backend);
        f.debug_struct("Connections").field("main", &main).field("named", &self.named.keys()).finish_non_exhaustive()
    }
}

/// What it means for a step that a database cannot be opened: only a server that does not answer may do so later.
fn meaning(error: &OpenError) -> &'static str {
    match error {
        OpenError::Unreachable { .. } => names::TRANSIENT,
        OpenError::Address { .. } => names::INVALID_VALUE,
        OpenError::File { .. } => names::IO,
        _ => names::STORE_ERROR,
    }
}

/// What the failure of a database means for a step: what may pass is `Transient`.
pub(super) fn store_error(error: StoreError) -> BatchError {
    let name = if error.is_transient() { names::TRANSIENT } else { names::STORE_ERROR };
    BatchError::of(name, error)
}

/// What it means for a step that a table cannot be had. A store that is away or full is no fault of the table.
pub(super) fn table_error(error: TableError) -> BatchError {
    let TableError::Database(source) = error else { return unfit(error) };
    match chunk_error(source) {
        ChunkError::Store(error) => store_error(error),
        ChunkError::Conflict(source) => BatchError::new(names::TRANSIENT, REFUSED).with_source(source),
        ChunkError::Data(source) => BatchError::new(INVALID_TABLE, REFUSED).with_source(source),
        ChunkError::Unclear(source) => BatchError::new(INVALID_TABLE, REFUSED).with_source(source),
        other => BatchError::new(names::STORE_ERROR, REFUSED).with_source(other),
    }
}

fn unfit(error: TableError) -> BatchError {
    let help = match &error {
        TableError::Missing { .. } => Some("make the table, or write `create: if_missing` where the job file names it"),
        TableError::NoColumn { .. } => {
            Some("add the column to the table, or list the columns to be written: `columns: [ … ]`")
        }
        _ => None,
    };
    BatchError::of(INVALID_TABLE, error).with_any_help(help)
}

const REFUSED: &str = "the database refused to describe or create the table";

/// What the refusal of a statement means for a step.
pub(super) fn query_error(error: QueryError) -> BatchError {
    let QueryError::Statement { line, source } = error else { return BatchError::of(SQL_ERROR, error) };
    let named = |name| BatchError::new(name, format!("the database refused the statement on line {line}"));
    match chunk_error(source) {
        ChunkError::Data(error) => named(names::INVALID_ROW).with_source(error),
        ChunkError::Conflict(source) => named(names::TRANSIENT).with_source(source),
        ChunkError::Store(error) if error.is_transient() => named(names::TRANSIENT).with_source(error),
        ChunkError::Store(error) => named(names::STORE_ERROR).with_source(error),
        ChunkError::Unclear(source) => named(SQL_ERROR).with_source(source),
        other => named(names::STORE_ERROR).with_source(other),
    }
}
