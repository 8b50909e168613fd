//! Definitions that are stored before anybody starts them, and what is known of all jobs.

use chrono::{DateTime, Utc};

use crate::execution::DefinitionId;

/// The order to store definitions.
#[derive(Clone, Debug)]
pub struct ApplyOrder {
    /// The project of the jobs.
    pub project: String,
    /// Who orders it.
    pub by: String,
    /// One for each job.
    pub definitions: Vec<NewDefinition>,
}

/// A definition to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDefinition {
    /// The name of the job.
    pub name: String,
    /// The YAML text.
    pub yaml: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The folder that relative paths start at.
    pub base_dir: Option<String>,
}

/// What the name of a job stands for since it was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedJob {
    /// The revision.
    pub definition: DefinitionId,
    /// The folder that relative paths start at.
    pub base_dir: Option<String>,
    /// When it was applied.
    pub at: DateTime<Utc>,
    /// Who applied it.
    pub by: String,
}

/// What is counted of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSummary {
    /// Its name.
    pub name: String,
    /// How many revisions of it are stored.
    pub revisions: u64,
    /// How many instances of it there are.
    pub instances: u64,
}
