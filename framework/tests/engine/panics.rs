//! Panics: wherever a job's own code panics, the execution ends FAILED with that name and the process lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use overnight_framework::job::{Job, JobStep};
use overnight_framework::listener::JobListener;
use overnight_framework::monitor::{Monitor, RunEvent};
use overnight_framework::operator::StartError;
use overnight_framework::repository::{ExecutionFilter, Repository};
use overnight_framework::status::Status;
use overnight_framework::step::Outcome;

use super::support::{
    Chunks, Journal, Place, Record, Recorder, Watcher, World, failed, job, job_of, numbers, refusing, retries, skips,
    tasklet,
};

fn fine(name: &str) -> JobStep {
    tasklet(name, |_| Ok(Outcome::COMPLETED))
}

#[test]
fn a_panic_of_a_tasklet_fails_the_step_and_the_next_job_runs_in_the_same_process() {
    let world = World::new();
    let process = world.process();
    let ran = process.run(&job([tasklet("a", |_| panic!("account {} is locked", 7))])).unwrap();
    assert_eq!(failed(&ran), ("Panic", "account 7 is locked"));
    assert_eq!(world.step(ran.id, "a").status, Status::Failed);
    assert_eq!(process.run(&Job { name: "other".to_owned(), ..job([fine("a")]) }).unwrap().status, Status::Completed);
}

#[test]
fn what_panics_again_when_the_panic_is_dropped_fails_the_step_and_no_more() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let world = World::new();
    let ran = world.run(&job([tasklet("a", |_| std::panic::panic_any(Bomb))]));
    assert_eq!(failed(&ran), ("Panic", "the panic carried no text"));
}

#[test]
fn a_panic_of_a_reader_keeps_the_chunks_before_it() {
    let world = World::new();
    let mut records = numbers(1..=25);
    records[14] = Record::Panic;
    let ran = world.run(&job_of(Chunks { skip: skips(100), ..Chunks::of(records) }.step()));
    assert_eq!(failed(&ran), ("Panic", "the reader panicked"));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
}

#[test]
fn a_panic_of_a_processor_is_no_bad_item_that_could_be_skipped() {
    let world = World::new();
    let chunks = Chunks { skip: skips(100), ..Chunks::of(numbers(1..=25)) };
    let ran = world
        .run(&job_of(chunks.processing(|item| if *item == 15 { panic!("no 15") } else { Ok(Some(*item)) }).step()));
    assert_eq!(failed(&ran), ("Panic", "no 15"));
    assert!(world.letters(&ran).is_empty());
}

#[test]
fn a_panic_of_a_writer_rolls_its_chunk_back() {
    let world = World::new();
    let chunks = Chunks { skip: skips(100), retry: retries(3), ..Chunks::of(numbers(1..=25)) };
    let panicked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&panicked);
    let accepting = chunks.accepting(move |items| {
        if items.contains(&15) {
            counted.fetch_add(1, Ordering::Relaxed);
            panic!("no 15");
        }
        Ok(())
    });
    let ran = world.run(&job_of(accepting.step()));
    assert_eq!(failed(&ran), ("Panic", "no 15"));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
    assert_eq!(panicked.load(Ordering::Relaxed), 1, "a writer that panicked is given nothing again");
}

#[test]
fn a_panic_of_a_job_listener_is_its_error() {
    for (callback, exit_code) in [("before_job", "Panic"), ("after_job", "Panic")] {
        let (world, journal) = (World::new(), Journal::default());
        let listeners: Vec<Arc<dyn JobListener>> = vec![Arc::new(Recorder::new("one", &journal).panicking(callback))];
        let ran = world.run(&Job { listeners, ..job([fine("a")]) });
        assert_eq!(failed(&ran), (exit_code, format!("{callback} panicked").as_str()));
    }
}

