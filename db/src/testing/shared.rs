//! The server that all tests of a run share, whatever process they are in.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::cluster::Cluster;
use super::error::TestingError;
use super::programs::Programs;
use super::system;

/// A use of the shared server: it stays while this value lives, and some seconds more.
pub(super) struct SharedServer {
    pub(super) cluster: Cluster,
    _user: File,
}

impl SharedServer {
    /// Joins the users of this folder's server; the first one starts it.
    pub(super) fn join(folder: &Path) -> Result<Self, TestingError> {
        fs::create_dir_all(folder).map_err(TestingError::at("create", folder))?;
        let users = folder.join("users.lock");
        let user = system::lock_file(&users)?;
        // Waits while the watcher takes an old server away.
        user.lock_shared().map_err(TestingError::at("lock", &users))?;
        let _one_at_a_time = system::lock_exclusively(&folder.join("start.lock"))?;
        let cluster = find_or_start(&folder.join("server"), &users)?;
        Ok(Self { cluster, _user: user })
    }
}

fn find_or_start(description: &Path, users: &Path) -> Result<Cluster, TestingError> {
    let programs = Programs::find()?;
    let old = fs::read_to_string(description).unwrap_or_default();
    if let Some(cluster) = Cluster::from_description(programs.clone(), &old) {
        cluster.keep_watched(users)?;
        return Ok(cluster);
    }
    let cluster = Cluster::create(programs, users)?;
    write_whole(description, &cluster.description())?;
    Ok(cluster)
}

/// Another process sees the old text or the new one, never a half; only we can read the password in it.
fn write_whole(path: &Path, text: &str) -> Result<(), TestingError> {
    let part = path.with_extension("part");
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(TestingError::at("write", &part))?;
    fs::rename(&part, path).map_err(TestingError::at("write", path))
}
