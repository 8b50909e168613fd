//! Why a file cannot be written, and what a person can do about it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use overnight_framework::BatchError;
use overnight_framework::error::names;
use thiserror::Error;

use super::folders::folder_of;
use crate::quoted::quoted;
use crate::steps::csv::INVALID_FILE;

/// Why a file cannot be written, or not be written on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(in crate::steps::csv) enum PartError {
    #[error("cannot write {}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} is no name for a file", .0.display())]
    Name(PathBuf),
    #[error("{} is a folder; the path names the file to write", .0.display())]
    Folder(PathBuf),
    #[error("{} is a device, a pipe or a socket, and is not replaced by a file", .0.display())]
    Special(PathBuf),
    #[error("{} is being written by another process", .0.display())]
    Locked(PathBuf),
    #[error(
        "cannot go on with {}: neither {} nor {} has what the last chunk left there ({how})",
        .target.display(), .part.display(), .target.display()
    )]
    Changed { target: PathBuf, part: PathBuf, how: String },
    #[error("{} is finished, and there are more rows for it", .0.display())]
    Finished(PathBuf),
    #[error("the checkpoint is not one of a written file")]
    Checkpoint(#[from] serde_json::Error),
}

impl From<PartError> for BatchError {
    fn from(error: PartError) -> Self {
        match &error {
            PartError::Io { path, source } => {
                let help = help_to_write(path, source);
                Self::of(names::IO, error).with_any_help(help)
            }
            PartError::Locked(_) => Self::of(names::TRANSIENT, error),
            _ => Self::of(INVALID_FILE, error),
        }
    }
}

/// What a person can do about a file that cannot be written.
fn help_to_write(path: &Path, error: &io::Error) -> Option<String> {
    let folder = quoted(&folder_of(path).to_string_lossy());
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            Some(format!("`ls -ld {folder}` shows who may write there; `chmod u+w {folder}` lets its owner"))
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(format!("`df -h {folder}` shows how full it is")),
        _ => None,
    }
}
