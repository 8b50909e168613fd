//! Reading page by page loses no row, and says so where it would.

use overnight_db::Session;
use overnight_db::table::{Key, QueryError};
use overnight_framework::row::{Column, Row, Schema, Type, Value};
use serde_json::json;

use crate::support::*;

fn numbers(session: &mut Session<'_>, count: i64) {
    let text = if is_postgres(session) {
        "CREATE TABLE n AS SELECT g AS id, 'name ' || (g % 10) AS name FROM generate_series(1, :count) g"
    } else {
        "CREATE TABLE n AS WITH RECURSIVE g(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM g WHERE g < :count)
         SELECT g AS id, 'name ' || (g % 10) AS name FROM g"
    };
    // A CREATE TABLE takes no parameters.
    run(session, &text.replace(":count", &count.to_string()));
    run(session, "CREATE UNIQUE INDEX by_id ON n (id); CREATE UNIQUE INDEX by_name ON n (name, id)");
}

#[test]
fn ten_thousand_rows_come_in_pages_of_seven_and_none_is_lost() {
    on_both(|mut session| {
        numbers(&mut session, 10_000);
        let columns = schema(&[("id", Type::Int), ("name", Type::Str)]);
        let reader = keyset("SELECT * FROM n -- all of them", &columns, &["id"], 7).open(session.reborrow()).unwrap();
        let rows = pages(&mut session, &reader).unwrap();
        let row = |id: i64| vec![Value::Int(id), format!("name {}", id % 10).as_str().into()];
        assert!(rows.into_iter().eq((1..=10_000).map(row)));
    });
}

#[test]
fn a_key_of_two_columns_pages_through_equal_first_ones() {
    on_both(|mut session| {
        numbers(&mut session, 1_000);
        let columns = schema(&[("id", Type::Int), ("name", Type::Str)]);
        let reader = keyset("SELECT * FROM n", &columns, &["name", "id"], 64).open(session.reborrow()).unwrap();
        let rows = pages(&mut session, &reader).unwrap();
        let mut expected = rows.clone();
        expected.sort_by_key(|row| (row[1].to_string(), if let Value::Int(id) = row[0] { id } else { 0 }));
        assert_eq!(rows.len(), 1_000);
        assert_eq!(rows, expected);
    });
}

#[test]
fn the_last_page_says_that_it_is_the_last() {
    on_both(|mut session| {
        numbers(&mut session, 6);
        let columns = schema(&[("id", Type::Int)]);
        let reader = keyset("SELECT id FROM n", &columns, &["id"], 3).open(session.reborrow()).unwrap();
        let mut rows = Vec::new();
        let first = reader.page(session.reborrow(), None, &mut rows).unwrap();
        assert_eq!((rows.len(), first.more), (3, true));
        let second = reader.page(session.reborrow(), first.last.as_ref(), &mut rows).unwrap();
        assert_eq!((rows.len(), second.more), (3, false), "full, and no empty page behind it");
        let third = reader.page(session.reborrow(), second.last.as_ref(), &mut rows).unwrap();
        assert_eq!((rows.len(), third.more, third.last), (0, false, None));
    });
}

/// Every type that can be a key, in its own order, each page from the key as a checkpoint keeps it.
#[test]
fn keys_of_every_type_with_an_order_page_exactly() {
    let mut database = postgres();
    let mut session: Session<'_> = (&mut database.connection).into();
    run(
        &mut session,
        "CREATE TYPE size AS ENUM ('small', 'large', 'huge');
         CREATE TABLE k AS SELECT g AS n, (g - 20)::int2 AS a, (g / 7.0)::numeric AS b, sqrt(g) AS c, (g / 10.0)::float4 AS d,
                '2026-01-01'::date + g::int AS e, '2026-01-01'::timestamptz + g * interval '1 microsecond' AS f,
                '2026-01-01'::timestamp + g * interval '1 hour' AS h, decode(lpad(to_hex(g), 4, '0'), 'hex') AS i,
                md5(g::text)::uuid AS j, rpad(chr((64 + g)::int), 2)::char(5) AS l, g::int8 AS m
           FROM generate_series(1, 40) g;
         CREATE TABLE e AS SELECT unnest(enum_range(NULL::size)) AS size",
    );
    for (name, kind) in [
        ("a", Type::Int),
        ("a", Type::Decimal),
        ("b", Type::Decimal),
        ("c", Type::Float),
        ("d", Type::Float),
        ("e", Type::Date),
        ("f", Type::DateTime),
        ("h", Type::DateTime),
        ("i", Type::Bytes),
        ("j", Type::Str),
        ("l", Type::Str),
    ] {
        let columns = schema(&[(name, kind), ("m", Type::Int)]);
        let reader = keyset("SELECT * FROM k", &columns, &[name], 3).open(session.reborrow()).unwrap();
        let expected = all(&mut session, &format!("SELECT * FROM k ORDER BY {name}"), &columns).unwrap();
        assert_eq!(pages(&mut session, &reader).unwrap(), expected, "{name} as {kind}");
        assert_eq!(expected.len(), 40);
    }
    let columns = schema(&[("size", Type::Str)]);
    let reader = keyset("SELECT * FROM e", &columns, &["size"], 1).open(session.reborrow()).unwrap();
    let sizes: Vec<_> = pages(&mut session, &reader).unwrap().into_iter().map(|row| row[0].to_string()).collect();
    assert_eq!(sizes, ["small", "large", "huge"], "in the order of the type");
}

