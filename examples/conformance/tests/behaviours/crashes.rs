//! A process dies at every statement of a job of two chunk steps, on both stores: the next one brings it to its end, and every
//! row is there once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use overnight::builder::{JobBuilder, JobSpec, StepBuilder};
use overnight::db::{ChunkConnection as _, chunk_error};
use overnight::definition::{self, Environment, FixedEnvironment};
use overnight::error::Result;
use overnight::job::Job;
use overnight::registry::Registry;
use overnight::repository::ChunkError;
use overnight::step::StepContext;
use overnight::step::chunk::{Chunk, ItemReader, ItemWriter, Items, WriteContext};
use overnight::steps::{Connections, csv, kinds, sql, table};
use overnight::testing::Machine;
use overnight::yaml::Source;
use overnight::{Params, Row, job};
use overnight_db::Database;
use serde_json::json;

use super::project::{Project, on_both_stores};

/// Seven rows in chunks of three, and seven more out of them.
const STOCK: &str = r#"
name: stock
params:
  run: { type: integer, required: true }
steps:
  - name: load
    chunk:
      size: 3
      reader: { csv: { path: in.csv, columns: { id: integer } } }
      processor: [{ set: { run: params.run } }]
      writer: { table: { name: loaded, columns: [run, id] } }
  - name: copy
    chunk:
      size: 3
      reader:
        sql:
          query: select run, id from loaded where run = :run
          bind: { run: "${{ params.run }}" }
          key: id
          columns: { run: integer, id: integer }
      writer: { table: { name: copied, columns: [run, id] } }
"#;

/// The job of the file, with the stock readers and writers over this database.
fn stock(project: &Project, database: &Database) -> Job {
    project.file("in.csv", "id\n1\n2\n3\n4\n5\n6\n7\n");
    let kinds = kinds(&Arc::new(Connections::new(Some(database.clone()), BTreeMap::new())));
    let environment: Arc<dyn Environment> = Arc::new(FixedEnvironment::default());
    let source = Source::new("stock.yaml", STOCK);
    definition::read(&source, &kinds, &environment, Path::new(project.folder.path())).unwrap().job
}

/// The same with a writer of one's own.
#[derive(Params)]
struct Own {
    run: i64,
}

fn own() -> Job {
    let step = |name, table| {
        let parts = move |own: &Own, _: &StepContext<'_>| {
            Ok(Chunk::read(Items::of(1..=7)).write(Insert { table, run: own.run }))
        };
        StepBuilder::chunk(name, 3, parts)
    };
    JobBuilder::<Own>::new("own").step(step("load", "loaded")).step(step("copy", "copied")).build().unwrap()
}

/// Writes row by row, in the transaction of the chunk.
struct Insert {
    table: &'static str,
    run: i64,
}

impl ItemWriter<i64> for Insert {
    fn write(&mut self, ids: &[i64], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        for id in ids {
            let insert = diesel::sql_query(format!("insert into {} (run, id) values ({}, {id})", self.table, self.run));
            let written = match context.transaction.postgres() {
                Some(connection) => insert.execute(connection),
                None => insert.execute(context.transaction.sqlite().unwrap()),
            };
            written.map_err(chunk_error)?;
        }
        Ok(())
    }
}

/// The same in Rust, with the stock readers and writers: from the file into a table, and from there into another.
#[derive(Params)]
struct Stock {
    run: i64,
    #[param(identifying = false)]
    folder: PathBuf,
}

#[job]
impl Stock {
    #[step(chunk = 3, reader = csv::read("${{ params.folder }}/in.csv"), writer = table::write("loaded"))]
    fn load(&self, line: &Line) -> Loaded {
        Loaded { run: self.run, id: line.id }
    }

    #[step(
        chunk = 3,
        reader = sql::read("select run, id from loaded where run = :run", ["id"]).bind("run", "${{ params.run }}"),
        writer = table::write("copied"),
    )]
    fn copy(row: &Loaded) -> Loaded {
        row.clone()
    }
}

/// The same half and half: a reader of one's own before the stock writer, and a writer of one's own behind the stock reader.
#[derive(Params)]
struct Mixed {
    run: i64,
    #[param(identifying = false)]
    folder: PathBuf,
}

