//! Going on: where, by which name, with which parameters, and when not.

use super::project::{Project, on_both_stores, until};
use super::statuses::unknown;
use super::support::example;

/// The rows of `conf_out`, as execution and item.
fn rows(project: &Project) -> Vec<String> {
    project.texts("select cast(execution_id as text) || ':' || cast(item as text) as text from conf_out order by item")
}

on_both_stores! {
    fn s1_15_s3_39_a_stopped_job_goes_on_where_it_was_as_a_new_execution(project) {
        let run = project.begin(&example("sleepy"), &["ms=300"]);
        until(|| project.show(&run.id)["steps"][0]["commit_count"].as_u64() >= Some(3));
        project.jobctl(&["stop", &run.id]).expect(0);
        let first = run.id.clone();
        run.end().expect(4);
        let committed = rows(project).len();
        assert!((3..20).contains(&committed), "{committed}");
        let second = project.jobctl(&["resume", &first, "-p", "ms=0", "-o", "json"]).expect(0).json();
        assert_eq!((second["previous_id"].to_string(), &second["instance_id"]), (first.clone(), &project.show(&first)["instance_id"]));
        let expected = (1..=20).map(|item| {
            let id = if item <= committed { &first } else { &second["id"].to_string() };
            format!("{id}:{item}")
        });
        assert_eq!(rows(project), expected.collect::<Vec<_>>());
        // A step that was completed does not run again.
        let failed = project.start(&example("flaky"), &[], 3)["id"].to_string();
        project.mend();
        let mended = project.jobctl(&["resume", &failed, "-o", "json"]).expect(0).json()["id"].to_string();
        assert_eq!((project.trace(&failed).as_str(), project.trace(&mended).as_str()), ("s1 s2", "s2 s3"));
    }

    fn s1_16_resume_after_an_error_retries_the_step_that_failed(project) {
        let first = project.start(&example("flaky"), &[], 3)["id"].to_string();
        let still = project.jobctl(&["resume", &first, "-o", "json"]).expect(3).json()["id"].to_string();
        assert_eq!((project.trace(&first).as_str(), project.trace(&still).as_str()), ("s1 s2", "s2"));
        project.mend();
        let mended = project.jobctl(&["resume", &first, "-o", "json"]).expect(0).json();
        assert_eq!(mended["status"], "finished");
        assert_eq!(project.trace(&mended["id"].to_string()), "s2 s3");
    }

    fn s3_40_restart_by_name_means_the_instance_that_was_executed_most_recently(project) {
        project.start(&example("flaky"), &["run=a"], 3);
        project.start("flaky", &["run=b"], 3);
        let by_name = |code| project.jobctl(&["restart", "flaky", "-o", "json"]).expect(code).json();
        assert_eq!(by_name(3)["params"]["run"], "b");
        // The instance of `a` is the older one, and then the one that was executed last.
        project.jobctl(&["restart", "1"]).expect(3);
        let again = by_name(3);
        assert_eq!((&again["params"]["run"], again["previous_id"].as_i64()), (&"a".into(), Some(4)));
        project.mend();
        assert_eq!(by_name(0)["params"]["run"], "a");
        project.jobctl(&["restart", "flaky"]).expect_refusal("already finished (job 6)");
        let run = project.begin(&example("sleepy"), &["ms=60000"]);
        project.jobctl(&["restart", "sleepy"]).expect_refusal(&format!("already running (job {}", run.id));
        project.jobctl(&["stop", "sleepy"]).expect(0);
        run.end().expect(4);
        project.jobctl(&["restart", "sleepy", "-p", "ms=0"]).expect(0);
    }

    fn s3_41_restart_by_id_goes_by_the_last_execution_of_its_instance(project) {
        project.start(&example("flaky"), &["run=a"], 3);
        project.start("flaky", &["run=b"], 3);
        let from_the_first = |code| project.jobctl(&["restart", "1", "-o", "json"]).expect(code).json();
        let second = from_the_first(3);
        project.mend();
        let third = from_the_first(0);
        assert_eq!((&third["previous_id"], &third["params"]["run"]), (&second["id"], &"a".into()));
        project.jobctl(&["restart", "1"]).expect_refusal(&format!("already finished (job {})", third["id"]));
    }

    fn s3_42_restart_in_any_other_state_is_refused_with_its_name(project) {
        let run = project.begin(&example("sleepy"), &["run=a", "ms=60000"]);
        project.jobctl(&["restart", &run.id]).expect_refusal(&format!("already running (job {} is running)", run.id));
        project.jobctl(&["stop", &run.id]).expect(0);
        let id = run.id.clone();
        run.end().expect(4);
        let discarded = format!(
            "update {{job_execution}} set status = 'ABANDONED' where id = {id};
             update {{job_instance}} set closed_at = created_at, closed_why = 'ABANDONED'"
        );
        project.execute(&discarded).unwrap();
        project.jobctl(&["restart", &id]).expect_refusal(&format!("job {id} is discarded"));
        let done = project.start("sleepy", &["run=b", "ms=0"], 0)["id"].to_string();
        project.jobctl(&["restart", &done]).expect_refusal(&format!("already finished (job {done})"));
        let unknown = unknown(project);
        project.jobctl(&["restart", &unknown]).expect_refusal(&format!("unknown: nobody knows what job {unknown} did"));
        assert_eq!(project.list().len(), 3);
    }
}