#[test]
fn a_panic_of_a_step_chunk_or_item_listener_is_its_error() {
    for callback in
        ["before_step", "after_step", "before_chunk", "after_chunk", "after_read", "before_process", "after_write"]
    {
        let (world, journal) = (World::new(), Journal::default());
        let listener = Arc::new(Recorder::new("one", &journal).panicking(callback));
        let chunks =
            Chunks { listeners: vec![listener.clone()], journal: journal.clone(), ..Chunks::of(numbers(1..=3)) };
        let mut step = JobStep::new("step", chunks.step());
        step.chunk_listeners = vec![listener.clone()];
        step.listeners = vec![listener];
        let ran = world.run(&job([step]));
        assert_eq!(failed(&ran), ("Panic", format!("{callback} panicked").as_str()));
        let opened = usize::from(callback != "before_step");
        assert_eq!((journal.count("reader closed"), journal.count("writer closed")), (opened, opened), "{callback}");
    }
}

#[test]
fn a_panic_of_a_condition_or_a_result_fails_the_job() {
    let world = World::new();
    let mut step = fine("a");
    step.when = Some(Arc::new(|_| panic!("no condition")));
    assert_eq!(failed(&world.run(&job([step]))), ("Panic", "no condition"));
    let result: overnight_framework::job::Evaluate<serde_json::Value> = Arc::new(|_| panic!("no result"));
    let ran = world.run(&Job { name: "other".to_owned(), result: Some(result), ..job([fine("a")]) });
    assert_eq!(failed(&ran), ("Panic", "no result"));
}

#[test]
fn a_panic_while_the_target_is_computed_starts_nothing() {
    let world = World::new();
    let target: overnight_framework::job::OfParams<String> = Arc::new(|_| panic!("no target"));
    let refused = world.process().launch(&Job { target: Some(target), ..job([fine("a")]) }).unwrap_err();
    assert!(matches!(refused, StartError::Declared { what: "target", .. }), "{refused}");
    assert!(world.memory.executions(&ExecutionFilter::default()).unwrap().is_empty());
}

#[test]
fn a_monitor_that_panics_does_not_fail_the_run() {
    struct Panicking;
    impl Monitor for Panicking {
        fn event(&self, _: &RunEvent<'_>) {
            panic!("nobody watches");
        }
    }
    let world = World::new();
    let chunks = Chunks { skip: skips(1), ..Chunks::of(vec![Record::Good(1), Record::Bad("x")]) };
    let ran = world.process().run_watched(&job_of(chunks.step()), &Panicking).unwrap();
    assert_eq!(ran.status, Status::Completed);
}

/// What they hear of is worse than what they do.
#[test]
fn a_panic_of_a_callback_that_hears_of_an_error_is_a_warning() {
    for (callback, place) in [("on_write_error", Place::Write), ("on_chunk_error", Place::Write)] {
        let (world, journal, watcher) = (World::new(), Journal::default(), Watcher::default());
        let listener = Recorder::new("one", &journal).panicking(callback);
        let chunks = Chunks { listeners: vec![Arc::new(listener.clone())], ..Chunks::of(numbers(1..=5)) };
        let mut step = JobStep::new("step", chunks.breaking(place).step());
        step.chunk_listeners = vec![Arc::new(listener)];
        let ran = world.process().run_watched(&job([step]), &watcher).unwrap();
        assert_eq!(failed(&ran), ("Broken", "Write broke"));
        let warning = format!("warning a listener failed to hear of an error: {callback} panicked");
        assert_eq!(watcher.0.about("warning"), [warning]);
    }
}

#[test]
fn a_panic_of_a_skip_listener_is_a_warning() {
    let (world, journal, watcher) = (World::new(), Journal::default(), Watcher::default());
    let chunks = Chunks { skip: skips(1), ..Chunks::of(numbers(1..=5)) }.accepting(refusing([3]));
    let mut step = JobStep::new("step", chunks.step());
    step.skip_listeners = vec![Arc::new(Recorder::new("one", &journal).panicking("on_skip"))];
    let ran = world.process().run_watched(&job([step]), &watcher).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(watcher.0.about("warning"), ["warning a skip listener failed: on_skip panicked"]);
}
