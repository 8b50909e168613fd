//! Every type goes in and comes out as it was.

use overnight_db::Session;
use overnight_db::table::{CreateTable, Created, Mode};
use overnight_framework::row::{Row, Type, Value};
use serde_json::json;

use crate::support::*;

fn one_of_each() -> Vec<Row> {
    let texts = ["", "Zürich 東京 🏦", "it's; \"quoted\"\\ \n\ttwo lines", "NULL"];
    let row = |number: i64, text: &str| {
        vec![
            Value::Bool(number % 2 == 0),
            Value::Int(number),
            dec("-90071992547409.93"),
            Value::Float(0.1 + 0.2),
            Value::from(text),
            date("2024-02-29"),
            at("1969-12-31T23:59:59.999999Z"),
            Value::Bytes([0, 255, 92, 39].into()),
            Value::Json(Box::new(json!({ "a": [1, null, "ü\"\\u0000"], "b": 1.5 }))),
        ]
    };
    let numbers = [0, -1, i64::MAX, i64::MIN];
    let mut rows: Vec<_> = numbers.iter().zip(texts).map(|(number, text)| row(*number, text)).collect();
    let mut empty = vec![Value::Null; 9];
    empty[1] = Value::Int(5);
    rows.push(empty);
    let mut edges = row(6, "edges");
    edges[2] = dec("0.0000000000000000000000000001");
    edges[3] = Value::Float(f64::INFINITY);
    edges[5] = date("0001-01-01");
    edges[6] = at("9999-12-31T23:59:59Z");
    edges[7] = Value::Bytes([].into());
    edges[8] = Value::Json(Box::new(json!(null)));
    rows.push(edges);
    rows
}

fn columns() -> Vec<(&'static str, Type)> {
    Type::COLUMN.iter().map(|kind| (kind.name(), *kind)).collect()
}

fn round_trip(session: &mut Session<'_>, rows: &[Row], mode: Mode) {
    let schema = schema(&columns());
    let mut writer = writer(session, "every type", &schema, mode).unwrap();
    assert_eq!(writer.check(rows), []);
    assert_eq!(writer.write(session.reborrow(), rows).unwrap(), rows.len() as u64);
    let mut read = all(session, "SELECT * FROM \"every type\"", &schema).unwrap();
    let mut rows = rows.to_vec();
    let number = |row: &Row| if let Value::Int(number) = row[1] { number } else { unreachable!("it is the key") };
    read.sort_by_key(number);
    rows.sort_by_key(number);
    assert_eq!(read, rows);
    for (read, written) in read.iter().zip(&rows) {
        assert_eq!(format!("{read:?}"), format!("{written:?}"), "also the scale of decimals");
    }
    run(session, "DELETE FROM \"every type\"");
}

#[test]
fn a_created_table_takes_every_type_and_gives_it_back() {
    on_both(|mut session| {
        let schema = schema(&columns());
        let create = CreateTable { name: &name("every type"), schema: &schema, key: &["integer".into()] };
        assert_eq!(create.if_missing(session.reborrow()).unwrap(), Created::New);
        assert_eq!(create.if_missing(session.reborrow()).unwrap(), Created::Existed);
        let rows = one_of_each();
        round_trip(&mut session, &rows, Mode::Insert);
        round_trip(&mut session, &rows, upsert(&["integer"]));
    });
}

/// 500 rows and more go by COPY on Postgres, and in many statements on SQLite.
#[test]
fn many_rows_go_the_quick_way_and_come_back_the_same() {
    on_both(|mut session| {
        let schema = schema(&columns());
        let create = CreateTable { name: &name("every type"), schema: &schema, key: &[] };
        create.if_missing(session.reborrow()).unwrap();
        let some = one_of_each();
        let row = |number: i64| {
            let mut row = some[usize::try_from(number).unwrap() % some.len()].clone();
            row[1] = Value::Int(number);
            row
        };
        for count in [499, 500, 1_037] {
            round_trip(&mut session, &(0..count).map(row).collect::<Vec<_>>(), Mode::Insert);
        }
    });
}

