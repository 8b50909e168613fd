//! The shipped data are what the generator makes, and the reports of the independent check are the expected ones.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "these are helpers of tests too")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use overnight_example_end_of_day::{GenerateError, Plan};
use sha2::{Digest, Sha256};

const DAYS: [&str; 3] = ["2026-03-31", "2026-04-06", "2026-04-07"];
const FILES: [&str; 4] = ["accounts.csv", "transactions.csv", "control.csv", "SHA256SUMS"];

fn example() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder that no other test uses.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn plan(date: &str) -> Plan {
    Plan { date: date.parse().unwrap(), seed: 2026, transactions: 300, accounts: 40 }
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs the independent check, where there is a Python for it.
fn close_day<S: AsRef<OsStr>>(arguments: &[S]) -> Option<Output> {
    let run = Command::new("python3").arg(example().join("check/close_day.py")).args(arguments).output();
    match run {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("not checked: there is no python3 here");
            None
        }
        Err(error) => panic!("python3 cannot run: {error}"),
    }
}

fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_shipped_days_are_what_the_generator_makes() {
    let made = folder("made");
    for day in DAYS {
        plan(day).generate(&made).unwrap();
        for file in FILES {
            let (made, shipped) = (made.join(day).join(file), example().join("data").join(day).join(file));
            assert!(fs::read(&made).unwrap() == fs::read(&shipped).unwrap(), "{} is another", shipped.display());
        }
    }
    assert!(fs::read(made.join("rates.csv")).unwrap() == fs::read(example().join("data/rates.csv")).unwrap());
}

#[test]
fn the_checksums_are_those_of_the_files() {
    for day in DAYS {
        let folder = example().join("data").join(day);
        let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
        let names: Vec<_> = sums.lines().map(|line| line.split_at(66).1).collect();
        assert_eq!(names, ["../rates.csv", "accounts.csv", "control.csv", "transactions.csv"]);
        for line in sums.lines() {
            let (told, name) = line.split_at(66);
            assert_eq!(told.trim_end(), sum(&fs::read(folder.join(name)).unwrap()), "{day}/{name}");
        }
    }
}

#[test]
fn easter_monday_has_no_rates_and_names_those_of_thursday() {
    let rates = fs::read_to_string(example().join("data/rates.csv")).unwrap();
    assert!(!rates.contains("\n2026-04-06,") && rates.contains("\n2026-04-02,"));
    let report = fs::read_to_string(example().join("expected/2026-04-06/report.csv")).unwrap();
    assert!(report.contains(",1.152500,2026-04-02,"));
}

#[test]
fn the_independent_check_closes_the_shipped_days_to_the_expected_bytes() {
    let expected = example().join("expected");
    for day in DAYS {
        let Some(output) = close_day(&["--date".as_ref(), day.as_ref(), "--compare".as_ref(), expected.as_os_str()])
        else {
            return;
        };
        assert_code(&output, 0);
    }
}

#[test]
fn a_generated_day_of_another_size_obeys_the_rules() {
    let made = folder("other-size");
    Plan { seed: 7, transactions: 5_000, accounts: 700, ..plan("2026-04-20") }.generate(&made).unwrap();
    let arguments = ["--date".as_ref(), "2026-04-20".as_ref(), "--data".as_ref(), made.as_os_str(), "--write".as_ref()];
    if let Some(output) = close_day(&[&arguments[..], &[made.join("reports").as_os_str()]].concat()) {
        assert_code(&output, 0);
    }
}

#[test]
fn a_file_that_was_changed_on_the_way_is_refused() {
    let made = folder("changed");
    plan("2026-04-07").generate(&made).unwrap();
    let file = made.join("2026-04-07/transactions.csv");
    let changed = fs::read_to_string(&file).unwrap().replacen(",0.01,", ",0.02,", 1);
    fs::write(&file, changed).unwrap();
    let arguments = ["--date".as_ref(), "2026-04-07".as_ref(), "--data".as_ref(), made.as_os_str(), "--write".as_ref()];
    if let Some(output) = close_day(&[&arguments[..], &[made.join("reports").as_os_str()]].concat()) {
        assert_code(&output, 3);
        assert!(String::from_utf8_lossy(&output.stderr).contains("transactions.csv is not the file that was sent"));
    }
}

