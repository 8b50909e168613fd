//! Who is called when, and what an error of theirs does: the order of Spring Batch 5.

use std::sync::Arc;

use overnight_framework::BatchError;
use overnight_framework::execution::JobExecution;
use overnight_framework::job::{Job, JobStep};
use overnight_framework::listener::{JobListener, ListenerResult};
use overnight_framework::status::{ExitCode, Status, StopIntent};
use overnight_framework::step::Outcome;

use super::support::{
    Chunks, Fault, FaultKind, Journal, Place, Record, Recorder, Verb, Watcher, World, failed, job, numbers, refusing,
    retries, skips, tasklet,
};

fn listened(journal: &Journal, listeners: Vec<Recorder>) -> Job {
    let listeners = listeners.into_iter().map(|listener| Arc::new(listener) as Arc<dyn JobListener>).collect();
    let journal = journal.clone();
    let step = tasklet("a", move |_| {
        journal.note("step");
        Ok(Outcome::COMPLETED)
    });
    Job { listeners, ..job([step]) }
}

#[test]
fn s3_29_before_job_is_called_before_the_first_step_and_sees_starting() {
    let (world, journal) = (World::new(), Journal::default());
    world.run(&listened(&journal, vec![Recorder::new("one", &journal)]));
    assert_eq!(journal.lines(), ["one before_job STARTING", "step", "one after_job COMPLETED/COMPLETED"]);
}

#[test]
fn job_listeners_are_called_in_order_before_and_in_reverse_after() {
    let (world, journal) = (World::new(), Journal::default());
    world.run(&listened(&journal, vec![Recorder::new("one", &journal), Recorder::new("two", &journal)]));
    let expected = [
        "one before_job STARTING",
        "two before_job STARTING",
        "step",
        "two after_job COMPLETED/COMPLETED",
        "one after_job COMPLETED/COMPLETED",
    ];
    assert_eq!(journal.lines(), expected);
}

#[test]
fn s3_30_after_job_is_called_once_on_success_on_failure_and_on_stop() {
    for (outcome, expected) in [
        (0, "one after_job COMPLETED/COMPLETED"),
        (1, "one after_job FAILED/FAILED"),
        (2, "one after_job STOPPED/PAUSED"),
    ] {
        let (world, journal) = (World::new(), Journal::default());
        let step = tasklet("a", move |_| match outcome {
            0 => Ok(Outcome::COMPLETED),
            1 => Err("failed".into()),
            _ => Ok(Outcome::Stopped(StopIntent::Paused)),
        });
        let listeners: Vec<Arc<dyn JobListener>> = vec![Arc::new(Recorder::new("one", &journal))];
        let ran = world.run(&Job { listeners, ..job([step]) });
        assert_eq!(journal.about("one after_job"), [expected]);
        assert!(expected.contains(ran.status.as_str()));
    }
}

#[test]
fn an_error_of_before_job_fails_the_execution_before_any_step() {
    let (world, journal) = (World::new(), Journal::default());
    let listeners = vec![Recorder::new("one", &journal).failing("before_job"), Recorder::new("two", &journal)];
    let ran = world.run(&listened(&journal, listeners));
    assert_eq!(failed(&ran), ("LAUNCH_ERROR", "before_job failed"));
    assert!(world.steps(ran.id).is_empty());
    let expected =
        ["one before_job STARTING", "two after_job FAILED/LAUNCH_ERROR", "one after_job FAILED/LAUNCH_ERROR"];
    assert_eq!(journal.lines(), expected);
}

#[test]
fn an_error_of_before_job_with_a_name_of_its_own_is_the_exit_code() {
    struct Closed;
    impl JobListener for Closed {
        fn before_job(&self, _: &JobExecution) -> ListenerResult {
            Err(BatchError::new("MarketClosed", "it is a holiday"))
        }
    }
    let job = Job { listeners: vec![Arc::new(Closed)], ..job([tasklet("a", |_| Ok(Outcome::COMPLETED))]) };
    assert_eq!(failed(&World::new().run(&job)), ("MarketClosed", "it is a holiday"));
}

#[test]
fn an_error_of_after_job_fails_the_execution_and_the_others_are_still_called() {
    let (world, journal) = (World::new(), Journal::default());
    let listeners = vec![Recorder::new("one", &journal), Recorder::new("two", &journal).failing("after_job")];
    let ran = world.run(&listened(&journal, listeners));
    assert_eq!(failed(&ran), ("FAILED", "after_job failed"));
    assert_eq!(journal.about("two after"), ["two after_job COMPLETED/COMPLETED"]);
    assert_eq!(journal.about("one after"), ["one after_job FAILED/FAILED"]);
}

#[test]
fn an_error_of_after_job_does_not_hide_why_the_job_failed() {
    let (world, journal) = (World::new(), Journal::default());
    let listener = Recorder::new("one", &journal).failing("after_job");
    let job = Job {
        listeners: vec![Arc::new(listener)],
        ..job([tasklet("a", |_| Err(BatchError::new("NoRates", "there are no rates")))])
    };
    let watcher = Watcher::default();
    let ran = world.process().run_watched(&job, &watcher).unwrap();
    assert_eq!(failed(&ran), ("NoRates", "there are no rates"));
    assert_eq!(watcher.0.about("warning"), ["warning a listener failed after the job: after_job failed"]);
}

