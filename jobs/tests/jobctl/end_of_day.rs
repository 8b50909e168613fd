//! The main job, fed with a file that breaks its rules.

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::project::{Answer, Project, on_both_stores};
use super::support::end_of_day;

const DAY: &str = "2026-04-07";

/// A copy of the day with another line of rates, checksums included: the sender made the mistake, not the way.
fn with_rates(project: &Project, from: &str, to: &str) {
    let shipped = end_of_day().join("data");
    let rates = fs::read_to_string(shipped.join("rates.csv")).unwrap();
    assert!(rates.contains(from), "{from}");
    let rates = project.file("data/rates.csv", &rates.replacen(from, to, 1));
    let sums = fs::read_to_string(shipped.join(DAY).join("SHA256SUMS")).unwrap();
    let (first, others) = sums.split_once('\n').unwrap();
    assert!(first.ends_with("  ../rates.csv"), "{first}");
    project.file(&format!("data/{DAY}/SHA256SUMS"), &format!("{}  ../rates.csv\n{others}", sha256(&rates)));
    for name in ["accounts.csv", "control.csv", "transactions.csv"] {
        fs::copy(shipped.join(DAY).join(name), project.path("data").join(DAY).join(name)).unwrap();
    }
}

fn sha256(path: &Path) -> String {
    Sha256::digest(fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn close(project: &Project) -> Answer {
    let job = end_of_day().join("end-of-day.yaml");
    let date = format!("business_date={DAY}");
    project.jobctl(&["start", &job.to_string_lossy(), "-p", &date, "-p", "data=data", "-p", "out=out"])
}

on_both_stores! {
    fn only_what_was_not_quoted_becomes_a_dead_letter(project) {
        with_rates(project, "\n2026-04-02,", "\n2026-04-02,");
        close(project).expect(0);
        let rejects = project.jobctl(&["show", "end-of-day", "--rejects", "-o", "json"]).expect(0).json();
        let names: Vec<_> = rejects.as_array().unwrap().iter().map(|reject| &reject["error"]["name"]).collect();
        assert_eq!(names.len(), 60);
        assert!(names.iter().all(|name| *name == "NotQuoted"), "{names:?}");
    }

    fn a_date_that_cannot_be_read_closes_no_day_and_is_no_dead_letter(project) {
        with_rates(project, "\n2026-04-02,", "\n02.04.2026,");
        let refused = close(project).expect(3);
        for part in ["step load-rates", "expected a date such as 2026-01-31, found \"02.04.2026\"", "rates.csv:25:1: InvalidRow: "] {
            assert!(refused.stderr.contains(part), "{part}: {refused:#?}");
        }
        let rejects = project.jobctl(&["show", "end-of-day", "--rejects", "-o", "json"]).expect(0).json();
        assert_eq!(rejects, serde_json::json!([]));
        assert!(!project.path("out").join(DAY).join("report.csv").exists());
    }
}
