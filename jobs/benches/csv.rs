//! The reader `csv` against what it stands on: `cargo bench -p overnight --bench csv`.
//!
//! - G2: reading into rows takes at most 2.5 times as long as scanning the file with one reused ByteRecord;
//! - G3: rows cost at most 1.2 times what a struct by hand costs, filled from the same records.
//!
//! The ways run by turns, in many short rounds, because the machine may be busy with other things for a while.

#![expect(clippy::unwrap_used, reason = "a benchmark stops when it cannot go on")]

#[path = "../../framework/benches/figures/mod.rs"]
mod figures;

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use chrono::NaiveDate;
use csv::{ByteRecord, ReaderBuilder};
use overnight::expr::Scope;
use overnight::kind::{Frame, Names, ReaderKind};
use overnight::row::Row;
use overnight::step::chunk::{Batch, Fill};
use overnight::steps::csv::CsvReader;
use overnight::yaml::{self, Source};

use self::figures::{by_turns, print};

const ROWS: usize = 100_000;
const ROUNDS: usize = 61;
const CHUNK: usize = 1_000;

const SETTINGS: &str =
    "{ path: rows.csv, columns: { id: integer, name: string, amount: float, day: date, branch: string } }";

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, rows()).unwrap();
    let mut scan = || timed(|| scan_records(&path));
    let mut structs = || timed(|| fill_structs(&path));
    let mut declared = || timed(|| read_rows(folder.path()));
    let turns = by_turns(ROUNDS, &mut [&mut scan, &mut structs, &mut declared]);
    print(format_args!("ByteRecord scan {:6.1} ns per row", turns.median(0)));
    print(format_args!("structs         {:6.1} ns per row", turns.median(1)));
    print(format_args!("declared rows   {:6.1} ns per row", turns.median(2)));
    print(format_args!("G2 rows : scan    {:.2} (at most 2.5)", turns.ratio(2, 0)));
    print(format_args!("G3 rows : structs {:.2} (at most 1.2)", turns.ratio(2, 1)));
}

/// Five columns: a bigint, a text of 13, a float, a date, a text of two or three.
fn rows() -> String {
    let mut text = String::from("id,name,amount,day,branch\n");
    for id in 0..ROWS {
        let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(id as u64 % 365);
        let branch = ["HQ", "ZRH", "BSL"][id % 3];
        writeln!(text, "{},customer-{:04},{}.{:02},{day},{branch}", 10_000_000 + id, id % 10_000, id % 9_973, id % 100)
            .unwrap();
    }
    text
}

/// Nanoseconds a row.
fn timed(work: impl FnOnce() -> usize) -> f64 {
    let start = Instant::now();
    assert_eq!(work(), ROWS);
    start.elapsed().as_secs_f64() * 1e9 / ROWS as f64
}

fn scan_records(path: &Path) -> usize {
    let mut reader = ReaderBuilder::new().buffer_capacity(1 << 18).from_path(path).unwrap();
    let mut record = ByteRecord::new();
    let mut count = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        black_box(&record);
        count += 1;
    }
    count
}

struct Customer {
    _id: i64,
    _name: String,
    _amount: f64,
    _day: NaiveDate,
    _branch: String,
}

fn fill_structs(path: &Path) -> usize {
    let mut reader = ReaderBuilder::new().buffer_capacity(1 << 18).from_path(path).unwrap();
    let mut record = ByteRecord::new();
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut count = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        let text = |field: usize| std::str::from_utf8(&record[field]).unwrap();
        chunk.push(Customer {
            _id: text(0).parse().unwrap(),
            _name: text(1).to_owned(),
            _amount: text(2).parse().unwrap(),
            _day: text(3).parse().unwrap(),
            _branch: text(4).to_owned(),
        });
        count += 1;
        if chunk.len() == CHUNK {
            black_box(&chunk);
            chunk.clear();
        }
    }
    count
}

fn read_rows(folder: &Path) -> usize {
    let scope = Scope::new();
    let plan = yaml::read(&Source::new("job.yaml", SETTINGS), |at| CsvReader.check(at, &Names::new(&scope))).unwrap();
    let mut source = plan.open(&Frame { base_dir: folder.to_owned(), ..Frame::default() }).unwrap();
    source.open(None).unwrap();
    let mut batch: Batch<Row> = Batch::default();
    let mut count = 0;
    loop {
        let fill = source.fill(CHUNK, &mut batch).unwrap();
        count += batch.len();
        black_box(&batch);
        // The engine gives the memory of written rows back.
        batch.spare.append(&mut batch.items);
        batch.places.clear();
        if fill == Fill::End {
            return count;
        }
    }
}
