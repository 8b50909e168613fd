//! What a run needs of the world around it: environment variables and secrets.

use std::collections::BTreeMap;

use thiserror::Error;

/// The world around the runs of a job. It is asked when a step begins, and only for what that step uses.
pub trait Environment: Send + Sync {
    /// The environment variable `name`; `None` when it is not set.
    fn variable(&self, name: &str) -> Option<String>;

    /// What job files may use the environment variable `name` for. It follows from the name alone: files are read by it.
    fn variable_use(&self, name: &str) -> VariableUse {
        let _ = name;
        VariableUse::Open
    }

    /// The secret `name`.
    ///
    /// # Errors
    /// When there is none, with the places that were looked at, or when the place that has it cannot be read.
    fn secret(&self, name: &str) -> Result<String, SecretError>;

    /// The names of the other databases that job files may use.
    fn connections(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What an environment variable may be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariableUse {
    /// For everything.
    Open,
    /// For what a secret may be used for: its value is masked, and refused where it would be stored or seen.
    Confidential,
    /// For nothing, because it is where the secret of this name comes from.
    Secret(String),
}

/// Why a secret has no value. The messages go behind "failed to ".
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// No place has it.
    #[error("find the secret `{name}`; looked for it in {}", listed(looked_in))]
    Missing {
        /// The secret.
        name: String,
        /// The places that were looked at, such as the name of a variable or the path of a file.
        looked_in: Vec<String>,
    },
    /// A place has it and does not give it.
    #[error("read the secret `{name}` from {place}")]
    Unreadable {
        /// The secret.
        name: String,
        /// The place.
        place: String,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn listed(places: &[String]) -> String {
    if places.is_empty() { "no place, because none is configured".to_owned() } else { places.join(", ") }
}

/// A world that is written down: for tests, for dry runs and for validating a file.
#[derive(Clone, Debug, Default)]
pub struct FixedEnvironment {
    /// The environment variables that are set.
    pub variables: BTreeMap<String, String>,
    /// The secrets.
    pub secrets: BTreeMap<String, String>,
    /// The names of the other databases.
    pub connections: Vec<String>,
}

impl Environment for FixedEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn secret(&self, name: &str) -> Result<String, SecretError> {
        let missing = || SecretError::Missing { name: name.to_owned(), looked_in: Vec::new() };
        self.secrets.get(name).cloned().ok_or_else(missing)
    }

    fn connections(&self) -> Vec<String> {
        self.connections.clone()
    }
}
