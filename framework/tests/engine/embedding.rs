//! The engine inside a program: its verbs, what they refuse, what subscribers hear, and how it leaves.

use std::pin::pin;
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use overnight_framework::builder::{JobBuilder, StepBuilder};
use overnight_framework::engine::{
    LostRun, Notice, Pending, RestartJobError, RunHandle, StartJobError, StopJobError, Subscription, WaitJobError,
};
use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::job::{Job, JobStep};
use overnight_framework::launch::Refusal;
use overnight_framework::monitor::Happened;
use overnight_framework::operator::StartError;
use overnight_framework::params::{ParamDeclaration, ParamType};
use overnight_framework::registry::Registry;
use overnight_framework::repository::{ExecutionFilter, LaunchRequest, Repository, Revision, StoreErrorKind};
use overnight_framework::status::Status;
use overnight_framework::step::{BlockOn, Outcome, Park, StepContext};
use overnight_framework::worker::Timing;
use overnight_framework::{Engine, Params};
use serde_json::json;

use super::support::{Chunks, Fault, FaultKind, Gate, Process, Verb, World, job, numbers, tasklet};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(60);

/// An engine in a process of its own.
fn engine(world: &World, jobs: impl IntoIterator<Item = Job>) -> Engine {
    engine_in(world.process(), jobs)
}

fn engine_in(process: Process, jobs: impl IntoIterator<Item = Job>) -> Engine {
    Engine::over(process.0.operator, jobs.into_iter().fold(Registry::default(), |all, job| all.built(Ok(job))))
}

fn named(name: &str, steps: impl IntoIterator<Item = JobStep>) -> Job {
    Job { name: name.to_owned(), ..job(steps) }
}

fn quick(name: &str) -> Job {
    named(name, [tasklet("only", |_| Ok(Outcome::COMPLETED))])
}

/// A job that stands at a gate.
fn gated(name: &str, gate: &Gate) -> Job {
    let gate = gate.clone();
    named(
        name,
        [tasklet("wait", move |_| {
            gate.pass();
            Ok(Outcome::COMPLETED)
        })],
    )
}

/// Twenty-five numbers in chunks of ten; the job stands at the gate with the first of the second chunk.
fn chunks(name: &str, gate: &Gate) -> Job {
    let gate = gate.clone();
    let step = Chunks::of(numbers(1..=25)).accepting(move |items| {
        if items.contains(&11) {
            gate.pass();
        }
        Ok(())
    });
    named(name, [JobStep::new("load", step.step())])
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut answer = None;
    Park.block_on(pin!(async { answer = Some(future.await) }));
    answer.unwrap()
}

fn count(world: &World) -> usize {
    world.memory.executions(&ExecutionFilter::default()).unwrap().len()
}

fn ended(ran: &JobExecution) -> (Status, &str) {
    (ran.status, ran.exit_code.as_str())
}

#[test]
fn what_a_program_shares_between_threads_can_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    fn sent<T: Send + 'static>() {}
    shared::<Engine>();
    shared::<RunHandle>();
    shared::<Subscription>();
    shared::<StartJobError>();
    shared::<RestartJobError>();
    shared::<StopJobError>();
    shared::<WaitJobError>();
    sent::<Pending<Result<JobExecution, StartJobError>>>();
}

#[test]
fn s3_32_a_start_of_the_library_returns_when_the_job_has_ended_also_a_failed_one() {
    let world = World::new();
    let failing = named("failing", [tasklet("break", |_| Err("no luck".into()))]);
    let engine = engine(&world, [quick("quick"), failing]);
    assert_eq!(ended(&engine.start("quick", ()).unwrap()), (Status::Completed, "COMPLETED"));
    let failed = engine.start("failing", ()).unwrap();
    assert_eq!((failed.status, failed.error.unwrap().message.as_str()), (Status::Failed, "no luck"));
}

