//! Timeouts of jobs and steps: FAILED with the exit code TIMEOUT, wherever the limit ran out.

use std::time::Duration;

use overnight_framework::job::{Job, JobStep};
use overnight_framework::monitor::{Monitor, RunEvent};
use overnight_framework::params::Params;
use overnight_framework::policy::RetryPolicy;
use overnight_framework::status::{Status, StopIntent};
use overnight_framework::step::Outcome;
use overnight_framework::stop::StopToken;

use super::support::{Chunks, World, failed, job, numbers, retries, tasklet};

const SOON: Duration = Duration::from_millis(1);
const NEVER: Duration = Duration::from_secs(3_600);

/// A step that waits until it shall end, and then answers this.
fn waiting(answer: fn(Option<StopIntent>) -> Result<Outcome, &'static str>) -> JobStep {
    tasklet("a", move |context| answer(context.stop_token().wait(NEVER)).map_err(Into::into))
}

fn obeying(intent: Option<StopIntent>) -> Result<Outcome, &'static str> {
    Ok(Outcome::Stopped(intent.unwrap()))
}

#[test]
fn a_step_that_runs_longer_than_its_limit_fails_step_and_job_with_timeout() {
    let world = World::new();
    let ran = world.run(&job([JobStep { timeout: Some(SOON), ..waiting(obeying) }]));
    assert_eq!(failed(&ran), ("TIMEOUT", "the step ran longer than its timeout of 1ms"));
    assert_eq!(ran.error.as_ref().unwrap().step.as_deref(), Some("a"));
    let step = world.step(ran.id, "a");
    assert_eq!((step.status, step.exit_code.as_str()), (Status::Failed, "TIMEOUT"));
}

#[test]
fn a_job_that_runs_longer_than_its_limit_fails_with_timeout() {
    let world = World::new();
    let ran = world.run(&Job { timeout: Some(SOON), ..job([waiting(obeying)]) });
    assert_eq!(failed(&ran), ("TIMEOUT", "the job ran longer than its timeout of 1ms"));
    assert_eq!(world.step(ran.id, "a").exit_code.as_str(), "TIMEOUT");
}

#[test]
fn a_limit_that_runs_out_counts_whatever_the_step_makes_of_it() {
    let world = World::new();
    let calm = |_| Ok(Outcome::Stopped(StopIntent::Stopped));
    let ran = world.run(&job([JobStep { timeout: Some(SOON), ..waiting(calm) }]));
    assert_eq!(failed(&ran).0, "TIMEOUT");
    let killed = |_| Err("killed by signal 15");
    let ran = world.run(&Job { name: "other".to_owned(), ..job([JobStep { timeout: Some(SOON), ..waiting(killed) }]) });
    assert_eq!(failed(&ran), ("TIMEOUT", "the step ran longer than its timeout of 1ms"));
    assert_eq!(ran.error.unwrap().causes, ["killed by signal 15"]);
}

/// Work that is done would otherwise be done again by the restart.
#[test]
fn a_step_that_completes_after_its_limit_has_completed_and_the_limit_of_the_job_keeps_the_next_one_from_beginning() {
    let world = World::new();
    let late = || waiting(|_| Ok(Outcome::COMPLETED));
    let ran = world.run(&job([JobStep { timeout: Some(SOON), ..late() }]));
    assert_eq!(ran.status, Status::Completed);
    let short = |name: &str, steps: Vec<JobStep>| Job { name: name.to_owned(), timeout: Some(SOON), ..job(steps) };
    assert_eq!(world.run(&short("alone", vec![late()])).status, Status::Completed);
    let never = tasklet("b", |_| panic!("it must not run"));
    let ran = world.run(&short("two", vec![late(), never]));
    assert_eq!(failed(&ran), ("TIMEOUT", "the job ran longer than its timeout of 1ms"));
    assert_eq!(world.step(ran.id, "a").status, Status::Completed);
}

#[test]
fn the_limit_of_a_step_holds_for_all_its_attempts_together() {
    let world = World::new();
    let retry = RetryPolicy { delay: NEVER, max_delay: NEVER, ..retries(5) };
    let failing = tasklet("a", |_| Err("no luck".into()));
    let ran = world.run(&job([JobStep { timeout: Some(SOON), retry, ..failing }]));
    assert_eq!(failed(&ran).0, "TIMEOUT");
    assert_eq!(ran.error.unwrap().causes, ["no luck"]);
}

#[test]
fn a_step_that_is_done_in_time_takes_its_limit_with_it() {
    let world = World::new();
    let quick = tasklet("quick", |_| Ok(Outcome::COMPLETED));
    // The second step would wait for ever if the limit of the first one could end it.
    let second = tasklet("b", |context| {
        assert_eq!(context.stop_requested(), None);
        Ok(Outcome::COMPLETED)
    });
    let ran = world.run(&Job { timeout: Some(NEVER), ..job([JobStep { timeout: Some(NEVER), ..quick }, second]) });
    assert_eq!(ran.status, Status::Completed);
}

#[test]
fn a_chunk_step_that_times_out_keeps_its_chunks_and_goes_on_when_it_is_restarted() {
    /// Waits after each chunk until the end is requested.
    struct UntilRequested(StopToken);
    impl Monitor for UntilRequested {
        fn event(&self, event: &RunEvent<'_>) {
            if matches!(event, RunEvent::Progress { .. }) {
                assert_eq!(self.0.wait(NEVER), Some(StopIntent::Timeout));
            }
        }
    }
    let world = World::new();
    let job = job([JobStep::new("step", Chunks::of(numbers(1..=35)).step())]);
    let short = Job { timeout: Some(SOON), ..job.clone() };
    let process = world.process();
    let ready = process.launch(&short).unwrap();
    let monitor = UntilRequested(ready.stop_token().clone());
    let ran = process.operator.run(&short, &Params::default(), ready, &monitor).unwrap();
    assert_eq!(failed(&ran).0, "TIMEOUT");
    assert!(world.rows().len() <= 10);
    assert_eq!(world.run(&job).status, Status::Completed);
    assert_eq!(world.rows(), (1..=35).collect::<Vec<_>>());
}
