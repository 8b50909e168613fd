//! The price of the chunk loop: ten million items through the engine, against the loop that one would write by hand.
//!
//! Both read 32 bytes an item from memory, leave half of the items out, set a field of the others, and hand a thousand at a time
//! to a sink that does nothing. The engine does it as a user's job does: reader and processor item by item, with a launch, a
//! transaction per chunk in the store in memory, and a last row. The goal is at most twice the time and 5 ns more an item.
//!
//! The same parts as a flow are rows between them, so that stock parts may stand in the place of each: what that costs is told too.
//!
//! `cargo bench -p overnight-framework --bench chunk_loop`

#![expect(clippy::unwrap_used, reason = "a benchmark ends when it cannot go on")]

mod figures;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use overnight_framework::builder::{Flow, JobBuilder, StepBuilder};
use overnight_framework::clock::SystemClock;
use overnight_framework::execution::Trigger;
use overnight_framework::job::{Instances, Job, JobStep};
use overnight_framework::launch::Wish;
use overnight_framework::monitor::Unwatched;
use overnight_framework::operator::{Launching, Operator};
use overnight_framework::params::Params;
use overnight_framework::repository::ChunkError;
use overnight_framework::repository::memory::MemoryRepository;
use overnight_framework::status::Status;
use overnight_framework::step::chunk::{ChunkParts, ChunkStep, ItemReader, ItemWriter, ReadError, WriteContext};
use overnight_framework::worker::{Timing, Worker, WorkerName};
use overnight_framework::{BatchError, Row};
use serde_json::{Value, json};

use self::figures::{by_turns, print};

const ITEMS: usize = 10_000_000;
const CHUNK: usize = 1_000;
const ROUNDS: usize = 7;

#[derive(Clone, Copy, Debug, Row)]
#[row(crate = overnight_framework)]
struct Item {
    id: i64,
    amount: i64,
    fee: i64,
    branch: u32,
    kind: u32,
}

/// The rule of both loops: about half of the items pass.
#[inline]
fn rule(item: &Item) -> Option<Item> {
    (item.amount > 100 && item.branch != 3).then_some(Item { fee: item.amount / 100, ..*item })
}

fn items() -> Vec<Item> {
    let item = |id: u64| {
        let scattered = id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        Item { id: id as i64, amount: (scattered % 232) as i64, fee: 0, branch: (scattered % 7) as u32, kind: 1 }
    };
    (0..ITEMS as u64).map(item).collect()
}

fn by_hand(items: &[Item]) {
    let mut chunk = Vec::with_capacity(CHUNK);
    for part in items.chunks(CHUNK) {
        chunk.extend(part.iter().filter_map(rule));
        black_box(chunk.as_slice());
        chunk.clear();
    }
}

struct Reader {
    items: Arc<Vec<Item>>,
    at: usize,
}

impl ItemReader<Item> for Reader {
    fn read(&mut self) -> Result<Option<Item>, ReadError> {
        let item = self.items.get(self.at).copied();
        self.at += 1;
        Ok(item)
    }

    fn checkpoint(&self) -> Value {
        json!(self.at)
    }
}

struct Sink;

impl ItemWriter<Item> for Sink {
    fn write(&mut self, items: &[Item], _: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        black_box(items);
        Ok(())
    }
}

fn job(items: &Arc<Vec<Item>>) -> Job {
    let items = Arc::clone(items);
    let step = ChunkStep::new(move |_| {
        let process = |item: &Item| Ok::<_, BatchError>(rule(item));
        Ok(ChunkParts::new(Reader { items: Arc::clone(&items), at: 0 }, process, Sink))
    });
    Job { instances: Instances::Many, steps: vec![JobStep::new("loop", step.size(CHUNK))], ..Job::new("bench") }
}

fn flow(items: &Arc<Vec<Item>>) -> Job {
    let items = Arc::clone(items);
    let read = move |(): &()| Ok::<_, BatchError>(Reader { items: Arc::clone(&items), at: 0 });
    let write = |(): &()| Ok::<_, BatchError>(Sink);
    let flow = Flow::read(read).process(|(): &(), item: &Item| rule(item)).write(write).size(CHUNK);
    JobBuilder::<()>::new("flow").many_instances().step(StepBuilder::flow("loop", flow)).build().unwrap()
}

fn operator() -> Operator {
    let repository = Arc::new(MemoryRepository::new());
    let name = WorkerName { name: "bench".to_owned(), host: "bench".to_owned(), build: "bench".to_owned() };
    let folder = std::env::temp_dir().join("overnight-bench");
    let clock = Arc::new(SystemClock::default());
    let worker = Worker::new(repository.clone(), clock, Timing::SERVER, name, &folder).unwrap();
    Operator::new(repository, worker, "bench", "bench")
}

fn by_engine(operator: &Operator, job: &Job) {
    let params = Params::default();
    let launching =
        Launching { job, params: &params, wish: Wish::Start, trigger: Trigger::Library, reason: None, key: None };
    let ready = operator.launch(&launching, &|_, _| {}).unwrap();
    let ran = operator.run(job, &params, ready, &Unwatched).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
}

/// Nanoseconds an item.
fn timed(run: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    run();
    begun.elapsed().as_secs_f64() * 1e9 / ITEMS as f64
}

fn main() {
    let items = Arc::new(items());
    let (operator, job, flow) = (operator(), job(&items), flow(&items));
    let mut by_hand = || timed(|| by_hand(&items));
    let mut engine = || timed(|| by_engine(&operator, &job));
    let mut rows = || timed(|| by_engine(&operator, &flow));
    let turns = by_turns(ROUNDS, &mut [&mut by_hand, &mut engine, &mut rows]);
    let (ratio, more) = (turns.ratio(1, 0), turns.middle(|round| round[1] - round[0]));
    print(format_args!("by hand {:6.2} ns/item", turns.median(0)));
    print(format_args!("engine  {:6.2} ns/item", turns.median(1)));
    print(format_args!("flow    {:6.2} ns/item", turns.median(2)));
    print(format_args!("ratio   {ratio:6.2} (goal 2.0), {more:+.2} ns/item (goal +5)"));
    print(format_args!("goal    {}", if ratio <= 2.0 && more <= 5.0 { "met" } else { "missed" }));
}
