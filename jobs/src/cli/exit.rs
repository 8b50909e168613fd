//! The exit codes of `jobctl`, and the failures that lead to them.

use std::process::ExitCode;

use overnight_db::OpenError;
use overnight_db::migrate::MigrateError;
use overnight_framework::launch::Refusal;
use overnight_framework::operator::{FindError, StartError};
use overnight_framework::params::{DocumentError, ParamsError};
use overnight_framework::repository::{StopError, StoreError, StoreErrorKind};
use overnight_framework::runner::RunError;
use overnight_framework::status::Status;
use overnight_framework::yaml::Problems;

use crate::chain::chain;

use crate::catalog::CatalogError;
use crate::config::ConfigError;
use crate::wiring::WiringError;

/// How `jobctl` ends. The numbers are part of its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// Done; the job is COMPLETED.
    Done = 0,
    /// An error that nobody expected.
    Error = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The job is FAILED or UNKNOWN.
    Failed = 3,
    /// The job is STOPPED or ABANDONED.
    Stopped = 4,
    /// There is no such job.
    NotFound = 5,
    /// The state of the job, or of the schema, does not allow it.
    Refused = 6,
    /// The job file or the parameters are wrong; nothing was written.
    Invalid = 7,
    /// The wait timed out; the job goes on.
    TimedOut = 8,
    /// The store cannot be reached, or not be opened.
    Unreachable = 9,
    /// The job or the database forbids it.
    Forbidden = 10,
    /// SIGHUP.
    HungUp = 129,
    /// Ctrl-C.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

/// Every way to end, and what it means: for the help and for the manual.
pub(super) const EXITS: [(Exit, &str); 14] = [
    (Exit::Done, "done; the job has finished"),
    (Exit::Error, "an error that nobody expected"),
    (Exit::Usage, "the command line is wrong"),
    (Exit::Failed, "the job failed"),
    (Exit::Stopped, "the job was stopped"),
    (Exit::NotFound, "there is no such job"),
    (Exit::Refused, "refused in this state, such as a job that is running already, or a schema of another version"),
    (Exit::Invalid, "the job file or the parameters are wrong; nothing was written"),
    (Exit::TimedOut, "the wait timed out; the job goes on"),
    (Exit::Unreachable, "the database cannot be reached or opened"),
    (Exit::Forbidden, "the job may not be stopped, or the database does not allow it"),
    (Exit::HungUp, "SIGHUP stopped the job"),
    (Exit::Interrupted, "Ctrl-C stopped the job"),
    (Exit::Terminated, "SIGTERM stopped the job"),
];

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The exit code for a job that ended so.
    pub(super) fn of(status: Status) -> Self {
        match status {
            Status::Completed => Self::Done,
            Status::Stopped | Status::Abandoned => Self::Stopped,
            _ => Self::Failed,
        }
    }
}

/// Why a verb was not done.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    /// What happened, with all its causes, in as many lines as it takes.
    pub(super) message: String,
    /// The places of a job file that are wrong: what they look like is decided where they are printed.
    pub(super) problems: Option<Box<Problems>>,
    /// What to do about it.
    pub(super) help: Option<String>,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), problems: None, help: None }
    }

    /// The failure of an error, with its causes.
    pub(super) fn of(exit: Exit, error: &dyn std::error::Error) -> Self {
        Self::new(exit, chain(error))
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match error.kind {
            StoreErrorKind::Unreachable | StoreErrorKind::Busy => Exit::Unreachable,
            StoreErrorKind::Forbidden | StoreErrorKind::ReadOnly => Exit::Forbidden,
            _ => Exit::Error,
        };
        let failure = Self::of(exit, &error);
        match error.kind {
            StoreErrorKind::Full => failure.help("`df -h` shows which disk is full"),
            _ => failure,
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Refused(refusal) => refusal.into(),
            StartError::Store(error) => error.into(),
            error => Self::of(Exit::Invalid, &error),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NeverStarted => Self::of(Exit::NotFound, &refusal).help("`jobctl start` begins it"),
            Refusal::AlreadyRunning { id, .. } => Self::of(Exit::Refused, &refusal)
                .help(format!("wait for it with `jobctl wait {id}`, or stop it with `jobctl stop {id}`")),
            _ => Self::of(Exit::Refused, &refusal),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Store(error) => error.into(),
            error => Self::of(Exit::Error, &error),
        }
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Store(error) => error.into(),
            error => Self::of(Exit::NotFound, &error),
        }
    }
}

impl From<StopError> for Failure {
    fn from(error: StopError) -> Self {
        let exit = match error {
            StopError::NotFound(_) => Exit::NotFound,
            StopError::NotAbortable(_) => Exit::Forbidden,
            StopError::Store(error) => return error.into(),
            _ => Exit::Refused,
        };
        Self::of(exit, &error)
    }
}

impl From<ParamsError> for Failure {
    /// One line for each problem.
    fn from(error: ParamsError) -> Self {
        let lines: Vec<_> = error.problems.iter().map(|problem| format!("error: {problem}")).collect();
        Self::new(Exit::Invalid, lines.join("\n"))
    }
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Self {
        Self::of(Exit::Invalid, &error)
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self { problems: Some(Box::new(problems)), ..Self::new(Exit::Invalid, "") }
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Wrong(problems) => problems.into(),
            CatalogError::Store(error) => error.into(),
            CatalogError::NoJob(_) => {
                Self::of(Exit::NotFound, &error).help("start it from its file first: `jobctl start FILE.yaml`")
            }
            error => Self::of(Exit::Invalid, &error),
        }
    }
}

impl From<WiringError> for Failure {
    fn from(error: WiringError) -> Self {
        match error {
            WiringError::Open(error) => error.into(),
            error @ WiringError::Folder { .. } => Self::of(Exit::Usage, &error),
            error @ WiringError::LifeLock { .. } => Self::of(Exit::Unreachable, &error),
            error @ WiringError::ReadOnly { .. } => Self::of(Exit::Forbidden, &error),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Unreachable { .. } | OpenError::File { .. } => Self::of(Exit::Unreachable, &error),
            OpenError::Store(error) => error.into(),
            OpenError::Migrate(error) => error.into(),
            OpenError::Address { .. } => Self::of(Exit::Usage, &error),
            error => Self::of(Exit::Error, &error),
        }
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Store(error) => error.into(),
            MigrateError::Older { .. } | MigrateError::Newer { .. } | MigrateError::Unknown { .. } => {
                Self::of(Exit::Refused, &error)
            }
            MigrateError::Lock { .. } | MigrateError::File { .. } | MigrateError::NotADatabase { .. } => {
                Self::of(Exit::Unreachable, &error)
            }
            error => Self::of(Exit::Error, &error),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of(Exit::Usage, &error)
    }
}
