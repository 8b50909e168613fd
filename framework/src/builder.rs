//! Jobs in Rust: parameters, steps and the rules around them, put together by hand or by the macros.
//!
//! [`#[job]`](macro@crate::job) writes exactly what stands here, so that neither is more able than the other:
//!
//! ```
//! use overnight_framework::builder::{JobBuilder, StepBuilder};
//! use overnight_framework::params::{Field, Fields, FromParams};
//! use overnight_framework::step::chunk::{Chunk, Items, WriteContext};
//! use overnight_framework::step::StepContext;
//! use overnight_framework::{BatchError, repository::ChunkError};
//!
//! struct Count { to: i64 }
//!
//! impl FromParams for Count {
//!     fn fields(fields: &mut Fields<'_>) -> Option<Self> {
//!         let to = fields.field(Field::new("to").description("The last number."));
//!         Some(Self { to: to? })
//!     }
//! }
//!
//! let job = JobBuilder::<Count>::new("count")
//!     .description("Counts.")
//!     .step(StepBuilder::tasklet("greet", |count: &Count, step: &mut StepContext<'_>| {
//!         step.output(&format!("counting to {}", count.to));
//!     }))
//!     .step(StepBuilder::chunk("count", 100, |count: &Count, _: &StepContext<'_>| {
//!         let write = |numbers: &[i64], _: &mut WriteContext<'_>| -> Result<(), ChunkError> { Ok(()) };
//!         Ok(Chunk::read(Items::of(1..=count.to)).write(write))
//!     }).when("params.to > 0"))
//!     .build()?;
//! assert_eq!(job.steps.len(), 2);
//! # Ok::<(), overnight_framework::builder::JobProblems>(())
//! ```

mod flow;
mod step;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

pub use self::flow::{Flow, Part, RowReader, RowWriter, WholeFlow};
pub use self::step::StepBuilder;

use self::step::length;
use crate::definition::Conditions;
use crate::job::{Instances, Job};
use crate::launch::Restartability;
use crate::listener::JobListener;
use crate::params::FromParams;
use crate::yaml::{NAME_RULE, is_name};

/// A type that is a whole job: its fields are the parameters, and it knows its steps.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no job",
    label = "no job",
    note = "write `#[job]` above the `impl {Self}` with the steps"
)]
pub trait JobSpec: FromParams {
    /// The job.
    ///
    /// # Errors
    /// When it could never run, with all problems at once.
    fn job() -> Result<Job, JobProblems>;
}

/// Everything that keeps a job in Rust from ever running.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("job {job} cannot run: {}", .problems.join("; "))]
pub struct JobProblems {
    /// The job.
    pub job: String,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// Puts a job together whose parameters are a `P`.
pub struct JobBuilder<P> {
    job: Job,
    steps: Vec<StepBuilder<P>>,
    problems: Vec<String>,
}

impl<P: FromParams> JobBuilder<P> {
    /// A job without steps.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let job = Job { description: P::DESCRIPTION.map(str::to_owned), ..Job::new(name) };
        Self { job, steps: Vec::new(), problems: Vec::new() }
    }

    /// What the job is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.job.description = Some(description.into());
        self
    }

    /// The module it belongs to.
    #[must_use]
    pub fn module(mut self, module: impl Into<String>) -> Self {
        self.job.module = module.into();
        self
    }

    /// A label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.job.labels.insert(name.into(), value.into());
        self
    }

    /// Lets every start be an instance of its own, whatever its parameters.
    #[must_use]
    pub fn many_instances(mut self) -> Self {
        self.job.instances = Instances::Many;
        self
    }

    /// Whether what failed may be continued; it may unless this says no.
    #[must_use]
    pub fn restartable(mut self, restartable: bool) -> Self {
        self.job.restartability = if restartable { Restartability::Restartable } else { Restartability::Once };
        self
    }

    /// Whether an execution may be stopped; it may unless this says no.
    #[must_use]
    pub fn abortable(mut self, abortable: bool) -> Self {
        self.job.abortable = abortable;
        self
    }

    /// How long an execution may take. Then its step is asked to end and no other one begins.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.job.timeout = Some(timeout);
        self
    }

    /// The same as a job file writes it: `30m`, `1h30m`.
    #[must_use]
    pub fn timeout_text(mut self, timeout: &str) -> Self {
        match length(timeout) {
            Ok(timeout) => self.job.timeout = Some(timeout),
            Err(problem) => self.problems.push(problem),
        }
        self
    }

    /// Who is called around its executions.
    #[must_use]
    pub fn listener(mut self, listener: impl JobListener + 'static) -> Self {
        self.job.listeners.push(Arc::new(listener));
        self
    }

    /// The step that comes next.
    #[must_use]
    pub fn step(mut self, step: StepBuilder<P>) -> Self {
        self.steps.push(step);
        self
    }

    /// The job, ready to run.
    ///
    /// # Errors
    /// When it could never run, with all problems at once: a name that is none, a default out of its range, a condition over
    /// names that do not exist.
    pub fn build(self) -> Result<Job, JobProblems> {
        let Self { mut job, steps, mut problems } = self;
        refuse_name("a job", &job.name, &mut problems);
        match P::declarations() {
            Ok(params) => job.params = params,
            Err(error) => problems.extend(error.problems.iter().map(ToString::to_string)),
        }
        job.params.iter().for_each(|param| refuse_name("a parameter", &param.name, &mut problems));
        let mut conditions = Conditions::new(&job.params);
        for step in steps {
            let (name, outputs, conditional) = (step.step.name.clone(), step.step.outputs.clone(), step.when.is_some());
            refuse_name("a step", &name, &mut problems);
            job.steps.extend(step.build(&conditions, &mut problems));
            conditions.declare_step(&name, &outputs, conditional);
        }
        let is_whole = problems.is_empty();
        problems.extend(job.check().err().filter(|_| is_whole).map(|error| error.to_string()));
        if problems.is_empty() { Ok(job) } else { Err(JobProblems { job: job.name, problems }) }
    }
}

fn refuse_name(what: &str, name: &str, problems: &mut Vec<String>) {
    if !is_name(name) {
        problems.push(format!("`{name}` cannot be the name of {what}: {NAME_RULE}"));
    }
}

impl<P> fmt::Debug for JobBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobBuilder").field("job", &self.job).field("steps", &self.steps).finish()
    }
}
