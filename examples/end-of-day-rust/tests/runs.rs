//! The days of the example in YAML, closed by this one: the same bytes, on both stores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use overnight_db::OpenOptions;
use overnight_db::testing::{Template, TestDatabase};

fn example(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../end-of-day").join(folder)
}

fn close(day: &str, data: &Path, out: &Path, url: &str) -> Output {
    let paths = [data.as_os_str(), out.as_os_str()];
    Command::new(env!("CARGO_BIN_EXE_overnight-example-end-of-day-rust"))
        .arg(day)
        .args(paths)
        .arg(url)
        .output()
        .unwrap()
}

/// Closes the three days of the example, one of them a holiday.
fn closes_every_day(url: &str) {
    let out = tempfile::tempdir().unwrap();
    for day in ["2026-03-31", "2026-04-06", "2026-04-07"] {
        let closed = close(day, &example("data"), out.path(), url);
        assert!(closed.status.success(), "{closed:?}");
        for name in ["report.csv", "totals.csv"] {
            let read = |folder: &Path| fs::read_to_string(folder.join(day).join(name)).unwrap();
            assert_eq!(read(out.path()), read(&example("expected")), "{day}/{name}");
        }
    }
    assert!(!close("2026-04-07", &example("data"), out.path(), url).status.success(), "a day is closed once");
}

#[test]
fn the_reports_are_those_of_the_job_in_yaml_byte_for_byte_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    closes_every_day(&folder.path().join("days.db").display().to_string());
}

#[test]
fn the_reports_are_those_of_the_job_in_yaml_byte_for_byte_on_postgres() {
    let migrate = |url: &str| {
        overnight_db::open(url, OpenOptions::default())?;
        Ok(())
    };
    let version = concat!(env!("CARGO_PKG_VERSION"), "-end-of-day-rust");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
    let database = TestDatabase::create(&folder, &Template { version, migrate: &migrate }).unwrap();
    closes_every_day(&database.url());
}

#[test]
fn a_file_that_was_changed_on_its_way_closes_no_day_until_it_is_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let (data, day) = (folder.path().join("data"), "2026-04-07");
    fs::create_dir_all(data.join(day)).unwrap();
    for name in [
        "rates.csv",
        "2026-04-07/accounts.csv",
        "2026-04-07/control.csv",
        "2026-04-07/transactions.csv",
        "2026-04-07/SHA256SUMS",
    ] {
        fs::copy(example("data").join(name), data.join(name)).unwrap();
    }
    let sent = fs::read_to_string(data.join(day).join("transactions.csv")).unwrap();
    fs::write(data.join(day).join("transactions.csv"), sent.replacen("0.01", "0.02", 1)).unwrap();
    let (out, url) = (folder.path().join("out"), folder.path().join("days.db").display().to_string());
    let refused = close(day, &data, &out, &url);
    assert!(String::from_utf8(refused.stderr).unwrap().contains("transactions.csv is not the file that was sent"));
    fs::write(data.join(day).join("transactions.csv"), sent).unwrap();
    assert!(close(day, &data, &out, &url).status.success());
}
