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

/// For how many items at most memory is taken before they are there.
const LARGEST_RESERVE: usize = 10_000;

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
        if !self.listeners.is_empty() {
            return self.fill_heard(limit, batch);
        }
        let room = limit.min(LARGEST_RESERVE);
        batch.items.reserve(room);
        batch.places.reserve(room);
        while batch.len() < limit && !self.stop.is_aborted() {
            match self.reader.read() {
                Ok(Some(item)) => {
                    self.read += 1;
                    batch.push(self.read, item);
                }
                Ok(None) => return Ok(Fill::End),
                Err(error) => self.refuse(error, batch)?,
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

impl<R: ItemReader<I>, I, O> EachItem<R, I, O> {
    /// The same with the callbacks around each item.
    fn fill_heard(&mut self, limit: usize, batch: &mut Batch<I>) -> Result<Fill, BatchError> {
        while batch.len() < limit && !self.stop.is_aborted() {
            before(&self.listeners, |listener| listener.before_read())?;
            match self.reader.read() {
                Ok(Some(item)) => {
                    self.read += 1;
                    after(&self.listeners, |listener| listener.after_read(&item))?;
                    batch.push(self.read, item);
                }
                Ok(None) => return Ok(Fill::End),
                Err(error) => self.refuse(error, batch)?,
            }
        }
        Ok(Fill::More)
    }

    /// Keeps a bad record, and ends the reading when nothing more can be read.
    #[cold]
    fn refuse(&mut self, error: ReadError, batch: &mut Batch<I>) -> Result<(), BatchError> {
        let (payload, error) = match error {
            ReadError::Record { payload, error } => (Some(payload), error),
            ReadError::Fatal(error) => (None, error),
        };
        batch.warnings.extend(hear(&self.listeners, |listener| listener.on_read_error(&error)));
        let Some(payload) = payload else { return Err(error) };
        self.read += 1;
        batch.bad.push(BadItem { place: self.read, payload, error });
        Ok(())
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
        output.items.reserve(input.items.len());
        output.places.reserve(input.items.len());
        for (item, place) in input.items.drain(..).zip(input.places.drain(..)) {
            if retries.is_aborted() {
                break;
            }
            match self.process_one(&item, retries) {
                Ok(Some(result)) => output.push(place, result),
                Ok(None) => output.filtered += 1,
                Err(Refused::Listener(error)) => return Err(error),
                Err(Refused::Item(error)) => {
                    output.warnings.extend(hear(&self.listeners, |listener| listener.on_process_error(&item, &error)));
                    output.bad.push(BadItem { place, payload: debug_payload(&item), error });
                }
            }
        }
        Ok(())
    }
}

/// Who refused an item.
enum Refused {
    Item(BatchError),
    Listener(BatchError),
}

impl<P: ItemProcessor<I, O>, I, O> EachProcessed<P, I, O> {
    fn process_one(&mut self, item: &I, retries: &mut Retries<'_>) -> Result<Option<O>, Refused> {
        if self.listeners.is_empty() {
            return with_retries(&mut self.processor, item, retries).map_err(Refused::Item);
        }
        before(&self.listeners, |listener| listener.before_process(item)).map_err(Refused::Listener)?;
        let result = with_retries(&mut self.processor, item, retries).map_err(Refused::Item)?;
        after(&self.listeners, |listener| listener.after_process(item, result.as_ref())).map_err(Refused::Listener)?;
        Ok(result)
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
