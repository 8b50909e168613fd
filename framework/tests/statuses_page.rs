//! `docs/reference/statuses.md` is printed from the table in `status.rs`, so that page and engine cannot differ.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::path::Path;

use overnight_framework::status::{ExitCode, Status, StopIntent, Word};

#[test]
fn the_page_of_the_statuses_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/statuses.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/reference/statuses.md is stale: run the tests with UPDATE_DOCS=1");
}

fn page() -> String {
    let mut page = String::from(
        "# Statuses\n\n\
         The status of a job execution and of each of its steps. It only ever moves forward along the arrows; anything else is\n\
         refused by the engine and by a trigger in the database. This page is printed by a test from `framework/src/status.rs`.\n\n\
         ```mermaid\nstateDiagram-v2\n    [*] --> QUEUED\n    [*] --> STARTING\n",
    );
    for from in Status::ALL {
        for to in from.successors() {
            writeln!(page, "    {from} --> {to}").unwrap();
        }
    }
    page.push_str("```\n\n| status | phase | ended | may become |\n| --- | --- | --- | --- |\n");
    for status in Status::ALL {
        let next: Vec<_> = status.successors().iter().map(|next| next.as_str()).collect();
        let next = if next.is_empty() { "nothing".to_owned() } else { next.join(", ") };
        let ended = if status.is_ended() { "yes" } else { "no" };
        writeln!(page, "| {status} | {} | {ended} | {next} |", status.phase()).unwrap();
    }
    page.push_str(
        "\nA run that a process starts for itself is recorded as STARTING; QUEUED is for runs that wait for a worker.\n\n\
         ## Words\n\n\
         What `jobctl` prints for a status and an exit code. Filters take these words and those of other systems (`queue`,\n\
         `pending`, `done`, `error`, `completed`, `canceled`, `suspended` …) in any letter case.\n\n\
         | status | exit code | word |\n| --- | --- | --- |\n",
    );
    for (status, exit_code) in shown() {
        let word = Word::of(status, &ExitCode::from(exit_code));
        let exit_code = if exit_code.is_empty() { "any" } else { exit_code };
        writeln!(page, "| {status} | {exit_code} | {word} |").unwrap();
    }
    page.push_str("\n## Stop requests\n\nThe later one replaces an earlier one only when it stands further down.\n\n| request | ends as | exit code |\n| --- | --- | --- |\n");
    for intent in StopIntent::ALL {
        let (status, exit_code) = intent.end();
        writeln!(page, "| {} | {status} | {exit_code} |", intent.as_str()).unwrap();
    }
    page
}

fn shown() -> impl Iterator<Item = (Status, &'static str)> {
    let stopped = ["STOPPED", "PAUSED", "CANCELLED", "EXPIRED", "INTERRUPTED", "ABORTED"];
    Status::ALL.into_iter().flat_map(move |status| {
        let codes = if status == Status::Stopped { stopped.to_vec() } else { vec![""] };
        codes.into_iter().map(move |code| (status, code))
    })
}
