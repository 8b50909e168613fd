//! Leases: whoever lost his writes nothing more, and whoever only slept goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use overnight_framework::clock::ManualClock;
use overnight_framework::job::{Job, JobStep};
use overnight_framework::repository::memory::MemoryRepository;
use overnight_framework::repository::{ChunkError, StoreErrorKind};
use overnight_framework::runner::RunError;
use overnight_framework::status::Status;
use overnight_framework::step::Outcome;
use overnight_framework::worker::Timing;

use super::support::{Chunks, Fault, FaultKind, Journal, Recorder, Verb, World, job, job_of, numbers, tasklet};
use super::takeover::{order_stop, take_over};

const LONG: Duration = Duration::from_secs(3_600);

#[test]
fn a_lease_that_is_lost_ends_the_run_wherever_it_is_and_nothing_more_is_written() {
    for verb in [Verb::Begin, Verb::BeginStep, Verb::BeginChunk, Verb::Commit, Verb::EndStep, Verb::End] {
        for after in 0..2 {
            let world = World::new();
            let process = world.process().with_fault(Fault::refuse(verb, FaultKind::LeaseLost).after(after));
            let job = job_of(Chunks::of(numbers(1..=25)).step());
            let ran = process.run(&job);
            // Some verbs are called only once in a run.
            if ran.is_ok() {
                assert!(process.store.count(verb) <= after, "{verb:?}");
                continue;
            }
            assert!(matches!(ran, Err(RunError::LeaseLost)), "{verb:?}: {ran:?}");
            assert_eq!(process.store.calls().last(), Some(&verb), "{verb:?}");
            assert_eq!(process.store.count(verb), after + 1);
        }
    }
}

/// Chunks during the second of which something happens.
fn during_the_second_chunk(happens: impl Fn() + Send + Sync + 'static) -> Chunks {
    let once = AtomicBool::new(false);
    Chunks::of(numbers(1..=35)).accepting(move |items| {
        if items.contains(&15) && !once.swap(true, Ordering::Relaxed) {
            happens();
        }
        Ok(())
    })
}

fn elsewhere(store: &Arc<MemoryRepository>) -> impl Fn() + Send + Sync + 'static {
    let store = Arc::clone(store);
    move || {
        let store = Arc::clone(&store);
        std::thread::spawn(move || take_over(&store)).join().unwrap();
    }
}

#[test]
fn a_chunk_that_is_open_while_its_worker_is_replaced_is_refused_by_the_fence() {
    let world = World::new();
    let job = job_of(during_the_second_chunk(elsewhere(&world.memory)).step());
    assert!(matches!(world.process().run(&job), Err(RunError::LeaseLost)));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(world.rows(), (1..=35).collect::<Vec<_>>());
}

fn sleeping(clock: &ManualClock) -> impl Fn() + Send + Sync + 'static {
    let clock = clock.clone();
    move || clock.advance(LONG)
}

#[test]
fn a_worker_that_slept_past_its_stop_line_renews_and_goes_on_when_nobody_took_its_lease() {
    let world = World::new();
    let process = world.process();
    let ran = process.run(&job_of(during_the_second_chunk(sleeping(&process.clock)).step())).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.rows(), (1..=35).collect::<Vec<_>>());
    // Once: the renewal moved the line.
    assert_eq!(process.store.count(Verb::Beat), 1);
}

#[test]
fn a_worker_that_slept_past_its_stop_line_leaves_before_it_writes_when_it_was_replaced() {
    let world = World::new();
    let process = world.process();
    let sleep = sleeping(&process.clock);
    let job = job_of(during_the_second_chunk(sleep).step());
    let memory = Arc::clone(&world.memory);
    process.store.fault(Fault::first(Verb::Beat, move || take_over(&memory)));
    assert!(matches!(process.run(&job), Err(RunError::LeaseLost)));
    assert_eq!(process.store.calls().last(), Some(&Verb::Beat));
    assert_eq!(process.store.count(Verb::BeginChunk), 2);
}

#[test]
fn a_worker_past_its_stop_line_waits_for_its_store_like_any_other() {
    let world = World::new();
    let process = world.process().with_fault(Fault::refuse(Verb::Beat, FaultKind::Unreachable).times(3));
    let ran = process.run(&job_of(during_the_second_chunk(sleeping(&process.clock)).step())).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(process.store.count(Verb::Beat), 4);
    assert_eq!(world.rows(), (1..=35).collect::<Vec<_>>());
}

#[test]
fn a_tasklet_past_the_stop_line_waits_for_the_store_that_knows_whose_it_is() {
    let world = World::new();
    let process = world.process().with_fault(Fault::refuse(Verb::Beat, FaultKind::Unreachable).times(3));
    let clock = process.clock.clone();
    let first = tasklet("a", move |_| {
        clock.advance(LONG);
        Ok(Outcome::COMPLETED)
    });
    let second = tasklet("b", |_| Ok(Outcome::COMPLETED));
    let ran = process.run(&job([first, second])).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(process.store.count(Verb::Beat), 4);
}

