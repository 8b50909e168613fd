//! Where the embedded store of those is who have named none.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::places::xdg;

/// The file of those who configure nothing: in their folder for data, or here when there is none and none can be made.
///
/// A file that is there is the one, also when it cannot be written now: another one would be empty, and the day that it
/// remembers would run a second time.
pub(super) fn embedded_file(data: Option<PathBuf>, is_writable: impl FnOnce(&Path) -> bool) -> PathBuf {
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
pub(super) fn is_writable(folder: &Path) -> bool {
    let probe = folder.join(format!(".writable-{}", std::process::id()));
    fs::create_dir_all(folder).and_then(|()| fs::write(&probe, "")).and_then(|()| fs::remove_file(&probe)).is_ok()
}

/// The user's folder for data.
pub(super) fn data_dir() -> Option<PathBuf> {
    xdg("XDG_DATA_HOME", ".local/share")
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
}
