//! `--watch`: the same answer again and again, drawn in place on a terminal and printed elsewhere when it has changed.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use overnight_db::Backend;
use overnight_db::testing::PrivateServer;
use serde_json::Value;

use super::project::{Project, answer, on_both_stores, signal, template, until};
use super::terminal::on_terminal;

/// A job that waits until the test lets it go on, and fails when there is a file `broken`.
const JOB: &str = "
name: held
steps:
  - name: hold
    tasklet: { shell: { command: 'touch begun; while [ ! -e go ]; do sleep 0.02; done; test ! -e broken' } }
";

/// The process that runs the job.
fn started(project: &Project) -> Child {
    started_as(project, "held")
}

fn started_as(project: &Project, name: &str) -> Child {
    let file = project.file(&format!("{name}.yaml"), &JOB.replace("held", name));
    let child = project.spawn_beating(&["start", file.to_str().unwrap()]);
    until(|| project.path("begun").exists());
    child
}

/// A watching process, and what it prints.
fn watching(mut command: Command) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

fn status(line: Option<std::io::Result<String>>) -> Value {
    serde_json::from_str::<Value>(&line.unwrap().unwrap()).unwrap()["status"].clone()
}

on_both_stores! {
    fn a_watched_job_is_a_line_for_each_change_and_then_its_result(project) {
        for (broken, code, word) in [(false, 0, "finished"), (true, 3, "failed")] {
            drop(fs::remove_file(project.path("go")));
            drop(fs::remove_file(project.path("begun")));
            if broken {
                project.file("broken", "");
            }
            let run = started_as(project, word);
            let watch = ["show", word, "-w", "--interval", "100ms", "-o", "jsonl", "--columns", "status"];
            let (child, mut lines) = watching(project.command(&watch));
            assert_eq!(status(lines.next()), "running");
            project.file("go", "");
            answer(run.wait_with_output().unwrap()).expect(code);
            let rest: Vec<_> = lines.map(|line| status(Some(line))).collect();
            assert_eq!(rest.last().unwrap(), word);
            assert!(rest.len() <= 2, "{rest:?}");
            answer(child.wait_with_output().unwrap()).expect(code);
        }
    }

    fn a_watched_job_whose_process_is_gone_is_not_watched_for_ever(project) {
        let mut run = started(project);
        let (child, mut lines) = watching(project.command(&["show", "1", "-w", "--interval", "100ms", "--no-headers"]));
        assert!(lines.next().unwrap().unwrap().contains("running"));
        run.kill().unwrap();
        run.wait().unwrap();
        lines.for_each(drop);
        let watched = answer(child.wait_with_output().unwrap()).expect(3);
        assert!(watched.stderr.contains("its process is gone"), "{watched:?}");
    }

    fn ctrl_c_ends_the_watching_and_not_the_job(project) {
        let run = started(project);
        for (name, code) in [("INT", 130), ("TERM", 143)] {
            let watch = ["show", "1", "-w", "--no-headers"];
            let (child, mut lines) = watching(project.below_env(&format!("--default-signal={name}"), &watch));
            assert!(lines.next().unwrap().unwrap().contains("running"));
            signal(child.id(), &format!("-{name}"));
            let watched = answer(child.wait_with_output().unwrap()).expect(code);
            assert!(watched.stderr.contains("job 1 goes on; look at it again with `jobctl show 1 --watch`"), "{watched:?}");
        }
        project.file("go", "");
        answer(run.wait_with_output().unwrap()).expect(0);
    }

    fn a_watched_list_prints_the_jobs_that_are_new_or_changed(project) {
        project.file("held.yaml", JOB);
        project.file("go", "");
        project.jobctl(&["start", "held.yaml"]).expect(0);
        let list = ["list", "--watch", "--interval", "100ms", "-o", "jsonl", "--columns", "id,status"];
        let (child, mut lines) = watching(project.below_env("--default-signal=TERM", &list));
        assert_eq!(lines.next().unwrap().unwrap(), "{\"id\":1,\"status\":\"finished\"}");
        project.file("other.yaml", &JOB.replace("held", "other"));
        project.jobctl(&["start", "other.yaml"]).expect(0);
        // The pipe stays open until the signal has come: who sees that nobody listens leaves by itself.
        let mut news = lines.by_ref().map(Result::unwrap).inspect(|line| assert!(line.contains("\"id\":2"), "{line}"));
        assert!(news.any(|line| line.contains("finished")));
        signal(child.id(), "-TERM");
        answer(child.wait_with_output().unwrap()).expect(143);
    }
}

