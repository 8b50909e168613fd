//! The counters of a step.

use std::ops::AddAssign;

/// What a step did with its items. The names are Spring Batch's.
///
/// Each step row counts its own run from 0; the sum over the runs of an instance is what [`Counts::balanced`] holds for
/// when the step is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items read, the skipped ones included.
    pub read: u64,
    /// Items written.
    pub write: u64,
    /// Items that a filter or processor left out.
    pub filter: u64,
    /// Items that could not be read and were skipped.
    pub read_skip: u64,
    /// Items whose processing failed and which were skipped.
    pub process_skip: u64,
    /// Items that the writer refused and which were skipped.
    pub write_skip: u64,
    /// Chunks committed.
    pub commit: u64,
    /// Chunks rolled back.
    pub rollback: u64,
    /// Attempts repeated.
    pub retry: u64,
}

impl Counts {
    /// All skipped items.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.read_skip + self.process_skip + self.write_skip
    }

    /// Whether every item read is written, filtered or skipped: the promise of a completed chunk step.
    #[must_use]
    pub fn balanced(&self) -> bool {
        self.read == self.write + self.filter + self.skipped()
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.write += other.write;
        self.filter += other.filter;
        self.read_skip += other.read_skip;
        self.process_skip += other.process_skip;
        self.write_skip += other.write_skip;
        self.commit += other.commit;
        self.rollback += other.rollback;
        self.retry += other.retry;
    }
}
