//! What users write, item by item, and what the engine calls, chunk by chunk.

use std::any::Any;
use std::sync::Arc;

use super::{Batch, Encoded, Fill, Processed};
use crate::error::BatchError;
use crate::execution::{ExecutionId, StepExecutionId};
use crate::monitor::Extent;
use crate::policy::RetryPolicy;
use crate::repository::{ChunkError, ChunkTransaction, Payload};
use crate::stop::StopToken;

/// Reads items one by one: Spring Batch's ItemReader and ItemStream in one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no reader of `{T}`",
    label = "gives no items",
    note = "a list or an iterator becomes a reader by `Items::of(…)`"
)]
pub trait ItemReader<T>: Send {
    /// Gets ready to read, from the beginning or from where a committed chunk ended.
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        let _ = from;
        Ok(())
    }

    /// The next item; `None` at the end.
    fn read(&mut self) -> Result<Option<T>, ReadError>;

    /// The position after the last item that was read: what `open` gets to go on there.
    fn checkpoint(&self) -> serde_json::Value;

    /// How many items there will be in all, if that is known.
    fn total(&self) -> Option<u64> {
        None
    }

    /// Lets go of files and connections. Called once, however the step ends, also when `open` failed or never ran. An error
    /// fails a step that had none before.
    fn close(&mut self) -> Result<(), BatchError> {
        Ok(())
    }
}

/// Why an item could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// This record is bad, the next one may be good: a skip policy decides.
    Record {
        /// The record.
        payload: Payload,
        /// What is wrong with it.
        error: BatchError,
    },
    /// Nothing more can be read.
    Fatal(BatchError),
}

impl From<BatchError> for ReadError {
    fn from(error: BatchError) -> Self {
        Self::Fatal(error)
    }
}

/// Makes an item for the writer from an item of the reader.
pub trait ItemProcessor<I, O>: Send {
    /// The item for the writer; `None` leaves it out and counts it as filtered. An error may be skipped or retried by the
    /// policies of the step; the same item is then given again.
    fn process(&mut self, item: &I) -> Result<Option<O>, BatchError>;
}

/// Any function is a processor.
impl<I, O, F> ItemProcessor<I, O> for F
where
    F: FnMut(&I) -> Result<Option<O>, BatchError> + Send,
{
    fn process(&mut self, item: &I) -> Result<Option<O>, BatchError> {
        self(item)
    }
}

/// Writes the items of a chunk.
///
/// A writer that writes through `context.transaction` is exactly once: its rows commit with the checkpoint. One that writes
/// elsewhere must be idempotent by its own checkpoint: after a crash it gets the same items again. The transaction of the chunk is
/// open meanwhile: see [`ChunkStep::idle_timeout`](super::ChunkStep::idle_timeout) for how long that may take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no writer of `{T}`",
    label = "takes no items",
    note = "a function is a writer: `|items: &[{T}], context: &mut WriteContext<'_>| Ok(())`"
)]
pub trait ItemWriter<T>: Send {
    /// Gets ready to write, from the beginning or from where a committed chunk ended.
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        let _ = from;
        Ok(())
    }

    /// What puts the items of this writer into the form of its target. Asked for once, when the writer is open.
    fn encoder(&self) -> Option<Box<dyn ItemEncoder<T>>> {
        None
    }

    /// Writes all of `items`, or none.
    fn write(&mut self, items: &[T], context: &mut WriteContext<'_>) -> Result<(), ChunkError>;

    /// The position after everything written so far, for writers to other stores.
    fn checkpoint(&mut self) -> Result<Option<serde_json::Value>, BatchError> {
        Ok(None)
    }

    /// The chunk was rolled back: forget everything after the last checkpoint that was committed. Not called when the lease
    /// was lost, because what this writer wrote belongs to another worker then.
    fn rolled_back(&mut self) -> Result<(), BatchError> {
        Ok(())
    }

    /// The chunk is committed.
    fn committed(&mut self) {}

    /// All items are written and committed and the counters add up; called before the step completes. It may run again
    /// after a crash, or after the step failed behind it: a writer that finds its work finished has nothing to do.
    fn finish(&mut self) -> Result<(), BatchError> {
        Ok(())
    }

    /// Lets go of files and connections, and writes nothing: the lease may be lost. Called once, however the step ends, also
    /// when `open` failed or never ran. An error fails a step that had none before.
    fn close(&mut self) -> Result<(), BatchError> {
        Ok(())
    }
}

