//! Reader, processor and writer of one attempt: typed where they are put together, without types for the engine.

use std::fmt;
use std::sync::Arc;

use super::Batch;
use super::each::EachItem;
use super::item::{ChunkProcessor, ChunkSource, ItemProcessor, ItemReader, ItemWriter};
use super::pace::{Pace, drive};
use super::prepare::Preparer;
use super::supply::{Course, Supply, TwoParts};
use super::write::{ChunkWriter, Rules};
use crate::listener::ItemListener;
use crate::monitor::RunEvent;
use crate::repository::Payload;
use crate::step::{Outcome, StepContext, StepError, caught};

/// Reader, processor and writer of one attempt.
pub struct ChunkParts<I, O> {
    supply: Box<dyn Supply<O>>,
    writer: Box<dyn ItemWriter<O>>,
    describe: Describe<O>,
    listeners: Vec<Arc<dyn ItemListener<I, O>>>,
}

/// What a dead letter keeps of an item.
pub type Describe<T> = Arc<dyn Fn(&T) -> Payload + Send + Sync>;

/// The parts of one attempt, whatever their items are.
pub struct Chunk {
    pub(super) parts: Box<dyn Parts>,
    pub(super) size: Option<usize>,
}

/// What the engine does with the parts of a step.
pub(super) trait Parts {
    /// Reads, processes and writes to the end, or to the safe point.
    fn run(&mut self, context: &mut StepContext<'_>, rules: Rules<'_>, pace: Pace) -> Result<Outcome, StepError>;

    /// Closes reader and writer, however the step ended. Errors at the end are errors: the last buffer of a file may be lost
    /// with them.
    fn close(
        self: Box<Self>,
        context: &StepContext<'_>,
        ended: Result<Outcome, StepError>,
    ) -> Result<Outcome, StepError>;
}

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

    /// A source whose items go to the writer as they are. Dead letters keep what `Debug` prints.
    pub(super) fn debug(
        source: Box<dyn ChunkSource<I>>,
        processor: Box<dyn ChunkProcessor<I, O>>,
        writer: Box<dyn ItemWriter<O>>,
    ) -> Self
    where
        O: fmt::Debug,
    {
        Self::of_chunks(source, processor, writer, Arc::new(debug_payload))
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

impl Chunk {
    /// Commits after so many items, whatever the step says.
    #[must_use]
    pub fn size(self, size: usize) -> Self {
        Self { size: Some(size.max(1)), ..self }
    }
}

impl<I: Send + 'static, O: Send + 'static> From<ChunkParts<I, O>> for Chunk {
    fn from(parts: ChunkParts<I, O>) -> Self {
        Self { parts: Box::new(parts), size: None }
    }
}

impl<I: Send, O: Send> Parts for ChunkParts<I, O> {
    fn run(&mut self, context: &mut StepContext<'_>, rules: Rules<'_>, pace: Pace) -> Result<Outcome, StepError> {
        let Self { supply, writer, describe, listeners } = self;
        let (reader_at, writer_at) = checkpoints(context.state.checkpoint.as_ref());
        let stop = context.stop.child();
        let Course { locate, total, extent } = supply.open(reader_at, &stop)?;
        writer.open(writer_at)?;
        if let Some(extent) = extent {
            context.tell(&RunEvent::Opened { step: &context.step.name, extent });
        }
        let (supply, encoder, writer) = (supply.as_mut(), writer.encoder(), writer.as_mut());
        let mut preparer = Preparer { supply, encoder, describe, size: pace.size, retry: rules.retry, stop };
        let mut writer = ChunkWriter { context, writer, locate, describe, listeners, rules, total };
        let written = drive(&mut preparer, &mut writer, pace.ahead)?;
        writer.finish(written)
    }

    fn close(
        self: Box<Self>,
        context: &StepContext<'_>,
        mut ended: Result<Outcome, StepError>,
    ) -> Result<Outcome, StepError> {
        let Self { mut supply, mut writer, .. } = *self;
        let errors = [caught(|| supply.close()), caught(|| writer.close())].into_iter().filter_map(Result::err);
        for error in errors {
            match ended {
                Ok(_) => ended = Err(error.into()),
                Err(_) => context.warn(&format!("the step failed, and could not be closed either: {error:#}")),
            }
        }
        ended
    }
}

/// The positions of reader and writer inside the checkpoint of a step: two values, because each part knows only its own.
fn checkpoints(checkpoint: Option<&serde_json::Value>) -> (Option<&serde_json::Value>, Option<&serde_json::Value>) {
    let part = |name| checkpoint.and_then(|whole| whole.get(name)).filter(|part| !part.is_null());
    (part("reader"), part("writer"))
}

impl<I, O> fmt::Debug for ChunkParts<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkParts").finish_non_exhaustive()
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk").field("size", &self.size).finish_non_exhaustive()
    }
}
