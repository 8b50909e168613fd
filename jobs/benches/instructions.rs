//! The paths that every row takes, each alone, for a counter of instructions: `just instructions`.
//!
//! `instructions PATH ROWS` runs a path over so many rows. What a row costs is the difference between two numbers of rows, so
//! that neither the start of the process nor the making of the rows counts where the path does not make them anew. Counts
//! are the same on a busy machine; times are not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark stops when it cannot go on")]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use overnight::BatchError;
use overnight::clock::SystemClock;
use overnight::execution::Trigger;
use overnight::expr::{Expected, Expression, Program, Scope};
use overnight::job::{Job, JobStep};
use overnight::kind::{Frame, Names, ReaderKind};
use overnight::launch::Wish;
use overnight::monitor::Unwatched;
use overnight::operator::{Launching, Operator};
use overnight::params::Params;
use overnight::repository::ChunkError;
use overnight::repository::memory::MemoryRepository;
use overnight::row::decimal::Decimal;
use overnight::row::{Column, Row, Schema, Type, Value};
use overnight::status::Status;
use overnight::step::chunk::{Batch, ChunkParts, ChunkStep, Fill, Items, ReadAhead, WriteContext};
use overnight::steps::csv::CsvReader;
use overnight::worker::{Timing, Worker, WorkerName};
use overnight::yaml::{self, Source};
use overnight_db::table::{Encoded, Mode, Parameters, Table, TableWriter, execute};
use overnight_db::{Database, OpenOptions};

const CHUNK: usize = 1_000;

/// How many rows may be asked for: less than these.
const MOST: usize = 50_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(path), Some(rows)) = (arguments.next(), arguments.next().and_then(|rows| rows.parse::<usize>().ok()))
    else {
        // `cargo bench` and `cargo test` run every target: without a path there is nothing to count.
        return;
    };
    assert!(rows < MOST, "less than {MOST} rows");
    let folder = tempfile::tempdir().unwrap();
    match path.as_str() {
        "chunk-loop" => chunk_loop(rows, folder.path()),
        "csv-decode" => csv_decode(rows, folder.path()),
        "filter-set" => filter_set(rows),
        "encode" => encode(rows, folder.path()),
        other => panic!("there is no path `{other}`"),
    }
}

/// Items of 32 bytes through reader, processor and writer, one by one, with a commit per thousand in memory.
fn chunk_loop(rows: usize, folder: &Path) {
    let step = ChunkStep::new(move |_| {
        let items = Items::of((0..rows as u64).map(|id| [id, id % 232, id % 7, 1]));
        let process = |item: &[u64; 4]| {
            Ok::<_, BatchError>((item[1] > 100 && item[2] != 3).then_some([item[0], item[1], item[1] / 100, item[3]]))
        };
        let write = |items: &[[u64; 4]], _: &mut WriteContext<'_>| -> Result<(), ChunkError> {
            black_box(items);
            Ok(())
        };
        Ok(ChunkParts::new(items, process, write))
    });
    let step = step.size(CHUNK).read_ahead(ReadAhead::Never);
    let job = Job { steps: vec![JobStep::new("loop", step)], ..Job::new("instructions") };
    let repository = Arc::new(MemoryRepository::new());
    let name = WorkerName { name: "bench".to_owned(), host: "bench".to_owned(), build: "bench".to_owned() };
    let worker =
        Worker::new(repository.clone(), Arc::new(SystemClock::default()), Timing::SERVER, name, folder).unwrap();
    let operator = Operator::new(repository, worker, "bench", "bench");
    let params = Params::default();
    let (wish, trigger) = (Wish::Start, Trigger::Library);
    let launching = Launching { job: &job, params: &params, wish, trigger, reason: None, key: None };
    let ready = operator.launch(&launching, &|_, _| {}).unwrap();
    let ran = operator.run(&job, &params, ready, &Unwatched).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
}

/// Records of a file as declared rows, in the memory of rows that were written. The file is the same however many are read.
fn csv_decode(rows: usize, folder: &Path) {
    const SETTINGS: &str =
        "{ path: rows.csv, columns: { id: integer, name: string, amount: decimal, day: date, branch: string } }";
    let mut text = String::from("id,name,amount,day,branch\n");
    for id in 0..MOST {
        writeln!(text, "{},customer-{:04},{}.{:02},2026-01-01,HQ", 10_000_000 + id, id % 10_000, id % 9_973, id % 100)
            .unwrap();
    }
    fs::write(folder.join("rows.csv"), text).unwrap();
    let scope = Scope::new();
    let plan = yaml::read(&Source::new("job.yaml", SETTINGS), |at| CsvReader.check(at, &Names::new(&scope))).unwrap();
    let mut source = plan.open(&Frame { base_dir: folder.to_owned(), ..Frame::default() }).unwrap();
    source.open(None).unwrap();
    let mut batch: Batch<Row> = Batch::default();
    for _ in 0..rows / CHUNK {
        assert_eq!(source.fill(CHUNK, &mut batch).unwrap(), Fill::More);
        black_box(&batch);
        batch.spare.append(&mut batch.items);
        batch.places.clear();
    }
}

/// A condition and a computed cell, compiled, over the same rows again and again.
fn filter_set(rows: usize) {
    let schema = schema();
    let compiled = |text: &str| -> Program {
        let scope = Scope::of_schema(&schema).unwrap();
        Expression::parse(text).unwrap().check(&scope, Expected::Any).unwrap().compile()
    };
    let (filter, set) = (compiled("amount > 100.00 && branch == 'HQ'"), compiled("amount * 0.01"));
    let some = some_rows();
    for row in some.iter().cycle().take(rows) {
        if filter.test(row).unwrap() {
            black_box(set.eval(row).unwrap());
        }
    }
}

/// Rows in the form that a table takes, a chunk at a time.
fn encode(rows: usize, folder: &Path) {
    let file = folder.join("encode.db");
    let database = Database::connect(&file.to_string_lossy(), OpenOptions::default()).unwrap();
    let make =
        "create table booking (id bigint not null, amount text not null, branch text not null, open boolean not null)";
    let writer = database.write(|mut session| {
        let name = "booking".parse().unwrap();
        execute(session.reborrow(), make, &Parameters::default()).unwrap();
        let table = Table::describe(session, &name).unwrap();
        TableWriter::new(&table, &schema(), Mode::Insert).unwrap()
    });
    let (encoder, some, mut encoded) = (writer.unwrap().encoder(), some_rows(), Encoded::default());
    for _ in 0..rows / CHUNK {
        assert!(encoder.encode(&some, &mut encoded).is_empty());
        black_box(&encoded);
    }
}

fn schema() -> Arc<Schema> {
    Schema::new(vec![
        Column::new("id", Type::Int),
        Column::new("amount", Type::Decimal),
        Column::new("branch", Type::Str),
        Column::new("open", Type::Bool),
    ])
}

/// A chunk of rows, whose amounts are around the limit of the filter.
fn some_rows() -> Vec<Row> {
    let row = |id: i64| {
        let branch = if id % 2 == 0 { "HQ" } else { "B1" };
        let cents = id.wrapping_mul(7_919) % 40_000;
        vec![Value::Int(id), Value::Decimal(Decimal::new(cents, 2)), Value::from(branch), Value::Bool(true)]
    };
    (0..CHUNK as i64).map(row).collect()
}
