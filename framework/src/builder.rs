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

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::definition::Conditions;
use crate::error::{BatchError, names};
use crate::expr::ExprError;
use crate::job::{Evaluate, Instances, Job, JobStep, Rerun};
use crate::launch::Restartability;
use crate::listener::{ChunkListener, JobListener, SkipListener, StepListener};
use crate::params::{FromParams, ParamType, ParamsError, parse_duration};
use crate::policy::{RetryPolicy, SkipPolicy};
use crate::resource::Need;
use crate::step::chunk::{Chunk, ChunkStep};
use crate::step::{IntoOutcome, JobView, Outcome, Step, StepContext, TaskletStep};
use crate::yaml::is_name;

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

/// Puts a step together, of a job whose parameters are a `P`.
pub struct StepBuilder<P> {
    name: String,
    work: Work,
    when: Option<When>,
    retry: RetryPolicy,
    skip: SkipPolicy,
    timeout: Option<Duration>,
    rerun: Rerun,
    max_starts: Option<u32>,
    problems: Vec<String>,
    description: Option<String>,
    needs: Vec<Need>,
    place: Option<&'static str>,
    listeners: Vec<Arc<dyn StepListener>>,
    chunk_listeners: Vec<Arc<dyn ChunkListener>>,
    skip_listeners: Vec<Arc<dyn SkipListener>>,
    params: PhantomData<fn(P)>,
}

enum Work {
    Tasklet(Box<dyn Step>),
    Chunk(ChunkStep),
}

/// Whether a step shall run.
enum When {
    /// An expression, as a job file has it.
    Expression(String),
    Function(Evaluate<bool>),
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

    /// How long an execution may take.
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
            refuse_name("a step", &step.name, &mut problems);
            let (name, conditional) = (step.name.clone(), step.when.is_some());
            job.steps.extend(step.build(&conditions, &mut problems));
            conditions.declare_step(&name, conditional);
        }
        let is_whole = problems.is_empty();
        problems.extend(job.check().err().filter(|_| is_whole).map(|error| error.to_string()));
        if problems.is_empty() { Ok(job) } else { Err(JobProblems { job: job.name, problems }) }
    }
}

/// A length of time that is more than none.
fn length(text: &str) -> Result<Duration, String> {
    let length = parse_duration(text).and_then(|length| length.to_std().ok()).filter(|length| !length.is_zero());
    length.ok_or_else(|| format!("`timeout`: expected {}, found {text:?}", ParamType::Duration.expectation()))
}

fn refuse_name(what: &str, name: &str, problems: &mut Vec<String>) {
    if !is_name(name) {
        problems.push(format!(
            "`{name}` cannot be the name of {what}: it is a small letter, then small letters, digits, `_` and `-`, at most 63"
        ));
    }
}

impl<P: FromParams> StepBuilder<P> {
    /// A step that is one action. It gets the parameters, and answers what [`IntoOutcome`] lists.
    pub fn tasklet<A: IntoOutcome>(
        name: impl Into<String>,
        action: impl Fn(&P, &mut StepContext<'_>) -> A + Send + Sync + 'static,
    ) -> Self {
        let execute = move |context: &mut StepContext<'_>| -> Result<Outcome, BatchError> {
            let params = read_params::<P>(context)?;
            action(&params, context).into_outcome(context)
        };
        Self::of(name, Work::Tasklet(Box::new(TaskletStep(execute))))
    }

    /// A step that reads, processes and writes, `size` items a transaction; its parts are made for each attempt.
    pub fn chunk(
        name: impl Into<String>,
        size: usize,
        parts: impl Fn(&P, &StepContext<'_>) -> Result<Chunk, BatchError> + Send + Sync + 'static,
    ) -> Self {
        let parts = move |context: &StepContext<'_>| parts(&read_params::<P>(context)?, context);
        Self::of(name, Work::Chunk(ChunkStep::new(parts).size(size)))
    }

    fn of(name: impl Into<String>, work: Work) -> Self {
        Self {
            name: name.into(),
            work,
            when: None,
            retry: RetryPolicy::NEVER,
            skip: SkipPolicy::NEVER,
            timeout: None,
            rerun: Rerun::WhenIncomplete,
            max_starts: None,
            problems: Vec::new(),
            description: None,
            needs: Vec::new(),
            place: None,
            listeners: Vec::new(),
            chunk_listeners: Vec::new(),
            skip_listeners: Vec::new(),
            params: PhantomData,
        }
    }

    /// What the step is for.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
    }

