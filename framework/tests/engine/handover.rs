//! One process launches, another one runs.

use overnight_framework::execution::{Trigger, WorkerId};
use overnight_framework::job::Job;
use overnight_framework::launch::{Refusal, Wish};
use overnight_framework::monitor::Unwatched;
use overnight_framework::operator::{Launching, StartError};
use overnight_framework::params::Params;
use overnight_framework::repository::{FenceError, Launched, Repository};
use overnight_framework::status::{Status, StopIntent};
use overnight_framework::step::Outcome;

use super::support::{Fault, FaultKind, Process, Verb, World, failed, job, tasklet};

fn fine() -> Job {
    job([tasklet("a", |_| Ok(Outcome::COMPLETED))])
}

fn launch_for(parent: &Process, child: &Process, job: &Job) -> Result<Launched, StartError> {
    let params = &Params::default();
    let launching = Launching { job, params, wish: Wish::Start, trigger: Trigger::Library, reason: None, key: None };
    parent.operator.launch_for(child.operator.identity().unwrap(), &launching, &|_, _| {})
}

#[test]
fn what_was_launched_for_another_process_runs_there() {
    let world = World::new();
    let (parent, child) = (world.process(), world.process());
    let launched = launch_for(&parent, &child, &fine()).unwrap();
    let ready = child.operator.adopt(launched.lease).unwrap().unwrap();
    let ran = child.operator.run(&fine(), &Params::default(), ready, &Unwatched).unwrap();
    assert_eq!((ran.id, ran.status, ran.worker_id), (launched.id(), Status::Completed, Some(launched.lease.worker)));
    drop(child);
    assert!(world.memory.worker(launched.lease.worker).unwrap().unwrap().dead);
}

#[test]
fn a_launch_that_nobody_takes_up_is_given_up_and_cannot_be_taken_up_any_more() {
    let world = World::new();
    let (parent, child) = (world.process(), world.process());
    let launched = launch_for(&parent, &child, &fine()).unwrap();
    let ended = parent.operator.give_up(&launched.lease, "nobody came").unwrap();
    assert_eq!(failed(&ended), ("LAUNCH_ERROR", "nobody came"));
    assert!(child.operator.adopt(launched.lease).unwrap().is_none());
    assert_eq!(world.run(&fine()).previous_id, Some(launched.id()));
}

#[test]
fn a_launch_that_was_taken_up_and_has_ended_is_not_given_up() {
    let world = World::new();
    let (parent, child) = (world.process(), world.process());
    let launched = launch_for(&parent, &child, &fine()).unwrap();
    let ready = child.operator.adopt(launched.lease).unwrap().unwrap();
    child.operator.run(&fine(), &Params::default(), ready, &Unwatched).unwrap();
    let refused = parent.operator.give_up(&launched.lease, "too late");
    assert!(matches!(refused, Err(FenceError::LeaseLost)), "{refused:?}");
    assert_eq!(world.execution(launched.id()).status, Status::Completed);
}

#[test]
fn a_launch_for_another_process_is_refused_as_its_own_is_and_records_nobody() {
    let world = World::new();
    let done = world.run(&fine());
    let refused = launch_for(&world.process(), &world.process(), &fine());
    let is_complete = |error: &StartError| matches!(error, StartError::Refused(Refusal::AlreadyComplete { .. }));
    assert!(refused.as_ref().is_err_and(is_complete), "{refused:?}");
    assert!(world.memory.worker(WorkerId(done.worker_id.unwrap().0 + 1)).unwrap().is_none());
}

#[test]
fn a_stop_between_the_launch_and_its_taking_up_is_heard() {
    let world = World::new();
    let (parent, child) = (world.process(), world.process());
    let launched = launch_for(&parent, &child, &fine()).unwrap();
    parent.operator.stop(launched.id(), StopIntent::Stopped, None).unwrap();
    let ready = child.operator.adopt(launched.lease).unwrap().unwrap();
    let ran = child.operator.run(&fine(), &Params::default(), ready, &Unwatched).unwrap();
    assert_eq!((ran.status, world.steps(ran.id).len()), (Status::Stopped, 0));
}

#[test]
fn a_lease_that_cannot_be_renewed_is_not_taken() {
    let world = World::new();
    let (parent, child) =
        (world.process(), world.process().with_fault(Fault::refuse(Verb::Beat, FaultKind::Unreachable)));
    let launched = launch_for(&parent, &child, &fine()).unwrap();
    assert!(matches!(child.operator.adopt(launched.lease), Err(StartError::Store(_))));
}
