//! The defects of the systems before this one, each as a test that fails on their design.
//!
//! S1 to S12 were found by running gobatch; the numbers of Spring Batch 6 are those of its issues.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use overnight_framework::BatchError;
use overnight_framework::execution::JobExecution;
use overnight_framework::job::{Job, JobStep};
use overnight_framework::launch::{Refusal, Wish};
use overnight_framework::monitor::Unwatched;
use overnight_framework::operator::{StartError, Target};
use overnight_framework::params::{BindContext, GivenParams, ParamDeclaration, ParamType, Params, bind};
use overnight_framework::repository::{ChunkError, ExecutionFilter, Repository};
use overnight_framework::runner::RunError;
use overnight_framework::status::{ExitCode, Status, StopIntent};
use overnight_framework::step::Outcome;

use super::support::{
    Chunks, Crash, Fault, FaultKind, Journal, Place, Recorder, Verb, World, failed, job, job_of, numbers, refusing,
    retries, skips, tasklet,
};

fn declared() -> Vec<ParamDeclaration> {
    vec![ParamDeclaration::new("d", ParamType::Integer)]
}

fn params(json: &str) -> Params {
    let here = BindContext { working_dir: "/".as_ref(), base_dir: "/".as_ref() };
    bind(&declared(), &GivenParams::from_json(json).unwrap(), here).unwrap()
}

fn run_with(world: &World, job: &Job, params: &Params) -> JobExecution {
    let process = world.process();
    let ready = process.launch_with(job, params, Wish::Start).unwrap();
    process.operator.run(job, params, ready, &Unwatched).unwrap()
}

#[test]
fn gobatch_s1_a_reader_without_partitions_reads_every_row() {
    let world = World::new();
    assert_eq!(world.run(&job_of(Chunks::of(numbers(1..=25)).step())).status, Status::Completed);
    assert_eq!(world.rows().len(), 25);
}

#[test]
fn gobatch_s3_the_item_after_a_filtered_one_is_neither_lost_nor_doubled() {
    let (world, journal) = (World::new(), Journal::default());
    let chunks = Chunks { size: 5, journal: journal.clone(), ..Chunks::of(numbers(1..=5)) };
    world.run(&job_of(chunks.processing(|item| Ok((*item != 1).then_some(*item))).step()));
    assert_eq!(journal.about("process"), (1..=5).map(|item| format!("process {item}")).collect::<Vec<_>>());
    assert_eq!(world.rows(), [2, 3, 4, 5]);
}

#[test]
fn gobatch_s4_the_items_of_a_failed_chunk_are_written_by_the_restart() {
    let world = World::new();
    let chunks = Chunks { size: 5, ..Chunks::of(numbers(1..=15)) };
    let broken = world.run(&job_of(chunks.clone().accepting(refusing([8])).step()));
    assert_eq!((broken.status, world.rows().len()), (Status::Failed, 5));
    assert_eq!(world.run(&job_of(chunks.step())).status, Status::Completed);
    assert_eq!(world.rows(), (1..=15).collect::<Vec<_>>());
}