#[test]
fn parameters_are_bound_and_never_pasted() {
    on_both(|mut session| {
        numbers(&mut session, 100);
        let text =
            "SELECT id, ':name' AS literal FROM n WHERE name = :name AND id > :low AND name <> :other AND name = :name
                    /* :comment */";
        let columns = schema(&[("id", Type::Int), ("literal", Type::Str)]);
        let mut query = keyset(text, &columns, &["id"], 2);
        query.parameters = parameters_of(&[
            ("name", "name 3".into()),
            ("low", Value::Int(50)),
            ("other", "'; DROP TABLE n; --".into()),
            ("unused", Value::Null),
        ]);
        let reader = query.open(session.reborrow()).unwrap();
        let rows = pages(&mut session, &reader).unwrap();
        let expected: Vec<Row> = [53, 63, 73, 83, 93].map(|id| vec![Value::Int(id), ":name".into()]).into();
        assert_eq!(rows, expected);
        query.parameters.remove("low");
        let error = query.open(session.reborrow()).unwrap_err().to_string();
        assert!(error.contains("there is no parameter `low`"), "{error}");
    });
}

#[test]
fn a_key_that_would_lose_rows_is_refused() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE d (id int, x int)");
        run(&mut session, "INSERT INTO d VALUES (1, 1), (2, 2), (2, 3), (3, NULL)");
        let columns = schema(&[("id", Type::Int), ("x", Type::Int)]);
        let read = |session: &mut Session<'_>, key: &[&str]| {
            let reader = keyset("SELECT * FROM d", &columns, key, 2).open(session.reborrow())?;
            pages(session, &reader)
        };
        assert_eq!(
            read(&mut session, &["id"]).unwrap_err().to_string(),
            "the key (id) is not unique: there are two rows with 2, and paging would lose one; add a column to the key"
        );
        let error = read(&mut session, &["x"]).unwrap_err().to_string();
        assert!(error.contains("null") && error.contains("paging would lose"), "{error}");
        assert_eq!(
            read(&mut session, &["idd"]).unwrap_err().to_string(),
            "the key column \"idd\" is not among the columns that are read; did you mean id?"
        );
        assert!(matches!(read(&mut session, &[]), Err(QueryError::NoKey)));
        run(&mut session, "DELETE FROM d WHERE x IS NULL");
        assert_eq!(read(&mut session, &["x", "id"]).unwrap().len(), 3);
    });
}

/// The database goes by the collation, and there the two are one key.
#[test]
fn keys_that_only_the_database_finds_equal_are_refused_too() {
    let mut connection = sqlite();
    let mut session: Session<'_> = (&mut connection).into();
    run(&mut session, "CREATE TABLE folded (x TEXT COLLATE NOCASE); INSERT INTO folded VALUES ('a'), ('A'), ('b')");
    run(&mut session, "CREATE TABLE exact (x TEXT); INSERT INTO exact VALUES ('a'), ('A'), ('b')");
    let columns = schema(&[("x", Type::Str)]);
    let read = |session: &mut Session<'_>, text: &str| {
        let reader = keyset(text, &columns, &["x"], 1).open(session.reborrow())?;
        pages(session, &reader)
    };
    assert!(matches!(read(&mut session, "SELECT * FROM folded"), Err(QueryError::NotUnique { .. })));
    assert_eq!(read(&mut session, "SELECT * FROM exact").unwrap().len(), 3);
}

