//! The statuses of jobs and steps, and the moves between them.

use super::project::{Project, on_both_stores, until};
use super::support::example;

/// The statuses of an execution and of its only step, as they stand in the store.
fn stands(project: &Project, id: &str) -> [String; 2] {
    let query = format!(
        "select status as text from {{job_execution}} where id = {id}
         union all select status from {{step_execution}} where job_execution_id = {id}"
    );
    project.texts(&query).try_into().unwrap()
}

/// The statuses that an execution went through, by its log.
pub(super) fn moves(project: &Project, id: &str) -> String {
    let query = format!(
        "select to_status as text from {{event}}
          where execution_id = {id} and path is null and to_status is not null order by id"
    );
    project.texts(&query).join(" ")
}

on_both_stores! {
    fn s3_22_to_26_a_job_and_a_step_can_be_started_stopping_stopped_completed_and_failed(project) {
        let run = project.begin(&example("sleepy"), &["ms=60000"]);
        assert_eq!(stands(project, &run.id), ["STARTED", "STARTED"]);
        // A process that stands still does not follow the order. One that stood still while it wrote its beat keeps others
        // from a SQLite file: then it is let go, and stopped anew.
        until(|| {
            run.signal("-STOP");
            let ordered = project.jobctl(&["stop", &run.id]).code == Some(0);
            if !ordered {
                run.signal("-CONT");
            }
            ordered
        });
        assert_eq!(stands(project, &run.id), ["STOPPING", "STOPPING"]);
        run.signal("-CONT");
        let id = run.id.clone();
        run.end().expect(4);
        assert_eq!(stands(project, &id), ["STOPPED", "STOPPED"]);
        let done = project.jobctl(&["restart", &id, "-p", "ms=0", "-o", "json"]).expect(0).json();
        assert_eq!(stands(project, &done["id"].to_string()), ["COMPLETED", "COMPLETED"]);
        project.file("fails.yaml", "name: fails\nsteps: [{ name: a, tasklet: { shell: { command: 'false' } } }]\n");
        let failed = project.start("fails.yaml", &[], 3);
        assert_eq!(stands(project, &failed["id"].to_string()), ["FAILED", "FAILED"]);
    }

    fn s3_28_only_the_moves_of_one_table_are_possible_and_nothing_leaves_unknown_by_itself(project) {
        // A stopped and a failed run are not moved: they are continued by a new execution.
        let run = project.begin(&example("sleepy"), &["ms=60000"]);
        project.jobctl(&["stop", &run.id]).expect(0);
        let stopped = run.id.clone();
        run.end().expect(4);
        assert_eq!(moves(project, &stopped), "STARTING STARTED STOPPING STOPPED");
        project.jobctl(&["restart", &stopped, "-p", "ms=0"]).expect(0);
        assert_eq!(moves(project, "2"), "STARTING STARTED COMPLETED");
        project.start(&example("flaky"), &[], 3);
        assert_eq!(moves(project, "3"), "STARTING STARTED FAILED");
        project.jobctl(&["restart", "3"]).expect(3);
        assert_eq!((stands(project, &stopped)[0].as_str(), moves(project, "3").as_str()), ("STOPPED", "STARTING STARTED FAILED"));
        // What the store itself forbids, on the row of a run.
        let again = "'STARTING', ended_at = null, lease_until = created_at";
        for (id, to) in [(1, again), (1, "'COMPLETED'"), (2, "'FAILED'"), (3, again), (3, "'STOPPED'")] {
            let moved = project.execute(&format!("update {{job_execution}} set status = {to} where id = {id}"));
            assert!(moved.is_err_and(|error| error.to_string().contains("illegal")), "{id} {to}");
        }
        let unknown = unknown(project);
        for verb in [&["restart", &unknown][..], &["start", "sleepy", "-p", "run=unknown"]] {
            project.jobctl(verb).expect_refusal(&format!("unknown: nobody knows what job {unknown} did"));
        }
        assert_eq!(stands(project, &unknown), ["UNKNOWN", "UNKNOWN"]);
    }
}

/// A run whose outcome nobody knows.
pub(super) fn unknown(project: &Project) -> String {
    let run = project.begin(&example("sleepy"), &["run=unknown", "ms=300"]);
    until(|| project.show(&run.id)["steps"][0]["commit_count"].as_u64() >= Some(1));
    let id = run.kill();
    let ended = "status = 'UNKNOWN', exit_code = 'UNKNOWN', ended_at = started_at";
    let statement = format!(
        "update {{step_execution}} set {ended} where job_execution_id = {id};
         update {{job_execution}} set {ended}, lease_until = null where id = {id}"
    );
    project.execute(&statement).unwrap();
    id
}
