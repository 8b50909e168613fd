//! Which execution an order means: by name the instance that was executed last, by id the last execution of its instance.

use overnight_framework::execution::JobExecution;
use overnight_framework::job::{Instances, Job};
use overnight_framework::launch::{Refusal, Wish};
use overnight_framework::monitor::Unwatched;
use overnight_framework::operator::{FindError, Launching, NoJob, Ready, StartError, Target};
use overnight_framework::params::{BindContext, GivenParams, ParamDeclaration, ParamType, Params, bind};
use overnight_framework::status::{Status, StopIntent};

use super::support::{Process, World, job, tasklet};

fn declared() -> Vec<ParamDeclaration> {
    vec![ParamDeclaration::new("run", ParamType::String)]
}

fn params(run: &str) -> Params {
    bound(&GivenParams::of(&serde_json::json!({ "run": run })).unwrap())
}

fn bound(given: &GivenParams) -> Params {
    let here = BindContext { working_dir: "/".as_ref(), base_dir: "/".as_ref() };
    bind(&declared(), given, here).unwrap()
}

/// A job that fails.
fn failing() -> Job {
    Job { params: declared(), ..job([tasklet("a", |_| Err("not today".into()))]) }
}

/// A job that is done at once.
fn mended() -> Job {
    Job { params: declared(), ..job([tasklet("a", |_| Ok(overnight_framework::step::Outcome::COMPLETED))]) }
}

fn launched(process: &Process, run: &str) -> Ready {
    process.launch_with(&failing(), &params(run), Wish::Start).unwrap()
}

fn ended(process: &Process, ready: Ready) -> JobExecution {
    let job = failing();
    process.operator.run(&job, &params("any"), ready, &Unwatched).unwrap()
}

fn named() -> Target {
    Target::Job("job".to_owned())
}

/// Continues what `target` names, with the parameters that it has: whoever restarts gives none.
fn restart(world: &World, target: &Target, job: &Job) -> Result<JobExecution, StartError> {
    let process = world.process();
    let found = process.operator.find(target).unwrap();
    let mut given = GivenParams::default();
    found.params.iter().for_each(|(name, value)| given.set_default(name, value));
    let (params, wish) = (bound(&given), Wish::Restart);
    let launching = Launching {
        job,
        params: &params,
        wish,
        trigger: overnight_framework::execution::Trigger::Restart,
        reason: None,
        key: None,
    };
    let ready = process.operator.launch(&launching, &|_, _| {})?;
    Ok(process.operator.run(job, &params, ready, &Unwatched).unwrap())
}

#[test]
fn s3_35_stop_by_name_means_the_instance_that_was_executed_last() {
    let world = World::new();
    let (one, two) = (world.process(), world.process());
    let (older, newer) = (launched(&one, "a"), launched(&two, "b"));
    let (a, b) = (older.execution().id, newer.execution().id);
    let stop = || {
        let operator = world.process().0.operator;
        let found = operator.find(&named()).unwrap().id;
        operator.stop(found, StopIntent::Stopped, None).unwrap();
        found
    };
    assert_eq!(stop(), b);
    assert_eq!((world.execution(a).status, world.execution(b).status), (Status::Starting, Status::Stopping));
    assert_eq!(ended(&two, newer).status, Status::Stopped);
    assert_eq!(ended(&one, older).status, Status::Failed);
    // The instance of `a` is the older one, and now the one that was executed last.
    let again = launched(&one, "a");
    assert_eq!(stop(), again.execution().id);
    assert_eq!(again.execution().instance_id, world.execution(a).instance_id);
    assert_eq!(ended(&one, again).status, Status::Stopped);
}

