//! The settings in force, each with the place that it comes from.

use std::fmt;
use std::path::PathBuf;

use overnight_db::without_password;
use overnight_framework::worker::Timing;

use super::{Config, ConfigError, HEARTBEAT, LOG, data_dir, embedded_file, variable};

/// A value, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Where a setting comes from: the first of these that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An option of the command line.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// The settings file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting as people look at it: without passwords.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) name: String,
    /// Absent where nothing is set and nothing stands for it.
    pub(crate) value: Option<String>,
    pub(crate) origin: Origin,
}

impl Config {
    /// All settings. Nothing is opened or made for them.
    ///
    /// # Errors
    /// When an environment variable is not UTF-8.
    pub(crate) fn settings(&self) -> Result<Vec<Setting>, ConfigError> {
        let mut settings = vec![
            self.database_setting(),
            setting("project", Some(self.project.clone())),
            setting("secrets", self.secrets.clone().map(|secrets| secrets.map(|path| path.display().to_string()))),
            of_variable("heartbeat", HEARTBEAT, &format!("{:?}", Timing::SERVER.heartbeat))?,
            of_variable("log", LOG, "error")?,
        ];
        let file = self.file.clone().map_or(Origin::Default, Origin::File);
        settings.extend(self.connections.iter().map(|(name, url)| Setting {
            name: format!("connections.{name}"),
            value: Some(without_password(url)),
            origin: file.clone(),
        }));
        Ok(settings)
    }

    fn database_setting(&self) -> Setting {
        let named = self.database.clone().map(|database| database.map(|url| without_password(&url)));
        let embedded = || {
            let file = embedded_file(data_dir(), |_| true);
            Sourced { value: file.display().to_string(), origin: Origin::Default }
        };
        setting("database", Some(named.unwrap_or_else(embedded)))
    }
}

impl<T> Sourced<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: change(self.value), origin: self.origin }
    }
}

fn setting(name: &str, value: Option<Sourced<String>>) -> Setting {
    let origin = value.as_ref().map_or(Origin::Default, |value| value.origin.clone());
    Setting { name: name.to_owned(), value: value.map(|value| value.value), origin }
}

fn of_variable(name: &str, variable_name: &'static str, default: &str) -> Result<Setting, ConfigError> {
    let (value, origin) = match variable(variable_name)? {
        Some(value) => (value, Origin::Variable(variable_name)),
        None => (default.to_owned(), Origin::Default),
    };
    Ok(setting(name, Some(Sourced { value, origin })))
}
