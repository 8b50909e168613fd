//! Rows that are there already get the new values.

use overnight_db::Session;
use overnight_db::table::CellProblem;
use overnight_framework::row::{Row, Type, Value};

use crate::support::*;

fn kept(session: &mut Session<'_>) -> Vec<Row> {
    let columns = schema(&[("id", Type::Int), ("name", Type::Str), ("note", Type::Str)]);
    all(session, "SELECT id, name, note FROM t ORDER BY id", &columns).unwrap()
}

fn row(id: i64, name: &str) -> Row {
    vec![Value::Int(id), name.into()]
}

#[test]
fn new_rows_are_added_and_old_ones_get_the_columns_of_the_rows() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int PRIMARY KEY, name text, note text)");
        run(&mut session, "INSERT INTO t VALUES (1, 'old', 'kept'), (2, 'old', 'kept')");
        let schema = schema(&[("id", Type::Int), ("name", Type::Str)]);
        let mut writer = writer(&mut session, "t", &schema, upsert(&["id"])).unwrap();
        writer.write(session.reborrow(), &[row(3, "new"), row(1, "new")]).unwrap();
        let expected = [(1, "new", "kept".into()), (2, "old", "kept".into()), (3, "new", Value::Null)];
        assert_eq!(kept(&mut session), expected.map(|(id, name, note)| vec![Value::Int(id), name.into(), note]));
    });
}

#[test]
fn of_two_rows_with_one_key_the_last_counts() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int PRIMARY KEY, name text, note text)");
        let schema = schema(&[("id", Type::Int), ("name", Type::Str)]);
        let mut writer = writer(&mut session, "t", &schema, upsert(&["id"])).unwrap();
        let rows: Vec<_> = (0..1_000).map(|number| row(number % 7, &number.to_string())).collect();
        writer.write(session.reborrow(), &rows).unwrap();
        let last = |id: i64| (0..1_000).rev().find(|number| number % 7 == id).unwrap().to_string();
        let expected: Vec<_> = (0..7).map(|id| vec![Value::Int(id), last(id).as_str().into(), Value::Null]).collect();
        assert_eq!(kept(&mut session), expected);
    });
}

/// A row that is refused does not replace one that is good.
#[test]
fn a_refused_row_does_not_count_as_the_last() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL, note text)");
        let schema = schema(&[("id", Type::Int), ("name", Type::Str)]);
        let writer = writer(&mut session, "t", &schema, upsert(&["id"])).unwrap();
        let mut encoded = overnight_db::table::Encoded::default();
        let rows = [row(1, "good"), vec![Value::Int(1), Value::Null], vec![Value::Null, "x".into()]];
        let errors = writer.encoder().encode(&rows, &mut encoded);
        let problems: Vec<_> = errors.iter().map(|error| (error.index, error.problem.clone())).collect();
        assert_eq!(problems, [(1, CellProblem::Null), (2, CellProblem::NullKey)]);
        writer.write_encoded(session.reborrow(), &encoded).unwrap();
        assert_eq!(kept(&mut session), [vec![Value::Int(1), "good".into(), Value::Null]]);
    });
}

#[test]
fn decimals_that_are_equal_are_one_key() {
    let mut database = postgres();
    let mut session = (&mut database.connection).into();
    run(&mut session, "CREATE TABLE t (id numeric PRIMARY KEY, name text)");
    let schema = schema(&[("id", Type::Decimal), ("name", Type::Str)]);
    let mut writer = writer(&mut session, "t", &schema, upsert(&["id"])).unwrap();
    let rows = [vec![dec("1.50"), "first".into()], vec![dec("1.5"), "last".into()], vec![dec("-2"), "other".into()]];
    writer.write(session.reborrow(), &rows).unwrap();
    assert_eq!(all(&mut session, "SELECT * FROM t ORDER BY id DESC", &schema).unwrap(), rows[1..]);
}

#[test]
fn rows_that_are_nothing_but_a_key_are_added_once() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE seen (a int, b text, PRIMARY KEY (a, b))");
        let schema = schema(&[("b", Type::Str), ("a", Type::Int)]);
        let mut writer = writer(&mut session, "seen", &schema, upsert(&["a", "b"])).unwrap();
        for _ in 0..2 {
            writer
                .write(session.reborrow(), &[vec!["x".into(), Value::Int(1)], vec!["y".into(), Value::Int(1)]])
                .unwrap();
        }
        assert_eq!(scalar(&mut session, "SELECT count(*) FROM seen"), Value::Int(2));
    });
}
