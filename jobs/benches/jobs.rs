//! Whole jobs against the tools of the databases, in one run, by turns: CSV → filter → set → table.
//!
//! `BENCH_POSTGRES=postgres://… cargo bench -p overnight --bench jobs`; without the variable only SQLite is measured.

#![expect(clippy::unwrap_used, reason = "a benchmark stops when it cannot go on")]

#[path = "../../framework/benches/figures/mod.rs"]
mod figures;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use self::figures::{by_turns, print};

const ROWS: u32 = 1_000_000;
const ROUNDS: usize = 9;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rows.csv"), rows()).unwrap();
    if let Ok(url) = std::env::var("BENCH_POSTGRES") {
        for (goal, chunk, least) in [("G5", 10_000, 1.0), ("G6", 5_000, 0.85), ("G6", 1_000, 0.30), ("G6", 100, 0.11)] {
            let job = || run(folder.path(), &url, &insert(chunk));
            let baseline = || copy(folder.path(), &url, "bigint not null");
            report(&format!("{goal} CSV -> Postgres, chunk {chunk}, against psql \\copy"), least, &job, &baseline);
        }
        let job = || run(folder.path(), &url, &upsert());
        report("G8 CSV -> Postgres, upsert, chunk 10000, against psql \\copy with the same key", 0.40, &job, &|| {
            copy(folder.path(), &url, "bigint primary key")
        });
    }
    let file = folder.path().join("bench.db");
    let job = || {
        remove(&file);
        run(folder.path(), &file.to_string_lossy(), &insert(1_000))
    };
    let baseline = || import(folder.path());
    report("G19 CSV -> SQLite, chunk 1000, against .import", 0.95, &job, &baseline);
}

/// Speed of the candidate as a multiple of the baseline's.
fn report(what: &str, goal: f64, candidate: &dyn Fn() -> f64, baseline: &dyn Fn() -> f64) {
    let turns = by_turns(ROUNDS, &mut [&mut || candidate(), &mut || baseline()]);
    let (ratio, ours, theirs) = (turns.ratio(1, 0), turns.median(0), turns.median(1));
    print(format_args!("{what}: {ratio:.2}x (goal {goal:.2}); {ours:.2} s against {theirs:.2} s"));
}

fn rows() -> String {
    let mut text = "id,account,amount,booked,branch\n".to_owned();
    for id in 1..=ROWS {
        writeln!(text, "{id},DE{id:011},{}.{:02},2026-10-30,HQ", id % 9_999 + 2, id % 100).unwrap();
    }
    text
}

const READER: &str =
    "csv: { path: rows.csv, columns: { id: integer, account: string, amount: decimal, booked: date, branch: string } }";

const TABLE: &str = "account text not null, amount numeric not null, booked date not null, branch text not null";

/// A job that makes its table anew and fills it, and filters out nothing.
fn insert(chunk: u32) -> String {
    format!(
        "name: bench-{chunk}\ninstances: many\nsteps:\n\
         - name: reset\n  tasklet: {{ sql: {{ statement: {{ postgres: 'drop table if exists bench_rows', sqlite: 'drop table if exists bench_rows' }} }} }}\n\
         - name: load\n  chunk:\n    size: {chunk}\n    reader: {{ {READER} }}\n    \
         processor: [ filter: \"amount > 1.00 && branch == 'HQ'\" ]\n    writer: {{ table: {{ name: bench_rows, create: if_missing }} }}\n"
    )
}

/// The same into a table with a key, where each row is new.
fn upsert() -> String {
    format!(
        "name: bench-upsert\ninstances: many\nsteps:\n\
         - name: reset\n  tasklet: {{ sql: {{ statement: drop table if exists bench_rows }} }}\n\
         - name: create\n  tasklet: {{ sql: {{ statement: 'create table bench_rows (id bigint primary key, {TABLE})' }} }}\n\
         - name: load\n  chunk:\n    size: 10000\n    reader: {{ {READER} }}\n    \
         processor: [ filter: \"amount > 1.00 && branch == 'HQ'\" ]\n    writer: {{ table: {{ name: bench_rows, mode: upsert, key: [id] }} }}\n"
    )
}

fn run(folder: &Path, url: &str, job: &str) -> f64 {
    fs::write(folder.join("job.yaml"), job).unwrap();
    let begin = Instant::now();
    let done = Command::new(env!("CARGO_BIN_EXE_jobctl"))
        .args(["start", "job.yaml", "--database", url])
        .current_dir(folder)
        .output()
        .unwrap();
    let took = begin.elapsed().as_secs_f64();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    took
}

fn copy(folder: &Path, url: &str, id: &str) -> f64 {
    let script = format!(
        "drop table if exists bench_copy; create table bench_copy (id {id}, {TABLE});\n\\copy bench_copy from rows.csv csv header\n"
    );
    fs::write(folder.join("copy.sql"), script).unwrap();
    timed(Command::new("psql").args(["-X", "-q", "-f", "copy.sql", url]).current_dir(folder))
}

fn import(folder: &Path) -> f64 {
    remove(&folder.join("import.db"));
    let script = "pragma journal_mode=wal; pragma synchronous=normal;\ncreate table rows (id integer primary key, account text, amount text, booked text, branch text);\n.mode csv\n.import --skip 1 rows.csv rows\n";
    fs::write(folder.join("import.sql"), script).unwrap();
    timed(Command::new("sqlite3").args(["import.db", ".read import.sql"]).current_dir(folder))
}

fn timed(command: &mut Command) -> f64 {
    let begin = Instant::now();
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    begin.elapsed().as_secs_f64()
}

fn remove(file: &Path) {
    for ending in ["", "-wal", "-shm", "-lock", ".lock"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        // What is not there need not be removed.
        let _ = fs::remove_file(name);
    }
}