#[test]
fn the_narrow_and_the_odd_types_of_postgres_are_written_and_read_too() {
    let mut database = postgres();
    let mut session = (&mut database.connection).into();
    run(
        &mut session,
        "CREATE TYPE mood AS ENUM ('sad', 'ok');
         CREATE DOMAIN positive AS numeric(8,2) CHECK (VALUE > 0);
         CREATE DOMAIN gain AS positive;
         CREATE TABLE odd (a int2, b int4, c float4, d char(3), e varchar(4), f uuid, g json, h timestamp, i mood, j gain,
                           k timestamptz(3), l numeric)",
    );
    let columns = [
        ("a", Type::Int),
        ("b", Type::Int),
        ("c", Type::Float),
        ("d", Type::Str),
        ("e", Type::Str),
        ("f", Type::Str),
        ("g", Type::Json),
        ("h", Type::DateTime),
        ("i", Type::Str),
        ("j", Type::Decimal),
        ("k", Type::DateTime),
        ("l", Type::Int),
    ];
    let schema_in = schema(&columns);
    let row = vec![
        Value::Int(-32_768),
        Value::Int(2_147_483_647),
        Value::Float(0.25),
        Value::from("abc"),
        Value::from("äöüß"),
        Value::from("67e55044-10b1-426f-9247-bb680e5fe0c8"),
        Value::Json(Box::new(json!({ "b": 1, "a": 2 }))),
        at("2026-03-29T01:30:00Z"),
        Value::from("ok"),
        dec("999999.99"),
        at("2026-03-29T01:30:00.123Z"),
        Value::Int(i64::MIN),
    ];
    let mut expected = row.clone();
    expected[11] = dec("-9223372036854775808");
    let mut columns_out = columns;
    columns_out[11].1 = Type::Decimal;
    let schema_out = schema(&columns_out);
    for count in [1, 600] {
        let rows = vec![row.clone(); count];
        let mut writer = writer(&mut session, "odd", &schema_in, Mode::Insert).unwrap();
        writer.write(session.reborrow(), &rows).unwrap();
        let read = all(&mut session, "SELECT * FROM odd", &schema_out).unwrap();
        assert_eq!(read, vec![expected.clone(); count]);
        run(&mut session, "TRUNCATE odd");
    }
}

/// Types without a binary form here are written as texts with a cast, and read with one.
#[test]
fn any_other_type_of_postgres_takes_texts_and_gives_texts() {
    let mut database = postgres();
    let mut session = (&mut database.connection).into();
    run(&mut session, "CREATE TABLE other (id int8 PRIMARY KEY, a inet, b interval, c int4[], d time)");
    let schema = schema(&[("id", Type::Int), ("a", Type::Str), ("b", Type::Str), ("c", Type::Str), ("d", Type::Str)]);
    let row = |id: i64| {
        vec![Value::Int(id), "10.0.0.0/8".into(), "1 day 02:00:00".into(), "{1,NULL,3}".into(), "12:30:00".into()]
    };
    let rows: Vec<Row> = (0..700).map(row).collect();
    let mut insert = writer(&mut session, "other", &schema, Mode::Insert).unwrap();
    insert.write(session.reborrow(), &rows).unwrap();
    assert_eq!(all(&mut session, "SELECT * FROM other ORDER BY id", &schema).unwrap(), rows);
}

#[test]
fn a_table_known_only_at_run_time_is_copied_into() {
    let mut database = postgres();
    let mut session = (&mut database.connection).into();
    run(&mut session, "CREATE SCHEMA \"a.b\"; CREATE TABLE \"a.b\".\"c\"\"d\" (\"x y\" int8, \"z\"\"\" text)");
    let schema = schema(&[("z\"", Type::Str), ("x y", Type::Int)]);
    let rows: Vec<Row> = (0..1_000).map(|number| vec!["é".into(), Value::Int(number)]).collect();
    let mut writer = writer(&mut session, r#""a.b"."c""d""#, &schema, Mode::Insert).unwrap();
    assert_eq!(writer.write(session.reborrow(), &rows).unwrap(), 1_000);
    assert_eq!(scalar(&mut session, r#"SELECT sum("x y")::int8 FROM "a.b"."c""d""#), Value::Int(499_500));
}
