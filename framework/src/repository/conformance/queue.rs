//! Runs that wait: each is claimed by one worker, and what was interrupted waits again.

use std::sync::Barrier;
use std::thread;

use super::fixture::{
    JOB, LONG, PROJECT, after, begun, commit, end, first_step, identity, launched, order, refusal, request, running,
    stored, take_over, text,
};
use crate::execution::{ExecutionId, JobExecution, Trigger};
use crate::launch::Refusal;
use crate::repository::{
    ClaimOrder, ExecutionEnd, ExecutionFilter, LaunchError, LaunchRequest, LaunchWorker, Launched, Repository, TakeOver,
};
use crate::status::{ExitCode, Status, StopIntent};

/// The order of a process that claims for the first time and contains no program.
fn claim(limit: u32) -> ClaimOrder {
    let (project, worker) = (PROJECT.to_owned(), LaunchWorker::New(identity()));
    ClaimOrder { project, worker, lease: LONG, limit, programs: Vec::new() }
}

fn queued(repository: &dyn Repository, key: &str) -> JobExecution {
    let nobody = LaunchRequest { worker: LaunchWorker::Nobody, ..request(key) };
    repository.enqueue(&nobody).unwrap()
}

fn ids(launched: &[Launched]) -> Vec<ExecutionId> {
    launched.iter().map(Launched::id).collect()
}

/// What waits in the project of the cases.
fn waiting(repository: &dyn Repository) -> Vec<JobExecution> {
    let all = repository.executions(&ExecutionFilter::default()).unwrap();
    all.into_iter().filter(|execution| execution.status == Status::Queued).collect()
}

pub(crate) fn what_is_put_into_the_queue_has_no_lease_and_no_worker(repository: &dyn Repository) {
    let row = queued(repository, "monday");
    assert_eq!((row.status, row.lease_token, row.attempt), (Status::Queued, 0, 1));
    assert_eq!((row.worker_id, row.worker_name.as_deref(), row.lease_until, row.started_at), (None, None, None, None));
    assert_eq!(stored(repository, row.id), row);
}

pub(crate) fn what_waits_keeps_its_instance_from_others(repository: &dyn Repository) {
    let row = queued(repository, "monday");
    let refused = Refusal::AlreadyRunning { id: row.id, status: Status::Queued };
    assert_eq!(refusal(repository.launch(&request("monday"))), refused);
    let again = repository.enqueue(&request("monday")).unwrap_err();
    assert!(matches!(again, LaunchError::Refused(other) if other == refused), "{again:?}");
}

pub(crate) fn a_launch_needs_a_worker(repository: &dyn Repository) {
    let nobody = LaunchRequest { worker: LaunchWorker::Nobody, ..request("monday") };
    assert!(matches!(repository.launch(&nobody), Err(LaunchError::Store(_))));
    assert!(repository.executions(&ExecutionFilter::default()).unwrap().is_empty());
}

pub(crate) fn a_claim_needs_a_worker(repository: &dyn Repository) {
    let row = queued(repository, "monday");
    let nobody = ClaimOrder { worker: LaunchWorker::Nobody, ..claim(1) };
    assert!(repository.claim(&nobody).is_err());
    assert_eq!(stored(repository, row.id), row);
}

pub(crate) fn what_is_claimed_is_starting_under_a_lease(repository: &dyn Repository) {
    let row = queued(repository, "monday");
    let claimed = repository.claim(&claim(10)).unwrap().pop().expect("one waits");
    assert_eq!((claimed.lease.execution, claimed.lease.token), (row.id, 1));
    let execution = &claimed.execution;
    assert_eq!((execution.status, execution.worker_id), (Status::Starting, Some(claimed.lease.worker)));
    assert_eq!(execution.worker_name.as_deref(), Some("worker-1"));
    assert!(execution.lease_until.is_some_and(|until| until > execution.created_at));
    assert_eq!(stored(repository, row.id), *execution);
    assert_eq!(repository.begin(&claimed.lease).unwrap().status, Status::Started);
}

pub(crate) fn the_oldest_are_claimed_first_and_no_more_than_asked_for(repository: &dyn Repository) {
    let rows = ["monday", "tuesday", "friday"].map(|day| queued(repository, day).id);
    assert_eq!(ids(&repository.claim(&claim(2)).unwrap()), rows[..2]);
    assert_eq!(ids(&repository.claim(&claim(2)).unwrap()), rows[2..]);
    assert!(repository.claim(&claim(2)).unwrap().is_empty());
}

pub(crate) fn a_claim_of_nothing_records_no_worker(repository: &dyn Repository) {
    assert!(repository.claim(&claim(1)).unwrap().is_empty());
    let first = launched(repository, "monday").lease.worker;
    assert_eq!(first.0, 1, "nobody was recorded before");
}

pub(crate) fn the_queue_of_one_project_is_not_that_of_another(repository: &dyn Repository) {
    queued(repository, "monday");
    let elsewhere = ClaimOrder { project: "day".to_owned(), ..claim(1) };
    assert!(repository.claim(&elsewhere).unwrap().is_empty());
    assert!(!repository.has_queued("day", &[]).unwrap());
    assert!(repository.has_queued(PROJECT, &[]).unwrap());
}

pub(crate) fn a_program_is_claimed_only_by_those_who_contain_it(repository: &dyn Repository) {
    let program = LaunchRequest { revision: text(""), ..request("monday") };
    let row = repository.enqueue(&program).unwrap();
    assert!(!repository.has_queued(PROJECT, &["other".to_owned()]).unwrap());
    assert!(repository.claim(&claim(1)).unwrap().is_empty());
    let contains = ClaimOrder { programs: vec![JOB.to_owned()], ..claim(1) };
    assert!(repository.has_queued(PROJECT, &contains.programs).unwrap());
    assert_eq!(ids(&repository.claim(&contains).unwrap()), [row.id]);
}

