//! The kinds `table` and `sql`, on PostgreSQL and on SQLite.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use overnight::execution::Counts;
use overnight::monitor::RunEvent;
use overnight::policy::{ErrorNames, SkipLimit, SkipPolicy};
use overnight::row::{Column, Schema, Type, Value};
use overnight::status::{Status, StopIntent};
use overnight::steps::Connections;
use overnight::steps::csv::{CsvReader, CsvWriter};
use overnight::steps::sql::{SqlReader, SqlTasklet};
use overnight::steps::table::{TableReader, TableWriter};
use overnight_db::table::{Parameters, first_row};
use overnight_db::testing::{Template, TestDatabase};
use overnight_db::{Backend, Database, OpenOptions};

use super::rows::{copy, reader_plan, writer_plan};
use super::runs::{Folder, Ran, Runner, problems, step, tasklet, tasklet_plan};

/// The columns of the file and the tables of these tests.
const COLUMNS: &str = "{ id: integer, amount: decimal, memo: { type: string, nullable: true }, day: date }";

/// A store of one kind with its steps.
struct Home {
    runner: Runner,
    database: Database,
    connections: Arc<Connections>,
    folder: Folder,
    _server: Option<TestDatabase>,
}

impl Home {
    fn sqlite() -> Self {
        let folder = Folder::new();
        let database = open(folder.path("records.db").to_str().unwrap());
        Self::over(database, folder, None)
    }

    fn postgres() -> Self {
        let servers = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
        let server = TestDatabase::create(&servers, &Template { version: "empty", migrate: &|_| Ok(()) }).unwrap();
        let database = open(&server.url());
        Self::over(database, Folder::new(), Some(server))
    }

    fn over(database: Database, folder: Folder, server: Option<TestDatabase>) -> Self {
        let runner = Runner::over(database.repository().unwrap());
        let other = folder.path("other.db").to_string_lossy().into_owned();
        let same = folder.path("records.db").to_string_lossy().into_owned();
        let wrong = "mysql://reader:hunter2@host/ledger".to_owned();
        let named = BTreeMap::from([
            ("archive".to_owned(), other),
            ("records".to_owned(), same),
            ("wrong".to_owned(), wrong),
            ("away".to_owned(), "postgres://localhost:1/ledger?connect_timeout=2".to_owned()),
        ]);
        let connections = Arc::new(Connections::new(Some(database.clone()), named));
        Self { runner, database, connections, folder, _server: server }
    }

    /// Runs statements of the test's own.
    fn execute(&self, statements: &str) {
        let ran = self.sql(&format!("statement: |\n  {}", statements.replace('\n', "\n  ")));
        assert_eq!(ran.step.status, Status::Completed, "{}", ran.error());
    }

    /// Runs the tasklet `sql` in a job of its own.
    fn sql(&self, settings: &str) -> Ran {
        let runner = Runner::in_memory();
        runner.run(tasklet(&SqlTasklet(Arc::clone(&self.connections)), settings, &self.folder.frame()))
    }

    /// The cells of the one row that a query gives, with bars between them.
    fn one(&self, query: &str) -> String {
        let row = self.database.read(|connection| first_row(connection, query, &Parameters::new())).unwrap().unwrap();
        row.unwrap().values.iter().map(Value::to_string).collect::<Vec<_>>().join("|")
    }

    fn writer(&self) -> TableWriter {
        TableWriter(Arc::clone(&self.connections))
    }

    /// A step that loads `in.csv` into a table.
    fn load(&self, writer: &str) -> overnight::step::chunk::ChunkStep {
        let reader = reader_plan(&CsvReader, &format!("{{ path: in.csv, columns: {COLUMNS} }}")).unwrap();
        let writer = writer_plan(&self.writer(), writer, &reader.schema()).unwrap();
        copy(reader, writer, &self.folder)
    }

    fn input(&self, lines: &[&str]) {
        fs::write(self.folder.path("in.csv"), format!("id,amount,memo,day\n{}\n", lines.join("\n"))).unwrap();
    }
}

