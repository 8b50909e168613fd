//! A step as its file describes it, for those who look at a job and do not run it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::JobFile;
use crate::job::{Job, JobStep, Rerun};
use crate::params::ParamType;
use crate::policy::RetryPolicy;
use crate::step::chunk::ChunkOutline;

/// A step as the file describes it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepOutline {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The kinds it is made of: `shell`, or reader and writer as in `csv -> table`.
    pub kind: String,
    /// What it is made of when it is a chunk step.
    pub chunk: Option<ChunkOutline>,
    /// The condition under which it runs, as it is written.
    pub when: Option<String>,
    /// How often a failed attempt is repeated.
    pub retry: RetryPolicy,
    /// How long it may take, all attempts together.
    pub timeout: Option<Duration>,
    /// Whether it runs again after a restart although it completed.
    pub rerun: Rerun,
    /// How often it may be begun in one instance.
    pub max_starts: Option<u32>,
    /// The values that it gives to later steps.
    pub outputs: Vec<(String, ParamType)>,
    /// What it takes of earlier steps.
    pub uses: BTreeSet<StepUse>,
}

impl JobFile {
    /// A job that no file declares, as its program describes it.
    #[must_use]
    pub fn of_program(job: Job) -> Self {
        let steps = job.steps.iter().map(StepOutline::of_program).collect();
        let description = job.description.clone();
        Self { job, description, steps, secrets: BTreeSet::new(), variables: BTreeSet::new() }
    }
}

impl StepOutline {
    fn of_program(step: &JobStep) -> Self {
        let chunk = step.step.outline();
        let way = chunk.as_ref().and_then(ChunkOutline::way);
        Self {
            name: step.name.clone(),
            description: step.description.clone(),
            kind: way.unwrap_or_else(|| step.step.kind().as_str().to_owned()),
            chunk,
            when: step.condition.clone(),
            retry: step.retry.clone(),
            timeout: step.timeout,
            rerun: step.rerun,
            max_starts: step.max_starts,
            outputs: step.outputs.clone(),
            uses: BTreeSet::new(),
        }
    }
}

/// Something about an earlier step that a later one takes: an output of it, or a fact such as `write_count`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct StepUse {
    /// The earlier step.
    pub step: String,
    /// The name of the value.
    pub value: String,
    /// Whether the condition takes it, and not the work.
    pub in_condition: bool,
}
