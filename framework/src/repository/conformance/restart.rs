//! Continuing an instance, and what its definition was.

use serde_json::json;

use super::fixture::{
    JOB, PROJECT, begun, end, ended, launched, object, refusal, request, running, step, step_end, text,
};
use crate::launch::{Refusal, Restartability, Wish};
use crate::repository::{ExecutionEnd, ExecutionFilter, LaunchRequest, Repository, Revision, StepEnd};
use crate::status::Status;

/// What can be continued.
const OPEN_ENDS: [Status; 2] = [Status::Stopped, Status::Failed];

pub(crate) fn a_stopped_or_failed_run_is_continued_by_a_new_execution(repository: &dyn Repository) {
    for status in OPEN_ENDS {
        let last = ended(repository, status.as_str(), status);
        let next = launched(repository, status.as_str()).execution;
        assert!(next.id > last.id);
        assert_eq!((next.instance_id, next.previous_id), (last.instance_id, Some(last.id)));
        assert_eq!((next.attempt, next.status, next.lease_token), (2, Status::Starting, 1));
        assert_eq!((next.stop_intent, next.error, next.ended_at), (None, None, None));
    }
}

pub(crate) fn a_restart_goes_on_as_a_start_does(repository: &dyn Repository) {
    let last = ended(repository, "monday", Status::Failed);
    let next = repository.launch(&LaunchRequest { wish: Wish::Restart, ..request("monday") }).unwrap();
    assert_eq!(next.execution.previous_id, Some(last.id));
}

/// The same key in another project is another instance, which a restart must not begin.
pub(crate) fn a_restart_of_what_never_ran_is_refused_and_writes_nothing(repository: &dyn Repository) {
    ended(repository, "monday", Status::Failed);
    let elsewhere = LaunchRequest { wish: Wish::Restart, project: "day".to_owned(), ..request("monday") };
    let never = LaunchRequest { wish: Wish::Restart, ..request("tuesday") };
    for asked in [elsewhere, never] {
        assert_eq!(refusal(repository.launch(&asked)), Refusal::NeverStarted);
    }
    assert_eq!(repository.executions(&ExecutionFilter::default()).unwrap().len(), 1);
}

pub(crate) fn s3_12_every_continuation_is_a_record_of_the_same_instance(repository: &dyn Repository) {
    let first = ended(repository, "monday", Status::Failed);
    let second = ended(repository, "monday", Status::Stopped);
    let third = launched(repository, "monday").execution;
    let of_instance = ExecutionFilter { instance: Some(first.instance_id), ..ExecutionFilter::default() };
    let attempts: Vec<_> = repository.executions(&of_instance).unwrap().iter().map(|row| row.attempt).collect();
    assert_eq!(attempts, [3, 2, 1]);
    assert_eq!((second.previous_id, third.previous_id), (Some(first.id), Some(second.id)));
}

pub(crate) fn the_context_of_the_job_is_kept_over_a_restart(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let promoted = object(json!({"rows": 40, "sum": "12.50"}));
    let step = step(repository, &lease, 0);
    repository.end_step(&step, &StepEnd { promoted: promoted.clone(), ..step_end(Status::Completed) }).unwrap();
    repository.end(&lease, &end(Status::Failed)).unwrap();
    assert_eq!(launched(repository, "monday").execution.context, promoted);
}

pub(crate) fn i_10_progress_never_falls_within_an_instance(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    repository.end(&lease, &ExecutionEnd { progress: 60, ..end(Status::Failed) }).unwrap();
    let next = begun(repository, &request("monday"));
    let ended = repository.end(&next, &ExecutionEnd { progress: 20, ..end(Status::Failed) }).unwrap();
    assert_eq!(ended.progress, 60);
    assert_eq!(launched(repository, "monday").execution.progress, 60);
}

pub(crate) fn a_completed_instance_takes_no_further_execution(repository: &dyn Repository) {
    let id = ended(repository, "monday", Status::Completed).id;
    for wish in [Wish::Start, Wish::Restart] {
        let refused = refusal(repository.launch(&LaunchRequest { wish, ..request("monday") }));
        assert_eq!(refused, Refusal::AlreadyComplete { id });
    }
}

