//! One store, and processes that come and go.

use std::ops::Deref;
use std::time::Duration;

use overnight_framework::BatchError;
use overnight_framework::execution::{ExecutionId, JobExecution, StepExecution, Trigger};
use overnight_framework::job::{Job, JobStep};
use overnight_framework::launch::{Refusal, Wish};
use overnight_framework::monitor::{Monitor, Unwatched};
use overnight_framework::operator::{Launching, Ready, StartError};
use overnight_framework::params::Params;
use overnight_framework::policy::{ErrorNames, RetryPolicy, SkipLimit, SkipPolicy};
use overnight_framework::repository::{Repository, StoredDeadLetter};
use overnight_framework::row::Value;
use overnight_framework::runner::RunError;
use overnight_framework::status::Status;
use overnight_framework::step::{Outcome, StepContext, TaskletStep};
use overnight_framework::testing;
use overnight_framework::worker::Timing;

use super::{Crash, Fault};

/// A store in memory, with what these tests ask of it.
pub(crate) struct World(testing::World);

/// A process on it.
pub(crate) struct Process(pub(crate) testing::Process);

impl Deref for World {
    type Target = testing::World;

    fn deref(&self) -> &testing::World {
        &self.0
    }
}

impl Deref for Process {
    type Target = testing::Process;

    fn deref(&self) -> &testing::Process {
        &self.0
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self(testing::World::new())
    }

    /// A new process with a healthy way to the store.
    pub(crate) fn process(&self) -> Process {
        Process(self.0.process())
    }

    pub(crate) fn process_on(&self, host: &str, timing: Timing) -> Process {
        Process(self.0.process_on(host, timing))
    }

    /// The process of a job that must not fail by itself.
    pub(crate) fn run(&self, job: &Job) -> JobExecution {
        self.process().run(job).unwrap()
    }

    /// A process on a bad day.
    pub(crate) fn run_with(
        &self,
        job: &Job,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<JobExecution, RunError> {
        let process = self.process();
        faults.into_iter().for_each(|fault| process.store.fault(fault));
        process.run(job)
    }

    /// The rows of the table `out`, in the order in which they were written.
    pub(crate) fn rows(&self) -> Vec<i64> {
        let cells = self.memory.tables().rows("out").into_iter().flatten();
        cells.filter_map(|cell| if let Value::Int(number) = cell { Some(number) } else { None }).collect()
    }

    pub(crate) fn step(&self, id: ExecutionId, name: &str) -> StepExecution {
        self.memory.steps(id).unwrap().into_iter().find(|step| step.name == name).unwrap()
    }

    pub(crate) fn steps(&self, id: ExecutionId) -> Vec<StepExecution> {
        self.memory.steps(id).unwrap()
    }

    pub(crate) fn letters(&self, execution: &JobExecution) -> Vec<StoredDeadLetter> {
        self.memory.dead_letters(execution.instance_id, 0, 100_000).unwrap()
    }

    /// The dead letters as phase and payload.
    pub(crate) fn dead(&self, execution: &JobExecution) -> Vec<String> {
        let text = |letter: &StoredDeadLetter| String::from_utf8_lossy(&letter.payload).into_owned();
        self.letters(execution).iter().map(|letter| format!("{} {}", letter.phase.as_str(), text(letter))).collect()
    }

    pub(crate) fn execution(&self, id: ExecutionId) -> JobExecution {
        self.memory.execution(id).unwrap().unwrap()
    }
}

impl Process {
    pub(crate) fn run(&self, job: &Job) -> Result<JobExecution, RunError> {
        self.run_watched(job, &Unwatched)
    }

    pub(crate) fn run_params(&self, job: &Job, params: &Params) -> Result<JobExecution, RunError> {
        let ready = self.launch_with(job, params, Wish::Start).unwrap();
        self.operator.run(job, params, ready, &Unwatched)
    }

    pub(crate) fn run_watched(&self, job: &Job, monitor: &dyn Monitor) -> Result<JobExecution, RunError> {
        let ready = match self.launch(job) {
            Ok(ready) => ready,
            Err(StartError::Store(error)) => return Err(error.into()),
            Err(error) => panic!("{error}"),
        };
        self.operator.run(job, &Params::default(), ready, monitor)
    }

    pub(crate) fn launch(&self, job: &Job) -> Result<Ready, StartError> {
        self.launch_with(job, &Params::default(), Wish::Start)
    }

    pub(crate) fn launch_with(&self, job: &Job, params: &Params, wish: Wish) -> Result<Ready, StartError> {
        self.launch_waiting(job, params, wish, &|_, _| {})
    }

    pub(crate) fn launch_waiting(
        &self,
        job: &Job,
        params: &Params,
        wish: Wish,
        on_wait: &dyn Fn(Refusal, Duration),
    ) -> Result<Ready, StartError> {
        self.operator
            .launch(&Launching { job, params, wish, trigger: Trigger::Library, reason: None, key: None }, on_wait)
    }

    pub(crate) fn with_fault(self, fault: Fault) -> Self {
        Self(self.0.with_fault(fault))
    }

    pub(crate) fn crashing(self, crash: Crash) -> Self {
        Self(self.0.crashing(crash))
    }
}

/// A job of these steps.
pub(crate) fn job(steps: impl IntoIterator<Item = JobStep>) -> Job {
    Job { steps: steps.into_iter().collect(), ..Job::new("job") }
}

/// A job of one step called `step`.
pub(crate) fn job_of(step: impl overnight_framework::step::Step + 'static) -> Job {
    job([JobStep::new("step", step)])
}

/// A step that is one action.
pub(crate) fn tasklet(
    name: &str,
    action: impl Fn(&mut StepContext<'_>) -> Result<Outcome, BatchError> + Send + Sync + 'static,
) -> JobStep {
    JobStep::new(name, TaskletStep(action))
}

/// So many retries without a pause.
pub(crate) fn retries(times: u32) -> RetryPolicy {
    RetryPolicy { max_attempts: times + 1, ..RetryPolicy::NEVER }
}

/// So many skips of any error.
pub(crate) fn skips(limit: u64) -> SkipPolicy {
    SkipPolicy { limit: SkipLimit::Count(limit), errors: ErrorNames::Any }
}

/// The status, exit code and message of a failed execution.
pub(crate) fn failed(execution: &JobExecution) -> (&str, &str) {
    assert_eq!(execution.status, Status::Failed, "{execution:?}");
    (execution.exit_code.as_str(), execution.error.as_ref().map_or("", |error| error.message.as_str()))
}
