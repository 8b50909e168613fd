//! Workers: many threads, many processes, and the beat that outlives them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use overnight_framework::execution::WorkerId;
use overnight_framework::job::{Instances, Job};
use overnight_framework::launch::Refusal;
use overnight_framework::monitor::Unwatched;
use overnight_framework::operator::StartError;
use overnight_framework::params::Params;
use overnight_framework::repository::Repository;
use overnight_framework::runner::RunError;
use overnight_framework::status::{Status, StopIntent};
use overnight_framework::step::Outcome;
use overnight_framework::worker::Timing;

use super::support::{Fault, FaultKind, Verb, World, job, tasklet};
use super::takeover::{order_stop, take_over};

const QUICK: Timing = Timing { heartbeat: Duration::from_millis(2), lease: Duration::from_secs(15) };
const NEVER: Duration = Duration::from_secs(3_600);

fn fine() -> Job {
    job([tasklet("a", |_| Ok(Outcome::COMPLETED))])
}

/// A job whose step waits until it shall end.
fn waiting() -> Job {
    job([tasklet("a", |context| Ok(Outcome::Stopped(context.stop_token().wait(NEVER).unwrap())))])
}

#[test]
fn s3_44_of_eight_processes_that_start_one_instance_at_once_one_runs_it() {
    let world = World::new();
    let processes: Vec<_> = (0..8).map(|_| world.process()).collect();
    let job = fine();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = processes.iter().map(|process| scope.spawn(|| process.launch(&job))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (started, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((started.len(), refused.len()), (1, 7));
    let running = |error: &StartError| matches!(error, StartError::Refused(Refusal::AlreadyRunning { .. }));
    assert!(refused.iter().all(|answer| answer.as_ref().is_err_and(running)));
    // Whoever is refused leaves nothing behind, not even itself.
    assert!(world.memory.worker(WorkerId(2)).unwrap().is_none());
}

#[test]
fn threads_of_one_process_are_one_worker() {
    let world = World::new();
    let process = world.process();
    let many = Job { instances: Instances::Many, ..fine() };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| process.run(&many).unwrap())).collect();
        for thread in threads {
            let ran = thread.join().unwrap();
            assert_eq!((ran.status, ran.worker_id), (Status::Completed, Some(WorkerId(1))));
        }
    });
    assert!(world.memory.worker(WorkerId(2)).unwrap().is_none());
}

#[test]
fn a_launch_that_is_refused_leaves_no_worker_behind() {
    let world = World::new();
    world.run(&fine());
    world.process().launch(&fine()).unwrap_err();
    assert!(world.memory.worker(WorkerId(2)).unwrap().is_none());
}

#[test]
fn a_job_of_a_moment_pays_no_beat() {
    let world = World::new();
    let process = world.process();
    let store = Arc::clone(&process.store);
    process.run(&fine()).unwrap();
    drop(process);
    assert_eq!(
        store.calls(),
        [Verb::Launch, Verb::Begin, Verb::BeginStep, Verb::EndStep, Verb::End, Verb::RetireWorker]
    );
}

#[test]
fn the_beat_brings_the_order_to_stop() {
    let world = World::new();
    let process = world.process_on("host-a", QUICK);
    let memory = Arc::clone(&world.memory);
    process.store.fault(Fault::first(Verb::Beat, move || order_stop(&memory)).times(1));
    let ran = process.run(&waiting()).unwrap();
    assert_eq!((ran.status, ran.exit_code.as_str()), (Status::Stopped, "STOPPED"));
}

#[test]
fn the_beat_tells_a_run_that_it_was_replaced() {
    let world = World::new();
    let process = world.process_on("host-a", QUICK);
    let memory = Arc::clone(&world.memory);
    process.store.fault(Fault::first(Verb::Beat, move || take_over(&memory)).times(1));
    assert!(matches!(process.run(&waiting()), Err(RunError::LeaseLost)));
}

