//! The items of one chunk on their way from the reader to the writer.

use std::any::Any;

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
    /// Items of earlier chunks whose memory may be used again. They still are what they were: whoever takes
    /// one clears it, or writes over all of it.
    pub spare: Vec<T>,
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
    /// Items of an earlier chunk, written since, whose memory may be used again.
    pub spare: Vec<T>,
    /// What the encoder of the writer made of the items.
    pub(super) encoded: Encoded,
    /// What listeners failed to hear.
    pub(super) warnings: Vec<String>,
}

/// The items of a chunk in the form of their target, as an [`ItemEncoder`](super::ItemEncoder) made it and its writer knows it.
pub type Encoded = Option<Box<dyn Any + Send>>;

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
        self.spare.clear();
        std::mem::swap(&mut self.items, &mut self.spare);
        self.places.clear();
        self.bad.clear();
        self.warnings.clear();
        self.filtered = 0;
    }

    /// Makes room for so many items where the last ones stood.
    pub(super) fn reuse(&mut self, room: usize) {
        if self.items.is_empty() {
            std::mem::swap(&mut self.items, &mut self.spare);
            self.items.clear();
        }
        self.items.reserve(room);
        self.places.reserve(room);
    }
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: Vec::new(), bad: Vec::new(), spare: Vec::new() }
    }
}

impl<T> Default for Processed<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            places: Vec::new(),
            filtered: 0,
            bad: Vec::new(),
            spare: Vec::new(),
            encoded: None,
            warnings: Vec::new(),
        }
    }
}