fn open(url: &str) -> Database {
    Database::connect(url, OpenOptions::default()).unwrap()
}

fn on_both(test: impl Fn(&Home)) {
    test(&Home::sqlite());
    test(&Home::postgres());
}

fn skipping(limit: u64) -> SkipPolicy {
    SkipPolicy { limit: SkipLimit::Count(limit), errors: ErrorNames::Any }
}

fn lines(count: usize) -> Vec<String> {
    (0..count).map(|id| format!("{id},{}.50,m{id},2026-03-31", id * 10)).collect()
}

#[test]
fn a_file_is_loaded_into_a_table_that_is_made_for_it() {
    on_both(|home| {
        home.input(&["1,1250.00,rent,2026-03-31", "2,0.10,,2026-04-01", "x,1,,2026-04-01"]);
        let writer = "{ name: entry, key: id, create: if_missing }";
        let ran = home.runner.run(step(home.load(writer).skip(skipping(1))));
        assert_eq!(ran.step.status, Status::Completed, "{}", ran.error());
        assert_eq!((ran.step.counts.write, ran.step.counts.read_skip), (2, 1));
        assert_eq!(home.one("select count(*) from entry"), "2");
        assert_eq!(home.one("select amount, memo, day from entry where id = 2"), "0.10||2026-04-01");
        let letters = home.runner.repository.dead_letters(ran.execution.instance_id, 0, 10).unwrap();
        assert_eq!(letters[0].payload, b"x,1,,2026-04-01");
    });
}

#[test]
fn a_load_that_is_stopped_after_every_chunk_writes_every_row_once() {
    on_both(|home| {
        home.input(&lines(10).iter().map(String::as_str).collect::<Vec<_>>());
        let mut counts = Counts::default();
        let mut runs = 0;
        loop {
            runs += 1;
            let load = home.load("{ name: entry, columns: [day, id], create: if_missing }").size(3);
            let ran = home.runner.watched(step(load), &|event, stop| {
                if matches!(event, RunEvent::Progress { .. }) {
                    stop.request(StopIntent::Stopped);
                }
            });
            counts += ran.step.counts;
            if ran.step.status == Status::Completed {
                break;
            }
            assert_eq!(ran.step.status, Status::Stopped, "{}", ran.error());
        }
        assert_eq!((runs, counts.read, counts.write), (4, 10, 10));
        assert_eq!(home.one("select count(*), count(distinct id), max(day) from entry"), "10|10|2026-03-31");
    });
}

#[test]
fn rows_that_the_table_refuses_are_found_and_the_others_are_kept() {
    on_both(|home| {
        home.execute("create table entry (id bigint primary key, amount text, memo text not null, day text)");
        let reader = "{ path: in.csv, columns: { id: integer, memo: { type: string, nullable: true } } }";
        home.input(&[
            "1,1,a,2026-03-31",
            "2,1,,2026-03-31",
            "3,1,c,2026-03-31",
            "1,1,again,2026-03-31",
            "5,1,e,2026-03-31",
        ]);
        let reader = reader_plan(&CsvReader, reader).unwrap();
        let writer = writer_plan(&home.writer(), "name: entry", &reader.schema()).unwrap();
        let ran = home.runner.run(step(copy(reader, writer, &home.folder).skip(skipping(2))));
        assert_eq!(ran.step.status, Status::Completed, "{}", ran.error());
        assert_eq!((ran.step.counts.write, ran.step.counts.write_skip), (3, 2));
        assert_eq!(home.one("select count(*), sum(id) from entry"), "3|9");
        let letters = home.runner.repository.dead_letters(ran.execution.instance_id, 0, 10).unwrap();
        let refused: Vec<_> = letters.iter().map(|stored| (&stored.position["line"], &*stored.error.name)).collect();
        assert_eq!(refused, [(&3.into(), "InvalidRow"), (&5.into(), "InvalidRow")]);
        assert!(letters[0].error.message.contains("\"memo\" is null"), "{:?}", letters[0].error);
    });
}

