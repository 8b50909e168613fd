//! Where a reader stands in its file, and the marks by which a restart knows the file again.
//!
//! A restart that went on at an offset of another file would lose or double rows without a word. So a checkpoint keeps a checksum
//! of all that was read, which costs a few nanoseconds a record, and a restart reads that part once more. It keeps the hash of the
//! first record as well, and the place and hash of the last one of its chunk: they say what is wrong with another file before it is
//! read. What stands behind the offset may change: it was not read yet.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::FileError;
use super::records::{Place, Records};

/// The position after a chunk, as the checkpoint keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The first byte that was not taken.
    pub(super) offset: u64,
    /// The line of that byte.
    pub(super) line: u64,
    /// How many records were taken.
    pub(super) record: u64,
    /// How many cells of the next record were taken: only when a file is unpivoted.
    #[serde(default)]
    pub(super) cell: usize,
    /// The hash of its first record.
    pub(super) head: String,
    /// The last record of a chunk; none before the first one.
    pub(super) mark: Option<Mark>,
    /// The CRC-32 of everything before the offset; none before the first chunk, and in positions of versions that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) crc32: Option<u32>,
}

/// A record by which the file is known again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    start: u64,
    length: u64,
    sha256: String,
}

impl Mark {
    pub(super) fn of(start: u64, record: &[u8]) -> Self {
        Self { start, length: record.len() as u64, sha256: sha256(record) }
    }
}

impl Position {
    pub(super) fn place(&self) -> Place {
        Place { offset: self.offset, line: self.line }
    }

    /// Makes sure that the file of these records, whose first one has the hash `head`, is the one of this position.
    pub(super) fn check(&self, records: &Records, head: &str) -> Result<(), FileError> {
        let changed = |how| FileError::Changed { path: records.path().to_owned(), how };
        if self.head != head {
            return Err(changed("it begins with another record"));
        }
        if records.size()? < self.offset {
            return Err(changed("it is shorter than what was read of it"));
        }
        let failed = |source| FileError::Io { path: records.path().to_owned(), source };
        let file = records.file();
        if let Some(mark) = &self.mark
            && sha256(&bytes_at(file, mark.start, mark.length).map_err(failed)?) != mark.sha256
        {
            return Err(changed("another record stands where the last one of a chunk stood"));
        }
        // A file whose last line had no end may have grown within it.
        let around = bytes_at(file, self.offset.saturating_sub(1), 2).map_err(failed)?;
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        if self.cell == 0 && self.offset > 0 && around.len() == 2 && !around.iter().any(is_end) {
            return Err(changed("its last line has grown"));
        }
        Ok(())
    }
}

fn bytes_at(mut file: &File, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The SHA-256 of `bytes` in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
