//! Definitions that are looked at, stored and started by name.

use std::fs;

use diesel::connection::SimpleConnection as _;
use overnight_db::{Backend, Session};
use serde_json::json;

use super::project::{Project, on_both_stores, until};

const FLAKY: &str = "
name: flaky
description: Three steps, of which the second may fail
params: { day: { type: date, required: true }, mode: { type: string, enum: [full, quick], default: full } }
steps:
  - name: s1
    tasklet: { shell: { command: 'true' } }
  - name: s2
    when: params.mode == 'full'
    retry: { max_attempts: 2, delay: 10ms }
    tasklet: { shell: { command: 'cat data.txt > said && test -e good' } }
  - name: s3
    tasklet: { shell: { command: 'true' } }
";

fn names(document: &serde_json::Value) -> Vec<&str> {
    document["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect()
}

on_both_stores! {
    fn s3_5_the_structure_of_a_job_is_inspectable(project) {
        project.file("jobs/flaky.yaml", FLAKY);
        let in_file = project.jobctl(&["describe", "jobs/flaky.yaml", "-o", "json"]).expect(0).json();
        assert_eq!(names(&in_file), ["s1", "s2", "s3"]);
        assert_eq!(in_file["revision"], json!(null));
        project.jobctl(&["describe", "flaky"]).expect(5);
        project.jobctl(&["apply", "jobs/flaky.yaml"]).expect(0);
        let stored = project.jobctl(&["describe", "flaky", "-o", "json"]).expect(0).json();
        assert_eq!(names(&stored), ["s1", "s2", "s3"]);
        assert_eq!((&stored["revision"], &stored["steps"]), (&json!(1), &in_file["steps"]));
        assert_eq!(stored["params"][1]["enum"], json!(["full", "quick"]));
        assert_eq!(stored["steps"][1]["when"], "params.mode == 'full'");
        assert_eq!(stored["steps"][1]["retry"]["max_attempts"], 2);
    }

    fn an_applied_job_is_started_by_its_name_at_the_folder_of_its_file(project) {
        project.file("jobs/flaky.yaml", FLAKY);
        project.file("jobs/data.txt", "from the folder\n");
        project.file("jobs/good", "");
        project.jobctl(&["apply", "jobs"]).expect(0);
        assert!(project.list().is_empty());
        project.jobctl(&["start", "flaky", "-p", "day=2026-04-07"]).expect(0);
        assert_eq!(fs::read_to_string(project.path("jobs/said")).unwrap(), "from the folder\n");
        let jobs = project.jobctl(&["jobs", "-o", "json"]).expect(0).json();
        let job = &jobs[0];
        assert_eq!((&job["name"], &job["instances"], &job["last"]["status"]), (&json!("flaky"), &json!(1), &json!("finished")));
        assert_eq!(job["description"], "Three steps, of which the second may fail");
    }

    fn the_name_stands_for_what_was_applied_or_started_last(project) {
        let text = |word: &str| format!("name: say\ninstances: many\nsteps: [{{ name: {word}, tasklet: {{ shell: {{ command: 'true' }} }} }}]\n");
        let apply = |word: &str| {
            project.file("say.yaml", &text(word));
            let applied = project.jobctl(&["apply", "say.yaml", "-o", "json"]).expect(0).json();
            (applied[0]["result"].as_str().unwrap().to_owned(), applied[0]["revision"].as_i64())
        };
        let run = || project.jobctl(&["start", "say", "-o", "json"]).expect(0).json()["steps"][0]["step"].clone();
        assert_eq!(apply("one"), ("created".to_owned(), Some(1)));
        assert_eq!(apply("one"), ("unchanged".to_owned(), None));
        assert_eq!(run(), "one");
        assert_eq!(apply("two"), ("configured".to_owned(), Some(2)));
        assert_eq!(run(), "two");
        // A start from a file counts as well, and an older text is its old revision.
        project.file("say.yaml", &text("three"));
        project.jobctl(&["start", "say.yaml"]).expect(0);
        assert_eq!(run(), "three");
        assert_eq!(apply("one"), ("configured".to_owned(), Some(1)));
        assert_eq!(run(), "one");
        // What was started has the text already, and servers do not.
        project.file("say.yaml", &text("two"));
        project.jobctl(&["start", "say.yaml"]).expect(0);
        assert_eq!(apply("two"), ("configured".to_owned(), Some(2)));
        assert_eq!(apply("two"), ("unchanged".to_owned(), None));
    }

    fn a_server_that_has_not_heard_of_a_change_does_not_undo_it(project) {
        let text = |word: &str| format!("
name: said
params: {{ n: {{ type: integer, required: true }} }}
steps: [{{ name: {word}, tasklet: {{ shell: {{ command: 'true' }} }} }}]
triggers: [{{ name: q, queue: {{ topic: t }}, params: {{ n: '${{{{ message.body.n }}}}' }} }}]
");
        project.file("new/said.yaml", &text("new"));
        project.file("old/said.yaml", &text("old"));
        project.jobctl(&["apply", "new"]).expect(0);
        project.jobctl(&["publish", "t", r#"{"n":1}"#]).expect(0);
        project.jobctl(&["serve", "--jobs", "old", "--until-idle"]).expect(0);
        assert_eq!(project.show("said")["steps"][0]["step"], "old");
        assert_eq!(names(&project.jobctl(&["describe", "said", "-o", "json"]).expect(0).json()), ["new"]);
        assert_eq!(project.jobctl(&["apply", "new", "-o", "json"]).expect(0).json()[0]["result"], "unchanged");
    }

    fn one_wrong_file_keeps_all_of_them_out(project) {
        project.file("jobs/flaky.yaml", FLAKY);
        project.file("jobs/wrong.yaml", "name: wrong\nsteps: []\n");
        let refused = project.jobctl(&["apply", "jobs"]).expect(7);
        assert!(refused.stderr.contains("jobs/wrong.yaml:2:8"), "{refused:?}");
        fs::write(project.path("jobs/wrong.yaml"), FLAKY).unwrap();
        let refused = project.jobctl(&["apply", "jobs"]).expect(7);
        assert!(refused.stderr.contains("describes a job called `flaky` already"), "{refused:?}");
        project.jobctl(&["apply", "jobs/flaky.yaml", "jobs/wrong.yaml"]).expect(7);
        assert_eq!(project.jobctl(&["jobs", "-o", "json"]).expect(0).json(), json!([]));
    }

    fn an_apply_that_is_killed_in_the_middle_stores_nothing(project) {
        for name in ["alpha", "beta", "omega"] {
            project.file(&format!("jobs/{name}.yaml"), &FLAKY.replace("name: flaky", &format!("name: {name}")));
        }
        project.jobctl(&["migrate", "up"]).expect(0);
        match Backend::of(&project.url).unwrap() {
            Backend::Sqlite => kill_while_a_trigger_writes(project),
            Backend::Postgres => kill_while_a_trigger_waits(project),
        }
        assert_eq!(project.jobctl(&["jobs", "-o", "json"]).expect(0).json(), json!([]));
        assert_eq!(project.jobctl(&["apply", "jobs", "-o", "name"]).expect(0).stdout, "alpha\nbeta\nomega\n");
        assert_eq!(project.jobctl(&["jobs", "-o", "name"]).expect(0).stdout, "alpha\nbeta\nomega\n");
    }

    fn a_dry_run_says_what_would_be_done_and_does_nothing(project) {
        project.file("flaky.yaml", FLAKY);
        let said = project.jobctl(&["apply", "flaky.yaml", "--dry-run", "-o", "json"]).expect(0).json();
        assert_eq!(said, json!([{ "file": "flaky.yaml", "job": "flaky", "result": "created", "revision": null }]));
        assert_eq!(project.jobctl(&["jobs", "-o", "json"]).expect(0).json(), json!([]));
    }

    fn the_tree_of_an_instance_has_its_executions_with_their_steps(project) {
        project.file("flaky.yaml", FLAKY);
        project.file("data.txt", "");
        project.jobctl(&["start", "flaky.yaml", "-p", "day=2026-04-07"]).expect(3);
        project.file("good", "");
        project.jobctl(&["restart", "1"]).expect(0);
        project.jobctl(&["start", "flaky.yaml", "-p", "day=2026-04-08"]).expect(0);
        let tree = project.jobctl(&["tree", "1", "-o", "json"]).expect(0).json();
        let steps = |at: usize| -> Vec<_> {
            let steps = tree["executions"][at]["steps"].as_array().unwrap();
            steps.iter().map(|step| format!("{} {}", step["step"].as_str().unwrap(), step["status"].as_str().unwrap())).collect()
        };
        assert_eq!(tree["executions"].as_array().unwrap().len(), 2);
        assert_eq!((steps(0), steps(1)), (vec!["s1 finished".to_owned(), "s2 failed".to_owned()], vec!["s2 finished".to_owned(), "s3 finished".to_owned()]));
        let failed = project.jobctl(&["tree", "2", "--failed", "-o", "json"]).expect(0).json();
        assert_eq!(failed["executions"].as_array().unwrap().len(), 1);
        assert_eq!(failed["executions"][0]["steps"][0]["step"], "s2");
        assert_eq!(failed["executions"][0]["steps"].as_array().unwrap().len(), 1);
    }
}

/// The last definition waits for a lock behind the others; what the server makes of the rest is seen when it has the lock.
fn kill_while_a_trigger_waits(project: &Project) {
    project.execute(
        "create function hold() returns trigger language plpgsql as
           $$ begin perform pg_advisory_xact_lock(1); return new; end $$;
         create trigger hold after insert on overnight.applied_job for each row when (new.name = 'omega')
           execute function hold()",
    );
    let locks = "select count(*) from pg_locks join pg_database on oid = database
                 where datname = current_database() and locktype = 'advisory'";
    let held = project.database().write(|session| {
        let Session::Postgres(connection) = session else { panic!("not PostgreSQL") };
        connection.batch_execute("begin; select pg_advisory_xact_lock(1)").unwrap();
        let mut apply = project.spawn(&["apply", "jobs"]);
        until(|| project.number(&format!("{locks} and not granted")) == 1);
        apply.kill().unwrap();
        apply.wait().unwrap();
        connection.batch_execute("commit").unwrap();
    });
    held.unwrap();
    until(|| project.number(locks) == 0);
    project.execute("drop function hold cascade");
}

/// The last definition writes more than is kept in memory: the log beside the file grows.
fn kill_while_a_trigger_writes(project: &Project) {
    project.execute(
        "create table noise (word blob);
         create view many as with recursive one(n) as (select 1 union all select n + 1 from one where n < 1000000) select n from one;
         create trigger hold after insert on overnight_applied_job when new.name = 'omega'
           begin insert into noise select randomblob(4000) from many; end",
    );
    let mut apply = project.spawn(&["apply", "jobs"]);
    until(|| fs::metadata(project.path("jobs.db-wal")).is_ok_and(|log| log.len() > 4_000_000));
    apply.kill().unwrap();
    assert!(!apply.wait().unwrap().success());
    project.execute("drop trigger hold; drop view many; drop table noise");
}

#[test]
fn a_file_is_described_and_drawn_without_a_store() {
    let project = Project::new(Backend::Sqlite);
    project.file("flaky.yaml", FLAKY);
    for verb in [&["describe", "flaky.yaml"][..], &["graph", "flaky.yaml"], &["graph", "flaky.yaml", "-o", "dot"]] {
        project.jobctl(verb).expect(0);
    }
    assert!(!project.path("jobs.db").exists());
    let refused = project.jobctl(&["list", "-o", "dot"]).expect(2);
    assert!(refused.stderr.contains("`jobctl graph` alone"), "{refused:?}");
}
