//! Chunks: what is read is written, filtered or skipped, and the checkpoint is what a committed chunk carried.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use overnight_framework::BatchError;
use overnight_framework::policy::{ErrorNames, RetryPolicy};
use overnight_framework::repository::ChunkError;
use overnight_framework::status::{ExitCode, Status};
use overnight_framework::step::chunk::{
    BadItem, Batch, ChunkParts, ChunkProcessor, ChunkSource, ChunkStep, Fill, ItemWriter, Locate, PassThrough,
    Processed, ReadAhead, Retries, WriteContext,
};
use serde_json::json;

use super::support::{
    Chunks, Fault, FaultKind, Journal, Record, Verb, Watcher, World, failed, job, job_of, numbers, refusing, retries,
    skips,
};

#[test]
fn every_item_is_written_filtered_or_skipped_and_counted() {
    let world = World::new();
    let mut records = numbers(1..=25);
    records[4] = Record::Bad("x");
    let chunks = Chunks { skip: skips(9), ..Chunks::of(records) }
        .processing(|item| match item % 10 {
            0 => Ok(None),
            9 => Err("no nines".into()),
            _ => Ok(Some(item * 2)),
        })
        .accepting(refusing([4]));
    let ran = world.run(&job_of(chunks.step()));
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    let counts = world.step(ran.id, "step").counts;
    assert_eq!((counts.read, counts.write, counts.filter), (25, 19, 2));
    assert_eq!((counts.read_skip, counts.process_skip, counts.write_skip), (1, 2, 1));
    assert!(counts.balanced());
    assert_eq!(world.rows().len() as u64, counts.write);
    assert_eq!(world.dead(&ran), ["write 4", "read x", "process 9", "process 19"]);
}

#[test]
fn an_empty_input_completes_without_a_chunk() {
    let (world, journal) = (World::new(), Journal::default());
    let ran = world.run(&job_of(Chunks { journal: journal.clone(), ..Chunks::of(Vec::new()) }.step()));
    assert_eq!((ran.status, ran.exit_code), (Status::Completed, ExitCode::COMPLETED));
    assert_eq!(world.step(ran.id, "step").counts.commit, 0);
    assert_eq!(journal.count("finished"), 1);
}

#[test]
fn an_input_that_ends_with_a_full_chunk_has_no_chunk_more() {
    let world = World::new();
    let ran = world.run(&job_of(Chunks::of(numbers(1..=20)).step()));
    assert_eq!(world.step(ran.id, "step").counts.commit, 2);
}

#[test]
fn the_checkpoint_and_the_total_stand_on_the_row_of_the_step() {
    let world = World::new();
    let ran = world.run(&job_of(Chunks::of(numbers(1..=25)).step()));
    let step = world.step(ran.id, "step");
    assert_eq!(step.checkpoint, Some(json!({ "reader": { "at": 25, "items": 25 }, "writer": 25 })));
    assert_eq!(step.progress_total, Some(25));
}

#[test]
fn a_chunk_whose_items_are_all_filtered_still_moves_the_checkpoint() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=20)) };
    let ran = world.run(&job_of(chunks.processing(|_| Ok(None)).step()));
    let step = world.step(ran.id, "step");
    assert_eq!((step.counts.filter, step.counts.commit), (20, 2));
    assert!(journal.about("write ").is_empty());
    assert_eq!(step.checkpoint.unwrap()["reader"]["at"], 20);
}

#[test]
fn a_data_error_is_retried_from_memory_and_the_processor_does_not_run_again() {
    let (world, journal) = (World::new(), Journal::default());
    let refused = AtomicBool::new(false);
    let chunks = Chunks { retry: retries(1), journal: journal.clone(), ..Chunks::of(numbers(1..=3)) };
    let chunks = chunks.accepting(move |items| match refused.swap(true, Ordering::Relaxed) {
        false => refusing([items[0]])(items),
        true => Ok(()),
    });
    let ran = world.run(&job_of(chunks.step()));
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.rows(), [1, 2, 3]);
    assert_eq!(journal.about("process"), ["process 1", "process 2", "process 3"]);
    assert_eq!(journal.about("reader opened").len(), 1);
    let order: Vec<_> = journal.lines().into_iter().skip_while(|line| !line.starts_with("write ")).collect();
    let chunk = "write [1, 2, 3] in chunk 1";
    assert_eq!(order, [chunk, "rolled back", chunk, "committed", "finished", "reader closed", "writer closed"]);
    let counts = world.step(ran.id, "step").counts;
    assert_eq!((counts.retry, counts.rollback, counts.commit), (1, 1, 1));
}

