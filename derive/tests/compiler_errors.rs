//! The page of the compiler's errors: each mistake of `ui` with what is said about it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const PAGE: &str = "docs/reference/compiler-errors.md";

/// The groups of the page, by how the names of their cases begin; what begins otherwise is about errors.
const GROUPS: [(&str, &str); 8] = [
    ("job_", "Jobs"),
    ("params_", "Parameters"),
    ("choice_", "Choices"),
    ("settings_", "Settings"),
    ("row_", "Rows"),
    ("step_", "Steps that job files name"),
    ("reader_", "Readers"),
    ("processor_", "Processors"),
];

struct Case {
    title: String,
    group: &'static str,
    code: String,
    said: String,
}

/// `params_of_a_tuple` as a heading: "of a tuple", in its group.
fn case(path: &Path) -> Case {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let groups = GROUPS.iter().copied().chain([("writer_", "Writers"), ("", "Names of errors")]);
    let (rest, group) = groups.filter_map(|(prefix, group)| Some((name.strip_prefix(prefix)?, group))).next().unwrap();
    let code = fs::read_to_string(path).unwrap();
    let said = fs::read_to_string(path.with_extension("stderr")).unwrap();
    Case { title: rest.replace('_', " "), group, code: code.replace("\nfn main() {}\n", ""), said }
}

#[test]
fn the_page_of_the_compilers_errors_has_every_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = fs::read_dir(root.join("tests/ui")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    let cases: Vec<_> = paths.iter().map(|path| case(path)).collect();
    let mut page = String::from(
        "# Compiler errors\n\n\
         <!-- Written by a test from the cases in derive/tests/ui; UPDATE_DOCS=1 writes it anew. -->\n\n\
         What the compiler says about a mistake in a job that is written in Rust: where it is, and what to write instead. All\n\
         mistakes of one struct or one `impl` are told at once.\n",
    );
    let groups = GROUPS.iter().map(|(_, group)| *group).chain(["Writers", "Names of errors"]);
    for group in groups {
        writeln!(page, "\n## {group}").unwrap();
        for Case { title, code, said, .. } in cases.iter().filter(|case| case.group == group) {
            let (code, said) = (code.trim(), said.trim());
            writeln!(page, "\n### {title}\n\n```rust,ignore\n{code}\n```\n\n```text\n{said}\n```").unwrap();
        }
    }
    assert!(cases.len() > 60, "{}", cases.len());
    let file = root.join("..").join(PAGE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap_or_default() == page, "{PAGE} is stale: run the tests with UPDATE_DOCS=1");
}
