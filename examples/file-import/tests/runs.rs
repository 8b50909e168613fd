//! The program imports a file once, tells what it skipped, and goes on with a file that was mended.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn import(folder: &Path) -> Output {
    let (file, database) = (folder.join("payments.txt"), folder.join("payments.db"));
    Command::new(env!("CARGO_BIN_EXE_overnight-example-file-import")).args([file, database]).output().unwrap()
}

fn said(ran: &Output) -> String {
    String::from_utf8(ran.stdout.clone()).unwrap()
}

#[test]
fn s3_45_the_example_file_import_runs_and_tells_what_it_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let lines: String =
        (1..=250).map(|number| if number == 17 { "17;ten\n".to_owned() } else { format!("{number};1.50\n") }).collect();
    fs::write(folder.path().join("payments.txt"), lines).unwrap();
    let ran = import(folder.path());
    assert_eq!(
        said(&ran),
        "import: finished, 249 written, 1 skipped\n\
         skipped 17;ten: column `amount` (field 2): expected a decimal such as 0.0375, found \"ten\"\n"
    );
    let again = import(folder.path());
    assert!(!again.status.success());
    assert!(String::from_utf8(again.stderr).unwrap().contains("AlreadyComplete"));
}

#[test]
fn a_file_with_too_many_bad_lines_is_imported_when_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.txt");
    let good: String = (1..=100).map(|number| format!("{number};1.50\n")).collect();
    let bad: String = (101..=150).map(|number| format!("{number};1,50\n")).collect();
    fs::write(&path, format!("{good}{bad}")).unwrap();
    let failed = said(&import(folder.path()));
    assert!(failed.contains("import: failed, 100 written"), "{failed}");
    fs::write(&path, format!("{good}{}", bad.replace(',', "."))).unwrap();
    let mended = said(&import(folder.path()));
    assert!(mended.contains("import: finished, 50 written, 0 skipped"), "{mended}");
}
