//! Reading a query from Postgres: its columns and types asked once, then the rows in binary form.

use diesel::PgConnection;
use diesel::connection::{DefaultLoadingMode, LoadConnection};
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::row::{Field as _, Row as ResultRow};
use overnight_framework::row::{Row, Type, Value};

use super::bind::Bind;
use super::decode::{decode, natural};
use super::wire::Wire;
use crate::session::{Backend, Session};
use crate::table::bound::{BoundStatement, Often};
use crate::table::name::quote;
use crate::table::query::{self, Asked, Key, QueryError, RowShape, Source};
use crate::table::script::{Parameters, Statement, Template};

/// `char(n)`, whose padding is no part of the value: its cast to text takes it off.
const BPCHAR: u32 = 1042;

/// A query that was checked against Postgres.
pub(in crate::table) struct PgSource {
    shape: RowShape,
    cells: Vec<Cell>,
    binds: Vec<Bind<'static>>,
    first_page: Template,
    next_page: Template,
    null_keys: Template,
    line: usize,
}

/// How one column of the result is read.
struct Cell {
    wire: Wire,
    wanted: Type,
    /// It was cast to text from this type, to which a key has to be cast back.
    text_of: Option<Box<str>>,
}

/// The type of a column of the result.
struct Found {
    oid: u32,
    /// As the server spells it.
    name: Box<str>,
}

impl PgSource {
    pub(in crate::table) fn open(connection: &mut PgConnection, asked: &Asked<'_>) -> Result<Self, QueryError> {
        query::refuse_key_types(asked, Backend::Postgres)?;
        let binds = binds(&asked.statement, asked.parameters)?;
        let names = names(connection, &asked.statement, &binds)?;
        query::check_names(asked.columns, &names)?;
        let found = types(connection, asked, &binds)?;
        let columns = asked.columns.columns();
        let cells = columns.iter().zip(found).map(|(column, found)| Cell::new(&column.name, column.kind, found));
        let cells = cells.collect::<Result<Vec<_>, _>>()?;
        let shape = RowShape { columns: asked.columns.clone(), key: asked.key.to_vec() };
        let texts = Texts { asked, shape: &shape, cells: &cells };
        let (first_page, next_page, null_keys) = (texts.page(false), texts.page(true), texts.null_keys());
        Ok(Self { cells, binds, first_page, next_page, null_keys, line: asked.statement.line(), shape })
    }
}

impl Source for PgSource {
    fn rows(&self, session: Session<'_>, after: Option<&Key>, rows: &mut Vec<Row>) -> Result<(), QueryError> {
        let Some(connection) = session.postgres() else {
            return Err(QueryError::OtherDatabase);
        };
        let mut binds = self.binds.clone();
        for (place, value) in self.shape.key.iter().zip(after.into_iter().flat_map(Key::values)) {
            if let Some(cell) = self.cells.get(*place) {
                binds.push(cell.bind(value)?);
            }
        }
        let template = if after.is_some() { &self.next_page } else { &self.first_page };
        // Not kept prepared: the connection outlives the step, and a plan that was kept breaks when somebody alters the
        // table. To plan a page anew costs nothing beside its rows, and the planner sees where it starts.
        let statement = BoundStatement { template, binds: &binds, often: Often::Once };
        let failed = QueryError::at(self.line);
        for (number, row) in load(connection, statement).map_err(&failed)?.enumerate() {
            let row = row.map_err(&failed)?;
            let read = |place: usize| match self.cells.get(place) {
                Some(Cell { wire, wanted, .. }) => {
                    cell(&row, place, |bytes| decode(*wire, *wanted, bytes)).unwrap_or(Ok(Value::Null))
                }
                None => Ok(Value::Null),
            };
            rows.push(self.shape.read(number + 1, read)?);
        }
        Ok(())
    }

