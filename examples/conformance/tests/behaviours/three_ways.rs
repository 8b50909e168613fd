//! One job written three times, in YAML, with macros over the stock reader and writer, and by the builder over parts of its own:
//! the same records, the same rows, the same report.

use std::fs;
use std::path::{Path, PathBuf};

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use overnight::builder::{JobBuilder, StepBuilder};
use overnight::db::{ChunkConnection as _, Database, Session, chunk_error};
use overnight::error::{Result, ResultExt as _};
use overnight::execution::{JobExecution, StepExecution};
use overnight::job::Job;
use overnight::registry::Registry;
use overnight::repository::ChunkError;
use overnight::row::decimal;
use overnight::step::StepContext;
use overnight::step::chunk::{Chunk, ItemWriter, Items, WriteContext};
use overnight::steps::{csv, sql, table};
use overnight::{Engine, EngineBuilder, Params, Row, job};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::project::{Project, on_both_stores};

const YAML: &str = r#"
name: in-yaml
description: Loads the payments of a day, and reports them in whole cents.
module: ledger
params:
  day: { type: date, required: true }
  file: { type: path, required: true, identifying: false }
  out: { type: path, required: true, identifying: false }
steps:
  - name: load
    chunk:
      size: 2
      reader: { csv: { path: "${{ params.file }}", columns: { id: integer, amount: decimal } } }
      processor:
        - filter: amount > 0
        - set: { minor: int(amount * 100) }
      writer: { table: { name: payment, columns: [id, minor] } }
  - name: report
    when: steps.load.write_count > 0
    chunk:
      size: 2
      reader:
        sql: { query: "select id, minor from payment", key: id, columns: { id: integer, minor: integer } }
      writer: { csv: { path: "${{ params.out }}", columns: [id, minor] } }
  - name: alarm
    when: steps.load.filter_count > 5
    tasklet: { sql: { statement: delete from payment } }
"#;

/// Loads the payments of a day, and reports them in whole cents.
#[derive(Params)]
struct WithMacros {
    day: chrono::NaiveDate,
    #[param(identifying = false)]
    file: PathBuf,
    #[param(identifying = false)]
    out: PathBuf,
}

#[job(module = "ledger")]
impl WithMacros {
    #[step(chunk = 2, reader = csv::read("${{ params.file }}"), writer = table::write("payment"))]
    fn load(line: &Line) -> Result<Option<Minor>> {
        let minor = decimal::mul(line.amount, 100.into()).or_fail()?;
        let minor = i64::try_from(minor).or_fail()?;
        Ok((minor > 0).then_some(Minor { id: line.id, minor }))
    }

    #[step(
        chunk = 2,
        when = "steps.load.write_count > 0",
        reader = sql::read("select id, minor from payment", ["id"]),
        writer = csv::write("${{ params.out }}"),
    )]
    fn report(payment: &Minor) -> Minor {
        payment.clone()
    }

    #[step(when = "steps.load.filter_count > 5")]
    fn alarm(&self) -> Result<()> {
        Err(format!("the day {} has too many payments of nothing", self.day).into())
    }
}

#[derive(Row)]
struct Line {
    id: i64,
    amount: Decimal,
}

#[derive(Clone, Row)]
struct Minor {
    id: i64,
    minor: i64,
}

