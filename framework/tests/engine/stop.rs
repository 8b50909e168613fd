//! Stop, pause, interrupt, abort: where a run ends, and how it goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, OnceLock};
use std::time::Duration;

use overnight_framework::BatchError;
use overnight_framework::execution::JobExecution;
use overnight_framework::job::{Job, JobStep};
use overnight_framework::monitor::{Monitor, RunEvent, Unwatched};
use overnight_framework::params::Params;
use overnight_framework::policy::{ErrorNames, RetryPolicy};
use overnight_framework::repository::memory::MemoryRepository;
use overnight_framework::repository::{ChunkError, ExecutionFilter, Repository, StopAnswer, StopError, StopOrder};
use overnight_framework::status::{Status, StopIntent};
use overnight_framework::step::Outcome;
use overnight_framework::step::chunk::ReadAhead;
use overnight_framework::stop::StopToken;

use super::support::{
    Chunks, Journal, Process, Recorder, World, failed, job, job_of, numbers, refusing, retries, tasklet,
};

/// Longer than any test.
const HOUR: Duration = Duration::from_secs(3600);

/// The token of a run that begins later than the parts that ask for its end.
#[derive(Clone, Default)]
struct Lever(Arc<OnceLock<StopToken>>);

impl Lever {
    fn pull(&self, intent: StopIntent) {
        self.0.get().unwrap().request(intent);
    }

    fn run(&self, process: &Process, job: &Job, monitor: &dyn Monitor) -> JobExecution {
        let ready = process.launch(job).unwrap();
        self.0.set(ready.stop_token().clone()).unwrap();
        process.operator.run(job, &Params::default(), ready, monitor).unwrap()
    }
}

/// Orders the end of the newest execution in the store. Another thread does it, as another process would: the thread that
/// holds a chunk may not.
fn order(store: &Arc<MemoryRepository>, intent: StopIntent) {
    let id = store.executions(&ExecutionFilter { limit: 1, ..ExecutionFilter::default() }).unwrap()[0].id;
    let order = StopOrder { id, intent, by: "operator".to_owned(), reason: Some("closing".to_owned()) };
    let store = Arc::clone(store);
    std::thread::spawn(move || store.request_stop(&order).unwrap()).join().unwrap();
}

/// Chunks of ten whose end is ordered in the store while this item is written.
fn ordered_at(world: &World, chunks: Chunks, item: i64, intent: StopIntent) -> Chunks {
    let (store, ordered) = (Arc::clone(&world.memory), AtomicBool::new(false));
    chunks.accepting(move |items| {
        if items.contains(&item) && !ordered.swap(true, Ordering::Relaxed) {
            order(&store, intent);
        }
        Ok(())
    })
}

/// The statuses that an execution went through, by its log.
fn moves(world: &World, execution: &JobExecution) -> Vec<Status> {
    let events = world.memory.events(execution.id).unwrap().into_iter();
    events.filter(|event| event.path.is_none() && event.from != event.to).filter_map(|event| event.to).collect()
}

#[test]
fn s3_37_a_stop_between_two_chunks_keeps_the_checkpoint_and_a_restart_goes_on() {
    for (intent, exit_code) in
        [(StopIntent::Stopped, "STOPPED"), (StopIntent::Paused, "PAUSED"), (StopIntent::Interrupted, "INTERRUPTED")]
    {
        let (world, journal) = (World::new(), Journal::default());
        let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=35)) };
        let job = job_of(ordered_at(&world, chunks, 15, intent).step());
        let stopped = world.run(&job);
        assert_eq!((stopped.status, stopped.exit_code.as_str()), (Status::Stopped, exit_code));
        assert_eq!(moves(&world, &stopped), [Status::Starting, Status::Started, Status::Stopping, Status::Stopped]);
        let step = world.step(stopped.id, "step");
        assert_eq!((step.status, step.exit_code.as_str(), step.counts.commit), (Status::Stopped, exit_code, 2));
        assert_eq!(world.rows(), (1..=20).collect::<Vec<_>>());
        assert_eq!(journal.count("finished"), 0);
        let restarted = world.run(&job);
        assert_eq!(restarted.status, Status::Completed, "{:?}", restarted.error);
        assert_eq!(world.rows(), (1..=35).collect::<Vec<_>>());
    }
}

