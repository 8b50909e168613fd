//! Chunks whose commit is refused, not answered, or not possible for a while.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use overnight_framework::BatchError;
use overnight_framework::clock::ManualClock;
use overnight_framework::error::names;
use overnight_framework::job::JobStep;
use overnight_framework::launch::Refusal;
use overnight_framework::monitor::{Monitor, RunEvent};
use overnight_framework::operator::StartError;
use overnight_framework::params::Params;
use overnight_framework::policy::SkipPolicy;
use overnight_framework::repository::ChunkError;
use overnight_framework::runner::RunError;
use overnight_framework::status::{ExitCode, Status, StopIntent};
use overnight_framework::stop::StopToken;

use super::support::{
    Chunks, Fault, FaultKind, Journal, Verb, Watcher, World, failed, job, job_of, numbers, retries, skips,
};
use super::takeover::take_over;

fn all() -> Vec<i64> {
    (1..=25).collect()
}

#[test]
fn a_commit_whose_answer_is_lost_is_found_on_the_row_and_not_repeated() {
    for chunk in 0..3 {
        let (world, journal) = (World::new(), Journal::default());
        let job = job_of(Chunks { journal: journal.clone(), ..Chunks::of(numbers(all())) }.step());
        let lost = Fault::swallow(Verb::Commit, FaultKind::OutcomeUnknown).after(chunk).times(1);
        let ran = world.run_with(&job, [lost]).unwrap();
        assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
        assert_eq!(world.rows(), all());
        assert_eq!(journal.about("write ").len(), 3);
        let counts = world.step(ran.id, "step").counts;
        assert_eq!((counts.read, counts.commit, counts.rollback, counts.retry), (25, 3, 0, 0));
    }
}

#[test]
fn a_commit_that_never_arrived_is_repeated() {
    for chunk in 0..3 {
        let world = World::new();
        let lost = Fault::refuse(Verb::Commit, FaultKind::OutcomeUnknown).after(chunk).times(1);
        let ran = world.run_with(&job_of(Chunks::of(numbers(all())).step()), [lost]).unwrap();
        assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
        assert_eq!(world.rows(), all());
        assert_eq!(world.step(ran.id, "step").counts.rollback, 1);
    }
}

/// The server sees the COMMIT only after the row was looked up, and while the chunk is sent again.
#[test]
fn a_commit_that_arrives_late_and_its_replay_are_one_chunk() {
    for chunk in 0..3 {
        let (world, watcher) = (World::new(), Watcher::default());
        let process = world.process();
        process.store.fault(Fault::late_commit().after(chunk).times(1));
        let ran = process.run_watched(&job_of(Chunks::of(numbers(all())).step()), &watcher).unwrap();
        assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
        assert_eq!(process.store.count(Verb::Commit), 4);
        assert_eq!(watcher.0.about("retrying").len(), 1);
        assert_eq!(world.rows(), all());
        let counts = world.step(ran.id, "step").counts;
        assert_eq!((counts.read, counts.write, counts.commit), (25, 25, 3));
    }
}

/// The table has a key: before the fence is asked the database says that the rows are there already.
#[test]
fn rows_that_a_late_commit_wrote_are_not_the_fault_of_its_replay() {
    for skip in [SkipPolicy::NEVER, skips(100)] {
        let world = World::new();
        let seen = Mutex::new(BTreeSet::new());
        let unique = move |items: &[i64]| {
            let mut seen = seen.lock().unwrap();
            let refused = items.iter().find(|item| !seen.insert(**item));
            refused.map_or(Ok(()), |_| Err(ChunkError::Data(BatchError::new(names::INVALID_ROW, "duplicate key"))))
        };
        let chunks = Chunks { skip, ..Chunks::of(numbers(all())) }.accepting(unique);
        let ran = world.run_with(&job_of(chunks.step()), [Fault::late_commit().after(1).times(1)]).unwrap();
        assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
        assert_eq!(world.rows(), all());
        assert!(world.letters(&ran).is_empty());
    }
}

/// A COMMIT that was on its way counts, whatever else ends the step.
#[test]
fn a_late_commit_is_found_before_the_step_fails_of_something_else() {
    let conflicts = Fault::refuse(Verb::Commit, FaultKind::Conflict).times(6);
    let unclear = Fault::refuse(Verb::Commit, FaultKind::Unclear);
    for after in [Some(conflicts), Some(unclear.times(3)), None] {
        let (world, journal) = (World::new(), Journal::default());
        let (sent, breaks) = (AtomicBool::new(false), after.is_none());
        let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(all())) }.accepting(move |items| {
            match breaks && items.contains(&15) && sent.swap(true, Ordering::Relaxed) {
                true => Err(ChunkError::Failed("the disk broke".into())),
                false => Ok(()),
            }
        });
        let rules = [Some(Fault::late_commit().after(1).times(1)), after];
        let ran = world.run_with(&job_of(chunks.step()), rules.into_iter().flatten()).unwrap();
        assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
        assert_eq!(world.rows(), all());
        let counts = world.step(ran.id, "step").counts;
        assert_eq!((counts.read, counts.write, counts.commit), (25, 25, 3));
    }
}

