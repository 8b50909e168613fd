//! Readers and writers that break where they are told to.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::listener::ItemListener;
use overnight_framework::policy::{RetryPolicy, SkipPolicy};
use overnight_framework::repository::memory::MemoryTables;
use overnight_framework::repository::{ChunkError, Payload};
use overnight_framework::row::Value;
use overnight_framework::step::chunk::{
    ChunkParts, ChunkStep, Encoded, ItemEncoder, ItemReader, ItemWriter, ReadAhead, ReadError, WriteContext,
};
use serde_json::json;

use super::Journal;

/// What a reader finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Good(i64),
    /// A record that cannot be read.
    Bad(&'static str),
    /// The end of everything.
    Fatal,
    Panic,
}

/// Good records with these numbers.
pub(crate) fn numbers(range: impl IntoIterator<Item = i64>) -> Vec<Record> {
    range.into_iter().map(Record::Good).collect()
}

/// The call that breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    ReaderOpen,
    ReaderCheckpoint,
    ReaderClose,
    WriterOpen,
    Check,
    Write,
    WriterCheckpoint,
    RolledBack,
    Committed,
    Finish,
    WriterClose,
}

/// How it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    Error(Place),
    Panic(Place),
}

type Process = Arc<dyn Fn(&i64) -> Result<Option<i64>, BatchError> + Send + Sync>;
type Accept = Arc<dyn Fn(&[i64]) -> Result<(), ChunkError> + Send + Sync>;
type Check = Arc<dyn Fn(&[i64]) -> Vec<(usize, BatchError)> + Send + Sync>;

/// A chunk step over numbers, from a vector to the table `out`.
#[derive(Clone)]
pub(crate) struct Chunks {
    pub(crate) records: Arc<Vec<Record>>,
    pub(crate) size: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) skip: SkipPolicy,
    pub(crate) process: Process,
    /// Looks at the items before they are written, and may refuse them.
    pub(crate) accept: Accept,
    pub(crate) check: Check,
    pub(crate) breaks: Option<Break>,
    pub(crate) ahead: ReadAhead,
    pub(crate) listeners: Vec<Arc<dyn ItemListener<i64, i64>>>,
    pub(crate) journal: Journal,
}

impl Chunks {
    /// Chunks of ten without any policy, read ahead: the order of two threads is the harder one.
    pub(crate) fn of(records: Vec<Record>) -> Self {
        Self {
            records: Arc::new(records),
            size: 10,
            retry: RetryPolicy::NEVER,
            skip: SkipPolicy::NEVER,
            process: Arc::new(|item| Ok(Some(*item))),
            accept: Arc::new(|_| Ok(())),
            check: Arc::new(|_| Vec::new()),
            breaks: None,
            ahead: ReadAhead::Always,
            listeners: Vec::new(),
            journal: Journal::default(),
        }
    }

    pub(crate) fn breaking(self, place: Place) -> Self {
        Self { breaks: Some(Break::Error(place)), ..self }
    }

    pub(crate) fn panicking(self, place: Place) -> Self {
        Self { breaks: Some(Break::Panic(place)), ..self }
    }

    pub(crate) fn processing(
        self,
        process: impl Fn(&i64) -> Result<Option<i64>, BatchError> + Send + Sync + 'static,
    ) -> Self {
        Self { process: Arc::new(process), ..self }
    }

    pub(crate) fn accepting(self, accept: impl Fn(&[i64]) -> Result<(), ChunkError> + Send + Sync + 'static) -> Self {
        Self { accept: Arc::new(accept), ..self }
    }

    pub(crate) fn checking(self, check: impl Fn(&[i64]) -> Vec<(usize, BatchError)> + Send + Sync + 'static) -> Self {
        Self { check: Arc::new(check), ..self }
    }

    pub(crate) fn step(self) -> ChunkStep {
        let (size, retry, skip, ahead) = (self.size, self.retry.clone(), self.skip.clone(), self.ahead);
        ChunkStep::new(move |_| Ok(self.parts())).size(size).retry(retry).skip(skip).read_ahead(ahead)
    }

    fn parts(&self) -> ChunkParts<i64, i64> {
        let (journal, breaks) = (self.journal.clone(), self.breaks);
        let reader = Numbers { records: Arc::clone(&self.records), at: 0, journal: journal.clone(), breaks };
        let (accept, check) = (Arc::clone(&self.accept), Arc::clone(&self.check));
        let writer = Table { accept, check, journal: journal.clone(), breaks, written: 0 };
        let process = Arc::clone(&self.process);
        let processor = move |item: &i64| {
            journal.note(format!("process {item}"));
            process(item)
        };
        ChunkParts::listened(reader, processor, writer, self.listeners.clone())
    }
}

/// A refusal of every part of a chunk that holds one of these items, as a database refuses a statement.
pub(crate) fn refusing(bad: impl Into<Vec<i64>>) -> impl Fn(&[i64]) -> Result<(), ChunkError> + Send + Sync + 'static {
    let bad = bad.into();
    move |items| match items.iter().find(|item| bad.contains(item)) {
        Some(item) => Err(ChunkError::Data(BatchError::new(names::INVALID_ROW, format!("{item} is refused")))),
        None => Ok(()),
    }
}

