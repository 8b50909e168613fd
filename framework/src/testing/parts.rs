//! Readers and writers that do as they are told.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::error::{BatchError, names};
use crate::repository::memory::MemoryTables;
use crate::repository::{ChunkError, Payload};
use crate::row::Value;
use crate::step::chunk::{ItemReader, ItemWriter, ReadError, WriteContext};

/// What a [`Scripted`] reader finds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Record<T> {
    /// An item.
    Item(T),
    /// A record that is none: an `InvalidRow`, which a skip policy may skip.
    Bad(String),
    /// The end of everything: the reader fails with these words.
    Broken(String),
    /// The reader panics.
    Panic,
}

/// Reads what stands in a script. A restart goes on behind the last committed record.
///
/// For a reader that only has items, [`Items`](crate::step::chunk::Items) is enough.
#[derive(Clone, Debug)]
pub struct Scripted<T> {
    records: Arc<[Record<T>]>,
    at: usize,
}

impl<T> Scripted<T> {
    /// A reader of these records.
    pub fn of(records: impl IntoIterator<Item = Record<T>>) -> Self {
        Self { records: records.into_iter().collect(), at: 0 }
    }
}

impl<T: Clone + Send + Sync> ItemReader<T> for Scripted<T> {
    fn open(&mut self, from: Option<&Json>) -> Result<(), BatchError> {
        let position = from.and_then(Json::as_u64).unwrap_or(0);
        self.at = usize::try_from(position).unwrap_or(usize::MAX);
        Ok(())
    }

    fn read(&mut self) -> Result<Option<T>, ReadError> {
        let record = self.records.get(self.at);
        self.at += usize::from(record.is_some());
        match record {
            None => Ok(None),
            Some(Record::Item(item)) => Ok(Some(item.clone())),
            Some(Record::Bad(text)) => Err(ReadError::Record {
                payload: Payload { kind: "text", bytes: text.clone().into_bytes() },
                error: BatchError::new(names::INVALID_ROW, format!("bad record {text}")),
            }),
            Some(Record::Broken(words)) => Err(BatchError::from(words.as_str()).into()),
            Some(Record::Panic) => panic!("the reader panicked"),
        }
    }

    fn checkpoint(&self) -> Json {
        json!(self.at)
    }

    fn total(&self) -> Option<u64> {
        u64::try_from(self.records.len()).ok()
    }
}

/// Writes items to a table of the store in memory, in the transaction of their chunk: what is not committed is not there.
/// [`Ran::rows`](super::Ran::rows) gives them back.
#[derive(Clone, Debug)]
pub struct Collect<T> {
    table: String,
    items: PhantomData<fn(T)>,
}

impl<T: Serialize> Collect<T> {
    /// A writer to this table, which comes into being with its first row.
    pub fn into(table: impl Into<String>) -> Self {
        Self { table: table.into(), items: PhantomData }
    }
}

impl<T: Serialize> ItemWriter<T> for Collect<T> {
    fn write(&mut self, items: &[T], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        for item in items {
            let row = serde_json::to_value(item).map_err(|error| ChunkError::Failed(error.into()))?;
            let Some(tables) = context.transaction.connection().downcast_mut::<MemoryTables>() else {
                return Err(ChunkError::Failed("only the store in memory collects items".into()));
            };
            tables.insert(&self.table, [Value::Json(Box::new(row))]);
        }
        Ok(())
    }
}

/// A writer around another one that refuses items as a database refuses rows: after they were sent, so that only a rollback
/// keeps their chunk out.
pub struct Refusing<W, F> {
    writer: W,
    refuses: F,
}

impl<W, F> Refusing<W, F> {
    /// Refuses every chunk with an item for which `refuses` has an error.
    pub fn new<T>(writer: W, refuses: F) -> Self
    where
        W: ItemWriter<T>,
        F: FnMut(&T) -> Option<BatchError> + Send,
    {
        Self { writer, refuses }
    }
}

impl<T, W, F> ItemWriter<T> for Refusing<W, F>
where
    W: ItemWriter<T>,
    F: FnMut(&T) -> Option<BatchError> + Send,
{
    fn open(&mut self, from: Option<&Json>) -> Result<(), BatchError> {
        self.writer.open(from)
    }

    fn write(&mut self, items: &[T], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        self.writer.write(items, context)?;
        items.iter().find_map(&mut self.refuses).map_or(Ok(()), |error| Err(ChunkError::Data(error)))
    }

    fn checkpoint(&mut self) -> Result<Option<Json>, BatchError> {
        self.writer.checkpoint()
    }

    fn rolled_back(&mut self) -> Result<(), BatchError> {
        self.writer.rolled_back()
    }

    fn committed(&mut self) {
        self.writer.committed();
    }

    fn finish(&mut self) -> Result<(), BatchError> {
        self.writer.finish()
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.writer.close()
    }
}

impl<W, F> std::fmt::Debug for Refusing<W, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refusing").finish_non_exhaustive()
    }
}
