//! Creating a table for the rows of a step, where there is none yet.

use diesel::connection::SimpleConnection as _;
#[cfg(feature = "postgres")]
use diesel::{Connection as _, PgConnection};
use overnight_framework::row::{Column, Schema, Type};
use overnight_framework::suggest;

use super::catalogue::Table;
use super::error::TableError;
use super::name::{TableName, is_cut, quote, quote_all};
use crate::session::{Backend, Session};

/// A table to be created for rows of a schema.
#[derive(Clone, Copy, Debug)]
pub struct CreateTable<'t> {
    /// What it is to be called.
    pub name: &'t TableName,
    /// The columns of the rows; a column that is not nullable becomes NOT NULL.
    pub schema: &'t Schema,
    /// The columns of its primary key; it may have none.
    pub key: &'t [Box<str>],
}

/// What became of a table to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// There was a table of that name, which was left as it is.
    Existed,
}

impl CreateTable<'_> {
    /// Creates the table unless there is one of its name. Several processes may try at once: one of them creates it.
    ///
    /// On SQLite the table is STRICT, so that every cell keeps its type.
    ///
    /// # Errors
    /// [`TableError::NoKeyColumn`], [`TableError::NotStorable`], [`TableError::ColumnTooLong`], [`TableError::Temporary`],
    /// [`TableError::NotATable`] for a view of that name, and [`TableError::Database`], as for a schema that does not exist.
    pub fn if_missing<'c>(&self, session: impl Into<Session<'c>>) -> Result<Created, TableError> {
        let mut session = session.into();
        let statement = self.statement(session.backend())?;
        if Table::find(session.reborrow(), self.name)?.is_some() {
            return Ok(Created::Existed);
        }
        match session {
            #[cfg(feature = "postgres")]
            Session::Postgres(connection) => self.on_postgres(connection, &statement),
            #[cfg(feature = "sqlite")]
            Session::Sqlite(connection) => {
                connection.batch_execute(&statement)?;
                Ok(Created::New)
            }
        }
    }

    /// The statement that creates it.
    ///
    /// # Errors
    /// [`TableError`] where the schema makes no table.
    pub fn statement(&self, backend: Backend) -> Result<String, TableError> {
        self.name.guard(backend)?;
        if self.name.is_temporary(backend) {
            return Err(TableError::Temporary(self.name.clone()));
        }
        if self.schema.columns().is_empty() {
            return Err(TableError::NoColumns(self.name.clone()));
        }
        let column = |column: &Column| self.column(column, backend);
        let mut lines = self.schema.columns().iter().map(column).collect::<Result<Vec<_>, _>>()?;
        if !self.key.is_empty() {
            self.check_key()?;
            lines.push(format!("PRIMARY KEY ({})", quote_all(self.key.iter().map(|name| &**name))));
        }
        let strict = if backend == Backend::Sqlite { " STRICT" } else { "" };
        let lines = lines.join(",\n    ");
        Ok(format!("CREATE TABLE IF NOT EXISTS {} (\n    {lines}\n){strict}", self.name.quoted()))
    }

    fn column(&self, column: &Column, backend: Backend) -> Result<String, TableError> {
        if is_cut(&column.name, backend) {
            return Err(TableError::ColumnTooLong(column.name.to_string()));
        }
        let kind = match backend {
            Backend::Postgres => postgres_type(column.kind),
            Backend::Sqlite => sqlite_type(column.kind),
        };
        let not_storable = || TableError::NotStorable { column: column.name.to_string(), kind: column.kind };
        let kind = kind.ok_or_else(not_storable)?;
        // A primary key takes no nulls in the standard, but SQLite allows them unless it is told.
        let required = !column.nullable || self.key.contains(&column.name);
        Ok(format!("{} {kind}{}", quote(&column.name), if required { " NOT NULL" } else { "" }))
    }

    fn check_key(&self) -> Result<(), TableError> {
        let missing = self.key.iter().find(|name| self.schema.position(name).is_none());
        missing.map_or(Ok(()), |name| {
            let nearest = suggest::nearest(name, self.schema.names()).map(str::to_owned);
            Err(TableError::NoKeyColumn { column: name.to_string(), nearest })
        })
    }

    /// `IF NOT EXISTS` looks and creates in two steps, and two of them at once can collide in the catalogue: so they
    /// take turns.
    #[cfg(feature = "postgres")]
    fn on_postgres(&self, connection: &mut PgConnection, statement: &str) -> Result<Created, TableError> {
        connection.transaction(|connection| {
            connection.batch_execute("SELECT pg_advisory_xact_lock(hashtext('overnight create table'))")?;
            if Table::find(&mut *connection, self.name)?.is_some() {
                return Ok(Created::Existed);
            }
            connection.batch_execute(statement)?;
            Ok(Created::New)
        })
    }
}

