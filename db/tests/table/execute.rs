//! A user's statements: separated, bound, all or none.

use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use overnight_db::table::{Executed, Parameters, QueryError, ScriptProblem, first_row, statements};
use overnight_db::{Backend, Session};
use overnight_framework::row::Value;

use crate::support::statements as execute;
use crate::support::{at, date, dec, is_postgres, on_both, parameters_of, postgres, run, scalar, sqlite};

/// How many statements a text has, or what is wrong with it.
fn count(text: &str, backend: Backend) -> Result<usize, String> {
    statements(text, backend).map(|found| found.len()).map_err(|error| error.to_string())
}

#[test]
fn semicolons_separate_statements_and_nothing_else() {
    for (expected, text) in [
        (0, ""),
        (0, " ;; -- nothing; here\n /* ; */ ;"),
        (1, "SELECT 1"),
        (2, "SELECT 1; SELECT 2;"),
        (1, "SELECT ';', ';;', 'it''s;' "),
        (1, "SELECT \"a;b\"\"c;\" FROM t"),
        (1, "SELECT 1 -- a; b"),
        (1, "SELECT 1 /* a; b */ + 2"),
        (1, "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; DELETE FROM d; END;"),
        (2, "CREATE TABLE \"begin\" (a); CREATE TABLE c (d)"),
        (1, "UPDATE t SET a = (SELECT 1 /* ) */)"),
    ] {
        assert_eq!(count(text, Backend::Postgres), Ok(expected), "{text}");
        assert_eq!(count(text, Backend::Sqlite), Ok(expected), "{text}");
    }
    for (expected, text) in [
        (1, "DO $$ BEGIN PERFORM 1; END $$"),
        (2, "DO $a$ x; $$ y; $$ z; $a$; SELECT 1"),
        (1, "SELECT E'it\\'s; \\\\', 1"),
        (1, "SELECT /* a /* nested; */ b; */ 1"),
        (1, "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END"),
        (1, "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)"),
        (2, "SELECT a$b$c; SELECT 1"),
        (1, "SELECT '{\"a\": 1}'::jsonb ? 'a' AND x ?| ARRAY['b']"),
    ] {
        assert_eq!(count(text, Backend::Postgres), Ok(expected), "{text}");
    }
    for (expected, text) in [(1, "SELECT [a;b], `c;d`"), (2, "SELECT 'a\\'; SELECT 1"), (1, "SELECT /* /* a */ 1")] {
        assert_eq!(count(text, Backend::Sqlite), Ok(expected), "{text}");
    }
}

#[test]
fn parameters_are_found_where_they_are_and_nowhere_else() {
    let found = |text: &str, backend| -> Vec<String> {
        let statements = statements(text, backend).unwrap();
        statements.iter().flat_map(|one| one.parameters()).map(str::to_owned).collect()
    };
    let text = "SELECT :a, ':b', \":c\", x::int, :a::text, f(n := 1), a[1: 2], :_d1+:e -- :f\n /* :g */";
    assert_eq!(found(text, Backend::Postgres), ["a", "_d1", "e"]);
    let placed = statements("SELECT 1; SELECT 'ü', :a, :b, :a", Backend::Sqlite).unwrap().pop().unwrap();
    assert_eq!((placed.place_of("a"), placed.place_of("b"), placed.place_of("c")), (Some(23..25), Some(27..29), None));
    assert_eq!(found("SELECT $$ :a $$, E'\\':b', :c", Backend::Postgres), ["c"]);
    assert_eq!(found("SELECT [:a], `:b`, :c", Backend::Sqlite), ["c"]);
}

