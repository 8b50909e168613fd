//! A chunk step as those see it who do not run it.

use crate::policy::{RetryPolicy, SkipPolicy};

/// The parts of a chunk step and the rules around its chunks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChunkOutline {
    /// The kind of its reader, or the Rust type; `None` where a function of the program makes the parts when the step begins.
    pub reader: Option<String>,
    /// The operations between reader and writer, in order: `filter`, `set`, `validate`, and functions by their names.
    pub processor: Vec<&'static str>,
    /// The kind of its writer, or the Rust type; `None` as above.
    pub writer: Option<String>,
    /// How many items are committed together.
    pub size: usize,
    /// How often a failed chunk is repeated.
    pub retry: RetryPolicy,
    /// Which bad items are skipped.
    pub skip: SkipPolicy,
}

impl ChunkOutline {
    /// Reader and writer, as in `csv -> table`; `None` where they are not known before the step begins.
    #[must_use]
    pub fn way(&self) -> Option<String> {
        let (reader, writer) = (self.reader.as_ref()?, self.writer.as_ref()?);
        Some(format!("{reader} -> {writer}"))
    }
}