/// A worker keeps its connection for many runs.
#[test]
fn a_table_may_be_altered_between_two_runs_on_one_connection() {
    on_both(|mut session| {
        numbers(&mut session, 20);
        let columns = schema(&[("id", Type::Int), ("name", Type::Str)]);
        for alter in ["ALTER TABLE n ADD COLUMN more int", "ALTER TABLE n RENAME COLUMN name TO label"] {
            let text = if alter.contains("ADD") { "SELECT * FROM n" } else { "SELECT id, label AS name, more FROM n" };
            run(&mut session, alter);
            let reader = keyset(text, &columns, &["id"], 3).open(session.reborrow()).unwrap();
            assert_eq!(pages(&mut session, &reader).unwrap().len(), 20);
        }
    });
    let mut database = postgres();
    let mut session: Session<'_> = (&mut database.connection).into();
    numbers(&mut session, 20);
    let texts = schema(&[("id", Type::Decimal)]);
    for alter in ["ALTER TABLE n ALTER id TYPE int4", "ALTER TABLE n ALTER id TYPE numeric"] {
        let reader = keyset("SELECT id FROM n", &texts, &["id"], 3).open(session.reborrow()).unwrap();
        assert_eq!(pages(&mut session, &reader).unwrap().len(), 20);
        run(&mut session, alter);
    }
}

#[test]
fn a_checkpoint_of_another_query_is_refused() {
    on_both(|mut session| {
        numbers(&mut session, 3);
        let columns = schema(&[("id", Type::Int)]);
        let reader = keyset("SELECT * FROM n", &columns, &["id"], 2).open(session.reborrow()).unwrap();
        for foreign in [json!(["x"]), json!([1, 2]), json!([{ "decimal": "1" }])] {
            let key = Key::from_json(&foreign).unwrap();
            let refused = reader.page(session.reborrow(), Some(&key), &mut Vec::new());
            assert!(matches!(refused, Err(QueryError::ForeignKey { .. })), "{refused:?}");
        }
    });
}

#[test]
fn columns_that_are_missing_or_there_twice_are_named() {
    on_both(|mut session| {
        numbers(&mut session, 3);
        let open = |session: &mut Session<'_>, text: &str, column: &str| {
            let columns = schema(&[(column, Type::Int)]);
            keyset(text, &columns, &[column], 2).open(session.reborrow()).map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(
            open(&mut session, "SELECT id AS number FROM n", "numbr").unwrap_err(),
            "the result has no column \"numbr\"; did you mean number?"
        );
        assert_eq!(
            open(&mut session, "SELECT a.id, b.id FROM n a, n b", "id").unwrap_err(),
            "the result has the column \"id\" more than once: give one of them another name with AS"
        );
        assert_eq!(open(&mut session, "WITH m AS (SELECT * FROM n) SELECT * FROM m;", "id"), Ok(()));
        assert!(open(&mut session, "SELECT 1) AS q; DROP TABLE n; --", "id").unwrap_err().contains("closes nothing"));
        assert!(open(&mut session, "SELECT id FROM n; SELECT 2", "id").unwrap_err().contains("here starts a second"));
    });
}

#[test]
fn a_type_that_does_not_fit_is_found_before_the_first_row_of_postgres() {
    let mut database = postgres();
    let mut session: Session<'_> = (&mut database.connection).into();
    run(&mut session, "CREATE DOMAIN cents AS int8; CREATE TABLE t (a numeric, b timestamptz, c interval, d cents)");
    let open = |session: &mut Session<'_>, column: &str, kind| {
        let columns = schema(&[(column, kind)]);
        overnight_db::table::read_all(session.reborrow(), "SELECT * FROM t", &parameters_of(&[]), &columns)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    assert_eq!(
        open(&mut session, "a", Type::Int).unwrap_err(),
        "column \"a\" of the result is numeric, which is not read as integer: declare it as decimal, or cast it in the query"
    );
    assert_eq!(
        open(&mut session, "b", Type::Date).unwrap_err(),
        "column \"b\" of the result is timestamp with time zone, which is not read as date: declare it as datetime, or cast it \
         in the query"
    );
    assert_eq!(
        open(&mut session, "c", Type::Int).unwrap_err(),
        "column \"c\" of the result is interval, which is not read as integer: declare it as string, or cast it in the query"
    );
    assert_eq!(open(&mut session, "d", Type::Int), Ok(()));
    assert_eq!(open(&mut session, "d", Type::Decimal), Ok(()));
    assert_eq!(open(&mut session, "c", Type::Str), Ok(()));
}