/// A monitor that asks the run to end when a chunk is sent again.
struct StopsReplay {
    token: StopToken,
    intent: StopIntent,
}

impl Monitor for StopsReplay {
    fn event(&self, event: &RunEvent<'_>) {
        if matches!(event, RunEvent::Retrying { .. }) {
            self.token.request(self.intent);
        }
    }
}

#[test]
fn a_stop_while_an_answer_is_missing_ends_behind_the_chunk_that_came_through() {
    for intent in [StopIntent::Stopped, StopIntent::Aborted] {
        let (world, journal) = (World::new(), Journal::default());
        let process = world.process().with_fault(Fault::late_commit().after(1).times(1));
        let job = job_of(Chunks { journal: journal.clone(), ..Chunks::of(numbers(all())) }.step());
        let ready = process.launch(&job).unwrap();
        let monitor = StopsReplay { token: ready.stop_token().clone(), intent };
        let ran = process.operator.run(&job, &Params::default(), ready, &monitor).unwrap();
        assert_eq!((ran.status, ran.exit_code.as_str()), (Status::Stopped, intent.as_str()));
        assert_eq!(world.rows(), (1..=20).collect::<Vec<_>>());
        assert_eq!(world.step(ran.id, "step").counts.read, 20);
        assert_eq!(journal.count("committed"), 2);
        assert_eq!(world.run(&job).status, Status::Completed);
        assert_eq!(world.rows(), all());
    }
}

/// Nobody knows whether the COMMIT is lost or late: what the writer did stays, and the row tells whoever goes on.
#[test]
fn an_abort_while_an_answer_is_missing_undoes_nothing() {
    let (world, journal) = (World::new(), Journal::default());
    let process = world.process().with_fault(Fault::refuse(Verb::Commit, FaultKind::OutcomeUnknown).after(1).times(1));
    let job = job_of(Chunks { journal: journal.clone(), ..Chunks::of(numbers(all())) }.step());
    let ready = process.launch(&job).unwrap();
    let monitor = StopsReplay { token: ready.stop_token().clone(), intent: StopIntent::Aborted };
    let ran = process.operator.run(&job, &Params::default(), ready, &monitor);
    assert!(matches!(ran, Err(RunError::Store(_))), "{ran:?}");
    assert_eq!(journal.count("rolled back"), 0);
    drop(process);
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(world.rows(), all());
}

/// Another holder of the same lease, which there never is, or a row that was changed by hand.
#[test]
fn a_chunk_out_of_turn_that_nobody_sent_before_fails_the_step() {
    let world = World::new();
    let process = world.process().with_fault(Fault::refuse(Verb::Commit, FaultKind::OutOfTurn).after(1));
    let ran = process.run(&job_of(Chunks::of(numbers(all())).step())).unwrap();
    assert!(failed(&ran).1.starts_with("the chunk is out of turn"), "{ran:?}");
    assert_eq!(process.store.count(Verb::Commit), 2);
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
}

#[test]
fn a_commit_that_the_store_lost_fails_the_step_with_what_the_store_has() {
    let world = World::new();
    let job = job_of(Chunks::of(numbers(all())).step());
    let process = world.process().with_fault(Fault::lost_commit().after(1).times(1));
    let ran = process.run(&job).unwrap();
    assert!(failed(&ran).1.starts_with("the chunk is out of turn"), "{ran:?}");
    let counts = world.steps(ran.id)[0].counts;
    assert_eq!((counts.read, counts.write, counts.commit), (10, 10, 1));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
    drop(process);
    let ran = world.run(&job);
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.rows(), all());
    assert_eq!(world.steps(ran.id)[0].counts.read, all().len() as u64 - 10);
}

#[test]
fn a_commit_without_an_answer_is_looked_up_until_the_store_is_back() {
    for rule in [
        Fault::swallow(Verb::Commit, FaultKind::OutcomeUnknown),
        Fault::refuse(Verb::Commit, FaultKind::OutcomeUnknown),
    ] {
        let world = World::new();
        let away = Fault::refuse(Verb::Read, FaultKind::Unreachable).times(5);
        let ran = world.run_with(&job_of(Chunks::of(numbers(all())).step()), [rule.times(1), away]).unwrap();
        assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
        assert_eq!(world.rows(), all());
    }
}