#[test]
fn every_attempt_has_a_transaction_of_its_own() {
    let world = World::new();
    let process = world.process();
    let chunks = Chunks { retry: retries(2), ..Chunks::of(numbers(1..=3)) };
    let job = job_of(chunks.accepting(|_| Err(ChunkError::Failed("the disk broke".into()))).step());
    let ran = process.run(&job).unwrap();
    assert_eq!(failed(&ran).1, "the disk broke");
    assert_eq!((process.store.count(Verb::BeginChunk), process.store.count(Verb::Commit)), (3, 0));
    assert!(world.rows().is_empty());
}

#[test]
fn retries_are_bounded_and_the_counts_of_a_failed_chunk_reach_the_row_of_the_step() {
    let (world, watcher) = (World::new(), Watcher::default());
    let chunks = Chunks { retry: retries(3), ..Chunks::of(numbers(1..=15)) };
    let job = job_of(chunks.accepting(refusing([12])).step());
    let ran = world.process().run_watched(&job, &watcher).unwrap();
    assert_eq!(failed(&ran), ("InvalidRow", "12 is refused"));
    let counts = world.step(ran.id, "step").counts;
    // Four attempts of the whole chunk, and one in halves that names the row.
    assert_eq!((counts.retry, counts.rollback, counts.commit, counts.read), (3, 5, 1, 10));
    let retrying = ["retrying 2 12 is refused", "retrying 3 12 is refused", "retrying 4 12 is refused"];
    assert_eq!(watcher.0.about("retrying"), retrying);
}

#[test]
fn only_the_errors_that_the_policy_names_are_retried() {
    let world = World::new();
    let process = world.process();
    let retry = RetryPolicy { errors: ErrorNames::Named(vec!["Transient".to_owned()]), ..retries(5) };
    let job = job_of(Chunks { retry, ..Chunks::of(numbers(1..=3)) }.accepting(refusing([2])).step());
    assert_eq!(failed(&process.run(&job).unwrap()), ("InvalidRow", "2 is refused"));
    // The whole chunk, and the search for the row.
    assert_eq!(process.store.count(Verb::BeginChunk), 2);
}

#[test]
fn processing_an_item_is_retried_before_any_transaction_is_open() {
    let (world, journal) = (World::new(), Journal::default());
    let process = world.process();
    let chunks = Chunks { retry: retries(2), journal: journal.clone(), ..Chunks::of(numbers(1..=3)) };
    let tries = std::sync::atomic::AtomicU32::new(0);
    let chunks = chunks.processing(move |item| match *item {
        2 if tries.fetch_add(1, Ordering::Relaxed) < 2 => Err(BatchError::new("Transient", "busy")),
        _ => Ok(Some(*item)),
    });
    let ran = process.run(&job_of(chunks.step())).unwrap();
    assert_eq!(world.rows(), [1, 2, 3]);
    assert_eq!(journal.count("process 2"), 3);
    let counts = world.step(ran.id, "step").counts;
    assert_eq!((counts.retry, counts.rollback), (2, 0));
    assert_eq!(process.store.count(Verb::BeginChunk), 1);
}

#[test]
fn an_item_that_exhausts_its_retries_fails_the_step_with_its_position_and_its_count() {
    let world = World::new();
    let chunks = Chunks { retry: retries(2), ..Chunks::of(numbers(1..=3)) };
    let job = job_of(chunks.processing(|item| if *item == 2 { Err("busy".into()) } else { Ok(Some(*item)) }).step());
    let ran = world.run(&job);
    assert_eq!(failed(&ran).1, "busy");
    assert_eq!(ran.error.unwrap().position, Some(json!({ "item": 2 })));
    assert_eq!(world.step(ran.id, "step").counts.retry, 2);
}

