//! Steps in their order, what is recorded of them, and what they see.

use std::sync::{Arc, Mutex};

use overnight_framework::BatchError;
use overnight_framework::job::{Job, JobError};
use overnight_framework::launch::Wish;
use overnight_framework::monitor::Unwatched;
use overnight_framework::operator::StartError;
use overnight_framework::params::{BindContext, GivenParams, ParamDeclaration, ParamType, Params, bind};
use overnight_framework::repository::{ExecutionFilter, Repository};
use overnight_framework::row::Value;
use overnight_framework::status::{ExitCode, Status};
use overnight_framework::step::Outcome;

use super::support::{Journal, Watcher, World, failed, job, tasklet};

fn noting(name: &'static str, journal: &Journal) -> overnight_framework::job::JobStep {
    let journal = journal.clone();
    tasklet(name, move |_| {
        journal.note(name);
        Ok(Outcome::COMPLETED)
    })
}

#[test]
fn s3_3_steps_run_one_after_the_other_in_declared_order() {
    let (world, journal) = (World::new(), Journal::default());
    let ran = world.run(&job(["s1", "s2", "s3"].map(|name| noting(name, &journal))));
    assert_eq!((ran.status, ran.exit_code, ran.progress), (Status::Completed, ExitCode::COMPLETED, 100));
    assert_eq!(journal.lines(), ["s1", "s2", "s3"]);
    let steps = world.steps(ran.id);
    assert_eq!(steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["s1", "s2", "s3"]);
    assert!(steps.iter().all(|step| step.status == Status::Completed));
    assert!(steps.windows(2).all(|pair| pair[1].started_at >= pair[0].ended_at));
}

#[test]
fn s3_4_a_failing_step_ends_the_sequence() {
    let (world, journal) = (World::new(), Journal::default());
    let broken = tasklet("s2", |_| Err(BatchError::new("NoRates", "there are no rates")));
    let ran = world.run(&job([noting("s1", &journal), broken, noting("s3", &journal)]));
    assert_eq!(failed(&ran), ("NoRates", "there are no rates"));
    assert_eq!(ran.exit_message.as_deref(), Some("step s2: there are no rates"));
    assert_eq!(ran.error.unwrap().step.as_deref(), Some("s2"));
    assert_eq!(journal.lines(), ["s1"]);
    assert_eq!(world.steps(ran.id).len(), 2);
    assert_eq!(ran.progress, 33);
}

#[test]
fn a_failure_without_a_name_has_the_exit_code_failed() {
    let ran = World::new().run(&job([tasklet("s1", |_| Err("no luck".into()))]));
    assert_eq!(failed(&ran), ("FAILED", "no luck"));
}

#[test]
fn s3_17_a_run_is_recorded_while_its_step_runs_and_its_end_also_when_it_fails() {
    let world = World::new();
    let store = Arc::clone(&world.memory);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&seen);
    let looking = tasklet("a", move |context| {
        let id = context.job.execution.id;
        let execution = store.execution(id).unwrap().map(|row| row.status);
        let step = store.steps(id).unwrap().first().map(|row| row.status);
        notes.lock().unwrap().push((execution, step));
        Ok(Outcome::COMPLETED)
    });
    let ran = world.run(&job([looking.clone()]));
    assert_eq!(*seen.lock().unwrap(), [(Some(Status::Started), Some(Status::Started))]);
    assert!(ran.started_at.is_some() && ran.ended_at >= ran.started_at);
    let failing = Job { name: "failing".to_owned(), ..job([looking, tasklet("b", |_| Err("no luck".into()))]) };
    let row = world.execution(world.run(&failing).id);
    assert_eq!(row.status, Status::Failed);
    assert!(row.started_at.is_some() && row.ended_at >= row.started_at);
}

