//! Restarts: what is skipped, what goes on, and where.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use overnight_framework::BatchError;
use overnight_framework::execution::Trigger;
use overnight_framework::job::{Job, JobStep, Rerun};
use overnight_framework::launch::{Refusal, Restartability, Wish};
use overnight_framework::operator::StartError;
use overnight_framework::params::Params;
use overnight_framework::repository::{ChunkError, Repository};
use overnight_framework::runner::RunError;
use overnight_framework::status::Status;
use overnight_framework::step::{Outcome, StepContext};

use super::support::{Chunks, Crash, Journal, Record, World, failed, job, job_of, numbers, refusing, skips, tasklet};

/// A tasklet that fails so many times before it works.
fn flaky(name: &'static str, failures: u32, journal: &Journal) -> JobStep {
    let (left, journal) = (Arc::new(AtomicU32::new(failures)), journal.clone());
    tasklet(name, move |_| {
        journal.note(name);
        match left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
            Ok(_) => Err(format!("{name} failed").into()),
            Err(_) => Ok(Outcome::COMPLETED),
        }
    })
}

#[test]
fn a_restart_skips_completed_steps_and_keeps_their_outputs() {
    let (world, journal) = (World::new(), Journal::default());
    let first = tasklet("a", |context: &mut StepContext<'_>| {
        context.state.outputs.insert("total".to_owned(), 7.into());
        Ok(Outcome::Completed("GOOD".into()))
    });
    let reading = tasklet("c", |context: &mut StepContext<'_>| {
        let a = &context.job.steps[0];
        assert_eq!((a.name.as_str(), a.exit_code.as_str(), a.outputs["total"].as_i64()), ("a", "GOOD", Some(7)));
        Ok(Outcome::COMPLETED)
    });
    let job = job([first, flaky("b", 1, &journal), reading]);
    let broken = world.run(&job);
    assert_eq!(broken.status, Status::Failed);
    let restarted = world.run(&job);
    assert_eq!(restarted.status, Status::Completed, "{:?}", restarted.error);
    assert_eq!((restarted.instance_id, restarted.previous_id), (broken.instance_id, Some(broken.id)));
    assert_eq!((broken.attempt, restarted.attempt), (1, 2));
    let names: Vec<_> = world.steps(restarted.id).into_iter().map(|step| step.name).collect();
    assert_eq!(names, ["b", "c"]);
}

#[test]
fn s3_39_a_restart_skips_completed_steps_and_goes_on_after_the_last_committed_chunk() {
    let (world, journal) = (World::new(), Journal::default());
    let fail = Arc::new(AtomicU32::new(1));
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=35)) };
    let chunks = JobStep::new("step", chunks.accepting(failing_once(25, &fail)).step());
    let job = job([flaky("before", 0, &journal), chunks]);
    let broken = world.run(&job);
    assert_eq!(broken.status, Status::Failed);
    assert_eq!(world.rows(), (1..=20).collect::<Vec<_>>());
    let restarted = world.run(&job);
    assert_eq!(restarted.status, Status::Completed, "{:?}", restarted.error);
    assert_eq!((restarted.instance_id, restarted.previous_id), (broken.instance_id, Some(broken.id)));
    assert_eq!(journal.count("before"), 1);
    assert_eq!(world.rows(), (1..=35).collect::<Vec<_>>());
    assert_eq!(journal.about("reader opened"), ["reader opened at 0", "reader opened at 20"]);
    assert_eq!(journal.about("writer opened"), ["writer opened at 0", "writer opened at 20"]);
}

/// Fails the first so many times that this item is written.
fn failing_once(item: i64, left: &Arc<AtomicU32>) -> impl Fn(&[i64]) -> Result<(), ChunkError> + Send + Sync + 'static {
    let left = Arc::clone(left);
    move |items| {
        let meets = items.contains(&item);
        if meets && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            let error = BatchError::new("Broken", "the disk broke");
            return Err(ChunkError::Failed(error));
        }
        Ok(())
    }
}

