//! The plan of the house, checked: which module may use which, and which words a room may not say.
//!
//! `.ci/layers` proves the arrows between crates from the dependency graph. Inside a crate the compiler lets everything use
//! everything; here the order of the modules in `lib.rs` is the plan, and `layers/words.rs` the table of words.
//! Comments and test modules are not looked at.

mod layers {
    pub(crate) mod order;
    pub(crate) mod source;
    pub(crate) mod words;
}

use std::path::{Path, PathBuf};

use layers::source::Source;
use layers::{order, words};

/// The crates that have a plan; one that does not exist yet is passed over.
const CRATES: [&str; 3] = ["framework", "db", "jobs"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &str) -> Vec<Source> {
    Source::all_below(&workspace().join(folder).join("src"), folder)
}

/// Fails with every finding, because one at a time is a slow way to learn a plan.
fn none(findings: &[String]) {
    assert!(findings.is_empty(), "\n\n{}\n\n{} in all\n", findings.join("\n\n"), findings.len());
}

#[test]
fn a_module_uses_only_those_above_it_in_lib_rs() {
    let findings: Vec<String> = CRATES.iter().flat_map(|folder| order::findings(&sources(folder))).collect();
    none(&findings);
}

#[test]
fn no_room_says_a_word_that_is_forbidden_in_it() {
    let findings: Vec<String> = CRATES.iter().flat_map(|folder| words::findings(folder, &sources(folder))).collect();
    none(&findings);
}
