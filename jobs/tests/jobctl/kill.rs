//! The promise of restart: `kill -9` at any moment, and the day is closed with the same bytes.
//!
//! `OVERNIGHT_KILLS` says how often each store is killed, `OVERNIGHT_SEED` repeats a run whose seed was printed.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::project::{Project, answer};
use super::support::end_of_day;
use overnight_db::Backend;

/// The day with the most to do.
const DATE: &str = "2026-04-07";

fn kills() -> u64 {
    std::env::var("OVERNIGHT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// A seed that is printed, so that a failure can be had again.
pub(super) fn seed() -> u64 {
    let given = std::env::var("OVERNIGHT_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one("kill"));
    println!("OVERNIGHT_SEED={seed}");
    seed
}

/// SplitMix64: enough for moments to kill at.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

#[test]
fn a_day_killed_at_random_moments_closes_with_the_same_bytes_on_sqlite() {
    kill_and_restart(Backend::Sqlite);
}

#[test]
fn a_day_killed_at_random_moments_closes_with_the_same_bytes_on_postgres() {
    kill_and_restart(Backend::Postgres);
}

fn kill_and_restart(kind: Backend) {
    let mut chance = Chance(seed());
    let undisturbed = undisturbed(kind);
    for round in 0..kills() {
        let moment = Duration::from_micros(chance.below(undisturbed.as_micros() as u64));
        let project = Project::new(kind);
        let mut child = project.spawn(&start());
        let killed = kill_after(&mut child, moment);
        println!("round {round}: killed after {moment:?}: {killed}");
        finish(&project, round);
        judge(&project, round);
    }
}

fn start() -> Vec<&'static str> {
    // The path lives as long as the tests.
    let job: &'static str =
        Box::leak(end_of_day().join("end-of-day.yaml").to_string_lossy().into_owned().into_boxed_str());
    vec!["start", job, "-p", "business_date=2026-04-07", "-p", "out=out"]
}

/// How long the day takes when nobody kills it, and a check that it can be closed at all.
fn undisturbed(kind: Backend) -> Duration {
    let project = Project::new(kind);
    let begin = Instant::now();
    project.jobctl(&start()).expect(0);
    let took = begin.elapsed();
    judge(&project, u64::MAX);
    took
}

fn kill_after(child: &mut Child, moment: Duration) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < moment {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

/// Restarts at once. What was killed before it was recorded is started; what was killed after its last row is refused.
fn finish(project: &Project, round: u64) {
    let restarted = answer(project.command(&["restart", "end-of-day"]).output().unwrap());
    match restarted.code {
        Some(0) => {}
        Some(5) => drop(project.jobctl(&start()).expect(0)),
        Some(6) => assert!(restarted.stderr.contains("already finished"), "round {round}: {restarted:#?}"),
        _ => panic!("round {round}: {restarted:#?}"),
    }
}

fn judge(project: &Project, round: u64) {
    assert_eq!(
        files(&project.path("out").join(DATE)),
        files(&end_of_day().join("expected").join(DATE)),
        "round {round}"
    );
    let executions = project.list();
    for execution in &executions {
        let status = execution["batch_status"].as_str().unwrap();
        assert!(["COMPLETED", "FAILED"].contains(&status), "round {round}: {execution:#}");
    }
    assert_eq!(executions.last().unwrap()["batch_status"], "COMPLETED");
    let mut sums: BTreeMap<String, [u64; 4]> = BTreeMap::new();
    for execution in &executions {
        for step in project.show(&execution["id"].to_string())["steps"].as_array().unwrap() {
            let status = step["batch_status"].as_str().unwrap();
            assert!(["COMPLETED", "FAILED"].contains(&status), "round {round}: {step:#}");
            add(sums.entry(step["step"].as_str().unwrap().to_owned()).or_default(), step);
        }
    }
    for (step, [read, written, filtered, skipped]) in sums {
        assert_eq!(read, written + filtered + skipped, "round {round}: step {step}");
    }
}

fn add(sums: &mut [u64; 4], step: &Value) {
    let count = |name: &str| step[name].as_u64().unwrap();
    sums[0] += count("read_count");
    sums[1] += count("write_count");
    sums[2] += count("filter_count");
    sums[3] += count("read_skip_count") + count("process_skip_count") + count("write_skip_count");
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = entries.map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
    });
    read.collect()
}
