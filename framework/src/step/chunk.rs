//! Chunk steps: items are read, processed and written, and each chunk is one transaction.
//!
//! Where it pays, a thread reads and processes ahead while the thread of the step writes; they are joined by a bounded channel.
//! The position of the reader travels inside the chunk, so reading ahead never moves the checkpoint: the checkpoint is what a committed chunk
//! carried. Types are erased once per chunk, never per item.

mod attempt;
mod batch;
mod bisect;
mod each;
mod item;
mod pace;
mod prepare;
mod replay;
mod supply;
mod write;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::batch::{BadItem, Batch, Encoded, Fill, Processed};
pub use self::item::{
    ChunkProcessor, ChunkSource, ItemEncoder, ItemProcessor, ItemReader, ItemWriter, Locate, PassThrough, ReadError,
    Retries, WriteContext,
};
pub use self::pace::ReadAhead;

use self::each::EachItem;
use self::pace::drive;
use self::prepare::Preparer;
use self::supply::{Course, Supply, TwoParts};
use self::write::{ChunkWriter, Rules};
use crate::error::BatchError;
use crate::execution::StepKind;
use crate::listener::ItemListener;
use crate::monitor::RunEvent;
use crate::policy::{RetryPolicy, SkipPolicy};
use crate::repository::Payload;
use crate::step::{Outcome, Step, StepContext, StepError, caught};

/// How many items of a user's own writer make a chunk, unless the step says otherwise.
pub const DEFAULT_SIZE: usize = 1_000;

/// A chunk step over items of any type.
pub struct ChunkStep<I, O> {
    parts: MakeParts<I, O>,
    size: usize,
    retry: RetryPolicy,
    skip: SkipPolicy,
    ahead: ReadAhead,
    idle_timeout: Option<Duration>,
}

