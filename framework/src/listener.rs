//! Callbacks around jobs, steps, chunks, items and skips, in the order of Spring Batch 5.
//!
//! The `before` callbacks run in the order of registration, the `after` callbacks and those for errors in reverse. An error
//! of a job, step or chunk listener fails its job, step or chunk; callbacks that hear of an error or of a skip cannot make it
//! worse, so their own errors become warnings.

use crate::error::BatchError;
use crate::execution::{Counts, JobExecution, StepExecution};
use crate::repository::DeadLetter;
use crate::status::ExitCode;

/// What a callback answers.
pub type ListenerResult<T = ()> = Result<T, BatchError>;

/// Called around a job execution.
pub trait JobListener: Send + Sync {
    /// Before the first step; the execution is STARTING. An error fails the execution before any step, with the exit code
    /// LAUNCH_ERROR unless the error has a name of its own.
    fn before_job(&self, execution: &JobExecution) -> ListenerResult {
        let _ = execution;
        Ok(())
    }

    /// After the last step, whatever the outcome. The execution carries the status about to be written; an error makes it
    /// FAILED, and is a warning where it has failed already or is UNKNOWN. It runs before the last row, so a crash in between
    /// makes it run again after the restart.
    fn after_job(&self, execution: &JobExecution) -> ListenerResult {
        let _ = execution;
        Ok(())
    }
}

/// Called around a step execution.
pub trait StepListener: Send + Sync {
    /// Before the step runs; an error fails the step.
    fn before_step(&self, step: &StepExecution) -> ListenerResult {
        let _ = step;
        Ok(())
    }

    /// After the step, whatever the outcome, with the status about to be written. It may replace the exit code; an error
    /// fails the step, and is a warning where it has failed already or is UNKNOWN.
    fn after_step(&self, step: &StepExecution) -> ListenerResult<Option<ExitCode>> {
        let _ = step;
        Ok(None)
    }
}

/// What a chunk listener sees of its chunk.
#[derive(Clone, Copy, Debug)]
pub struct ChunkEvent<'a> {
    /// The name of the step.
    pub step: &'a str,
    /// The number of the chunk in this run of the step, from 1.
    pub number: u64,
    /// The counters of this run, this chunk included where it is read already.
    pub counts: Counts,
}

/// Called around each chunk.
pub trait ChunkListener: Send + Sync {
    /// Before the first item of the chunk is read.
    fn before_chunk(&self, chunk: &ChunkEvent<'_>) -> ListenerResult {
        let _ = chunk;
        Ok(())
    }

    /// After the writer, inside the transaction: an error rolls the chunk back and fails the step.
    fn after_chunk(&self, chunk: &ChunkEvent<'_>) -> ListenerResult {
        let _ = chunk;
        Ok(())
    }

    /// After the chunk was rolled back.
    fn on_chunk_error(&self, chunk: &ChunkEvent<'_>, error: &BatchError) -> ListenerResult {
        let _ = (chunk, error);
        Ok(())
    }
}

/// Called around reading, processing and writing. A step with item listeners runs on one thread, item by item.
pub trait ItemListener<I, O>: Send + Sync {
    /// Before an item is read.
    fn before_read(&self) -> ListenerResult {
        Ok(())
    }

    /// After an item was read.
    fn after_read(&self, item: &I) -> ListenerResult {
        let _ = item;
        Ok(())
    }

    /// After an item could not be read.
    fn on_read_error(&self, error: &BatchError) -> ListenerResult {
        let _ = error;
        Ok(())
    }

    /// Before an item is processed.
    fn before_process(&self, item: &I) -> ListenerResult {
        let _ = item;
        Ok(())
    }

    /// After an item was processed; `None` when it was filtered.
    fn after_process(&self, item: &I, result: Option<&O>) -> ListenerResult {
        let _ = (item, result);
        Ok(())
    }

    /// After processing an item failed.
    fn on_process_error(&self, item: &I, error: &BatchError) -> ListenerResult {
        let _ = (item, error);
        Ok(())
    }

    /// Before the writer gets the items of the chunk.
    fn before_write(&self, items: &[O]) -> ListenerResult {
        let _ = items;
        Ok(())
    }

    /// After the writer took them, before the commit.
    fn after_write(&self, items: &[O]) -> ListenerResult {
        let _ = items;
        Ok(())
    }

    /// After the writer refused them.
    fn on_write_error(&self, items: &[O], error: &BatchError) -> ListenerResult {
        let _ = (items, error);
        Ok(())
    }
}

/// Called once for each skipped item, just before the commit that records it.
pub trait SkipListener: Send + Sync {
    /// The item that is skipped. An error becomes a warning.
    fn on_skip(&self, letter: &DeadLetter) -> ListenerResult;
}