#[test]
fn the_counts_of_each_execution_are_its_own_and_add_up_over_the_instance() {
    let world = World::new();
    let fail = Arc::new(AtomicU32::new(1));
    let job = job_of(Chunks::of(numbers(1..=35)).accepting(failing_once(25, &fail)).step());
    let (broken, restarted) = (world.run(&job), world.run(&job));
    let (first, second) = (world.step(broken.id, "step").counts, world.step(restarted.id, "step").counts);
    assert_eq!((first.read, first.write, first.commit, first.rollback), (20, 20, 2, 1));
    assert_eq!((second.read, second.write, second.commit, second.rollback), (15, 15, 2, 0));
    let history = world.memory.history(broken.instance_id).unwrap();
    assert_eq!((history[0].total.read, history[0].total.write, history[0].starts), (35, 35, 2));
    assert!(history[0].total.balanced());
}

#[test]
fn skip_limits_count_over_the_instance() {
    let world = World::new();
    let fail = Arc::new(AtomicU32::new(1));
    let mut records = numbers(1..=30);
    records[3] = Record::Bad("x");
    records[24] = Record::Bad("y");
    let chunks = Chunks { skip: skips(1), ..Chunks::of(records) }.accepting(failing_once(15, &fail));
    let job = job_of(chunks.step());
    assert_eq!(failed(&world.run(&job)), ("Broken", "the disk broke"));
    let restarted = world.run(&job);
    assert_eq!(failed(&restarted), ("InvalidRow", "one bad record more than the skip limit of 1 allows"));
    assert_eq!(world.dead(&restarted), ["read x"]);
}

#[test]
fn a_step_that_always_runs_again_starts_from_the_beginning() {
    let (world, journal) = (World::new(), Journal::default());
    let mut first = JobStep::new("a", Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=3)) }.step());
    first.rerun = Rerun::Always;
    let job = job([first, flaky("b", 1, &Journal::default())]);
    world.run(&job);
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(world.rows(), [1, 2, 3, 1, 2, 3]);
    assert_eq!(journal.about("reader opened"), ["reader opened at 0", "reader opened at 0"]);
}

/// One bad record of two is allowed in each pass, and the pass that is continued is still the same one.
#[test]
fn the_skips_of_an_earlier_pass_do_not_count_in_a_step_that_always_runs_again() {
    let (world, fail) = (World::new(), Arc::new(AtomicU32::new(0)));
    let mut records = numbers(1..=30);
    records[3] = Record::Bad("x");
    let chunks = Chunks { skip: skips(1), ..Chunks::of(records) }.accepting(failing_once(15, &fail));
    let mut first = JobStep::new("a", chunks.step());
    first.rerun = Rerun::Always;
    let job = job([first, flaky("b", 2, &Journal::default())]);
    assert_eq!(failed(&world.run(&job)).1, "b failed");
    fail.store(1, Ordering::Relaxed);
    assert_eq!(failed(&world.run(&job)), ("Broken", "the disk broke"));
    assert_eq!(failed(&world.run(&job)).1, "b failed");
    let last = world.run(&job);
    assert_eq!(last.status, Status::Completed, "{:?}", last.error);
}

#[test]
fn a_step_is_not_begun_more_often_than_its_limit() {
    let (world, journal) = (World::new(), Journal::default());
    let mut step = flaky("a", 9, &journal);
    step.max_starts = Some(2);
    let job = job([step]);
    assert_eq!(failed(&world.run(&job)).1, "a failed");
    assert_eq!(failed(&world.run(&job)).1, "a failed");
    let third = world.run(&job);
    assert_eq!(failed(&third), ("StartLimitExceeded", "step a was begun 2 times, its `max_starts` is 2"));
    assert!(world.steps(third.id).is_empty());
    assert_eq!(journal.lines().len(), 2);
}

