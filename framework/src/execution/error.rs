//! An error as a row keeps it.

use serde::{Deserialize, Serialize};

use crate::error::BatchError;

/// An error with its whole chain of causes, as stored in the rows of jobs, steps and dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// The name that `skip` and `retry` know it by.
    pub name: String,
    /// What happened, in one line.
    pub message: String,
    /// The causes, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What a person can do about it, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The step in which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Where in the input it happened, such as `{"file": "tx.csv", "line": 7}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<serde_json::Value>,
}

impl ErrorRecord {
    /// Message and causes in one line, cause after cause.
    #[must_use]
    pub fn chain(&self) -> String {
        std::iter::once(&self.message).chain(&self.causes).map(String::as_str).collect::<Vec<_>>().join(": ")
    }
}

impl From<&BatchError> for ErrorRecord {
    fn from(error: &BatchError) -> Self {
        let mut chain = error.chain().into_iter();
        let message = chain.next().unwrap_or_default();
        let help = error.help().map(str::to_owned);
        Self { name: error.name().to_owned(), message, causes: chain.collect(), help, ..Self::default() }
    }
}