/// Nobody can end a thread: its run ends without it, and who shuts down does not wait for it.
#[test]
fn a_step_that_hangs_fails_with_its_timeout_and_is_left_behind() {
    let (world, gate) = (World::new(), Gate::default());
    let held = gate.clone();
    let hang = tasklet("hang", move |_| {
        held.pass();
        Ok(Outcome::COMPLETED)
    });
    let hang = JobStep { timeout: Some(Duration::from_millis(1)), ..hang };
    let process = world.process_on("here", Timing::beating(Duration::from_millis(20)));
    let engine = engine_in(process, [named("hanging", [hang])]);
    let mut events = engine.subscribe();
    let run = engine.start_async("hanging", ()).unwrap();
    gate.reached();
    let failed = run.wait().unwrap();
    assert_eq!(ended(&failed), (Status::Failed, "TIMEOUT"));
    let why = "the step ran longer than its timeout of 1ms, and did not end when it was asked to";
    assert_eq!(failed.exit_message.as_deref(), Some(why));
    assert_eq!(world.step(run.id(), "hang").exit_code.as_str(), "TIMEOUT");
    let is_end =
        |notice: &Notice| matches!(notice, Notice::Event(event) if matches!(event.happened, Happened::Ended { .. }));
    assert!(events.any(|notice| is_end(&notice)));
    assert_eq!(engine.shutdown(LONG), [run.id()]);
    gate.open();
}

#[test]
fn s3_33_an_asynchronous_start_returns_while_the_job_runs_and_the_job_does_not_depend_on_the_handle() {
    let (world, gate) = (World::new(), Gate::default());
    let engine = engine(&world, [gated("gated", &gate)]);
    let run = engine.start_async("gated", ()).unwrap();
    let id = run.id();
    gate.reached();
    assert_eq!(world.execution(id).status, Status::Started);
    drop(run);
    gate.open();
    assert_eq!(engine.wait(id).unwrap().status, Status::Completed);
}

#[test]
fn s3_34_a_caller_stops_waiting_when_it_wants_and_the_handle_stops_the_run_at_its_next_chunk() {
    let (world, gate) = (World::new(), Gate::default());
    let engine = engine(&world, [chunks("load", &gate)]);
    let run = engine.start_async("load", ()).unwrap();
    gate.reached();
    assert_eq!(run.wait_for(Duration::from_millis(1)).unwrap(), None);
    run.stop();
    gate.open();
    assert_eq!(ended(&run.wait().unwrap()), (Status::Stopped, "INTERRUPTED"));
    // The chunk that was under way is whole, and nothing behind it was begun.
    assert_eq!(world.rows(), (1..=20).collect::<Vec<_>>());
}