#[test]
fn a_stop_that_comes_with_the_last_chunk_comes_too_late() {
    let world = World::new();
    let job = job_of(ordered_at(&world, Chunks::of(numbers(1..=25)), 25, StopIntent::Stopped).step());
    let ran = world.run(&job);
    assert_eq!(ran.status, Status::Completed);
    assert_eq!(world.rows().len(), 25);
}

#[test]
fn a_stop_that_comes_with_the_last_chunk_of_a_step_keeps_the_next_step_from_starting() {
    let (world, journal) = (World::new(), Journal::default());
    let first = JobStep::new("a", ordered_at(&world, Chunks::of(numbers(1..=25)), 25, StopIntent::Paused).step());
    let note = journal.clone();
    let second = tasklet("b", move |_| {
        note.note("b");
        Ok(Outcome::COMPLETED)
    });
    let job = job([first, second]);
    let stopped = world.run(&job);
    assert_eq!((stopped.status, stopped.exit_code.as_str()), (Status::Stopped, "PAUSED"));
    assert_eq!(world.step(stopped.id, "a").status, Status::Completed);
    assert!(journal.lines().is_empty());
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(journal.lines(), ["b"]);
}

#[test]
fn an_abort_rolls_the_open_chunk_back() {
    let (world, lever, journal) = (World::new(), Lever::default(), Journal::default());
    let (pulled, at) = (lever.clone(), AtomicBool::new(false));
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=25)) };
    let job = job_of(
        chunks
            .accepting(move |items| {
                if items.contains(&15) && !at.swap(true, Ordering::Relaxed) {
                    pulled.pull(StopIntent::Aborted);
                }
                Ok(())
            })
            .step(),
    );
    let aborted = lever.run(&world.process(), &job, &Unwatched);
    assert_eq!((aborted.status, aborted.exit_code.as_str()), (Status::Stopped, "ABORTED"));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
    assert_eq!(journal.count("rolled back"), 1);
    assert_eq!(world.step(aborted.id, "step").counts.rollback, 1);
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
}

#[test]
fn an_abort_during_the_last_chunk_is_not_taken_for_its_commit() {
    let (world, lever) = (World::new(), Lever::default());
    let (pulled, at) = (lever.clone(), AtomicBool::new(false));
    let chunks = Chunks { retry: retries(1), ..Chunks::of(numbers(1..=15)) };
    let job = job_of(
        chunks
            .accepting(move |items| {
                if items.contains(&15) && !at.swap(true, Ordering::Relaxed) {
                    pulled.pull(StopIntent::Aborted);
                    return refusing([15])(items);
                }
                Ok(())
            })
            .step(),
    );
    let aborted = lever.run(&world.process(), &job, &Unwatched);
    assert_eq!((aborted.status, aborted.exit_code.as_str()), (Status::Stopped, "ABORTED"));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(world.rows(), (1..=15).collect::<Vec<_>>());
}

#[test]
fn an_abort_does_not_wait_for_the_rest_of_a_chunk_to_be_read_and_processed() {
    let (world, lever, journal) = (World::new(), Lever::default(), Journal::default());
    let pulled = lever.clone();
    let chunks = Chunks { size: 100_000, journal: journal.clone(), ..Chunks::of(numbers(1..=100_000)) };
    let job = job_of(
        chunks
            .processing(move |item| {
                if *item == 3 {
                    pulled.pull(StopIntent::Aborted);
                }
                Ok(Some(*item))
            })
            .step(),
    );
    let aborted = lever.run(&world.process(), &job, &Unwatched);
    assert_eq!(aborted.exit_code.as_str(), "ABORTED");
    assert_eq!(journal.about("process").len(), 3);
}

/// Asks for an end when a retry is announced, just before its pause.
struct OnRetry(Lever, StopIntent);

impl Monitor for OnRetry {
    fn event(&self, event: &RunEvent<'_>) {
        if matches!(event, RunEvent::Retrying { .. }) {
            self.0.pull(self.1);
        }
    }
}

fn in_an_hour() -> RetryPolicy {
    RetryPolicy { delay: Duration::from_secs(3_600), max_delay: Duration::from_secs(3_600), ..retries(5) }
}