/// The reports of the check for a generated day, one of whose files its sender wrote otherwise.
fn close_with(name: &str, file: &str, change: impl Fn(&str) -> Vec<u8>) -> Option<(PathBuf, Output)> {
    let made = folder(name);
    plan("2026-04-07").generate(&made).unwrap();
    let day = made.join("2026-04-07");
    let sent = fs::read_to_string(day.join(file)).unwrap();
    let changed = change(&sent);
    assert_ne!(changed, sent.as_bytes());
    let sums = fs::read_to_string(day.join("SHA256SUMS")).unwrap();
    fs::write(day.join("SHA256SUMS"), sums.replace(&sum(sent.as_bytes()), &sum(&changed))).unwrap();
    fs::write(day.join(file), changed).unwrap();
    let reports = made.join("reports");
    let arguments = ["--date".as_ref(), "2026-04-07".as_ref(), "--data".as_ref(), made.as_os_str(), "--write".as_ref()];
    let output = close_day(&[&arguments[..], &[reports.as_os_str()]].concat())?;
    Some((reports.join("2026-04-07"), output))
}

#[test]
fn input_that_breaks_a_rule_is_refused_by_the_check_with_that_rule() {
    let cases: [(&str, &str, &str, &[u8], &str); 8] = [
        ("accounts.csv", "2026-04-06", "balance_date", b"2026-02-30", "'2026-02-30' is no date"),
        ("accounts.csv", "day_count", "header", b"days", "accounts.csv has no column day_count"),
        ("accounts.csv", "Large", "holder", b"L\xe4rge", "accounts.csv is not UTF-8"),
        ("accounts.csv", "\"Two and a Half, Inc.\"", "quote", b"\"Two\" and a Half", "accounts.csv, behind line 3: "),
        ("accounts.csv", ",ACT/360", "width", b"", "accounts.csv:2: not as many cells as the header has"),
        ("transactions.csv", "\n1,", "zero", b"\n0,", "there is no transaction 0"),
        ("transactions.csv", "\n2,", "twice", b"\n1,", "transaction 1 is there twice"),
        ("control.csv", "\nCZK,34", "wide", b"\nCZK,9999999999999999999", "is no integer of 64 bits"),
    ];
    for (file, from, name, to, why) in cases {
        let change = |sent: &str| {
            let place = sent.find(from).unwrap_or_else(|| panic!("{from}: {sent}"));
            [&sent.as_bytes()[..place], to, &sent.as_bytes()[place + from.len()..]].concat()
        };
        let Some((_, output)) = close_with(name, file, change) else { return };
        assert_code(&output, 3);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(why) && said.lines().count() == 1, "{name}: {said}");
    }
}

/// A sign before a number is a matter of taste, whatever the number.
#[test]
fn a_plus_before_a_number_changes_nothing() {
    let closed = close_with("plus", "accounts.csv", |sent| {
        let account = sent.lines().nth(1).unwrap();
        sent.replacen(account, &format!("+{account}"), 1).into_bytes()
    });
    if let Some((reports, output)) = closed {
        assert_code(&output, 0);
        let report = |folder: &Path| fs::read(folder.join("report.csv")).unwrap();
        assert!(report(&reports) == report(&example().join("expected/2026-04-07")));
    }
}

#[test]
fn a_day_far_from_the_rates_and_a_bank_without_accounts_are_refused() {
    let made = folder("refused");
    for (date, day) in [("2025-12-31", "2025-12-31"), ("2026-02-09", "2026-02-06")] {
        let far = plan(date).generate(&made).unwrap_err().to_string();
        let why = format!("generate {date}: rates.csv has no rates of {day} or of the ten days before it");
        assert_eq!(far, why);
    }
    let empty = Plan { accounts: 15, ..plan("2026-04-07") }.generate(&made).unwrap_err();
    assert!(matches!(empty, GenerateError::Accounts { accounts: 15 }), "{empty}");
    assert_eq!(fs::read_dir(&made).unwrap().count(), 0);
}
