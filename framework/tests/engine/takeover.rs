//! Starting where another process died, or seems to have died.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use overnight_framework::execution::{ExecutionId, JobExecution, Trigger};
use overnight_framework::job::Job;
use overnight_framework::launch::{Refusal, Restartability, Wish};
use overnight_framework::monitor::Unwatched;
use overnight_framework::operator::{Launching, Operator, Owner, Ready, Seat, StartError};
use overnight_framework::params::Params;
use overnight_framework::repository::memory::MemoryRepository;
use overnight_framework::repository::{Beat, ExecutionEnd, ExecutionFilter, Lease, Repository, StopOrder, TakeOver};
use overnight_framework::runner::RunError;
use overnight_framework::status::{ExitCode, Status, StopIntent};
use overnight_framework::step::Outcome;
use overnight_framework::worker::Timing;

use super::support::{Chunks, Process, World, job, job_of, numbers, tasklet};

const QUICK: Timing = Timing { heartbeat: Duration::from_millis(1), lease: Duration::from_millis(3) };

fn newest(store: &MemoryRepository) -> JobExecution {
    store.executions(&ExecutionFilter { limit: 1, ..ExecutionFilter::default() }).unwrap().remove(0)
}

fn lease_of(row: &JobExecution) -> Lease {
    Lease { execution: row.id, worker: row.worker_id.unwrap(), token: row.lease_token }
}

/// Ends the newest execution as that of a dead worker.
pub(crate) fn take_over(store: &MemoryRepository) {
    let order = TakeOver {
        lease: lease_of(&newest(store)),
        by: "rescuer".to_owned(),
        reason: "it seemed dead".to_owned(),
        expired_for: None,
        goes_on: false,
    };
    store.take_over(&order).unwrap().unwrap();
}

/// Orders the end of the newest execution.
pub(crate) fn order_stop(store: &MemoryRepository) {
    let id = newest(store).id;
    let order = StopOrder { id, intent: StopIntent::Stopped, by: "operator".to_owned(), reason: None };
    store.request_stop(&order).unwrap();
}

fn fine() -> Job {
    job([tasklet("a", |_| Ok(Outcome::COMPLETED))])
}

/// Launches and counts how often it had to wait; `on_wait` happens the first time.
fn launch_waiting(process: &Process, job: &Job, on_wait: impl Fn()) -> (Result<Ready, StartError>, u32) {
    let waits = AtomicU32::new(0);
    let answer = process.launch_waiting(job, &Params::default(), Wish::Start, &|_, _| {
        if waits.fetch_add(1, Ordering::Relaxed) == 0 {
            on_wait();
        }
    });
    (answer, waits.into_inner())
}

fn is_running(answer: &Result<Ready, StartError>, id: ExecutionId) -> bool {
    matches!(answer, Err(StartError::Refused(Refusal::AlreadyRunning { id: running, .. })) if *running == id)
}

#[test]
fn a_run_whose_process_lives_on_this_machine_is_refused_at_once() {
    let world = World::new();
    let (owner, other) = (world.process(), world.process());
    let running = owner.launch(&fine()).unwrap();
    let (answer, waits) = launch_waiting(&other, &fine(), || ());
    assert!(is_running(&answer, running.execution().id), "{answer:?}");
    assert_eq!(waits, 0);
}

#[test]
fn a_run_on_another_machine_whose_lease_is_ahead_is_refused_at_once() {
    let world = World::new();
    let (owner, other) = (world.process(), world.process_on("host-b", QUICK));
    let running = owner.launch(&fine()).unwrap();
    let (answer, waits) = launch_waiting(&other, &fine(), || ());
    assert!(is_running(&answer, running.execution().id), "{answer:?}");
    assert_eq!(waits, 0);
}

#[test]
fn a_run_whose_lease_is_over_is_watched_for_one_lease_and_then_taken_over() {
    let world = World::new();
    let (owner, other) = (world.process(), world.process_on("host-b", QUICK));
    let job = job_of(Chunks::of(numbers(1..=25)).step());
    let frozen = owner.launch(&job).unwrap();
    world.clock.advance(Timing::SERVER.lease + Duration::from_secs(1));
    let (answer, waits) = launch_waiting(&other, &job, || ());
    let ready = answer.unwrap();
    assert_eq!(waits, 1);
    let dead = world.execution(frozen.execution().id);
    assert_eq!((dead.status, &dead.exit_code), (Status::Failed, &ExitCode::WORKER_LOST));
    assert_eq!(ready.execution().previous_id, Some(dead.id));
    let ran = other.operator.run(&job, &Params::default(), ready, &Unwatched).unwrap();
    assert_eq!(ran.status, Status::Completed);
    // The frozen one wakes up, and writes nothing.
    let late = owner.operator.run(&job, &Params::default(), frozen, &Unwatched);
    assert!(matches!(late, Err(RunError::LeaseLost)), "{late:?}");
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
}

#[test]
fn a_run_of_a_frozen_process_on_this_machine_is_watched_as_well() {
    let world = World::new();
    let (owner, other) = (world.process(), world.process_on("host-a", QUICK));
    let frozen = owner.launch(&fine()).unwrap();
    world.clock.advance(Timing::SERVER.lease + Duration::from_secs(1));
    let (answer, waits) = launch_waiting(&other, &fine(), || ());
    assert_eq!((answer.unwrap().execution().previous_id, waits), (Some(frozen.execution().id), 1));
}

