//! What the catalogue tells, and what is refused before the first row.

use overnight_db::Session;
use overnight_db::table::{CreateTable, Filled, Mode, Table, TableError};
use overnight_framework::row::{Schema, Type};

use crate::support::*;

fn error(session: &mut Session<'_>, table: &str, columns: &[(&str, Type)], mode: Mode) -> String {
    writer(session, table, &schema(columns), mode).unwrap_err().to_string()
}

#[test]
fn a_table_is_described_with_types_nulls_defaults_and_keys() {
    let mut database = postgres();
    let mut session = (&mut database.connection).into();
    run(
        &mut session,
        "CREATE SCHEMA ledger;
         CREATE TABLE ledger.entry (
             id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account varchar(20) NOT NULL, amount numeric(12,2) NOT NULL,
             booked date DEFAULT current_date, note text, doubled numeric GENERATED ALWAYS AS (amount * 2) STORED,
             UNIQUE (account, booked));
         CREATE UNIQUE INDEX ON ledger.entry (lower(note));
         CREATE UNIQUE INDEX ON ledger.entry (amount) WHERE amount > 0",
    );
    let table = describe(&mut session, "ledger.entry");
    let told: Vec<_> = table.columns().iter().map(|c| (&*c.name, &*c.declared, c.nullable, c.filled)).collect();
    assert_eq!(
        told,
        [
            ("id", "bigint", false, Filled::Generated),
            ("account", "character varying(20)", false, Filled::ByRow),
            ("amount", "numeric(12,2)", false, Filled::ByRow),
            ("booked", "date", true, Filled::ByDefault),
            ("note", "text", true, Filled::ByRow),
            ("doubled", "numeric", true, Filled::Generated),
        ]
    );
    assert_eq!(table.column("amount").unwrap().digits(), Some((12, 2)));
    assert_eq!(table.column("account").unwrap().length(), Some(20));
    let keys: Vec<Vec<&str>> =
        table.keys().iter().map(|key| key.columns.iter().map(|name| &**name).collect()).collect();
    assert_eq!(keys, [vec!["id"], vec!["account", "booked"]]);
    assert!(table.keys()[0].primary && !table.keys()[1].primary);
}

#[test]
fn sqlite_tells_the_row_number_from_other_keys() {
    let mut connection = sqlite();
    let mut session = (&mut connection).into();
    run(
        &mut session,
        "CREATE TABLE plain (id INTEGER PRIMARY KEY, a TEXT NOT NULL UNIQUE, b TEXT, c AS (a || b), UNIQUE (b, a));
         CREATE UNIQUE INDEX over_expression ON plain (lower(b));
         CREATE UNIQUE INDEX partial ON plain (b) WHERE b > '';
         CREATE TABLE keyed (a TEXT, b INT, PRIMARY KEY (b, a)) WITHOUT ROWID",
    );
    let plain = describe(&mut session, "main.plain");
    assert_eq!(plain.column("ID").unwrap().filled, Filled::ByDefault);
    assert_eq!(plain.column("c").unwrap().filled, Filled::Generated);
    let columns = |table: &Table| -> Vec<String> { table.keys().iter().map(|key| key.columns.join("+")).collect() };
    let mut keys = columns(&plain);
    keys.sort();
    assert_eq!(keys, ["a", "b+a", "id"]);
    let keyed = describe(&mut session, "keyed");
    assert_eq!(columns(&keyed), ["b+a"]);
    assert!(!keyed.column("a").unwrap().nullable, "no nulls in the key of a table without row numbers");
}

#[test]
fn a_temporary_table_is_described_and_is_none_that_lasts() {
    on_both(|mut session| {
        run(&mut session, "CREATE TEMPORARY TABLE passing (id int); CREATE TABLE staying (id int)");
        assert!(matches!(describe(&mut session, "passing").lasting(), Err(TableError::Temporary(_))));
        assert_eq!(describe(&mut session, "staying").lasting().unwrap().columns().len(), 1);
    });
}

#[test]
fn a_missing_table_is_refused_with_the_nearest_name() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE account (id int8)");
        let missing = |session: &mut Session<'_>, text: &str| {
            Table::describe(session.reborrow(), &name(text)).unwrap_err().to_string()
        };
        assert_eq!(missing(&mut session, "acount"), "there is no table acount; did you mean account?");
        assert_eq!(missing(&mut session, "zebra"), "there is no table zebra");
        assert!(Table::find(session.reborrow(), &name("zebra")).unwrap().is_none());
        run(&mut session, "CREATE VIEW seen AS SELECT 1 AS one");
        assert_eq!(missing(&mut session, "seen"), "seen is a view, and rows are written to tables only");
    });
}

#[test]
fn a_table_in_another_schema_is_offered_with_its_schema() {
    let mut database = postgres();
    let mut session: Session<'_> = (&mut database.connection).into();
    run(&mut session, "CREATE SCHEMA sales; CREATE TABLE sales.\"Order\" (id int8)");
    let missing = |session: &mut Session<'_>, text: &str| {
        Table::describe(session.reborrow(), &name(text)).unwrap_err().to_string()
    };
    assert_eq!(missing(&mut session, "Order"), "there is no table Order; did you mean sales.Order?");
    assert_eq!(missing(&mut session, "Ordr"), "there is no table Ordr; did you mean sales.Order?");
    assert_eq!(missing(&mut session, "sale.Order"), "there is no table sale.Order; did you mean sales.Order?");
}

