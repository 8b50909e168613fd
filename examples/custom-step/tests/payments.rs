//! The program of this example, run as a user runs it, and the page of the tutorial that shows its files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const PAGE: &str = "../../docs/tutorial/08-steps-of-your-own.md";

fn example() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with the job and its data.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    for file in ["payments.yaml", "data/payments-2026-04-07.txt"] {
        fs::copy(example().join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn program(folder: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_overnight-example-custom-step"));
    program.args(arguments).current_dir(folder).env_remove("DATABASE_URL").env("XDG_DATA_HOME", folder);
    program.env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}

/// What the program prints, after it ended with this code.
#[track_caller]
fn printed(folder: &TempDir, arguments: &[&str], code: i32) -> String {
    let output = program(folder.path(), arguments);
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_job_file_runs_on_the_parts_of_the_program_and_puts_the_bad_rows_aside() {
    let folder = folder();
    let told = printed(&folder, &["start", "payments.yaml", "-p", "day=2026-04-07", "-o", "json"], 0);
    let converted = fs::read_to_string(folder.path().join("converted-2026-04-07.csv")).unwrap();
    assert_eq!(converted, "id,amount,day\n1,123.45,2026-04-07\n2,8.58,2026-04-07\n5,53.48,2026-04-07\n");
    let execution: serde_json::Value =
        serde_json::from_slice(&program(folder.path(), &["show", "payments", "-o", "json"]).stdout).unwrap();
    let steps = execution["steps"].as_array().unwrap();
    let counts = ["read_count", "filter_count", "read_skip_count", "process_skip_count", "write_count"];
    assert_eq!(counts.map(|count| steps[0][count].as_u64()), [6, 1, 1, 1, 3].map(Some), "{execution:#}");
    assert_eq!(execution["result"], "2 people know");
    assert!(told.contains("ops: 3 payments of 2026-04-07!"), "{told}");
}

#[test]
fn a_wrong_setting_is_shown_where_it_stands_and_as_the_page_shows_it() {
    let folder = folder();
    let job = fs::read_to_string(folder.path().join("payments.yaml")).unwrap();
    let wrong = job.replace("with: { into: EUR }", "with: { inot: EUR, digits: two }");
    fs::write(folder.path().join("payments.yaml"), wrong).unwrap();
    let told = printed(&folder, &["validate", "payments.yaml"], 7);
    assert!(page().contains(&told), "the page says otherwise:\n{told}");
}

#[test]
fn the_program_describes_its_parts_as_the_page_shows_it() {
    let told = printed(&folder(), &["schema", "--kind", "convert"], 0);
    assert!(page().contains(&told), "the page says otherwise:\n{told}");
}

#[test]
fn the_schema_of_the_program_knows_its_parts() {
    let schema = printed(&folder(), &["schema"], 0);
    let file = example().join("job.schema.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &schema).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap_or_default() == schema,
        "job.schema.json is stale: run the tests with UPDATE_DOCS=1"
    );
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["$defs"]["convert"]["required"], serde_json::json!(["into"]));
}

fn page() -> String {
    fs::read_to_string(example().join(PAGE)).unwrap()
}

/// A block whose fence names a file of this example holds that file, from its first line to its tests.
#[test]
fn the_page_of_the_tutorial_shows_the_files_as_they_are() {
    let page = page();
    let mut shown = String::new();
    let mut files = 0;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        shown.extend([line, "\n"]);
        let named = line.strip_prefix("```").and_then(|fence| fence.split_once(' '));
        let Some((_, file)) = named else { continue };
        let written = fs::read_to_string(example().join(file)).unwrap();
        let (code, _) = written.split_once("\n#[cfg(test)]").unwrap_or((&written, ""));
        shown += code;
        shown += "```\n";
        files += 1;
        lines.by_ref().find(|line| *line == "```").unwrap();
    }
    assert!(files >= 5, "{files}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(example().join(PAGE), &shown).unwrap();
    }
    let now = self::page();
    assert!(now == shown, "{PAGE} is stale: run the tests with UPDATE_DOCS=1");
}
