//! What the catalogue of the database says about a table.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use overnight_framework::row::Type;

use super::error::{Misfit, TableError};
use super::name::TableName;
#[cfg(feature = "postgres")]
use super::postgres::PgType;
#[cfg(feature = "sqlite")]
use super::sqlite::SqliteType;
use crate::session::{Backend, Session};

/// A table as the catalogue describes it.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) name: TableName,
    pub(super) columns: Vec<Column>,
    pub(super) keys: Vec<UniqueKey>,
    pub(super) backend: Backend,
    /// Whether it ends with its connection.
    pub(super) is_temporary: bool,
    /// Whether Postgres lets COPY do what INSERT would: not where row security or a rule is in the way.
    #[cfg(feature = "postgres")]
    pub(super) copies: bool,
    /// Whether Postgres may leave some of its constraints to COMMIT, where nobody can tell any more which row breaks them.
    #[cfg(feature = "postgres")]
    pub(super) defers: bool,
    /// Whether SQLite may have been told to leave rows out, or older ones go, where constraints break: `ON CONFLICT IGNORE`.
    #[cfg(feature = "sqlite")]
    pub(super) settles_conflicts: bool,
}

/// A column of a [`Table`].
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: Box<str>,
    /// Its type as the catalogue spells it, such as `numeric(12,2)`; SQLite allows none at all.
    pub declared: Box<str>,
    /// Whether it takes nulls.
    pub nullable: bool,
    /// Where its value comes from.
    pub filled: Filled,
    pub(super) storage: Storage,
}

/// Where the value of a column comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// From the row that is written; where it has none, it is null.
    ByRow,
    /// From the row, or from the column's default where the row has no such column.
    ByDefault,
    /// Always from the database: a generated column.
    Generated,
}

/// A primary key or a unique constraint, as far as it can tell which row an upsert means: no partial indexes, none over
/// expressions, no deferrable ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueKey {
    /// The columns, in the order of the index.
    pub columns: Vec<Box<str>>,
    /// Whether it is the primary key.
    pub primary: bool,
}

/// How the database stores a column.
#[derive(Clone, Debug)]
pub(super) enum Storage {
    #[cfg(feature = "postgres")]
    Postgres(PgType),
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteType),
}

impl Table {
    /// What the catalogue says about `name`; none if there is no such table.
    ///
    /// # Errors
    /// [`TableError::Ours`], [`TableError::System`] and [`TableError::NameTooLong`] for names that are not for steps,
    /// [`TableError::NotATable`] for a view, and [`TableError::Database`].
    pub fn find<'c>(session: impl Into<Session<'c>>, name: &TableName) -> Result<Option<Self>, TableError> {
        let session = session.into();
        name.guard(session.backend())?;
        match session {
            #[cfg(feature = "postgres")]
            Session::Postgres(connection) => postgres::find(connection, name),
            #[cfg(feature = "sqlite")]
            Session::Sqlite(connection) => sqlite::find(connection, name),
        }
    }

    /// As [`find`](Self::find), but a missing table is an error that offers the nearest name of the catalogue.
    ///
    /// # Errors
    /// As [`find`](Self::find), and [`TableError::Missing`].
    pub fn describe<'c>(session: impl Into<Session<'c>>, name: &TableName) -> Result<Self, TableError> {
        let mut session = session.into();
        if let Some(table) = Self::find(session.reborrow(), name)? {
            return Ok(table);
        }
        let nearest = match session {
            #[cfg(feature = "postgres")]
            Session::Postgres(connection) => postgres::nearest(connection, name)?,
            #[cfg(feature = "sqlite")]
            Session::Sqlite(connection) => sqlite::nearest(connection, name)?,
        };
        Err(TableError::Missing { table: name.clone(), nearest: nearest.map(|name| name.to_string()) })
    }

    /// The table itself, unless it is a temporary one: for writers that do not hold its connection for as long as somebody wants
    /// the rows.
    ///
    /// # Errors
    /// [`TableError::Temporary`].
    pub fn lasting(self) -> Result<Self, TableError> {
        if self.is_temporary { Err(TableError::Temporary(self.name)) } else { Ok(self) }
    }

    /// The name by which it was described.
    #[must_use]
    pub fn name(&self) -> &TableName {
        &self.name
    }

    /// The columns, in the order of the table.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The keys that an upsert can go by, the primary key first.
    #[must_use]
    pub fn keys(&self) -> &[UniqueKey] {
        &self.keys
    }

    /// The database it stands in.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The column `name`; SQLite does not tell upper from lower case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| self.same_name(&column.name, name))
    }

    pub(super) fn same_name(&self, one: &str, other: &str) -> bool {
        match self.backend {
            Backend::Postgres => one == other,
            Backend::Sqlite => one.eq_ignore_ascii_case(other),
        }
    }

    /// Refuses a column that does not take cells of the type `rows`.
    pub(super) fn fit(&self, column: &Column, rows: Type) -> Result<(), TableError> {
        let takes = column.takes();
        if takes.contains(&rows) {
            return Ok(());
        }
        let (wants, reason) = match &column.storage {
            #[cfg(feature = "postgres")]
            Storage::Postgres(_) => (PgType::wanted(rows), None),
            #[cfg(feature = "sqlite")]
            Storage::Sqlite(kind) => (SqliteType::wanted(rows), kind.reason(rows)),
        };
        Err(TableError::Misfit(Box::new(Misfit {
            table: self.name.clone(),
            column: column.name.to_string(),
            declared: column.spelled().to_owned(),
            takes: takes.to_vec(),
            rows,
            wants,
            reason,
        })))
    }
}

impl Column {
    /// The types of cells that it takes.
    #[must_use]
    pub fn takes(&self) -> &'static [Type] {
        match &self.storage {
            #[cfg(feature = "postgres")]
            Storage::Postgres(kind) => kind.takes(),
            #[cfg(feature = "sqlite")]
            Storage::Sqlite(kind) => kind.takes(),
        }
    }

    /// Digits in all and digits after the point, where the type limits them.
    #[must_use]
    pub fn digits(&self) -> Option<(u32, i32)> {
        match &self.storage {
            #[cfg(feature = "postgres")]
            Storage::Postgres(kind) => kind.digits(),
            #[cfg(feature = "sqlite")]
            Storage::Sqlite(_) => None,
        }
    }

    /// How many characters it takes, where the type limits them. SQLite's types do not.
    #[must_use]
    pub fn length(&self) -> Option<usize> {
        match &self.storage {
            #[cfg(feature = "postgres")]
            Storage::Postgres(kind) => kind.length(),
            #[cfg(feature = "sqlite")]
            Storage::Sqlite(_) => None,
        }
    }

    #[cfg(feature = "postgres")]
    pub(super) fn postgres(&self) -> Option<&PgType> {
        match &self.storage {
            Storage::Postgres(kind) => Some(kind),
            #[cfg(feature = "sqlite")]
            Storage::Sqlite(_) => None,
        }
    }

    fn spelled(&self) -> &str {
        if self.declared.is_empty() { "without a type" } else { &self.declared }
    }
}