#[test]
fn a_dropped_future_ends_no_run_and_what_it_began_goes_on() {
    let (world, gate) = (World::new(), Gate::default());
    let engine = engine(&world, [chunks("load", &gate)]);
    let mut future = engine.nonblocking().start("load", ());
    assert!(matches!(pin!(&mut future).poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    gate.reached();
    drop(future);
    gate.open();
    let newest = engine.operator().find(&"load".into()).unwrap();
    assert_eq!(engine.wait(newest.id).unwrap().status, Status::Completed);
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
}

#[test]
fn every_verb_is_there_for_tasks() {
    let (world, gate) = (World::new(), Gate::default());
    let engine = engine(&world, [quick("quick"), chunks("load", &gate)]);
    block_on(async {
        let tasks = engine.nonblocking();
        assert_eq!(tasks.start("quick", ()).await.unwrap().status, Status::Completed);
        let refused = tasks.start("quick", "[1]").await.unwrap_err();
        assert!(matches!(refused, StartJobError::Document(_)), "{refused}");

        let run = tasks.start_async("load", ()).await.unwrap();
        gate.reached();
        assert_eq!(tasks.stop(run.id()).await.unwrap().status, Status::Stopping);
        gate.open();
        assert_eq!(tasks.wait(run.id()).await.unwrap().status, Status::Stopped);
        assert_eq!(run.clone().await.unwrap().status, Status::Stopped);
        assert_eq!(tasks.restart(run.id()).await.unwrap().status, Status::Completed);
        let refused = tasks.restart_async("load").await.unwrap_err();
        assert!(matches!(refused, RestartJobError::Start(StartError::Refused(Refusal::AlreadyComplete { .. }))));
        let unknown = tasks.wait(ExecutionId(99)).await.unwrap_err();
        assert!(matches!(unknown, WaitJobError::Find(_)), "{unknown}");
    });
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
}

#[test]
fn s3_35_s3_36_a_stop_by_name_is_for_the_newest_execution_and_refused_when_it_has_ended() {
    let (world, one, two) = (World::new(), Gate::default(), Gate::default());
    let gates = [one.clone(), two.clone()];
    let step = tasklet("wait", move |context| {
        let number = context.job.params.get("n").unwrap().to_json().as_u64().unwrap();
        gates[number as usize].pass();
        Ok(context.stop_requested().map_or(Outcome::COMPLETED, Outcome::Stopped))
    });
    let params = vec![ParamDeclaration::new("n", ParamType::Integer)];
    let engine = engine(&world, [Job { params, ..named("waiting", [step]) }]);
    let older = engine.start_async("waiting", json!({ "n": 0 })).unwrap();
    let newer = engine.start_async("waiting", json!({ "n": 1 })).unwrap();
    one.reached();
    two.reached();
    assert_eq!(engine.stop("waiting").unwrap().id, newer.id());
    one.open();
    two.open();
    assert_eq!(newer.wait().unwrap().status, Status::Stopped);
    assert_eq!(older.wait().unwrap().status, Status::Completed);
    let refused = engine.stop("waiting").unwrap_err().to_string();
    assert_eq!(refused, format!("no running execution of job waiting: job {} is stopped", newer.id()));
}

#[test]
fn s3_37_s3_38_a_stop_by_id_ends_the_run_and_one_more_changes_nothing() {
    let (world, gate) = (World::new(), Gate::default());
    let engine = engine(&world, [chunks("load", &gate)]);
    let run = engine.start_async("load", ()).unwrap();
    gate.reached();
    assert_eq!(engine.stop(run.id()).unwrap().status, Status::Stopping);
    gate.open();
    assert_eq!(ended(&run.wait().unwrap()), (Status::Stopped, "STOPPED"));
    let before = world.execution(run.id());
    assert_eq!(engine.stop(run.id()).unwrap(), before);
    assert_eq!(world.execution(run.id()), before);
    let unknown = engine.stop(ExecutionId(99)).unwrap_err();
    assert!(matches!(unknown, StopJobError::Find(_)), "{unknown}");
}

#[test]
fn a_restart_goes_on_after_the_last_committed_chunk_by_id_and_by_name() {
    let (world, gate) = (World::new(), Gate::default());
    let engine = engine(&world, [chunks("load", &gate)]);
    let run = engine.start_async("load", ()).unwrap();
    gate.reached();
    run.stop();
    gate.open();
    let stopped = run.wait().unwrap();
    let again = engine.restart(stopped.id).unwrap();
    assert_eq!((again.status, again.previous_id), (Status::Completed, Some(stopped.id)));
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
    let refused = engine.restart("load").unwrap_err();
    assert!(matches!(refused, RestartJobError::Start(StartError::Refused(Refusal::AlreadyComplete { .. }))));
    assert!(matches!(engine.restart("laod").unwrap_err(), RestartJobError::Find(_)));
}

/// Pays once it is given a secret that opens the till.
#[derive(Clone, Debug, Params)]
#[params(crate = overnight_framework)]
struct Pay {
    day: chrono::NaiveDate,
    #[param(secret)]
    pin: String,
    #[param(identifying = false)]
    note: Option<String>,
}

fn pay() -> Job {
    let pay = StepBuilder::tasklet("pay", |pay: &Pay, step: &mut StepContext<'_>| {
        step.output(&format!("{} {:?}", pay.day, pay.note));
        if pay.pin == "right" { Ok(()) } else { Err(overnight_framework::BatchError::new("WrongPin", "wrong")) }
    });
    JobBuilder::<Pay>::new("pay").step(pay).build().unwrap()
}

fn day() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 10, 30).unwrap()
}

