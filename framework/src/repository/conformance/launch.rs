//! Launching: what is written, and who wins.

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use super::fixture::{
    JOB, LONG, PROJECT, end, ended, identity, launched, live, object, refusal, request, stored, text,
};
use crate::execution::{DefinitionId, ExecutionId, JobExecution, Trigger};
use crate::launch::Refusal;
use crate::params::InstanceKey;
use crate::repository::{ExecutionFilter, LaunchError, LaunchRequest, LaunchWorker, Launched, Repository, Revision};
use crate::row::Value;
use crate::status::Status;

pub(crate) fn a_fresh_launch_is_starting_under_the_first_lease(repository: &dyn Repository) {
    let Launched { execution, lease } = launched(repository, "monday");
    assert_eq!((execution.status, execution.exit_code.as_str()), (Status::Starting, ""));
    assert_eq!((lease.execution, Some(lease.worker), lease.token), (execution.id, execution.worker_id, 1));
    assert_eq!((execution.lease_token, execution.attempt, execution.previous_id), (1, 1, None));
    assert_eq!((execution.stop_intent, execution.progress), (None, 0));
    assert_eq!((execution.started_at, execution.ended_at), (None, None));
    assert!(execution.context.is_empty());
}

pub(crate) fn a_lease_lasts_as_long_as_the_launch_asked_for(repository: &dyn Repository) {
    let execution = launched(repository, "monday").execution;
    let lasts = execution.lease_until.unwrap() - execution.created_at;
    assert!((lasts.num_seconds() - LONG.as_secs() as i64).abs() <= 2, "{lasts}");
}

pub(crate) fn what_a_launch_answers_is_what_is_stored(repository: &dyn Repository) {
    let execution = launched(repository, "monday").execution;
    assert_eq!(stored(repository, execution.id), execution);
}

pub(crate) fn everything_that_was_asked_for_is_on_the_record(repository: &dyn Repository) {
    let asked = LaunchRequest {
        trigger: Trigger::Cli,
        reason: Some("month end".to_owned()),
        params: object(json!({"day": "monday", "branch": 7, "full": true})),
        ..request("monday")
    };
    let row = repository.launch(&asked).unwrap().execution;
    assert_eq!((&row.project, &row.module, &row.job_name), (&asked.project, &asked.module, &asked.job_name));
    assert_eq!((&row.target, &row.base_dir, row.abortable), (&asked.target, &asked.base_dir, asked.abortable));
    assert_eq!((&row.params, &row.labels), (&asked.params, &asked.labels));
    assert_eq!((row.trigger, &row.triggered_by, &row.reason), (asked.trigger, &asked.triggered_by, &asked.reason));
    assert_eq!(row.worker_name.as_deref(), Some("worker-1"));
}

pub(crate) fn the_first_launch_of_a_key_makes_its_instance(repository: &dyn Repository) {
    let asked = request("monday");
    let execution = repository.launch(&asked).unwrap().execution;
    let instance = repository.instance(execution.instance_id).unwrap().unwrap();
    assert_eq!((instance.project.as_str(), instance.job_name.as_str()), (PROJECT, JOB));
    assert_eq!((instance.key.as_str(), instance.params.as_str()), (asked.key.hash(), asked.key.text()));
    assert_eq!((instance.generation, instance.closed), (1, None));
    assert!(instance.created_at <= execution.created_at);
}

pub(crate) fn the_same_parameters_are_one_instance_and_others_another(repository: &dyn Repository) {
    let monday = ended(repository, "monday", Status::Failed);
    let again = launched(repository, "monday").execution;
    let tuesday = launched(repository, "tuesday").execution;
    assert_eq!(again.instance_id, monday.instance_id);
    assert_ne!(tuesday.instance_id, monday.instance_id);
}

pub(crate) fn the_same_key_in_another_job_or_project_is_another_instance(repository: &dyn Repository) {
    let here = launched(repository, "monday").execution;
    let other_job = LaunchRequest { job_name: "open_books".to_owned(), ..request("monday") };
    let other_project = LaunchRequest { project: "day".to_owned(), ..request("monday") };
    for asked in [other_job, other_project] {
        assert_ne!(repository.launch(&asked).unwrap().execution.instance_id, here.instance_id);
    }
}

pub(crate) fn every_run_of_a_job_with_many_instances_is_an_instance_of_its_own(repository: &dyn Repository) {
    let key = InstanceKey::of([("day", &Value::from("monday"))]);
    let run = |run: &str| repository.launch(&LaunchRequest { key: key.with_run(run), ..request("monday") }).unwrap();
    assert_ne!(run("1").execution.instance_id, run("2").execution.instance_id);
}

pub(crate) fn s3_44_a_second_launch_is_refused_while_the_first_lives(repository: &dyn Repository) {
    for status in [Status::Starting, Status::Started, Status::Stopping] {
        let id = live(repository, status.as_str(), status).execution;
        let refused = refusal(repository.launch(&request(status.as_str())));
        assert_eq!(refused, Refusal::AlreadyRunning { id, status });
    }
}

