//! One run of a job on the store in memory.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::events::Events;
use super::fault::Fault;
use super::ran::Ran;
use super::world::World;
use crate::job::Job;
use crate::params::{Given, GivenParams, IntoParams};
use crate::resource::Need;
use crate::step::{BlockOn, Park};

/// A run that is about to happen: made by [`run`].
#[derive(Debug)]
#[must_use = "nothing runs before `.go()`"]
pub struct TestRun {
    job: Job,
    given: GivenParams,
    now: DateTime<Utc>,
    faults: Vec<Fault>,
}

/// A run of `job` on a store in memory of its own. [`TestRun::go`] runs it; what stands before says with what.
///
/// Retries wait as they do in life: a policy with pauses makes a slow test. Asynchronous steps run without a runtime: one that
/// needs tokio's timers or sockets gets a driver by [`share::<dyn BlockOn>`](TestRun::share).
pub fn run(job: &Job) -> TestRun {
    TestRun { job: driven(job), given: GivenParams::default(), now: DateTime::UNIX_EPOCH, faults: Vec::new() }
}

/// The job with something that drives its asynchronous steps, unless the program brings a driver of its own.
pub(super) fn driven(job: &Job) -> Job {
    let mut job = job.clone();
    if !job.resources.has(Need::of::<dyn BlockOn>()) {
        Arc::make_mut(&mut job.resources).share::<dyn BlockOn>(Arc::new(Park));
    }
    job
}

impl TestRun {
    /// With this parameter, as `-p name=value` gives it.
    #[expect(clippy::needless_pass_by_value, reason = "a number is given as it is written")]
    pub fn param(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.given.set(name, Given::Text(value.to_string()));
        self
    }

    /// With these parameters beside those before.
    ///
    /// # Panics
    /// When they are no JSON object.
    #[track_caller]
    pub fn params(mut self, params: impl IntoParams) -> Self {
        self.given.extend(params.into_params().unwrap_or_else(|error| panic!("{error}")));
        self
    }

    /// With something that steps ask for as `Res<T>`; it replaces another of its type.
    pub fn resource<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        Arc::make_mut(&mut self.job.resources).insert(value);
        self
    }

    /// The same with something that is shared already, or that is known by a trait: `share::<dyn Mailer>(Arc::new(Outbox::new()))`.
    pub fn share<T: ?Sized + Send + Sync + 'static>(mut self, shared: Arc<T>) -> Self {
        Arc::make_mut(&mut self.job.resources).share(shared);
        self
    }

    /// This step alone, whatever its condition says.
    ///
    /// # Panics
    /// When the job has no such step.
    #[track_caller]
    pub fn step(mut self, name: &str) -> Self {
        self.job.steps.retain(|step| step.name == name);
        assert!(!self.job.steps.is_empty(), "job {} has no step `{name}`", self.job.name);
        self.job.steps.iter_mut().for_each(|step| step.when = None);
        self
    }

    /// At this time of the store, which otherwise is midnight of 1 January 1970. It stands still.
    pub fn at(self, now: DateTime<Utc>) -> Self {
        Self { now, ..self }
    }

    /// With a fault on the way to the store.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When nothing was started, because the parameters are wrong or the job could never run, and when the run has no end,
    /// because of its faults.
    #[track_caller]
    pub fn go(self) -> Ran {
        let Self { job, given, now, faults } = self;
        let (world, events) = (World::at(now), Events::default());
        let process = faults.into_iter().fold(world.process(), |process, fault| process.with_fault(fault));
        let params = job.bind(&given).unwrap_or_else(|error| panic!("{error}"));
        let ended = process.start(&job, &params, &events).unwrap_or_else(|error| panic!("the run has no end: {error}"));
        let ran = Ran::read(world.store(), ended.id, world.memory.tables(), events.all());
        ran.unwrap_or_else(|error| panic!("{error}"))
    }
}