#[test]
fn a_late_renewal_is_a_sign_of_life() {
    let world = World::new();
    let (owner, other) = (world.process(), world.process_on("host-b", QUICK));
    let running = owner.launch(&fine()).unwrap();
    world.clock.advance(Timing::SERVER.lease + Duration::from_secs(1));
    let (answer, waits) = launch_waiting(&other, &fine(), || {
        let lease = lease_of(running.execution());
        let beat = Beat { worker: lease.worker, leases: vec![lease], duration: Timing::SERVER.lease };
        assert!(world.memory.beat(&beat).unwrap()[0].renewed);
    });
    assert!(is_running(&answer, running.execution().id), "{answer:?}");
    assert_eq!(waits, 1);
    assert_eq!(world.execution(running.execution().id).status, Status::Starting);
}

#[test]
fn a_run_that_ends_by_itself_while_it_is_watched_is_continued_from_there() {
    let world = World::new();
    let (owner, other) = (world.process(), world.process_on("host-b", QUICK));
    let running = owner.launch(&fine()).unwrap();
    world.clock.advance(Timing::SERVER.lease + Duration::from_secs(1));
    let (answer, _) = launch_waiting(&other, &fine(), || {
        let end = ExecutionEnd {
            status: Status::Failed,
            exit_code: ExitCode::FAILED,
            exit_message: None,
            result: None,
            error: None,
            progress: 0,
            goes_on: false,
        };
        world.memory.end(&lease_of(running.execution()), &end).unwrap();
    });
    assert_eq!(answer.unwrap().execution().previous_id, Some(running.execution().id));
    assert_eq!(world.execution(running.execution().id).exit_code, ExitCode::FAILED);
}

#[test]
fn the_run_of_a_worker_that_said_goodbye_is_taken_over_at_once() {
    let world = World::new();
    let owner = world.process();
    let left = owner.launch(&fine()).unwrap().execution().id;
    drop(owner);
    let (answer, waits) = launch_waiting(&world.process_on("host-b", QUICK), &fine(), || ());
    assert_eq!((answer.unwrap().execution().previous_id, waits), (Some(left), 0));
}

#[test]
fn a_run_that_was_asked_to_stop_before_its_process_died_is_stopped() {
    let world = World::new();
    let owner = world.process();
    let left = owner.launch(&fine()).unwrap().execution().id;
    order_stop(&world.memory);
    owner.store.crash();
    drop(owner);
    let ready = world.process().launch(&fine()).unwrap();
    assert_eq!(ready.execution().previous_id, Some(left));
    assert_eq!(world.execution(left).status, Status::Stopped);
}

#[test]
fn a_launch_that_shall_not_wait_any_longer_is_refused_and_takes_nothing_over() {
    let world = World::new();
    let (owner, other) = (world.process(), world.process_on("host-b", Timing::SERVER));
    let frozen = owner.launch(&fine()).unwrap();
    world.clock.advance(Timing::SERVER.lease + Duration::from_secs(1));
    let leave = || other.operator.waiting().request(StopIntent::Interrupted);
    let (answer, waits) = launch_waiting(&other, &fine(), leave);
    assert!(is_running(&answer, frozen.execution().id), "{answer:?}");
    assert_eq!((waits, world.execution(frozen.execution().id).status), (1, Status::Starting));
}

#[test]
fn an_operator_without_a_worker_ends_what_a_dead_process_left_and_launches_nothing() {
    let world = World::new();
    let owner = world.process();
    let left = owner.launch(&fine()).unwrap().execution().clone();
    let seat = Seat { host: "host-a".to_owned(), timing: Timing::SERVER };
    let operator = Operator::without_worker(world.memory.clone(), seat, "test", "tester");
    assert_eq!(operator.owner_of(&left).unwrap(), Owner::Alive);
    assert_eq!(operator.end_dead(&left, false).unwrap(), None);
    owner.store.crash();
    drop(owner);
    assert_eq!(operator.owner_of(&left).unwrap(), Owner::Dead);
    let ended = operator.end_dead(&left, false).unwrap().unwrap();
    assert_eq!((ended.status, &ended.exit_code), (Status::Failed, &ExitCode::WORKER_LOST));
    assert_eq!(operator.owner_of(&ended).unwrap(), Owner::Nobody);
    let (job, params) = (fine(), Params::default());
    let launching =
        Launching { job: &job, params: &params, wish: Wish::Start, trigger: Trigger::Cli, reason: None, key: None };
    let refused = operator.launch(&launching, &|_, _| {}).unwrap_err();
    assert!(matches!(refused, StartError::NoWorker), "{refused}");
}

#[test]
fn a_job_that_is_not_restartable_is_ended_and_not_started_again() {
    let world = World::new();
    let once = Job { restartability: Restartability::Once, ..fine() };
    let owner = world.process();
    let left = owner.launch(&once).unwrap().execution().id;
    owner.store.crash();
    drop(owner);
    let refused = world.process().launch(&once).unwrap_err();
    assert!(matches!(refused, StartError::Refused(Refusal::NotRestartable { .. })), "{refused}");
    assert_eq!(world.execution(left).exit_code, ExitCode::WORKER_LOST);
}

#[test]
fn eight_processes_that_meet_a_dead_one_end_it_once_and_one_of_them_runs() {
    let world = World::new();
    let owner = world.process();
    let left = owner.launch(&fine()).unwrap().execution().id;
    owner.store.crash();
    drop(owner);
    let processes: Vec<_> = (0..8).map(|_| world.process()).collect();
    let job = fine();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = processes.iter().map(|process| scope.spawn(|| process.launch(&job))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let taken = world
        .memory
        .events(left)
        .unwrap()
        .into_iter()
        .filter(|event| event.name == "take over" && event.path.is_none());
    assert_eq!(taken.count(), 1);
}