#[test]
fn s3_19_every_step_sees_the_parameters_of_the_run() {
    let world = World::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let looking = |name| {
        let seen = Arc::clone(&seen);
        tasklet(name, move |context| {
            seen.lock().unwrap().push(context.job.params.get("date").cloned());
            Ok(Outcome::COMPLETED)
        })
    };
    let job = job([looking("a"), looking("b")]);
    let params = params(r#"{"date": "2026-10-30"}"#);
    let process = world.process();
    let ready = process.launch_with(&job, &params, Wish::Start).unwrap();
    let ran = process.operator.run(&job, &params, ready, &Unwatched).unwrap();
    assert_eq!(*seen.lock().unwrap(), [Some(Value::from("2026-10-30")), Some(Value::from("2026-10-30"))]);
    assert_eq!(ran.params.get("date").and_then(|date| date.as_str()), Some("2026-10-30"));
}

fn params(json: &str) -> Params {
    let declared = [ParamDeclaration::new("date", ParamType::String)];
    let here = BindContext { working_dir: "/".as_ref(), base_dir: "/".as_ref() };
    bind(&declared, &GivenParams::from_json(json).unwrap(), here).unwrap()
}

#[test]
fn different_parameters_make_different_instances_and_equal_ones_make_one() {
    let world = World::new();
    let job = job([tasklet("a", |_| Err("not today".into()))]);
    let instance = |json: &str| {
        let (process, params) = (world.process(), params(json));
        let ready = process.launch_with(&job, &params, Wish::Start).unwrap();
        process.operator.run(&job, &params, ready, &Unwatched).unwrap().instance_id
    };
    let first = instance(r#"{"date": "2026-10-30"}"#);
    assert_eq!(instance(r#"{ "date" : "2026-10-30" }"#), first);
    assert_ne!(instance(r#"{"date": "2026-10-31"}"#), first);
}

#[test]
fn s3_2_a_job_without_steps_is_refused_and_leaves_nothing_behind() {
    let world = World::new();
    let refused = world.process().launch(&Job::new("empty")).unwrap_err();
    assert!(matches!(&refused, StartError::Job(JobError::NoSteps { job }) if job == "empty"), "{refused}");
    assert!(world.memory.executions(&ExecutionFilter::default()).unwrap().is_empty());
}

#[test]
fn a_job_with_two_steps_of_one_name_is_refused() {
    let journal = Journal::default();
    let refused = World::new().process().launch(&job([noting("a", &journal), noting("a", &journal)])).unwrap_err();
    assert!(refused.to_string().contains("two steps called a"), "{refused}");
}

#[test]
fn a_step_whose_condition_is_false_is_recorded_and_not_run() {
    let (world, journal) = (World::new(), Journal::default());
    let mut second = noting("b", &journal);
    second.when = Some(Arc::new(|job| Ok(job.steps.iter().any(|step| step.exit_code == ExitCode::FAILED))));
    let ran = world.run(&job([noting("a", &journal), second, noting("c", &journal)]));
    assert_eq!(ran.status, Status::Completed);
    assert_eq!(journal.lines(), ["a", "c"]);
    assert_eq!(world.step(ran.id, "b").exit_code, ExitCode::NOOP);
}

#[test]
fn outputs_and_promoted_values_are_seen_by_later_steps() {
    let world = World::new();
    let first = tasklet("a", |context| {
        context.state.outputs.insert("total".to_owned(), 7.into());
        context.state.context.insert("shared".to_owned(), "x".into());
        context.state.context.insert("own".to_owned(), "y".into());
        context.state.promoted.insert("shared".to_owned());
        Ok(Outcome::Completed("GOOD".into()))
    });
    let second = tasklet("b", |context| {
        let before = &context.job.steps[0];
        assert_eq!((before.exit_code.as_str(), before.outputs["total"].as_i64()), ("GOOD", Some(7)));
        assert_eq!(context.job.context["shared"], "x");
        assert!(!context.job.context.contains_key("own"));
        Ok(Outcome::COMPLETED)
    });
    let ran = world.run(&job([first, second]));
    assert_eq!(ran.status, Status::Completed, "{:?}", ran.error);
}

#[test]
fn the_result_of_a_job_is_computed_when_all_steps_are_done() {
    let world = World::new();
    let journal = Journal::default();
    let count: overnight_framework::job::Evaluate<serde_json::Value> = Arc::new(|job| Ok(job.steps.len().into()));
    let ran = world.run(&Job { result: Some(count), ..job([noting("a", &journal), noting("b", &journal)]) });
    assert_eq!(ran.result, Some(2.into()));
}

#[test]
fn whoever_watches_is_told_everything_in_order() {
    let (world, watcher) = (World::new(), Watcher::default());
    let process = world.process();
    let speaking = tasklet("a", |context| {
        context.output("hello");
        context.warn("careful");
        Ok(Outcome::COMPLETED)
    });
    process.run_watched(&job([speaking]), &watcher).unwrap();
    let expected = [
        "started STARTED",
        "step a started",
        "output hello",
        "warning careful",
        "step a COMPLETED",
        "ended COMPLETED/COMPLETED",
    ];
    assert_eq!(watcher.0.lines(), expected);
}
