//! A job that can run: its declaration and its steps, ready for the engine, whether they were written in YAML or in Rust.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::error::BatchError;
use crate::execution::JsonObject;
use crate::kind::Kinds;
use crate::launch::Restartability;
use crate::listener::{ChunkListener, JobListener, SkipListener, StepListener};
use crate::params::{self, BindContext, GivenParams, ParamDeclaration, ParamType, Params, ParamsError};
use crate::policy::RetryPolicy;
use crate::repository::Revision;
use crate::resource::{Need, Resources};
use crate::step::{JobView, Step};
use crate::trigger::Trigger;

/// Something that is computed from a running job, such as the condition of a step.
pub type Evaluate<T> = Arc<dyn Fn(&JobView<'_>) -> Result<T, BatchError> + Send + Sync>;

/// Something that is computed from the parameters alone.
pub type OfParams<T> = Arc<dyn Fn(&Params) -> Result<T, BatchError> + Send + Sync>;

/// How many instances one set of parameters has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Instances {
    /// One: what ran to its end does not run again.
    #[default]
    Unique,
    /// As many as there are starts: a hidden run number belongs to the key.
    Many,
}

/// Whether a step that completed in an earlier execution runs again after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rerun {
    /// It does not: its outputs are kept.
    #[default]
    WhenIncomplete,
    /// It does, from the beginning. Spring Batch's `allowStartIfComplete`.
    Always,
}

/// A job, ready to run.
#[derive(Clone)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The module it belongs to.
    pub module: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The parameters it declares.
    pub params: Vec<ParamDeclaration>,
    /// How many instances one set of parameters has.
    pub instances: Instances,
    /// Whether a failed execution may be continued.
    pub restartability: Restartability,
    /// Whether it may be stopped.
    pub abortable: bool,
    /// How long an execution may take.
    pub timeout: Option<Duration>,
    /// The object it works on, shown beside its name.
    pub target: Option<OfParams<String>>,
    /// What it declares as its result.
    pub result: Option<Evaluate<serde_json::Value>>,
    /// Its steps, in order.
    pub steps: Vec<JobStep>,
    /// Who is called around its executions.
    pub listeners: Vec<Arc<dyn JobListener>>,
    /// What starts it by itself.
    pub triggers: Vec<Trigger>,
    /// The revision that its executions pin.
    pub revision: Revision,
    /// The folder that relative paths start at.
    pub base_dir: PathBuf,
    /// What the program gives to its steps.
    pub resources: Arc<Resources>,
}

impl Job {
    /// A job without parameters and steps, to be filled in.
    ///
    /// ```
    /// use overnight_framework::job::{Job, JobStep};
    /// use overnight_framework::step::{Outcome, TaskletStep};
    ///
    /// let hello = JobStep::new("hello", TaskletStep(|context: &mut overnight_framework::step::StepContext<'_>| {
    ///     context.output("hello");
    ///     Ok(Outcome::COMPLETED)
    /// }));
    /// let job = Job { steps: vec![hello], ..Job::new("greeting") };
    /// assert_eq!(job.steps.len(), 1);
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            module: "default".to_owned(),
            labels: BTreeMap::new(),
            params: Vec::new(),
            instances: Instances::Unique,
            restartability: Restartability::Restartable,
            abortable: true,
            timeout: None,
            target: None,
            result: None,
            steps: Vec::new(),
            listeners: Vec::new(),
            triggers: Vec::new(),
            revision: Revision::Text { yaml: String::new(), sha256: String::new() },
            base_dir: PathBuf::new(),
            resources: Arc::default(),
        }
    }

    /// Binds what was given to what the job declares. Relative paths that were given start at the working directory, those of
    /// defaults at the folder of the job file.
    ///
    /// # Errors
    /// Every problem of the parameters at once.
    pub fn bind(&self, given: &GivenParams) -> Result<Params, ParamsError> {
        let working_dir = std::env::current_dir().unwrap_or_default();
        // A job in Rust stands in no folder.
        let base_dir = if self.base_dir.as_os_str().is_empty() { &working_dir } else { &self.base_dir };
        params::bind(&self.params, given, BindContext { working_dir: &working_dir, base_dir })
    }

    /// The same for a restart: the parameters of the last execution, replaced where others are given.
    ///
    /// # Errors
    /// Every problem of the parameters at once.
    pub fn bind_again(&self, mut given: GivenParams, last: &JsonObject) -> Result<Params, ParamsError> {
        for (name, value) in last {
            given.set_default(name, value);
        }
        self.bind(&given)
    }

    /// Whether a run of this job that ends too early may be continued where it stopped.
    #[must_use]
    pub fn can_go_on(&self) -> bool {
        self.restartability == Restartability::Restartable
    }

    /// Whether it may be continued without a person: secrets are not recorded, and only a person can give them again.
    #[must_use]
    pub fn goes_on_alone(&self) -> bool {
        self.can_go_on() && !self.params.iter().any(|param| param.secret)
    }

    /// The job over these kinds: those that parts of its steps name. Its executions find what they need in it.
    ///
    /// # Errors
    /// What is wrong with the parts, as a job file is told of it; the same job without them.
    pub(crate) fn over(mut self, kinds: &Kinds) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        for step in &mut self.steps {
            let Some(unwired) = &step.unwired else { continue };
            match unwired.over(kinds) {
                Ok(wired) => (step.step, step.unwired) = (wired, None),
                Err(found) => {
                    let place = step.place.map(|place| format!(" ({place})")).unwrap_or_default();
                    let who = format!("job `{}` step `{}`{place}", self.name, step.name);
                    problems.extend(found.into_iter().map(|problem| format!("{who}: {problem}")));
                }
            }
        }
        (self, problems)
    }

    /// Whether the job could run at all.
    ///
    /// # Errors
    /// When it has no steps, or two of one name: a restart could not tell them apart.
    pub fn check(&self) -> Result<(), JobError> {
        if self.steps.is_empty() {
            return Err(JobError::NoSteps { job: self.name.clone() });
        }
        let mut names = BTreeSet::new();
        match self.steps.iter().find(|step| !names.insert(step.name.as_str())) {
            Some(step) => Err(JobError::TwoSteps { job: self.name.clone(), step: step.name.clone() }),
            None => Ok(()),
        }
    }
}

