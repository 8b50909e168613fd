//! The program runs, and the same guest is greeted once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Output};

fn run(database: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_overnight-example-basic")).arg(database).output().unwrap()
}

#[test]
fn s3_45_the_example_basic_runs() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("basic.db").display().to_string();
    let ran = run(&database);
    let said = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(said, "greet: Good evening, Ada.\ngarden: This is the garden, Ada.\njob 1 is finished\n");
    let again = run(&database);
    assert!(!again.status.success());
    assert!(String::from_utf8(again.stderr).unwrap().contains("AlreadyComplete"));
}