/// Makes the parts of one attempt, when what they depend on is known.
type MakeParts<I, O> = Box<dyn Fn(&StepContext<'_>) -> Result<ChunkParts<I, O>, BatchError> + Send + Sync>;

/// Reader, processor and writer of one attempt.
pub struct ChunkParts<I, O> {
    supply: Box<dyn Supply<O>>,
    writer: Box<dyn ItemWriter<O>>,
    describe: Describe<O>,
    listeners: Vec<Arc<dyn ItemListener<I, O>>>,
}

/// What a dead letter keeps of an item.
pub type Describe<T> = Arc<dyn Fn(&T) -> Payload + Send + Sync>;

impl<I: Send + 'static, O: Send + 'static> ChunkParts<I, O> {
    /// Reader, processor and writer that work item by item. Dead letters keep what `Debug` prints.
    pub fn new(
        reader: impl ItemReader<I> + 'static,
        processor: impl ItemProcessor<I, O> + 'static,
        writer: impl ItemWriter<O> + 'static,
    ) -> Self
    where
        I: fmt::Debug,
        O: fmt::Debug,
    {
        Self::listened(reader, processor, writer, Vec::new())
    }

    /// The same with listeners around every item; the step then runs on one thread.
    pub fn listened(
        reader: impl ItemReader<I> + 'static,
        processor: impl ItemProcessor<I, O> + 'static,
        writer: impl ItemWriter<O> + 'static,
        listeners: Vec<Arc<dyn ItemListener<I, O>>>,
    ) -> Self
    where
        I: fmt::Debug,
        O: fmt::Debug,
    {
        Self {
            supply: Box::new(EachItem::new(reader, processor, listeners.clone())),
            writer: Box::new(writer),
            describe: Arc::new(debug_payload),
            listeners,
        }
    }

    /// Parts that work chunk by chunk. `describe` makes the payload of an item that the writer refused.
    pub fn of_chunks(
        source: Box<dyn ChunkSource<I>>,
        processor: Box<dyn ChunkProcessor<I, O>>,
        writer: Box<dyn ItemWriter<O>>,
        describe: Describe<O>,
    ) -> Self {
        let supply = Box::new(TwoParts { source, processor, batch: Batch::default() });
        Self { supply, writer, describe, listeners: Vec::new() }
    }
}

/// The payload of an item that can only be printed.
pub(crate) fn debug_payload<T: fmt::Debug>(item: &T) -> Payload {
    Payload { kind: "debug", bytes: format!("{item:?}").into_bytes() }
}

impl<I: Send + 'static, O: Send + 'static> ChunkStep<I, O> {
    /// A step whose parts are made for each attempt.
    pub fn new(
        parts: impl Fn(&StepContext<'_>) -> Result<ChunkParts<I, O>, BatchError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            parts: Box::new(parts),
            size: DEFAULT_SIZE,
            retry: RetryPolicy::NEVER,
            skip: SkipPolicy::NEVER,
            ahead: ReadAhead::default(),
            idle_timeout: None,
        }
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

impl<I, O> Step for ChunkStep<I, O>
where
    I: Send + 'static,
    O: Send + 'static,
{
    fn kind(&self) -> StepKind {
        StepKind::Chunk
    }

    fn run(&self, context: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let mut parts = (self.parts)(context)?;
        let ended = caught(|| self.run_parts(&mut parts, context));
        close(parts, context, ended)
    }
}

impl<I: Send, O: Send> ChunkStep<I, O> {
    fn run_parts(&self, parts: &mut ChunkParts<I, O>, context: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let ChunkParts { supply, writer, describe, listeners } = parts;
        let (reader_at, writer_at) = checkpoints(context.state.checkpoint.as_ref());
        let stop = context.stop.child();
        let Course { locate, total, extent } = supply.open(reader_at, &stop)?;
        writer.open(writer_at)?;
        if let Some(extent) = extent {
            context.tell(&RunEvent::Opened { step: &context.step.name, extent });
        }
        context.lease.idle_timeout = self.idle_timeout.unwrap_or(context.lease.idle_timeout);
        let (supply, encoder, writer) = (supply.as_mut(), writer.encoder(), writer.as_mut());
        let mut preparer = Preparer { supply, encoder, describe, size: self.size, retry: &self.retry, stop };
        let rules = Rules { retry: &self.retry, skip: &self.skip };
        let mut writer = ChunkWriter { context, writer, locate, describe, listeners, rules, total };
        let written = drive(&mut preparer, &mut writer, self.ahead)?;
        writer.finish(written)
    }
}

/// Closes reader and writer, however the step ended. Errors at the end are errors: the last buffer of a file may be lost with
/// them.
fn close<I, O>(
    parts: ChunkParts<I, O>,
    context: &StepContext<'_>,
    mut ended: Result<Outcome, StepError>,
) -> Result<Outcome, StepError> {
    let ChunkParts { mut supply, mut writer, .. } = parts;
    let errors = [caught(|| supply.close()), caught(|| writer.close())].into_iter().filter_map(Result::err);
    for error in errors {
        match ended {
            Ok(_) => ended = Err(error.into()),
            Err(_) => context.warn(&format!("the step failed, and could not be closed either: {error:#}")),
        }
    }
    ended
}

/// The positions of reader and writer inside the checkpoint of a step: two values, because each part knows only its own.
fn checkpoints(checkpoint: Option<&serde_json::Value>) -> (Option<&serde_json::Value>, Option<&serde_json::Value>) {
    let part = |name| checkpoint.and_then(|whole| whole.get(name)).filter(|part| !part.is_null());
    (part("reader"), part("writer"))
}

impl<I, O> fmt::Debug for ChunkStep<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkStep")
            .field("size", &self.size)
            .field("retry", &self.retry)
            .field("skip", &self.skip)
            .finish_non_exhaustive()
    }
}

impl<I, O> fmt::Debug for ChunkParts<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkParts").finish_non_exhaustive()
    }
}
