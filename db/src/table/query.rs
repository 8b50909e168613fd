//! Reading a user's query: page by page along a key, or all at once.
//!
//! A page is `SELECT … FROM (query) WHERE (key) > (last key) ORDER BY key LIMIT n`, so between two pages nothing is
//! held: no cursor, no transaction, no snapshot that would keep the database from cleaning up. The price is that a
//! change behind the last key is not seen, and that the key must be unique and not null. Both are checked, because a
//! key that is not would lose rows in silence.

mod error;
mod key;

use std::fmt;
use std::sync::Arc;

use overnight_framework::row::{Row, Schema, Type, Value};
use overnight_framework::suggest;

pub use self::error::{QueryError, ReadProblem};
pub use self::key::{Key, KeyError};
#[cfg(feature = "postgres")]
use super::postgres::PgSource;
use super::script::{self, Parameters, Statement, Template};
#[cfg(feature = "sqlite")]
use super::sqlite::SqliteSource;
use crate::session::{Backend, Session};

/// A query to be read page by page.
///
/// ```no_run
/// # fn run(connection: &mut diesel::SqliteConnection) -> Result<(), overnight_db::table::QueryError> {
/// use overnight_db::table::{KeysetQuery, Parameters};
/// use overnight_framework::row::{Column, Schema, Type, Value};
///
/// let query = KeysetQuery {
///     text: "SELECT id, name FROM account WHERE branch = :branch".into(),
///     parameters: Parameters::from([("branch".into(), Value::from("HQ"))]),
///     columns: Schema::new(vec![Column::new("id", Type::Int), Column::new("name", Type::Str)]),
///     key: vec!["id".into()],
///     page: 10_000,
/// };
/// let reader = query.open(&mut *connection)?;
/// let (mut rows, mut last) = (Vec::new(), None);
/// loop {
///     let page = reader.page(&mut *connection, last.as_ref(), &mut rows)?;
///     // … the rows, and then the checkpoint: page.last
///     if !page.more {
///         break;
///     }
///     last = page.last;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KeysetQuery {
    /// One SELECT, with `:name` for parameters. It needs no ORDER BY and no LIMIT.
    pub text: String,
    /// The values of its parameters. They are bound, never pasted into the text.
    pub parameters: Parameters,
    /// The columns to read, by their names in the result; it may have others.
    pub columns: Arc<Schema>,
    /// The columns that tell the rows apart and give their order. They are among `columns`.
    pub key: Vec<Box<str>>,
    /// How many rows a page has at most; at least one.
    pub page: usize,
}

/// A query that was checked against its database and can be read.
pub struct KeysetReader {
    source: Box<dyn Source>,
    columns: Arc<Schema>,
    key: Vec<usize>,
    page: usize,
}

/// What a page leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The key of its last row, for the checkpoint and the next page; none if the page has no rows.
    pub last: Option<Key>,
    /// Whether there is another page.
    pub more: bool,
}

/// The seam between a reader and the two databases.
pub(super) trait Source: Send + Sync {
    /// Appends the rows behind `after` in the order of the key, at most as many as was asked for.
    fn rows(&self, session: Session<'_>, after: Option<&Key>, rows: &mut Vec<Row>) -> Result<(), QueryError>;

    /// Refuses a query of which a row has a null in its key, if the database would not come across it by itself.
    fn refuse_null_keys(&self, session: Session<'_>) -> Result<(), QueryError>;
}

/// A query to be checked by one of the databases.
pub(super) struct Asked<'q> {
    pub(super) statement: Statement,
    pub(super) parameters: &'q Parameters,
    pub(super) columns: &'q Arc<Schema>,
    /// Where the key stands among the columns; empty for a query that is read at once.
    pub(super) key: &'q [usize],
    /// How many rows at most; it stands in the statement as a number, so that the planner knows it.
    pub(super) limit: Option<usize>,
}

impl Asked<'_> {
    /// A page of the query: these `cells`, and behind the values of a key when it goes on `after` one. The columns of the key are
    /// given as the page spells them, each with the type that its value has to be cast to, if there is one.
    pub(super) fn page(&self, cells: &str, key: &[(String, Option<&str>)], after: bool) -> Template {
        let mut page = Template::default()
            .sql(format!("SELECT {cells} FROM (\n"))
            .template(self.statement.template())
            .sql("\n) AS page");
        let names = key.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        if after {
            page = page.sql(format!(" WHERE ({names}) > ("));
            let first = self.statement.parameters().count();
            for (number, (_, cast)) in key.iter().enumerate() {
                page = page.sql(if number == 0 { "" } else { ", " }).value(first + number);
                if let Some(cast) = cast {
                    page = page.sql(format!("::{cast}"));
                }
            }
            page = page.sql(")");
        }
        if !key.is_empty() {
            page = page.sql(format!(" ORDER BY {names}"));
        }
        match self.limit {
            Some(limit) => page.sql(format!(" LIMIT {limit}")),
            None => page,
        }
    }
}