#[test]
fn a_worker_that_was_replaced_while_it_waited_for_an_answer_leaves() {
    let world = World::new();
    let process = world.process().with_fault(Fault::refuse(Verb::Commit, FaultKind::OutcomeUnknown).after(1).times(1));
    let memory = Arc::clone(&world.memory);
    process.store.fault(Fault::first(Verb::Read, move || take_over(&memory)).times(1));
    let job = job_of(Chunks::of(numbers(all())).step());
    assert!(matches!(process.run(&job), Err(RunError::LeaseLost)));
    assert_eq!(process.store.count(Verb::Commit), 2);
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(world.rows(), all());
}

/// Nobody knows whether the chunk is there. Neither the row nor what the writer did elsewhere is touched, and no retry policy of
/// the step begins it again: the row tells whoever goes on.
#[test]
fn a_commit_of_which_nobody_hears_again_leaves_the_row_to_whoever_goes_on() {
    for commit in [Fault::swallow, Fault::refuse] {
        let (world, journal) = (World::new(), Journal::default());
        let step = JobStep {
            retry: retries(9),
            ..JobStep::new("step", Chunks { journal: journal.clone(), ..Chunks::of(numbers(all())) }.step())
        };
        let job = job([step]);
        let process = world.process().with_fault(commit(Verb::Commit, FaultKind::OutcomeUnknown).after(1).times(1));
        let process = process.with_fault(Fault::refuse(Verb::Read, FaultKind::Unreachable));
        assert!(matches!(process.run(&job), Err(RunError::Store(_))));
        assert_eq!((journal.count("rolled back"), process.store.count(Verb::Commit)), (0, 2));
        drop(process);
        let ran = world.run(&job);
        assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
        assert_eq!(world.rows(), all());
        let first = world.step(ran.previous_id.unwrap(), "step").counts;
        assert_eq!(first.read + world.step(ran.id, "step").counts.read, 25);
    }
}

#[test]
fn a_commit_that_never_gets_an_answer_is_given_up_in_the_end() {
    let world = World::new();
    let process = world.process().with_fault(Fault::refuse(Verb::Commit, FaultKind::OutcomeUnknown));
    assert!(matches!(process.run(&job_of(Chunks::of(numbers(all())).step())), Err(RunError::Store(_))));
    assert!(process.store.count(Verb::Commit) < 30);
    assert!(world.rows().is_empty());
}

#[test]
fn s3_27_a_writer_that_cannot_know_what_it_did_ends_step_and_job_unknown() {
    let world = World::new();
    let chunks = Chunks::of(numbers(all()));
    let job = job_of(
        chunks
            .accepting(|items| match items.contains(&15) {
                true => Err(ChunkError::OutcomeUnknown("the other bank did not answer".into())),
                false => Ok(()),
            })
            .step(),
    );
    let ran = world.run(&job);
    assert_eq!((ran.status, &ran.exit_code), (Status::Unknown, &ExitCode::UNKNOWN));
    assert_eq!(
        ran.error.as_ref().unwrap().chain(),
        "the outcome of the commit is unknown: the other bank did not answer"
    );
    assert_eq!(world.step(ran.id, "step").status, Status::Unknown);
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
    let refused = world.process().launch(&job).unwrap_err();
    assert!(matches!(refused, StartError::Refused(Refusal::Unknown { id }) if id == ran.id), "{refused}");
}

#[test]
fn a_store_that_is_away_for_a_while_is_waited_for_and_the_chunk_is_sent_from_memory() {
    for verb in [Verb::BeginChunk, Verb::Commit] {
        let (world, journal, watcher) = (World::new(), Journal::default(), Watcher::default());
        let job = job_of(Chunks { journal: journal.clone(), ..Chunks::of(numbers(all())) }.step());
        let process = world.process().with_fault(Fault::refuse(verb, FaultKind::Unreachable).after(1).times(10));
        let ran = process.run_watched(&job, &watcher).unwrap();
        assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
        assert_eq!(world.rows(), all());
        assert_eq!(journal.about("process").len(), 25);
        assert_eq!(watcher.0.about("retrying").len(), 10);
        assert_eq!(watcher.0.about("retrying")[0], "retrying 2 the database cannot be reached");
        assert_eq!(world.step(ran.id, "step").counts.retry, 10);
    }
}