#[test]
fn the_renewal_of_a_worker_that_slept_brings_the_order_to_stop() {
    let world = World::new();
    let process = world.process();
    let memory = Arc::clone(&world.memory);
    process.store.fault(Fault::first(Verb::Beat, move || order_stop(&memory)));
    let ran = process.run(&job_of(during_the_second_chunk(sleeping(&process.clock)).step())).unwrap();
    assert_eq!(ran.status, Status::Stopped);
    assert!(ran.progress < 100);
}

#[test]
fn a_tasklet_is_not_begun_past_the_stop_line_when_its_worker_was_replaced() {
    let world = World::new();
    let process = world.process();
    let clock = process.clock.clone();
    let first = tasklet("a", move |_| {
        clock.advance(LONG);
        Ok(Outcome::COMPLETED)
    });
    let second = tasklet("b", |_| panic!("it must not run"));
    let memory = Arc::clone(&world.memory);
    process.store.fault(Fault::first(Verb::Beat, move || take_over(&memory)));
    assert!(matches!(process.run(&job([first, second])), Err(RunError::LeaseLost)));
}

/// What a writer did elsewhere belongs to the new owner. A laptop slept: its connection is gone, and so is its lease.
#[test]
fn a_worker_that_lost_connection_and_lease_in_the_middle_of_a_chunk_undoes_nothing() {
    let (world, journal) = (World::new(), Journal::default());
    let process = world.process();
    let (replace, sleep) = (elsewhere(&world.memory), sleeping(&process.clock));
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=35)) }.accepting(move |items| {
        if !items.contains(&15) {
            return Ok(());
        }
        replace();
        sleep();
        Err(ChunkError::Store(StoreErrorKind::Unreachable.into()))
    });
    assert!(matches!(process.run(&job_of(chunks.step())), Err(RunError::LeaseLost)));
    assert_eq!((journal.count("rolled back"), journal.count("writer closed")), (0, 1));
}

/// The beat hears of it while the writer works, and nobody is told of an abort that nobody ordered.
#[test]
fn a_lease_that_the_beat_finds_lost_is_neither_undone_nor_told_as_an_abort() {
    let (world, journal) = (World::new(), Journal::default());
    let process = world.process_on("host-a", Timing { heartbeat: Duration::from_millis(2), ..Timing::SERVER });
    let (beats, heard) = channel();
    let (beats, heard) = (Mutex::new(beats), Mutex::new(heard));
    process.store.fault(Fault::first(Verb::Beat, move || beats.lock().unwrap().send(()).unwrap_or_default()));
    let replace = elsewhere(&world.memory);
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=35)) }.accepting(move |items| {
        if items.contains(&15) {
            replace();
            let heard = heard.lock().unwrap();
            while heard.try_recv().is_ok() {}
            // The one that hears of it, and the one after: then what was heard is done.
            (0..2).for_each(|_| heard.recv_timeout(Duration::from_secs(30)).unwrap());
        }
        Ok(())
    });
    let listener = Arc::new(Recorder::new("listener", &journal));
    let step = JobStep {
        listeners: vec![listener.clone()],
        chunk_listeners: vec![listener.clone()],
        ..JobStep::new("step", chunks.step())
    };
    let job = Job { listeners: vec![listener], ..job([step]) };
    assert!(matches!(process.run(&job), Err(RunError::LeaseLost)));
    assert_eq!(journal.count("rolled back"), 0);
    assert_eq!(journal.about("listener after_chunk"), ["listener after_chunk 1", "listener after_chunk 2"]);
    for end in ["listener on_chunk_error", "listener after_step", "listener after_job"] {
        assert!(journal.about(end).is_empty(), "{:?}", journal.lines());
    }
}

#[test]
fn the_end_of_a_tasklet_whose_lease_is_lost_is_told_to_nobody() {
    let (world, journal) = (World::new(), Journal::default());
    let process = world.process_on("host-a", Timing { heartbeat: Duration::from_millis(2), ..Timing::SERVER });
    let memory = Arc::clone(&world.memory);
    process.store.fault(Fault::first(Verb::Beat, move || take_over(&memory)).times(1));
    let waiting = tasklet("a", |context| Ok(Outcome::Stopped(context.stop_token().wait(LONG).unwrap())));
    let listener = Arc::new(Recorder::new("listener", &journal));
    let waiting = JobStep { listeners: vec![listener.clone()], ..waiting };
    let job = Job { listeners: vec![listener], ..job([waiting]) };
    assert!(matches!(process.run(&job), Err(RunError::LeaseLost)));
    assert_eq!(journal.lines(), ["listener before_job STARTING", "listener before_step STARTED"]);
}
