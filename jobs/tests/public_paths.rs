//! What `overnight` promises by name: every public path, kept in a file, so that none is lost or added by accident.
//!
//! The sources are read as they are written: modules, what they define, and what they hand on by `pub use` across our crates. What
//! a macro of ours defines is found where it is handed on, as `made`, without its members.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod public_paths {
    pub(crate) mod house;
    pub(crate) mod members;
    pub(crate) mod walk;
}

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use public_paths::house::House;
use public_paths::walk::public_paths;

/// The paths as they were, one a line: where it is, and what.
const KEPT: &str = include_str!("public_paths.txt");

#[test]
fn no_public_path_comes_or_goes_unnoticed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let is = public_paths(&House::read(&root), "overnight");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let text: String = is.iter().map(|line| format!("{line}\n")).collect();
        fs::write(root.join("jobs/tests/public_paths.txt"), text).unwrap();
        return;
    }
    let was: BTreeSet<String> = KEPT.lines().map(str::to_owned).collect();
    let gone = was.difference(&is).map(|line| format!("- {line}\n"));
    let new = is.difference(&was).map(|line| format!("+ {line}\n"));
    let changed: String = gone.chain(new).collect();
    assert!(
        changed.is_empty(),
        "\nthe public paths are no longer those of jobs/tests/public_paths.txt:\n\n{changed}\nA line that goes breaks those who \
         use it, a line that comes is a promise. Where it is meant, say so in CHANGELOG.md and run\n\n    UPDATE_DOCS=1 cargo \
         test --workspace --test public_paths\n"
    );
}

/// Otherwise the walk has lost its way, and the file is as poor as what it finds.
#[test]
fn the_walk_goes_through_globs_renames_private_modules_and_members() {
    let paths: BTreeSet<&str> = KEPT.lines().collect();
    for path in [
        "overnight::engine::Engine: struct",
        "overnight::Engine: use overnight::engine::Engine",
        "overnight::engine::Engine::start: fn",
        "overnight::EngineBuilder::job_file: fn",
        "overnight::status::Status: enum",
        "overnight::status::Status::Completed: variant",
        "overnight::db::Database::connect: fn",
        "overnight::LaunchIn: trait",
        "overnight::LaunchIn::launch_in: required fn",
        "overnight::Params: derive",
        "overnight::job: attribute",
        "overnight::conformance_tests: macro",
        "overnight::execution::ExecutionId: made",
        "overnight::cli::main: fn",
    ] {
        assert!(paths.contains(path), "{path}");
    }
    assert!(!paths.iter().any(|path| path.contains("__private")));
}