#[test]
fn a_beat_that_fails_is_tried_again_soon() {
    let world = World::new();
    let process =
        world.process_on("host-a", QUICK).with_fault(Fault::refuse(Verb::Beat, FaultKind::Unreachable).times(5));
    let memory = Arc::clone(&world.memory);
    process.store.fault(Fault::first(Verb::Beat, move || order_stop(&memory)));
    assert_eq!(process.run(&waiting()).unwrap().status, Status::Stopped);
    assert!(process.store.count(Verb::Beat) >= 6);
}

#[test]
fn a_beat_that_panics_is_not_the_last_one() {
    let world = World::new();
    let process = world.process_on("host-a", QUICK);
    process.store.fault(Fault::first(Verb::Beat, || panic!("the driver panicked")).times(2));
    let memory = Arc::clone(&world.memory);
    process.store.fault(Fault::first(Verb::Beat, move || order_stop(&memory)));
    assert_eq!(process.run(&waiting()).unwrap().status, Status::Stopped);
}

#[test]
fn the_beat_goes_on_until_the_last_row_is_written_and_is_the_last_to_stop() {
    let world = World::new();
    let process = world.process_on("host-a", QUICK);
    let (beats, heard) = channel();
    let beats = Mutex::new(beats);
    process.store.fault(Fault::first(Verb::Beat, move || beats.lock().unwrap().send(()).unwrap_or_default()));
    let heard = Arc::new(Mutex::new(heard));
    let counted = Arc::clone(&heard);
    // The last row is written while beats go on.
    process.store.fault(Fault::first(Verb::End, move || {
        let heard = counted.lock().unwrap();
        while heard.try_recv().is_ok() {}
        heard.recv_timeout(Duration::from_secs(30)).unwrap();
    }));
    let store = Arc::clone(&process.store);
    process.run(&fine()).unwrap();
    drop(process);
    let calls = store.calls();
    assert_eq!(calls.last(), Some(&Verb::RetireWorker));
    let end = calls.iter().position(|verb| *verb == Verb::End).unwrap();
    assert!(calls[..end].contains(&Verb::Beat) || calls[end..].contains(&Verb::Beat));
    assert!(world.memory.worker(WorkerId(1)).unwrap().unwrap().dead);
}

#[test]
fn one_beat_renews_everything_that_a_process_runs() {
    let world = World::new();
    let process = world.process_on("host-a", QUICK);
    let running = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&running);
    let waiting = tasklet("a", move |context| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Outcome::Stopped(context.stop_token().wait(NEVER).unwrap()))
    });
    let many = Job { instances: Instances::Many, ..job([waiting]) };
    let (memory, seen) = (Arc::clone(&world.memory), Arc::clone(&running));
    process.store.fault(Fault::first(Verb::Beat, move || {
        if seen.load(Ordering::SeqCst) == 3 {
            for id in 1..=3 {
                let order = overnight_framework::repository::StopOrder {
                    id: overnight_framework::execution::ExecutionId(id),
                    intent: StopIntent::Stopped,
                    by: "operator".to_owned(),
                    reason: None,
                };
                memory.request_stop(&order).unwrap();
            }
            seen.store(0, Ordering::SeqCst);
        }
    }));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| process.run(&many).unwrap())).collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap().status == Status::Stopped));
    });
}

#[test]
fn a_run_that_is_stopped_by_its_own_process_needs_no_store_for_it() {
    let world = World::new();
    let process = world.process();
    let job = waiting();
    let ready = process.launch(&job).unwrap();
    let token = ready.stop_token().clone();
    let ran = std::thread::scope(|scope| {
        let run = scope.spawn(|| process.operator.run(&job, &Params::default(), ready, &Unwatched).unwrap());
        token.request(StopIntent::Interrupted);
        run.join().unwrap()
    });
    assert_eq!((ran.status, ran.exit_code.as_str()), (Status::Stopped, "INTERRUPTED"));
}