#[test]
fn a_text_that_cannot_be_run_is_refused_with_its_place() {
    for (text, message) in [
        ("SELECT 1;\nSELECT 'a", "line 2, column 8: this string has no end"),
        ("SELECT ü, \"a", "line 1, column 11: this quoted name has no end"),
        ("SELECT 1 /* a", "line 1, column 10: this comment has no end"),
        ("SELECT (1", "line 1, column 8: this parenthesis is never closed"),
        ("SELECT 1)", "line 1, column 9: this parenthesis closes nothing"),
        (
            "SELECT 1;\n  commit",
            "line 2, column 3: COMMIT is not for a step's text: its statements run in one transaction, which the step begins \
             and ends",
        ),
    ] {
        assert_eq!(count(text, Backend::Postgres), Err(message.to_owned()), "{text}");
        assert_eq!(count(text, Backend::Sqlite), Err(message.to_owned()), "{text}");
    }
    let problem = |text: &str, backend| statements(text, backend).unwrap_err().problem;
    assert_eq!(problem("SELECT $1", Backend::Postgres), ScriptProblem::Placeholder("$1".into()));
    for placeholder in ["?", "?1", "@a", "$a"] {
        let text = format!("SELECT {placeholder}");
        assert_eq!(problem(&text, Backend::Sqlite), ScriptProblem::Placeholder(placeholder.into()));
    }
    assert_eq!(problem("DO $x$ a", Backend::Postgres), ScriptProblem::DollarQuote("$x$".into()));
    assert_eq!(problem("COPY t FROM STDIN", Backend::Postgres), ScriptProblem::Copy);
    for word in ["BEGIN", "START", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ABORT"] {
        assert!(matches!(problem(&format!("{word} x"), Backend::Postgres), ScriptProblem::Transaction(_)));
    }
}

#[test]
fn what_a_statement_does_is_told_also_behind_with() {
    let verb = |text: &str| statements(text, Backend::Postgres).unwrap()[0].verb().to_owned();
    assert_eq!(verb("/* x */ insert into t values (1)"), "INSERT");
    assert_eq!(verb("WITH a AS (DELETE FROM t RETURNING *), b AS (SELECT 1) INSERT INTO c SELECT * FROM a"), "INSERT");
    assert_eq!(verb("with a as (delete from t returning *) select * from a"), "SELECT");
}

#[test]
fn statements_run_in_their_order_and_their_rows_are_counted() {
    on_both(|mut session| {
        let text = "CREATE TABLE t (id int, x text);
                    INSERT INTO t VALUES (1, :x), (2, :x), (3, 'a;b');
                    SELECT * FROM t;
                    UPDATE t SET x = :y WHERE x = :x AND :y <> 'z';
                    SELECT count(*) FROM t;
                    DELETE FROM t WHERE id = 3";
        let parameters = [("x", "it's; :y".into()), ("y", "new".into())];
        let executed = execute(&mut session, text, &parameters).unwrap();
        assert_eq!(executed, Executed { statements: 6, rows: 3 + 2 + 1 });
        assert_eq!(scalar(&mut session, "SELECT count(*) FROM t WHERE x = 'new'"), Value::Int(2));
    });
}

#[test]
fn a_refused_statement_takes_the_others_with_it_and_is_named_by_its_line() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int PRIMARY KEY)");
        let text = "INSERT INTO t VALUES (1);\n\n  INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2)";
        let error = execute(&mut session, text, &[]).unwrap_err();
        assert!(matches!(&error, QueryError::Statement { line: 3, .. }), "{error:?}");
        assert_eq!(scalar(&mut session, "SELECT count(*) FROM t"), Value::Int(0));
    });
}

#[test]
fn an_open_transaction_is_used_and_left_open() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int)");
        match session.reborrow() {
            Session::Postgres(connection) => AnsiTransactionManager::begin_transaction(connection),
            Session::Sqlite(connection) => AnsiTransactionManager::begin_transaction(connection),
        }
        .unwrap();
        execute(&mut session, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", &[]).unwrap();
        match session.reborrow() {
            Session::Postgres(connection) => AnsiTransactionManager::rollback_transaction(connection),
            Session::Sqlite(connection) => AnsiTransactionManager::rollback_transaction(connection),
        }
        .unwrap();
        assert_eq!(scalar(&mut session, "SELECT count(*) FROM t"), Value::Int(0));
    });
}