#[test]
fn s3_20_parameters_are_a_text_a_value_or_the_struct_of_the_job_and_name_the_same_instance() {
    let world = World::new();
    let engine = engine(&world, [pay()]);
    let ran = engine.start("pay", r#"{"day": "2026-10-30", "pin": "wrong"}"#).unwrap();
    assert_eq!(ended(&ran), (Status::Failed, "WrongPin"));
    let again = engine.start("pay", json!({ "day": "2026-10-30", "pin": "wrong" })).unwrap();
    assert_eq!(again.previous_id, Some(ran.id));
    let right = Pay { day: day(), pin: "right".to_owned(), note: Some("at last".to_owned()) };
    let last = engine.start("pay", &right).unwrap();
    assert_eq!(
        (last.status, last.previous_id, &last.params["note"]),
        (Status::Completed, Some(again.id), &json!("at last"))
    );
    assert!(!format!("{:?}", world.memory).contains("right"), "a secret stands in a row");
}

#[test]
fn wrong_parameters_and_unknown_jobs_are_refused_before_anything_is_recorded() {
    let world = World::new();
    let engine = engine(&world, [pay()]);
    for (job, params, expected) in [
        ("pya", "", "no such job: pya (did you mean `pay`?)"),
        ("pay", "{", "the parameters are not a JSON object: it ends before it is complete at line 1 column 1"),
        (
            "pay",
            r#"{"pin": "x"}"#,
            "missing parameter `day`: expected a date such as 2026-10-30 (give it with -p day=VALUE)",
        ),
        (
            "pay",
            r#"{"day": "soon", "pin": "x"}"#,
            "parameter `day` at line 1 column 9: expected a date such as 2026-10-30, found \"soon\"",
        ),
    ] {
        assert_eq!(engine.start(job, params).unwrap_err().to_string(), expected);
    }
    assert_eq!(count(&world), 0);
}

#[test]
fn a_restart_needs_the_secrets_again_and_keeps_to_its_instance() {
    let world = World::new();
    let engine = engine(&world, [pay()]);
    let wrong = Pay { day: day(), pin: "wrong".to_owned(), note: None };
    let failed = engine.start("pay", &wrong).unwrap();
    let refused = engine.restart(failed.id).unwrap_err().to_string();
    assert_eq!(refused, "job 1 has secret parameters, which were not kept: give them again (pin)");
    let other = engine.restart_with(failed.id, json!({ "day": "2026-10-31", "pin": "right" })).unwrap_err();
    assert!(matches!(other, RestartJobError::OtherInstance { .. }), "{other}");
    let run = engine.restart_with(failed.id, json!({ "pin": "right" })).unwrap();
    assert_eq!(run.wait().unwrap().status, Status::Completed);
    assert_eq!(count(&world), 2);
}

#[test]
fn an_instance_that_runs_is_not_started_twice() {
    let (world, gate) = (World::new(), Gate::default());
    let engine = engine(&world, [gated("gated", &gate)]);
    let run = engine.start_async("gated", ()).unwrap();
    gate.reached();
    let refused = engine.start("gated", ()).unwrap_err();
    assert!(
        matches!(refused, StartJobError::Start(StartError::Refused(Refusal::AlreadyRunning { id, .. })) if id == run.id())
    );
    gate.open();
    run.wait().unwrap();
}

#[test]
fn a_panic_of_a_step_is_a_failed_execution_with_its_message_and_step_and_the_engine_goes_on() {
    let world = World::new();
    let panics = named("panics", [tasklet("seventh", |_| panic!("account {} is locked", 7))]);
    let engine = engine(&world, [panics, quick("quick")]);
    let ran = engine.start("panics", ()).unwrap();
    assert_eq!(ended(&ran), (Status::Failed, "Panic"));
    let error = ran.error.unwrap();
    assert_eq!((error.message.as_str(), error.step.as_deref()), ("account 7 is locked", Some("seventh")));
    assert_eq!(engine.start("quick", ()).unwrap().status, Status::Completed);
}

#[test]
fn a_wait_sees_the_end_of_a_run_of_another_process() {
    let (world, gate) = (World::new(), Gate::default());
    let (here, elsewhere) = (engine(&world, []), engine(&world, [gated("gated", &gate)]));
    let run = elsewhere.start_async("gated", ()).unwrap();
    gate.reached();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| here.wait(run.id()));
        gate.open();
        assert_eq!(waiting.join().unwrap().unwrap().status, Status::Completed);
    });
}

