//! The catalogue of SQLite.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{SqliteConnection, sql_query};
use overnight_framework::suggest;

use super::{Column, Filled, Storage, Table, UniqueKey};
use crate::session::Backend;
use crate::table::error::TableError;
use crate::table::name::{TableName, quote};
use crate::table::sqlite::SqliteType;

/// SQLite looks at temporary tables first, then at the main database, then at attached ones.
const RELATION: &str = "
SELECT schema, type, wr AS without_rowid, strict
  FROM pragma_table_list
 WHERE name = ?1 COLLATE NOCASE AND (?2 IS NULL OR schema = ?2 COLLATE NOCASE)
 ORDER BY CASE schema WHEN 'temp' THEN 0 WHEN 'main' THEN 1 ELSE 2 END LIMIT 1";

const COLUMNS: &str = "
SELECT name, type, \"notnull\" AS required, dflt_value IS NOT NULL AS defaulted, pk, hidden
  FROM pragma_table_xinfo(?1, ?2) WHERE hidden <> 1 ORDER BY cid";

/// Unique indexes over plain columns of the whole table; `name` is null for an expression, which rules the index out.
const KEYS: &str = "
SELECT l.seq, l.origin, x.name
  FROM pragma_index_list(?1, ?2) AS l, pragma_index_xinfo(l.name, ?2) AS x
 WHERE l.\"unique\" AND NOT l.partial AND x.key
 ORDER BY l.origin <> 'pk', l.seq, x.seqno";

const TABLES: &str = "
SELECT schema, name FROM pragma_table_list
 WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'overnight\\_%' ESCAPE '\\'
 ORDER BY 1, 2";

#[derive(QueryableByName)]
struct ConflictRow {
    #[diesel(sql_type = Bool)]
    settled: bool,
}

#[derive(QueryableByName)]
struct RelationRow {
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Text)]
    r#type: String,
    #[diesel(sql_type = BigInt)]
    without_rowid: i64,
    #[diesel(sql_type = BigInt)]
    strict: i64,
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    r#type: String,
    #[diesel(sql_type = BigInt)]
    required: i64,
    #[diesel(sql_type = BigInt)]
    defaulted: i64,
    #[diesel(sql_type = BigInt)]
    pk: i64,
    #[diesel(sql_type = BigInt)]
    hidden: i64,
}

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    origin: String,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
}

#[derive(QueryableByName)]
struct TableRow {
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Text)]
    name: String,
}

pub(super) fn find(connection: &mut SqliteConnection, name: &TableName) -> Result<Option<Table>, TableError> {
    let relation = sql_query(RELATION)
        .bind::<Text, _>(name.table())
        .bind::<Nullable<Text>, _>(name.schema())
        .get_result::<RelationRow>(connection)
        .optional()?;
    let Some(relation) = relation else {
        return Ok(None);
    };
    if relation.r#type == "view" {
        return Err(TableError::NotATable { name: name.clone(), what: "a view" });
    }
    let columns = sql_query(COLUMNS)
        .bind::<Text, _>(name.table())
        .bind::<Text, _>(&relation.schema)
        .load::<ColumnRow>(connection)?;
    let indexed =
        sql_query(KEYS).bind::<Text, _>(name.table()).bind::<Text, _>(&relation.schema).load::<KeyRow>(connection)?;
    let row_id = row_id(&relation, &columns);
    let mut keys = keys(indexed);
    if let Some(name) = &row_id {
        // It needs no index, so the list of indexes does not have it.
        keys.insert(0, UniqueKey { columns: vec![name.as_str().into()], primary: true });
    }
    Ok(Some(Table {
        name: name.clone(),
        columns: columns.into_iter().map(|row| column(row, &relation, row_id.as_deref())).collect(),
        keys,
        backend: Backend::Sqlite,
        is_temporary: relation.schema == "temp",
        #[cfg(feature = "postgres")]
        copies: false,
        #[cfg(feature = "postgres")]
        defers: false,
        settles_conflicts: settles_conflicts(connection, &relation.schema, name)?,
    }))
}

/// No pragma tells the conflict clauses of a table, so the statement that made it is asked for the word: once too often does no harm.
fn settles_conflicts(connection: &mut SqliteConnection, schema: &str, name: &TableName) -> Result<bool, TableError> {
    let asked = format!(
        "SELECT coalesce(sql LIKE '%conflict%', 0) AS settled FROM {}.sqlite_master
          WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
        quote(schema)
    );
    let row = sql_query(asked).bind::<Text, _>(name.table()).get_result::<ConflictRow>(connection).optional()?;
    Ok(row.is_some_and(|row| row.settled))
}

fn column(row: ColumnRow, relation: &RelationRow, row_id: Option<&str>) -> Column {
    let required = row.required != 0 || (relation.without_rowid != 0 && row.pk != 0);
    let filled = match (row.hidden, row.defaulted) {
        (2 | 3, _) => Filled::Generated,
        (_, 0) if row_id != Some(&*row.name) => Filled::ByRow,
        _ => Filled::ByDefault,
    };
    let storage = Storage::Sqlite(SqliteType::new(&row.r#type, relation.strict != 0));
    Column { name: row.name.into(), declared: row.r#type.into(), nullable: !required, filled, storage }
}

/// The `INTEGER PRIMARY KEY`, which is the row's own number and is given by SQLite where the row has none. The word must
/// be `INTEGER`: `INT PRIMARY KEY` is an ordinary column.
fn row_id(relation: &RelationRow, columns: &[ColumnRow]) -> Option<String> {
    let mut keys = columns.iter().filter(|column| column.pk != 0);
    let only = keys.next().filter(|_| relation.without_rowid == 0)?;
    (keys.next().is_none() && only.r#type.eq_ignore_ascii_case("INTEGER")).then(|| only.name.clone())
}

fn keys(rows: Vec<KeyRow>) -> Vec<UniqueKey> {
    let mut keys: Vec<(i64, UniqueKey)> = Vec::new();
    let expressions: Vec<i64> = rows.iter().filter(|row| row.name.is_none()).map(|row| row.seq).collect();
    for KeyRow { seq, origin, name } in rows {
        match keys.last_mut() {
            Some((last, key)) if *last == seq => key.columns.extend(name.map(Into::into)),
            _ => {
                let columns = name.map(Into::into).into_iter().collect();
                keys.push((seq, UniqueKey { columns, primary: origin == "pk" }));
            }
        }
    }
    keys.into_iter().filter(|(seq, _)| !expressions.contains(seq)).map(|(_, key)| key).collect()
}

pub(super) fn nearest(connection: &mut SqliteConnection, name: &TableName) -> Result<Option<TableName>, TableError> {
    let tables = sql_query(TABLES).load::<TableRow>(connection)?;
    let called = |row: &TableRow| match (name.schema(), row.schema.as_str()) {
        (None, "main" | "temp") => TableName::new(row.name.as_str()),
        _ => TableName::new(row.name.as_str()).in_schema(row.schema.as_str()),
    };
    if let Some(row) = tables.iter().find(|row| row.name.eq_ignore_ascii_case(name.table())) {
        return Ok(Some(called(row)));
    }
    let candidates: Vec<_> = tables.iter().map(|row| called(row).to_string()).collect();
    let found = suggest::nearest(&name.to_string(), candidates.iter().map(String::as_str));
    Ok(found.and_then(|text| text.parse().ok()))
}