fn by_hand(database: Database) -> Job {
    JobBuilder::<WithMacros>::new("by-hand")
        .module("ledger")
        .step(StepBuilder::chunk("load", 2, |day: &WithMacros, _: &StepContext<'_>| load(&day.file)))
        .step(
            StepBuilder::chunk("report", 2, move |day: &WithMacros, _: &StepContext<'_>| report(&database, &day.out))
                .when("steps.load.write_count > 0"),
        )
        .step(
            StepBuilder::tasklet("alarm", |_: &WithMacros, _: &mut StepContext<'_>| {})
                .when("steps.load.filter_count > 5"),
        )
        .build()
        .unwrap()
}

/// A payment in whole cents.
#[derive(Debug, diesel::QueryableByName)]
struct Payment {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    minor: i64,
}

fn load(file: &Path) -> Result<Chunk> {
    let text = fs::read_to_string(file)?;
    let lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
    Ok(Chunk::read(Items::of(lines)).process(|line: &String| payment(line)).write(Insert))
}

fn payment(line: &str) -> Result<Option<Payment>> {
    let (id, amount) = line.split_once(',').ok_or("a line has two cells")?;
    let minor = decimal::mul(decimal::parse(amount).or_fail()?, 100.into()).or_fail()?;
    let minor = i64::try_from(minor).or_fail()?;
    Ok((minor > 0).then_some(Payment { id: id.parse().or_fail()?, minor }))
}

struct Insert;

impl ItemWriter<Payment> for Insert {
    fn write(&mut self, payments: &[Payment], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        for Payment { id, minor } in payments {
            let insert = diesel::sql_query(format!("insert into payment (id, minor) values ({id}, {minor})"));
            let written = match context.transaction.postgres() {
                Some(connection) => insert.execute(connection),
                None => insert.execute(context.transaction.sqlite().ok_or("no SQL").unwrap()),
            };
            written.map_err(chunk_error)?;
        }
        Ok(())
    }
}

fn report(database: &Database, out: &Path) -> Result<Chunk> {
    let query = diesel::sql_query("select id, minor from payment order by id");
    let payments = database.read(|session| match session {
        Session::Postgres(connection) => query.load::<Payment>(connection),
        Session::Sqlite(connection) => query.load::<Payment>(connection),
    });
    Ok(Chunk::read(Items::of(payments.or_fail()?.or_fail()?))
        .write(Report { out: out.to_owned(), text: String::new() }))
}

/// Writes the file when everything is there; a restart begins with what the checkpoint says.
struct Report {
    out: PathBuf,
    text: String,
}

impl ItemWriter<Payment> for Report {
    fn open(&mut self, from: Option<&Value>) -> Result<()> {
        self.text = from.and_then(Value::as_str).unwrap_or("id,minor\n").to_owned();
        Ok(())
    }

    fn write(&mut self, payments: &[Payment], _: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        self.text.extend(payments.iter().map(|Payment { id, minor }| format!("{id},{minor}\n")));
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<Option<Value>> {
        Ok(Some(json!(self.text)))
    }

    fn finish(&mut self) -> Result<()> {
        Ok(fs::write(&self.out, &self.text)?)
    }
}

/// What the records say of a run: all but names of the job, ids, times, and positions, which are each reader's own.
fn records(engine: &Engine, ran: &JobExecution) -> Value {
    let steps = engine.operator().repository().steps(ran.id).unwrap();
    json!({
        "job": [ran.module, ran.status.as_str(), ran.exit_code.as_str(), ran.params, ran.context, ran.progress, ran.attempt,
            ran.abortable, ran.trigger.as_str(), ran.labels, ran.target],
        "steps": steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &StepExecution) -> Value {
    let (counts, kind) = (format!("{:?}", step.counts), step.kind.as_str());
    json!([
        step.ordinal,
        step.step_key,
        step.name,
        kind,
        step.status.as_str(),
        step.exit_code.as_str(),
        counts,
        step.outputs
    ])
}

/// The rows of the table, which is empty again afterwards.
fn rows(project: &Project) -> Vec<String> {
    let rows = project.texts("select cast(id as text) || ' ' || cast(minor as text) as text from payment order by id");
    project.execute("delete from payment").unwrap();
    rows
}

on_both_stores! {
    fn a_job_in_yaml_with_macros_and_by_the_builder_leaves_the_same_records_rows_and_report(project) {
        project.execute("create table payment (id bigint not null primary key, minor bigint not null)").unwrap();
        let file = project.file("payments.csv", "id,amount\n1,10.00\n2,0.00\n3,0.01\n4,92233720368547758.07\n5,-1.00\n");
        let yaml = project.file("in-yaml.yaml", YAML);
        let database = project.database();
        let registry = Registry::default().job::<WithMacros>().built(Ok(by_hand(database)));
        let engine = EngineBuilder::new(registry).database(&project.url).job_file(yaml).open().unwrap();
        let day = chrono::NaiveDate::from_ymd_opt(2026, 10, 30).unwrap();
        let params = WithMacros { day, file, out: project.path("report.csv") };
        let [first, second, third] = ["in-yaml", "with-macros", "by-hand"].map(|name| {
            let ran = engine.start(name, &params).unwrap();
            assert!(ran.error.is_none(), "{name}: {:?}", ran.error);
            let report = fs::read_to_string(&params.out).unwrap();
            fs::remove_file(&params.out).unwrap();
            (records(&engine, &ran), rows(project), report)
        });
        assert_eq!(first.1, ["1 1000", "3 1", "4 9223372036854775807"]);
        assert_eq!(first.2, "id,minor\n1,1000\n3,1\n4,9223372036854775807\n");
        assert_eq!(first, second);
        assert_eq!(first, third);
    }
}
