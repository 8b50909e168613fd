//! Statements that would run for hours: PostgreSQL cancels them when their step shall end, all or none.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::project::{Project, answer, signal, until};
use overnight_db::Backend;

fn job(step: &str) -> String {
    format!(
        "
name: endless
steps:
  - name: wait
    {step}
    tasklet:
      sql:
        statement: |
          create table if not exists half_done (n integer);
          insert into half_done values (1);
          select pg_sleep(100);
"
    )
}

/// Whether the statement runs: the server says so.
fn sleeps(project: &Project) -> bool {
    let query =
        "select count(*) from pg_stat_activity where datname = current_database() and query like 'select pg_sleep%'
        and state = 'active' and pid <> pg_backend_pid()";
    project.number(query) > 0
}

fn nothing_is_left(project: &Project) {
    assert_eq!(project.number("select count(*) from pg_class where relname = 'half_done'"), 0);
    assert!(!sleeps(project));
}

#[test]
fn a_stop_cancels_the_statement_and_a_restart_runs_it_again() {
    let project = Project::new(Backend::Postgres);
    project.file("endless.yaml", &job(""));
    let child = project.spawn_beating(&["start", "endless.yaml"]);
    until(|| sleeps(&project));
    project.jobctl(&["stop", "endless"]).expect(0);
    answer(child.wait_with_output().unwrap()).expect(4);
    assert_eq!(project.show("endless")["status"], "stopped");
    nothing_is_left(&project);

    let restart = project.spawn(&["restart", "endless"]);
    until(|| sleeps(&project));
    signal(restart.id(), "-TERM");
    answer(restart.wait_with_output().unwrap()).expect(143);
    nothing_is_left(&project);
}

#[test]
fn a_timeout_cancels_the_statement_and_the_step_has_failed() {
    let project = Project::new(Backend::Postgres);
    project.file("endless.yaml", &job("timeout: 300ms"));
    let failed = project.jobctl(&["start", "endless.yaml"]).expect(3);
    assert!(failed.stderr.contains("the step ran longer than its timeout of 300ms"), "{failed:#?}");
    nothing_is_left(&project);
}

#[test]
fn a_query_on_another_connection_is_cancelled_too() {
    let project = Project::new(Backend::Sqlite);
    let other = Project::new(Backend::Postgres);
    project.file("jobctl.toml", &format!("[connections]\nledger = {:?}\n", other.url));
    project.file(
        "endless.yaml",
        "
name: endless
steps:
  - name: ask
    tasklet: { sql: { query: select 1 as one from pg_sleep(100), connection: ledger } }
    outputs: { one: integer }
",
    );
    let mut command = project.below_env("--default-signal=INT", &["start", "endless.yaml"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| {
        other.number("select count(*) from pg_stat_activity where datname = current_database() and state = 'active' and query like 'select 1 as one%'") > 0
    });
    signal(child.id(), "-INT");
    answer(child.wait_with_output().unwrap()).expect(130);
    assert_eq!(project.show("endless")["exit_code"], "INTERRUPTED");
}

/// SQLite cannot be told to cancel, and a person at the terminal shall not have to wait for it.
#[test]
fn a_second_signal_leaves_a_statement_of_sqlite_behind_and_a_restart_goes_on() {
    let project = Project::new(Backend::Sqlite);
    let job = "
name: endless
params: { most: { type: integer, default: 100000000000, identifying: false } }
steps:
  - name: count
    tasklet:
      sql:
        query: with recursive c (n) as (select 1 union all select n + 1 from c where n < :most) select max(n) as n from c
        bind: { most: '${{ params.most }}' }
    outputs: { n: integer }
";
    project.file("endless.yaml", job);
    let mut child = project.spawn(&["start", "endless.yaml"]);
    until(|| project.list().first().is_some_and(|job| project.show(&job["id"].to_string())["steps"][0].is_object()));
    signal(child.id(), "-TERM");
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().starts_with("stopping at the next safe point")));
    signal(child.id(), "-TERM");
    answer(child.wait_with_output().unwrap()).expect(143);
    assert_eq!(project.show("endless")["status"], "running");
    project.jobctl(&["restart", "endless", "-p", "most=3"]).expect(0);
    assert_eq!(project.show("endless")["steps"][0]["outputs"], serde_json::json!({ "n": 3 }));
}