#[test]
fn the_limit_of_a_step_counts_what_was_begun_and_is_asked_only_when_it_is_to_run() {
    let (world, journal, runs) = (World::new(), Journal::default(), Arc::new(AtomicUsize::new(0)));
    let run = Arc::clone(&runs);
    let mut step = flaky("a", 0, &journal);
    step.max_starts = Some(1);
    step.rerun = Rerun::Always;
    // The first time it is passed over, then it is begun, and then it is passed over again.
    step.when = Some(Arc::new(move |_| Ok(run.load(Ordering::Relaxed) == 1)));
    let job = job([step, tasklet("b", |_| Err("b failed".into()))]);
    for number in 0..3 {
        runs.store(number, Ordering::Relaxed);
        assert_eq!(failed(&world.run(&job)).1, "b failed", "run {number}");
    }
    assert_eq!(journal.lines().len(), 1);
    runs.store(1, Ordering::Relaxed);
    assert_eq!(failed(&world.run(&job)), ("StartLimitExceeded", "step a was begun 1 times, its `max_starts` is 1"));
}

#[test]
fn a_step_that_was_passed_over_is_asked_again_and_goes_on_where_it_was_left() {
    let (world, run) = (World::new(), Arc::new(AtomicUsize::new(0)));
    // Passed over, begun and broken behind its first chunk, passed over once more, and then done.
    let asked = Arc::clone(&run);
    let broken = Arc::clone(&run);
    let chunks = Chunks::of(numbers(1..=25)).accepting(move |items| {
        if broken.load(Ordering::Relaxed) == 1 && items.contains(&15) {
            Err(ChunkError::Failed("no 15".into()))
        } else {
            Ok(())
        }
    });
    let mut load = JobStep::new("load", chunks.step());
    load.when = Some(Arc::new(move |_| Ok(asked.load(Ordering::Relaxed) % 2 == 1)));
    let job = job([load, tasklet("b", |_| Err("b failed".into()))]);
    for (number, rows) in [(0, 0), (1, 10), (2, 10), (3, 25)] {
        run.store(number, Ordering::Relaxed);
        assert_eq!(world.run(&job).status, Status::Failed, "run {number}");
        assert_eq!(world.rows(), (1..=rows).collect::<Vec<_>>(), "run {number}");
    }
    // What is complete is passed over whatever its condition says.
    run.store(5, Ordering::Relaxed);
    assert_eq!(world.run(&job).status, Status::Failed);
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
}

/// The second run dies before its step ends.
#[test]
fn the_outputs_of_a_step_outlive_a_crash_of_the_run_that_goes_on_with_it() {
    let (world, runs) = (World::new(), AtomicUsize::new(0));
    let job = job([tasklet("a", move |context| match runs.fetch_add(1, Ordering::Relaxed) {
        0 => {
            context.state.outputs.insert("total".to_owned(), 7.into());
            Err("a failed".into())
        }
        _ => {
            assert_eq!(context.state.outputs["total"].as_i64(), Some(7));
            Ok(Outcome::COMPLETED)
        }
    })]);
    assert_eq!(failed(&world.run(&job)).1, "a failed");
    // Launch, history, begin and begin of the step.
    let crash = Crash { after: 4, done: false };
    assert!(matches!(world.process().crashing(crash).run(&job), Err(RunError::Store(_))));
    let last = world.run(&job);
    assert_eq!(last.status, Status::Completed, "{:?}", last.error);
    assert_eq!(world.step(last.id, "a").outputs["total"].as_i64(), Some(7));
}

#[test]
fn a_job_that_is_not_restartable_gets_one_execution() {
    let world = World::new();
    let once = Job { restartability: Restartability::Once, ..job([flaky("a", 1, &Journal::default())]) };
    let broken = world.run(&once);
    let refused = world.process().launch(&once).unwrap_err();
    let expected = Refusal::NotRestartable { id: broken.id, status: Status::Failed };
    assert!(matches!(refused, StartError::Refused(refusal) if refusal == expected), "{refused}");
}

