//! Processes that die, hang up or take no words, and those who wait for them.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};

use super::project::{Project, answer, on_both_stores, signal, until};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use overnight_db::Backend;

/// A job that waits until the test lets it go on.
const JOB: &str = "
name: held
steps:
  - name: hold
    tasklet: { shell: { command: 'touch begun; while [ ! -e go ]; do sleep 0.02; done' } }
";

fn begun(project: &Project, mut command: Command) -> Child {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| project.path("begun").exists());
    child
}

fn killed(project: &Project) {
    project.file("held.yaml", JOB);
    let mut child = begun(project, project.command(&["start", "held.yaml"]));
    child.kill().unwrap();
    child.wait().unwrap();
}

on_both_stores! {
    fn a_job_whose_process_was_killed_is_not_waited_for(project) {
        killed(project);
        let waited = project.jobctl(&["wait", "1"]).expect(3);
        assert!(waited.stderr.contains("its process is gone"), "{waited:?}");
        assert!(waited.stderr.contains("`jobctl restart 1`"), "{waited:?}");
        assert_eq!(project.show("1")["status"], "running");
        project.file("go", "");
        project.jobctl(&["restart", "1"]).expect(0);
    }

    fn a_job_whose_process_was_killed_is_stopped_by_the_stop_itself(project) {
        killed(project);
        project.jobctl(&["stop", "1"]).expect(0);
        assert_eq!(project.show("1")["batch_status"], "STOPPED");
    }

    fn a_stop_that_waits_for_a_killed_process_comes_back(project) {
        killed(project);
        project.jobctl(&["stop", "1", "--wait"]).expect(0);
        assert_eq!(project.show("1")["batch_status"], "STOPPED");
    }

    fn a_hangup_stops_at_the_next_safe_point_with_its_own_exit_code(project) {
        project.file("held.yaml", JOB);
        let arguments = ["start", "held.yaml"];
        let child = begun(project, project.below_env("--default-signal=HUP", &arguments));
        signal(child.id(), "-HUP");
        let stopped = answer(child.wait_with_output().unwrap()).expect(129);
        assert!(stopped.stderr.contains("continue with `jobctl restart 1`"), "{stopped:?}");
        assert_eq!(project.show("1")["batch_status"], "STOPPED");
    }

    fn a_job_below_nohup_outlives_its_terminal(project) {
        project.file("held.yaml", JOB);
        let child = begun(project, project.below_env("--ignore-signal=HUP", &["start", "held.yaml"]));
        signal(child.id(), "-HUP");
        project.file("go", "");
        answer(child.wait_with_output().unwrap()).expect(0);
    }

    /// As the shell starts what it runs in the background: Ctrl-C is meant for somebody else.
    fn a_job_that_was_told_to_ignore_ctrl_c_runs_on_until_another_signal(project) {
        project.file("held.yaml", JOB);
        let child = begun(project, project.below_env("--ignore-signal=INT", &["start", "held.yaml"]));
        signal(child.id(), "-INT");
        signal(child.id(), "-TERM");
        // The signal that was heard first.
        let stopped = answer(child.wait_with_output().unwrap()).expect(143);
        assert!(stopped.stderr.contains("a second signal ends it at once"), "{stopped:?}");
        assert_eq!(project.show("1")["batch_status"], "STOPPED");
    }

    /// The answer is longer than a pipe, and nobody reads it.
    fn a_signal_ends_the_printing_of_an_answer_that_nobody_takes(project) {
        project.file("said.yaml", "name: said\nparams: { long: { type: string } }\nsteps: [{ name: say, tasklet: { shell: { command: 'true' } } }]\n");
        project.file("long.json", &serde_json::json!({ "long": "x".repeat(200_000) }).to_string());
        let arguments = ["start", "said.yaml", "--params-file", "long.json", "-o", "json"];
        let mut child = project.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        until(|| project.list().first().is_some_and(|job| job["status"] == "finished"));
        until(|| {
            signal(child.id(), "-TERM");
            child.try_wait().unwrap().is_some()
        });
        assert_eq!(child.wait().unwrap().code(), Some(143));
        assert_eq!(project.show("1")["status"], "finished");
    }

    fn a_job_in_doubt_is_said_to_be_one_and_no_restart_is_advised(project) {
        killed(project);
        let table = project.table("job_execution");
        project.execute(&format!("update {table} set status = 'UNKNOWN', ended_at = started_at, lease_until = null"));
        let shown = project.jobctl(&["show", "1"]).expect(0);
        assert!(shown.stderr.contains("no command settles it yet") && !shown.stderr.contains("restart"), "{shown:?}");
        assert!(shown.stderr.contains("`jobctl tree 1 --failed`"), "{shown:?}");
        assert!(project.jobctl(&["tree", "1", "--failed"]).expect(0).stdout.contains("unknown"));
        let listed = project.jobctl(&["list"]).expect(0);
        assert!(listed.stderr.contains("`jobctl show 1` says what is known"), "{listed:?}");
    }

    /// The process hears of the stop with a beat that never comes.
    fn a_stop_that_came_too_late_says_so(project) {
        project.file("held.yaml", JOB);
        let mut command = project.command(&["start", "held.yaml"]);
        command.env("JOBCTL_HEARTBEAT", "1h");
        let child = begun(project, command);
        let stop = project.spawn(&["stop", "held", "--wait"]);
        until(|| project.show("1")["status"] == "stopping");
        project.file("go", "");
        let stopped = answer(stop.wait_with_output().unwrap()).expect(6);
        assert!(stopped.stderr.contains("job 1 finished before it could be stopped"), "{stopped:?}");
        assert!(!stopped.stdout.contains("Job stopped"), "{stopped:?}");
        answer(child.wait_with_output().unwrap()).expect(0);
    }

    /// A process that stands still holds its life lock, so that only its lease can tell.
    fn a_signal_ends_the_wait_for_an_overdue_lease(project) {
        project.file("held.yaml", JOB);
        let mut command = project.command(&["start", "held.yaml"]);
        command.env("JOBCTL_HEARTBEAT", "200ms");
        let frozen = begun(project, command);
        signal(frozen.id(), "-STOP");
        let mut watcher = loop {
            let mut command = project.below_env("--default-signal=INT", &["restart", "held"]);
            command.env("JOBCTL_HEARTBEAT", "1h").stdout(Stdio::null()).stderr(Stdio::piped());
            let mut restart = command.spawn().unwrap();
            // Refused while the lease is still ahead.
            let said = BufReader::new(restart.stderr.take().unwrap()).lines().next().unwrap().unwrap();
            if said.contains("overdue lease") {
                break restart;
            }
            restart.wait().unwrap();
        };
        signal(watcher.id(), "-INT");
        assert_eq!(watcher.wait().unwrap().code(), Some(130));
        assert_eq!(project.list().len(), 1);
        signal(frozen.id(), "-CONT");
        project.file("go", "");
        frozen.wait_with_output().unwrap();
    }

    fn a_stop_by_name_names_the_older_run_that_lives(project) {
        let file = JOB.replace("steps:", "params: { day: { type: integer } }\nsteps:");
        project.file("held.yaml", &file);
        let child = begun(project, project.command(&["start", "held.yaml", "-p", "day=1"]));
        project.file("newer.yaml", &file.replace("touch begun; while [ ! -e go ]; do sleep 0.02; done", "true"));
        project.jobctl(&["start", "newer.yaml", "-p", "day=2"]).expect(0);
        let refused = project.jobctl(&["stop", "held"]).expect(6);
        assert!(refused.stderr.contains("job 1 of another instance is running: `jobctl stop 1`"), "{refused:?}");
        project.jobctl(&["stop", "1"]).expect(0);
        answer(child.wait_with_output().unwrap()).expect(4);
    }

    fn a_log_that_nobody_takes_neither_fails_nor_holds_a_job(project) {
        project.file("held.yaml", &JOB.replace("touch begun; while [ ! -e go ]; do sleep 0.02; done", "true"));
        let mut full = project.command(&["start", "held.yaml"]);
        let full = full.env("JOBCTL_LOG", "trace").stderr(File::create("/dev/full").unwrap()).output().unwrap();
        assert_eq!(full.status.code(), Some(0));
        project.file("other.yaml", "name: other\nsteps: [{ name: say, tasklet: { shell: { command: echo said } } }]\n");
        let mut closed = project.command(&["start", "other.yaml"]);
        closed.env("JOBCTL_LOG", "trace").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut closed = closed.spawn().unwrap();
        drop(closed.stderr.take());
        assert_eq!(closed.wait().unwrap().code(), Some(0));
    }
}

