//! The adapters from items to chunks. They are compiled for the user's types, so that no call per item is virtual, and they
//! call the item listeners, which alone see single items.

use std::fmt;
use std::sync::Arc;

use serde_json::json;

use super::{
    BadItem, Batch, ChunkProcessor, ChunkSource, Fill, ItemProcessor, ItemReader, Locate, Processed, ReadError,
    Retries, debug_payload,
};
use crate::error::BatchError;
use crate::listener::{ItemListener, ListenerResult};
use crate::stop::StopToken;

/// The item listeners of a step, in the order of registration.
pub(super) type Listeners<I, O> = Vec<Arc<dyn ItemListener<I, O>>>;

/// A reader of items as a source of chunks. Places are the ordinal numbers of the items from 1, over all runs of the step:
/// the count is part of the checkpoint.
pub(super) struct EachItem<R, I, O> {
    pub(super) reader: R,
    pub(super) listeners: Listeners<I, O>,
    pub(super) read: u64,
    pub(super) stop: StopToken,
}

impl<I, O, R: ItemReader<I>> ChunkSource<I> for EachItem<R, I, O> {
    fn heed(&mut self, stop: &StopToken) {
        self.stop = stop.clone();
    }

    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        self.read = from.and_then(|at| at.get("items")?.as_u64()).unwrap_or(0);
        self.reader.open(from.and_then(|at| at.get("at")).filter(|at| !at.is_null()))
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<I>) -> Result<Fill, BatchError> {
        while batch.len() < limit && !self.stop.is_aborted() {
            before(&self.listeners, |listener| listener.before_read())?;
            match self.reader.read() {
                Ok(Some(item)) => {
                    self.read += 1;
                    after(&self.listeners, |listener| listener.after_read(&item))?;
                    batch.push(self.read, item);
                }
                Ok(None) => return Ok(Fill::End),
                Err(ReadError::Record { payload, error }) => {
                    self.read += 1;
                    batch.warnings.extend(hear(&self.listeners, |listener| listener.on_read_error(&error)));
                    batch.bad.push(BadItem { place: self.read, payload, error });
                }
                Err(ReadError::Fatal(error)) => {
                    batch.warnings.extend(hear(&self.listeners, |listener| listener.on_read_error(&error)));
                    return Err(error);
                }
            }
        }
        Ok(Fill::More)
    }

    fn checkpoint(&self) -> serde_json::Value {
        json!({ "at": self.reader.checkpoint(), "items": self.read })
    }

    fn total(&self) -> Option<u64> {
        self.reader.total()
    }

    fn locator(&self) -> Locate {
        Arc::new(|item| json!({ "item": item }))
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.reader.close()
    }
}

/// A processor of items as a processor of chunks.
pub(super) struct EachProcessed<P, I, O> {
    pub(super) processor: P,
    pub(super) listeners: Listeners<I, O>,
}

impl<I, O, P> ChunkProcessor<I, O> for EachProcessed<P, I, O>
where
    I: fmt::Debug,
    P: ItemProcessor<I, O>,
{
    fn process(
        &mut self,
        input: &mut Batch<I>,
        output: &mut Processed<O>,
        retries: &mut Retries<'_>,
    ) -> Result<(), BatchError> {
        for (item, place) in input.items.drain(..).zip(input.places.drain(..)) {
            if retries.is_aborted() {
                break;
            }
            before(&self.listeners, |listener| listener.before_process(&item))?;
            match with_retries(&mut self.processor, &item, retries) {
                Ok(result) => {
                    after(&self.listeners, |listener| listener.after_process(&item, result.as_ref()))?;
                    match result {
                        Some(result) => output.push(place, result),
                        None => output.filtered += 1,
                    }
                }
                Err(error) => {
                    output.warnings.extend(hear(&self.listeners, |listener| listener.on_process_error(&item, &error)));
                    output.bad.push(BadItem { place, payload: debug_payload(&item), error });
                }
            }
        }
        Ok(())
    }
}

/// Processing happens before the transaction, so an item is simply processed again after the pause.
fn with_retries<I, O>(
    processor: &mut impl ItemProcessor<I, O>,
    item: &I,
    retries: &mut Retries<'_>,
) -> Result<Option<O>, BatchError> {
    let mut attempts = 1;
    loop {
        match processor.process(item) {
            Err(error) if retries.pause(attempts, &error) => attempts += 1,
            result => return result,
        }
    }
}

/// Calls `before` callbacks, in order; the first error ends it.
pub(super) fn before<L: ?Sized>(listeners: &[Arc<L>], call: impl Fn(&L) -> ListenerResult) -> ListenerResult {
    listeners.iter().try_for_each(|listener| call(listener))
}

/// Calls `after` callbacks, in reverse; the first error ends it.
pub(super) fn after<L: ?Sized>(listeners: &[Arc<L>], call: impl Fn(&L) -> ListenerResult) -> ListenerResult {
    listeners.iter().rev().try_for_each(|listener| call(listener))
}

/// Calls the callbacks that hear of an error, in reverse. Their own errors change nothing: they come back as warnings.
pub(super) fn hear<L: ?Sized>(listeners: &[Arc<L>], call: impl Fn(&L) -> ListenerResult) -> Vec<String> {
    let failed = listeners.iter().rev().filter_map(|listener| call(listener).err());
    failed.map(|error| format!("a listener failed to hear of an error: {error:#}")).collect()
}
