//! The main job, fed with a file that breaks its rules.

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::project::{Answer, Project, on_both_stores};
use super::support::end_of_day;

const DAY: &str = "2026-04-07";

/// A copy of the day with other rates, checksums included: the sender made the mistake, not the way.
fn with_rates(project: &Project, change: impl Fn(&str) -> String) {
    let shipped = end_of_day().join("data");
    let rates = project.file("data/rates.csv", &change(&fs::read_to_string(shipped.join("rates.csv")).unwrap()));
    let sums = fs::read_to_string(shipped.join(DAY).join("SHA256SUMS")).unwrap();
    let (first, others) = sums.split_once('\n').unwrap();
    assert!(first.ends_with("  ../rates.csv"), "{first}");
    project.file(&format!("data/{DAY}/SHA256SUMS"), &format!("{}  ../rates.csv\n{others}", sha256(&rates)));
    for name in ["accounts.csv", "control.csv", "transactions.csv"] {
        fs::copy(shipped.join(DAY).join(name), project.path("data").join(DAY).join(name)).unwrap();
    }
}

/// The rates of the day alone, and of those all but so many.
fn without_quotes(rates: &str, quoted: usize) -> String {
    let mut lines = rates.lines();
    let header = lines.next().unwrap();
    let cells = lines.find_map(|line| line.strip_prefix(&format!("{DAY},"))).unwrap().split_terminator(',');
    let cells = cells.enumerate().map(|(place, cell)| if place < quoted { cell } else { "N/A" });
    format!("{header}\n{DAY},{},\n", cells.collect::<Vec<_>>().join(","))
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
        with_rates(project, str::to_owned);
        close(project).expect(0);
        let rejects = project.jobctl(&["show", "end-of-day", "--rejects", "-o", "json"]).expect(0).json();
        let names: Vec<_> = rejects.as_array().unwrap().iter().map(|reject| &reject["error"]["name"]).collect();
        assert_eq!(names.len(), 60);
        assert!(names.iter().all(|name| *name == "NotQuoted"), "{names:?}");
    }

    fn one_quote_of_one_day_closes_the_day_and_none_at_all_does_not(project) {
        with_rates(project, |rates| without_quotes(rates, 0));
        let refused = close(project).expect(3);
        assert!(refused.stderr.contains("rates.csv has no quote of the last ten days"), "{refused:#?}");
        let mended = Project::new(project.database().backend());
        with_rates(&mended, |rates| without_quotes(rates, 1));
        close(&mended).expect(0);
        let report = fs::read_to_string(mended.path("out").join(DAY).join("report.csv")).unwrap();
        assert!(report.contains(",USD,") && report.contains(",1.155700,2026-04-07,"), "{report}");
    }

    fn a_date_that_cannot_be_read_closes_no_day_and_is_no_dead_letter(project) {
        with_rates(project, |rates| rates.replacen("\n2026-04-02,", "\n02.04.2026,", 1));
        let refused = close(project).expect(3);
        for part in ["step load-rates", "expected a date such as 2026-01-31, found \"02.04.2026\"", "rates.csv:25:1: InvalidRow: "] {
            assert!(refused.stderr.contains(part), "{part}: {refused:#?}");
        }
        let rejects = project.jobctl(&["show", "end-of-day", "--rejects", "-o", "json"]).expect(0).json();
        assert_eq!(rejects, serde_json::json!([]));
        assert!(!project.path("out").join(DAY).join("report.csv").exists());
    }
}
