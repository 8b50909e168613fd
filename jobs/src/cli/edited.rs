//! Whether the job file of an execution says something else by now: a restart keeps what it was started with.

use std::fs;
use std::path::{Path, PathBuf};

use overnight_framework::execution::JobExecution;
use overnight_framework::repository::Definition;
use overnight_framework::yaml::{self, Source};

use super::command;
use super::files::is_job_file;
use crate::wiring::Context;

/// A job file with another text than the one that an execution runs.
pub(super) struct Edited {
    /// The file, as it is typed from here.
    pub(super) path: String,
    /// The revision that the execution runs.
    pub(super) revision: i32,
    /// The command that runs what the file says now, with the parameters of the execution.
    pub(super) start: String,
}

/// The file of an execution, if it is edited since: the one that somebody named, and else the only one of its name in the folder
/// that it was started from. Where that cannot be told, nothing is said of it.
pub(super) fn since(context: &Context, execution: &JobExecution, named: Option<&Path>) -> Option<Edited> {
    let (definition, folder) = context.pinned_revision(execution).ok()?;
    let (path, source) = match named {
        Some(path) => (path.to_owned(), Source::read(path).ok()?),
        None => only_one(&folder, &definition)?,
    };
    if source.text() == definition.yaml {
        return None;
    }
    let job = context.catalog.of_revision(&definition, &folder).ok()?;
    let path = from_here(&path).to_string_lossy().into_owned();
    let start = command::start(&path, &execution.params, &job.params);
    Some(Edited { path, revision: definition.revision, start })
}

fn only_one(folder: &Path, definition: &Definition) -> Option<(PathBuf, Source)> {
    let paths = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let sources = paths
        .filter(|path| is_job_file(path) && path.is_file())
        .filter_map(|path| Some((Source::read(&path).ok()?, path)));
    let mut found = sources.filter(|(source, _)| is_called(source, &definition.name));
    match (found.next(), found.next()) {
        (Some((source, path)), None) => Some((path, source)),
        _ => None,
    }
}

fn is_called(source: &Source, name: &str) -> bool {
    let is_named = || Some(yaml::parse(source).ok()?.get("name")?.as_text()? == name);
    source.text().contains(name) && is_named().unwrap_or(false)
}

fn from_here(path: &Path) -> &Path {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path)
}