/// Who leaves a file of SQLite as the last one takes its log along. An administrator who looks is not the last while a job runs:
/// what the job wrote into a log that is gone would be lost.
#[test]
fn an_administrator_who_looks_leaves_the_log_of_a_running_job_where_it_is() {
    let project = Project::new(Backend::Sqlite);
    project.file("held.yaml", JOB);
    let child = begun(&project, project.command(&["start", "held.yaml"]));
    let log = || std::fs::metadata(project.path("jobs.db-wal")).map(|log| log.ino()).ok();
    let before = log();
    #[expect(clippy::disallowed_methods, reason = "it is closed at once, as no pool does it")]
    let mut connection = SqliteConnection::establish(&project.url).unwrap();
    connection.batch_execute("select count(*) from overnight_job_execution").unwrap();
    drop(connection);
    assert!(before.is_some() && log() == before);
    project.file("go", "");
    answer(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(project.show("1")["status"], "finished");
}

/// Those who only look need no life lock; the folder of the locks is a file here, so that nobody can make one.
#[test]
fn a_folder_that_takes_no_lock_is_no_matter_to_those_who_look() {
    let project = Project::new(Backend::Sqlite);
    project.file("held.yaml", &JOB.replace("touch begun; while [ ! -e go ]; do sleep 0.02; done", "true"));
    project.jobctl(&["start", "held.yaml"]).expect(0);
    std::fs::remove_dir_all(project.path("jobs.db.workers")).unwrap();
    project.file("jobs.db.workers", "");
    for verb in [&["list"][..], &["show", "1"], &["wait", "1"]] {
        project.jobctl(verb).expect(0);
    }
    project.jobctl(&["stop", "1"]).expect(6);
    let refused = project.jobctl(&["start", "held.yaml"]).expect(9);
    assert!(refused.stderr.contains("cannot keep a life lock"), "{refused:?}");
}
