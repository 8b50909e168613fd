//! What is recorded of a run, when, and that it stays.

use serde_json::{Value, json};

use super::project::{on_both_stores, until};
use super::support::example;

/// Both steps wait until the test lets them go on; the second one fails.
const WATCHED: &str = "
name: watched
steps:
  - { name: a, tasklet: { shell: { command: 'touch begun; while [ ! -e go ]; do sleep 0.02; done' } } }
  - { name: b, tasklet: { shell: { command: 'false' } } }
";

fn column(steps: &Value, name: &str) -> Vec<String> {
    steps.as_array().unwrap().iter().map(|step| step[name].as_str().unwrap_or_default().to_owned()).collect()
}

on_both_stores! {
    fn s3_3_steps_run_one_after_the_other_in_their_declared_order(project) {
        project.start(&example("flaky"), &["run=makes the tables"], 3);
        project.mend();
        let ran = project.start("flaky", &[], 0);
        assert_eq!(project.trace(&ran["id"].to_string()), "s1 s2 s3");
        assert_eq!(column(&ran["steps"], "step"), ["s1", "s2", "s3"]);
        let (started, ended) = (column(&ran["steps"], "started_at"), column(&ran["steps"], "ended_at"));
        assert!(started.iter().skip(1).zip(&ended).all(|(next, last)| next >= last), "{ran:#}");
    }

    fn s3_4_a_step_that_fails_ends_the_sequence(project) {
        let ran = project.start(&example("flaky"), &[], 3);
        assert_eq!(column(&ran["steps"], "batch_status"), ["COMPLETED", "FAILED"]);
        assert_eq!(project.texts("select step_name as text from {step_execution} order by id"), ["s1", "s2"]);
        assert_eq!(project.trace("1"), "s1 s2");
    }

    fn s3_13_a_record_has_its_times_its_status_and_its_result_or_error(project) {
        project.start(&example("ok"), &[], 0);
        project.start(&example("flaky"), &[], 3);
        let run = project.begin(&example("sleepy"), &["ms=60000"]);
        project.jobctl(&["stop", &run.id]).expect(0);
        run.end().expect(4);
        let ends = "select status || ' ' || exit_code as text from {job_execution}
            where started_at <= ended_at and created_at <= started_at order by id";
        assert_eq!(project.texts(ends), ["COMPLETED COMPLETED", "FAILED InvalidOutput", "STOPPED STOPPED"]);
        assert_eq!(project.texts("select cast(result as text) as text from {job_execution} where id = 1"), ["\"hello world\""]);
        let error = project.texts("select cast(error as text) as text from {job_execution} where id = 2");
        let error: Value = serde_json::from_str(&error[0]).unwrap();
        assert_eq!((&error["name"], &error["step"]), (&json!("InvalidOutput"), &json!("s2")));
    }

    fn s3_14_s3_15_every_step_of_every_run_leaves_a_record_that_belongs_to_the_run(project) {
        let runs = [project.start(&example("ok"), &[], 0), project.start("ok", &[], 0)];
        let mut paths = Vec::new();
        for run in runs {
            let id = &run["id"];
            assert_eq!(column(&run["steps"], "path"), [format!("{id}-0"), format!("{id}-1")]);
            paths.extend(column(&run["steps"], "path"));
        }
        let query = "select s.path as text from {step_execution} s join {job_execution} j on j.id = s.job_execution_id
            where s.path like cast(j.id as text) || '-%' order by s.id";
        assert_eq!(project.texts(query), paths);
        let orphan = "insert into {step_execution} (job_execution_id, ordinal, path, step_key, step_name, kind, dest, status,
                context, outputs, created_at)
            select 4711, 0, '4711-0', step_key, step_name, kind, dest, 'STARTED', context, outputs, created_at
            from {step_execution} where path = '1-0'";
        assert!(project.execute(orphan).is_err());
        assert!(project.execute(&orphan.replace("4711, 0, '4711-0'", "2, 7, '2-7'")).is_ok(), "a run that is there may have it");
    }

    fn s3_16_instances_executions_and_steps_survive_the_process(project) {
        let run = project.begin(&example("sleepy"), &["run=x", "ms=300"]);
        until(|| project.show(&run.id)["steps"][0]["commit_count"].as_u64() >= Some(2));
        let id = run.kill();
        let left = project.show(&id);
        assert_eq!((&left["batch_status"], &left["params"]["run"]), (&json!("STARTED"), &json!("x")));
        assert_eq!(left["steps"][0]["batch_status"], "STARTED");
        let committed = left["steps"][0]["write_count"].as_u64().unwrap();
        assert!(committed >= 2);
        let rows = format!("select cast(item as text) as text from conf_out where execution_id = {id} order by item");
        assert_eq!(project.texts(&rows), (1..=committed).map(|item| item.to_string()).collect::<Vec<_>>());
        let instances = "select job_name || ' ' || params as text from {job_instance}";
        assert_eq!(project.texts(instances), [r#"sleepy {"chunks":20,"run":"x"}"#]);
    }

    fn s3_17_a_run_is_recorded_before_its_first_step_and_its_end_also_when_it_fails(project) {
        project.file("watched.yaml", WATCHED);
        let run = project.begin("watched.yaml", &[]);
        until(|| project.path("begun").exists());
        let statuses = "select status as text from {job_execution} union all select status from {step_execution}";
        assert_eq!(project.texts(statuses), ["STARTED", "STARTED"]);
        project.file("go", "");
        run.end().expect(3);
        let ended = |table| project.texts(&format!("select status as text from {table} where ended_at is not null order by id"));
        assert_eq!(ended("{job_execution}"), ["FAILED"]);
        assert_eq!(ended("{step_execution}"), ["COMPLETED", "FAILED"]);
    }

    fn s3_32_a_start_returns_when_the_job_has_ended_also_a_failed_one(project) {
        project.file("watched.yaml", &WATCHED.replace("'false'", "'true'"));
        let mut run = project.begin("watched.yaml", &[]);
        until(|| project.path("begun").exists());
        assert!(run.lives());
        project.file("go", "");
        assert_eq!(run.end().expect(0).json()["batch_status"], "COMPLETED");
        let slept = project.start(&example("sleepy"), &["chunks=3", "ms=20"], 0);
        assert_eq!((&slept["batch_status"], &slept["steps"][0]["write_count"]), (&json!("COMPLETED"), &json!(3)));
        assert_eq!(project.start(&example("flaky"), &[], 3)["batch_status"], "FAILED");
    }
}
