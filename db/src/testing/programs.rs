//! Finds PostgreSQL's programs, and says what to install where there are none.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::TestingError;

/// Where Debian puts the programs of each version; only some of them are on the PATH.
const DEBIAN: &str = "/usr/lib/postgresql";
const NEEDED: [&str; 3] = ["initdb", "pg_ctl", "psql"];

/// A folder with all the programs that a server of tests needs.
#[derive(Clone)]
pub(super) struct Programs(PathBuf);

impl Programs {
    /// The programs on the PATH, else the newest that Debian has installed.
    pub(super) fn find() -> Result<Self, TestingError> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path).chain(newest_first(Path::new(DEBIAN)));
        if !on_path("flock", &path) {
            return Err(TestingError::new("these tests need the program flock; type: sudo apt-get install util-linux"));
        }
        Self::find_in(folders)
    }

    pub(super) fn find_in(mut folders: impl Iterator<Item = PathBuf>) -> Result<Self, TestingError> {
        let has_all = |folder: &PathBuf| NEEDED.iter().all(|program| folder.join(program).is_file());
        folders.find(has_all).map(Self).ok_or_else(|| {
            TestingError::new(format!(
                "these tests start a PostgreSQL server of their own, but no folder of the PATH and of {DEBIAN}/*/bin has {}; \
                 type: sudo apt-get install postgresql",
                NEEDED.join(", ")
            ))
        })
    }

    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.0.join(program)
    }

    /// A program with none of the settings that the environment has for other servers.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.path(program));
        for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C");
        command
    }
}

fn on_path(program: &str, path: &std::ffi::OsStr) -> bool {
    env::split_paths(path).any(|folder| folder.join(program).is_file())
}

/// `…/15/bin` before `…/9.6/bin`: versions are numbers, not texts.
fn newest_first(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let version = |name: &str| -> Vec<u32> { name.split('.').map_while(|part| part.parse().ok()).collect() };
    let mut found: Vec<(Vec<u32>, PathBuf)> =
        entries.map(|entry| (version(&entry.file_name().to_string_lossy()), entry.path().join("bin"))).collect();
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_programs_are_an_error_with_the_line_to_type() {
        let Err(error) = Programs::find_in(std::iter::once(PathBuf::from("/nowhere"))) else {
            panic!("found in /nowhere")
        };
        assert!(error.to_string().contains("initdb, pg_ctl, psql"), "{error}");
        assert!(error.to_string().ends_with("type: sudo apt-get install postgresql"), "{error}");
    }

    #[test]
    fn the_newest_version_comes_first() {
        let root = env::temp_dir().join(format!("overnight-versions-{}", std::process::id()));
        for version in ["9.6", "15", "17"] {
            fs::create_dir_all(root.join(version)).unwrap();
        }
        let found = newest_first(&root);
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, ["17", "15", "9.6"].map(|version| root.join(version).join("bin")));
    }
}