impl KeysetQuery {
    /// Checks the query against the database, which runs it for no row: that the columns are there and of the declared
    /// types (on Postgres; SQLite's results have none), and that the key can be one.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn open<'c>(&self, session: impl Into<Session<'c>>) -> Result<KeysetReader, QueryError> {
        let session = session.into();
        let key = self.key_places()?;
        let page = self.page.max(1);
        let asked = Asked {
            statement: script::single(&self.text, session.backend())?,
            parameters: &self.parameters,
            columns: &self.columns,
            key: &key,
            // One row more than the page has: it tells whether there is another page, and whether the key is unique
            // where they meet.
            limit: Some(page.saturating_add(1)),
        };
        let source = source(session, &asked)?;
        Ok(KeysetReader { source, columns: self.columns.clone(), key, page })
    }

    fn key_places(&self) -> Result<Vec<usize>, QueryError> {
        if self.key.is_empty() {
            return Err(QueryError::NoKey);
        }
        let place = |name: &str| {
            self.columns.position(name).ok_or_else(|| {
                let nearest = suggest::nearest(name, self.columns.names()).map(str::to_owned);
                QueryError::KeyColumn { column: name.to_owned(), nearest }
            })
        };
        self.key.iter().map(|name| place(name)).collect()
    }
}

fn source(session: Session<'_>, asked: &Asked<'_>) -> Result<Box<dyn Source>, QueryError> {
    Ok(match session {
        #[cfg(feature = "postgres")]
        Session::Postgres(connection) => Box::new(PgSource::open(connection, asked)?),
        #[cfg(feature = "sqlite")]
        Session::Sqlite(connection) => Box::new(SqliteSource::open(connection, asked)?),
    })
}

impl fmt::Debug for KeysetReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { columns, key, page, .. } = self;
        let reader = &mut f.debug_struct("KeysetReader");
        reader.field("columns", columns).field("key", key).field("page", page).finish_non_exhaustive()
    }
}

impl KeysetReader {
    /// Reads the page behind `after`, the first one without it, in the place of what `rows` held before.
    ///
    /// # Errors
    /// [`QueryError::Cell`] names the row by its key; [`QueryError::NotUnique`] and [`QueryError::NullKey`] where the
    /// next page would lose rows; [`QueryError::ForeignKey`] for an `after` that is no key of this query.
    pub fn page<'c>(
        &self,
        session: impl Into<Session<'c>>,
        after: Option<&Key>,
        rows: &mut Vec<Row>,
    ) -> Result<Page, QueryError> {
        let mut session = session.into();
        rows.clear();
        match after {
            Some(key) => self.refuse_foreign(key)?,
            None => self.source.refuse_null_keys(session.reborrow())?,
        }
        self.source.rows(session.reborrow(), after, rows)?;
        let beyond = (rows.len() > self.page).then(|| rows.pop()).flatten();
        let last = rows.last().map(|row| self.key_of(row));
        if let (Some(last), Some(next)) = (&last, &beyond) {
            self.refuse_same_key(session, last, &self.key_of(next))?;
        }
        Ok(Page { last, more: beyond.is_some() })
    }

    /// The columns of its rows.
    #[must_use]
    pub fn columns(&self) -> &Arc<Schema> {
        &self.columns
    }

    /// The key of `row`, to start behind it.
    #[must_use]
    pub fn key_of(&self, row: &Row) -> Key {
        Key(self.key.iter().map(|place| row.get(*place).cloned().unwrap_or_default()).collect())
    }

    /// Refuses two rows of one key where two pages meet: the second would be on neither of them.
    ///
    /// The database may find equal what differs only in upper and lower case or in spaces at the end, by the collation
    /// of the column. So where keys differ only in that, it is asked what it would start the next page with.
    fn refuse_same_key(&self, session: Session<'_>, last: &Key, next: &Key) -> Result<(), QueryError> {
        let same = last == next
            || (last.is_like(next) && {
                let mut rows = Vec::new();
                self.source.rows(session, Some(last), &mut rows)?;
                rows.first().map(|row| self.key_of(row)).as_ref() != Some(next)
            });
        if same {
            return Err(QueryError::NotUnique { columns: self.key_names(), key: last.to_string() });
        }
        Ok(())
    }

    fn key_names(&self) -> String {
        let columns = self.columns.columns();
        let names: Vec<_> =
            self.key.iter().filter_map(|place| columns.get(*place)).map(|column| &*column.name).collect();
        names.join(", ")
    }

    /// A checkpoint may be of another revision of the job.
    fn refuse_foreign(&self, key: &Key) -> Result<(), QueryError> {
        let columns = self.columns.columns();
        let kinds = self.key.iter().filter_map(|place| columns.get(*place)).map(|column| Some(column.kind));
        if kinds.eq(key.0.iter().map(Value::kind)) {
            return Ok(());
        }
        Err(QueryError::ForeignKey { columns: self.key_names(), key: key.to_string() })
    }
}

