//! The items of one chunk on their way from the reader to the writer.

use crate::error::BatchError;
use crate::repository::Payload;

/// What a reader fills: good items with their places, and bad ones.
#[derive(Debug)]
pub struct Batch<T> {
    /// The items that could be read.
    pub items: Vec<T>,
    /// Where each of them stood, as the reader's [`Locate`](super::Locate) understands it.
    pub places: Vec<u64>,
    /// The records that could not be read.
    pub bad: Vec<BadItem>,
    /// Items of earlier chunks whose memory may be used again.
    pub spare: Vec<T>,
    /// What listeners failed to hear.
    pub(super) warnings: Vec<String>,
}

/// What a processor makes of a batch.
#[derive(Debug)]
pub struct Processed<T> {
    /// The items for the writer.
    pub items: Vec<T>,
    /// Where each of them came from.
    pub places: Vec<u64>,
    /// How many were left out on purpose.
    pub filtered: u64,
    /// The items whose processing failed.
    pub bad: Vec<BadItem>,
    /// What listeners failed to hear.
    pub(super) warnings: Vec<String>,
}

/// An item that failed, and why.
#[derive(Debug)]
pub struct BadItem {
    /// Where it stood.
    pub place: u64,
    /// The item.
    pub payload: Payload,
    /// What was wrong with it.
    pub error: BatchError,
}

/// Whether a reader has more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// There may be more.
    More,
    /// That was all.
    End,
}

impl<T> Batch<T> {
    /// Adds an item that stood at `place`.
    pub fn push(&mut self, place: u64, item: T) {
        self.items.push(item);
        self.places.push(place);
    }

    /// How many records were read, good and bad.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len() + self.bad.len()
    }

    /// Whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Processed<T> {
    /// Adds an item for the writer that came from `place`.
    pub fn push(&mut self, place: u64, item: T) {
        self.items.push(item);
        self.places.push(place);
    }

    /// Forgets everything but the memory.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.places.clear();
        self.bad.clear();
        self.warnings.clear();
        self.filtered = 0;
    }
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: Vec::new(), bad: Vec::new(), spare: Vec::new(), warnings: Vec::new() }
    }
}

impl<T> Default for Processed<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: Vec::new(), filtered: 0, bad: Vec::new(), warnings: Vec::new() }
    }
}
