//! The settings file: where it is, what it may say, and what is wrong in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

use super::ConfigError;

/// The settings file, looked for in the working directory and above.
const FILE: &str = "jobctl.toml";

/// The settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) database: Option<String>,
    pub(super) project: Option<String>,
    #[serde(default)]
    pub(super) connections: BTreeMap<String, String>,
    pub(super) secrets: Option<PathBuf>,
}

/// The settings file of this folder or the next one above that has one.
pub(super) fn settings_file() -> Result<(File, Option<PathBuf>), ConfigError> {
    let here = std::env::current_dir().unwrap_or_default();
    // Whatever stands there under this name: a link that leads nowhere, perhaps to a disk that is away, is not the same as none.
    let Some(path) = here.ancestors().map(|folder| folder.join(FILE)).find(|path| path.symlink_metadata().is_ok())
    else {
        return Ok((File::default(), None));
    };
    let text = text_of(&path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
    match toml::from_str(&text) {
        Ok(file) => Ok((file, Some(path))),
        Err(error) => Err(wrong(path, &text, &error)),
    }
}

fn text_of(path: &Path) -> io::Result<String> {
    // Before it is opened: a pipe would wait for somebody who writes into it.
    if !path.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    fs::read_to_string(path)
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
pub(super) fn relative_to(folder: &Path, url: &str) -> String {
    file_of(url).map_or_else(|| url.to_owned(), |path| folder.join(path).to_string_lossy().into_owned())
}

/// The path in an address, if it names a file.
pub(crate) fn file_of(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    let is_path = !path.is_empty() && path != ":memory:" && !path.contains("://");
    is_path.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

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
