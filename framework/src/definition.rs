//! Job files: YAML becomes a [`Job`] that can run, or all problems of the file are shown at once.
//!
//! ```
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use overnight_framework::definition::{self, Environment, FixedEnvironment};
//! use overnight_framework::kind::Kinds;
//! use overnight_framework::yaml::Source;
//!
//! let environment: Arc<dyn Environment> = Arc::new(FixedEnvironment::default());
//! let source = Source::new("jobs/eod.yaml", "name: end-of-day\nsteps: []\n");
//! let problems = definition::read(&source, &Kinds::default(), &environment, Path::new("/jobs")).unwrap_err();
//! assert_eq!(problems.to_string(), "jobs/eod.yaml:2:8: steps: a job needs at least one step");
//! ```
//!
//! Reading is pure: no file is opened, no clock and no environment is asked, so that a file that was read once is read
//! again with the same outcome. What a run needs of the world, the values of the environment and of secrets, is asked of
//! the [`Environment`] when a step begins that uses them.
//!
//! # How a value finds its way into a step
//!
//! Every name that expressions may use has a place in the *layout* of the file: the parameters, the environment, the
//! secrets, the vars in their order, the job and its execution, and then step after step. A step may use the names that
//! stand before it. Its kind checks the settings against the types of those names while the file is read; when the step
//! begins, a [`Frame`](crate::kind::Frame) holds their values in the same order.

mod census;
mod chunk;
mod condition;
mod environment;
mod flow;
mod frames;
mod guard;
mod job;
mod judges;
mod kinds;
mod layout;
mod literal;
mod mask;
mod outline;
mod outputs;
mod params;
mod policies;
mod processor;
mod rows;
mod schema;
mod step;
mod tables;
mod tasklet;
mod trials;
mod triggers;
mod vars;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

pub(crate) use self::condition::Conditions;
pub use self::environment::{Environment, FixedEnvironment, SecretError, VariableUse};
pub use self::outline::{StepOutline, StepUse};
pub(crate) use self::outputs::{Outputs, refused as refused_output};
pub use self::schema::{Part, parts, schema, schema_of};
pub use self::trials::Trial;

pub use crate::step::chunk::ChunkOutline;

use crate::job::Job;
use crate::kind::Kinds;
use crate::yaml::{self, Problems, Source};

/// A job file that was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JobFile {
    /// The job, ready to run.
    pub job: Job,
    /// What it is for.
    pub description: Option<String>,
    /// Its steps as the file describes them, in order.
    pub steps: Vec<StepOutline>,
    /// The names of the secrets that its expressions use.
    pub secrets: BTreeSet<String>,
    /// The names of the environment variables that its expressions use.
    pub variables: BTreeSet<String>,
}

/// Reads a job file. `environment` is kept for the runs of the job; `base_dir` is the folder of the file, made absolute,
/// where relative paths start.
///
/// # Errors
/// All [`Problems`] of the file: of its syntax, of its keys and values, of names and types in its expressions.
pub fn read(
    source: &Source,
    kinds: &Kinds,
    environment: &Arc<dyn Environment>,
    base_dir: &Path,
) -> Result<JobFile, Problems> {
    let connections = environment.connections();
    let draft = yaml::read(source, |at| job::read(at, kinds, &connections, environment.as_ref()))?;
    Ok(draft.into_file(source, environment, base_dir))
}

/// The tests of a job file, ready for [`trial::run`](crate::trial::run), in the order of the file.
///
/// # Errors
/// All [`Problems`] of the file, as [`read`] tells them.
pub fn trials(
    source: &Source,
    kinds: &Kinds,
    environment: &Arc<dyn Environment>,
    base_dir: &Path,
) -> Result<Vec<Trial>, Problems> {
    let connections = environment.connections();
    let draft = || yaml::read(source, |at| job::read(at, kinds, &connections, environment.as_ref()));
    // The steps of a job are built once, so each test has a job of its own.
    let count = draft()?.count_of_trials();
    (0..count)
        .filter_map(|number| draft().map(|draft| draft.into_trial(number, source, environment, base_dir)).transpose())
        .collect()
}