impl Break {
    fn at(breaks: Option<Self>, place: Place) -> Result<(), BatchError> {
        match breaks {
            Some(Self::Error(broken)) if broken == place => Err(BatchError::new("Broken", format!("{place:?} broke"))),
            Some(Self::Panic(broken)) if broken == place => panic!("{place:?} panicked"),
            _ => Ok(()),
        }
    }
}

struct Numbers {
    records: Arc<Vec<Record>>,
    at: usize,
    journal: Journal,
    breaks: Option<Break>,
}

impl ItemReader<i64> for Numbers {
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        Break::at(self.breaks, Place::ReaderOpen)?;
        self.at = from.and_then(serde_json::Value::as_u64).unwrap_or(0) as usize;
        self.journal.note(format!("reader opened at {}", self.at));
        Ok(())
    }

    fn read(&mut self) -> Result<Option<i64>, ReadError> {
        let record = self.records.get(self.at).cloned();
        self.at += usize::from(record.is_some());
        match record {
            None => Ok(None),
            Some(Record::Good(number)) => Ok(Some(number)),
            Some(Record::Bad(text)) => {
                let payload = Payload { kind: "text", bytes: text.into() };
                Err(ReadError::Record {
                    payload,
                    error: BatchError::new(names::INVALID_ROW, format!("bad record {text}")),
                })
            }
            Some(Record::Fatal) => Err(BatchError::new("Broken", "the reader broke").into()),
            Some(Record::Panic) => panic!("the reader panicked"),
        }
    }

    fn checkpoint(&self) -> serde_json::Value {
        if Break::at(self.breaks, Place::ReaderCheckpoint).is_err() {
            return serde_json::Value::Null;
        }
        json!(self.at)
    }

    fn total(&self) -> Option<u64> {
        Some(self.records.len() as u64)
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.journal.note("reader closed");
        Break::at(self.breaks, Place::ReaderClose)
    }
}

/// Encodes numbers as themselves, so that the writer can compare.
struct Copier {
    check: Check,
    breaks: Option<Break>,
}

impl ItemEncoder<i64> for Copier {
    fn encode(&mut self, items: &[i64], into: &mut Encoded) -> Vec<(usize, BatchError)> {
        let refused = match Break::at(self.breaks, Place::Check) {
            Err(error) => vec![(0, error)],
            Ok(()) => (self.check)(items),
        };
        let out: HashSet<_> = refused.iter().map(|(index, _)| *index).collect();
        let left = items.iter().enumerate().filter(|(index, _)| !out.contains(index)).map(|(_, item)| *item);
        *into = Some(Box::new(left.collect::<Vec<_>>()));
        refused
    }
}

struct Table {
    accept: Accept,
    check: Check,
    journal: Journal,
    breaks: Option<Break>,
    written: u64,
}

impl ItemWriter<i64> for Table {
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        Break::at(self.breaks, Place::WriterOpen)?;
        self.written = from.and_then(serde_json::Value::as_u64).unwrap_or(0);
        self.journal.note(format!("writer opened at {}", self.written));
        Ok(())
    }

    fn encoder(&self) -> Option<Box<dyn ItemEncoder<i64>>> {
        Some(Box::new(Copier { check: Arc::clone(&self.check), breaks: self.breaks }))
    }

    fn write(&mut self, items: &[i64], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        Break::at(self.breaks, Place::Write).map_err(ChunkError::Failed)?;
        if let Some(encoded) = context.encoded {
            assert_eq!(encoded.downcast_ref::<Vec<i64>>().unwrap(), items, "what is encoded is what is to be written");
        }
        self.journal.note(format!("write {items:?} in chunk {}", context.chunk));
        let tables = context.transaction.connection().downcast_mut::<MemoryTables>().unwrap();
        items.iter().for_each(|item| tables.insert("out", [Value::Int(*item)]));
        // Refused after the rows are there: only a rollback keeps them out.
        (self.accept)(items)?;
        self.written += items.len() as u64;
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<Option<serde_json::Value>, BatchError> {
        Break::at(self.breaks, Place::WriterCheckpoint)?;
        Ok(Some(json!(self.written)))
    }

    fn rolled_back(&mut self) -> Result<(), BatchError> {
        self.journal.note("rolled back");
        Break::at(self.breaks, Place::RolledBack)
    }

    fn committed(&mut self) {
        if Break::at(self.breaks, Place::Committed).is_ok() {
            self.journal.note("committed");
        }
    }

    fn finish(&mut self) -> Result<(), BatchError> {
        self.journal.note("finished");
        Break::at(self.breaks, Place::Finish)
    }

    fn close(&mut self) -> Result<(), BatchError> {
        self.journal.note("writer closed");
        Break::at(self.breaks, Place::WriterClose)
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").field("records", &self.records).finish_non_exhaustive()
    }
}