#[test]
fn what_a_dead_process_left_is_seen_by_a_wait_ended_by_a_stop_and_continued_by_a_restart() {
    let world = World::new();
    let job = quick("quick");
    let left = |job: &Job| {
        let dead = world.process();
        let id = dead.launch(job).unwrap().execution().id;
        dead.store.crash();
        id
    };
    let engine = engine(&world, [job.clone()]);
    let id = left(&job);
    assert!(matches!(engine.wait(id).unwrap_err(), WaitJobError::Left(execution) if execution.id == id));
    assert_eq!(engine.stop(id).unwrap().status, Status::Stopped);
    let id = left(&job);
    assert_eq!(engine.restart(id).unwrap().status, Status::Completed);
    assert_eq!(world.execution(id).exit_code.as_str(), "WORKER_LOST");
}

fn words(notice: &Notice) -> String {
    match notice {
        Notice::Missed(count) => format!("missed {count}"),
        Notice::Event(event) => match &event.happened {
            Happened::Started(_) => format!("{} started", event.job),
            Happened::StepStarted(step) => format!("step {} started", step.name),
            Happened::Opened { extent, .. } => format!("{} of {} read", extent.done, extent.of),
            Happened::Progress { counts, .. } => format!("{} read", counts.read),
            Happened::StepEnded(step) => format!("step {} {}", step.name, step.status),
            Happened::Ended(ran) => format!("{} {}", event.job, ran.status),
            other => format!("{other:?}"),
        },
        other => format!("{other:?}"),
    }
}

#[test]
fn a_subscriber_hears_everything_in_order_until_the_engine_is_gone() {
    let (world, gate) = (World::new(), Gate::default());
    gate.open();
    let engine = engine(&world, [chunks("load", &gate)]);
    let (mut heard, mut awaited) = (engine.subscribe(), engine.subscribe());
    assert_eq!(heard.try_next(), None);
    engine.start("load", ()).unwrap();
    drop(engine);
    let story = [
        "load started",
        "step load started",
        "0 of 25 read",
        "10 read",
        "20 read",
        "25 read",
        "step load COMPLETED",
        "load COMPLETED",
    ];
    assert_eq!(heard.by_ref().map(|notice| words(&notice)).collect::<Vec<_>>(), story);
    assert_eq!(heard.next_within(LONG), None);
    let in_a_task = block_on(async {
        let mut told = Vec::new();
        while let Some(notice) = awaited.changed().await {
            told.push(words(&notice));
        }
        told
    });
    assert_eq!(in_a_task, story);
}

#[test]
fn a_slow_subscriber_holds_nobody_up_and_is_told_how_much_it_missed() {
    let (world, gate) = (World::new(), Gate::default());
    gate.open();
    let engine = engine(&world, [chunks("load", &gate)]);
    let mut slow = engine.subscribe_with(2);
    assert_eq!(engine.start("load", ()).unwrap().status, Status::Completed);
    let heard: Vec<_> = std::iter::from_fn(|| slow.try_next()).map(|notice| words(&notice)).collect();
    assert_eq!(heard, ["missed 6", "step load COMPLETED", "load COMPLETED"]);
}