#[test]
fn our_own_tables_are_refused_also_through_the_search_path() {
    let mut database = postgres();
    let mut session: Session<'_> = (&mut database.connection).into();
    run(&mut session, "CREATE SCHEMA overnight; CREATE TABLE overnight.job (id int8); SET search_path TO overnight");
    for text in ["overnight.job", "job"] {
        let error = Table::describe(session.reborrow(), &name(text)).unwrap_err();
        assert!(matches!(error, TableError::Ours(_)), "{text}: {error}");
    }
    let create = CreateTable { name: &name("overnight.mine"), schema: &schema(&[("a", Type::Int)]), key: &[] };
    assert!(matches!(create.if_missing(session.reborrow()), Err(TableError::Ours(_))));
}

#[test]
fn columns_that_are_missing_on_either_side_are_named() {
    on_both(|mut session| {
        run(
            &mut session,
            "CREATE TABLE account (id int NOT NULL, owner text NOT NULL, rate text DEFAULT '0' NOT NULL)",
        );
        assert_eq!(
            error(&mut session, "account", &[("id", Type::Int), ("ownr", Type::Str)], Mode::Insert),
            "account has no column \"ownr\", which the rows have; did you mean owner?"
        );
        assert_eq!(
            error(&mut session, "account", &[("id", Type::Int)], Mode::Insert),
            "column \"owner\" of account takes no nulls and has no default, and the rows do not have it"
        );
        assert_eq!(
            error(
                &mut session,
                "account",
                &[("id", Type::Int), ("owner", Type::Str), ("owner", Type::Str)],
                Mode::Insert
            ),
            "the rows have the column \"owner\" of account twice"
        );
        assert!(
            writer(&mut session, "account", &schema(&[("id", Type::Int), ("owner", Type::Str)]), Mode::Insert).is_ok()
        );
        assert!(matches!(
            writer(&mut session, "account", &Schema::new(vec![]), Mode::Insert),
            Err(TableError::NoColumns(_))
        ));
    });
}

#[test]
fn a_type_that_does_not_fit_is_refused_with_what_would() {
    let mut database = postgres();
    let mut session = (&mut database.connection).into();
    run(
        &mut session,
        "CREATE TABLE t (amount numeric(12,2), day date, gen int8 GENERATED ALWAYS AS (1) STORED, minor int8)",
    );
    assert_eq!(
        error(&mut session, "t", &[("amount", Type::Float)], Mode::Insert),
        "column \"amount\" of t is numeric(12,2) and takes no float; float fits double precision, and numeric(12,2) takes \
         decimal or integer"
    );
    assert_eq!(
        error(&mut session, "t", &[("day", Type::Str)], Mode::Insert),
        "column \"day\" of t is date and takes no string; string fits text, and date takes date"
    );
    assert_eq!(
        error(&mut session, "t", &[("minor", Type::Decimal)], Mode::Insert),
        "column \"minor\" of t is bigint and takes no decimal; decimal fits numeric, and bigint takes integer"
    );
    assert_eq!(
        error(&mut session, "t", &[("gen", Type::Int)], Mode::Insert),
        "column \"gen\" of t is always generated by the database: leave it out of the rows"
    );
}

#[test]
fn sqlite_is_not_given_what_it_would_change() {
    let mut connection = sqlite();
    let mut session = (&mut connection).into();
    run(&mut session, "CREATE TABLE t (amount NUMERIC(12,2), code STRING, day DATE, free, flag BOOLEAN)");
    assert_eq!(
        error(&mut session, "t", &[("amount", Type::Decimal)], Mode::Insert),
        "column \"amount\" of t is NUMERIC(12,2) and takes no decimal: SQLite keeps numbers there as binary floats, \
         90071992547409.93 as 90071992547409.94; decimal fits TEXT, and NUMERIC(12,2) takes boolean or integer or date or \
         datetime or bytes"
    );
    assert!(error(&mut session, "t", &[("code", Type::Str)], Mode::Insert).contains("'007' into 7"));
    let fitting = [("day", Type::Date), ("free", Type::Decimal), ("flag", Type::Bool)];
    assert!(writer(&mut session, "t", &schema(&fitting), Mode::Insert).is_ok());
}

#[test]
fn an_upsert_needs_a_unique_key_that_the_rows_have() {
    on_both(|mut session| {
        run(&mut session, "CREATE TABLE t (id int PRIMARY KEY, a int, b int, UNIQUE (b, a))");
        let columns = [("id", Type::Int), ("a", Type::Int), ("b", Type::Int)];
        assert_eq!(
            error(&mut session, "t", &columns, upsert(&["a"])),
            "t has no primary key or unique constraint on (a), which an upsert needs; it has (id) and (b, a)"
        );
        assert_eq!(
            error(&mut session, "t", &columns, upsert(&["idd"])),
            "the key column \"idd\" is not among the columns of the rows; did you mean id?"
        );
        assert_eq!(error(&mut session, "t", &columns, upsert(&[])), "the key has no columns");
        assert!(writer(&mut session, "t", &schema(&columns), upsert(&["a", "b"])).is_ok());
    });
}

#[test]
fn a_table_is_created_once_by_many_at_once() {
    let database = postgres();
    let table = name("raced");
    let columns = schema(&[("id", Type::Int)]);
    let new = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| {
                let mut connection = database.connect();
                let create = CreateTable { name: &table, schema: &columns, key: &[] };
                scope.spawn(move || create.if_missing(&mut connection).unwrap())
            })
            .collect();
        let new = overnight_db::table::Created::New;
        tries.into_iter().map(|one| one.join().unwrap()).filter(|created| *created == new).count()
    });
    assert_eq!(new, 1);
}
