//! Chunk steps: items are read, processed and written, and each chunk is one transaction.
//!
//! Where it pays, a thread reads and processes ahead while the thread of the step writes; they are joined by a bounded channel.
//! The position of the reader travels inside the chunk, so reading ahead never moves the checkpoint: the checkpoint is what a committed chunk
//! carried. Types are erased once per chunk, never per item.

mod attempt;
mod batch;
mod bisect;
mod chain;
mod each;
mod item;
mod items;
mod one_by_one;
mod outline;
mod pace;
mod parts;
mod prepare;
mod replay;
mod supply;
mod write;

use std::fmt;
use std::time::Duration;

pub use self::batch::{BadItem, Batch, Encoded, Fill, Processed};
pub use self::chain::{IntoChunk, Processing, Reading};
pub use self::item::{
    ChunkProcessor, ChunkSource, ItemEncoder, ItemProcessor, ItemReader, ItemWriter, Locate, PassThrough, ReadError,
    Retries, WriteContext,
};
pub use self::items::Items;
pub(crate) use self::one_by_one::OneByOne;
pub use self::outline::ChunkOutline;
pub use self::pace::ReadAhead;
pub(crate) use self::parts::debug_payload;
pub use self::parts::{Chunk, ChunkParts, Describe};

use self::pace::Pace;
use self::write::Rules;
use crate::error::BatchError;
use crate::execution::StepKind;
use crate::policy::{RetryPolicy, SkipPolicy};
use crate::step::{Outcome, Step, StepContext, StepError, caught};

/// How many items of a user's own writer make a chunk, unless the step says otherwise.
pub const DEFAULT_SIZE: usize = 1_000;

/// A chunk step, over items of any type.
pub struct ChunkStep {
    chunk: MakeChunk,
    size: usize,
    retry: RetryPolicy,
    skip: SkipPolicy,
    ahead: ReadAhead,
    idle_timeout: Option<Duration>,
    names: PartNames,
}

/// What the parts are called, where that is known before they are made.
#[derive(Default)]
struct PartNames {
    reader: Option<String>,
    processor: Vec<&'static str>,
    writer: Option<String>,
}

/// Makes the parts of one attempt, when what they depend on is known.
type MakeChunk = Box<dyn Fn(&StepContext<'_>) -> Result<Chunk, BatchError> + Send + Sync>;

impl ChunkStep {
    /// A step whose parts are made for each attempt.
    pub fn new<C: Into<Chunk>>(
        parts: impl Fn(&StepContext<'_>) -> Result<C, BatchError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            chunk: Box::new(move |context| Ok(parts(context)?.into())),
            size: DEFAULT_SIZE,
            retry: RetryPolicy::NEVER,
            skip: SkipPolicy::NEVER,
            ahead: ReadAhead::default(),
            idle_timeout: None,
            names: PartNames::default(),
        }
    }

    /// Says what its parts are called, for those who look at it.
    pub(crate) fn made_of(self, reader: &str, processor: Vec<&'static str>, writer: &str) -> Self {
        let names = PartNames { reader: Some(reader.to_owned()), processor, writer: Some(writer.to_owned()) };
        Self { names, ..self }
    }

    /// Commits after so many items.
    #[must_use]
    pub fn size(self, size: usize) -> Self {
        Self { size: size.max(1), ..self }
    }

    /// Repeats a chunk that failed.
    #[must_use]
    pub fn retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    /// Skips bad items.
    #[must_use]
    pub fn skip(self, skip: SkipPolicy) -> Self {
        Self { skip, ..self }
    }

    /// Reads ahead, or does not.
    #[must_use]
    pub fn read_ahead(self, ahead: ReadAhead) -> Self {
        Self { ahead, ..self }
    }

    /// Lets a chunk send nothing to PostgreSQL for `limit` while it is written, before the server ends its transaction: for a
    /// writer that spends longer than a minute elsewhere. The other databases set no limit.
    #[must_use]
    pub fn idle_timeout(self, limit: Duration) -> Self {
        Self { idle_timeout: Some(limit), ..self }
    }
}

impl Step for ChunkStep {
    fn kind(&self) -> StepKind {
        StepKind::Chunk
    }

    fn outline(&self) -> Option<ChunkOutline> {
        let PartNames { reader, processor, writer } = &self.names;
        Some(ChunkOutline {
            reader: reader.clone(),
            processor: processor.clone(),
            writer: writer.clone(),
            size: self.size,
            retry: self.retry.clone(),
            skip: self.skip.clone(),
        })
    }

    fn run(&self, context: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let Chunk { mut parts, size } = (self.chunk)(context)?;
        context.lease.idle_timeout = self.idle_timeout.unwrap_or(context.lease.idle_timeout);
        let rules = Rules { retry: &self.retry, skip: &self.skip };
        let pace = Pace { size: size.unwrap_or(self.size), ahead: self.ahead };
        let ended = caught(|| parts.run(context, rules, pace));
        parts.close(context, ended)
    }
}

impl fmt::Debug for ChunkStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkStep")
            .field("size", &self.size)
            .field("retry", &self.retry)
            .field("skip", &self.skip)
            .finish_non_exhaustive()
    }
}