#[test]
fn a_task_that_waits_for_the_next_event_is_woken_by_it() {
    let (world, gate) = (World::new(), Gate::default());
    let engine = engine(&world, [gated("gated", &gate)]);
    let mut heard = engine.subscribe();
    gate.open();
    let waiting = std::thread::spawn(move || block_on(async move { heard.changed().await }));
    engine.start("gated", ()).unwrap();
    assert_eq!(words(&waiting.join().unwrap().unwrap()), "gated started");
}

#[test]
fn a_run_without_a_last_row_is_lost_and_subscribers_hear_why() {
    let world = World::new();
    let process = world.process().with_fault(Fault::refuse(Verb::End, FaultKind::Full));
    let engine = engine_in(process, [quick("quick")]);
    let mut heard = engine.subscribe();
    let lost = engine.start("quick", ()).unwrap_err();
    assert!(matches!(lost, StartJobError::Lost(LostRun::Store { .. })), "{lost}");
    let last = std::iter::from_fn(|| heard.try_next()).last().unwrap();
    assert!(words(&last).starts_with("Lost { error: \"the end of job 1 is not recorded: "), "{}", words(&last));
}

#[test]
fn a_shutdown_stops_the_runs_at_their_next_chunk_and_a_restart_goes_on() {
    let (world, gate) = (World::new(), Gate::default());
    let first = engine(&world, [chunks("load", &gate), quick("quick")]);
    let run = first.start_async("load", ()).unwrap();
    gate.reached();
    std::thread::scope(|scope| {
        let leaving = scope.spawn(|| first.shutdown(LONG));
        // The engine takes no more work from the moment on in which it leaves.
        while !matches!(first.start("quick", json!({})), Err(StartJobError::Closed)) {
            std::thread::yield_now();
        }
        gate.open();
        assert_eq!(leaving.join().unwrap(), []);
    });
    assert_eq!(ended(&run.wait().unwrap()), (Status::Stopped, "INTERRUPTED"));
    assert_eq!(world.rows(), (1..=20).collect::<Vec<_>>());
    drop(first);
    assert_eq!(engine(&world, [chunks("load", &gate)]).restart("load").unwrap().status, Status::Completed);
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
}

#[test]
fn what_waits_is_claimed_by_an_engine_and_waits_again_when_it_leaves() {
    let (world, gate) = (World::new(), Gate::default());
    let first = engine(&world, [chunks("load", &gate)]);
    let waiting = world.memory.enqueue(&first.queued("load", ()).unwrap()).unwrap();
    let run = first.claim(2).unwrap().pop().unwrap();
    assert_eq!(run.id(), waiting.id);
    gate.reached();
    assert!(first.claim(2).unwrap().is_empty());
    std::thread::scope(|scope| {
        let leaving = scope.spawn(|| first.shutdown(LONG));
        while !matches!(first.claim(2), Err(StartJobError::Closed)) {
            std::thread::yield_now();
        }
        gate.open();
        assert_eq!(leaving.join().unwrap(), []);
    });
    assert_eq!(ended(&run.wait().unwrap()), (Status::Stopped, "INTERRUPTED"));
    assert_eq!(world.rows(), (1..=20).collect::<Vec<_>>());
    let second = engine(&world, [chunks("load", &gate)]);
    let next = second.claim(2).unwrap().pop().unwrap().wait().unwrap();
    assert_eq!((next.status, next.previous_id), (Status::Completed, Some(waiting.id)));
    assert_eq!(world.rows(), (1..=25).collect::<Vec<_>>());
}