#[test]
fn items_that_an_encoder_refuses_are_skipped_before_the_transaction_and_the_rest_keeps_its_places() {
    let world = World::new();
    let process = world.process();
    let chunks = Chunks { skip: skips(5), ..Chunks::of(numbers(1..=10)) };
    let chunks = chunks.checking(|items| {
        let bad = items.iter().enumerate().filter(|(_, item)| **item % 4 == 0);
        // In no order and one of them twice: the engine is not to be led astray.
        let mut errors: Vec<_> = bad.map(|(index, item)| (index, BatchError::from(format!("{item} is no")))).collect();
        errors.push((errors[0].0, "again".into()));
        errors.reverse();
        errors
    });
    let ran = process.run(&job_of(chunks.accepting(refusing([7])).step())).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.rows(), [1, 2, 3, 5, 6, 9, 10]);
    assert_eq!(world.dead(&ran), ["write 4", "write 7", "write 8"]);
    let positions: Vec<_> = world.letters(&ran).into_iter().map(|letter| letter.position["item"].as_u64()).collect();
    assert_eq!(positions, [Some(4), Some(7), Some(8)]);
}

#[test]
fn refusing_every_item_of_a_large_chunk_takes_one_pass() {
    let world = World::new();
    let chunks = Chunks { size: 100_000, skip: skips(100_000), ..Chunks::of(numbers(1..=100_000)) };
    let job = job_of(chunks.checking(|items| (0..items.len()).map(|index| (index, "no".into())).collect()).step());
    let ran = world.run(&job);
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.step(ran.id, "step").counts.write_skip, 100_000);
}

#[test]
fn the_position_after_records_that_hold_no_item_is_kept() {
    /// Ten items, then blank lines that are read at the end without giving an item.
    struct Trailing(u64);
    impl ChunkSource<i64> for Trailing {
        fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
            self.0 = from.and_then(serde_json::Value::as_u64).unwrap_or(0);
            Ok(())
        }
        fn fill(&mut self, _: usize, batch: &mut Batch<i64>) -> Result<Fill, BatchError> {
            if self.0 == 0 {
                self.0 = 10;
                (1..=10).for_each(|item| batch.push(item as u64, item));
                return Ok(Fill::More);
            }
            self.0 = 15;
            Ok(Fill::End)
        }
        fn checkpoint(&self) -> serde_json::Value {
            json!(self.0)
        }
        fn locator(&self) -> Locate {
            Arc::new(|line| json!({ "line": line }))
        }
    }
    let world = World::new();
    let ran = world.run(&job_of(of_source(|| Trailing(0))));
    let step = world.step(ran.id, "step");
    assert_eq!((step.counts.commit, step.counts.read), (2, 10));
    assert_eq!(step.checkpoint.unwrap()["reader"], 15);
}

struct Discard;

impl ItemWriter<i64> for Discard {
    fn write(&mut self, _: &[i64], _: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        Ok(())
    }
}

fn of_source<S: ChunkSource<i64> + 'static>(source: impl Fn() -> S + Send + Sync + 'static) -> ChunkStep {
    ChunkStep::new(move |_| {
        let describe =
            |item: &i64| overnight_framework::repository::Payload { kind: "debug", bytes: item.to_string().into() };
        Ok(ChunkParts::of_chunks(Box::new(source()), Box::new(PassThrough), Box::new(Discard), Arc::new(describe)))
    })
}

#[test]
fn a_processor_that_loses_items_fails_the_step_although_everything_is_written() {
    struct Losing;
    impl ChunkProcessor<i64, i64> for Losing {
        fn process(
            &mut self,
            input: &mut Batch<i64>,
            output: &mut Processed<i64>,
            _: &mut Retries<'_>,
        ) -> Result<(), BatchError> {
            for (item, place) in input.items.drain(..).zip(input.places.drain(..)).skip(1) {
                output.push(place, item);
            }
            Ok(())
        }
    }
    struct Three(bool);
    impl ChunkSource<i64> for Three {
        fn open(&mut self, _: Option<&serde_json::Value>) -> Result<(), BatchError> {
            Ok(())
        }
        fn fill(&mut self, _: usize, batch: &mut Batch<i64>) -> Result<Fill, BatchError> {
            (1..=3).for_each(|item| batch.push(item as u64, item));
            Ok(Fill::End)
        }
        fn checkpoint(&self) -> serde_json::Value {
            json!(self.0)
        }
        fn locator(&self) -> Locate {
            Arc::new(|item| json!(item))
        }
    }
    let step = ChunkStep::new(|_| {
        let describe = |_: &i64| overnight_framework::repository::Payload { kind: "debug", bytes: Vec::new() };
        Ok(ChunkParts::of_chunks(Box::new(Three(true)), Box::new(Losing), Box::new(Discard), Arc::new(describe)))
    });
    let ran = World::new().run(&job_of(step));
    assert_eq!(failed(&ran).0, "CountMismatch");
}

