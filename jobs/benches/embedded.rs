//! What parts of one's own cost in a program: a file of records through a filter and a computed cell into another file.
//!
//! By hand; by stock parts alone, in YAML; with a function of one's own between the stock reader and the stock writer; with a
//! reader of one's own before them; and by parts of one's own alone. All write the same bytes, through an [`EngineBuilder`] over
//! SQLite but for the first. They run by turns, and their medians are compared: a part of one's own shall cost no more than a
//! stock one.
//!
//! `cargo bench -p overnight --bench embedded`; `OVERNIGHT_ROWS` says how many records, a million without it.

#![expect(clippy::unwrap_used, reason = "a benchmark ends when it cannot go on")]

#[path = "../../framework/benches/figures/mod.rs"]
mod figures;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use csv::ByteRecord;
use overnight::builder::{Flow, JobBuilder, StepBuilder};
use overnight::error::{BatchError, Result, ResultExt as _};
use overnight::registry::Registry;
use overnight::repository::ChunkError;
use overnight::status::Status;
use overnight::step::StepContext;
use overnight::step::chunk::{Chunk, ItemReader, ItemWriter, ReadError, WriteContext};
use overnight::steps::csv as stock;
use overnight::{EngineBuilder, Row};
use serde_json::{Value, json};

use self::figures::{Way, by_turns, print};

const ROUNDS: usize = 15;
const CHUNK: usize = 10_000;

const YAML: &str = "
name: stock
instances: many
steps:
  - name: copy
    chunk:
      size: 10000
      reader: { csv: { path: in.csv, columns: { id: integer, customer: string, amount: integer, branch: integer } } }
      processor:
        - filter: amount > 100 && branch != 3
        - set: { fee: amount / 100 }
      writer: { csv: { path: stock.csv, columns: [id, customer, fee] } }
";

#[derive(Debug, Row)]
struct Payment {
    id: i64,
    customer: String,
    amount: i64,
    branch: i64,
}

#[derive(Debug, Row)]
struct Fee {
    id: i64,
    customer: String,
    fee: i64,
}

fn rule(payment: &Payment) -> Option<Fee> {
    let Payment { id, customer, amount, branch } = payment;
    (*amount > 100 && *branch != 3).then(|| Fee { id: *id, customer: customer.clone(), fee: amount / 100 })
}

/// The records of a file. The position is the number of those that were read.
struct Records {
    reader: csv::Reader<File>,
    record: ByteRecord,
    read: u64,
}

impl Records {
    fn of(path: &Path) -> Result<Self> {
        let reader = csv::ReaderBuilder::new().buffer_capacity(1 << 18).from_path(path).or_fail()?;
        Ok(Self { reader, record: ByteRecord::new(), read: 0 })
    }

    fn next(&mut self) -> Result<Option<Payment>> {
        if !self.reader.read_byte_record(&mut self.record).or_fail()? {
            return Ok(None);
        }
        self.read += 1;
        let text = |field: usize| std::str::from_utf8(self.record.get(field).unwrap_or_default()).or_fail();
        let number = |field: usize| text(field)?.parse::<i64>().or_fail();
        Ok(Some(Payment { id: number(0)?, customer: text(1)?.to_owned(), amount: number(2)?, branch: number(3)? }))
    }
}

impl ItemReader<Payment> for Records {
    fn read(&mut self) -> Result<Option<Payment>, ReadError> {
        Ok(self.next()?)
    }

    fn checkpoint(&self) -> Value {
        json!(self.read)
    }
}

/// The lines of a file.
struct Lines {
    file: BufWriter<File>,
}

impl Lines {
    fn of(path: &Path) -> Result<Self> {
        let mut file = BufWriter::with_capacity(1 << 18, File::create(path)?);
        file.write_all(b"id,customer,fee\n")?;
        Ok(Self { file })
    }

    fn line(&mut self, Fee { id, customer, fee }: &Fee) -> Result<()> {
        Ok(writeln!(self.file, "{id},{customer},{fee}")?)
    }

    /// What the stock writer does as well: what a commit speaks of is on the disk.
    fn sync(&mut self) -> Result<()> {
        self.file.flush()?;
        Ok(self.file.get_ref().sync_data()?)
    }
}

