//! Readers and processors of single items as a supply of chunks. It is compiled for the user's types, so that no call per item
//! is virtual, and it alone calls the listeners that see single items.

use std::fmt;
use std::sync::Arc;

use serde_json::json;

use super::supply::{Course, Portion, Supply};
use super::{BadItem, Fill, ItemProcessor, ItemReader, Processed, ReadError, Retries, debug_payload};
use crate::error::BatchError;
use crate::listener::{ItemListener, ListenerResult};
use crate::monitor::Extent;
use crate::step::caught;
use crate::stop::StopToken;

/// For how many items at most memory is taken before they are there.
const LARGEST_RESERVE: usize = 10_000;

/// The item listeners of a step, in the order of registration.
pub(super) type Listeners<I, O> = Vec<Arc<dyn ItemListener<I, O>>>;

/// A reader and a processor of items. Places are the ordinal numbers of the items from 1, over all runs of the step: the count
/// is part of the checkpoint.
pub(super) struct EachItem<R, P, I, O> {
    reader: R,
    processor: P,
    listeners: Listeners<I, O>,
    read: u64,
}

/// What was read before it is processed: items with their places, and records that could not be read.
struct Heard<I> {
    items: Vec<(u64, I)>,
    unread: Vec<BadItem>,
}

/// Who refused an item.
enum Refused {
    Item(BatchError),
    Listener(BatchError),
}

impl<I, O, R: ItemReader<I>, P: ItemProcessor<I, O>> EachItem<R, P, I, O> {
    pub(super) fn new(reader: R, processor: P, listeners: Listeners<I, O>) -> Self {
        Self { reader, processor, listeners, read: 0 }
    }
}

impl<I, O, R, P> Supply<O> for EachItem<R, P, I, O>
where
    I: fmt::Debug,
    R: ItemReader<I>,
    P: ItemProcessor<I, O>,
{
    fn open(&mut self, from: Option<&serde_json::Value>, _: &StopToken) -> Result<Course, BatchError> {
        self.read = from.and_then(|at| at.get("items")?.as_u64()).unwrap_or(0);
        self.reader.open(from.and_then(|at| at.get("at")).filter(|at| !at.is_null()))?;
        let locate = Arc::new(|item| json!({ "item": item }));
        Ok(Course { locate, total: self.reader.total(), extent: self.extent() })
    }

    fn fill(
        &mut self,
        limit: usize,
        output: &mut Processed<O>,
        retries: &mut Retries<'_>,
    ) -> Result<Portion, BatchError> {
        let last = self.read.saturating_add(limit as u64);
        let before = self.read;
        let (fill, unread) = if self.listeners.is_empty() {
            output.reuse(limit.min(LARGEST_RESERVE));
            self.fill_in_one_pass(last, output, retries)?
        } else {
            self.fill_heard(last, output, retries)?
        };
        let checkpoint = json!({ "at": self.reader.checkpoint(), "items": self.read });
        Ok(Portion { fill, read: self.read - before, unread, checkpoint, extent: self.extent() })
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.reader.close()
    }
}

impl<I, O, R, P> EachItem<R, P, I, O>
where
    I: fmt::Debug,
    R: ItemReader<I>,
    P: ItemProcessor<I, O>,
{
    /// A reader of items is measured in items.
    fn extent(&self) -> Option<Extent> {
        self.reader.total().map(|of| Extent { done: self.read, of })
    }

    /// Processes each item as soon as it is read: nobody can tell, and it is never kept in between.
    fn fill_in_one_pass(
        &mut self,
        last: u64,
        output: &mut Processed<O>,
        retries: &mut Retries<'_>,
    ) -> Result<(Fill, Vec<BadItem>), BatchError> {
        let mut unread = Vec::new();
        while self.read < last && !retries.is_aborted() {
            let item = match self.reader.read() {
                Ok(Some(item)) => item,
                Ok(None) => return Ok((Fill::End, unread)),
                Err(error) => {
                    unread.push(self.unreadable(error, output)?);
                    continue;
                }
            };
            self.read += 1;
            match with_retries(&mut self.processor, &item, retries) {
                Ok(Some(result)) => output.push(self.read, result),
                Ok(None) => output.filtered += 1,
                Err(error) => self.unprocessable((self.read, item), error, output),
            }
        }
        Ok((Fill::More, unread))
    }

    /// Reads the whole chunk, then processes it, with the callbacks around each item: the order of Spring Batch.
    fn fill_heard(
        &mut self,
        last: u64,
        output: &mut Processed<O>,
        retries: &mut Retries<'_>,
    ) -> Result<(Fill, Vec<BadItem>), BatchError> {
        let mut heard = Heard { items: Vec::new(), unread: Vec::new() };
        let fill = self.read_heard(last, &mut heard, output, retries)?;
        for (place, item) in heard.items {
            if retries.is_aborted() {
                break;
            }
            match self.process_heard(&item, retries) {
                Ok(Some(result)) => output.push(place, result),
                Ok(None) => output.filtered += 1,
                Err(Refused::Listener(error)) => return Err(error),
                Err(Refused::Item(error)) => self.unprocessable((place, item), error, output),
            }
        }
        Ok((fill, heard.unread))
    }

    fn read_heard(
        &mut self,
        last: u64,
        heard: &mut Heard<I>,
        output: &mut Processed<O>,
        retries: &Retries<'_>,
    ) -> Result<Fill, BatchError> {
        while self.read < last && !retries.is_aborted() {
            before(&self.listeners, |listener| listener.before_read())?;
            match self.reader.read() {
                Ok(Some(item)) => {
                    self.read += 1;
                    after(&self.listeners, |listener| listener.after_read(&item))?;
                    heard.items.push((self.read, item));
                }
                Ok(None) => return Ok(Fill::End),
                Err(error) => heard.unread.push(self.unreadable(error, output)?),
            }
        }
        Ok(Fill::More)
    }

    fn process_heard(&mut self, item: &I, retries: &mut Retries<'_>) -> Result<Option<O>, Refused> {
        before(&self.listeners, |listener| listener.before_process(item)).map_err(Refused::Listener)?;
        let result = with_retries(&mut self.processor, item, retries).map_err(Refused::Item)?;
        after(&self.listeners, |listener| listener.after_process(item, result.as_ref())).map_err(Refused::Listener)?;
        Ok(result)
    }

    /// A bad record; an error when nothing more can be read.
    #[cold]
    fn unreadable(&mut self, error: ReadError, output: &mut Processed<O>) -> Result<BadItem, BatchError> {
        let (payload, error) = match error {
            ReadError::Record { payload, error } => (Some(payload), error),
            ReadError::Fatal(error) => (None, error),
        };
        output.warnings.extend(hear(&self.listeners, |listener| listener.on_read_error(&error)));
        let Some(payload) = payload else { return Err(error) };
        self.read += 1;
        Ok(BadItem { place: self.read, payload, error })
    }

    #[cold]
    fn unprocessable(&self, (place, item): (u64, I), error: BatchError, output: &mut Processed<O>) {
        output.warnings.extend(hear(&self.listeners, |listener| listener.on_process_error(&item, &error)));
        output.bad.push(BadItem { place, payload: debug_payload(&item), error });
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
    let failed = listeners.iter().rev().filter_map(|listener| caught(|| call(listener)).err());
    failed.map(|error| format!("a listener failed to hear of an error: {error:#}")).collect()
}