    /// Runs the step only when this holds: an expression as in a job file, over the parameters and the steps before.
    #[must_use]
    pub fn when(self, expression: impl Into<String>) -> Self {
        Self { when: Some(When::Expression(expression.into())), ..self }
    }

    /// The same as a function.
    #[must_use]
    pub fn when_fn(self, holds: impl Fn(&P, &JobView<'_>) -> Result<bool, BatchError> + Send + Sync + 'static) -> Self {
        let evaluate = move |view: &JobView<'_>| holds(&P::from_params(view.params).map_err(unreadable)?, view);
        Self { when: Some(When::Function(Arc::new(evaluate))), ..self }
    }

    /// Repeats what failed: the action of a tasklet, or a chunk.
    #[must_use]
    pub fn retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    /// Skips bad items of a chunk step.
    #[must_use]
    pub fn skip(self, skip: SkipPolicy) -> Self {
        Self { skip, ..self }
    }

    /// How long the step may take, all attempts together.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// The same as a job file writes it: `30m`, `1h30m`.
    #[must_use]
    pub fn timeout_text(mut self, timeout: &str) -> Self {
        match length(timeout) {
            Ok(timeout) => self.timeout = Some(timeout),
            Err(problem) => self.problems.push(format!("step `{}`: {problem}", self.name)),
        }
        self
    }

    /// Runs the step again after a restart although it completed.
    #[must_use]
    pub fn rerun_always(self) -> Self {
        Self { rerun: Rerun::Always, ..self }
    }

    /// How often the step may be begun in one instance.
    #[must_use]
    pub fn max_starts(self, times: u32) -> Self {
        Self { max_starts: Some(times), ..self }
    }

    /// A resource without which the step cannot run; a program that lacks it is told before anything runs.
    #[must_use]
    pub fn needs(mut self, need: impl IntoIterator<Item = Need>) -> Self {
        self.needs.extend(need);
        self
    }

    /// Where the step stands in its source, as `src/ledger.rs:46`.
    #[must_use]
    pub fn at(self, place: &'static str) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Who is called around the step.
    #[must_use]
    pub fn listener(mut self, listener: impl StepListener + 'static) -> Self {
        self.listeners.push(Arc::new(listener));
        self
    }

    /// Who is called around its chunks. It then runs on one thread.
    #[must_use]
    pub fn chunk_listener(mut self, listener: impl ChunkListener + 'static) -> Self {
        self.chunk_listeners.push(Arc::new(listener));
        self
    }

    /// Who is called for each skipped item.
    #[must_use]
    pub fn skip_listener(mut self, listener: impl SkipListener + 'static) -> Self {
        self.skip_listeners.push(Arc::new(listener));
        self
    }

    fn build(self, conditions: &Conditions, problems: &mut Vec<String>) -> Option<JobStep> {
        let Self { name, work, retry, skip, .. } = self;
        problems.extend(self.problems);
        let (when, condition) = match self.when {
            None => (None, None),
            Some(When::Function(evaluate)) => (Some(evaluate), None),
            Some(When::Expression(text)) => match conditions.compile(&text) {
                Ok(evaluate) => (Some(evaluate), Some(text)),
                Err(errors) => {
                    let told = |error: &ExprError| format!("the condition `{text}` of step `{name}`: {error}");
                    problems.extend(errors.iter().map(told));
                    return None;
                }
            },
        };
        // The retry of a chunk step is that of its chunks, as in a job file.
        let (step, retry): (Arc<dyn Step>, _) = match work {
            Work::Tasklet(step) => (step.into(), retry),
            Work::Chunk(step) => (Arc::new(step.retry(retry).skip(skip)), RetryPolicy::NEVER),
        };
        Some(JobStep {
            name,
            step,
            when,
            condition,
            retry,
            timeout: self.timeout,
            rerun: self.rerun,
            max_starts: self.max_starts,
            description: self.description,
            needs: self.needs,
            place: self.place,
            listeners: self.listeners,
            chunk_listeners: self.chunk_listeners,
            skip_listeners: self.skip_listeners,
        })
    }
}

fn read_params<P: FromParams>(context: &StepContext<'_>) -> Result<P, BatchError> {
    P::from_params(context.job.params).map_err(unreadable)
}

fn unreadable(error: ParamsError) -> BatchError {
    BatchError::new(names::INVALID_VALUE, "the parameters are not those of this job").with_source(error)
}

impl<P> fmt::Debug for JobBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobBuilder").field("job", &self.job).field("steps", &self.steps).finish()
    }
}

impl<P> fmt::Debug for StepBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