pub(crate) fn of_eight_that_claim_at_once_each_gets_others(repository: &dyn Repository) {
    let rows: Vec<_> = (0..16).map(|day| queued(repository, &format!("day {day}")).id).collect();
    let (start, orders) = (Barrier::new(8), (0..8).map(|_| claim(2)).collect::<Vec<_>>());
    let mut claimed: Vec<_> = thread::scope(|scope| {
        let claim = |order| {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                ids(&repository.claim(order).unwrap())
            })
        };
        let claims: Vec<_> = orders.iter().map(claim).collect();
        claims.into_iter().flat_map(|claim| claim.join().unwrap()).collect()
    });
    // One that met only rows which others were just claiming went away with fewer.
    claimed.extend(ids(&repository.claim(&claim(16)).unwrap()));
    claimed.sort_unstable_by_key(|id| id.0);
    assert_eq!(claimed, rows);
}

pub(crate) fn what_was_stopped_in_the_queue_is_not_claimed(repository: &dyn Repository) {
    let row = queued(repository, "monday");
    repository.request_stop(&order(row.id, StopIntent::Stopped)).unwrap();
    assert_eq!(stored(repository, row.id).status, Status::Stopped);
    assert!(!repository.has_queued(PROJECT, &[]).unwrap());
    assert!(repository.claim(&claim(1)).unwrap().is_empty());
}

pub(crate) fn a_run_that_goes_on_waits_again_as_a_continuation(repository: &dyn Repository) {
    let step = first_step(repository, "monday");
    commit(repository, &step, &after(10)).unwrap();
    let interrupted = ExecutionEnd { exit_code: ExitCode::INTERRUPTED, goes_on: true, ..end(Status::Stopped) };
    let ended = repository.end(&step.lease, &interrupted).unwrap();
    let [next] = <[_; 1]>::try_from(waiting(repository)).unwrap();
    assert_eq!((next.previous_id, next.attempt, next.trigger), (Some(ended.id), 2, Trigger::Restart));
    assert_eq!((next.instance_id, next.definition_id), (ended.instance_id, ended.definition_id));
    assert_eq!((&next.params, &next.labels, &next.base_dir), (&ended.params, &ended.labels, &ended.base_dir));
    assert_eq!((next.lease_token, next.worker_id, next.error), (0, None, None));
    let claimed = repository.claim(&claim(1)).unwrap();
    assert_eq!(ids(&claimed), [next.id]);
    assert_eq!(repository.history(next.instance_id).unwrap().len(), 1);
}

pub(crate) fn a_run_that_was_told_to_stop_does_not_go_on_when_its_process_leaves(repository: &dyn Repository) {
    for intent in StopIntent::ALL {
        let run = running(repository, intent.as_str());
        repository.request_stop(&order(run.execution, intent)).unwrap();
        let interrupted = ExecutionEnd { exit_code: ExitCode::INTERRUPTED, goes_on: true, ..end(Status::Stopped) };
        let ended = repository.end(&run, &interrupted).unwrap();
        let goes_on = waiting(repository).iter().any(|row| row.previous_id == Some(run.execution));
        let is_operators = [StopIntent::Stopped, StopIntent::Paused, StopIntent::Aborted].contains(&intent);
        assert_eq!(goes_on, !is_operators, "{intent:?}");
        let asked = if is_operators { intent.end() } else { (Status::Stopped, ExitCode::INTERRUPTED) };
        assert_eq!((ended.status, ended.exit_code), asked);
    }
}

pub(crate) fn a_lost_run_waits_again_when_that_was_asked_for(repository: &dyn Repository) {
    let lost = running(repository, "monday");
    repository.take_over(&TakeOver { goes_on: true, ..take_over(lost) }).unwrap().unwrap();
    let [next] = <[_; 1]>::try_from(waiting(repository)).unwrap();
    assert_eq!((next.previous_id, next.triggered_by.as_str()), (Some(lost.execution), "worker-2"));
    let left = running(repository, "tuesday");
    repository.take_over(&take_over(left)).unwrap().unwrap();
    assert_eq!(waiting(repository).len(), 1);
}

pub(crate) fn a_lost_run_that_was_told_to_stop_does_not_wait_again(repository: &dyn Repository) {
    for intent in StopIntent::ALL {
        let lost = running(repository, intent.as_str());
        repository.request_stop(&order(lost.execution, intent)).unwrap();
        repository.take_over(&TakeOver { goes_on: true, ..take_over(lost) }).unwrap().unwrap();
        let goes_on = waiting(repository).iter().any(|row| row.previous_id == Some(lost.execution));
        assert_eq!(goes_on, intent == StopIntent::Interrupted, "{intent:?}");
    }
}

pub(crate) fn of_eight_rescuers_one_lets_it_go_on(repository: &dyn Repository) {
    let lost = begun(repository, &request("monday"));
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                repository.take_over(&TakeOver { goes_on: true, ..take_over(lost) }).unwrap();
            });
        }
    });
    assert_eq!(waiting(repository).len(), 1);
}

pub(crate) fn i_20_the_moves_of_a_queued_run_are_in_the_log(repository: &dyn Repository) {
    let row = queued(repository, "monday");
    repository.claim(&claim(1)).unwrap();
    let events = repository.events(row.id).unwrap();
    let moves: Vec<_> = events.iter().map(|event| (event.name.as_str(), event.from, event.to)).collect();
    assert_eq!(
        moves,
        [("launch", None, Some(Status::Queued)), ("claim", Some(Status::Queued), Some(Status::Starting)),]
    );
    assert_eq!((events[0].actor.as_str(), events[1].actor.as_str()), ("ada", "worker-1"));
}