#[test]
fn on_a_terminal_the_answer_is_drawn_in_place_and_stays_when_the_job_has_ended() {
    let project = Project::new(Backend::Sqlite);
    let run = started(&project);
    let shown = thread::scope(|scope| {
        let watch = scope.spawn(|| on_terminal(&project, 100, &[], "jobctl show 1 -w --interval 100ms"));
        until(|| {
            fs::read_to_string(project.path("typescript")).is_ok_and(|shown| shown.matches("running").count() > 5)
        });
        project.file("go", "");
        watch.join().unwrap().expect(0).stdout
    });
    answer(run.wait_with_output().unwrap()).expect(0);
    let (enter, leave) = ("\u{1b}[?1049h\u{1b}[?25l", "\u{1b}[?25h\u{1b}[?1049l");
    assert!(
        shown.starts_with(enter) && shown.matches(enter).count() == 1 && shown.matches(leave).count() == 1,
        "{shown}"
    );
    let (drawn, kept) = shown.split_once(leave).unwrap();
    assert!(drawn.contains("running") && drawn.contains("\u{1b}[H"), "{drawn}");
    assert!(kept.contains("finished") && !kept.contains("running") && !kept.contains("\u{1b}[H"), "{kept}");
}

#[test]
fn a_terminal_is_as_it_was_when_ctrl_c_ends_the_watching() {
    let project = Project::new(Backend::Sqlite);
    let run = started(&project);
    let shown = thread::scope(|scope| {
        let line = "echo $$ > pid; exec env --default-signal=INT jobctl show 1 -w --interval 100ms";
        let watch = scope.spawn(|| on_terminal(&project, 100, &[], line));
        until(|| fs::read_to_string(project.path("typescript")).is_ok_and(|shown| shown.contains("running")));
        let pid = fs::read_to_string(project.path("pid")).unwrap();
        signal(pid.trim().parse().unwrap(), "-INT");
        watch.join().unwrap().expect(130).stdout
    });
    assert!(
        shown.ends_with("\u{1b}[?1049ljob 1 goes on; look at it again with `jobctl show 1 --watch`\n"),
        "{shown:?}"
    );
    project.file("go", "");
    answer(run.wait_with_output().unwrap()).expect(0);
}

#[test]
fn nobody_watches_for_a_pipe_that_is_closed() {
    let project = Project::new(Backend::Sqlite);
    let run = started(&project);
    let (child, mut lines) = watching(project.command(&["show", "1", "-w", "--interval", "100ms", "-o", "jsonl"]));
    assert_eq!(status(lines.next()), "running");
    drop(lines);
    project.file("go", "");
    answer(run.wait_with_output().unwrap()).expect(0);
    answer(child.wait_with_output().unwrap()).expect(0);
}

#[test]
fn nobody_watches_for_a_closed_pipe_while_nothing_changes() {
    let project = Project::new(Backend::Sqlite);
    let run = started(&project);
    for what in [&["show", "1"][..], &["list"]] {
        let (child, mut lines) =
            watching(project.command(&[what, &["-w", "--interval", "100ms", "-o", "jsonl"]].concat()));
        assert_eq!(status(lines.next()), "running");
        drop(lines);
        answer(child.wait_with_output().unwrap()).expect(0);
    }
    project.file("go", "");
    answer(run.wait_with_output().unwrap()).expect(0);
}

#[test]
fn how_often_somebody_looks_is_a_length_of_time_that_leaves_the_database_in_peace() {
    let project = Project::new(Backend::Sqlite);
    let refused = |arguments: &[&str]| project.jobctl(arguments).expect(2).stderr;
    assert!(refused(&["list", "-w", "--interval", "10ms"]).contains("at least 100ms"));
    assert!(refused(&["list", "-w", "--interval", "often"]).contains("at least 100ms"));
    assert!(refused(&["list", "--interval", "2s"]).contains("--watch"));
    assert!(refused(&["show", "1", "--rejects", "-w"]).contains("cannot be used with"));
}

/// The pool has given up before the server is back: only then somebody hears of it.
#[test]
fn a_postgres_that_is_away_is_waited_for_and_then_looked_at_again() {
    let server = PrivateServer::create().unwrap();
    let mut project = Project::new(Backend::Sqlite);
    project.url = server.database(&template()).unwrap();
    project.file("held.yaml", JOB);
    project.file("go", "");
    project.jobctl(&["start", "held.yaml"]).expect(0);
    let list = ["list", "--watch", "--interval", "100ms", "-o", "jsonl", "--columns", "id,status"];
    let (mut child, mut lines) = watching(project.below_env("--default-signal=INT", &list));
    assert!(lines.next().unwrap().unwrap().contains("\"id\":1"));
    server.stop_immediately().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.starts_with("waiting for the database: the database cannot be reached")));
    server.start().unwrap();
    until(|| project.jobctl(&["list"]).code == Some(0));
    project.file("other.yaml", &JOB.replace("held", "other"));
    project.jobctl(&["start", "other.yaml"]).expect(0);
    assert!(lines.any(|line| line.unwrap().contains("finished")));
    signal(child.id(), "-INT");
    answer(child.wait_with_output().unwrap()).expect(130);
}