fn step_with(listeners: Vec<Recorder>, outcome: Result<Outcome, &'static str>) -> JobStep {
    let mut step = tasklet("a", move |_| outcome.clone().map_err(BatchError::from));
    for listener in listeners {
        step.listeners.push(Arc::new(listener));
    }
    step
}

#[test]
fn step_listeners_are_called_in_order_before_and_in_reverse_after_with_the_status_about_to_be_written() {
    let (world, journal) = (World::new(), Journal::default());
    let listeners = vec![Recorder::new("one", &journal), Recorder::new("two", &journal)];
    world.run(&job([step_with(listeners, Err("failed"))]));
    let expected = [
        "one before_step STARTED",
        "two before_step STARTED",
        "two after_step FAILED/FAILED",
        "one after_step FAILED/FAILED",
    ];
    assert_eq!(journal.lines(), expected);
}

#[test]
fn a_step_listener_may_replace_the_exit_code() {
    let (world, journal) = (World::new(), Journal::default());
    let listener = Recorder { exit_code: Some("COMPLETED WITH SKIPS"), ..Recorder::new("one", &journal) };
    let ran = world.run(&job([step_with(vec![listener], Ok(Outcome::COMPLETED))]));
    assert_eq!(ran.exit_code, ExitCode::COMPLETED);
    assert_eq!(world.step(ran.id, "a").exit_code.as_str(), "COMPLETED WITH SKIPS");
}

#[test]
fn an_error_of_a_step_listener_fails_the_step() {
    for callback in ["before_step", "after_step"] {
        let (world, journal) = (World::new(), Journal::default());
        let listener = Recorder::new("one", &journal).failing(callback);
        let ran = world.run(&job([step_with(vec![listener], Ok(Outcome::COMPLETED))]));
        assert_eq!(failed(&ran).1, format!("{callback} failed"));
        assert_eq!(world.step(ran.id, "a").status, Status::Failed);
        assert_eq!(journal.about("one after_step").len(), 1);
    }
}

/// A chunk step with two listeners of each kind.
fn chunks_with(chunks: Chunks, journal: &Journal) -> JobStep {
    let [one, two] = ["one", "two"].map(|name| Recorder::new(name, journal));
    let chunks = Chunks { journal: journal.clone(), ..chunks };
    let chunks = Chunks { listeners: vec![Arc::new(one.clone()), Arc::new(two.clone())], ..chunks };
    let mut step = JobStep::new("step", chunks.step());
    step.chunk_listeners = vec![Arc::new(one.clone()), Arc::new(two.clone())];
    step.skip_listeners = vec![Arc::new(one), Arc::new(two)];
    step
}

#[test]
fn chunk_and_item_listeners_are_called_in_the_order_of_spring_batch_5() {
    let (world, journal) = (World::new(), Journal::default());
    let odd = Chunks::of(numbers([1, 2])).processing(|item| Ok((*item != 1).then_some(item * 10)));
    world.run(&job([chunks_with(Chunks { size: 2, ..odd }, &journal)]));
    let expected = "reader opened at 0
writer opened at 0
one before_chunk 1
two before_chunk 1
one before_read
two before_read
two after_read 1
one after_read 1
one before_read
two before_read
two after_read 2
one after_read 2
one before_process 1
two before_process 1
process 1
two after_process 1 None
one after_process 1 None
one before_process 2
two before_process 2
process 2
two after_process 2 Some(20)
one after_process 2 Some(20)
one before_write [20]
two before_write [20]
write [20] in chunk 1
two after_write [20]
one after_write [20]
two after_chunk 1
one after_chunk 1
committed
one before_chunk 2
two before_chunk 2
one before_read
two before_read
two after_chunk 2
one after_chunk 2
committed
finished
reader closed
writer closed";
    assert_eq!(journal.lines().join("\n"), expected);
}

#[test]
fn skip_listeners_are_called_once_per_item_just_before_the_commit_in_the_order_of_the_items() {
    let (world, journal) = (World::new(), Journal::default());
    let records = vec![Record::Good(1), Record::Bad("x"), Record::Good(2), Record::Good(3), Record::Good(4)];
    let chunks = Chunks::of(records)
        .processing(|item| if *item == 3 { Err("no".into()) } else { Ok(Some(*item)) })
        .accepting(refusing([1]));
    let step = chunks_with(Chunks { skip: skips(3), ..chunks }, &journal);
    let ran = world.run(&job([step]));
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    let told =
        ["write 1", "read x", "process 3"].map(|item| [format!("one on_skip {item}"), format!("two on_skip {item}")]);
    let lines = journal.lines();
    let first = lines.iter().position(|line| line.contains("on_skip")).unwrap();
    assert_eq!(lines[first..first + 6], told.concat());
    assert_eq!(lines[first - 1], "one after_chunk 1");
    assert_eq!(lines[first + 6], "committed");
    assert_eq!(world.dead(&ran), ["write 1", "read x", "process 3"]);
}

