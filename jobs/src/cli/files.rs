//! The files that are meant by what was typed: files as they are, and the job files of a folder.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use thiserror::Error;

/// A file to be checked.
pub(in crate::cli) struct Found {
    pub(in crate::cli) path: PathBuf,
    /// The number of the folder that it was found in, unless it was named itself.
    pub(in crate::cli) folder: Option<usize>,
}

/// Why a folder has no files to be checked.
#[derive(Debug, Error)]
pub(in crate::cli) enum FolderError {
    /// It cannot be read.
    #[error("cannot read `{}`", folder.display())]
    Read {
        folder: PathBuf,
        #[source]
        source: io::Error,
    },
    /// It holds none.
    #[error("there is no job file in `{}`: none that ends with .yaml or .yml", .0.display())]
    Empty(PathBuf),
}

/// Every file among `paths`, and every job file in the folders among them.
pub(in crate::cli) fn of(paths: &[PathBuf]) -> Result<Vec<Found>, FolderError> {
    let mut found = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        if !path.is_dir() {
            found.push(Found { path: path.clone(), folder: None });
            continue;
        }
        let mut files = Vec::new();
        walk(path, &mut files)?;
        if files.is_empty() {
            return Err(FolderError::Empty(path.clone()));
        }
        found.extend(files.into_iter().map(|path| Found { path, folder: Some(number) }));
    }
    Ok(found)
}

/// Adds the job files of a folder and those below it, by name. What is hidden is left alone, and a link to a folder is not
/// followed: it may lead back.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), FolderError> {
    let read = |source| FolderError::Read { folder: folder.to_owned(), source };
    let mut entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(read)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries.iter().filter(|entry| !is_hidden(&entry.file_name())) {
        let path = entry.path();
        if entry.file_type().map_err(read)?.is_dir() {
            walk(&path, files)?;
        } else if is_job_file(&path) && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a file is called as job files are.
pub(in crate::cli) fn is_job_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