pub(crate) fn an_unknown_outcome_must_be_resolved_first(repository: &dyn Repository) {
    let id = ended(repository, "monday", Status::Unknown).id;
    for wish in [Wish::Start, Wish::Restart] {
        let refused = refusal(repository.launch(&LaunchRequest { wish, ..request("monday") }));
        assert_eq!(refused, Refusal::Unknown { id });
    }
}

pub(crate) fn a_job_that_is_not_restartable_gets_one_execution(repository: &dyn Repository) {
    for status in OPEN_ENDS {
        let id = ended(repository, status.as_str(), status).id;
        let once = LaunchRequest { restartability: Restartability::Once, ..request(status.as_str()) };
        assert_eq!(refusal(repository.launch(&once)), Refusal::NotRestartable { id, status });
    }
}

pub(crate) fn a_job_that_is_not_restartable_has_its_first_execution(repository: &dyn Repository) {
    let once = LaunchRequest { restartability: Restartability::Once, ..request("monday") };
    assert_eq!(repository.launch(&once).unwrap().execution.attempt, 1);
}

pub(crate) fn a_restart_may_replace_the_parameters_that_do_not_identify(repository: &dyn Repository) {
    let last = ended(repository, "monday", Status::Failed);
    let params = object(json!({"day": "monday", "verbose": true}));
    let next = repository.launch(&LaunchRequest { params: params.clone(), ..request("monday") }).unwrap().execution;
    assert_eq!((next.instance_id, next.params), (last.instance_id, params));
}

pub(crate) fn the_text_of_a_job_is_stored_as_its_first_revision(repository: &dyn Repository) {
    let yaml = "job: close_books\nsteps: []\n";
    let asked = LaunchRequest { revision: text(yaml), ..request("monday") };
    let id = repository.launch(&asked).unwrap().execution.definition_id.unwrap();
    let definition = repository.definition(id).unwrap().unwrap();
    assert_eq!((definition.id, definition.revision, definition.yaml.as_str()), (id, 1, yaml));
    assert_eq!((definition.project.as_str(), definition.name.as_str()), (PROJECT, JOB));
    assert!(matches!(asked.revision, Revision::Text { sha256, .. } if sha256 == definition.sha256));
}

pub(crate) fn the_same_text_is_the_same_revision(repository: &dyn Repository) {
    let monday = launched(repository, "monday").execution;
    let tuesday = launched(repository, "tuesday").execution;
    assert_eq!(monday.definition_id, tuesday.definition_id);
    assert_eq!(repository.newest_definition(PROJECT, JOB).unwrap().unwrap().revision, 1);
}

pub(crate) fn a_new_text_is_the_next_revision_and_an_old_one_stays_what_it_was(repository: &dyn Repository) {
    let launch = |key: &str, yaml: &str| {
        let asked = LaunchRequest { revision: text(yaml), ..request(key) };
        repository.launch(&asked).unwrap().execution.definition_id.unwrap()
    };
    let first = launch("monday", "one");
    let second = launch("tuesday", "two");
    assert_eq!(launch("wednesday", "one"), first);
    let newest = repository.newest_definition(PROJECT, JOB).unwrap().unwrap();
    assert_eq!((newest.id, newest.revision, newest.yaml.as_str()), (second, 2, "two"));
}

pub(crate) fn revisions_are_counted_for_each_job(repository: &dyn Repository) {
    launched(repository, "monday");
    let other = LaunchRequest { job_name: "open_books".to_owned(), revision: text("other"), ..request("monday") };
    repository.launch(&other).unwrap();
    assert_eq!(repository.newest_definition(PROJECT, "open_books").unwrap().unwrap().revision, 1);
    assert_eq!(repository.newest_definition(PROJECT, JOB).unwrap().unwrap().yaml, "job: close_books\n");
}

pub(crate) fn a_restart_keeps_the_revision_of_its_instance(repository: &dyn Repository) {
    let pinned = ended(repository, "monday", Status::Failed).definition_id.unwrap();
    repository.launch(&LaunchRequest { revision: text("newer"), ..request("tuesday") }).unwrap();
    let asked = LaunchRequest { revision: Revision::Stored(pinned), ..request("monday") };
    assert_eq!(repository.launch(&asked).unwrap().execution.definition_id, Some(pinned));
}
