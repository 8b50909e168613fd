//! What it costs to be heard: a file into a table, with listeners of the job and the step and a subscriber of the engine, against
//! the same job without them. The goal is 0.97 of its speed.
//!
//! With a listener of the chunks as well, reading and writing take turns, because it hears of each chunk before its first item is
//! read. What that costs is told too, and has no goal.
//!
//! `BENCH_POSTGRES=postgres://… cargo bench -p overnight --bench listened`; without the variable only SQLite is measured.
//! `OVERNIGHT_ROWS` says how many rows, a million without it.

#![expect(clippy::unwrap_used, reason = "a benchmark ends when it cannot go on")]

#[path = "../../framework/benches/figures/mod.rs"]
mod figures;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use overnight::builder::{Flow, JobBuilder, StepBuilder};
use overnight::execution::{JobExecution, StepExecution};
use overnight::listener::{ChunkEvent, ChunkListener, JobListener, ListenerResult, StepListener};
use overnight::registry::Registry;
use overnight::row::decimal::Decimal;
use overnight::status::{ExitCode, Status};
use overnight::steps::{csv, table};
use overnight::{Engine, EngineBuilder, Row};

use self::figures::{by_turns, print};

const ROUNDS: usize = 5;
const CHUNK: usize = 10_000;

const RESET: &str = "
name: reset
instances: many
steps:
  - name: drop
    tasklet: { sql: { statement: drop table if exists bench_rows } }
";

#[derive(Debug, Row)]
struct Booking {
    id: i64,
    account: String,
    amount: Decimal,
    branch: String,
}

/// Counts what it hears.
#[derive(Clone, Default)]
struct Ear(Arc<AtomicU64>);

impl Ear {
    fn hear(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl JobListener for Ear {
    fn before_job(&self, _: &JobExecution) -> ListenerResult {
        self.hear();
        Ok(())
    }

    fn after_job(&self, _: &JobExecution) -> ListenerResult {
        self.hear();
        Ok(())
    }
}

impl StepListener for Ear {
    fn before_step(&self, _: &StepExecution) -> ListenerResult {
        self.hear();
        Ok(())
    }

    fn after_step(&self, _: &StepExecution) -> ListenerResult<Option<ExitCode>> {
        self.hear();
        Ok(None)
    }
}

impl ChunkListener for Ear {
    fn before_chunk(&self, _: &ChunkEvent<'_>) -> ListenerResult {
        self.hear();
        Ok(())
    }

    fn after_chunk(&self, _: &ChunkEvent<'_>) -> ListenerResult {
        self.hear();
        Ok(())
    }
}

fn program(folder: &Path, ear: &Ear) -> Registry {
    let job = |name: &str| JobBuilder::<()>::new(name).many_instances();
    let step = || {
        let file = folder.join("rows.csv").display().to_string();
        let flow = Flow::<(), Booking>::read(csv::read(file)).filter("amount > 1.00 && branch == 'HQ'");
        StepBuilder::flow("load", flow.write(table::write("bench_rows").create_if_missing()).size(CHUNK))
    };
    let heard = || step().listener(ear.clone());
    Registry::default()
        .built(job("alone").step(step()).build())
        .built(job("heard").listener(ear.clone()).step(heard()).build())
        .built(job("chunks").listener(ear.clone()).step(heard().chunk_listener(ear.clone())).build())
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows: u32 = std::env::var("OVERNIGHT_ROWS").map_or(1_000_000, |rows| rows.parse().unwrap());
    let mut text = "id,account,amount,branch\n".to_owned();
    for id in 1..=rows {
        writeln!(text, "{id},DE{id:011},{}.{:02},HQ", id % 9_999 + 2, id % 100).unwrap();
    }
    fs::write(folder.join("rows.csv"), text).unwrap();
    fs::write(folder.join("reset.yaml"), RESET).unwrap();
    measure(folder, "SQLite", &folder.join("bench.db").display().to_string());
    if let Ok(url) = std::env::var("BENCH_POSTGRES") {
        measure(folder, "Postgres", &url);
    }
}

fn measure(folder: &Path, store: &str, url: &str) {
    let ear = Ear::default();
    let engine = EngineBuilder::new(program(folder, &ear)).job_file(folder.join("reset.yaml")).database(url);
    let engine = engine.open().unwrap();
    let mut alone = || timed(&engine, "alone");
    let (mut heard, mut chunks) = (|| subscribed(&engine, "heard"), || subscribed(&engine, "chunks"));
    let turns = by_turns(ROUNDS, &mut [&mut alone, &mut heard, &mut chunks]);
    assert!(ear.0.load(Ordering::Relaxed) > 0, "nothing was heard");
    print(format_args!(
        "G9 CSV -> {store}, chunk {CHUNK}, heard against alone: {:.2}x (goal 0.97); {:.2} s against {:.2} s",
        turns.ratio(0, 1),
        turns.median(1),
        turns.median(0)
    ));
    print(format_args!("   with a listener of the chunks: {:.2}x; {:.2} s", turns.ratio(0, 2), turns.median(2)));
}

fn subscribed(engine: &Engine, job: &str) -> f64 {
    let mut notices = engine.subscribe();
    thread::scope(|scope| {
        // It ends when nothing was told for a while, which is after the run.
        scope.spawn(move || while notices.next_within(Duration::from_secs(1)).is_some() {});
        timed(engine, job)
    })
}

fn timed(engine: &Engine, job: &str) -> f64 {
    engine.start("reset", ()).unwrap();
    let begun = Instant::now();
    let ran = engine.start(job, ()).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    begun.elapsed().as_secs_f64()
}
