//! The catalogue of Postgres.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel::{PgConnection, sql_query};
use overnight_framework::suggest;

use super::{Column, Filled, Storage, Table, UniqueKey};
use crate::session::Backend;
use crate::table::error::TableError;
use crate::table::name::TableName;
use crate::table::postgres::PgType;

const RELATION: &str = "
SELECT c.oid::int8 AS oid, c.relkind::text AS kind, n.nspname::text AS schema,
       NOT c.relrowsecurity AND NOT c.relhasrules AS copies, c.relpersistence = 't' AS temporary,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.condeferrable) AS defers
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = pg_catalog.to_regclass($1)";

/// A domain is stored as the type below it, which may be a domain again; each of them may forbid nulls, limit the length
/// and have a default.
const COLUMNS: &str = "
WITH RECURSIVE stored AS (
    SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier, a.attnotnull AS required, a.atthasdef AS defaulted
      FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = $1::int8::oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT s.attnum, t.typbasetype, CASE s.modifier WHEN -1 THEN t.typtypmod ELSE s.modifier END,
           s.required OR t.typnotnull, s.defaulted OR t.typdefault IS NOT NULL
      FROM stored s JOIN pg_catalog.pg_type t ON t.oid = s.type
     WHERE t.typtype = 'd'
)
SELECT a.attname::text AS name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS declared,
       pg_catalog.format_type(a.atttypid, -1) AS cast_to,
       s.type::int8 AS type, s.modifier, s.required,
       s.defaulted OR a.attidentity <> '' AS defaulted,
       a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
       t.typtype = 'e' AS is_enum
  FROM stored s
  JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::int8::oid AND a.attnum = s.attnum
  JOIN pg_catalog.pg_type t ON t.oid = s.type
 WHERE t.typtype <> 'd'
 ORDER BY a.attnum";

const KEYS: &str = "
SELECT i.indisprimary AS is_primary,
       ARRAY(SELECT a.attname::text
               FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
              WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS columns
  FROM pg_catalog.pg_index i
 WHERE i.indrelid = $1::int8::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
   AND i.indpred IS NULL AND i.indexprs IS NULL
 ORDER BY i.indisprimary DESC, i.indexrelid";

const TABLES: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, pg_catalog.pg_table_is_visible(c.oid) AS visible
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
   AND n.nspname <> 'overnight'
 ORDER BY 1, 2";

#[derive(QueryableByName)]
struct RelationRow {
    #[diesel(sql_type = BigInt)]
    oid: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Bool)]
    copies: bool,
    #[diesel(sql_type = Bool)]
    temporary: bool,
    #[diesel(sql_type = Bool)]
    defers: bool,
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    declared: String,
    #[diesel(sql_type = Text)]
    cast_to: String,
    #[diesel(sql_type = BigInt)]
    r#type: i64,
    #[diesel(sql_type = Integer)]
    modifier: i32,
    #[diesel(sql_type = Bool)]
    required: bool,
    #[diesel(sql_type = Nullable<Bool>)]
    defaulted: Option<bool>,
    #[diesel(sql_type = Bool)]
    generated: bool,
    #[diesel(sql_type = Bool)]
    is_enum: bool,
}

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Bool)]
    is_primary: bool,
    #[diesel(sql_type = Array<Text>)]
    columns: Vec<String>,
}

#[derive(QueryableByName)]
struct TableRow {
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    visible: bool,
}

pub(super) fn find(connection: &mut PgConnection, name: &TableName) -> Result<Option<Table>, TableError> {
    let relation =
        sql_query(RELATION).bind::<Text, _>(name.quoted()).get_result::<RelationRow>(connection).optional()?;
    let Some(RelationRow { oid, kind, schema, copies, temporary, defers }) = relation else {
        return Ok(None);
    };
    // A name without a schema may lead to ours through the search path.
    TableName::new(name.table()).in_schema(schema).guard(Backend::Postgres)?;
    if let Some(what) = no_table(&kind) {
        return Err(TableError::NotATable { name: name.clone(), what });
    }
    let columns = sql_query(COLUMNS).bind::<BigInt, _>(oid).load::<ColumnRow>(connection)?;
    let keys = sql_query(KEYS).bind::<BigInt, _>(oid).load::<KeyRow>(connection)?;
    Ok(Some(Table {
        name: name.clone(),
        columns: columns.into_iter().map(column).collect(),
        keys: keys.into_iter().map(key).collect(),
        backend: Backend::Postgres,
        is_temporary: temporary,
        copies,
        defers,
        #[cfg(feature = "sqlite")]
        settles_conflicts: false,
    }))
}

/// What a relation of `kind` is, if it is no table.
fn no_table(kind: &str) -> Option<&'static str> {
    match kind {
        "r" | "p" | "f" => None,
        "v" => Some("a view"),
        "m" => Some("a materialized view"),
        "S" => Some("a sequence"),
        "i" | "I" => Some("an index"),
        _ => Some("a composite type"),
    }
}

fn column(row: ColumnRow) -> Column {
    let filled = match (row.generated, row.defaulted) {
        (true, _) => Filled::Generated,
        (false, Some(true)) => Filled::ByDefault,
        (false, _) => Filled::ByRow,
    };
    let oid = u32::try_from(row.r#type).unwrap_or_default();
    Column {
        name: row.name.into(),
        declared: row.declared.into(),
        nullable: !row.required,
        filled,
        storage: Storage::Postgres(PgType::new(oid, row.modifier, row.is_enum, &row.cast_to)),
    }
}

fn key(row: KeyRow) -> UniqueKey {
    UniqueKey { columns: row.columns.into_iter().map(Into::into).collect(), primary: row.is_primary }
}

/// The table of the catalogue that `name` most likely meant: one of the same name in another schema before one of a
/// similar name.
pub(super) fn nearest(connection: &mut PgConnection, name: &TableName) -> Result<Option<TableName>, TableError> {
    let tables = sql_query(TABLES).load::<TableRow>(connection)?;
    let qualified = |row: &TableRow| TableName::new(row.name.as_str()).in_schema(row.schema.as_str());
    if let Some(row) = tables.iter().find(|row| row.name == name.table()) {
        return Ok(Some(qualified(row)));
    }
    let compared = |row: &TableRow| match name.schema() {
        Some(_) => qualified(row).to_string(),
        None => row.name.clone(),
    };
    let spellings: Vec<_> = tables.iter().map(compared).collect();
    let found = match name.schema() {
        Some(_) => suggest::nearest(&name.to_string(), spellings.iter().map(String::as_str)),
        None => suggest::nearest(name.table(), spellings.iter().map(String::as_str)),
    };
    let row = tables.iter().zip(&spellings).find(|(_, spelling)| Some(spelling.as_str()) == found);
    Ok(row.map(|(row, _)| if row.visible { TableName::new(row.name.as_str()) } else { qualified(row) }))
}
