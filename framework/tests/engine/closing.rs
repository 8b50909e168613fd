//! Every error of a writer or reader fails the step, whatever the call, and both are closed once on every path.

use overnight_framework::runner::RunError;
use overnight_framework::status::{Status, StopIntent};

use super::support::{
    Chunks, Fault, FaultKind, Journal, Place, Record, Verb, Watcher, World, failed, job_of, numbers, refusing, retries,
};

fn closed(journal: &Journal) -> (usize, usize) {
    (journal.count("reader closed"), journal.count("writer closed"))
}

#[test]
fn reader_and_writer_are_closed_once_when_the_step_completes() {
    let (world, journal) = (World::new(), Journal::default());
    world.run(&job_of(Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=25)) }.step()));
    assert_eq!(closed(&journal), (1, 1));
}

#[test]
fn an_error_of_a_reader_or_writer_fails_the_step_whatever_the_call_and_both_are_closed_once() {
    for place in [
        Place::ReaderOpen,
        Place::ReaderClose,
        Place::WriterOpen,
        Place::Check,
        Place::Write,
        Place::WriterCheckpoint,
        Place::Finish,
        Place::WriterClose,
    ] {
        let (world, journal) = (World::new(), Journal::default());
        let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=25)) };
        let ran = world.run(&job_of(chunks.breaking(place).step()));
        assert_eq!(failed(&ran), ("Broken", format!("{place:?} broke").as_str()));
        assert_eq!(closed(&journal), (1, 1), "{place:?}");
        let written = matches!(place, Place::ReaderClose | Place::Finish | Place::WriterClose);
        assert_eq!(world.rows().len(), if written { 25 } else { 0 }, "{place:?}");
    }
}

#[test]
fn a_panic_of_a_reader_or_writer_fails_the_step_whatever_the_call_and_both_are_closed_once() {
    for place in [
        Place::ReaderOpen,
        Place::ReaderCheckpoint,
        Place::ReaderClose,
        Place::WriterOpen,
        Place::Check,
        Place::Write,
        Place::WriterCheckpoint,
        Place::Committed,
        Place::Finish,
        Place::WriterClose,
    ] {
        let (world, journal) = (World::new(), Journal::default());
        let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=25)) };
        let ran = world.run(&job_of(chunks.panicking(place).step()));
        assert_eq!(failed(&ran), ("Panic", format!("{place:?} panicked").as_str()));
        assert_eq!(closed(&journal), (1, 1), "{place:?}");
    }
}

#[test]
fn a_writer_that_cannot_roll_back_is_not_written_to_again() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { journal: journal.clone(), retry: retries(5), ..Chunks::of(numbers(1..=5)) };
    let ran = world.run(&job_of(chunks.breaking(Place::RolledBack).accepting(refusing([3])).step()));
    assert_eq!(failed(&ran), ("Broken", "the writer could not roll back"));
    assert_eq!(ran.error.unwrap().causes, ["RolledBack broke"]);
    assert_eq!(journal.about("write ").len(), 1);
    assert_eq!(closed(&journal), (1, 1));
}

#[test]
fn a_step_that_failed_keeps_its_error_when_closing_fails_as_well() {
    let (world, watcher) = (World::new(), Watcher::default());
    let mut records = numbers(1..=5);
    records.push(Record::Fatal);
    let ran = world
        .process()
        .run_watched(&job_of(Chunks::of(records).breaking(Place::WriterClose).step()), &watcher)
        .unwrap();
    assert_eq!(failed(&ran), ("Broken", "the reader broke"));
    assert_eq!(watcher.0.about("warning").len(), 1, "{:?}", watcher.0.lines());
}

#[test]
fn a_step_that_failed_after_its_last_chunk_writes_nothing_twice_when_it_is_restarted() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=25)) };
    assert_eq!(world.run(&job_of(chunks.clone().breaking(Place::Finish).step())).status, Status::Failed);
    assert_eq!(world.run(&job_of(chunks.step())).status, Status::Completed);
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
    assert_eq!(journal.count("finished"), 2);
}

#[test]
fn a_reader_that_breaks_keeps_the_chunks_before_it() {
    let (world, journal) = (World::new(), Journal::default());
    let mut records = numbers(1..=25);
    records[14] = Record::Fatal;
    let ran = world.run(&job_of(Chunks { journal: journal.clone(), ..Chunks::of(records) }.step()));
    assert_eq!(failed(&ran), ("Broken", "the reader broke"));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
    assert_eq!(closed(&journal), (1, 1));
}

#[test]
fn a_reader_far_ahead_does_not_hang_when_the_writer_fails() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { journal: journal.clone(), size: 1, ..Chunks::of(numbers(1..=10_000)) };
    let ran = world.run(&job_of(chunks.accepting(refusing([1])).step()));
    assert_eq!(failed(&ran).1, "1 is refused");
    assert_eq!(closed(&journal), (1, 1));
    assert!(journal.about("process").len() < 10, "it read on: {}", journal.about("process").len());
}

#[test]
fn reader_and_writer_are_closed_once_when_the_step_is_stopped() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=25)) };
    let process = world.process();
    let job = job_of(chunks.step());
    let ready = process.launch(&job).unwrap();
    ready.stop_token().request(StopIntent::Paused);
    let ran = process.operator.run(&job, &Default::default(), ready, &Watcher::default()).unwrap();
    assert_eq!((ran.status, ran.exit_code.as_str()), (Status::Stopped, "PAUSED"));
    // The request came before the step.
    assert_eq!(closed(&journal), (0, 0));
}

#[test]
fn a_writer_whose_lease_is_lost_is_closed_and_not_told_to_roll_back() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=25)) };
    let lost = world.run_with(&job_of(chunks.step()), [Fault::refuse(Verb::Commit, FaultKind::LeaseLost).after(1)]);
    assert!(matches!(lost, Err(RunError::LeaseLost)));
    // What it wrote to another store belongs to the new owner: cutting it would destroy rows that are committed.
    assert_eq!(journal.count("rolled back"), 0);
    assert_eq!(closed(&journal), (1, 1));
    assert_eq!(world.rows(), (1..=10).collect::<Vec<_>>());
}
