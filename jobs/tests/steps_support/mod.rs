//! What the tests of the kinds of steps share: folders, settings read as a job file has them.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "every test crate uses a part of it")]

use std::path::PathBuf;

use overnight_framework::BatchError;
use overnight_framework::expr::Scope;
use overnight_framework::kind::{Frame, Names, ReaderKind, ReaderPlan};
use overnight_framework::row::Row;
use overnight_framework::step::chunk::ChunkSource;
use overnight_framework::yaml::{self, Source};

/// A folder that plays the folder of the job file.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with one file.
    pub fn with(name: &str, text: impl AsRef<[u8]>) -> Self {
        let folder = Self::new();
        std::fs::write(folder.path(name), text).unwrap();
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn frame(&self) -> Frame {
        Frame { base_dir: self.0.path().to_owned(), ..Frame::default() }
    }
}

/// The reader that `settings` describe.
pub fn reader(kind: &dyn ReaderKind, settings: &str, folder: &Folder) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
    reader_plan(kind, settings).unwrap().open(&folder.frame())
}

/// The problems of the settings of a reader, one line each.
pub fn problems_of_reader(kind: &dyn ReaderKind, settings: &str) -> Vec<String> {
    reader_plan(kind, settings).err().unwrap().lines().collect()
}

fn reader_plan(kind: &dyn ReaderKind, settings: &str) -> Result<Box<dyn ReaderPlan>, yaml::Problems> {
    let scope = Scope::new();
    yaml::read(&Source::new("job.yaml", settings), |at| kind.check(at, &Names::new(&scope)))
}
