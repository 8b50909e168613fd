//! Stopping by name and by id.

use super::project::{Project, on_both_stores};
use super::statuses::moves;
use super::support::{Running, example};

fn slept(project: &Project, run: &str) -> Running {
    project.begin(&example("sleepy"), &[&format!("run={run}"), "ms=60000"])
}

on_both_stores! {
    fn s3_35_stop_by_name_means_the_instance_that_was_executed_most_recently(project) {
        let (mut older, newer) = (slept(project, "a"), slept(project, "b"));
        project.jobctl(&["stop", "sleepy"]).expect(0);
        newer.end().expect(4);
        assert!(older.lives());
        assert_eq!(project.show(&older.id)["status"], "running");
        project.jobctl(&["stop", &older.id]).expect(0);
        let first = older.id.clone();
        older.end().expect(4);
        // The instance of `a` is the older one, and now the one that was executed last.
        let restarted = project.resume(&first);
        let stopped = project.jobctl(&["stop", "sleepy", "-o", "json"]).expect(0).json();
        assert_eq!(stopped["id"].to_string(), restarted.id);
        assert_eq!(stopped["params"]["run"], "a");
        restarted.end().expect(4);
    }

    fn s3_36_stop_by_name_of_what_does_not_run_is_an_error(project) {
        project.start(&example("ok"), &[], 0);
        project.jobctl(&["stop", "ok"]).expect_refusal("no running execution of job ok: job 1 is finished");
        project.start(&example("flaky"), &[], 3);
        project.jobctl(&["stop", "flaky"]).expect_refusal("no running execution of job flaky: job 2 is failed");
        let run = slept(project, "a");
        project.jobctl(&["stop", "sleepy"]).expect(0);
        run.end().expect(4);
        project.jobctl(&["stop", "sleepy"]).expect_refusal("no running execution of job sleepy: job 3 is stopped");
        project.jobctl(&["stop", "never-started"]).expect(5);
    }

    fn s3_37_stop_by_id_goes_over_stopping_to_stopped(project) {
        let run = slept(project, "a");
        let answer = project.jobctl(&["stop", &run.id]).expect(0);
        assert!(answer.stdout.contains("| Job stopped |"), "{answer:?}");
        let id = run.id.clone();
        run.end().expect(4);
        assert_eq!(moves(project, &id), "STARTING STARTED STOPPING STOPPED");
        let stopped = project.show(&id);
        assert_eq!(stopped["status"], "stopped");
        assert!(stopped["ended_at"].as_str() > stopped["started_at"].as_str());
        project.jobctl(&["stop", "4711"]).expect(5);
    }

    fn s3_38_stopping_what_is_stopped_is_no_error_and_changes_nothing(project) {
        let run = slept(project, "a");
        let id = run.id.clone();
        project.jobctl(&["stop", &id]).expect(0);
        run.end().expect(4);
        let (before, log) = (project.show(&id), moves(project, &id));
        for _ in 0..2 {
            project.jobctl(&["stop", &id]).expect(0);
        }
        assert_eq!((project.show(&id), moves(project, &id)), (before, log));
        project.start(&example("ok"), &[], 0);
        project.jobctl(&["stop", "2"]).expect_refusal("only a running job can be stopped");
    }
}
