//! The search for the rows that a database refuses.

use overnight_framework::BatchError;
use overnight_framework::repository::{ChunkError, StoreError, StoreErrorKind};
use overnight_framework::runner::RunError;
use overnight_framework::status::Status;

use super::support::{
    Chunks, Fault, FaultKind, Journal, Verb, World, failed, job_of, numbers, refusing, retries, skips,
};

fn unclear(bad: impl Into<Vec<i64>>) -> impl Fn(&[i64]) -> Result<(), ChunkError> + Send + Sync + 'static {
    let bad = bad.into();
    move |items| match items.iter().any(|item| bad.contains(item)) {
        true => Err(ChunkError::Unclear("the server said something".into())),
        false => Ok(()),
    }
}

#[test]
fn three_bad_rows_of_a_thousand_are_found_and_every_other_row_is_written_once() {
    let world = World::new();
    let process = world.process();
    let chunks = Chunks { size: 1_000, skip: skips(3), ..Chunks::of(numbers(1..=1_000)) };
    let ran = process.run(&job_of(chunks.accepting(refusing([17, 500, 501])).step())).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    let expected: Vec<_> = (1..=1_000).filter(|item| ![17, 500, 501].contains(item)).collect();
    assert_eq!(world.rows(), expected);
    assert_eq!(world.dead(&ran), ["write 17", "write 500", "write 501"]);
    let positions: Vec<_> = world.letters(&ran).into_iter().map(|letter| letter.position["item"].as_u64()).collect();
    assert_eq!(positions, [Some(17), Some(500), Some(501)]);
    let counts = world.step(ran.id, "step").counts;
    assert_eq!((counts.write, counts.write_skip, counts.commit, counts.rollback), (997, 3, 1, 1));
    // One transaction for the attempt, one for the search; no savepoint in the first.
    assert_eq!((process.store.count(Verb::BeginChunk), process.store.count(Verb::Commit)), (2, 1));
    assert!(process.store.count(Verb::Savepoint) < 60, "{}", process.store.count(Verb::Savepoint));
    assert_eq!(
        process.store.count(Verb::Savepoint),
        process.store.count(Verb::Release) + process.store.count(Verb::RollbackTo)
    );
}

#[test]
fn one_bad_row_of_one_is_a_dead_letter() {
    let world = World::new();
    let ran = world.run(&job_of(Chunks { skip: skips(1), ..Chunks::of(numbers([1])) }.accepting(refusing([1])).step()));
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!((world.rows().len(), world.dead(&ran)), (0, vec!["write 1".to_owned()]));
}

#[test]
fn rows_that_are_all_bad_are_all_dead_letters_in_their_order() {
    let world = World::new();
    let chunks = Chunks { skip: skips(64), size: 64, ..Chunks::of(numbers(1..=64)) };
    let ran = world.run(&job_of(chunks.accepting(refusing(Vec::from_iter(1..=64))).step()));
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.dead(&ran), (1..=64).map(|item| format!("write {item}")).collect::<Vec<_>>());
    assert_eq!(world.step(ran.id, "step").counts.write_skip, 64);
}

#[test]
fn without_a_skip_policy_the_search_names_the_row_and_the_step_fails() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { journal: journal.clone(), size: 64, ..Chunks::of(numbers(1..=64)) };
    let ran = world.run(&job_of(chunks.accepting(refusing(Vec::from_iter(1..=64))).step()));
    assert_eq!(failed(&ran), ("InvalidRow", "1 is refused"));
    assert_eq!(ran.error.unwrap().position, Some(serde_json::json!({ "item": 1 })));
    assert!(world.rows().is_empty() && world.dead(&world.execution(ran.id)).is_empty());
    // It ends with the first row that may not be skipped instead of trying all of them.
    assert_eq!(journal.about("write ").len(), 1 + 7);
}

#[test]
fn an_unclear_error_is_tried_again_before_any_row_is_doubted() {
    let world = World::new();
    let process = world.process().with_fault(Fault::refuse(Verb::Commit, FaultKind::Unclear).times(1));
    let ran = process.run(&job_of(Chunks::of(numbers(1..=3)).step())).unwrap();
    assert_eq!(ran.status, Status::Completed);
    assert_eq!((world.rows(), process.store.count(Verb::Savepoint)), (vec![1, 2, 3], 0));
}

