//! What tests of jobs are made of, tested: runs, their assertions and messages, and the death of a process at every point.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use overnight_framework::BatchError;
use overnight_framework::builder::{JobBuilder, StepBuilder};
use overnight_framework::job::Job;
use overnight_framework::monitor::Happened;
use overnight_framework::policy::SkipPolicy;
use overnight_framework::repository::{ChunkError, Repository};
use overnight_framework::resource::Res;
use overnight_framework::status::Status;
use overnight_framework::step::chunk::{Chunk, Items, WriteContext};
use overnight_framework::step::{Json, StepContext};
use overnight_framework::testing::{
    self, Collect, Crash, Fault, FaultKind, Gate, Record, Refusing, Scripted, Verb, World, crash_everywhere,
};
use overnight_framework::{Params, job};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Bills the guests of a night.
#[derive(Clone, Debug, Params)]
#[params(crate = overnight_framework)]
struct Night {
    guests: i64,
    #[param(default = 10)]
    price: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bill {
    guest: i64,
    amount: i64,
}

struct Hotel(&'static str);

#[job(crate = overnight_framework)]
impl Night {
    #[step]
    fn greet(&self, hotel: &Res<Hotel>, step: &mut StepContext<'_>) -> Json<serde_json::Value> {
        step.output(&format!("{} has {} guests", hotel.0, self.guests));
        Json(json!({ "guests": self.guests }))
    }

    #[step(chunk = 2, when = "steps.greet.exit_code == 'COMPLETED'", skip = "50%")]
    fn bill(&self) -> Chunk {
        let price = self.price;
        let bill = move |guest: &i64| Ok(Some(Bill { guest: *guest, amount: price * guest }));
        let refuses = |bill: &Bill| (bill.amount > 1_000).then(|| BatchError::new("TooMuch", "nobody pays that"));
        let writer = Refusing::new(Collect::into("bills"), refuses);
        Chunk::read(Items::of(1..=self.guests)).process(bill).write(writer)
    }
}

fn night() -> Job {
    overnight_framework::registry::Registry::default().job::<Night>().find("night").unwrap()
}

fn bill(guest: i64, amount: i64) -> Bill {
    Bill { guest, amount }
}

#[test]
fn a_whole_job_runs_with_its_parameters_and_resources() {
    let ran = testing::run(&night()).param("guests", 3).resource(Hotel("Overnight")).go();
    ran.assert_completed();
    ran.step("greet").assert_completed().assert_output("guests", 3);
    ran.step("bill").assert_read(3).assert_written(3).assert_filtered(0).assert_skipped(0);
    assert_eq!(ran.rows::<Bill>("bills"), [bill(1, 10), bill(2, 20), bill(3, 30)]);
    assert_eq!(ran.output(), ["Overnight has 3 guests"]);
    assert!(matches!(ran.events.first(), Some(Happened::Started(_))));
    assert!(matches!(ran.events.last(), Some(Happened::Ended(last)) if **last == ran.execution));
}

#[test]
fn one_step_runs_alone_whatever_its_condition_says() {
    let ran = testing::run(&night()).params(&Night { guests: 5, price: 1 }).step("bill").go();
    ran.assert_completed().step("bill").assert_written(5);
    assert_eq!(ran.steps.len(), 1);
}

#[test]
fn what_a_writer_refuses_is_skipped_and_its_chunk_is_written_without_it() {
    let ran = testing::run(&night()).params(&Night { guests: 3, price: 400 }).resource(Hotel("Overnight")).go();
    ran.assert_completed().step("bill").assert_written(2).assert_skipped(1);
    assert_eq!(ran.letters[0].error.name, "TooMuch");
    assert_eq!(ran.rows::<Bill>("bills"), [bill(1, 400), bill(2, 800)]);
}

/// What a failed assertion says.
fn said<T>(assertion: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(assertion()))).unwrap_err();
    BatchError::panicked(panic.as_ref()).message().to_owned()
}

#[test]
fn an_assertion_that_does_not_hold_shows_what_the_run_did() {
    let records =
        [Record::Item(1), Record::Bad("x;y".to_owned()), Record::Item(3), Record::Broken("torn tape".to_owned())];
    let parts = move |_: &(), _: &StepContext<'_>| {
        Ok(Chunk::read(Scripted::of(records.clone())).write(Collect::<i32>::into("out")))
    };
    let load = StepBuilder::chunk("load", 1, parts).skip(SkipPolicy::per_million(1_000_000));
    let job = JobBuilder::<()>::new("tape").step(load).build().unwrap();
    let ran = testing::run(&job).go();
    assert_eq!(
        said(|| ran.assert_completed()),
        "assertion `left == right` failed: the status\n\
         job tape is FAILED/FAILED\n  Error: torn tape\n  \
         step load is FAILED/FAILED: 3 read, 2 written, 0 filtered, 1 skipped\n  \
         read {\"item\":2} was skipped: InvalidRow: bad record x;y\n  left: Failed\n right: Completed"
    );
    assert!(
        said(|| ran.step("load").assert_written(3))
            .starts_with("assertion `left == right` failed: written by step `load`\njob tape")
    );
    assert!(said(|| ran.step("laod")).starts_with("no step `laod` ran\njob tape"));
    assert!(said(|| testing::run(&job).step("laod")).contains("job tape has no step `laod`"));
    ran.assert_failed("Error").step("load").assert_failed("Error");
    assert_eq!(ran.rows::<i32>("out"), [1, 3]);
}

