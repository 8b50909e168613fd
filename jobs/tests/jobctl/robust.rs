//! Streams that are closed or full, folders that take no files, environments without anything: an answer or one clear error, and
//! always an exit code that means something.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use overnight_db::Backend;

use super::project::{Answer, Project, answer};
use super::terminal::in_shell;

const JOB: &str = "
name: hello
steps:
  - name: greet
    tasklet: { shell: { command: echo Hello } }
";

fn project() -> Project {
    let project = Project::new(Backend::Sqlite);
    project.file("hello.yaml", JOB);
    project.jobctl(&["start", "hello.yaml"]).expect(0);
    project
}

/// The row of the first job so often that it is there more than `count` times.
fn many_jobs(project: &Project, count: i64) {
    let jobs = project.table("job_execution");
    while project.number(&format!("select count(*) from {jobs}")) <= count {
        project.execute(&format!(
            "create temp table copies as select * from {jobs};
             update copies set id = id + (select max(id) from {jobs});
             insert into {jobs} select * from copies;
             drop table copies"
        ));
    }
}

#[test]
fn a_reader_who_has_seen_enough_of_thousands_of_rows_is_no_error() {
    let project = project();
    many_jobs(&project, 4_000);
    for form in ["table", "wide", "json", "jsonl", "yaml", "name"] {
        let line = format!("{{ jobctl list --limit 0 -o {form}; echo $? > code; }} | head -n 1");
        let first = in_shell(&project, &line).expect(0);
        assert_eq!((first.stdout.lines().count(), first.stderr.as_str()), (1, ""), "{first:?}");
        assert_eq!(fs::read_to_string(project.path("code")).unwrap(), "0\n", "{form}");
    }
}

#[test]
fn an_answer_that_cannot_be_printed_is_one_line_and_an_error() {
    let project = project();
    for verb in ["show 1", "list", "list -o yaml", "show 1 -w", "config", "version", "start hello.yaml --help"] {
        let full = in_shell(&project, &format!("jobctl {verb} > /dev/full")).expect(1);
        if !verb.contains("help") {
            assert!(full.stderr.starts_with("error: cannot print the answer: No space left on device"), "{full:?}");
            assert_eq!(full.stderr.lines().count(), 1, "{full:?}");
        }
    }
}

#[test]
fn a_job_runs_also_where_its_words_and_answers_go_nowhere() {
    let project = project();
    for (streams, code) in [("2>&-", 0), ("2> /dev/full", 0), (">&-", 0), (">&- 2>&-", 0), ("> /dev/full 2>&1", 1)] {
        project.file("other.yaml", &JOB.replace("hello", &format!("other{}", project.list().len())));
        let run = in_shell(&project, &format!("jobctl start other.yaml {streams}")).expect(code);
        assert!(!run.stderr.contains("panicked"), "{run:?}");
        assert_eq!(project.list().last().unwrap()["status"], "finished", "{streams}");
    }
    for streams in ["2>&-", "2> /dev/full", ">&-"] {
        in_shell(&project, &format!("jobctl show 7000 {streams}")).expect(5);
        in_shell(&project, &format!("jobctl lst {streams}")).expect(2);
    }
}

/// A program with nothing of the environment but the path.
fn bare(project: &Project, folder: &Path, arguments: &[&str]) -> Answer {
    let program = project.command(arguments);
    let mut command = Command::new(program.get_program());
    command.args(arguments).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    answer(command.output().unwrap())
}

#[test]
fn without_any_environment_the_records_are_in_the_folder() {
    let project = Project::new(Backend::Sqlite);
    project.file("hello.yaml", JOB);
    let bare = |arguments: &[&str]| bare(&project, project.folder.path(), arguments);
    assert!(bare(&["config"]).expect(0).stdout.contains("./overnight.db"));
    let started = bare(&["start", "hello.yaml"]).expect(0);
    assert!(started.stderr.contains("using the embedded database ./overnight.db"), "{started:?}");
    assert!(bare(&["list"]).expect(0).stdout.contains("finished"));
}

/// Nobody makes files in `/proc`, whoever he is; in a folder of his own root does.
#[test]
fn a_folder_that_takes_no_files_is_named_with_the_ways_out() {
    let project = Project::new(Backend::Sqlite);
    let file = project.file("hello.yaml", JOB);
    let locked = project.path("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, PermissionsExt::from_mode(0o555)).unwrap();
    let is_locked = fs::write(locked.join("probe"), "").is_err();
    for folder in [Some(Path::new("/proc")), is_locked.then_some(&*locked)].into_iter().flatten() {
        for verb in [&["list"][..], &["start", file.to_str().unwrap()], &["migrate", "up"], &["show", "1"]] {
            let refused = bare(&project, folder, verb).expect(9);
            assert_eq!(refused.stdout, "", "{refused:?}");
            let said: Vec<_> = refused.stderr.lines().filter(|line| !line.starts_with("using ")).collect();
            assert!(said[0].starts_with("error: cannot lock ") && said[0].contains("overnight.db.lock"), "{refused:?}");
            assert!(said[1].starts_with("  help: ") && said[1].contains("--database"), "{refused:?}");
        }
        bare(&project, folder, &["config"]).expect(0);
        bare(&project, folder, &["validate", file.to_str().unwrap()]).expect(0);
    }
}

/// As on a full disk: what is there in half would be taken for whole.
#[test]
fn a_file_that_cannot_be_written_whole_is_not_left_in_half() {
    let project = Project::new(Backend::Sqlite);
    let limited = |line: &str| in_shell(&project, &format!("trap '' XFSZ; ulimit -f 8; {line}"));
    let init = limited("jobctl init").expect(1);
    assert!(init.stderr.contains("cannot write `job.schema.json`"), "{init:#?}");
    assert!(!project.path("job.schema.json").exists());
    project.jobctl(&["init", "two.yaml"]).expect(0);
    let refused = project.jobctl(&["init", "two.txt"]).expect(2);
    assert!(refused.stderr.contains("a job file ends with .yaml or .yml"), "{refused:?}");
    serde_json::from_str::<serde_json::Value>(&fs::read_to_string(project.path("job.schema.json")).unwrap()).unwrap();
    let man = limited("ulimit -f 1; jobctl man --dir man1").expect(1);
    assert!(man.stderr.contains("cannot write to `man1`"), "{man:#?}");
    assert_eq!(fs::read_dir(project.path("man1")).unwrap().count(), 0);
}
