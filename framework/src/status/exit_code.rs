//! Why a run ended, in one word: the second axis beside the status.

use std::borrow::Cow;
use std::fmt;

/// The exit code of a job or step execution, as Spring Batch's `ExitStatus`: the framework's words, or a word of the
/// job's own on COMPLETED and FAILED.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExitCode(Cow<'static, str>);

impl ExitCode {
    /// All steps are done.
    pub const COMPLETED: Self = Self(Cow::Borrowed("COMPLETED"));
    /// A step whose condition was false.
    pub const NOOP: Self = Self(Cow::Borrowed("NOOP"));
    /// Stopped at a safe point by an operator.
    pub const STOPPED: Self = Self(Cow::Borrowed("STOPPED"));
    /// Stopped at a safe point because its process was told to leave.
    pub const INTERRUPTED: Self = Self(Cow::Borrowed("INTERRUPTED"));
    /// Withdrawn before it started.
    pub const CANCELLED: Self = Self(Cow::Borrowed("CANCELLED"));
    /// Waited longer in its queue than allowed.
    pub const EXPIRED: Self = Self(Cow::Borrowed("EXPIRED"));
    /// Ended by an error.
    pub const FAILED: Self = Self(Cow::Borrowed("FAILED"));
    /// Its worker died or lost the lease.
    pub const WORKER_LOST: Self = Self(Cow::Borrowed("WORKER_LOST"));
    /// It failed before its first step.
    pub const LAUNCH_ERROR: Self = Self(Cow::Borrowed("LAUNCH_ERROR"));
    /// Thrown away by an operator.
    pub const DISCARDED: Self = Self(Cow::Borrowed("DISCARDED"));
    /// The outcome cannot be known.
    pub const UNKNOWN: Self = Self(Cow::Borrowed("UNKNOWN"));

    /// The code as stored and shown; empty while the run goes on.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether no code is set yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&'static str> for ExitCode {
    fn from(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }
}

impl From<String> for ExitCode {
    fn from(code: String) -> Self {
        Self(Cow::Owned(code))
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