    /// Postgres sorts nulls last, behind every key that a page could start from, where they would never be seen.
    fn refuse_null_keys(&self, session: Session<'_>) -> Result<(), QueryError> {
        let Some(connection) = session.postgres() else {
            return Err(QueryError::OtherDatabase);
        };
        let statement = BoundStatement { template: &self.null_keys, binds: &self.binds, often: Often::Once };
        let failed = QueryError::at(self.line);
        if load(connection, statement).map_err(&failed)?.next().is_none() {
            return Ok(());
        }
        let columns: Vec<_> = self.shape.key_names().collect();
        Err(QueryError::NullKey { columns: columns.join(", ") })
    }
}

impl Cell {
    fn new(column: &str, wanted: Type, found: Found) -> Result<Self, QueryError> {
        let wire = Wire::from_oid(found.oid);
        let by_itself = wire.map(type_of);
        match (wire, wanted) {
            (Some(Wire::Text), Type::Str) if found.oid != BPCHAR => {
                Ok(Self { wire: Wire::Text, wanted, text_of: None })
            }
            (_, Type::Str) => {
                let name = if found.oid == BPCHAR { "bpchar".into() } else { found.name };
                Ok(Self { wire: Wire::Text, wanted, text_of: Some(name) })
            }
            (Some(wire @ (Wire::Int2 | Wire::Int4 | Wire::Int8)), Type::Decimal) => {
                Ok(Self { wire, wanted, text_of: None })
            }
            (Some(wire), wanted) if by_itself == Some(wanted) => Ok(Self { wire, wanted, text_of: None }),
            _ => Err(QueryError::Type {
                column: column.to_owned(),
                found: found.name.into(),
                declared: wanted,
                fits: Some(by_itself.unwrap_or(Type::Str)),
            }),
        }
    }

    /// A value of this column of the key, in the type that the column has: so the server compares by the index.
    fn bind(&self, value: &Value) -> Result<Bind<'static>, QueryError> {
        let integer = match (self.wire, value) {
            (Wire::Int2 | Wire::Int4 | Wire::Int8, Value::Decimal(number)) => i64::try_from(number.mantissa()).ok(),
            _ => None,
        };
        let bound = match integer {
            Some(number) => Bind::of(self.wire, &Value::Int(number)),
            None => Bind::of(self.wire, value),
        };
        bound.map_err(|problem| QueryError::Parameter { name: "key".to_owned(), problem })
    }
}

/// The type of values that `wire` is read as by itself.
fn type_of(wire: Wire) -> Type {
    match wire {
        Wire::Bool => Type::Bool,
        Wire::Int2 | Wire::Int4 | Wire::Int8 => Type::Int,
        Wire::Float4 | Wire::Float8 => Type::Float,
        Wire::Numeric => Type::Decimal,
        Wire::Text | Wire::Uuid => Type::Str,
        Wire::Bytea => Type::Bytes,
        Wire::Date => Type::Date,
        Wire::Timestamp | Wire::Timestamptz => Type::DateTime,
        Wire::Json | Wire::Jsonb => Type::Json,
    }
}

/// The statements of a source.
struct Texts<'a> {
    asked: &'a Asked<'a>,
    shape: &'a RowShape,
    cells: &'a [Cell],
}

impl Texts<'_> {
    fn page(&self, after: bool) -> Template {
        let cells = self.shape.columns.names().zip(self.cells).map(|(name, cell)| match cell.text_of {
            Some(_) => format!("page.{}::text", quote(name)),
            None => format!("page.{}", quote(name)),
        });
        let cells = cells.collect::<Vec<_>>().join(", ");
        let cast = |place: &usize| self.cells.get(*place).and_then(|cell| cell.text_of.as_deref());
        let names = self.shape.key_names().map(|name| format!("page.{}", quote(name)));
        let key: Vec<_> = names.zip(self.shape.key.iter().map(cast)).collect();
        self.asked.page(&cells, &key, after)
    }

    fn null_keys(&self) -> Template {
        let is_null: Vec<_> = self.shape.key_names().map(|name| format!("page.{} IS NULL", quote(name))).collect();
        Template::default()
            .sql("SELECT 1 FROM (\n")
            .template(self.asked.statement.template())
            .sql(format!("\n) AS page WHERE {} LIMIT 1", is_null.join(" OR ")))
    }
}