/// Why a job can never run.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobError {
    /// There is nothing to do.
    #[error("job {job} has no steps")]
    NoSteps {
        /// The job.
        job: String,
    },
    /// A restart finds each step by its name.
    #[error("job {job} has two steps called {step}: a restart could not tell them apart")]
    TwoSteps {
        /// The job.
        job: String,
        /// The name that both have.
        step: String,
    },
}

/// What a step does, as long as the kinds that its parts name are not known.
pub trait Unwired: Send + Sync {
    /// The step over these kinds.
    ///
    /// # Errors
    /// What is wrong with its parts.
    fn over(&self, kinds: &Kinds) -> Result<Arc<dyn Step>, Vec<String>>;
}

/// One step of a job with the rules around it.
#[derive(Clone)]
pub struct JobStep {
    /// Its name, which finds it again after a restart.
    pub name: String,
    /// What it does.
    pub step: Arc<dyn Step>,
    /// Whether it shall run at all; without a condition it does.
    pub when: Option<Evaluate<bool>>,
    /// The same as it is written, where it is an expression.
    pub condition: Option<String>,
    /// How often a failed attempt is repeated.
    pub retry: RetryPolicy,
    /// How long it may take, all attempts together.
    pub timeout: Option<Duration>,
    /// Whether it runs again after a restart although it completed.
    pub rerun: Rerun,
    /// How often it may be begun in one instance. Spring Batch's start limit.
    pub max_starts: Option<u32>,
    /// What it is for.
    pub description: Option<String>,
    /// The values that it gives to later steps, with their types; a job file keeps its own account of them.
    pub outputs: Vec<(String, ParamType)>,
    /// What it does, where its parts are named and nobody has said yet which kinds there are: a [`Registry`](crate::registry::Registry) does.
    pub unwired: Option<Arc<dyn Unwired>>,
    /// The resources without which it cannot run.
    pub needs: Vec<Need>,
    /// Where it stands in the source of the program, as `src/ledger.rs:46`.
    pub place: Option<&'static str>,
    /// Who is called around it.
    pub listeners: Vec<Arc<dyn StepListener>>,
    /// Who is called around its chunks. It then runs on one thread.
    pub chunk_listeners: Vec<Arc<dyn ChunkListener>>,
    /// Who is called for each skipped item.
    pub skip_listeners: Vec<Arc<dyn SkipListener>>,
}

impl JobStep {
    /// A step that always runs, once.
    pub fn new(name: impl Into<String>, step: impl Step + 'static) -> Self {
        Self {
            name: name.into(),
            step: Arc::new(step),
            when: None,
            condition: None,
            retry: RetryPolicy::NEVER,
            timeout: None,
            rerun: Rerun::WhenIncomplete,
            max_starts: None,
            description: None,
            outputs: Vec::new(),
            unwired: None,
            needs: Vec::new(),
            place: None,
            listeners: Vec::new(),
            chunk_listeners: Vec::new(),
            skip_listeners: Vec::new(),
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("name", &self.name).field("steps", &self.steps).finish_non_exhaustive()
    }
}

impl fmt::Debug for JobStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobStep").field("name", &self.name).field("kind", &self.step.kind()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamType;
    use crate::row::Value;

    #[test]
    fn the_default_path_of_a_job_in_rust_is_absolute_so_that_a_restart_elsewhere_finds_it() {
        let out =
            ParamDeclaration { default: Some(Value::from("out")), ..ParamDeclaration::new("out", ParamType::Path) };
        let bound = |base_dir: &str| {
            let job = Job { params: vec![out.clone()], base_dir: base_dir.into(), ..Job::new("report") };
            job.bind(&GivenParams::default()).unwrap().get("out").cloned()
        };
        let here = std::env::current_dir().unwrap().join("out");
        assert_eq!(bound(""), Some(Value::from(&*here.to_string_lossy())));
        assert_eq!(bound("/jobs"), Some(Value::from("/jobs/out")));
    }
}