pub(crate) fn s3_44_of_eight_racing_launches_one_wins(repository: &dyn Repository) {
    let winner = race(repository, "monday");
    assert_eq!((winner.attempt, winner.previous_id), (1, None));
}

/// gobatch accepts two to four of four simultaneous restarts now and then.
pub(crate) fn s3_44_of_eight_racing_restarts_one_wins(repository: &dyn Repository) {
    let failed = ended(repository, "monday", Status::Failed);
    let winner = race(repository, "monday");
    assert_eq!((winner.attempt, winner.previous_id), (2, Some(failed.id)));
}

/// Launches the same instance from eight threads at once. The losers must name the winner.
fn race(repository: &dyn Repository, key: &str) -> JobExecution {
    let barrier = Barrier::new(8);
    let racer = || {
        let asked = request(key);
        barrier.wait();
        repository.launch(&asked)
    };
    let results: Vec<_> = thread::scope(|scope| {
        let racers: Vec<_> = (0..8).map(|_| scope.spawn(racer)).collect();
        racers.into_iter().map(|racer| racer.join().expect("no racer panics")).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let [Ok(winner)] = won.as_slice() else { panic!("{} launches won, the others: {lost:?}", won.len()) };
    for result in lost {
        let refused = refusal(result);
        assert!(matches!(refused, Refusal::AlreadyRunning { id, .. } if id == winner.execution.id), "{refused:?}");
    }
    winner.execution.clone()
}

pub(crate) fn a_refused_launch_writes_nothing(repository: &dyn Repository) {
    let first = launched(repository, "monday").execution;
    let definition = repository.newest_definition(PROJECT, JOB).unwrap();
    refusal(repository.launch(&LaunchRequest { revision: text("job: close_books # new\n"), ..request("monday") }));
    assert_eq!(repository.newest_definition(PROJECT, JOB).unwrap(), definition);
    assert_eq!(repository.executions(&ExecutionFilter::default()).unwrap(), [first]);
}

pub(crate) fn a_launch_with_an_unknown_revision_writes_nothing(repository: &dyn Repository) {
    let asked = LaunchRequest { revision: Revision::Stored(DefinitionId(4711)), ..request("monday") };
    let launch = repository.launch(&asked);
    assert!(matches!(launch, Err(LaunchError::Store(_))), "{launch:?}");
    assert_eq!(repository.find_instance(PROJECT, JOB, asked.key.hash()).unwrap(), None);
    assert!(repository.executions(&ExecutionFilter::default()).unwrap().is_empty());
}

pub(crate) fn a_process_is_recorded_with_its_first_launch(repository: &dyn Repository) {
    let lease = launched(repository, "monday").lease;
    let worker = repository.worker(lease.worker).unwrap().unwrap();
    assert_eq!((worker.id, worker.name.as_str(), worker.host.as_str()), (lease.worker, "worker-1", "host-1"));
    assert_eq!((worker.pid, worker.dead), (std::process::id(), false));
    assert_eq!(worker.lock_path.as_deref(), Some("/run/worker-1.lock"));
}

pub(crate) fn a_recorded_process_launches_again_under_its_id(repository: &dyn Repository) {
    let first = launched(repository, "monday").lease;
    let known = LaunchWorker::Known { id: first.worker, name: "worker-1".to_owned() };
    let second = repository.launch(&LaunchRequest { worker: known, ..request("tuesday") }).unwrap();
    assert_eq!(second.lease.worker, first.worker);
    assert_eq!(second.execution.worker_name.as_deref(), Some("worker-1"));
}

/// The answer to its first launch was lost, and it does not know its id.
pub(crate) fn a_process_that_comes_again_under_its_session_is_the_same_worker(repository: &dyn Repository) {
    let new = LaunchWorker::New(identity());
    let first = repository.launch(&LaunchRequest { worker: new.clone(), ..request("monday") }).unwrap();
    let second = repository.launch(&LaunchRequest { worker: new.clone(), ..request("tuesday") }).unwrap();
    assert_eq!(second.lease.worker, first.lease.worker);
    // An instance that is there goes another way through the statements.
    repository.begin(&second.lease).unwrap();
    repository.end(&second.lease, &end(Status::Failed)).unwrap();
    let third = repository.launch(&LaunchRequest { worker: new, ..request("tuesday") }).unwrap();
    assert_eq!((third.lease.worker, third.execution.previous_id), (first.lease.worker, Some(second.execution.id)));
}

pub(crate) fn every_new_process_is_another_worker(repository: &dyn Repository) {
    assert_ne!(launched(repository, "monday").lease.worker, launched(repository, "tuesday").lease.worker);
}

pub(crate) fn i_19_ids_only_grow(repository: &dyn Repository) {
    let ids: Vec<ExecutionId> = (0..5).map(|day| launched(repository, &format!("day {day}")).id()).collect();
    assert!(ids.is_sorted_by(|earlier, later| earlier < later), "{ids:?}");
}