#[test]
fn an_upsert_changes_the_rows_that_are_there() {
    on_both(|home| {
        let writer = "{ name: entry, mode: upsert, key: [id], create: if_missing }";
        home.input(&["1,1,a,2026-03-31", "2,1,b,2026-03-31", "1,3,c,2026-03-31"]);
        assert_eq!(home.runner.run(step(home.load(writer))).step.status, Status::Completed);
        assert_eq!(home.one("select count(*), min(memo), max(memo) from entry"), "2|b|c");
    });
}

#[test]
fn the_catalogue_is_asked_before_the_first_row() {
    on_both(|home| {
        home.input(&["1,1,a,2026-03-31"]);
        home.execute("create table entry (id bigint primary key, amuont text, memo text, day text)");
        let ran = home.runner.run(step(home.load("name: entry")));
        assert!(ran.error().starts_with("InvalidTable: ") && ran.error().contains("amuont"), "{}", ran.error());
        let ran = home.runner.run(step(home.load("name: entri")));
        assert!(ran.error().contains("did you mean entry?"), "{}", ran.error());
        let ran = home.runner.run(step(home.load("{ name: entry, mode: upsert, key: memo, columns: [id, memo] }")));
        assert!(ran.error().starts_with("InvalidTable: "), "{}", ran.error());
        assert_eq!(ran.step.counts, Counts::default());
    });
}

#[test]
fn a_table_and_a_query_are_read_page_by_page_and_restarted_anywhere() {
    on_both(|home| {
        home.input(&lines(10).iter().map(String::as_str).collect::<Vec<_>>());
        let load = home.load("{ name: entry, mode: upsert, key: id, create: if_missing }");
        assert_eq!(home.runner.run(step(load)).step.status, Status::Completed);
        let table = format!("{{ name: entry, key: id, columns: {COLUMNS} }}");
        let query = format!(
            "query: select * from entry where id >= :from and id < :until\nbind: {{ from: 2, until: '${{{{ 8 }}}}' }}\nkey: [day, id]\ncolumns: {COLUMNS}"
        );
        let shared = || Arc::clone(&home.connections);
        for (plan, expected) in
            [(reader_plan(&TableReader(shared()), &table), 0..10), (reader_plan(&SqlReader(shared()), &query), 2..8)]
        {
            let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{problems}")));
            let runner = Runner::in_memory();
            loop {
                let out = writer_plan(&CsvWriter, "path: out.csv", &plan.schema()).unwrap();
                let ran = runner.watched(step(copy(Arc::clone(&plan), out, &home.folder).size(4)), &|event, stop| {
                    if matches!(event, RunEvent::Progress { .. }) {
                        stop.request(StopIntent::Stopped);
                    }
                });
                if ran.step.status == Status::Completed {
                    break;
                }
                assert_eq!(ran.step.status, Status::Stopped, "{}", ran.error());
            }
            let all = lines(10)[expected].join("\n");
            assert_eq!(
                fs::read_to_string(home.folder.path("out.csv")).unwrap(),
                format!("id,amount,memo,day\n{all}\n")
            );
        }
    });
}

#[test]
fn a_query_whose_columns_are_others_fails_before_the_first_row() {
    on_both(|home| {
        home.execute("create table entry (id bigint primary key, memo text)");
        let plan = reader_plan(
            &SqlReader(Arc::clone(&home.connections)),
            "{ query: select id as nmae from entry, key: name, columns: { name: integer } }",
        )
        .unwrap();
        let error = plan.open(&home.folder.frame()).unwrap().open(None).unwrap_err();
        assert_eq!(error.name(), "SqlError");
        assert!(error.message().contains("nmae"), "{error}");
    });
}