fn postgres_type(kind: Type) -> Option<&'static str> {
    Some(match kind {
        Type::Bool => "boolean",
        Type::Int => "bigint",
        Type::Float => "double precision",
        Type::Decimal => "numeric",
        Type::Date => "date",
        Type::DateTime => "timestamptz",
        Type::Str => "text",
        Type::Bytes => "bytea",
        Type::Json => "jsonb",
        Type::Duration => return None,
    })
}

fn sqlite_type(kind: Type) -> Option<&'static str> {
    Some(match kind {
        Type::Bool | Type::Int => "INTEGER",
        Type::Float => "REAL",
        Type::Decimal | Type::Date | Type::DateTime | Type::Str | Type::Json => "TEXT",
        Type::Bytes => "BLOB",
        Type::Duration => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_has_a_type_for_every_kind_of_column() {
        let columns = Type::COLUMN.iter().map(|kind| Column::new(kind.name(), *kind).nullable()).collect();
        let schema = Schema::new(columns);
        let name = TableName::new("t").in_schema("s");
        let create = CreateTable { name: &name, schema: &schema, key: &["integer".into()] };
        assert_eq!(
            create.statement(Backend::Postgres).unwrap(),
            "CREATE TABLE IF NOT EXISTS \"s\".\"t\" (\n    \"boolean\" boolean,\n    \"integer\" bigint NOT NULL,\n    \
             \"decimal\" numeric,\n    \"float\" double precision,\n    \"string\" text,\n    \"date\" date,\n    \
             \"datetime\" timestamptz,\n    \"bytes\" bytea,\n    \"json\" jsonb,\n    PRIMARY KEY (\"integer\")\n)"
        );
        assert!(create.statement(Backend::Sqlite).unwrap().ends_with("PRIMARY KEY (\"integer\")\n) STRICT"));
    }

    #[test]
    fn a_column_that_postgres_would_cut_and_a_temporary_table_are_not_made() {
        let schema = Schema::new(vec![Column::new("Ä".repeat(32), Type::Int)]);
        let create = |text: &str, backend| {
            let name = text.parse().unwrap();
            let error = CreateTable { name: &name, schema: &schema, key: &[] }.statement(backend).err()?;
            Some(error.to_string())
        };
        let cut = format!("the name of the column {:?} is longer than 63 bytes", "Ä".repeat(32));
        assert!(create("t", Backend::Postgres).is_some_and(|error| error.starts_with(&cut)));
        assert_eq!(create("t", Backend::Sqlite), None);
        for (text, backend) in
            [("Temp.t", Backend::Sqlite), ("pg_temp.t", Backend::Postgres), ("pg_temp_3.t", Backend::Postgres)]
        {
            let told = format!("{text} is a temporary table, which ends with its connection: its rows would be lost");
            assert_eq!(create(text, backend), Some(told));
        }
    }

    #[test]
    fn a_key_that_the_rows_do_not_have_is_refused_with_the_nearest_name() {
        let schema = Schema::new(vec![Column::new("account", Type::Int)]);
        let name = TableName::new("t");
        let error = CreateTable { name: &name, schema: &schema, key: &["acount".into()] }.statement(Backend::Sqlite);
        assert_eq!(
            error.unwrap_err().to_string(),
            "the key column \"acount\" is not among the columns of the rows; did you mean account?"
        );
    }
}