#[test]
fn a_run_may_wait_without_the_secret_that_it_was_not_given() {
    #[derive(Params)]
    #[params(crate = overnight_framework)]
    struct Unlock {
        #[param(secret)]
        pin: Option<String>,
    }
    let world = World::new();
    let open = StepBuilder::tasklet("open", |unlock: &Unlock, _: &mut StepContext<'_>| assert!(unlock.pin.is_none()));
    let engine = engine(&world, [JobBuilder::<Unlock>::new("unlock").step(open).build().unwrap()]);
    let refused = engine.queued("unlock", json!({ "pin": "1234" })).unwrap_err();
    assert!(matches!(refused, StartJobError::SecretInQueue { name, .. } if name == "pin"));
    world.memory.enqueue(&engine.queued("unlock", ()).unwrap()).unwrap();
    assert_eq!(engine.claim(1).unwrap().pop().unwrap().wait().unwrap().status, Status::Completed);
}

/// The run would wait for the chunk, and the chunk for the run.
#[test]
fn a_writer_that_starts_or_stops_a_run_is_refused_at_once() {
    let world = World::new();
    let own = Arc::new(OnceLock::<Weak<Engine>>::new());
    let inside = Arc::clone(&own);
    let writing = Chunks::of(numbers(1..=3)).accepting(move |_| {
        let engine = inside.get().and_then(Weak::upgrade).unwrap();
        for refused in [
            engine.start("quick", ()).unwrap_err().to_string(),
            engine.restart("quick").unwrap_err().to_string(),
            engine.stop("outer").unwrap_err().to_string(),
            block_on(engine.nonblocking().start("quick", ())).unwrap_err().to_string(),
            block_on(engine.nonblocking().stop("outer")).unwrap_err().to_string(),
        ] {
            assert_eq!(refused, StoreErrorKind::ChunkOpen.to_string());
        }
        Ok(())
    });
    let engine = Arc::new(engine(&world, [quick("quick"), named("outer", [JobStep::new("load", writing.step())])]));
    own.set(Arc::downgrade(&engine)).unwrap();
    let ran = engine.start("outer", ()).unwrap();
    assert_eq!((ran.status, ran.error, count(&world)), (Status::Completed, None, 1));
}

/// This engine reads no job files.
#[test]
fn what_waits_and_can_be_run_by_no_engine_fails_with_the_reason() {
    let world = World::new();
    let engine = engine(&world, [quick("quick")]);
    let request = engine.queued("quick", ()).unwrap();
    let revision = Revision::Text { yaml: "name: quick".to_owned(), sha256: "0".repeat(64) };
    let waiting = world.memory.enqueue(&LaunchRequest { revision, ..request }).unwrap();
    assert!(engine.claim(1).unwrap().is_empty());
    let failed = world.execution(waiting.id);
    assert_eq!(ended(&failed), (Status::Failed, "LAUNCH_ERROR"));
    let why = "job 1 was started from a job file, which this engine does not read";
    assert_eq!(failed.error.unwrap().message, why);
}

#[test]
fn a_dropped_engine_ends_its_runs_in_the_same_way_and_says_goodbye() {
    let world = World::new();
    let process = world.process();
    let store = Arc::clone(&process.store);
    let until_stopped =
        tasklet("wait", |context| Ok(context.stop_token().wait(LONG).map_or(Outcome::COMPLETED, Outcome::Stopped)));
    let engine = engine_in(process, [named("waiting", [until_stopped])]);
    let run = engine.start_async("waiting", ()).unwrap();
    drop(engine);
    assert_eq!(ended(&run.wait().unwrap()), (Status::Stopped, "INTERRUPTED"));
    assert_eq!(store.calls().last(), Some(&Verb::RetireWorker));
}

#[test]
fn a_run_that_does_not_heed_a_shutdown_is_named_and_left_behind() {
    let (world, gate) = (World::new(), Gate::default());
    let engine = engine(&world, [gated("deaf", &gate)]).with_grace(LONG);
    let run = engine.start_async("deaf", ()).unwrap();
    gate.reached();
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| engine.wait(run.id()));
        assert_eq!(engine.shutdown(Duration::ZERO), [run.id()]);
        waiting.join().unwrap()
    });
    assert!(matches!(waiting, Err(WaitJobError::Lost(LostRun::LeftBehind(id))) if id == run.id()), "{waiting:?}");
    assert!(matches!(run.wait(), Err(LostRun::LeftBehind(_))));
    // It is not waited for again.
    drop(engine);
    gate.open();
}
