//! The configuration: flags before environment before `jobctl.toml` before the defaults.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use overnight_db::Database;
use overnight_framework::params::parse_duration;
use overnight_framework::worker::Timing;
use serde::Deserialize;
use thiserror::Error;

/// The settings file, looked for in the working directory and above.
const FILE: &str = "jobctl.toml";

/// Everything that is configured.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) database: DatabaseUrl,
    pub(crate) project: String,
    /// Other databases that steps may name.
    pub(crate) connections: BTreeMap<String, String>,
    /// The folder of secret files.
    pub(crate) secrets: Option<PathBuf>,
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
    /// The settings file is wrong.
    #[error("{}: {message}", path.display())]
    Wrong { path: PathBuf, message: String },
    /// An environment variable is wrong.
    #[error("{name}: expected a duration such as 5s, found {value:?}")]
    Duration { name: &'static str, value: String },
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
        let (file, folder) = settings_file()?;
        let env = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        let named = flags.database.map(str::to_owned).or_else(|| env("DATABASE_URL"));
        let from_file = file.database.map(|url| relative_to(&folder, &url));
        let project = flags.project.map(str::to_owned).or_else(|| env("JOBCTL_PROJECT")).or(file.project);
        Ok(Self {
            database: match named.or(from_file) {
                Some(url) => DatabaseUrl { url, is_implicit: false },
                None => DatabaseUrl { url: embedded_file().to_string_lossy().into_owned(), is_implicit: true },
            },
            project: project.unwrap_or_else(|| "default".to_owned()),
            connections: file.connections.into_iter().map(|(name, url)| (name, relative_to(&folder, &url))).collect(),
            secrets: env("JOBCTL_SECRETS").map(PathBuf::from).or_else(|| file.secrets.map(|path| folder.join(path))),
            timing: timing(env("JOBCTL_HEARTBEAT"))?,
        })
    }
}

/// Where the life locks are: beside an embedded store, so that everyone who opens it finds them; else in the user's
/// state folder.
pub(crate) fn state_dir(database: &Database) -> PathBuf {
    match database.embedded_path() {
        Some(path) => {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(".workers");
            path.with_file_name(name)
        }
        None => xdg("XDG_STATE_HOME", ".local/state").unwrap_or_else(std::env::temp_dir).join("overnight/workers"),
    }
}

/// The settings file of this folder or the next one above that has one, and where it stands.
fn settings_file() -> Result<(File, PathBuf), ConfigError> {
    let here = std::env::current_dir().unwrap_or_default();
    let Some(folder) = here.ancestors().find(|folder| folder.join(FILE).is_file()) else {
        return Ok((File::default(), here));
    };
    let path = folder.join(FILE);
    let text = fs::read_to_string(&path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
    match toml::from_str(&text) {
        Ok(file) => Ok((file, folder.to_owned())),
        Err(error) => Err(ConfigError::Wrong { path, message: error.to_string().trim_end().to_owned() }),
    }
}

/// A database file in a settings file starts at the folder of that file, wherever the command is typed.
fn relative_to(folder: &Path, url: &str) -> String {
    let is_server = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    if is_server { url.to_owned() } else { folder.join(path).to_string_lossy().into_owned() }
}

/// The file of those who configure nothing: in their data folder, or here when that cannot be written.
fn embedded_file() -> PathBuf {
    let folder = xdg("XDG_DATA_HOME", ".local/share").map(|data| data.join("overnight"));
    let usable = folder.filter(|folder| fs::create_dir_all(folder).is_ok() && is_writable(folder));
    usable.map_or_else(|| PathBuf::from("./overnight.db"), |folder| folder.join("overnight.db"))
}

fn is_writable(folder: &Path) -> bool {
    let probe = folder.join(format!(".writable-{}", std::process::id()));
    fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)).is_ok()
}

fn xdg(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(below_home)))
}

fn timing(heartbeat: Option<String>) -> Result<Option<Timing>, ConfigError> {
    let Some(value) = heartbeat else { return Ok(None) };
    let parsed =
        parse_duration(&value).and_then(|delta| delta.to_std().ok()).filter(|beat| *beat >= Duration::from_millis(10));
    parsed.map(|beat| Some(Timing::beating(beat))).ok_or(ConfigError::Duration { name: "JOBCTL_HEARTBEAT", value })
}
