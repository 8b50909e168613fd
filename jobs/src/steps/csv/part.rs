//! A file that appears under its name only when it is whole.
//!
//! What is written goes into `.NAME.part` beside it. A checkpoint is the length of the part and the hash of its bytes, taken
//! after they are on the disk:
//!
//! | found by a restart | what it means | what is done |
//! | --- | --- | --- |
//! | a part with those bytes and no more | the chunk was committed, and nothing came after | go on |
//! | a part with those bytes and more | a chunk was written and not committed | cut it, go on |
//! | no part, a file with just those bytes | the run died between the rename and its last row | done |
//! | anything else | the files are not those of the run | fail, with both paths |
//!
//! The part is locked while it is written, because a run that was taken for dead may wake up and cut it.
//!
//! A target that is a link is followed before anything else: the part stands beside the file that the link names, and the
//! link stays. Names are on the disk only when their folder is, so every folder is synced in which one was made.

mod error;
mod folders;

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) use self::error::PartError;
use self::folders::{create_folders, folder_of, followed, sync_folder};
use super::mark::hexadecimal;

/// The length of a part and the hash of its bytes, after a chunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) offset: u64,
    pub(super) sha256: String,
}

/// A file on its way to its name.
#[derive(Debug)]
pub(super) struct Part {
    target: PathBuf,
    part: PathBuf,
    state: State,
    end: End,
    /// The end at the last checkpoint, which is committed soon or rolled back.
    flushed: Option<End>,
    committed: End,
}

#[derive(Debug)]
enum State {
    Closed,
    Open(File),
    /// The file has its name.
    Published,
}

/// How far the part is written, with the hash so far.
#[derive(Clone, Debug, Default)]
struct End {
    offset: u64,
    hash: Sha256,
}

impl End {
    fn written(&self) -> Written {
        Written { offset: self.offset, sha256: hexadecimal(&self.hash.clone().finalize()) }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        self.hash.update(bytes);
    }
}

impl Part {
    pub(super) fn new(target: PathBuf) -> Result<Self, PartError> {
        let part = part_of(&target)?;
        Ok(Self { target, part, state: State::Closed, end: End::default(), flushed: None, committed: End::default() })
    }

    /// Begins a new part; one that an earlier run left is overwritten.
    pub(super) fn begin(&mut self) -> Result<(), PartError> {
        self.find_target()?;
        create_folders(folder_of(&self.target))?;
        let file = self.locked(OpenOptions::new().create(true))?;
        file.set_len(0).map_err(|source| self.failed(source))?;
        sync_folder(folder_of(&self.target))?;
        self.state = State::Open(file);
        (self.end, self.committed) = (End::default(), End::default());
        Ok(())
    }

    /// Goes on behind what a committed chunk wrote.
    pub(super) fn go_on(&mut self, from: &Written) -> Result<(), PartError> {
        self.find_target()?;
        match self.locked(&mut OpenOptions::new()) {
            Ok(file) => self.cut_to_checkpoint(file, from),
            Err(PartError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => self.find_published(from),
            Err(error) => Err(error),
        }
    }

    /// Writes all of `bytes` or nothing.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), PartError> {
        let mut file = self.file()?;
        if let Err(source) = file.write_all(bytes) {
            let error = self.failed(source);
            // Only tidiness: whatever stands behind the committed end is cut before anything else is written.
            let _ = self.cut();
            return Err(error);
        }
        self.end.add(bytes);
        Ok(())
    }

    /// Makes sure that everything is on the disk, and says where it ends.
    pub(super) fn flush(&mut self) -> Result<Written, PartError> {
        if let State::Open(file) = &self.state {
            file.sync_data().map_err(|source| self.failed(source))?;
        }
        self.flushed = Some(self.end.clone());
        Ok(self.end.written())
    }

    /// What was flushed last is committed.
    pub(super) fn committed(&mut self) {
        self.committed = self.flushed.take().unwrap_or_else(|| self.end.clone());
    }

    /// Everything behind the last commit is forgotten.
    pub(super) fn roll_back(&mut self) -> Result<(), PartError> {
        self.end = self.committed.clone();
        self.flushed = None;
        self.cut()
    }

    /// Gives the file its name. Done again, it does nothing.
    pub(super) fn publish(&mut self) -> Result<(), PartError> {
        if let State::Open(file) = &self.state {
            file.sync_all().map_err(|source| self.failed(source))?;
            let renamed = fs::rename(&self.part, &self.target);
            renamed.map_err(|source| PartError::Io { path: self.target.clone(), source })?;
            self.state = State::Published;
        }
        sync_folder(folder_of(&self.target))
    }

    /// Lets go of the part, which stays for a restart.
    pub(super) fn close(&mut self) {
        self.state = State::Closed;
    }