#[test]
fn gobatch_s5_a_restart_by_execution_id_has_the_parameters_of_its_instance() {
    let world = World::new();
    let failing = job([tasklet("a", |_| Err("not today".into()))]);
    let first = run_with(&world, &failing, &params(r#"{"d": 1}"#));
    let found = world.process().operator.find(&Target::Execution(first.id)).unwrap();
    let mut given = GivenParams::default();
    found.params.iter().for_each(|(name, value)| given.set_default(name, value));
    let here = BindContext { working_dir: "/".as_ref(), base_dir: "/".as_ref() };
    let again = bind(&declared(), &given, here).unwrap();
    let restarted = run_with(&world, &failing, &again);
    assert_eq!((restarted.instance_id, restarted.params), (first.instance_id, first.params));
}

#[test]
fn gobatch_s6_a_stop_ends_stopped_and_not_failed() {
    let world = World::new();
    let (process, job) = (world.process(), job_of(Chunks::of(numbers(1..=25)).step()));
    let ready = process.launch(&job).unwrap();
    process.operator.stop(ready.execution().id, StopIntent::Stopped, None).unwrap();
    let ran = process.operator.run(&job, &Params::default(), ready, &Unwatched).unwrap();
    assert_eq!((ran.status, ran.exit_code), (Status::Stopped, ExitCode::STOPPED));
}

#[test]
fn gobatch_s8_an_execution_left_started_by_a_crash_does_not_block_its_instance() {
    let world = World::new();
    let job = job_of(Chunks::of(numbers(1..=25)).step());
    let crash = Crash { after: 5, done: true };
    assert!(matches!(world.process().crashing(crash).run(&job), Err(RunError::Store(_))));
    let left = world.memory.executions(&ExecutionFilter::default()).unwrap().remove(0);
    assert_eq!(left.status, Status::Started);
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
}

#[test]
fn gobatch_s9_integers_beyond_two_to_the_53_are_different_instances() {
    let world = World::new();
    let job = job([tasklet("a", |_| Ok(Outcome::COMPLETED))]);
    let even = run_with(&world, &job, &params(r#"{"d": 9007199254740992}"#));
    let odd = run_with(&world, &job, &params(r#"{"d": 9007199254740993}"#));
    assert_ne!(even.instance_id, odd.instance_id);
}

#[test]
fn gobatch_s10_starting_a_complete_instance_is_refused_and_no_green_nothing() {
    let world = World::new();
    let job = job([tasklet("a", |_| Ok(Outcome::COMPLETED))]);
    world.run(&job);
    let refused = world.process().launch(&job).unwrap_err();
    assert!(matches!(refused, StartError::Refused(Refusal::AlreadyComplete { .. })), "{refused}");
}

#[test]
fn gobatch_s12_of_four_starts_of_a_failed_instance_at_once_one_is_accepted_a_hundred_times() {
    let world = World::new();
    let job = job([tasklet("a", |_| Err("not today".into()))]);
    world.run(&job);
    for _ in 0..100 {
        let processes: Vec<_> = (0..4).map(|_| world.process()).collect();
        // What was launched is held until all have tried: otherwise the next one would be a restart of its own right.
        let mut accepted: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                processes.iter().map(|process| (process, scope.spawn(|| process.launch(&job)))).collect();
            let answers = threads.into_iter().map(|(process, thread)| (process, thread.join().unwrap()));
            answers.filter_map(|(process, answer)| Some((process, answer.ok()?))).collect()
        });
        let (process, ready) = accepted.pop().unwrap();
        assert!(accepted.is_empty());
        process.operator.run(&job, &Params::default(), ready, &Unwatched).unwrap();
    }
}

#[test]
fn gobatch_a_failed_run_is_an_execution_that_says_so_to_its_caller() {
    let ran = World::new().run(&job([tasklet("a", |_| Err(BatchError::new("NoRates", "there are no rates")))]));
    assert_eq!(failed(&ran), ("NoRates", "there are no rates"));
}

#[test]
fn spring_5182_the_checkpoint_of_a_chunk_that_was_rolled_back_is_never_seen() {
    let (world, journal) = (World::new(), Journal::default());
    // The reader is far beyond the second chunk when that is committed, and the third one is refused.
    let (reader, beyond) = mpsc::channel();
    let chunks = Chunks { journal: journal.clone(), ..Chunks::of(numbers(1..=100)) }.processing(move |item| {
        if *item == 40 {
            // Nobody waits for the second run.
            let _ = reader.send(());
        }
        Ok(Some(*item))
    });
    let (refuse, beyond) = (refusing([25]), Mutex::new(beyond));
    let waiting = move |items: &[i64]| {
        if items.contains(&15) {
            beyond.lock().unwrap().recv().unwrap();
        }
        refuse(items)
    };
    let broken = world.run(&job_of(chunks.clone().accepting(waiting).step()));
    let step = world.step(broken.id, "step");
    assert_eq!(step.checkpoint.unwrap()["reader"]["at"], 20);
    world.run(&job_of(chunks.step()));
    assert_eq!(journal.about("reader opened"), ["reader opened at 0", "reader opened at 20"]);
    assert_eq!(world.rows(), (1..=100).collect::<Vec<_>>());
}

#[test]
fn spring_6_a_retry_never_happens_inside_the_transaction_that_was_aborted() {
    let world = World::new();
    let process = world.process();
    // A database that refuses every statement after a failed one, until the transaction ends.
    let (aborted, in_vain) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (reset, refused) = (Arc::clone(&aborted), Arc::clone(&in_vain));
    process.store.fault(Fault::first(Verb::BeginChunk, move || reset.store(false, Ordering::Relaxed)));
    let failures = AtomicU32::new(2);
    let chunks = Chunks { retry: retries(2), ..Chunks::of(numbers(1..=5)) };
    let job = job_of(
        chunks
            .accepting(move |_| {
                if aborted.load(Ordering::Relaxed) {
                    refused.fetch_add(1, Ordering::Relaxed);
                    return Err(ChunkError::Failed("current transaction is aborted".into()));
                }
                let fails = failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
                if fails.is_ok() {
                    aborted.store(true, Ordering::Relaxed);
                    return Err(ChunkError::Data(BatchError::new("Transient", "deadlock")));
                }
                Ok(())
            })
            .step(),
    );
    let ran = process.run(&job).unwrap();
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
    assert_eq!(world.rows(), [1, 2, 3, 4, 5]);
    assert_eq!(in_vain.load(Ordering::Relaxed), 0);
}

#[test]
fn spring_6_nothing_is_recorded_before_everything_is_valid() {
    let world = World::new();
    let target: overnight_framework::job::OfParams<String> = Arc::new(|_| Err("no such branch".into()));
    let job = Job { target: Some(target), ..job([tasklet("a", |_| Ok(Outcome::COMPLETED))]) };
    let refused = world.process().launch(&job).unwrap_err();
    assert!(matches!(refused, StartError::Declared { .. }), "{refused}");
    let key = Params::default().key();
    assert!(world.memory.find_instance("test", "job", key.hash()).unwrap().is_none());
}

#[test]
fn spring_5283_the_key_of_an_instance_does_not_depend_on_how_the_job_is_written() {
    let world = World::new();
    let failing = job([tasklet("a", |_| Err("not today".into()))]);
    let first = run_with(&world, &failing, &params(r#"{"d": 1}"#));
    // Another version of the program: other steps, other types, other parameters that are not given.
    let mut more = declared();
    more.push(ParamDeclaration::new("added", ParamType::String));
    let here = BindContext { working_dir: "/".as_ref(), base_dir: "/".as_ref() };
    let later = bind(&more, &GivenParams::from_json(r#"{"d": 1}"#).unwrap(), here).unwrap();
    let rewritten = job([JobStep::new("b", Chunks::of(numbers(1..=3)).step())]);
    assert_eq!(run_with(&world, &rewritten, &later).instance_id, first.instance_id);
    let instance = world.memory.instance(first.instance_id).unwrap().unwrap();
    assert_eq!(instance.params, r#"{"d":1}"#);
    // The SHA-256 of `1:{"d":1}`.
    assert_eq!(instance.key, "28ee37841fe165f8bc7ca77d992bc3629e7405afa2b1d4e0bb276c7fed6df012");
}

#[test]
fn spring_1189_a_commit_that_fails_never_completes_the_step() {
    let world = World::new();
    let chunks = Chunks { skip: skips(100), retry: retries(1), ..Chunks::of(numbers(1..=5)) };
    let ran = world.run_with(&job_of(chunks.step()), [Fault::refuse(Verb::Commit, FaultKind::Conflict)]).unwrap();
    assert_eq!(failed(&ran).0, "StoreError");
    assert!(world.rows().is_empty());
}

#[test]
fn spring_5493_a_listener_that_fails_while_bad_rows_are_searched_loses_no_item() {
    let (world, journal) = (World::new(), Journal::default());
    let listener = Arc::new(Recorder::new("one", &journal).failing("after_write"));
    let chunks = Chunks { skip: skips(5), listeners: vec![listener], ..Chunks::of(numbers(1..=10)) };
    let ran = world.run(&job_of(chunks.accepting(refusing([4])).step()));
    assert_eq!(failed(&ran).1, "after_write failed");
    assert!(world.rows().is_empty() && world.letters(&ran).is_empty());
    assert_eq!(world.step(ran.id, "step").counts.write, 0);
}

#[test]
fn spring_5509_a_chunk_that_was_rolled_back_is_not_counted_as_written() {
    let world = World::new();
    let ran = world.run(&job_of(Chunks::of(numbers(1..=25)).accepting(refusing([15])).step()));
    let counts = world.step(ran.id, "step").counts;
    assert_eq!((counts.read, counts.write, counts.commit, counts.rollback), (10, 10, 1, 2));
    assert_eq!(world.rows().len(), 10);
}

#[test]
fn spring_batch_rs_errors_of_open_flush_and_close_are_never_a_success() {
    for place in [Place::WriterOpen, Place::WriterCheckpoint, Place::Finish, Place::WriterClose] {
        let ran = World::new().run(&job_of(Chunks::of(numbers(1..=5)).breaking(place).step()));
        assert_eq!(failed(&ran).0, "Broken", "{place:?}");
    }
}

#[test]
fn spring_batch_rs_one_bad_row_does_not_take_the_rest_of_its_chunk_with_it() {
    let world = World::new();
    let chunks = Chunks { size: 5, skip: skips(5), ..Chunks::of(numbers(1..=10)) };
    let ran = world.run(&job_of(chunks.accepting(refusing([3])).step()));
    assert_eq!(ran.status, Status::Completed);
    assert_eq!(world.rows(), [1, 2, 4, 5, 6, 7, 8, 9, 10]);
}
