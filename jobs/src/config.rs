//! The configuration: flags before environment before `jobctl.toml` before the defaults.

mod file;
mod places;
mod settings;

use std::collections::BTreeMap;
use std::env::VarError;
use std::path::{Path, PathBuf};
use std::time::Duration;

use overnight_framework::params::parse_duration;
use overnight_framework::worker::Timing;
use thiserror::Error;
use tracing_subscriber::filter::{LevelFilter, ParseError, Targets};

pub(crate) use self::file::file_of;
use self::file::{relative_to, settings_file};
use self::places::{data_dir, embedded_file, is_writable};
pub(crate) use self::settings::{Origin, Setting, Sourced};
use crate::setup::Setup;

/// The variable that says what is logged.
const LOG: &str = "JOBCTL_LOG";

/// The variable that says how often a process beats.
const HEARTBEAT: &str = "JOBCTL_HEARTBEAT";

/// The variable that names the folder of secret files.
const SECRETS: &str = "JOBCTL_SECRETS";

/// A process that beats quicker would do nothing else.
const SHORTEST_BEAT: Duration = Duration::from_millis(10);

/// Everything that is configured.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The database that was named, if one was.
    database: Option<Sourced<String>>,
    pub(crate) project: Sourced<String>,
    /// Other databases that steps may name.
    pub(crate) connections: BTreeMap<String, String>,
    /// The folder of secret files.
    pub(crate) secrets: Option<Sourced<PathBuf>>,
    /// The settings file, where there is one.
    file: Option<PathBuf>,
    /// The beat of this process, if it is not the default of the store.
    pub(crate) timing: Option<Timing>,
}

/// The database, and how it came to be this one.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseUrl {
    pub(crate) url: String,
    /// Nobody named it: verbs that write say which file they write to.
    pub(crate) is_implicit: bool,
}

/// What the user asks for beside the files.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags<'a> {
    pub(crate) database: Option<&'a str>,
    pub(crate) project: Option<&'a str>,
}

/// Why the configuration cannot be used.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    /// The settings file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The settings file is wrong. Its lines are not shown: they may hold passwords.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Wrong { path: PathBuf, line: usize, column: usize, message: String },
    /// An environment variable is no duration, or too short a one.
    #[error("{name}: expected a duration of at least {} ms, such as 5s, found {value:?}", SHORTEST_BEAT.as_millis())]
    Duration { name: &'static str, value: String },
    /// An environment variable is not UTF-8.
    #[error("{0}: expected UTF-8")]
    NotUtf8(&'static str),
    /// The filter of the log is wrong.
    #[error("{LOG}: expected a level such as debug, or parts of the program with their levels, found {value:?}")]
    Log { value: String, source: ParseError },
}

impl Config {
    /// Puts the configuration together.
    ///
    /// # Errors
    /// When the settings file or an environment variable is wrong.
    pub(crate) fn load(flags: Flags<'_>) -> Result<Self, ConfigError> {
        let (file, path) = settings_file()?;
        let folder = path.as_deref().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let in_file = || path.clone().map_or(Origin::Default, Origin::File);
        let named = flag_or_variable((flags.database, "--database"), "DATABASE_URL")?;
        let from_file = file.database.map(|url| Sourced { value: relative_to(&folder, &url), origin: in_file() });
        let project = flag_or_variable((flags.project, "--project"), "JOBCTL_PROJECT")?;
        let project = project.or(file.project.map(|value| Sourced { value, origin: in_file() }));
        let secrets = std::env::var_os(SECRETS).filter(|path| !path.is_empty());
        let secrets = secrets.map(|path| Sourced { value: path.into(), origin: Origin::Variable(SECRETS) });
        let in_folder = |path| Sourced { value: folder.join::<PathBuf>(path), origin: in_file() };
        Ok(Self {
            database: named.or(from_file),
            project: project.unwrap_or_else(|| Sourced { value: "default".to_owned(), origin: Origin::Default }),
            connections: file.connections.into_iter().map(|(name, url)| (name, relative_to(&folder, &url))).collect(),
            secrets: secrets.or_else(|| file.secrets.map(in_folder)),
            timing: timing()?,
            file: path,
        })
    }

    /// What this process is told about itself.
    pub(crate) fn setup(&self) -> Setup {
        Setup {
            project: self.project.value.clone(),
            connections: self.connections.clone(),
            secrets: self.secrets.as_ref().map(|secrets| secrets.value.clone()),
            timing: self.timing,
        }
    }

    /// The database that was named, if one was.
    pub(crate) fn named_database(&self) -> Option<&str> {
        self.database.as_ref().map(|database| database.value.as_str())
    }

    /// The address of the database, for those who only look whether it is there.
    pub(crate) fn database_url(&self) -> String {
        let embedded = || embedded_file(data_dir(), |_| true).to_string_lossy().into_owned();
        self.named_database().map_or_else(embedded, str::to_owned)
    }

    /// The database, for those who open it now: the folder of the file that nobody named is made here.
    pub(crate) fn prepare_database(&self) -> DatabaseUrl {
        match &self.database {
            Some(named) => DatabaseUrl { url: named.value.clone(), is_implicit: false },
            None => {
                let file = embedded_file(data_dir(), is_writable);
                DatabaseUrl { url: file.to_string_lossy().into_owned(), is_implicit: true }
            }
        }
    }
}

/// What shall be logged: errors, unless `JOBCTL_LOG` says otherwise. What the client of a broker takes for an error is one that a
/// trigger waits out, and tells in words of its own.
///
/// # Errors
/// When it says what cannot be understood.
pub(crate) fn log_filter() -> Result<Targets, ConfigError> {
    match variable(LOG)? {
        Some(value) => value.parse().map_err(|source| ConfigError::Log { value, source }),
        None => Ok(Targets::new().with_default(LevelFilter::ERROR).with_target("lapin", LevelFilter::OFF)),
    }
}

fn timing() -> Result<Option<Timing>, ConfigError> {
    let Some(value) = variable(HEARTBEAT)? else { return Ok(None) };
    let beat = parse_duration(&value).and_then(|delta| delta.to_std().ok()).filter(|beat| *beat >= SHORTEST_BEAT);
    beat.map(|beat| Some(Timing::beating(beat))).ok_or(ConfigError::Duration { name: HEARTBEAT, value })
}

fn flag_or_variable(
    (flag, option): (Option<&str>, &'static str),
    name: &'static str,
) -> Result<Option<Sourced<String>>, ConfigError> {
    match flag {
        Some(value) => Ok(Some(Sourced { value: value.to_owned(), origin: Origin::Flag(option) })),
        None => Ok(variable(name)?.map(|value| Sourced { value, origin: Origin::Variable(name) })),
    }
}

/// An environment variable; an empty one is none.
fn variable(name: &'static str) -> Result<Option<String>, ConfigError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(ConfigError::NotUtf8(name)),
    }
}
