//! Memory does not grow with the input: half a million rows pass through in less than 100 MB, and long ones in little more.
//!
//! `OVERNIGHT_ROWS` says how many rows instead; `just bench` sends five million through a release build.

use std::fs;
use std::io::Write as _;
use std::process::Child;

use super::project::{Project, on_both_stores, until};

fn rows() -> u32 {
    std::env::var("OVERNIGHT_ROWS").ok().map_or(500_000, |text| text.parse().unwrap())
}

/// The limit of the whole process, in kilobytes.
const LIMIT: u64 = 100_000;

const JOB: &str = "
name: flat
steps:
  - name: load
    chunk:
      reader:
        csv: { path: rows.csv, columns: { id: integer, account: string, amount: decimal, booked: date, branch: string } }
      processor:
        - filter: amount > 1.00 && branch == 'HQ'
        - set: { fee: amount * 0.01 }
      writer: { table: { name: flat, create: if_missing } }
";

on_both_stores! {
    fn many_rows_pass_in_less_than_a_hundred_megabytes(project) {
        project.file("flat.yaml", JOB);
        let rows = rows();
        let mut file = std::io::BufWriter::new(fs::File::create(project.path("rows.csv")).unwrap());
        writeln!(file, "id,account,amount,booked,branch").unwrap();
        for id in 1..=rows {
            let branch = if id % 10 == 0 { "B2" } else { "HQ" };
            writeln!(file, "{id},DE{id:011},{}.{:02},2026-10-30,{branch}", id % 9_999 + 2, id % 100).unwrap();
        }
        file.into_inner().unwrap();
        let mut child = project.spawn(&["start", "flat.yaml"]);
        let peak = peak_memory(&mut child);
        let execution = project.show("flat");
        assert_eq!(execution["batch_status"], "COMPLETED", "{execution:#}");
        assert_eq!(execution["steps"][0]["write_count"], rows - rows / 10);
        println!("peak memory of {rows} rows: {peak} kB");
        assert!(peak > 0 && peak < LIMIT, "{peak} kB");
    }
}

/// What two chunks that wait, one that is read, one that is written and one whose memory is used again may hold, each of 16 MiB and as
/// rows and as what is sent.
const LIMIT_OF_LONG_ROWS: u64 = 240_000;

const LONG: &str = "
name: long
steps:
  - name: load
    chunk:
      reader: { csv: { path: long.csv, columns: { id: integer, text: string } } }
      writer: { table: { name: long, create: if_missing } }
";

on_both_stores! {
    fn long_rows_make_chunks_of_fewer_and_pass_in_the_same_memory(project) {
        project.file("long.yaml", LONG);
        let rows = 250_i32;
        write_long_rows(project, rows);
        let mut child = project.spawn(&["start", "long.yaml"]);
        let peak = peak_memory(&mut child);
        let load = &project.show("long")["steps"][0];
        assert_eq!((&load["write_count"], &load["commit_count"]), (&rows.into(), &(rows / 16 + 1).into()), "{load:#}");
        println!("peak memory of {rows} MiB: {peak} kB");
        assert!(peak > 0 && peak < LIMIT_OF_LONG_ROWS, "{peak} kB");
    }

    /// Such chunks end where lines happen to be long, and a restart finds their ends all the same.
    fn long_rows_are_there_once_wherever_their_run_is_killed(project) {
        project.file("long.yaml", LONG);
        let rows = 120_i32;
        write_long_rows(project, rows);
        for verb in [["start", "long.yaml"], ["restart", "long"], ["restart", "long"]] {
            let mut child = project.spawn(&verb);
            until(|| has_committed(project) || child.try_wait().unwrap().is_some());
            child.kill().unwrap();
            child.wait().unwrap();
        }
        project.jobctl(&["restart", "long"]).expect(0);
        let counted = ["count(*)", "count(DISTINCT id)", "sum(length(text))"].map(|sum| project.number(&format!("SELECT {sum} FROM long")));
        let rows = i64::from(rows);
        assert_eq!(counted, [rows, rows, rows << 20]);
    }
}

fn write_long_rows(project: &Project, rows: i32) {
    let mut file = std::io::BufWriter::new(fs::File::create(project.path("long.csv")).unwrap());
    let text = "x".repeat(1 << 20);
    writeln!(file, "id,text").unwrap();
    (1..=rows).for_each(|id| writeln!(file, "{id},{text}").unwrap());
    file.into_inner().unwrap();
}

/// Whether the newest run has committed a chunk and is not at its end.
fn has_committed(project: &Project) -> bool {
    let list = project.list();
    let Some(run) = list.last() else { return false };
    let step = &project.show(&run["id"].to_string())["steps"][0];
    run["batch_status"] == "STARTED" && step["commit_count"].as_u64() >= Some(1)
}

/// The high-water mark that the kernel keeps for the process; it only grows, so the last look is the peak but for moments.
fn peak_memory(child: &mut Child) -> u64 {
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = peak.max(mark.and_then(|mark| mark.split_whitespace().next()?.parse().ok()).unwrap_or(0));
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    peak
}
