//! Jobs written in Rust: by the macro and by hand.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use overnight_framework::builder::{JobBuilder, JobSpec, StepBuilder};
use overnight_framework::error::Result;
use overnight_framework::execution::{JobExecution, StepExecution};
use overnight_framework::job::Job;
use overnight_framework::listener::{ListenerResult, StepListener};
use overnight_framework::params::{BindContext, FromParams, GivenParams, ParamType, Params as Bound, bind};
use overnight_framework::policy::{RetryPolicy, SkipPolicy};
use overnight_framework::registry::Registry;
use overnight_framework::repository::{ChunkError, Repository};
use overnight_framework::resource::{Need, Res, Resources};
use overnight_framework::status::Status;
use overnight_framework::step::chunk::{Chunk, Items, WriteContext};
use overnight_framework::step::{BlockOn, JobView, Json, Outcome, Park, StepContext};
use overnight_framework::stop::StopToken;
use overnight_framework::testing;
use overnight_framework::{BatchError, Params, job};
use serde::Serialize;

use super::support::{Journal, World};

/// Adds numbers up.
#[derive(Debug, Params)]
#[params(crate = overnight_framework)]
struct Sum {
    /// The last number.
    to: i64,
    /// How many are added at once.
    #[param(default = 2, identifying = false)]
    size: u32,
}

/// What the program gives.
#[derive(Debug, Default)]
struct Ledger(Mutex<Vec<i64>>);

#[derive(Serialize)]
struct Found {
    count: usize,
}

#[job(crate = overnight_framework, module = "numbers")]
impl Sum {
    /// Looks at what there is.
    #[step(outputs = { count: integer })]
    fn look(&self, ledger: &Res<Ledger>, step: &mut StepContext<'_>) -> Json<Found> {
        step.output(&format!("up to {}", self.to));
        Json(Found { count: ledger.0.lock().unwrap().len() })
    }

    #[step(chunk = self.size as usize, retry = 2, skip = "100%")]
    fn add(&self, ledger: Res<Ledger>) -> Result<Chunk> {
        Ok(Chunk::read(Items::of(1..=self.to)).process(not_seven).write(insert(ledger)))
    }

    #[step(name = "tell", when = "steps.add.write_count > 3", timeout = "1m", max_starts = 3)]
    async fn tell_all(&self, journal: Res<Journal>, none: Option<Res<String>>) -> Result<()> {
        YieldOnce(false).await;
        journal.note(format!("added, and a text is there: {}", none.is_some()));
        Ok(())
    }

    #[step(when = "steps.look.count == 0 && params.to > 100 || params.to < 0")]
    fn cheer(&self, stop: &StopToken) -> Result<Outcome> {
        match stop.requested() {
            Some(intent) => Ok(Outcome::Stopped(intent)),
            None if self.to > 0 => Ok(Outcome::COMPLETED),
            None => Err("nothing to cheer at".into()),
        }
    }

    #[step(when = Self::is_large)]
    fn rejoice(&self) -> Result<()> {
        if self.to > 0 { Ok(()) } else { Err("nothing to rejoice at".into()) }
    }

    fn is_large(&self, job: &JobView<'_>) -> Result<bool> {
        Ok(self.to > 100 && !job.steps.is_empty())
    }
}

fn not_seven(number: &i64) -> Result<Option<i64>, BatchError> {
    match number {
        7 => Err(BatchError::new("Unlucky", "seven")),
        number => Ok((number % 2 == 1).then_some(number * 10)),
    }
}

fn insert(ledger: Res<Ledger>) -> impl FnMut(&[i64], &mut WriteContext<'_>) -> Result<(), ChunkError> + Send {
    move |numbers, _| {
        ledger.0.lock().unwrap().extend(numbers);
        Ok(())
    }
}

