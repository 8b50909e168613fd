//! A SQLite file that may not grow any more: the run ends with that as its error, and goes on when there is room again.

use std::fs;
use std::process::Command;

use overnight_db::testing::SQLITE_SETUP;

use overnight_db::Backend;

use super::project::{Answer, Project, answer};
use super::support::count;

/// Every record may be skipped: a full store must not make use of it.
const JOB: &str = "
name: filling
steps:
  - name: load
    chunk:
      size: SIZE
      reader: { csv: { path: rows.csv, columns: { n: integer, text: string } } }
      writer: { table: { name: loaded, create: if_missing, key: [n] } }
      skip: { limit: 100% }
";

const ROWS: i64 = 1_000;

/// A project whose store has the tables of this version, and nothing else.
fn project(size: &str) -> Project {
    let project = Project::new(Backend::Sqlite);
    project.file("filling.yaml", &JOB.replace("SIZE", size));
    let rows = (1..=ROWS).fold("n,text\n".to_owned(), |text, n| text + &format!("{n},{n:0>100}\n"));
    project.file("rows.csv", &rows);
    project.jobctl(&["list"]).expect(0);
    project
}

fn pages(project: &Project) -> i64 {
    project.number("select page_count from pragma_page_count")
}

/// `jobctl` on a file that has at most so many pages.
fn limited(project: &Project, arguments: &[&str], pages: i64) -> Answer {
    let limit = format!("PRAGMA max_page_count = {pages}");
    answer(project.command(arguments).env(SQLITE_SETUP, limit).output().unwrap())
}

fn rejects(project: &Project) -> usize {
    let rejects = project.jobctl(&["show", "filling", "--rejects", "-o", "json"]).expect(0).json();
    rejects.as_array().unwrap().len()
}

/// Goes on where there is room again. What was not even recorded is started.
fn continued(project: &Project) {
    let again = project.jobctl(&["restart", "filling"]);
    match again.code {
        Some(0) => {}
        Some(5) => drop(project.jobctl(&["start", "filling.yaml"]).expect(0)),
        _ => panic!("{again:#?}"),
    }
}

/// Every row is there once, and the counters of all runs say so.
fn is_complete(project: &Project) {
    let rows = "select count(*) || '/' || count(distinct n) || '/' || sum(n) = '1000/1000/500500' from loaded";
    assert_eq!(project.number(rows), 1);
    assert_eq!(project.number("select integrity_check = 'ok' from pragma_integrity_check"), 1);
    let written: i64 =
        project.list().iter().map(|run| count(&project.show(&run["id"].to_string()), "write_count")).sum();
    assert_eq!((written, rejects(project)), (ROWS, 0));
}

#[test]
fn a_full_store_ends_the_run_with_one_error_and_a_restart_completes_it() {
    let project = project("100");
    let failed = limited(&project, &["start", "filling.yaml"], pages(&project) + 20).expect(3);
    let said: Vec<_> = failed.stderr.lines().filter(|line| line.contains("database or disk is full")).collect();
    assert_eq!(said.len(), 1, "{failed:#?}");
    assert!(said[0].starts_with("job 1, step load: "), "{failed:#?}");
    let execution = project.show("filling");
    assert_eq!(execution["exit_code"], "StoreError", "{execution:#}");
    let written = count(&execution, "write_count");
    assert!(written > 0 && written < ROWS, "{execution:#}");
    assert_eq!(written, count(&execution, "read_count"));
    assert_eq!(written, project.number("select count(*) from loaded"));
    assert_eq!(rejects(&project), 0);
    project.jobctl(&["restart", "filling"]).expect(0);
    is_complete(&project);
}

/// A disk that breaks off in the middle of a write, as the kernel makes it.
#[test]
fn a_file_that_the_kernel_lets_grow_no_further_costs_no_row() {
    for blocks in [20, 200, 400, 700] {
        let project = project("100");
        let plain = project.command(&["start", "filling.yaml"]);
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""));
        command.arg(plain.get_program()).args(plain.get_args()).current_dir(project.folder.path());
        command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let broken = answer(command.output().unwrap());
        assert!(broken.stderr.contains("continue with `jobctl restart 1`") || project.list().is_empty(), "{broken:#?}");
        assert!(matches!(broken.code, Some(1 | 3)), "{blocks} blocks: {broken:#?}");
        assert_eq!(broken.stderr.matches("disk I/O error").count(), 1, "{blocks} blocks: {broken:#?}");
        continued(&project);
        is_complete(&project);
    }
}

/// The same at every page from the first that is missing to the last: also where there is no room for the end of the run, or
/// for its beginning.
#[test]
fn at_whatever_page_the_store_is_full_every_row_is_written_once() {
    let fresh = project("100");
    let have = pages(&fresh);
    let need = {
        let whole = project("100");
        whole.jobctl(&["start", "filling.yaml"]).expect(0);
        pages(&whole)
    };
    for pages in (have..have + 12).chain((have + 12..need).step_by(9)) {
        let project = project("100");
        fs::copy(fresh.path("jobs.db"), project.path("jobs.db")).unwrap();
        let full = limited(&project, &["start", "filling.yaml"], pages);
        assert!(matches!(full.code, Some(1 | 3)), "{pages} pages: {full:#?}");
        assert_eq!(full.stderr.matches("database or disk is full").count(), 1, "{pages} pages: {full:#?}");
        assert!(!full.stderr.contains("Invalid"), "{pages} pages: {full:#?}");
        continued(&project);
        is_complete(&project);
    }
}
