//! The life lock: a file that a process holds locked while it lives, so that others on its machine see at once that it died.

use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The lock of this process. The operating system lets go of it however the process ends, also by `kill -9`.
#[derive(Debug)]
pub struct LifeLock {
    /// Held open: closing it gives the lock away.
    _file: File,
    path: PathBuf,
    session: String,
    left_behind: AtomicBool,
}

/// What a life lock says about its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The lock is held.
    Alive,
    /// The lock can be had.
    Dead,
    /// There is no such file here: the owner ran on another machine, or its folder was cleaned.
    Unseen,
}

impl LifeLock {
    /// Makes and locks a new file in `folder`, which is made when it is missing.
    ///
    /// # Errors
    /// When the folder takes no file.
    pub fn take(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let session = new_session();
        let path = folder.join(format!("{session}.alive"));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.lock()?;
        Ok(Self { _file: file, path, session, left_behind: AtomicBool::new(false) })
    }

    /// A text that no other process ever has.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the file where it is when the lock is dropped: a free lock tells of the end of its owner, a missing file does not.
    pub fn leave_behind(&self) {
        self.left_behind.store(true, Ordering::Relaxed);
    }

    /// Whether the process that made the file at `path` still lives.
    #[must_use]
    pub fn sign_of(path: &Path) -> Sign {
        let Ok(file) = File::open(path) else { return Sign::Unseen };
        match file.try_lock_shared() {
            Ok(()) => Sign::Dead,
            Err(TryLockError::WouldBlock) => Sign::Alive,
            Err(TryLockError::Error(_)) => Sign::Unseen,
        }
    }
}

impl Drop for LifeLock {
    fn drop(&mut self) {
        if !self.left_behind.load(Ordering::Relaxed) {
            // A file that stays behind by mistake only costs a directory entry; its lock is gone.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// 128 bits that differ between processes: the keys of fresh hash maps come from the operating system.
#[must_use]
pub fn new_session() -> String {
    let half = |seed: u32| RandomState::new().hash_one((seed, std::process::id()));
    format!("{:016x}{:016x}", half(0), half(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        std::env::temp_dir().join(format!("overnight-life-{}", new_session()))
    }

    #[test]
    fn a_held_lock_is_a_sign_of_life_and_a_dropped_one_is_gone() {
        let folder = folder();
        let lock = LifeLock::take(&folder).unwrap();
        let path = lock.path().to_owned();
        assert_eq!(LifeLock::sign_of(&path), Sign::Alive);
        drop(lock);
        assert_eq!(LifeLock::sign_of(&path), Sign::Unseen);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_is_left_behind_is_a_sign_of_death() {
        let folder = folder();
        let lock = LifeLock::take(&folder).unwrap();
        let path = lock.path().to_owned();
        lock.leave_behind();
        drop(lock);
        assert_eq!(LifeLock::sign_of(&path), Sign::Dead);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_without_its_lock_is_a_sign_of_death() {
        let folder = folder();
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("left.alive");
        std::fs::write(&path, "").unwrap();
        assert_eq!(LifeLock::sign_of(&path), Sign::Dead);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
