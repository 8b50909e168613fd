//! What a command costs before it does anything: processes from their start to their end, by turns with others in the same run.
//!
//! - G22: `jobctl --help` against `psql --version`;
//! - G23: `jobctl list` on PostgreSQL against `psql -c 'select 1'`, with `BENCH_POSTGRES=postgres://…`;
//! - G24: `jobctl validate` of 1,000 job files against `jobctl --help`: with two expressions each, and with seven and a pattern.

#![expect(clippy::unwrap_used, reason = "a benchmark stops when it cannot go on")]

#[path = "../../framework/benches/figures/mod.rs"]
mod figures;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use self::figures::{by_turns, print};

const STARTS: usize = 60;
const FILES: usize = 1_000;

/// Twenty lines with two expressions.
const PLAIN: &str = "name: job-NUMBER
description: Loads the payments of a day
params:
  day:
    type: date
    required: true
steps:
  - name: load
    chunk:
      reader:
        csv:
          path: data/payments.csv
          columns: { id: integer, amount: decimal, branch: string }
      processor:
        - filter: amount > NUMBER && branch == 'HQ'
        - set: { day: params.day }
      writer:
        table: { name: payment }
  - name: report
    tasklet: { shell: { command: [echo, done] } }
";

/// Twenty lines with seven expressions and a pattern.
const FULL: &str = "name: job-NUMBER
description: Loads the payments of a day
params:
  day: { type: date, required: true, description: The day of the payments }
  branch: { type: string, default: HQ, pattern: '[A-Z]{2,4}' }
vars:
  inbox: data/${{ params.branch }}
steps:
  - name: load
    chunk:
      reader:
        csv: { path: \"${{ vars.inbox }}/${{ params.day }}.csv\", columns: { id: integer, amount: decimal, branch: string } }
      processor:
        - filter: amount > NUMBER && branch == params.branch
        - set: { fee: \"round(amount * 0.01, 2)\", day: params.day }
      writer: { table: { name: payment, mode: upsert, key: [id] } }
      skip: { limit: 0.1%, errors: [InvalidRow] }
  - name: report
    when: steps.load.write_count > 0
    tasklet: { shell: { command: [echo, done] } }
";

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let help = || jobctl(folder.path(), &["--help"]);
    report("G22 jobctl --help, against psql --version", 1.3, &help, &|| process("psql", &["--version"]));
    if let Ok(url) = std::env::var("BENCH_POSTGRES") {
        let list = || jobctl(folder.path(), &["list", "--database", &url]);
        let select = || process("psql", &["-X", "-c", "select 1", &url]);
        report("G23 jobctl list, against psql -c 'select 1'", 1.3, &list, &select);
    }
    for (name, job) in [("plain", PLAIN), ("full", FULL)] {
        let jobs = folder.path().join(name);
        fs::create_dir(&jobs).unwrap();
        for number in 0..FILES {
            fs::write(jobs.join(format!("job-{number}.yaml")), job.replace("NUMBER", &number.to_string())).unwrap();
        }
        let validate = || jobctl(folder.path(), &["validate", name]);
        report(&format!("G24 jobctl validate of 1,000 {name} files, against jobctl --help"), 25.0, &validate, &help);
    }
}

/// The time of the candidate as a multiple of the baseline's.
fn report(what: &str, goal: f64, candidate: &dyn Fn() -> f64, baseline: &dyn Fn() -> f64) {
    let turns = by_turns(STARTS, &mut [&mut || candidate(), &mut || baseline()]);
    let (ratio, ours, theirs) = (turns.ratio(0, 1), turns.median(0), turns.median(1));
    print(format_args!("{what}: {ratio:.2} (at most {goal:.1}); {ours:.1} ms against {theirs:.1} ms"));
}

fn jobctl(folder: &Path, arguments: &[&str]) -> f64 {
    timed(Command::new(env!("CARGO_BIN_EXE_jobctl")).args(arguments).env_remove("DATABASE_URL").current_dir(folder))
}

fn process(program: &str, arguments: &[&str]) -> f64 {
    timed(Command::new(program).args(arguments))
}

/// Milliseconds.
fn timed(command: &mut Command) -> f64 {
    let begin = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}");
    begin.elapsed().as_secs_f64() * 1e3
}
