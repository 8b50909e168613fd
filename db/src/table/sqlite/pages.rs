//! Reading a query from SQLite: its columns asked once, then the rows.

use diesel::SqliteConnection;
use diesel::connection::{DefaultLoadingMode, LoadConnection};
use diesel::result::QueryResult;
use diesel::row::{Field as _, Row as ResultRow};
use diesel::sqlite::Sqlite;
use overnight_framework::row::{Row, Value};

use super::bind::Bound;
use super::cells::Cells;
use super::decode::{Form, Stored};
use crate::session::{Backend, Session};
use crate::table::bound::{BoundStatement, Often};
use crate::table::name::{quote, quote_all};
use crate::table::query::{self, Asked, Key, QueryError, ReadProblem, RowShape, Source};
use crate::table::script::{Parameters, Statement, Template};

/// A query that was checked against SQLite.
pub(in crate::table) struct SqliteSource {
    shape: RowShape,
    parameters: Vec<Value>,
    first_page: Template,
    next_page: Template,
    line: usize,
}

impl SqliteSource {
    pub(in crate::table) fn open(connection: &mut SqliteConnection, asked: &Asked<'_>) -> Result<Self, QueryError> {
        query::refuse_key_types(asked, Backend::Sqlite)?;
        let names = names(connection, &asked.statement, asked.parameters)?;
        query::check_names(asked.columns, &names)?;
        let values = asked.statement.values(asked.parameters)?;
        let shape = RowShape { columns: asked.columns.clone(), key: asked.key.to_vec() };
        Ok(Self {
            parameters: values.into_iter().cloned().collect(),
            first_page: page(asked, &shape, false),
            next_page: page(asked, &shape, true),
            line: asked.statement.line(),
            shape,
        })
    }
}

impl Source for SqliteSource {
    fn rows(&self, session: Session<'_>, after: Option<&Key>, rows: &mut Vec<Row>) -> Result<(), QueryError> {
        let Some(connection) = session.sqlite() else {
            return Err(QueryError::OtherDatabase);
        };
        let mut values = Cells::default();
        for value in self.parameters.iter().chain(after.into_iter().flat_map(Key::values)) {
            put("key", value, &mut values)?;
        }
        let template = if after.is_some() { &self.next_page } else { &self.first_page };
        let binds = values.bound(0..values.len());
        let statement = BoundStatement { template, binds: &binds, often: Often::Again };
        let failed = QueryError::at(self.line);
        for (number, row) in load(connection, statement).map_err(&failed)?.enumerate() {
            let row = row.map_err(&failed)?;
            rows.push(self.shape.read(number + 1, |place| self.cell(&row, place))?);
        }
        Ok(())
    }

    /// SQLite sorts nulls first, so that the first page comes across them.
    fn refuse_null_keys(&self, _: Session<'_>) -> Result<(), QueryError> {
        Ok(())
    }
}

impl SqliteSource {
    fn cell<'a>(&self, row: &impl ResultRow<'a, Sqlite>, place: usize) -> Result<Value, ReadProblem> {
        let form = if self.shape.key.contains(&place) { Form::Key } else { Form::Any };
        match (stored(row, place)?, self.shape.columns.columns().get(place)) {
            (Some(stored), Some(column)) => stored.value(column.kind, form),
            _ => Ok(Value::Null),
        }
    }
}

fn page(asked: &Asked<'_>, shape: &RowShape, after: bool) -> Template {
    let key: Vec<_> = shape.key_names().map(|name| (quote(name), None)).collect();
    asked.page(&quote_all(shape.columns.names()), &key, after)
}

/// The names of the columns of a query, which runs for no row: SQLite does not even start a query of `LIMIT 0`.
fn names(
    connection: &mut SqliteConnection,
    statement: &Statement,
    parameters: &Parameters,
) -> Result<Vec<String>, QueryError> {
    let template = Template::default()
        .sql("SELECT page.* FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM (\n")
        .template(statement.template())
        .sql("\n) LIMIT 0) AS page ON true");
    let values = bound_parameters(statement, parameters)?;
    let binds = values.bound(0..values.len());
    let failed = QueryError::at(statement.line());
    let described = BoundStatement { template: &template, binds: &binds, often: Often::Once };
    let names = match load(connection, described).map_err(&failed)?.next() {
        Some(row) => field_names(&row.map_err(&failed)?),
        None => Vec::new(),
    };
    Ok(names.iter().map(|name| without_number(name, &names)).collect())
}

/// SQLite calls the second column `id` of a subquery `id:1`.
fn without_number(name: &str, names: &[String]) -> String {
    let numbered = name.rsplit_once(':').filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
    match numbered {
        Some((first, _)) if names.iter().any(|other| other == first) => first.to_owned(),
        _ => name.to_owned(),
    }
}

pub(super) fn field_names<'a>(row: &impl ResultRow<'a, Sqlite>) -> Vec<String> {
    let name = |place: usize| row.get(place).and_then(|field| field.field_name().map(str::to_owned));
    (0..row.field_count()).map(|place| name(place).unwrap_or_default()).collect()
}

/// The cell at `place`; none for null.
pub(super) fn stored<'a>(row: &impl ResultRow<'a, Sqlite>, place: usize) -> Result<Option<Stored>, ReadProblem> {
    let Some(field) = row.get(place) else {
        return Ok(None);
    };
    field.value().map(Stored::read).transpose()
}

/// The values of the parameters of a statement, in the form of SQLite.
pub(super) fn bound_parameters(statement: &Statement, parameters: &Parameters) -> Result<Cells, QueryError> {
    let mut values = Cells::default();
    for (name, value) in statement.parameters().zip(statement.values(parameters)?) {
        put(name, value, &mut values)?;
    }
    Ok(values)
}

fn put(name: &str, value: &Value, values: &mut Cells) -> Result<(), QueryError> {
    values.put(value).map_err(|problem| QueryError::Parameter { name: name.to_owned(), problem })
}

/// The rows of a statement.
pub(super) fn load<'c, 's>(
    connection: &'c mut SqliteConnection,
    statement: BoundStatement<'s, Bound<'s>>,
) -> QueryResult<<SqliteConnection as LoadConnection<DefaultLoadingMode>>::Cursor<'c, 's>> {
    LoadConnection::<DefaultLoadingMode>::load(connection, statement)
}