#[test]
fn s3_40_restart_by_name_means_the_instance_that_was_executed_last() {
    let world = World::new();
    let [a, b] = ["a", "b"].map(|run| {
        let process = world.process();
        let ready = launched(&process, run);
        ended(&process, ready)
    });
    let second = restart(&world, &named(), &failing()).unwrap();
    assert_eq!((second.instance_id, second.previous_id), (b.instance_id, Some(b.id)));
    let third = restart(&world, &Target::Execution(a.id), &failing()).unwrap();
    let fourth = restart(&world, &named(), &mended()).unwrap();
    assert_eq!((fourth.instance_id, fourth.previous_id), (a.instance_id, Some(third.id)));
    assert_eq!(fourth.status, Status::Completed);
    let refused = restart(&world, &named(), &mended()).unwrap_err();
    assert!(matches!(refused, StartError::Refused(Refusal::AlreadyComplete { id }) if id == fourth.id), "{refused}");
}

#[test]
fn s3_41_s3_43_restart_by_id_goes_by_the_last_execution_of_its_instance_and_has_its_parameters() {
    let world = World::new();
    let process = world.process();
    let ready = launched(&process, "a");
    let first = ended(&process, ready);
    let ready = launched(&process, "b");
    ended(&process, ready);
    let by_the_first = Target::Execution(first.id);
    let second = restart(&world, &by_the_first, &failing()).unwrap();
    let third = restart(&world, &by_the_first, &mended()).unwrap();
    assert_eq!((third.previous_id, third.instance_id), (Some(second.id), first.instance_id));
    assert_eq!((&second.params, &third.params), (&first.params, &first.params));
    assert_eq!(first.params["run"], "a");
    let refused = restart(&world, &by_the_first, &mended()).unwrap_err();
    assert!(matches!(refused, StartError::Refused(Refusal::AlreadyComplete { id }) if id == third.id), "{refused}");
}

#[test]
fn a_name_under_which_nothing_was_started_is_an_error() {
    let found = World::new().process().operator.find(&named());
    assert!(matches!(found, Err(FindError::NoJob(NoJob { name, near: None, .. })) if name == "job"));
}

#[test]
fn a_name_that_is_nearly_one_is_told_the_right_one_and_the_project_that_was_looked_in() {
    let world = World::new();
    let process = world.process();
    let ready = launched(&process, "a");
    ended(&process, ready);
    let operator = &process.operator;
    let missing = operator.find(&Target::Job("jbo".to_owned())).unwrap_err();
    let project = operator.project();
    let said =
        format!("no such job: jbo (nothing of this name was ever started in project `{project}`; did you mean `job`?)");
    assert_eq!(missing.to_string(), said);
    let elsewhere =
        world.process().0.operator.in_project("elsewhere").find(&Target::Job("job".to_owned())).unwrap_err();
    let said = "no such job: job (nothing of this name was ever started in project `elsewhere`)";
    assert_eq!(elsewhere.to_string(), said);
}

#[test]
fn the_parameters_of_a_job_with_many_instances_name_the_execution_with_them_that_was_started_last() {
    let world = World::new();
    let process = world.process();
    let many = Job { instances: Instances::Many, ..mended() };
    let started = ["a", "b", "a", "b"].map(|run| process.launch_with(&many, &params(run), Wish::Start).unwrap());
    let find = |run: &str| process.operator.find(&Target::NewestWith { job: "job".to_owned(), key: params(run).key() });
    assert_eq!(find("a").unwrap().id, started[2].execution().id);
    assert_eq!(find("b").unwrap().id, started[3].execution().id);
    assert!(matches!(find("c"), Err(FindError::NoInstance { .. })));
}

#[test]
fn an_execution_is_found_behind_any_number_of_newer_ones() {
    let world = World::new();
    let process = world.process();
    let many = Job { instances: Instances::Many, ..mended() };
    let start = |run: &str| process.launch_with(&many, &params(run), Wish::Start).unwrap().execution().id;
    let first = start("a");
    for _ in 0..50 {
        start("b");
    }
    let found = process.operator.find(&Target::NewestWith { job: "job".to_owned(), key: params("a").key() });
    assert_eq!(found.unwrap().id, first);
}