impl ItemWriter<Fee> for Lines {
    fn write(&mut self, fees: &[Fee], _: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        fees.iter().try_for_each(|fee| self.line(fee)).map_err(ChunkError::Failed)
    }

    fn checkpoint(&mut self) -> Result<Option<Value>> {
        self.sync().map(|()| None)
    }
}

fn by_hand(folder: &Path) -> Result<()> {
    let (mut records, mut lines) = (Records::of(&folder.join("in.csv"))?, Lines::of(&folder.join("by-hand.csv"))?);
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        let next = records.next()?;
        let ends = next.is_none();
        chunk.extend(next.as_ref().and_then(rule));
        if ends || records.read % CHUNK as u64 == 0 {
            chunk.iter().try_for_each(|fee| lines.line(fee))?;
            lines.sync()?;
            chunk.clear();
        }
        if ends {
            return Ok(());
        }
    }
}

/// The jobs with parts of one's own, from the fewest to nothing else.
fn program(folder: &Path) -> Registry {
    let (input, output) = (folder.join("in.csv"), |name: &str| folder.join(format!("{name}.csv")));
    let path = |path: PathBuf| path.display().to_string();
    let process = |(): &(), payment: &Payment| rule(payment);
    let own_function = Flow::read(stock::read(path(input.clone()))).process(process);
    let own_function = own_function.write(stock::write(path(output("own-function"))));
    let from = input.clone();
    let own_reader = Flow::read(move |(): &()| Records::of(&from)).process(process);
    let own_reader = own_reader.write(stock::write(path(output("own-reader"))));
    let to = output("own-parts");
    let own_parts = move |(): &(), _: &StepContext<'_>| {
        let process = |payment: &Payment| Ok::<_, BatchError>(rule(payment));
        Ok(Chunk::read(Records::of(&input)?).process(process).write(Lines::of(&to)?))
    };
    let steps = [
        ("own-function", StepBuilder::flow("copy", own_function.size(CHUNK))),
        ("own-reader", StepBuilder::flow("copy", own_reader.size(CHUNK))),
        ("own-parts", StepBuilder::chunk("copy", CHUNK, own_parts)),
    ];
    let job = |name, step| JobBuilder::<()>::new(name).many_instances().step(step).build();
    steps.into_iter().fold(Registry::default(), |program, (name, step)| program.built(job(name, step)))
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut text = "id,customer,amount,branch\n".to_owned();
    let records = std::env::var("OVERNIGHT_ROWS").map_or(1_000_000, |rows| rows.parse().unwrap());
    for id in 0..records {
        writeln!(text, "{id},customer-{:05},{},{}", id % 99_991, id * 7 % 233, id % 7).unwrap();
    }
    fs::write(folder.join("in.csv"), text).unwrap();
    fs::write(folder.join("stock.yaml"), YAML).unwrap();
    let engine = EngineBuilder::new(program(folder)).job_file(folder.join("stock.yaml"));
    let engine = engine.database(folder.join("bench.db").display().to_string()).open().unwrap();

    let ways = ["by-hand", "stock", "own-function", "own-reader", "own-parts"];
    let timed = |way| {
        let begun = Instant::now();
        if way == "by-hand" {
            by_hand(folder).unwrap();
        } else {
            let ran = engine.start(way, ()).unwrap();
            assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
        }
        begun.elapsed().as_secs_f64() * 1e9 / records as f64
    };
    let mut runs = ways.map(|way| move || timed(way));
    let turns = by_turns(ROUNDS, &mut runs.each_mut().map(|run| run as Way<'_>));
    for (number, way) in ways.into_iter().enumerate() {
        let same =
            fs::read(folder.join(format!("{way}.csv"))).unwrap() == fs::read(folder.join("by-hand.csv")).unwrap();
        assert!(same, "{way} wrote something else");
        print(format_args!(
            "{way:12} {:6.0} ns a record, {:.2} x by hand, {:.2} x stock",
            turns.median(number),
            turns.ratio(number, 0),
            turns.ratio(number, 1)
        ));
    }
}
