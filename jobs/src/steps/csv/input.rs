//! The bytes of a file, as many at once as the record that stands next needs.

use std::fs::File;
use std::io::{self, ErrorKind, Read};

use crc32fast::Hasher;

/// How much is read at once: it stays in the cache of a core.
pub(super) const BUFFER: usize = 1 << 18;

/// The longest record. Beyond it, a quote that was never closed is the likely reason.
const LONGEST: usize = 64 << 20;

/// Bytes of the file: those that records have taken, and behind them those that none has taken yet.
pub(super) struct Input {
    bytes: Vec<u8>,
    free: usize,
    filled: usize,
    ended: bool,
    /// Up to here no quote and no carriage return stands behind what records have taken.
    plain: usize,
    /// How many bytes a record may have.
    pub(super) longest: usize,
    /// The checksum of what records have taken, up to `summed`.
    sum: Hasher,
    summed: usize,
}

/// Why there are no more bytes for a record.
pub(super) enum Shortage {
    /// It has as many as it may have.
    TooLong(usize),
    Io(io::Error),
}

impl Input {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; BUFFER],
            free: 0,
            filled: 0,
            ended: false,
            plain: 0,
            longest: LONGEST,
            sum: Hasher::new(),
            summed: 0,
        }
    }

    /// Forgets all bytes, because the file is read elsewhere now.
    pub(super) fn clear(&mut self) {
        (self.free, self.filled, self.ended, self.plain, self.summed) = (0, 0, false, 0, 0);
    }

    /// Goes on from the checksum of what stands before `begin`.
    pub(super) fn sum_from(&mut self, begin: usize, sum: Hasher) {
        (self.summed, self.sum) = (begin, sum);
    }

    /// The checksum of the file up to `end`, behind which no earlier call was.
    pub(super) fn sum_to(&mut self, end: usize) -> u32 {
        self.sum.update(self.bytes.get(self.summed..end).unwrap_or_default());
        self.summed = end;
        self.sum.clone().finalize()
    }

    /// The bytes that no record has taken.
    #[inline]
    pub(super) fn unread(&self) -> &[u8] {
        self.bytes.get(self.free..self.filled).unwrap_or_default()
    }

    /// Those of them that stand before the next quote or carriage return. They are looked for once, many lines ahead.
    #[inline]
    pub(super) fn plain(&mut self) -> &[u8] {
        if self.plain <= self.free {
            let unread = self.unread();
            self.plain = self.free + memchr::memchr2(b'"', b'\r', unread).unwrap_or(unread.len());
        }
        self.bytes((self.free, self.plain))
    }

    /// Where they begin.
    #[inline]
    pub(super) fn free(&self) -> usize {
        self.free
    }

    /// The bytes from one place to another. They move when more are read.
    #[inline]
    pub(super) fn bytes(&self, (begin, end): (usize, usize)) -> &[u8] {
        self.bytes.get(begin..end).unwrap_or_default()
    }

    /// Gives the next bytes to a record.
    #[inline]
    pub(super) fn take(&mut self, length: usize) {
        self.free += length;
    }

    /// Whether the file has no more than what was read.
    #[inline]
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Reads more of the file. The bytes that no record has taken yet move to the front first.
    pub(super) fn more(&mut self, file: &mut File) -> Result<(), Shortage> {
        if self.free > 0 {
            self.sum_to(self.free);
            self.summed = 0;
            self.bytes.copy_within(self.free..self.filled, 0);
            self.filled -= self.free;
            self.free = 0;
        }
        // What is read now has not been looked at.
        self.plain = 0;
        if self.filled == self.bytes.len() {
            if self.filled >= self.longest {
                return Err(Shortage::TooLong(self.longest));
            }
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        let room = self.bytes.get_mut(self.filled..).unwrap_or_default();
        let read = loop {
            match file.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.map_err(Shortage::Io)?,
            }
        };
        self.filled += read;
        self.ended = read == 0;
        Ok(())
    }
}