/// The binds of the parameters of a statement.
pub(super) fn binds(statement: &Statement, parameters: &Parameters) -> Result<Vec<Bind<'static>>, QueryError> {
    let values = statement.values(parameters)?;
    let bind = |(name, value): (&str, &Value)| {
        Bind::value(value).map_err(|problem| QueryError::Parameter { name: name.to_owned(), problem })
    };
    statement.parameters().zip(values).map(bind).collect()
}

/// A query that gives one row of nulls, so that there are columns to look at, and runs the user's for no row.
fn one_row_of_nulls(select: &str, statement: &Statement) -> Template {
    Template::default()
        .sql(format!("{select} FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM (\n"))
        .template(statement.template())
        .sql("\n) AS query LIMIT 0) AS page ON true")
}

fn names(connection: &mut PgConnection, statement: &Statement, binds: &[Bind<'_>]) -> Result<Vec<String>, QueryError> {
    let template = one_row_of_nulls("SELECT page.*", statement);
    let failed = QueryError::at(statement.line());
    let described = BoundStatement { template: &template, binds, often: Often::Once };
    let mut rows = load(connection, described).map_err(&failed)?;
    match rows.next() {
        Some(row) => Ok(field_names(&row.map_err(&failed)?)),
        None => Ok(Vec::new()),
    }
}

pub(super) fn field_names<'a>(row: &impl ResultRow<'a, Pg>) -> Vec<String> {
    let name = |place: usize| row.get(place).and_then(|field| field.field_name().map(str::to_owned));
    (0..row.field_count()).map(|place| name(place).unwrap_or_default()).collect()
}

/// The types of the columns to be read. The server sends a domain as the type below it.
fn types(connection: &mut PgConnection, asked: &Asked<'_>, binds: &[Bind<'_>]) -> Result<Vec<Found>, QueryError> {
    let oids: Vec<_> = asked.columns.names().map(|name| format!("pg_typeof(page.{})::oid", quote(name))).collect();
    let template = Template::default()
        .sql("WITH RECURSIVE described AS (")
        .template(&one_row_of_nulls(&format!("SELECT ARRAY[{}]::oid[] AS types", oids.join(", ")), &asked.statement))
        .sql(
            "), stored AS (
                SELECT k.place, k.type, k.type AS declared
                  FROM described, unnest(described.types) WITH ORDINALITY AS k(type, place)
                UNION ALL
                SELECT s.place, t.typbasetype, s.declared
                  FROM stored s JOIN pg_catalog.pg_type t ON t.oid = s.type WHERE t.typtype = 'd')
             SELECT s.type::int8, pg_catalog.format_type(s.declared, -1)
               FROM stored s JOIN pg_catalog.pg_type t ON t.oid = s.type WHERE t.typtype <> 'd' ORDER BY s.place",
        );
    let failed = QueryError::at(asked.statement.line());
    let described = BoundStatement { template: &template, binds, often: Often::Once };
    let found = |row: Result<_, diesel::result::Error>| {
        let row = row.map_err(&failed)?;
        let read =
            |wire, place| cell(&row, place, |bytes| natural(wire, bytes)).and_then(Result::ok).unwrap_or_default();
        let oid = if let Value::Int(oid) = read(Wire::Int8, 0) { u32::try_from(oid).unwrap_or_default() } else { 0 };
        Ok(Found { oid, name: read(Wire::Text, 1).to_string().into() })
    };
    load(connection, described).map_err(&failed)?.map(found).collect()
}

/// The rows of a statement.
pub(super) fn load<'c, 's>(
    connection: &'c mut PgConnection,
    statement: BoundStatement<'s, Bind<'s>>,
) -> QueryResult<<PgConnection as LoadConnection<DefaultLoadingMode>>::Cursor<'c, 's>> {
    LoadConnection::<DefaultLoadingMode>::load(connection, statement)
}

/// What `read` makes of the bytes at `place`; none for null.
pub(super) fn cell<'a, T>(row: &impl ResultRow<'a, Pg>, place: usize, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
    let field = row.get(place)?;
    let value = field.value()?;
    Some(read(value.as_bytes()))
}