/// Any function is a writer.
impl<T, F> ItemWriter<T> for F
where
    F: FnMut(&[T], &mut WriteContext<'_>) -> Result<(), ChunkError> + Send,
{
    fn write(&mut self, items: &[T], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        self(items, context)
    }
}

/// Puts items into the form that their target takes: before their transaction, on the thread that reads, while the chunk
/// before is written.
pub trait ItemEncoder<T>: Send {
    /// Encodes `items` in the place of what `into` held of an earlier chunk, and answers which of them the target would
    /// refuse: pairs of index and error. Those are left out, and judged by the skip policy.
    fn encode(&mut self, items: &[T], into: &mut Encoded) -> Vec<(usize, BatchError)>;
}

/// What a writer gets beside its items.
pub struct WriteContext<'a> {
    /// The transaction of the chunk.
    pub transaction: &'a mut dyn ChunkTransaction,
    /// The execution that writes.
    pub execution: ExecutionId,
    /// The run of the step that writes. With the number of the chunk it is a key for idempotent writes to other stores: what
    /// is sent twice under one key is the same chunk sent again.
    pub step: StepExecutionId,
    /// The token of its lease. A store that keeps the largest one it saw can refuse a worker that came too late.
    pub token: i64,
    /// The number of the chunk among those that this run of the step commits, from 1.
    pub chunk: u64,
    /// What the encoder of this writer made of exactly these items. `None` where it has none, and when a chunk that was
    /// refused is sent in parts.
    pub encoded: Option<&'a (dyn Any + Send)>,
}

/// Says in words where an item stood: `{"line": 7}` for the place 7 of a file.
pub type Locate = Arc<dyn Fn(u64) -> serde_json::Value + Send + Sync>;

/// Reads a chunk at a time: what the engine calls.
pub trait ChunkSource<T>: Send {
    /// Gives the source the request to end, before it is opened. The engine looks at it between two chunks; a source whose
    /// single items take long looks as well, and gives back what it has when [`StopToken::is_aborted`] says so.
    fn heed(&mut self, stop: &StopToken) {
        let _ = stop;
    }

    /// See [`ItemReader::open`].
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError>;

    /// Adds at most `limit` records to `batch`, bad ones included.
    fn fill(&mut self, limit: usize, batch: &mut Batch<T>) -> Result<Fill, BatchError>;

    /// The position after everything that was read.
    fn checkpoint(&self) -> serde_json::Value;

    /// How many items there will be in all, if that is known.
    fn total(&self) -> Option<u64> {
        None
    }

    /// How far the reading has come, where the whole is known: asked for once when it is open, and after each chunk.
    fn extent(&self) -> Option<Extent> {
        None
    }

    /// Says where an item stood. Places grow in the order of reading.
    fn locator(&self) -> Locate;

    /// See [`ItemReader::close`].
    fn close(&mut self) -> Result<(), BatchError> {
        Ok(())
    }
}

/// Processes a chunk at a time: what the engine calls.
pub trait ChunkProcessor<I, O>: Send {
    /// Moves every item of `input` to `output`, one way or another.
    ///
    /// # Errors
    /// Only what no policy may skip; the error of an item goes into `output.bad`.
    fn process(
        &mut self,
        input: &mut Batch<I>,
        output: &mut Processed<O>,
        retries: &mut Retries<'_>,
    ) -> Result<(), BatchError>;
}

/// The retries of the items of one chunk.
#[derive(Debug)]
pub struct Retries<'a> {
    policy: &'a RetryPolicy,
    stop: &'a StopToken,
    /// How many attempts were repeated.
    pub count: u64,
    /// Whether a stop kept an item from the retry it had left. Its chunk is never written then.
    pub(super) cut: bool,
}

impl<'a> Retries<'a> {
    /// Retries by `policy`, until `stop` is requested.
    pub fn new(policy: &'a RetryPolicy, stop: &'a StopToken) -> Self {
        Self { policy, stop, count: 0, cut: false }
    }

    /// Waits before the attempt after `attempts` failed ones. False when there shall be none: the error is not worth it, the
    /// attempts are used up, or the step shall stop.
    pub fn pause(&mut self, attempts: u32, error: &BatchError) -> bool {
        let Some(pause) = self.policy.pause(attempts, error.name()) else { return false };
        self.cut = self.cut || self.stop.wait(pause).is_some();
        self.count += u64::from(!self.cut);
        !self.cut
    }

    /// Whether what is left of the chunk need not be processed, because it is never written: an abort is requested, or a stop
    /// kept an item from a retry.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.cut || self.stop.is_aborted()
    }
}

/// Hands the items on as they are, without copying them.
#[derive(Clone, Copy, Debug, Default)]
pub struct PassThrough;

impl<T: Send> ChunkProcessor<T, T> for PassThrough {
    fn process(
        &mut self,
        input: &mut Batch<T>,
        output: &mut Processed<T>,
        _: &mut Retries<'_>,
    ) -> Result<(), BatchError> {
        std::mem::swap(&mut input.items, &mut output.items);
        std::mem::swap(&mut input.places, &mut output.places);
        Ok(())
    }
}
