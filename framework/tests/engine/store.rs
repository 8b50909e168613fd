//! A store that is away while the run tells it something besides its chunks.

use overnight_framework::job::Job;
use overnight_framework::operator::StartError;
use overnight_framework::repository::{Repository, StoreErrorKind};
use overnight_framework::runner::RunError;
use overnight_framework::status::{ExitCode, Status};
use overnight_framework::step::Outcome;

use super::support::{Chunks, Crash, Fault, FaultKind, Journal, Verb, Watcher, World, job, job_of, numbers, tasklet};

fn three_steps(journal: &Journal) -> Job {
    job(["a", "b", "c"].map(|name| {
        let journal = journal.clone();
        tasklet(name, move |_| {
            journal.note(name);
            Ok(Outcome::COMPLETED)
        })
    }))
}

#[test]
fn a_verb_that_did_not_reach_the_store_is_told_again() {
    for verb in [Verb::Begin, Verb::BeginStep, Verb::EndStep, Verb::End] {
        for after in 0..3 {
            let (world, journal) = (World::new(), Journal::default());
            let away = Fault::refuse(verb, FaultKind::Unreachable).after(after).times(4);
            let ran = world.run_with(&three_steps(&journal), [away]).unwrap();
            assert_eq!(ran.status, Status::Completed, "{verb:?}");
            assert_eq!(journal.lines(), ["a", "b", "c"]);
            assert_eq!(world.steps(ran.id).len(), 3);
        }
    }
}

#[test]
fn whoever_watches_hears_once_that_the_store_is_away() {
    let (world, watcher) = (World::new(), Watcher::default());
    let process = world.process().with_fault(Fault::refuse(Verb::EndStep, FaultKind::Unreachable).times(3));
    process.run_watched(&three_steps(&Journal::default()), &watcher).unwrap();
    let told = watcher.0.about("warning waiting for the store (the end of a step): the database cannot be reached");
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn a_verb_whose_answer_is_lost_is_not_told_twice() {
    for verb in [Verb::Begin, Verb::BeginStep, Verb::EndStep, Verb::End] {
        for after in 0..3 {
            let (world, journal) = (World::new(), Journal::default());
            let rules = [
                Fault::swallow(verb, FaultKind::Unreachable).after(after).times(1),
                Fault::refuse(Verb::Read, FaultKind::Unreachable).times(2),
            ];
            let ran = world.run_with(&three_steps(&journal), rules).unwrap();
            assert_eq!(ran.status, Status::Completed, "{verb:?}");
            assert_eq!(journal.lines(), ["a", "b", "c"]);
            let events = world.memory.events(ran.id).unwrap();
            let begins = events.iter().filter(|event| event.name == "begin").count();
            let ends = events.iter().filter(|event| event.name == "end").count();
            assert_eq!((begins, ends), (4, 4), "{verb:?}");
        }
    }
}

/// The server sees the first one only after the rows were read, and before it is sent again.
#[test]
fn a_verb_that_arrives_late_is_found_on_the_rows_when_its_repetition_is_refused() {
    for verb in [Verb::Begin, Verb::BeginStep, Verb::EndStep, Verb::End] {
        let (world, journal) = (World::new(), Journal::default());
        let rules = [Fault::refuse(verb, FaultKind::Unreachable).times(1), Fault::overtaken(verb).times(1)];
        let ran = world.run_with(&three_steps(&journal), rules).unwrap();
        assert_eq!(ran.status, Status::Completed, "{verb:?}");
        assert_eq!(journal.lines(), ["a", "b", "c"]);
        assert_eq!(world.execution(ran.id).status, Status::Completed);
    }
}

#[test]
fn a_refusal_behind_an_outage_is_a_refusal_when_the_rows_do_not_say_otherwise() {
    let world = World::new();
    let away = Fault::refuse(Verb::EndStep, FaultKind::Unreachable).times(1);
    let lost =
        world.run_with(&three_steps(&Journal::default()), [away, Fault::refuse(Verb::EndStep, FaultKind::LeaseLost)]);
    assert!(matches!(lost, Err(RunError::LeaseLost)), "{lost:?}");
}

#[test]
fn a_restart_waits_for_the_history_of_its_instance() {
    let world = World::new();
    let job = job_of(Chunks::of(numbers(1..=25)).breaking(super::support::Place::Finish).step());
    world.run(&job);
    let whole = job_of(Chunks::of(numbers(1..=25)).step());
    let ran = world.run_with(&whole, [Fault::refuse(Verb::Read, FaultKind::Unreachable).times(3)]).unwrap();
    assert_eq!(ran.status, Status::Completed);
    assert_eq!(world.rows().len(), 25);
}

#[test]
fn a_store_that_is_away_for_longer_ends_the_run_without_a_last_row() {
    for verb in [Verb::Begin, Verb::BeginStep, Verb::EndStep, Verb::End] {
        let world = World::new();
        let gone = world.run_with(&three_steps(&Journal::default()), [Fault::refuse(verb, FaultKind::Unreachable)]);
        let Err(RunError::Store(error)) = gone else { panic!("{verb:?}: {gone:?}") };
        assert_eq!(error.kind, StoreErrorKind::Unreachable);
    }
}

#[test]
fn a_store_that_refuses_for_good_is_not_waited_for() {
    let world = World::new();
    let process = world.process().with_fault(Fault::refuse(Verb::EndStep, FaultKind::Full));
    assert!(matches!(process.run(&three_steps(&Journal::default())), Err(RunError::Store(_))));
    assert_eq!(process.store.count(Verb::EndStep), 1);
}

#[test]
fn a_launch_that_does_not_reach_the_store_starts_nothing() {
    let process = World::new().process().with_fault(Fault::refuse(Verb::Launch, FaultKind::Unreachable));
    let refused = process.launch(&three_steps(&Journal::default())).unwrap_err();
    assert!(matches!(refused, StartError::Store(_)), "{refused}");
}

#[test]
fn the_run_of_a_process_that_lost_its_store_goes_on_in_the_next_process_at_once() {
    let world = World::new();
    let job = job_of(Chunks::of(numbers(1..=35)).step());
    // Launch, begin, begin of the step, two chunks with a statement and a commit each, and nothing more.
    let crash = Crash { after: 9, done: false };
    assert!(matches!(world.process().crashing(crash).run(&job), Err(RunError::Store(_))));
    assert_eq!(world.rows().len(), 20);
    let ran = world.run(&job);
    assert_eq!(ran.status, Status::Completed);
    assert_eq!(world.rows(), (1..=35).collect::<Vec<_>>());
    let dead = world.execution(ran.previous_id.unwrap());
    assert_eq!((dead.status, dead.exit_code), (Status::Failed, ExitCode::WORKER_LOST));
}
