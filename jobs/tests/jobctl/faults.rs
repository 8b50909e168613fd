//! Processes that freeze, stores that go away: the run ends with a clear error or goes on, and nothing is half-written.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use diesel::connection::SimpleConnection as _;
use overnight_db::testing::PrivateServer;
use overnight_db::{Backend, Database, OpenOptions, Session};

use super::project::{Project, answer, on_both_stores, signal, template, until};

/// A job whose chunk step waits between two chunks until the test lets it go on.
const JOB: &str = "
name: frozen
steps:
  - name: hold
    tasklet: { shell: { command: 'touch begun; while [ ! -e go ]; do sleep 0.02; done' } }
  - name: load
    chunk:
      size: 100
      reader: { csv: { path: rows.csv, columns: { n: integer } } }
      writer: { table: { name: loaded, create: if_missing } }
";

fn rows(count: u32) -> String {
    (1..=count).fold("n\n".to_owned(), |text, n| text + &n.to_string() + "\n")
}

on_both_stores! {
    fn a_process_frozen_past_its_lease_and_taken_over_writes_nothing_more(project) {
        project.file("frozen.yaml", JOB);
        project.file("rows.csv", &rows(1_000));
        let mut command = project.command(&["start", "frozen.yaml"]);
        command.env("JOBCTL_HEARTBEAT", "200ms").stdout(Stdio::piped()).stderr(Stdio::piped());
        let frozen = command.spawn().unwrap();
        until(|| project.path("begun").exists());
        signal(frozen.id(), "-STOP");
        project.file("go", "");
        let mut restart = project.command(&["restart", "frozen", "-o", "json"]);
        until(|| {
            let output = restart.env("JOBCTL_HEARTBEAT", "200ms").output().unwrap();
            let answer = answer(output);
            assert!(matches!(answer.code, Some(0 | 6)), "{answer:#?}");
            answer.code == Some(0)
        });
        signal(frozen.id(), "-CONT");
        let woken = answer(frozen.wait_with_output().unwrap());
        assert_eq!(woken.code, Some(1), "{woken:#?}");
        assert!(woken.stderr.contains("see what became of job 1 with `jobctl show 1`"), "{woken:#?}");
        let last = project.show("frozen");
        assert_eq!(last["batch_status"], "COMPLETED");
        let counts: u64 = project.list().iter().map(|execution| written(project, &execution["id"].to_string())).sum();
        assert_eq!(counts, 1_000);
    }

    fn ctrl_c_stops_at_the_next_safe_point_and_a_restart_goes_on(project) {
        project.file("frozen.yaml", JOB);
        project.file("rows.csv", &rows(1_000));
        let mut command = project.below_env("--default-signal=INT", &["start", "frozen.yaml"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until(|| project.path("begun").exists());
        signal(child.id(), "-INT");
        let stopped = answer(child.wait_with_output().unwrap()).expect(130);
        assert!(stopped.stderr.contains("stopping at the next safe point; Ctrl-C again ends it at once"), "{stopped:?}");
        assert!(stopped.stderr.contains("continue with `jobctl restart 1`"), "{stopped:?}");
        assert_eq!(project.show("frozen")["exit_code"], "INTERRUPTED");
        project.file("go", "");
        project.jobctl(&["restart", "frozen"]).expect(0);
    }

    fn sigterm_stops_at_the_next_safe_point_with_its_own_exit_code(project) {
        project.file("frozen.yaml", JOB);
        project.file("rows.csv", &rows(10));
        let child = project.spawn(&["start", "frozen.yaml"]);
        until(|| project.path("begun").exists());
        signal(child.id(), "-TERM");
        answer(child.wait_with_output().unwrap()).expect(143);
        assert_eq!(project.show("frozen")["status"], "stopped");
    }
}

on_both_stores! {
    fn the_result_of_a_job_is_told_also_where_its_steps_cannot_be_read(project) {
        project.jobctl(&["migrate", "up"]).expect(0);
        let (jobs, steps) = (project.table("job_execution"), project.table("step_execution"));
        let spoil = format!("update {steps} set outputs = '[]' where job_execution_id = new.id;");
        project.execute(&match Backend::of(&project.url).unwrap() {
            Backend::Sqlite => {
                format!("create trigger spoil after update on {jobs} when new.status = 'COMPLETED' begin {spoil} end")
            }
            Backend::Postgres => format!(
                "create function spoil() returns trigger language plpgsql as $$ begin {spoil} return null; end $$;
                create trigger spoil after update on {jobs} for each row when (new.status = 'COMPLETED') execute function spoil()"
            ),
        });
        project.file("said.yaml", "name: said\nsteps: [{ name: say, tasklet: { shell: { command: 'true' } } }]\n");
        let started = project.jobctl(&["start", "said.yaml", "-o", "json"]).expect(0);
        assert_eq!(started.json()["status"], "finished");
        assert!(started.stderr.contains("warning: the steps of job 1 cannot be read"), "{started:?}");
        let waited = project.jobctl(&["wait", "1"]).expect(0);
        assert!(waited.stdout.contains("| finished |"), "{waited:?}");
        project.jobctl(&["show", "1"]).expect(1);
    }
}

fn written(project: &Project, id: &str) -> u64 {
    let execution = project.show(id);
    let steps = execution["steps"].as_array().unwrap();
    steps.iter().map(|step| step["write_count"].as_u64().unwrap()).sum()
}

#[test]
fn a_postgres_that_is_killed_and_comes_back_costs_no_row() {
    let server = PrivateServer::create().unwrap();
    let url = server.database(&template()).unwrap();
    let mut project = Project::new(Backend::Sqlite);
    project.url = url;
    project.file("frozen.yaml", JOB);
    project.file("rows.csv", &rows(5_000));
    let child = project.spawn(&["start", "frozen.yaml"]);
    until(|| project.path("begun").exists());
    server.stop_immediately().unwrap();
    project.file("go", "");
    server.start().unwrap();
    let ended = answer(child.wait_with_output().unwrap());
    if ended.code != Some(0) {
        assert!(ended.stderr.contains("error:") || ended.code == Some(3), "{ended:#?}");
        project.jobctl(&["restart", "frozen"]).expect(0);
    }
    let total: u64 = project.list().iter().map(|execution| written(&project, &execution["id"].to_string())).sum();
    assert_eq!(total, 5_000);
}

#[test]
fn a_postgres_that_is_gone_for_good_ends_the_run_with_what_to_type_when_it_is_back() {
    let server = PrivateServer::create().unwrap();
    let mut project = Project::new(Backend::Sqlite);
    project.url = server.database(&template()).unwrap();
    project.file("frozen.yaml", JOB);
    project.file("rows.csv", &rows(1_000));
    let mut command = project.command(&["start", "frozen.yaml"]);
    let child = command.env("JOBCTL_HEARTBEAT", "100ms").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| project.path("begun").exists());
    server.stop_immediately().unwrap();
    project.file("go", "");
    let ended = answer(child.wait_with_output().unwrap()).expect(9);
    assert!(ended.stderr.contains("error: the database cannot be reached"), "{ended:#?}");
    let next = "the end of job 1 is not recorded; when the cause is mended, continue with `jobctl restart 1`";
    assert!(ended.stderr.contains(next), "{ended:#?}");
    let gone = project.jobctl(&["restart", "1"]).expect(9);
    assert!(gone.stderr.contains("`pg_isready -h 127.0.0.1 -p "), "{gone:#?}");
    server.start().unwrap();
    project.jobctl(&["restart", "1"]).expect(0);
    let total: u64 = project.list().iter().map(|execution| written(&project, &execution["id"].to_string())).sum();
    assert_eq!(total, 1_000);
}

/// The other database is kept busy, so that the chunk's own transaction is idle.
#[test]
fn the_idle_timeout_of_a_job_file_is_the_one_that_the_server_keeps() {
    let project = Project::new(Backend::Postgres);
    project.file("jobctl.toml", "[connections]\narchive = \"archive.db\"\n");
    project.file("rows.csv", &rows(3));
    project.file(
        "sends.yaml",
        "
name: sends
steps:
  - name: send
    chunk:
      reader: { csv: { path: rows.csv, columns: { n: integer } } }
      writer: { table: { name: sent, mode: upsert, key: n, connection: archive } }
      idle_timeout: 2s
",
    );
    let archive = Database::connect(project.path("archive.db").to_str().unwrap(), OpenOptions::default()).unwrap();
    let child = archive.write(|session| {
        let Session::Sqlite(connection) = session else { panic!("not SQLite") };
        connection.batch_execute("create table sent (n integer primary key); begin immediate").unwrap();
        let child = project.spawn(&["start", "sends.yaml", "-o", "jsonl"]);
        let idle = "select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'";
        until(|| project.number(idle) > 0);
        until(|| project.number(idle) == 0);
        connection.batch_execute("rollback").unwrap();
        child
    });
    let ended = answer(child.unwrap().wait_with_output().unwrap()).expect(0);
    assert!(format!("{ended:?}").contains("nothing was sent for 2s"), "{ended:#?}");
}

/// The pool has given up before the server is back: only then somebody hears of it.
#[test]
fn a_wait_outlasts_a_postgres_that_is_away_for_a_while() {
    let server = PrivateServer::create().unwrap();
    let url = server.database(&template()).unwrap();
    let mut project = Project::new(Backend::Sqlite);
    project.url = url;
    project.file("frozen.yaml", JOB);
    project.file("rows.csv", &rows(10));
    let mut command = project.command(&["start", "frozen.yaml"]);
    // Its lease outlasts it as well.
    command.env("JOBCTL_HEARTBEAT", "1m").stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    until(|| project.path("begun").exists());
    let mut command = project.command(&["wait", "1"]);
    command.env("JOBCTL_LOG", "trace").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut wait = command.spawn().unwrap();
    let mut said = BufReader::new(wait.stderr.take().unwrap()).lines().map(Result::unwrap);
    // It has found its job, and looks at it again and again.
    assert!(said.by_ref().filter(|line| line.contains("connection taken")).nth(20).is_some());
    server.stop_immediately().unwrap();
    assert!(said.by_ref().any(|line| line.starts_with("waiting for the database: the database cannot be reached")));
    server.start().unwrap();
    project.file("go", "");
    let started = answer(child.wait_with_output().unwrap());
    said.for_each(drop);
    let waited = answer(wait.wait_with_output().unwrap());
    assert_eq!((waited.code, started.code), (Some(0), Some(0)), "{waited:#?} {started:#?}");
}
