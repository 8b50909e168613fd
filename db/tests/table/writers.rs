//! Bad rows are named before the database sees them, and encoding needs no connection.

use overnight_db::Session;
use overnight_db::table::{CellProblem, Encoded, Mode, RowError, TableWriter, WriteError};
use overnight_framework::row::{Row, Type, Value};

use crate::support::*;

fn told(errors: &[RowError]) -> Vec<(usize, String)> {
    errors.iter().map(|error| (error.index, error.to_string())).collect()
}

const ENTRY: &str =
    "CREATE TABLE entry (id int NOT NULL, amount numeric(5,2), code varchar(3), small int2, at timestamptz(0))";

fn entry(amount: &str, code: &str, small: i64, at_text: &str) -> Row {
    vec![Value::Int(1), dec(amount), code.into(), Value::Int(small), at(at_text)]
}

#[test]
fn every_row_that_postgres_would_refuse_or_round_is_named() {
    let mut database = postgres();
    let mut session = (&mut database.connection).into();
    run(&mut session, ENTRY);
    let columns = [
        ("id", Type::Int),
        ("amount", Type::Decimal),
        ("code", Type::Str),
        ("small", Type::Int),
        ("at", Type::DateTime),
    ];
    let mut writer = writer(&mut session, "entry", &schema(&columns), Mode::Insert).unwrap();
    let mut no_id = entry("1.00", "a", 1, "2026-01-01T00:00:00Z");
    no_id[0] = Value::Null;
    let rows = vec![
        entry("999.99", "abc", 1, "2026-01-01T00:00:00Z"),
        entry("0.125", "abc", 1, "2026-01-01T00:00:00Z"),
        entry("1000.00", "abc", 1, "2026-01-01T00:00:00Z"),
        entry("1.00", "abcd", 1, "2026-01-01T00:00:00Z"),
        entry("1.00", "a\0", 1, "2026-01-01T00:00:00Z"),
        entry("1.00", "a", 40_000, "2026-01-01T00:00:00Z"),
        entry("1.00", "a", 1, "2026-01-01T00:00:00.5Z"),
        no_id,
        vec![Value::Int(1), dec("1.00")],
        vec![Value::from("1"), dec("1.00"), "a".into(), Value::Int(1), Value::Null],
        entry("-1.5000", "äöü", 1, "2026-01-01T00:00:00Z"),
    ];
    let expected: Vec<(usize, String)> = [
        (1, "column \"amount\" is 0.125, which numeric(5,2) would round"),
        (2, "column \"amount\" is 1000.00, out of the range of numeric(5,2)"),
        (3, "column \"code\" has 4 characters, and character varying(3) takes 3"),
        (4, "column \"code\" holds the character NUL, which Postgres does not store"),
        (5, "column \"small\" is 40000, out of the range of smallint"),
        (6, "column \"at\" is 2026-01-01 00:00:00.500 UTC, which timestamp(0) with time zone would round"),
        (7, "column \"id\" is null, and the table takes no nulls there"),
        (8, "column \"code\" is missing: the row has 2 cells"),
        (9, "column \"id\" is string, which integer does not take"),
    ]
    .map(|(index, text)| (index, text.to_owned()))
    .into();
    assert_eq!(told(&writer.check(&rows)), expected);
    match writer.write(session.reborrow(), &rows) {
        Err(WriteError::Rows(errors)) => assert_eq!(told(&errors), expected),
        other => panic!("{other:?}"),
    }
    assert_eq!(scalar(&mut session, "SELECT count(*) FROM entry"), Value::Int(0));
}

/// The two ways of Postgres and the one of SQLite leave out the same rows.
#[test]
fn an_encoder_leaves_out_the_bad_rows_and_the_rest_is_written() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int NOT NULL, day text)");
        let schema = schema(&[("id", Type::Int), ("day", Type::Str)]);
        let writer = writer(&mut session, "t", &schema, Mode::Insert).unwrap();
        let encoder = writer.encoder();
        for count in [10, 1_200] {
            let rows: Vec<Row> = (0..count)
                .map(|id| vec![if id % 10 == 3 { Value::Null } else { Value::Int(id) }, "x".into()])
                .collect();
            // On a thread that has no connection, into memory that is used again.
            let mut encoded = Encoded::default();
            let errors = std::thread::scope(|scope| {
                scope.spawn(|| (0..2).map(|_| encoder.encode(&rows, &mut encoded)).last().unwrap()).join().unwrap()
            });
            assert_eq!(errors.len(), rows.len() / 10);
            assert!(errors.iter().all(|error| error.index % 10 == 3 && error.problem == CellProblem::Null));
            assert_eq!(encoded.rows(), rows.len() - errors.len());
            let written = writer.write_encoded(session.reborrow(), &encoded).unwrap();
            assert_eq!(written, encoded.rows() as u64);
            let sum: i64 = (0..count).filter(|id| id % 10 != 3).sum();
            let read = if is_postgres(&session) { "SELECT sum(id)::int8 FROM t" } else { "SELECT sum(id) FROM t" };
            assert_eq!(scalar(&mut session, read), Value::Int(sum));
            run(&mut session, "DELETE FROM t");
        }
    });
}