#[test]
fn a_complete_instance_is_refused_and_nothing_is_written() {
    let world = World::new();
    let job = job([flaky("a", 0, &Journal::default())]);
    let done = world.run(&job);
    for wish in [Wish::Start, Wish::Restart] {
        let refused = world.process().launch_with(&job, &Params::default(), wish).unwrap_err();
        assert!(matches!(refused, StartError::Refused(Refusal::AlreadyComplete { id }) if id == done.id), "{refused}");
    }
    assert_eq!(world.memory.executions(&overnight_framework::repository::ExecutionFilter::default()).unwrap().len(), 1);
}

#[test]
fn the_context_of_a_step_and_what_it_promotes_survive_restarts() {
    let world = World::new();
    let counting = tasklet("a", |context: &mut StepContext<'_>| {
        let runs = context.state.context.get("runs").and_then(serde_json::Value::as_i64).unwrap_or(0) + 1;
        assert_eq!(context.job.context.get("runs").and_then(serde_json::Value::as_i64).unwrap_or(0), runs - 1);
        context.state.context.insert("runs".to_owned(), runs.into());
        context.state.promoted.insert("runs".to_owned());
        if runs < 3 { Err("once more".into()) } else { Ok(Outcome::COMPLETED) }
    });
    let job = job([counting]);
    assert_eq!(failed(&world.run(&job)).1, "once more");
    assert_eq!(failed(&world.run(&job)).1, "once more");
    let third = world.run(&job);
    assert_eq!(third.status, Status::Completed, "{:?}", third.error);
    assert_eq!(world.execution(third.id).context["runs"], 3);
}

#[test]
fn a_restart_runs_a_step_that_was_added_and_forgets_one_that_was_removed() {
    let (world, journal) = (World::new(), Journal::default());
    let fail = flaky("b", 1, &journal);
    world.run(&job([flaky("a", 0, &journal), flaky("gone", 0, &journal), fail.clone()]));
    let restarted = world.run(&job([flaky("new", 0, &journal), flaky("a", 0, &journal), fail]));
    assert_eq!(restarted.status, Status::Completed, "{:?}", restarted.error);
    assert_eq!(journal.lines(), ["a", "gone", "b", "new", "b"]);
}

#[test]
fn a_restart_by_another_trigger_is_recorded_as_such() {
    let world = World::new();
    let job = job([flaky("a", 1, &Journal::default())]);
    world.run(&job);
    let process = world.process();
    let ready = process.launch_with(&job, &Params::default(), Wish::Restart).unwrap();
    assert_eq!((ready.execution().trigger, ready.execution().status), (Trigger::Library, Status::Starting));
}

#[test]
fn a_step_that_is_retried_goes_on_from_its_committed_checkpoint() {
    let (world, journal) = (World::new(), Journal::default());
    let fail = Arc::new(AtomicU32::new(2));
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=30)) };
    let mut step = JobStep::new("step", chunks.accepting(failing_once(25, &fail)).step());
    step.retry = super::support::retries(2);
    let ran = world.run(&job([step]));
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.rows(), (1..=30).collect::<Vec<_>>());
    let opened = ["reader opened at 0", "reader opened at 20", "reader opened at 20"];
    assert_eq!(journal.about("reader opened"), opened);
    // The number of a chunk is a key for idempotent writes: the same chunk sent again has the same.
    assert_eq!(journal.about("write [21").len(), 3);
    assert!(journal.about("write [21").iter().all(|line| line.ends_with("in chunk 3")));
    let counts = world.step(ran.id, "step").counts;
    assert_eq!((counts.read, counts.commit, counts.rollback, counts.retry), (30, 3, 2, 2));
}

#[test]
fn a_bad_record_that_stays_bad_fails_every_restart_and_loses_nothing() {
    let world = World::new();
    let job = job_of(Chunks::of(numbers(1..=15)).accepting(refusing([12])).step());
    for _ in 0..3 {
        let ran = world.run(&job);
        assert_eq!(failed(&ran), ("InvalidRow", "12 is refused"));
        assert_eq!(ran.error.unwrap().position, Some(serde_json::json!({ "item": 12 })));
        assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
    }
}