/// Reads the whole result of a query, for results that are small.
///
/// # Errors
/// As [`KeysetQuery::open`] and [`KeysetReader::page`], but rows are named by their number.
pub fn read_all<'c>(
    session: impl Into<Session<'c>>,
    text: &str,
    parameters: &Parameters,
    columns: &Arc<Schema>,
) -> Result<Vec<Row>, QueryError> {
    let mut session = session.into();
    let statement = script::single(text, session.backend())?;
    let asked = Asked { statement, parameters, columns, key: &[], limit: None };
    let mut rows = Vec::new();
    let source = source(session.reborrow(), &asked)?;
    source.rows(session, None, &mut rows)?;
    Ok(rows)
}

/// Whether a result may have its columns in these names: those that are missing, or there twice.
pub(super) fn check_names(columns: &Schema, found: &[String]) -> Result<(), QueryError> {
    for name in columns.names() {
        match found.iter().filter(|found| **found == *name).count() {
            1 => {}
            0 => {
                let nearest = suggest::nearest(name, found.iter().map(String::as_str)).map(str::to_owned);
                return Err(QueryError::NoColumn { column: name.to_owned(), nearest });
            }
            _ => return Err(QueryError::Ambiguous { column: name.to_owned() }),
        }
    }
    Ok(())
}

/// What the cells of a row are read as.
#[derive(Clone, Debug)]
pub(super) struct RowShape {
    pub(super) columns: Arc<Schema>,
    pub(super) key: Vec<usize>,
}

impl RowShape {
    /// One row, cell by cell; `cell` decodes the column at a place, and gives null for null. Rows count from 1.
    pub(super) fn read(
        &self,
        number: usize,
        cell: impl Fn(usize) -> Result<Value, ReadProblem>,
    ) -> Result<Row, QueryError> {
        let columns = self.columns.columns();
        let mut cells = Row::with_capacity(columns.len());
        for (place, column) in columns.iter().enumerate() {
            let problem = match cell(place) {
                Ok(Value::Null) if self.key.contains(&place) => ReadProblem::NullKey,
                Ok(Value::Null) if !column.nullable => ReadProblem::Null,
                Ok(value) => {
                    cells.push(value);
                    continue;
                }
                Err(problem) => problem,
            };
            let row = which(&self.columns, &self.key, number, &cell);
            return Err(QueryError::Cell { column: column.name.to_string(), row, problem });
        }
        Ok(cells)
    }

    pub(super) fn key_names(&self) -> impl Iterator<Item = &str> {
        self.key.iter().filter_map(|place| self.columns.columns().get(*place)).map(|column| &*column.name)
    }
}

/// How a message names a row: by its key, or by its number where there is none.
#[cold]
fn which(columns: &Schema, key: &[usize], number: usize, cell: &dyn Fn(usize) -> Result<Value, ReadProblem>) -> String {
    if key.is_empty() {
        return format!("row {number}");
    }
    let part = |place: &usize| {
        let name = columns.columns().get(*place).map(|column| &*column.name).unwrap_or_default();
        match cell(*place) {
            Ok(Value::Null) => format!("{name} = null"),
            Ok(value) => format!("{name} = {value}"),
            Err(_) => format!("{name} = ?"),
        }
    };
    format!("row {}", key.iter().map(part).collect::<Vec<_>>().join(", "))
}

/// The types that can order pages: documents have no order, and an inexact one would lose rows.
pub(super) fn refuse_key_types(asked: &Asked<'_>, backend: Backend) -> Result<(), QueryError> {
    let refused: &[Type] = match backend {
        Backend::Postgres => &[Type::Json],
        Backend::Sqlite => &[Type::Json, Type::Decimal],
    };
    let columns = asked.columns.columns();
    match asked.key.iter().filter_map(|place| columns.get(*place)).find(|column| refused.contains(&column.kind)) {
        Some(column) => Err(QueryError::KeyType { column: column.name.to_string(), kind: column.kind, backend }),
        None => Ok(()),
    }
}