/// The same without the macro.
fn by_hand(ledger: Res<Ledger>, journal: Journal) -> Job {
    let looked = ledger.clone();
    let look = move |sum: &Sum, step: &mut StepContext<'_>| {
        step.output(&format!("up to {}", sum.to));
        Json(Found { count: looked.0.lock().unwrap().len() })
    };
    let add = move |sum: &Sum, _: &StepContext<'_>| {
        let chunk = Chunk::read(Items::of(1..=sum.to)).process(not_seven).write(insert(ledger.clone()));
        Ok(chunk.size(sum.size as usize))
    };
    let tell = move |_: &Sum, _: &mut StepContext<'_>| journal.note("added, and a text is there: false");
    JobBuilder::<Sum>::new("sum")
        .description("Adds numbers up.")
        .module("numbers")
        .step(
            StepBuilder::tasklet("look", look)
                .description("Looks at what there is.")
                .output("count", ParamType::Integer),
        )
        .step(StepBuilder::chunk("add", 1, add).retry(RetryPolicy::times(2)).skip(SkipPolicy::per_million(1_000_000)))
        .step(StepBuilder::tasklet("tell", tell).when("steps.add.write_count > 3").timeout_text("1m").max_starts(3))
        .step(
            StepBuilder::tasklet("cheer", |_: &Sum, _: &mut StepContext<'_>| Outcome::COMPLETED)
                .when("steps.look.count == 0 && params.to > 100 || params.to < 0"),
        )
        .step(
            StepBuilder::tasklet("rejoice", |_: &Sum, _: &mut StepContext<'_>| Outcome::COMPLETED)
                .when_fn(|sum, job| Ok(sum.to > 100 && !job.steps.is_empty())),
        )
        .build()
        .unwrap()
}

/// A future that is not ready at once.
struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn bound(job: &Job, json: &str) -> Bound {
    let here = std::path::Path::new("/");
    let given = GivenParams::from_json(json).unwrap();
    bind(&job.params, &given, BindContext { working_dir: here, base_dir: here }).unwrap()
}

/// What a program has, and what its jobs did.
struct Program {
    world: World,
    ledger: Arc<Ledger>,
    journal: Journal,
}

impl Program {
    fn new() -> Self {
        Self { world: World::new(), ledger: Arc::default(), journal: Journal::default() }
    }

    fn run(&self, job: &Job, json: &str) -> (JobExecution, Vec<StepExecution>) {
        let params = bound(job, json);
        let execution = self.world.process().run_params(job, &params).unwrap();
        let steps = self.world.memory.steps(execution.id).unwrap();
        (execution, steps)
    }

    fn by_macro(&self) -> Job {
        let mut resources = Resources::default();
        resources.share(Arc::clone(&self.ledger));
        resources.insert(self.journal.clone());
        resources.share::<dyn BlockOn>(Arc::new(Park));
        Job { resources: Arc::new(resources), ..Sum::job().unwrap() }
    }
}

/// What a row says, without ids and times.
fn facts(steps: &[StepExecution]) -> Vec<String> {
    let fact = |step: &StepExecution| {
        let outputs = serde_json::Value::Object(step.outputs.clone());
        format!("{} {:?} {} {:?} {} {outputs}", step.name, step.kind, step.status, step.counts, step.exit_code)
    };
    steps.iter().map(fact).collect()
}

#[test]
fn a_job_of_the_macro_runs_with_its_parameters_and_resources() {
    let program = Program::new();
    let (execution, steps) = program.run(&program.by_macro(), r#"{"to": 9}"#);
    assert_eq!((execution.status, execution.module.as_str()), (Status::Completed, "numbers"));
    assert_eq!(*program.ledger.0.lock().unwrap(), [10, 30, 50, 90]);
    assert_eq!(program.journal.lines(), ["added, and a text is there: false"]);
    let names: Vec<_> = steps.iter().map(|step| (step.name.as_str(), step.status)).collect();
    assert_eq!(names[..3], ["look", "add", "tell"].map(|name| (name, Status::Completed)));
    assert_eq!(steps[0].outputs["count"], 0);
    let counts = steps[1].counts;
    assert_eq!((counts.read, counts.write, counts.filter, counts.skipped(), counts.commit), (9, 4, 4, 1, 5));
}

#[test]
fn the_macro_and_the_builder_make_the_same_job() {
    let (first, second) = (Program::new(), Program::new());
    let (macro_job, hand) = (first.by_macro(), by_hand(Res::from(Arc::clone(&second.ledger)), second.journal.clone()));
    for json in [r#"{"to": 9}"#, r#"{"to": 3, "size": 5}"#, r#"{"to": 101, "size": 100}"#] {
        let ((one, steps), (other, others)) = (first.run(&macro_job, json), second.run(&hand, json));
        assert_eq!(facts(&steps), facts(&others), "{json}");
        assert_eq!((one.status, one.params, one.job_name), (other.status, other.params, other.job_name));
    }
    assert_eq!(*first.ledger.0.lock().unwrap(), *second.ledger.0.lock().unwrap());
    assert_eq!(first.journal.lines(), second.journal.lines());
}

#[test]
fn a_job_knows_what_it_needs_before_it_runs() {
    let job = Sum::job().unwrap();
    let needs: Vec<_> = job.steps.iter().map(|step| (step.name.as_str(), step.needs.clone())).collect();
    assert_eq!(needs[0], ("look", vec![Need::of::<Ledger>()]));
    assert_eq!(needs[2], ("tell", vec![Need::of::<Journal>(), Need::of::<dyn BlockOn>()]));
    assert!(needs[3].1.is_empty());
    assert_eq!(job.steps[0].outputs, [("count".to_owned(), ParamType::Integer)]);
    assert!(job.steps[0].place.unwrap().contains("rust.rs:"), "{:?}", job.steps[0].place);
    assert_eq!(job.description.as_deref(), Some("Adds numbers up."));
    assert_eq!(job.steps[0].description.as_deref(), Some("Looks at what there is."));
}

#[test]
fn a_program_is_told_of_every_resource_that_its_jobs_lack() {
    let program = Registry::default().job::<Sum>().job::<Sum>().resource(Ledger::default());
    let problems = program.check().unwrap_err().problems;
    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert_eq!(problems[0], "there are two jobs called `sum`");
    assert!(problems[1].starts_with("job `sum` step `tell` asks for `Res<"), "{problems:#?}");
    assert!(problems[1].contains("Journal>` (") && problems[1].contains("rust.rs:"), "{problems:#?}");
    let whole = Registry::default().job::<Sum>().resource(Ledger::default()).resource(Journal::default());
    assert!(whole.share::<dyn BlockOn>(Arc::new(Park)).check().is_ok());
}

#[test]
fn a_step_is_held_to_the_outputs_that_it_declares() {
    let give = |text: &'static str| {
        let give = move |_: &Sum, _: &mut StepContext<'_>| Json(serde_json::json!({ "rows": text, "more": 1 }));
        let step = StepBuilder::tasklet("give", give).output("rows", ParamType::Integer);
        let after = StepBuilder::tasklet("after", |_: &Sum, _: &mut StepContext<'_>| {}).when("steps.give.rows > 41");
        JobBuilder::<Sum>::new("sum").step(step).step(after).build().unwrap()
    };
    let program = Program::new();
    let (execution, steps) = program.run(&give("42"), r#"{"to": 1}"#);
    assert_eq!((execution.status, steps[1].status), (Status::Completed, Status::Completed));
    assert_eq!(serde_json::Value::Object(steps[0].outputs.clone()), serde_json::json!({ "rows": 42 }));
    let (execution, _) = program.run(&give("many"), r#"{"to": 2}"#);
    let error = execution.error.unwrap();
    assert_eq!(error.name, "InvalidOutput");
    assert!(error.chain().contains("output `rows`: expected an integer"), "{}", error.chain());
}

#[test]
fn outputs_that_no_condition_could_name_are_told_before_anything_runs() {
    let nothing = |_: &Sum, _: &mut StepContext<'_>| {};
    let chunk = |_: &Sum, _: &StepContext<'_>| Err::<Chunk, _>(BatchError::from("not opened"));
    let problems = JobBuilder::<Sum>::new("sum")
        .step(StepBuilder::tasklet("a", nothing).output("status", ParamType::String).skip(SkipPolicy::count(1)))
        .step(StepBuilder::tasklet("b", nothing).output("No", ParamType::String).when("steps.a.rows > 1"))
        .step(StepBuilder::chunk("c", 1, chunk).output("rows", ParamType::Integer))
        .build()
        .unwrap_err()
        .to_string();
    for expected in [
        "step `a`: an output cannot be called `status`: every step has that by itself",
        "step `a`: a tasklet has no items to skip",
        "step `b`: `No` cannot be the name of an output: a name begins with a letter",
        "the condition `steps.a.rows > 1` of step `b`",
        "step `c`: a chunk step has no outputs: later steps see its counts",
    ] {
        assert!(problems.contains(expected), "{expected}\n{problems}");
    }
}

#[test]
fn a_step_without_its_resource_fails_and_names_it() {
    let program = Program::new();
    let (execution, _) = program.run(&Sum::job().unwrap(), r#"{"to": 1}"#);
    let error = execution.error.unwrap();
    assert!(error.chain().contains("no resource of type `engine::engine::rust::Ledger`"), "{}", error.chain());
}

#[test]
fn everything_that_is_wrong_with_a_job_is_told_at_once() {
    let nothing = |_: &Sum, _: &mut StepContext<'_>| {};
    let problems = JobBuilder::<Sum>::new("Sum")
        .timeout_text("soon")
        .step(StepBuilder::tasklet("a b", nothing).when("params.too > 1"))
        .step(StepBuilder::tasklet("late", nothing).when("steps.later.write_count > 1").timeout_text("0s"))
        .step(StepBuilder::tasklet("never", nothing).retry(RetryPolicy::times(0)).max_starts(0))
        .build()
        .unwrap_err()
        .to_string();
    for expected in [
        "`Sum` cannot be the name of a job",
        "`timeout`: expected a duration such as 90s, 1h30m or PT1H30M, found \"soon\"",
        "`a b` cannot be the name of a step",
        "the condition `params.too > 1` of step `a b`",
        "did you mean 'to'?",
        "the condition `steps.later.write_count > 1` of step `late`",
        "step `late`: `timeout`",
        "step `never`: `retry` counts the first attempt too: at least 1",
        "step `never`: with `max_starts` 0 it could never begin",
    ] {
        assert!(problems.contains(expected), "{expected}\n{problems}");
    }
    let twice =
        JobBuilder::<Sum>::new("sum").step(StepBuilder::tasklet("a", nothing)).step(StepBuilder::tasklet("a", nothing));
    assert!(twice.build().unwrap_err().to_string().contains("two steps called a"));
}

/// Notes the steps that it hears of.
struct Hears(Journal);

impl StepListener for Hears {
    fn before_step(&self, step: &StepExecution) -> ListenerResult {
        self.0.note(format!("before {}", step.name));
        Ok(())
    }
}

#[test]
fn a_chunk_step_of_a_function_goes_on_where_its_last_chunk_ended() {
    let program = Program::new();
    let broken = Arc::new(Mutex::new(true));
    let (ledger, fails) = (Arc::clone(&program.ledger), Arc::clone(&broken));
    let add = move |sum: &Sum, _: &StepContext<'_>| {
        let (ledger, fails) = (Arc::clone(&ledger), Arc::clone(&fails));
        let write = move |numbers: &[i64], _: &mut WriteContext<'_>| -> Result<(), ChunkError> {
            if *fails.lock().unwrap() && numbers.contains(&5) {
                return Err(ChunkError::Failed(BatchError::from("no room")));
            }
            ledger.0.lock().unwrap().extend(numbers);
            Ok(())
        };
        Ok(Chunk::read(Items::of(1..=sum.to)).write(write))
    };
    let step = StepBuilder::chunk("add", 2, add).listener(Hears(program.journal.clone()));
    let job = JobBuilder::<Sum>::new("sum").step(step).build().unwrap();
    assert_eq!(program.run(&job, r#"{"to": 7}"#).0.status, Status::Failed);
    *broken.lock().unwrap() = false;
    assert_eq!(program.run(&job, r#"{"to": 7}"#).0.status, Status::Completed);
    assert_eq!(*program.ledger.0.lock().unwrap(), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(program.journal.lines(), ["before add", "before add"]);
}

#[test]
fn a_struct_that_is_no_parameter_of_the_job_is_no_panic() {
    assert!(Sum::from_params(&Bound::default()).is_err());
}

/// Waits once.
#[derive(Debug, Params)]
#[params(crate = overnight_framework)]
struct Patient {}

#[job(crate = overnight_framework)]
impl Patient {
    #[step]
    async fn wait(&self, journal: Res<Journal>) {
        YieldOnce(false).await;
        journal.note("waited");
    }
}

#[test]
fn the_testing_kit_drives_asynchronous_steps_and_takes_what_is_shared() {
    let journal = Arc::new(Journal::default());
    let job = Patient::job().unwrap();
    testing::run(&job).share(Arc::clone(&journal)).go().assert_completed();
    assert_eq!(journal.lines(), ["waited"]);
    let mut provided = job.clone();
    Arc::make_mut(&mut provided.resources).share(journal);
    let points = testing::crash_everywhere(&provided, (), |ran| {
        ran.assert_completed();
    });
    assert!(points > 0);
}
