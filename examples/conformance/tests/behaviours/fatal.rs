//! Code of users that ends the process, or never ends: what it leaves is recovered, each row is there once, and nobody waits for it.

use std::process::{Child, Stdio};

use overnight_db::Backend;
use serde_json::Value;

use super::project::{Project, answer, on_both_stores, signal, until};

/// Seven rows in chunks of two, and a step behind them.
const JOB: &str = "
name: fatal
params: { run: { type: string, default: '' } }
steps:
  - name: load
    chunk:
      size: 2
      reader: { csv: { path: in.csv, columns: { id: integer } } }
      processor: [{ uses: risky, with: { file: in-a-chunk, at: 5 } }]
      writer: { table: { name: loaded, columns: [id], create: if_missing } }
  - name: risk
    tasklet: { uses: risk, with: { file: in-a-step } }
triggers:
  - name: runs
    queue: { topic: runs }
    params: { run: '${{ message.body }}' }
";

/// The two places where it happens, and their steps.
const PLACES: [(&str, &str); 2] = [("in-a-chunk", "load"), ("in-a-step", "risk")];

/// Another store of the same kind.
fn again(project: &Project) -> Project {
    Project::new(if project.url.starts_with("postgres:") { Backend::Postgres } else { Backend::Sqlite })
}

/// The job, which meets this fate at this place.
fn with_fate(project: &Project, place: &str, fate: &str) {
    project.file("in.csv", "id\n1\n2\n3\n4\n5\n6\n7\n");
    project.file("fatal.yaml", JOB);
    project.file(place, fate);
}

/// The same job with little time for this step.
fn hurry(project: &Project, step: &str) {
    let named = format!("  - name: {step}\n");
    project.file("fatal.yaml", &JOB.replace(&named, &format!("{named}    timeout: 1s\n")));
}

/// The rows that are there, each as often as it is.
fn rows(project: &Project) -> Vec<String> {
    let mut rows = project.texts("select cast(id as text) as text from loaded");
    rows.sort();
    rows
}

/// The run before is ended with this word, the last one is complete, and every row is there once.
#[track_caller]
fn expect_recovered(project: &Project, step: &str, exit_code: &str) {
    let runs = project.list();
    let [dead, next] = runs.as_slice() else { panic!("{runs:#?}") };
    assert_eq!((&dead["batch_status"], &dead["exit_code"]), (&"FAILED".into(), &exit_code.into()));
    let dead = project.show(&dead["id"].to_string());
    let last = dead["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["step"], &last["batch_status"], &last["exit_code"]),
        (&step.into(), &"FAILED".into(), &exit_code.into())
    );
    assert_eq!((&next["batch_status"], &next["previous_id"]), (&"COMPLETED".into(), &dead["id"]));
    assert_eq!(rows(project), ["1", "2", "3", "4", "5", "6", "7"]);
}

/// Starts the job in a process that beats often.
fn start(project: &Project) -> Child {
    let mut command = project.command(&["start", "fatal.yaml", "-o", "json"]);
    command.env("JOBCTL_HEARTBEAT", "200ms").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn serve(project: &Project) -> Child {
    let mut command = project.command(&["serve", "--jobs", "fatal.yaml", "--concurrency", "1"]);
    command.env("JOBCTL_HEARTBEAT", "200ms").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn statuses(project: &Project) -> Vec<Value> {
    project.list().iter().map(|run| run["batch_status"].clone()).collect()
}

on_both_stores! {
    fn what_a_step_left_that_ends_its_process_goes_on_with_the_next_start(project) {
        for (place, step) in PLACES {
            let project = &again(project);
            with_fate(project, place, "exit");
            project.jobctl(&["start", "fatal.yaml"]).expect(42);
            project.jobctl(&["start", "fatal.yaml"]).expect(0);
            expect_recovered(project, step, "WORKER_LOST");
        }
    }

    fn what_a_step_left_whose_stack_overflows_goes_on_with_the_next_restart(project) {
        for (place, step) in PLACES {
            let project = &again(project);
            with_fate(project, place, "overflow");
            let died = project.jobctl(&["start", "fatal.yaml"]);
            assert_eq!((died.code, died.stderr.contains("has overflowed its stack")), (None, true), "{died:#?}");
            project.jobctl(&["restart", "fatal"]).expect(0);
            expect_recovered(project, step, "WORKER_LOST");
        }
    }

    /// Nobody can end a thread: the records end without it, and then the process does.
    fn a_step_that_hangs_fails_with_its_timeout_and_its_process_leaves(project) {
        for (place, step) in PLACES {
            let project = &again(project);
            with_fate(project, place, "hang");
            hurry(project, step);
            let ended = answer(start(project).wait_with_output().unwrap()).expect(3).json();
            assert_eq!((&ended["batch_status"], &ended["exit_code"]), (&"FAILED".into(), &"TIMEOUT".into()));
            let why = "the step ran longer than its timeout of 1s, and did not end when it was asked to";
            assert_eq!(ended["exit_message"], why, "{ended:#}");
            project.file("fatal.yaml", JOB);
            project.jobctl(&["restart", "fatal"]).expect(0);
            expect_recovered(project, step, "TIMEOUT");
        }
    }

    fn a_step_that_hangs_is_left_behind_at_the_second_ctrl_c(project) {
        for (place, step) in PLACES {
            let project = &again(project);
            with_fate(project, place, "hang");
            let mut run = start(project);
            until(|| !project.path(place).exists());
            until(|| run.try_wait().unwrap().is_some() || { signal(run.id(), "-INT"); false });
            answer(run.wait_with_output().unwrap()).expect(130);
            project.jobctl(&["restart", "fatal"]).expect(0);
            expect_recovered(project, step, "WORKER_LOST");
        }
    }

    /// Its room is free for the next run, and the server leaves when it is told to.
    fn a_server_does_not_wait_for_a_step_that_hangs(project) {
        with_fate(project, "in-a-step", "hang");
        hurry(project, "risk");
        let mut server = serve(project);
        project.jobctl(&["publish", "runs", r#""first""#, "--id", "1"]).expect(0);
        until(|| statuses(project) == ["FAILED"]);
        project.jobctl(&["publish", "runs", r#""second""#, "--id", "2"]).expect(0);
        until(|| statuses(project) == ["FAILED", "COMPLETED"]);
        signal(server.id(), "-TERM");
        assert_eq!(server.wait().unwrap().code(), Some(0));
        assert_eq!(project.list()[0]["exit_code"], "TIMEOUT");
        assert_eq!(rows(project).len(), 14);
    }
}