#[test]
fn statements_run_all_or_none_and_a_query_gives_outputs() {
    on_both(|home| {
        home.execute("create table entry (id bigint primary key, memo text, amount text, day date);\ninsert into entry (id, memo) values (1, 'a;b'), (2, null);");
        let ran = home.sql(
            "query: 'select count(*) as rows, max(memo) as memo from entry where id < :limit'\nbind: { limit: 10 }",
        );
        assert_eq!(serde_json::Value::from(ran.step.outputs), serde_json::json!({"rows": 2, "memo": "a;b"}));
        let ran = home.sql("statement: |\n  delete from entry;\n  insert into entry (id) values (7);\n  insert into entry (id) values (7);\n");
        assert!(
            ran.error().starts_with("InvalidRow: the database refused the statement on line 3: "),
            "{}",
            ran.error()
        );
        assert_eq!(home.one("select count(*) from entry"), "2", "nothing was deleted");
        let ran = home.sql("statement: |\n  update entry set memo = 'x';\n  delete from entry where id = 2\n");
        assert_eq!(ran.output, ["statements: 2, rows changed: 3"]);
        let ran = home.sql("{ query: insert into entry (id) values (9) returning id }");
        assert_eq!(ran.step.outputs["id"], 9, "{:?}", ran.step.error);
        assert_eq!(home.one("select count(*) from entry"), "2");
        let ran = home.sql("query: select nothing from nowhere");
        assert!(ran.error().starts_with("SqlError: the database refused the statement on line 1: "), "{}", ran.error());
    });
}

/// Its connection goes back to the records of the run.
#[test]
fn what_a_statement_or_query_sets_ends_with_its_step() {
    for (home, set) in [
        (Home::sqlite(), "statement: pragma query_only = on"),
        (Home::postgres(), "statement: set role pg_monitor"),
        (Home::postgres(), "query: select set_config('role', 'pg_monitor', false) as role"),
    ] {
        let ran = home.sql(set);
        assert_eq!(ran.step.status, Status::Completed, "{set}");
        home.input(&lines(1).iter().map(String::as_str).collect::<Vec<_>>());
        let ran = home.runner.run(step(home.load("{ name: entry, create: if_missing }")));
        assert_eq!(ran.step.status, Status::Completed, "{set}");
    }
}

#[test]
fn literals_are_bound_as_what_they_look_like() {
    let home = Home::postgres();
    let bind = "bind: { i: 7, d: 0.50, b: true, day: 2026-03-31, t: '7', e: \"${{ 1 + 1 }}\" }";
    let query = "query: select pg_typeof(:i) = 'bigint'::regtype and pg_typeof(:d) = 'numeric'::regtype and pg_typeof(:b) = 'boolean'::regtype and pg_typeof(:day) = 'date'::regtype and pg_typeof(:e) = 'bigint'::regtype and :t = '7' as fine";
    let ran = home.sql(&format!("{}\n{bind}", query.replacen(": ", ": >-\n  ", 1)));
    assert_eq!(ran.step.outputs["fine"], true, "{:?}", ran.step.error);
}

#[test]
fn another_database_is_written_by_upsert_and_a_restart_goes_on_there() {
    on_both(|home| {
        home.input(&lines(7).iter().map(String::as_str).collect::<Vec<_>>());
        let writer = "{ name: entry, mode: upsert, key: id, create: if_missing, connection: archive }";
        let fails = std::sync::atomic::AtomicBool::new(true);
        let ran = home.runner.watched(step(home.load(writer).size(3)), &|event, stop| {
            if matches!(event, RunEvent::Progress { .. }) && fails.swap(false, std::sync::atomic::Ordering::Relaxed) {
                stop.request(StopIntent::Stopped);
            }
        });
        assert_eq!(ran.step.status, Status::Stopped, "{:?}", ran.step.error);
        assert_eq!(home.runner.run(step(home.load(writer).size(3))).step.status, Status::Completed);
        let other = open(home.folder.path("other.db").to_str().unwrap());
        let counted =
            other.read(|connection| first_row(connection, "select count(*) as n from entry", &Parameters::new()));
        assert_eq!(counted.unwrap().unwrap().unwrap().values, [Value::Int(7)]);
    });
}

#[test]
fn the_file_of_the_records_is_no_other_database() {
    let home = Home::sqlite();
    home.input(&["1,1,a,2026-03-31"]);
    let ran = home.runner.run(step(home.load("{ name: entry, mode: upsert, key: id, connection: records }")));
    assert!(ran.error().contains("leave `connection` out"), "{}", ran.error());
}