/// Only what was begun can be rolled back.
#[test]
fn a_chunk_that_got_no_transaction_is_no_rollback() {
    for (verb, rollbacks) in [(Verb::BeginChunk, 0), (Verb::Commit, 4)] {
        let world = World::new();
        let rule = Fault::refuse(verb, FaultKind::Unreachable).after(1).times(4);
        let ran = world.run_with(&job_of(Chunks::of(numbers(all())).step()), [rule]).unwrap();
        assert_eq!(world.step(ran.id, "step").counts.rollback, rollbacks);
    }
}

#[test]
fn a_full_store_is_not_waited_for() {
    let world = World::new();
    let process = world.process().with_fault(Fault::refuse(Verb::BeginChunk, FaultKind::Full));
    let ran = process.run(&job_of(Chunks::of(numbers(all())).step())).unwrap();
    assert_eq!(failed(&ran), ("StoreError", "the database is full"));
    assert_eq!(process.store.count(Verb::BeginChunk), 1);
}

#[test]
fn outages_and_conflicts_are_no_retries_of_the_step_itself() {
    let world = World::new();
    let job = job_of(Chunks::of(numbers(all())).step());
    let rules = [
        Fault::refuse(Verb::Commit, FaultKind::Conflict).times(4),
        Fault::refuse(Verb::BeginChunk, FaultKind::Unreachable).times(6),
        Fault::refuse(Verb::Commit, FaultKind::OutcomeUnknown).after(4).times(2),
    ];
    // The step has no retry policy; all of this is the store's.
    let ran = world.run_with(&job, rules).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.rows(), all());
}

/// A process that was frozen does better the second time; a writer that takes so long does not, and sends its items elsewhere again.
#[test]
fn a_chunk_whose_transaction_was_idle_for_too_long_is_sent_again_once() {
    for (times, written) in [(1, 25), (2, 10)] {
        let (world, left) = (World::new(), AtomicU32::new(times));
        let chunks = Chunks::of(numbers(all())).accepting(move |items| {
            let ended = items.contains(&15)
                && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
            match ended {
                true => Err(ChunkError::Idle { limit: Duration::from_secs(60), source: "no connection".into() }),
                false => Ok(()),
            }
        });
        let process = world.process();
        let ran = process.run(&job_of(chunks.step())).unwrap();
        assert_eq!(world.rows(), (1..=written).collect::<Vec<_>>());
        if times == 1 {
            assert_eq!(ran.status, Status::Completed);
        } else {
            let message = "the server ended the chunk's transaction, in which nothing was sent for 60s: a writer that needs longer \
                           sets `idle_timeout` below `chunk`";
            assert_eq!(failed(&ran), ("StoreError", message));
            assert_eq!(process.store.count(Verb::BeginChunk), 3);
        }
    }
}

#[test]
fn a_step_sets_how_long_its_chunks_may_be_idle() {
    let (own, default) = (Duration::from_secs(600), Duration::from_secs(60));
    for (step, expected) in
        [(Chunks::of(numbers(1..=3)).step(), default), (Chunks::of(numbers(1..=3)).step().idle_timeout(own), own)]
    {
        let world = World::new();
        let process = world.process();
        process.run(&job_of(step)).unwrap();
        assert_eq!(process.store.idle_timeouts(), [expected]);
    }
}

/// A monitor for whom every attempt takes as long as waiting for a connection does.
struct Slowly(ManualClock);

impl Monitor for Slowly {
    fn event(&self, event: &RunEvent<'_>) {
        if matches!(event, RunEvent::Retrying { .. }) {
            self.0.advance(Duration::from_secs(10));
        }
    }
}

#[test]
fn a_store_that_is_away_is_given_up_after_a_minute_however_long_an_attempt_takes_and_the_run_is_left_to_whoever_goes_on()
 {
    let world = World::new();
    let job = job_of(Chunks::of(numbers(all())).step());
    let process = world.process().with_fault(Fault::refuse(Verb::BeginChunk, FaultKind::Unreachable));
    // Past its stop line a worker asks for its lease first, which counts as an attempt.
    let process = process.with_fault(Fault::refuse(Verb::Beat, FaultKind::Unreachable));
    let monitor = Slowly(process.clock.clone());
    assert!(matches!(process.run_watched(&job, &monitor), Err(RunError::Store(_))));
    assert_eq!(process.store.count(Verb::BeginChunk) + process.store.count(Verb::Beat), 7);
    drop(process);
    let ran = world.run(&job);
    assert_eq!((ran.status, world.rows()), (Status::Completed, all()));
    assert_eq!(world.execution(ran.previous_id.unwrap()).exit_code, ExitCode::WORKER_LOST);
}