#[test]
fn a_stop_ends_the_pause_before_a_chunk_is_sent_again_at_once() {
    let (world, lever) = (World::new(), Lever::default());
    let chunks = Chunks { retry: in_an_hour(), ..Chunks::of(numbers(1..=25)) };
    let job = job_of(chunks.accepting(refusing([15])).step());
    let stopped = lever.run(&world.process(), &job, &OnRetry(lever.clone(), StopIntent::Stopped));
    assert_eq!((stopped.status, stopped.exit_code.as_str()), (Status::Stopped, "STOPPED"));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
}

#[test]
fn a_stop_ends_the_pause_before_the_next_attempt_of_a_step_at_once_and_keeps_its_error() {
    let (world, lever) = (World::new(), Lever::default());
    let mut step = tasklet("a", |_| Err("no luck".into()));
    step.retry = in_an_hour();
    let stopped = lever.run(&world.process(), &job([step]), &OnRetry(lever.clone(), StopIntent::Paused));
    assert_eq!((stopped.status, stopped.exit_code.as_str()), (Status::Stopped, "PAUSED"));
    let row = world.step(stopped.id, "a");
    assert_eq!((row.status, row.error.unwrap().message.as_str(), row.counts.retry), (Status::Stopped, "no luck", 0));
}

#[test]
fn a_stop_ends_the_pause_before_an_item_is_processed_again_and_the_item_is_not_taken_for_bad() {
    let (world, lever) = (World::new(), Lever::default());
    let (pulled, failing) = (lever.clone(), AtomicBool::new(true));
    let chunks = Chunks { retry: in_an_hour(), skip: super::support::skips(100), ..Chunks::of(numbers(1..=25)) };
    let job = job_of(
        chunks
            .processing(move |item| {
                if *item == 15 && failing.swap(false, Ordering::Relaxed) {
                    pulled.pull(StopIntent::Stopped);
                    return Err("busy".into());
                }
                Ok(Some(*item))
            })
            .step(),
    );
    let stopped = lever.run(&world.process(), &job, &Unwatched);
    assert_eq!(stopped.status, Status::Stopped);
    assert!(world.letters(&stopped).is_empty());
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
}

#[test]
fn a_step_with_listeners_finishes_the_chunk_it_is_in_before_it_stops() {
    let (world, lever, journal) = (World::new(), Lever::default(), Journal::default());
    let pulled = lever.clone();
    let chunks = Chunks::of(numbers(1..=35)).processing(move |item| {
        if *item == 15 {
            pulled.pull(StopIntent::Stopped);
        }
        Ok(Some(*item))
    });
    let mut step = JobStep::new("step", chunks.step());
    step.chunk_listeners = vec![Arc::new(Recorder::new("one", &journal))];
    let stopped = lever.run(&world.process(), &job([step]), &Unwatched);
    assert_eq!(stopped.status, Status::Stopped);
    assert_eq!(world.rows(), (1..=20).collect::<Vec<_>>());
    assert_eq!(journal.lines(), ["one before_chunk 1", "one after_chunk 1", "one before_chunk 2", "one after_chunk 2"]);
}

#[test]
fn the_listeners_of_a_chunk_that_is_aborted_hear_of_it() {
    let (world, lever, journal) = (World::new(), Lever::default(), Journal::default());
    let pulled = lever.clone();
    let chunks = Chunks::of(numbers(1..=5)).processing(move |item| {
        pulled.pull(StopIntent::Aborted);
        Ok(Some(*item))
    });
    let mut step = JobStep::new("step", chunks.step());
    step.chunk_listeners = vec![Arc::new(Recorder::new("one", &journal))];
    lever.run(&world.process(), &job([step]), &Unwatched);
    let expected = ["one before_chunk 1", "one on_chunk_error 1 the chunk was left: ABORTED was requested"];
    assert_eq!(journal.lines(), expected);
}

#[test]
fn a_step_that_fails_under_a_stop_request_has_failed() {
    let (world, lever) = (World::new(), Lever::default());
    let pulled = lever.clone();
    let step = tasklet("a", move |_| {
        pulled.pull(StopIntent::Stopped);
        Err("no luck".into())
    });
    assert_eq!(failed(&lever.run(&world.process(), &job([step]), &Unwatched)).1, "no luck");
}