#[test]
fn only_a_server_that_does_not_answer_may_be_asked_again() {
    let home = Home::sqlite();
    for (connection, name) in [("wrong", "InvalidValue"), ("away", "Transient")] {
        let settings = format!("{{ query: select 1 as one, connection: {connection} }}");
        let plan = tasklet_plan(&SqlTasklet(Arc::clone(&home.connections)), &settings).unwrap();
        let error = plan.build(&home.folder.frame()).map(drop).unwrap_err();
        assert_eq!(error.name(), name, "{error:#}");
        assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
    }
}

#[test]
fn no_kind_shows_the_addresses_of_databases_to_a_debugger() {
    let home = Home::sqlite();
    let shared = || Arc::clone(&home.connections);
    let shown = format!(
        "{:?} {:?} {:?} {:?}",
        SqlTasklet(shared()),
        SqlReader(shared()),
        TableReader(shared()),
        TableWriter(shared())
    );
    assert_eq!(shown.matches("\"archive\", \"away\", \"records\", \"wrong\"").count(), 4, "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

/// A stop names a session of the server, which a pooler lends for one transaction: so there must be one.
#[test]
fn a_query_is_cancelled_in_a_transaction_of_its_own() {
    let home = Home::postgres();
    let ran = home.sql("query: vacuum");
    assert!(ran.error().ends_with("VACUUM cannot run inside a transaction block"), "{}", ran.error());
}

#[test]
fn settings_are_checked_with_their_places() {
    let home = Home::sqlite();
    assert_eq!(home.database.backend(), Backend::Sqlite);
    let shared = || Arc::clone(&home.connections);
    let schema = Schema::new(vec![Column::new("id", Type::Int), Column::new("memo", Type::Str)]);
    for (settings, problem) in [
        ("{ name: a.b.c }", "too many parts"),
        ("{ name: a, mode: upsrt }", "did you mean `upsert`?"),
        ("{ name: a, mode: upsert }", "`mode: upsert` needs a `key`"),
        ("{ name: a, key: id }", "`key` has no meaning for `mode: insert`"),
        ("{ name: a, columns: [id], mode: upsert, key: memo }", "no column `memo`"),
        ("{ name: a, connection: archive }", "can only be written with `mode: upsert`"),
        ("{ name: a, connection: archiv }", "no connection is called `archiv`; did you mean `archive`?"),
    ] {
        let found = problems(writer_plan(&TableWriter(shared()), settings, &schema));
        assert!(found[0].contains(problem), "{settings}: {found:?}");
    }
    for (settings, problem) in [
        ("{}", "needs exactly one of `statement` or `query`"),
        ("{ query: 'select 1; select 2' }", "a query is one statement"),
        ("{ query: '-- nothing' }", "there is no statement"),
        ("{ query: 'select ${{ params.x }}' }", "values are bound, never pasted in"),
        ("{ query: 'select :day' }", "`bind` has no value for it"),
        ("statement:\n  postgres: select 1\n  sqlite: select 1, :day", "job.yaml:3:21: statement.sqlite: "),
        ("{ query: 'select 1', bind: { day: 1 } }", "the statement has no `:day`"),
        ("{ statement: { postgres: select 1 } }", "needs the key `sqlite`"),
        ("statement: |\n  select 1;\n  select 'x", "statement: this string has no end"),
        ("statement: begin; select 1", "which the step begins and ends"),
    ] {
        let found = problems(tasklet_plan(&SqlTasklet(shared()), settings));
        assert!(found.iter().any(|line| line.contains(problem)), "{settings}: {found:?}");
    }
    let found = problems(tasklet_plan(&SqlTasklet(shared()), "{ query: 'select :day, :day', bind: { dya: 1 } }"));
    let once = "job.yaml:1:18: query: the statement has `:day`, and `bind` has no value for it; did you mean `:dya`?";
    assert_eq!(found, [once]);
    let found = problems(reader_plan(&TableReader(shared()), "{ name: a, key: ix, columns: { id: integer } }"));
    assert!(found[0].contains("the rows have no column `ix`"), "{found:?}");
}