/// Few rows and many, new ones and old ones: each way to the table finds the cells by their places.
#[test]
fn the_cells_of_wider_rows_are_written_from_where_they_stand() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int PRIMARY KEY, name text, note text)");
        let table = describe(&mut session, "t");
        let columns = schema(&[("name", Type::Str), ("id", Type::Int)]);
        let row = |id: i64, name: &str| vec![dec("0.1"), Value::Int(id), Value::Null, name.into()];
        let ways =
            [(Mode::Insert, 0..10, "few"), (Mode::Insert, 10..1_000, "many"), (upsert(&["id"]), 5..1_005, "new")];
        for (mode, ids, name) in ways {
            let mut writer = TableWriter::of_cells(&table, (&columns, &[3, 1]), mode).unwrap();
            let rows: Vec<Row> = ids.map(|id| row(id, name)).collect();
            assert_eq!(writer.write(session.reborrow(), &rows).unwrap(), rows.len() as u64);
            let short = writer.check(&[vec![dec("0.1"), Value::Int(1)]]);
            assert_eq!(told(&short), [(0, "column \"name\" is missing: the row has 2 cells".to_owned())]);
        }
        let name = |id| if id < 5 { "few" } else { "new" };
        let expected: Vec<Row> = (0..1_005).map(|id| vec![name(id).into(), Value::Int(id)]).collect();
        assert_eq!(all(&mut session, "SELECT name, id FROM t ORDER BY id", &columns).unwrap(), expected);
    });
}

#[test]
fn no_rows_are_no_statement() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int)");
        let mut writer = writer(&mut session, "t", &schema(&[("id", Type::Int)]), Mode::Insert).unwrap();
        assert_eq!(writer.write(session.reborrow(), &[]).unwrap(), 0);
        assert_eq!(writer.write_encoded(session.reborrow(), &Encoded::default()).unwrap(), 0);
    });
}

#[test]
fn rows_for_one_database_are_not_sent_to_the_other() {
    let mut lite = sqlite();
    let mut session = (&mut lite).into();
    run(&mut session, "CREATE TABLE t (id int)");
    let mut writer = writer(&mut session, "t", &schema(&[("id", Type::Int)]), Mode::Insert).unwrap();
    let mut database = postgres();
    let refused = writer.write(&mut database.connection, &[vec![Value::Int(1)]]);
    assert!(matches!(refused, Err(WriteError::OtherDatabase)), "{refused:?}");
}

#[test]
fn what_only_the_database_knows_is_its_own_error() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int PRIMARY KEY)");
        let mut writer = writer(&mut session, "t", &schema(&[("id", Type::Int)]), Mode::Insert).unwrap();
        for count in [2, 600] {
            let rows: Vec<Row> = (0..count).map(|id| vec![Value::Int(id / 2)]).collect();
            assert_eq!(writer.check(&rows), []);
            let refused = writer.write(session.reborrow(), &rows).unwrap_err();
            let WriteError::Database(diesel::result::Error::DatabaseError(kind, _)) = refused else {
                panic!("{refused:?}");
            };
            assert!(matches!(kind, diesel::result::DatabaseErrorKind::UniqueViolation));
        }
    });
}

#[test]
fn nan_is_refused_where_it_would_become_null() {
    let mut connection = sqlite();
    let mut session: Session<'_> = (&mut connection).into();
    run(&mut session, "CREATE TABLE t (x REAL)");
    let writer = writer(&mut session, "t", &schema(&[("x", Type::Float)]), Mode::Insert).unwrap();
    let errors = writer.check(&[vec![Value::Float(f64::NAN)], vec![Value::Float(f64::NEG_INFINITY)]]);
    assert_eq!(told(&errors), [(0, "column \"x\" is not a number, and SQLite would store it as null".to_owned())]);
}

/// More columns than 50 rows could bind in one statement.
#[test]
fn wide_rows_keep_below_the_number_of_binds() {
    on_both(|mut session| {
        let names: Vec<_> = (0..900).map(|number| format!("c{number}")).collect();
        let columns: Vec<_> = names.iter().map(|name| (name.as_str(), Type::Int)).collect();
        run(&mut session, &format!("CREATE TABLE wide ({})", names.join(" int8, ") + " int8"));
        let mut writer = writer(&mut session, "wide", &schema(&columns), Mode::Insert).unwrap();
        let rows = vec![vec![Value::Int(1); 900]; 107];
        assert_eq!(writer.write(session.reborrow(), &rows).unwrap(), 107);
    });
}

/// COPY knows no row security and no rules, so that many rows would go another way than few.
#[test]
fn many_rows_obey_the_rules_of_a_table_as_few_do() {
    let mut database = postgres();
    let mut session: Session<'_> = (&mut database.connection).into();
    run(
        &mut session,
        "CREATE TABLE t (id int8); CREATE RULE none AS ON INSERT TO t WHERE new.id < 0 DO INSTEAD NOTHING;
         CREATE TEMPORARY TABLE passing (id int8)",
    );
    let mut writer = writer(&mut session, "t", &schema(&[("id", Type::Int)]), Mode::Insert).unwrap();
    for count in [10, 1_000] {
        let rows: Vec<Row> = (0..count).map(|id| vec![Value::Int(if id % 2 == 0 { id } else { -id })]).collect();
        writer.write(session.reborrow(), &rows).unwrap();
        assert_eq!(scalar(&mut session, "SELECT count(*) FROM t"), Value::Int(count / 2));
        run(&mut session, "TRUNCATE t");
    }
    assert_eq!(describe(&mut session, "passing").columns().len(), 1, "a temporary table is no table of the system");
}