#[test]
fn the_clock_of_the_store_stands_where_the_test_puts_it() {
    let now = "2026-10-30T23:59:00Z".parse().unwrap();
    let ran = testing::run(&night()).at(now).param("guests", 1).resource(Hotel("Overnight")).go();
    assert_eq!((ran.execution.created_at, ran.execution.ended_at), (now, Some(now)));
}

#[test]
fn a_fault_on_the_way_to_the_store_meets_the_run() {
    let refused = Fault::refuse(Verb::Commit, FaultKind::Conflict).times(2);
    let ran = testing::run(&night()).param("guests", 3).resource(Hotel("Overnight")).fault(refused).go();
    ran.assert_completed();
    assert_eq!(ran.step("bill").step.counts.rollback, 2);
}

/// Two chunk steps, the second of which goes on with what the first one wrote.
fn two_steps() -> Job {
    let step = |name: &'static str, from: i64| {
        let parts =
            move |_: &(), _: &StepContext<'_>| Ok(Chunk::read(Items::of(from..from + 7)).write(Collect::into(name)));
        StepBuilder::chunk(name, 3, parts)
    };
    JobBuilder::<()>::new("two").step(step("first", 1)).step(step("second", 100)).build().unwrap()
}

#[test]
fn wherever_a_process_dies_the_next_one_brings_its_job_to_the_end_with_every_row_once() {
    let points = crash_everywhere(&two_steps(), (), |ran| {
        ran.assert_completed();
        assert_eq!(ran.rows::<i64>("first"), (1..8).collect::<Vec<_>>());
        assert_eq!(ran.rows::<i64>("second"), (100..107).collect::<Vec<_>>());
    });
    // Launch, begin and end; of each step its begin and end and three chunks, each with its begin, its commit and a statement
    // for each item. Everything before it is done, and after.
    assert_eq!(points, 2 * (3 + 2 * (2 + 3 * 2 + 7)));
}

#[test]
fn a_job_that_doubles_a_row_after_a_crash_is_found_out() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let elsewhere = Arc::clone(&sent);
    let parts = move |_: &(), _: &StepContext<'_>| {
        let sent = Arc::clone(&elsewhere);
        let send = move |items: &[i64], _: &mut WriteContext<'_>| -> Result<(), ChunkError> {
            sent.lock().unwrap().extend_from_slice(items);
            Ok(())
        };
        Ok(Chunk::read(Items::of(1..=4)).write(send))
    };
    let job = JobBuilder::<()>::new("sends").step(StepBuilder::chunk("send", 2, parts)).build().unwrap();
    let said =
        said(|| crash_everywhere(&job, (), |_| assert_eq!(std::mem::take(&mut *sent.lock().unwrap()), [1, 2, 3, 4])));
    assert!(said.contains("left: [1, 2, 1, 2, 3, 4]"), "{said}");
}

#[test]
fn a_process_that_is_dead_reaches_its_store_no_more() {
    let world = World::new();
    let process = world.process().crashing(Crash { after: 1, done: false });
    assert!(process.store.now().is_ok() && !process.store.is_dead());
    assert!(process.store.now().is_err() && process.store.is_dead());
    assert_eq!(process.store.calls(), [Verb::Read, Verb::Read]);
    assert!(process.store.now().is_err());
}

#[test]
fn a_gate_holds_a_job_until_the_test_opens_it() {
    let gate = Gate::default();
    let passed = std::thread::spawn({
        let gate = gate.clone();
        move || gate.pass()
    });
    gate.reached();
    assert!(!passed.is_finished());
    gate.open();
    passed.join().unwrap();
    // An open gate holds nobody.
    gate.pass();
}

#[test]
fn a_run_that_is_stopped_says_so() {
    let stop = StepBuilder::tasklet("stop", |_: &(), _: &mut StepContext<'_>| {
        overnight_framework::step::Outcome::Stopped(overnight_framework::status::StopIntent::Stopped)
    });
    let ran = testing::run(&JobBuilder::<()>::new("stops").step(stop).build().unwrap()).go();
    ran.assert_stopped().assert_status(Status::Stopped);
}