#[test]
fn an_item_is_not_told_to_skip_listeners_again_when_its_chunk_is_sent_again() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { skip: skips(1), ..Chunks::of(vec![Record::Good(1), Record::Bad("x")]) };
    let job = job([chunks_with(chunks, &journal)]);
    let ran = world.run_with(&job, [Fault::refuse(Verb::Commit, FaultKind::Conflict).times(2)]).unwrap();
    assert_eq!(ran.status, Status::Completed);
    assert_eq!(journal.count("one on_skip read x"), 1);
    assert_eq!(journal.about("one after_chunk 1").len(), 3);
}

#[test]
fn a_failing_skip_listener_is_a_warning() {
    let (world, journal, watcher) = (World::new(), Journal::default(), Watcher::default());
    let chunks = Chunks { skip: skips(1), ..Chunks::of(vec![Record::Good(1), Record::Bad("x")]) };
    let mut step = JobStep::new("step", chunks.step());
    step.skip_listeners = vec![Arc::new(Recorder::new("one", &journal).failing("on_skip"))];
    let ran = world.process().run_watched(&job([step]), &watcher).unwrap();
    assert_eq!(ran.status, Status::Completed);
    assert_eq!(watcher.0.about("warning"), ["warning a skip listener failed: on_skip failed"]);
}

#[test]
fn callbacks_that_hear_of_an_error_cannot_make_it_worse() {
    for (callback, records, accepted) in [
        ("on_read_error", vec![Record::Good(1), Record::Bad("x")], None),
        ("on_process_error", numbers([1, 13]), None),
        ("on_write_error", numbers([1, 2]), Some(2)),
    ] {
        let (world, journal, watcher) = (World::new(), Journal::default(), Watcher::default());
        let chunks = Chunks::of(records)
            .processing(|item| if *item == 13 { Err("no".into()) } else { Ok(Some(*item)) })
            .accepting(refusing(Vec::from_iter(accepted)));
        let listener = Arc::new(Recorder::new("one", &journal).failing(callback));
        let chunks = Chunks { skip: skips(1), listeners: vec![listener], ..chunks };
        let ran = world.process().run_watched(&job([JobStep::new("step", chunks.step())]), &watcher).unwrap();
        assert_eq!(ran.status, Status::Completed, "{callback}: {:?}", ran.error);
        assert_eq!(world.rows(), [1]);
        let warning = format!("warning a listener failed to hear of an error: {callback} failed");
        assert!(watcher.0.count(&warning) >= 1, "{:?}", watcher.0.lines());
    }
}

#[test]
fn an_error_of_a_chunk_or_item_listener_rolls_the_chunk_back_and_fails_the_step() {
    let callbacks = [
        "before_chunk",
        "before_read",
        "after_read",
        "before_process",
        "after_process",
        "before_write",
        "after_write",
        "after_chunk",
    ];
    for callback in callbacks {
        let (world, journal) = (World::new(), Journal::default());
        let listener = Arc::new(Recorder::new("one", &journal).failing(callback));
        let chunks = Chunks { listeners: vec![listener.clone()], retry: retries(3), ..Chunks::of(numbers(1..=3)) };
        let mut step = JobStep::new("step", Chunks { journal: journal.clone(), ..chunks }.step());
        step.chunk_listeners = vec![listener];
        let ran = world.run(&job([step]));
        assert_eq!(failed(&ran).1, format!("{callback} failed"));
        assert_eq!(journal.about(&format!("one {callback}")).len(), 1, "no retry makes an error of {callback} good");
        assert!(world.rows().is_empty(), "{callback}");
        assert_eq!(journal.about("one on_chunk_error"), [format!("one on_chunk_error 1 {callback} failed")]);
        assert_eq!((journal.count("reader closed"), journal.count("writer closed")), (1, 1), "{callback}");
    }
}

#[test]
fn on_chunk_error_is_called_once_when_the_last_attempt_failed() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { retry: retries(2), ..Chunks::of(numbers(1..=2)) }.breaking(Place::Write);
    world.run(&job([chunks_with(chunks, &journal)]));
    assert_eq!(journal.about("two on_chunk_error"), ["two on_chunk_error 1 Write broke"]);
    let order: Vec<_> = journal.lines().into_iter().filter(|line| line.contains("on_chunk_error")).collect();
    assert!(order[0].starts_with("two") && order[1].starts_with("one"), "{order:?}");
}

#[test]
fn a_step_with_chunk_or_item_listeners_never_reads_ahead() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { size: 1, ..Chunks::of(numbers(1..=3)) };
    world.run(&job([chunks_with(chunks, &journal)]));
    let reads: Vec<_> =
        journal.lines().into_iter().filter(|line| line.starts_with("one after_read") || line == "committed").collect();
    let expected = [
        "one after_read 1",
        "committed",
        "one after_read 2",
        "committed",
        "one after_read 3",
        "committed",
        "committed",
    ];
    assert_eq!(reads, expected);
}