#[test]
fn a_stop_before_the_first_step_runs_none() {
    let (world, journal) = (World::new(), Journal::default());
    let note = journal.clone();
    let job = job([tasklet("a", move |_| {
        note.note("a");
        Ok(Outcome::COMPLETED)
    })]);
    let process = world.process();
    let ready = process.launch(&job).unwrap();
    order(&world.memory, StopIntent::Stopped);
    let stopped = process.operator.run(&job, &Params::default(), ready, &Unwatched).unwrap();
    assert_eq!((stopped.status, stopped.stop_by.as_deref()), (Status::Stopped, Some("operator")));
    assert!(world.steps(stopped.id).is_empty() && journal.lines().is_empty());
}

#[test]
fn a_tasklet_that_stops_by_itself_stops_the_job() {
    let world = World::new();
    let ran = world.run(&job([tasklet("a", |_| Ok(Outcome::Stopped(StopIntent::Paused)))]));
    assert_eq!((ran.status, ran.exit_code.as_str()), (Status::Stopped, "PAUSED"));
}

#[test]
fn s3_38_stopping_what_is_stopped_changes_nothing() {
    let world = World::new();
    let stopped = world.run(&job_of(ordered_at(&world, Chunks::of(numbers(1..=35)), 5, StopIntent::Stopped).step()));
    let (row, log) = (world.execution(stopped.id), world.memory.events(stopped.id).unwrap());
    for _ in 0..2 {
        let answer = world.process().operator.stop(stopped.id, StopIntent::Stopped, None).unwrap();
        assert_eq!(answer, StopAnswer::Already(Box::new(row.clone())));
    }
    assert_eq!((world.execution(stopped.id), world.memory.events(stopped.id).unwrap()), (row, log));
}

#[test]
fn stopping_what_completed_or_may_not_be_stopped_is_refused() {
    let world = World::new();
    let done = world.run(&job([tasklet("a", |_| Ok(Outcome::COMPLETED))]));
    let process = world.process();
    let refused = process.operator.stop(done.id, StopIntent::Stopped, None).unwrap_err();
    assert!(matches!(refused, StopError::Ended { status: Status::Completed, .. }), "{refused}");
    let stubborn =
        Job { name: "stubborn".to_owned(), abortable: false, ..job([tasklet("a", |_| Ok(Outcome::COMPLETED))]) };
    let ready = process.launch(&stubborn).unwrap();
    let refused = process.operator.stop(ready.execution().id, StopIntent::Stopped, None).unwrap_err();
    assert!(matches!(refused, StopError::NotAbortable(_)), "{refused}");
}

/// What is left of the chunk is never written, so nothing of it is done.
#[test]
fn a_stop_that_cuts_a_retry_short_leaves_the_rest_of_its_chunk() {
    let (world, lever, journal) = (World::new(), Lever::default(), Journal::default());
    let pulled = lever.clone();
    let retry = RetryPolicy { delay: HOUR, max_delay: HOUR, ..retries(1) };
    let chunks = Chunks { journal: journal.clone(), retry, ahead: ReadAhead::Never, ..Chunks::of(numbers(1..=25)) };
    let chunks = chunks.processing(move |item| {
        if *item == 13 {
            pulled.pull(StopIntent::Stopped);
            return Err("busy".into());
        }
        Ok(Some(*item))
    });
    let stopped = lever.run(&world.process(), &job_of(chunks.step()), &Unwatched);
    assert_eq!(stopped.status, Status::Stopped);
    assert_eq!(journal.about("process").last().map(String::as_str), Some("process 13"));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
}

/// The reader waits for an hour then, in a chunk that nobody will take.
#[test]
fn a_writer_that_fails_does_not_wait_for_the_chunk_that_is_read_ahead() {
    let (world, arrived) = (World::new(), Arc::new(Barrier::new(2)));
    let retry =
        RetryPolicy { delay: HOUR, max_delay: HOUR, errors: ErrorNames::Named(vec!["Busy".to_owned()]), ..retries(1) };
    let ahead = Arc::clone(&arrived);
    let chunks = Chunks { retry, ..Chunks::of(numbers(1..=25)) }.processing(move |item| {
        if *item == 13 {
            ahead.wait();
            return Err(BatchError::new("Busy", "later"));
        }
        Ok(Some(*item))
    });
    let ran = world.run(&job_of(
        chunks
            .accepting(move |_| {
                arrived.wait();
                Err(ChunkError::Failed("the target is gone".into()))
            })
            .step(),
    ));
    assert_eq!(failed(&ran).1, "the target is gone");
}