#[test]
fn a_row_with_an_unclear_error_is_a_dead_letter_when_another_row_is_accepted() {
    let world = World::new();
    let ran =
        world.run(&job_of(Chunks { skip: skips(2), ..Chunks::of(numbers(1..=10)) }.accepting(unclear([1, 7])).step()));
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.dead(&ran), ["write 1", "write 7"]);
    let letter = &world.letters(&ran)[0];
    assert_eq!(
        (letter.error.name.as_str(), letter.error.message.as_str()),
        ("InvalidRow", "the database refused the row")
    );
    assert_eq!(letter.error.causes, ["the server said something"]);
}

#[test]
fn a_chunk_that_is_refused_whole_with_unclear_errors_fails_and_fills_no_dead_letters() {
    for count in [1, 10] {
        let world = World::new();
        let chunks = Chunks { skip: skips(100), ..Chunks::of(numbers(1..=count)) };
        let ran = world.run(&job_of(chunks.accepting(unclear(Vec::from_iter(1..=count))).step()));
        assert_eq!(failed(&ran), ("StoreError", "the database refused the chunk"));
        assert!(world.letters(&ran).is_empty());
    }
}

#[test]
fn the_search_stops_sending_rows_when_more_are_in_doubt_than_may_be_skipped() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { skip: skips(3), size: 1_024, journal: journal.clone(), ..Chunks::of(numbers(1..=1_024)) };
    let ran = world.run(&job_of(chunks.accepting(unclear(Vec::from_iter(1..=1_024))).step()));
    assert_eq!(failed(&ran).0, "StoreError");
    // Twice the whole chunk, once more as the first part of the search, and the way down to the fourth row.
    assert!(journal.about("write ").len() < 20, "{}", journal.about("write ").len());
}

#[test]
fn a_full_store_never_empties_a_file_into_the_dead_letters() {
    let world = World::new();
    let full = |_: &[i64]| Err(ChunkError::Store(StoreError::from(StoreErrorKind::Full)));
    let chunks = Chunks { skip: skips(1_000), retry: retries(1), ..Chunks::of(numbers(1..=100)) };
    let ran = world.run(&job_of(chunks.accepting(full).step()));
    assert_eq!(failed(&ran), ("StoreError", "the database is full"));
    assert!(world.rows().is_empty() && world.letters(&ran).is_empty());
}

#[test]
fn a_store_that_fails_during_the_search_is_no_fault_of_the_row() {
    for verb in [Verb::Savepoint, Verb::RollbackTo, Verb::Release, Verb::DeadLetters] {
        let world = World::new();
        let chunks = Chunks { skip: skips(9), ..Chunks::of(numbers(1..=10)) };
        let job = job_of(chunks.accepting(refusing([4])).step());
        let ran = world
            .run_with(
                &job,
                [Fault::refuse(verb, FaultKind::Unreachable).after(usize::from(verb != Verb::DeadLetters)).times(1)],
            )
            .unwrap();
        assert_eq!(ran.status, Status::Completed, "{verb:?}: {:?}", ran.error);
        assert_eq!(world.rows(), [1, 2, 3, 5, 6, 7, 8, 9, 10]);
        assert_eq!(world.dead(&ran), ["write 4"]);
    }
}

#[test]
fn a_lease_that_is_lost_during_the_search_leaves_nothing_behind() {
    let world = World::new();
    let job = job_of(Chunks { skip: skips(9), ..Chunks::of(numbers(1..=10)) }.accepting(refusing([4])).step());
    let lost = world.run_with(&job, [Fault::refuse(Verb::Commit, FaultKind::LeaseLost)]);
    assert!(matches!(lost, Err(RunError::LeaseLost)));
    assert!(world.rows().is_empty());
}

#[test]
fn a_writer_that_fails_during_the_search_fails_the_chunk_and_no_row_is_lost() {
    let world = World::new();
    let chunks = Chunks { skip: skips(9), ..Chunks::of(numbers(1..=10)) };
    let job = job_of(
        chunks
            .accepting(|items| match items {
                [4] => Err(ChunkError::Failed(BatchError::new("Broken", "the network broke"))),
                items => refusing([4])(items),
            })
            .step(),
    );
    let ran = world.run(&job);
    assert_eq!(failed(&ran), ("Broken", "the network broke"));
    assert!(world.rows().is_empty() && world.letters(&ran).is_empty());
}
