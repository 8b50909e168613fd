//! The way to a file: the links that lead to it, and folders whose names outlive a power cut.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::PartError;

/// How many links lead from the path to the file at most, as Linux has it.
const LINKS: usize = 40;

/// The folder that a file stands in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file that a path names by way of links; it need not be there.
pub(super) fn followed(mut path: PathBuf) -> io::Result<PathBuf> {
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(link) => path = folder_of(&path).join(link),
            // It is no link, or nothing.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => return Ok(path),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "too many links lead on from it"))
}

/// Makes a folder with those above it. After a power cut they are there.
pub(super) fn create_folders(folder: &Path) -> Result<(), PartError> {
    let missing = missing(folder);
    fs::create_dir_all(folder).map_err(|source| PartError::Io { path: folder.to_owned(), source })?;
    missing.into_iter().try_for_each(|made| sync_folder(folder_of(made)))
}

/// Those of a folder and the ones above it that are not there, the outermost first.
fn missing(folder: &Path) -> Vec<&Path> {
    let mut missing: Vec<_> = folder.ancestors().take_while(|folder| !is_there(folder)).collect();
    missing.reverse();
    missing
}

fn is_there(folder: &Path) -> bool {
    folder.as_os_str().is_empty() || folder.is_dir()
}

/// Brings the names in a folder to the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), PartError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| PartError::Io { path: folder.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_that_has_to_be_made_is_known_before() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        assert_eq!(missing(&deep), [folder.path().join("a"), folder.path().join("a/b"), deep.clone()]);
        create_folders(&deep).unwrap();
        assert!(missing(&deep).is_empty());
        assert!(missing(Path::new(".")).is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_synced_fails_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let error = sync_folder(&folder.path().join("gone")).unwrap_err();
        assert!(matches!(error, PartError::Io { .. }), "{error}");
    }
}