#[job]
impl Mixed {
    #[step(chunk = 3, reader = Self::lines, writer = table::write("loaded"))]
    fn load(&self, line: &Line) -> Loaded {
        Loaded { run: self.run, id: line.id }
    }

    #[step(chunk = 3, reader = csv::read("${{ params.folder }}/in.csv"), writer = Self::insert)]
    fn copy(&self, line: &Line) -> Loaded {
        Loaded { run: self.run, id: line.id }
    }

    fn lines(_: &Self) -> Result<impl ItemReader<Line> + use<>> {
        Ok(Items::of((1..=7).map(|id| Line { id })))
    }

    fn insert(&self) -> Result<impl ItemWriter<Loaded> + use<>> {
        let mut insert = Insert { table: "copied", run: self.run };
        Ok(move |rows: &[Loaded], context: &mut WriteContext<'_>| {
            insert.write(&rows.iter().map(|row| row.id).collect::<Vec<_>>(), context)
        })
    }
}

#[derive(Row)]
struct Line {
    id: i64,
}

#[derive(Clone, Row)]
struct Loaded {
    run: i64,
    id: i64,
}

/// The job over this database, as whoever runs a program makes it.
fn of_program<J: JobSpec>(project: &Project, database: &Database, name: &str) -> Job {
    project.file("in.csv", "id\n1\n2\n3\n4\n5\n6\n7\n");
    let kinds = kinds(&Arc::new(Connections::over(database.clone())));
    let program = Registry::default().job::<J>().over_kinds(kinds);
    program.check().unwrap();
    program.find(name).unwrap()
}

/// How often each row is there, per run.
fn rows(project: &Project, table: &str) -> BTreeMap<(i64, i64), i64> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        run: i64,
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let query = diesel::sql_query(format!("select run, id from {table}"));
    let loaded = project.database().read(|session| match session {
        overnight_db::Session::Postgres(connection) => query.load::<Row>(connection),
        overnight_db::Session::Sqlite(connection) => query.load::<Row>(connection),
    });
    let mut rows = BTreeMap::new();
    for Row { run, id } in loaded.unwrap().unwrap() {
        *rows.entry((run, id)).or_default() += 1;
    }
    rows
}

/// Each run has an instance and rows of its own. The last one is the run that nobody disturbed.
fn dies_everywhere(project: &Project, job: impl FnOnce(&Database) -> Job, least: usize) {
    project.execute("create table loaded (run bigint not null, id bigint not null)").unwrap();
    project.execute("create table copied (run bigint not null, id bigint not null)").unwrap();
    let database = project.database();
    let machine = Machine::over(database.repository().unwrap());
    let job = job(&database);
    let takes_folder = job.params.iter().any(|param| &*param.name == "folder");
    let points = machine.crash_everywhere(
        &job,
        |point| match takes_folder {
            true => json!({ "run": point.number, "folder": project.folder.path() }),
            false => json!({ "run": point.number }),
        },
        |_, ran| {
            ran.assert_completed();
        },
    );
    assert!(points >= least, "only {points} points");
    let once: BTreeMap<_, _> = (0..=points).flat_map(|run| (1..=7).map(move |id| ((run as i64, id), 1))).collect();
    for table in ["loaded", "copied"] {
        assert_eq!(rows(project, table), once, "{table}");
    }
}

on_both_stores! {
    fn wherever_a_process_dies_the_rows_of_stock_writers_are_there_once(project) {
        // Launch, begin and end; of each step its begin and end and three chunks of a begin, a statement and a commit.
        dies_everywhere(project, |database| stock(project, database), 2 * (3 + 2 * (2 + 3 * 3)));
    }

    fn wherever_a_process_dies_the_rows_of_stock_writers_in_a_job_in_rust_are_there_once(project) {
        dies_everywhere(project, |database| of_program::<Stock>(project, database, "stock"), 2 * (3 + 2 * (2 + 3 * 3)));
    }

    fn wherever_a_process_dies_the_rows_of_stock_parts_beside_ones_own_are_there_once(project) {
        dies_everywhere(project, |database| of_program::<Mixed>(project, database, "mixed"), 2 * (3 + 2 * (2 + 3 * 3)));
    }

    fn wherever_a_process_dies_the_rows_of_a_writer_of_ones_own_are_there_once(project) {
        dies_everywhere(project, |_| own(), 2 * (3 + 2 * (2 + 3 * 2 + 7)));
    }
}
