//! The configuration: flags before environment before `jobctl.toml` before the defaults.

mod settings;

use std::collections::BTreeMap;
use std::env::VarError;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use overnight_db::Database;
use overnight_framework::params::parse_duration;
use overnight_framework::worker::Timing;
use serde::Deserialize;
use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

pub(crate) use self::settings::{Origin, Setting, Sourced};

/// The settings file, looked for in the working directory and above.
const FILE: &str = "jobctl.toml";

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

/// The settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database: Option<String>,
    project: Option<String>,
    #[serde(default)]
    connections: BTreeMap<String, String>,
    secrets: Option<PathBuf>,
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

    /// The database that was named, if one was.
    pub(crate) fn named_database(&self) -> Option<&str> {
        self.database.as_ref().map(|database| database.value.as_str())
    }

    /// The address of the database, for those who only look whether it is there.
    pub(crate) fn database_url(&self) -> String {
        let embedded = || embedded_file(xdg("XDG_DATA_HOME", ".local/share"), |_| true).to_string_lossy().into_owned();
        self.named_database().map_or_else(embedded, str::to_owned)
    }

    /// The database, for those who open it now: the folder of the file that nobody named is made here.
    pub(crate) fn prepare_database(&self) -> DatabaseUrl {
        match &self.database {
            Some(named) => DatabaseUrl { url: named.value.clone(), is_implicit: false },
            None => {
                let file = embedded_file(xdg("XDG_DATA_HOME", ".local/share"), is_writable);
                DatabaseUrl { url: file.to_string_lossy().into_owned(), is_implicit: true }
            }
        }
    }
}

/// What shall be logged: errors, unless `JOBCTL_LOG` says otherwise.
///
/// # Errors
/// When it says what cannot be understood.
pub(crate) fn log_filter() -> Result<EnvFilter, ConfigError> {
    match variable(LOG)? {
        Some(value) => EnvFilter::try_new(&value).map_err(|source| ConfigError::Log { value, source }),
        None => Ok(EnvFilter::new("error")),
    }
}

/// Where the life locks are.
pub(crate) fn state_dir(database: &Database) -> PathBuf {
    beside(database, "workers")
}

/// Where the logs of detached jobs are.
pub(crate) fn log_dir(database: &Database) -> PathBuf {
    beside(database, "logs")
}

/// A folder beside an embedded store, so that everyone who opens it finds it; else in the user's state folder.
fn beside(database: &Database, what: &str) -> PathBuf {
    match database.embedded_path() {
        Some(path) => {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(".");
            name.push(what);
            path.with_file_name(name)
        }
        None => {
            let state = xdg("XDG_STATE_HOME", ".local/state").unwrap_or_else(std::env::temp_dir);
            state.join("overnight").join(what)
        }
    }
}

/// The settings file of this folder or the next one above that has one.
fn settings_file() -> Result<(File, Option<PathBuf>), ConfigError> {
    let here = std::env::current_dir().unwrap_or_default();
    let Some(path) = here.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file()) else {
        return Ok((File::default(), None));
    };
    let text = fs::read_to_string(&path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
    match toml::from_str(&text) {
        Ok(file) => Ok((file, Some(path))),
        Err(error) => Err(wrong(path, &text, &error)),
    }
}

/// What is wrong in a settings file, and where. The values that a message quotes are left out of it, as the line is.
fn wrong(path: PathBuf, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let quoted = error.message().split_once('"').and_then(|(lead, rest)| Some((lead, rest.rsplit_once('"')?.1)));
    let message = match quoted {
        Some((lead, rest)) => lead.trim_end().to_owned() + rest,
        None => error.message().to_owned(),
    };
    ConfigError::Wrong { path, line, column, message }
}

/// A database file in a settings file starts at the folder of that file, wherever the command is typed. What names no file is
/// left as it is, for the store to refuse it.
fn relative_to(folder: &Path, url: &str) -> String {
    file_of(url).map_or_else(|| url.to_owned(), |path| folder.join(path).to_string_lossy().into_owned())
}

/// The path in an address, if it names a file.
pub(crate) fn file_of(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    let is_path = !path.is_empty() && path != ":memory:" && !path.contains("://");
    is_path.then_some(path)
}

/// The file of those who configure nothing: in their folder for data, or here when there is none and none can be made.
///
/// A file that is there is the one, also when it cannot be written now: another one would be empty, and the day that it
/// remembers would run a second time.
fn embedded_file(data: Option<PathBuf>, is_writable: impl FnOnce(&Path) -> bool) -> PathBuf {
    let here = || PathBuf::from("./overnight.db");
    let Some(folder) = data.map(|data| data.join("overnight")) else { return here() };
    let file = folder.join("overnight.db");
    let is_absent = match file.try_exists() {
        Ok(exists) => !exists,
        // A home such as /dev/null has no files. What may not be looked at may be there.
        Err(error) => error.kind() == ErrorKind::NotADirectory,
    };
    if is_absent && !is_writable(&folder) { here() } else { file }
}

/// Whether files can be made in `folder`, which is made when it is missing.
fn is_writable(folder: &Path) -> bool {
    let probe = folder.join(format!(".writable-{}", std::process::id()));
    fs::create_dir_all(folder).and_then(|()| fs::write(&probe, "")).and_then(|()| fs::remove_file(&probe)).is_ok()
}

fn xdg(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(below_home)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_used_also_when_its_folder_cannot_be_written() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("overnight");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("overnight.db"), "").unwrap();
        assert_eq!(embedded_file(Some(data.path().to_owned()), |_| false), folder.join("overnight.db"));
    }

    #[test]
    fn the_file_is_here_only_where_none_was_ever_made_and_none_can_be() {
        let data = tempfile::tempdir().unwrap();
        let at = |data: &Path, is_writable: bool| embedded_file(Some(data.to_owned()), |_| is_writable);
        assert_eq!(at(data.path(), true), data.path().join("overnight/overnight.db"));
        assert_eq!(at(data.path(), false), Path::new("./overnight.db"));
        assert_eq!(at(Path::new("/dev/null/.local/share"), false), Path::new("./overnight.db"));
        assert_eq!(embedded_file(None, |_| true), Path::new("./overnight.db"));
    }

    #[test]
    fn only_a_path_starts_at_the_folder_of_the_settings_file() {
        let relative = |url: &str| relative_to(Path::new("/srv"), url);
        for (url, path) in [("jobs.db", "/srv/jobs.db"), ("sqlite:jobs.db", "/srv/jobs.db"), ("/a/b.db", "/a/b.db")] {
            assert_eq!(relative(url), path);
        }
        for url in ["", "sqlite:", ":memory:", "sqlite::memory:", "mysql://h/d", "postgres://h/d"] {
            assert_eq!(relative(url), url);
        }
    }
}