    /// Follows links to the file that is to be replaced, and makes sure that it is one.
    fn find_target(&mut self) -> Result<(), PartError> {
        let failed = |source| PartError::Io { path: self.target.clone(), source };
        let target = followed(self.target.clone()).map_err(failed)?;
        match fs::metadata(&target) {
            Ok(found) if found.is_dir() => return Err(PartError::Folder(target)),
            Ok(found) if !found.is_file() => return Err(PartError::Special(target)),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(PartError::Io { path: target, source }),
        }
        self.part = part_of(&target)?;
        self.target = target;
        Ok(())
    }

    fn cut_to_checkpoint(&mut self, mut file: File, from: &Written) -> Result<(), PartError> {
        let (end, length) = hashed(&mut file, from.offset).map_err(|source| self.failed(source))?;
        if end.written() != *from {
            let how = if length < from.offset {
                format!("{} bytes are left of {}", length, from.offset)
            } else {
                "other bytes".to_owned()
            };
            return Err(self.changed(how));
        }
        self.state = State::Open(file);
        (self.end, self.committed) = (end.clone(), end);
        self.cut()
    }

    fn find_published(&mut self, from: &Written) -> Result<(), PartError> {
        let mut file = match File::open(&self.target) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(self.changed("neither is there".to_owned()));
            }
            Err(source) => return Err(PartError::Io { path: self.target.clone(), source }),
        };
        let (end, length) =
            hashed(&mut file, from.offset).map_err(|source| PartError::Io { path: self.target.clone(), source })?;
        if length != from.offset || end.written() != *from {
            return Err(self.changed("the part is gone, and the file is another one".to_owned()));
        }
        self.state = State::Published;
        (self.end, self.committed) = (end.clone(), end);
        Ok(())
    }

    /// Cuts the part at its end and goes there.
    fn cut(&mut self) -> Result<(), PartError> {
        let State::Open(file) = &mut self.state else { return Ok(()) };
        let offset = self.end.offset;
        let cut = file.set_len(offset).and_then(|()| file.seek(SeekFrom::Start(offset)));
        cut.map(|_| ()).map_err(|source| self.failed(source))
    }

    /// Opens the part and locks it. Who held the lock may have given the part its name meanwhile: then it is another file.
    fn locked(&self, options: &mut OpenOptions) -> Result<File, PartError> {
        loop {
            let file = options.read(true).write(true).open(&self.part).map_err(|source| self.failed(source))?;
            if self.lock(&file)? {
                return Ok(file);
            }
        }
    }

    /// Locks an open file, and answers whether it is still the part.
    fn lock(&self, file: &File) -> Result<bool, PartError> {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PartError::Locked(self.part.clone())),
            // Some network file systems have no locks; they must do without the protection.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(source)) => return Err(self.failed(source)),
        }
        let identity = |found: Metadata| (found.dev(), found.ino());
        let opened = file.metadata().map(identity).map_err(|source| self.failed(source))?;
        match fs::metadata(&self.part).map(identity) {
            Ok(named) => Ok(named == opened),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.failed(source)),
        }
    }

    fn file(&self) -> Result<&File, PartError> {
        match &self.state {
            State::Open(file) => Ok(file),
            State::Published => Err(PartError::Finished(self.target.clone())),
            State::Closed => Err(self.failed(ErrorKind::NotConnected.into())),
        }
    }

    fn failed(&self, source: io::Error) -> PartError {
        PartError::Io { path: self.part.clone(), source }
    }

    fn changed(&self, how: String) -> PartError {
        PartError::Changed { target: self.target.clone(), part: self.part.clone(), how }
    }
}

/// Where the bytes of a file stand until it is whole.
fn part_of(target: &Path) -> Result<PathBuf, PartError> {
    match target.file_name() {
        Some(name) => Ok(target.with_file_name(format!(".{}.part", name.to_string_lossy()))),
        None => Err(PartError::Name(target.to_owned())),
    }
}

/// The hash of the first `length` bytes of a file, or of all when it has fewer, and how many bytes it has.
fn hashed(file: &mut File, length: u64) -> io::Result<(End, u64)> {
    let mut end = End::default();
    let mut buffer = vec![0; 1 << 16];
    file.seek(SeekFrom::Start(0))?;
    let mut head = (&mut *file).take(length);
    loop {
        match head.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => end.add(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let size = file.metadata()?.len();
    Ok((end, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_got_its_name_before_it_was_locked_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("day.csv");
        let mut first = Part::new(target.clone()).unwrap();
        first.begin().unwrap();
        first.write(b"whole").unwrap();
        let second = Part::new(target.clone()).unwrap();
        let late = File::options().read(true).write(true).open(&second.part).unwrap();
        assert!(matches!(second.lock(&late), Err(PartError::Locked(_))));
        first.publish().unwrap();
        drop(first);
        assert!(!second.lock(&late).unwrap());
        let mut third = Part::new(target.clone()).unwrap();
        third.begin().unwrap();
        assert!(!second.lock(&late).unwrap(), "another part is there");
        assert_eq!(fs::read(&target).unwrap(), b"whole");
    }
}