#[test]
fn places_of_bad_records_are_told_in_the_words_of_the_source() {
    struct Lines;
    impl ChunkSource<i64> for Lines {
        fn open(&mut self, _: Option<&serde_json::Value>) -> Result<(), BatchError> {
            Ok(())
        }
        fn fill(&mut self, _: usize, batch: &mut Batch<i64>) -> Result<Fill, BatchError> {
            batch.push(2, 1);
            let payload = overnight_framework::repository::Payload { kind: "csv", bytes: b"a,b".to_vec() };
            batch.bad.push(BadItem { place: 3, payload, error: BatchError::new("InvalidRow", "two columns") });
            Ok(Fill::End)
        }
        fn checkpoint(&self) -> serde_json::Value {
            json!(3)
        }
        fn locator(&self) -> Locate {
            Arc::new(|line| json!({ "file": "a.csv", "line": line }))
        }
    }
    let world = World::new();
    let ran = world.run(&job_of(of_source(|| Lines).skip(skips(1))));
    let letters = world.letters(&ran);
    assert_eq!(letters[0].position, json!({ "file": "a.csv", "line": 3 }));
    assert_eq!((letters[0].payload_kind.as_str(), letters[0].payload.as_slice()), ("csv", b"a,b".as_slice()));
    assert_eq!((letters[0].error.name.as_str(), letters[0].error.message.as_str()), ("InvalidRow", "two columns"));
}

#[test]
fn a_conflict_is_replayed_five_times_and_then_fails() {
    for (conflicts, expected) in [(5, Status::Completed), (6, Status::Failed)] {
        let world = World::new();
        let job = job([overnight_framework::job::JobStep::new("step", Chunks::of(numbers(1..=3)).step())]);
        let ran = world.run_with(&job, [Fault::refuse(Verb::Commit, FaultKind::Conflict).times(conflicts)]).unwrap();
        assert_eq!(ran.status, expected);
        let counts = world.step(ran.id, "step").counts;
        assert_eq!((counts.retry, counts.rollback), (5, conflicts as u64));
        assert_eq!(world.rows().len(), if conflicts == 5 { 3 } else { 0 });
    }
}

/// The threads that read and that write each chunk, when both take so long by the clock of the process.
fn threads(ahead: ReadAhead, reading: Duration, writing: Duration) -> Vec<(ThreadId, ThreadId)> {
    let world = World::new();
    let process = world.process();
    let (readers, writers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (read, wrote) = (Arc::clone(&readers), Arc::clone(&writers));
    let (slow_read, slow_write) = (process.clock.clone(), process.clock.clone());
    let chunks = Chunks { ahead, size: 1, ..Chunks::of(numbers(1..=4)) };
    let chunks = chunks.processing(move |item| {
        slow_read.advance(reading);
        read.lock().unwrap().push(std::thread::current().id());
        Ok(Some(*item))
    });
    let chunks = chunks.accepting(move |_| {
        slow_write.advance(writing);
        wrote.lock().unwrap().push(std::thread::current().id());
        Ok(())
    });
    assert_eq!(process.run(&job_of(chunks.step())).unwrap().status, Status::Completed);
    assert_eq!(world.rows(), [1, 2, 3, 4]);
    let (readers, writers) = (readers.lock().unwrap(), writers.lock().unwrap());
    readers.iter().copied().zip(writers.iter().copied()).collect()
}

#[test]
fn reading_ahead_begins_when_a_chunk_shows_that_it_pays() {
    let long = Duration::from_millis(1);
    let pays = threads(ReadAhead::WhenItPays, long, long);
    assert_eq!(pays[0].0, pays[0].1);
    assert!(pays[1..].iter().all(|(reader, writer)| reader != writer));
    for (reading, writing) in [(Duration::ZERO, long), (long, Duration::ZERO)] {
        assert!(threads(ReadAhead::WhenItPays, reading, writing).iter().all(|(reader, writer)| reader == writer));
    }
    assert!(threads(ReadAhead::Always, Duration::ZERO, Duration::ZERO).iter().all(|(reader, writer)| reader != writer));
    assert!(threads(ReadAhead::Never, long, long).iter().all(|(reader, writer)| reader == writer));
}