#[test]
fn a_cell_that_cannot_be_read_is_named_with_its_row() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int, x text)");
        run(&mut session, "INSERT INTO t VALUES (1, 'a'), (2, NULL)");
        let columns = Schema::new(vec![Column::new("id", Type::Int), Column::new("x", Type::Str)]);
        let reader = keyset("SELECT * FROM t", &columns, &["id"], 5).open(session.reborrow()).unwrap();
        let error = pages(&mut session, &reader).unwrap_err().to_string();
        assert_eq!(error, "column \"x\" of row id = 2 is null, and it is not declared nullable");
        let error = all(&mut session, "SELECT * FROM t ORDER BY id", &columns).unwrap_err().to_string();
        assert_eq!(error, "column \"x\" of row 2 is null, and it is not declared nullable");
    });
    let mut database = postgres();
    let mut session = (&mut database.connection).into();
    let columns = schema(&[("d", Type::Date)]);
    let error = all(&mut session, "SELECT 'infinity'::date AS d", &columns).unwrap_err().to_string();
    assert_eq!(error, "column \"d\" of row 1 is infinite, which no date or datetime is");
}

#[test]
fn what_sqlite_stored_otherwise_is_not_guessed() {
    let mut connection = sqlite();
    let mut session: Session<'_> = (&mut connection).into();
    let read = |session: &mut Session<'_>, value: &str, kind| {
        let columns = schema(&[("x", kind)]);
        all(session, &format!("SELECT {value} AS x"), &columns)
            .map(|rows| rows[0][0].clone())
            .map_err(|error| error.to_string())
    };
    assert_eq!(read(&mut session, "'1250.00'", Type::Decimal), Ok(dec("1250.00")));
    assert_eq!(read(&mut session, "7", Type::Decimal), Ok(dec("7")));
    assert_eq!(read(&mut session, "7", Type::Str), Ok("7".into()));
    assert_eq!(read(&mut session, "1", Type::Bool), Ok(Value::Bool(true)));
    assert_eq!(read(&mut session, "2", Type::Float), Ok(Value::Float(2.0)));
    assert_eq!(read(&mut session, "datetime('2026-03-31 22:15:00')", Type::DateTime), Ok(at("2026-03-31T22:15:00Z")));
    assert_eq!(read(&mut session, "'2026-03-31T22:15:00+02:00'", Type::DateTime), Ok(at("2026-03-31T20:15:00Z")));
    for (value, kind, part) in [
        ("12.5", Type::Decimal, "is the float 12.5, which is not read as decimal; a float has lost its exact digits"),
        ("2", Type::Bool, "is the integer 2, which is not read as boolean"),
        ("'12'", Type::Int, "is the text \"12\", which is not read as integer"),
        ("'1e3'", Type::Decimal, "is the text \"1e3\", which is not read as decimal"),
        ("'2026-3-1'", Type::Date, "it is written as 2026-03-31"),
        ("9007199254740993", Type::Float, "is the integer 9007199254740993, which is not read as float"),
        ("'{'", Type::Json, "is no JSON document"),
        ("'{\"n\": 1, \"n\": 2}'", Type::Json, "is no JSON document"),
        ("'{\"n\": 12345678901234567.10}'", Type::Json, "a number of more digits than are kept"),
        ("CAST(x'ff' AS TEXT)", Type::Str, "is no text in UTF-8"),
    ] {
        let error = read(&mut session, value, kind).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

/// A key is compared with what is stored, so what is written otherwise would be skipped.
#[test]
fn keys_of_sqlite_have_one_form() {
    let mut connection = sqlite();
    let mut session: Session<'_> = (&mut connection).into();
    run(&mut session, "CREATE TABLE t (at, amount TEXT)");
    run(&mut session, "INSERT INTO t VALUES ('2026-01-01 12:00:00', '1'), ('2026-01-01 13:00:00', '2')");
    let columns = schema(&[("at", Type::DateTime), ("amount", Type::Decimal)]);
    let reader = keyset("SELECT * FROM t", &columns, &["at"], 1).open(session.reborrow()).unwrap();
    let error = pages(&mut session, &reader).unwrap_err().to_string();
    assert!(error.contains("in a key it has to be written as 2026-03-31T22:15:00.000000Z"), "{error}");
    let refused = keyset("SELECT * FROM t", &columns, &["amount"], 1).open(session.reborrow()).map(drop);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the key column \"amount\" is decimal, which gives no reliable order on SQLite: choose another column"
    );
    let texts = schema(&[("at", Type::Str)]);
    let reader = keyset("SELECT * FROM t", &texts, &["at"], 1).open(session.reborrow()).unwrap();
    assert_eq!(pages(&mut session, &reader).unwrap().len(), 2);
}