#[test]
fn the_first_row_comes_in_the_types_of_the_database() {
    let mut database = postgres();
    let text =
        "SELECT :i AS i, :d AS d, :s AS s, :n AS n, :b AS b, :day AS day, :at AS at, :f AS f, '\\x00ff'::bytea AS y,
                       '67e55044-10b1-426f-9247-bb680e5fe0c8'::uuid AS u, 'a'::name::text AS t";
    let parameters = parameters_of(&[
        ("i", Value::Int(7)),
        ("d", dec("1.50")),
        ("s", "text".into()),
        ("n", Value::Null),
        ("b", Value::Bool(true)),
        ("day", date("2026-03-31")),
        ("at", at("2026-03-31T00:00:00.000001Z")),
        ("f", Value::Float(0.1)),
    ]);
    let row = first_row(&mut database.connection, text, &parameters).unwrap().unwrap();
    assert_eq!(row.names.join(" "), "i d s n b day at f y u t");
    let mut expected: Vec<_> = ["i", "d", "s", "n", "b", "day", "at", "f"].map(|name| parameters[name].clone()).into();
    expected.push(Value::Bytes([0, 255].into()));
    expected.push("67e55044-10b1-426f-9247-bb680e5fe0c8".into());
    expected.push("a".into());
    assert_eq!(row.values, expected);
    let text = "SELECT pg_advisory_unlock_all() AS v, current_user AS n";
    let row = first_row(&mut database.connection, text, &Parameters::new()).unwrap().unwrap();
    assert_eq!(row.values, [Value::Null, "postgres".into()]);
    let none = first_row(&mut database.connection, "SELECT 1 WHERE false", &Parameters::new()).unwrap();
    assert_eq!(none, None);
    let error = first_row(&mut database.connection, "SELECT interval '1 day' AS i", &Parameters::new()).unwrap_err();
    assert!(error.to_string().contains("cast it in the query"), "{error}");
}

#[test]
fn a_row_that_was_returned_is_a_first_row() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int, x text)");
        let text = "INSERT INTO t VALUES (1, 'a'), (2, :b) RETURNING id, x";
        let row = first_row(session.reborrow(), text, &parameters_of(&[("b", "b".into())])).unwrap().unwrap();
        assert_eq!(row.values, [Value::Int(1), "a".into()]);
        assert_eq!(scalar(&mut session, "SELECT count(*) FROM t"), Value::Int(2));
    });
}

/// Two expressions with the same parameter are the same to the database.
#[test]
fn a_parameter_that_stands_twice_is_one_placeholder() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (x int)");
        run(&mut session, "INSERT INTO t VALUES (1), (2), (3)");
        let text = "SELECT x % :m AS r, count(*) AS n FROM t GROUP BY x % :m ORDER BY n DESC";
        let row = first_row(session.reborrow(), text, &parameters_of(&[("m", Value::Int(2))])).unwrap().unwrap();
        assert_eq!(row.values, [Value::Int(1), Value::Int(2)]);
    });
}

#[test]
fn a_missing_parameter_is_found_before_anything_was_run() {
    on_both(|mut session| {
        let text = "CREATE TABLE t (id int);\nINSERT INTO t VALUES (:idd)";
        let error = execute(&mut session, text, &[("id", Value::Int(1))]).unwrap_err().to_string();
        assert!(error.starts_with("line 2, column 1: there is no parameter `idd`; did you mean id?"), "{error}");
        let exists = if is_postgres(&session) {
            "SELECT count(*) FROM pg_class WHERE relname = 't'"
        } else {
            "SELECT count(*) FROM sqlite_master WHERE name = 't'"
        };
        assert_eq!(scalar(&mut session, exists), Value::Int(0));
    });
}

#[test]
fn a_trigger_of_sqlite_is_one_statement_that_works() {
    let mut connection = sqlite();
    let mut session = (&mut connection).into();
    let text = "CREATE TABLE a (x); CREATE TABLE log (x);
                CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO log VALUES (new.x); INSERT INTO log VALUES (0); END;
                INSERT INTO a VALUES (1)";
    let executed = execute(&mut session, text, &[]).unwrap();
    assert_eq!(executed, Executed { statements: 4, rows: 1 });
    assert_eq!(scalar(&mut session, "SELECT count(*) FROM log"), Value::Int(2));
}
