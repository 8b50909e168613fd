//! The kinds of tasklets, readers, processors and writers that a job file can name, and the seam behind which they live.
//!
//! A kind meets its settings twice. At [`check`](TaskletKind::check) it reads them from the file, knowing the names and types of
//! everything that expressions may use, and reports every mistake with its place; what comes out is a plan. When the step
//! begins, the plan gets a [`Frame`] with the values behind those names and makes the thing itself.

mod frame;
mod names;
mod own;
mod place;
mod setting;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub use self::frame::Frame;
pub use self::names::Names;
pub(crate) use self::names::{Judge, Refusal, Site, Verdict, parse_bare, report};
pub use self::own::{Component, With};
pub(crate) use self::own::{processor, reader, tasklet, writer};
pub use self::setting::Setting;
pub(crate) use self::settings::read_word;
pub use self::settings::{KeyOf, Late, SettingValue};

use crate::error::names::{ENGINE, SHARED};
use crate::error::{BatchError, NamedError};
use crate::row::{Row, Schema};
use crate::step::chunk::{ChunkSource, ItemWriter, Retries};
use crate::step::{StepContext, Tasklet};
use crate::yaml::{Cursor, Shape, Sort};

/// A kind of tasklet, such as `shell`.
pub trait TaskletKind: Send + Sync {
    /// The key of the job file: `tasklet: { shell: … }`.
    fn name(&self) -> &'static str;

    /// The names of its own errors, beside the built-in ones, that `retry` may choose.
    fn errors(&self) -> &'static [&'static str] {
        &[]
    }

    /// What stands below the key, for the JSON Schema and the manual: the table that [`check`](Self::check) reads by, or
    /// [`Shape::Anything`] where nobody has written one.
    fn settings(&self) -> Shape {
        Shape::Anything
    }

    /// Reads the settings below the key. `None` when a problem was reported.
    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn TaskletPlan>>;
}

/// A tasklet whose settings are checked.
pub trait TaskletPlan: Send + Sync {
    /// The tasklet, with the values of this run.
    fn build(&self, frame: &Frame) -> Result<Box<dyn Tasklet>, BatchError>;
}

/// A kind of reader of rows, such as `csv`.
pub trait ReaderKind: Send + Sync {
    /// The key of the job file: `reader: { csv: … }`.
    fn name(&self) -> &'static str;

    /// The names of its own errors, beside the built-in ones, that `skip` and `retry` may choose.
    fn errors(&self) -> &'static [&'static str] {
        &[]
    }

    /// What stands below the key, for the JSON Schema and the manual: the table that [`check`](Self::check) reads by, or
    /// [`Shape::Anything`] where nobody has written one.
    fn settings(&self) -> Shape {
        Shape::Anything
    }

    /// Reads the settings below the key. `None` when a problem was reported.
    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn ReaderPlan>>;
}

/// A reader whose settings are checked.
pub trait ReaderPlan: Send + Sync {
    /// The columns of its rows, which expressions are checked against.
    fn schema(&self) -> Arc<Schema>;

    /// The reader, with the values of this run.
    fn open(&self, frame: &Frame) -> Result<Box<dyn ChunkSource<Row>>, BatchError>;

    /// The same within its step: what the engine calls, for a reader that asks for more than its settings.
    fn open_in(&self, frame: &Frame, step: &StepContext<'_>) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        let _ = step;
        self.open(frame)
    }
}

/// A kind of processor that a program registered: an operation on rows that is written in Rust.
pub trait ProcessorKind: Send + Sync {
    /// The name that `uses` says.
    fn name(&self) -> &'static str;

    /// The names of its own errors, beside the built-in ones, that `skip` and `retry` may choose.
    fn errors(&self) -> &'static [&'static str] {
        &[]
    }

    /// What stands below `with`, for the JSON Schema and the manual.
    fn settings(&self) -> Shape {
        Shape::Anything
    }

    /// The columns of the rows that it gives.
    fn schema(&self) -> Arc<Schema>;

    /// Reads the settings below `with`, for rows of `schema`. `None` when a problem was reported.
    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>, schema: &Schema) -> Option<Box<dyn ProcessorPlan>>;
}

/// A processor whose settings are checked.
pub trait ProcessorPlan: Send + Sync {
    /// The processor, with the values of this run.
    fn open(&self, frame: &Frame, step: &StepContext<'_>) -> Result<Box<dyn RowFunction>, BatchError>;
}

/// What is done with each row.
pub trait RowFunction: Send {
    /// Makes another row of the row, in its place; false when it is left out. A row that is refused is as it was before.
    fn call(&mut self, row: &mut Row, retries: &mut Retries<'_>) -> Result<bool, BatchError>;

    /// Makes the last row what it was before the call: an operation behind this one refused it.
    fn undo(&mut self, row: &mut Row);
}

/// A kind of writer of rows, such as `table`.
pub trait WriterKind: Send + Sync {
    /// The key of the job file: `writer: { table: … }`.
    fn name(&self) -> &'static str;

    /// The names of its own errors, beside the built-in ones, that `skip` and `retry` may choose.
    fn errors(&self) -> &'static [&'static str] {
        &[]
    }

    /// What stands below the key, for the JSON Schema and the manual: the table that [`check`](Self::check) reads by, or
    /// [`Shape::Anything`] where nobody has written one.
    fn settings(&self) -> Shape {
        Shape::Anything
    }

    /// Reads the settings below the key, for rows of `schema`. `None` when a problem was reported.
    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>, schema: &Arc<Schema>) -> Option<Box<dyn WriterPlan>>;
}

/// A writer whose settings are checked.
pub trait WriterPlan: Send + Sync {
    /// How many rows make a chunk when the step does not say.
    fn chunk_size(&self) -> usize {
        crate::step::chunk::DEFAULT_SIZE
    }

    /// The writer, with the values of this run.
    fn open(&self, frame: &Frame) -> Result<Box<dyn ItemWriter<Row>>, BatchError>;

    /// The same within its step: what the engine calls, for a writer that asks for more than its settings.
    fn open_in(&self, frame: &Frame, step: &StepContext<'_>) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
        let _ = step;
        self.open(frame)
    }
}

/// All kinds that job files may name, by their keys.
#[derive(Clone, Default)]
pub struct Kinds {
    tasklets: BTreeMap<&'static str, Arc<dyn TaskletKind>>,
    readers: BTreeMap<&'static str, Arc<dyn ReaderKind>>,
    writers: BTreeMap<&'static str, Arc<dyn WriterKind>>,
    registered: Registered,
    errors: BTreeSet<&'static str>,
}

/// What belongs to the program itself: job files name it with `uses`.
#[derive(Clone, Default)]
struct Registered {
    tasklets: BTreeMap<&'static str, Arc<dyn TaskletKind>>,
    readers: BTreeMap<&'static str, Arc<dyn ReaderKind>>,
    processors: BTreeMap<&'static str, Arc<dyn ProcessorKind>>,
    writers: BTreeMap<&'static str, Arc<dyn WriterKind>>,
}

impl Kinds {
    /// Adds a kind of tasklet; it replaces one of the same name.
    #[must_use]
    pub fn tasklet(mut self, kind: impl TaskletKind + 'static) -> Self {
        self.errors.extend(kind.errors());
        self.tasklets.insert(kind.name(), Arc::new(kind));
        self
    }

    /// Adds a kind of reader; it replaces one of the same name.
    #[must_use]
    pub fn reader(mut self, kind: impl ReaderKind + 'static) -> Self {
        self.errors.extend(kind.errors());
        self.readers.insert(kind.name(), Arc::new(kind));
        self
    }

    /// Adds a kind of writer; it replaces one of the same name.
    #[must_use]
    pub fn writer(mut self, kind: impl WriterKind + 'static) -> Self {
        self.errors.extend(kind.errors());
        self.writers.insert(kind.name(), Arc::new(kind));
        self
    }

    /// All of these and those of `other`, which replace ours of the same name.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.tasklets.extend(other.tasklets);
        self.readers.extend(other.readers);
        self.writers.extend(other.writers);
        self.registered.tasklets.extend(other.registered.tasklets);
        self.registered.readers.extend(other.registered.readers);
        self.registered.processors.extend(other.registered.processors);
        self.registered.writers.extend(other.registered.writers);
        self.errors.extend(other.errors);
        self
    }

    /// Registers a tasklet that belongs to the program itself: `tasklet: { uses: NAME, with: {…} }`, where the settings are
    /// what stands below `with`. It replaces one of the same name.
    #[must_use]
    pub fn register(mut self, kind: impl TaskletKind + 'static) -> Self {
        self.errors.extend(kind.errors());
        self.registered.tasklets.insert(kind.name(), Arc::new(kind));
        self
    }

    /// Registers a reader that belongs to the program itself: `reader: { uses: NAME, with: {…} }`. It replaces one of the same
    /// name.
    #[must_use]
    pub fn register_reader(mut self, kind: impl ReaderKind + 'static) -> Self {
        self.errors.extend(kind.errors());
        self.registered.readers.insert(kind.name(), Arc::new(kind));
        self
    }

    /// Registers a processor that belongs to the program itself: `processor: [{ uses: NAME, with: {…} }]`. It replaces one of
    /// the same name.
    #[must_use]
    pub fn register_processor(mut self, kind: impl ProcessorKind + 'static) -> Self {
        self.errors.extend(kind.errors());
        self.registered.processors.insert(kind.name(), Arc::new(kind));
        self
    }

    /// Registers a writer that belongs to the program itself: `writer: { uses: NAME, with: {…} }`. It replaces one of the same
    /// name.
    #[must_use]
    pub fn register_writer(mut self, kind: impl WriterKind + 'static) -> Self {
        self.errors.extend(kind.errors());
        self.registered.writers.insert(kind.name(), Arc::new(kind));
        self
    }

    /// Makes the names of the errors of type `E` known, so that `skip` and `retry` may choose them.
    #[must_use]
    pub fn errors_of<E: NamedError>(mut self) -> Self {
        self.errors.extend(E::error_names());
        self
    }

    /// The kinds of tasklets, sorted by name.
    #[must_use]
    pub fn tasklets(&self) -> &BTreeMap<&'static str, Arc<dyn TaskletKind>> {
        &self.tasklets
    }

    /// The kinds of readers, sorted by name.
    #[must_use]
    pub fn readers(&self) -> &BTreeMap<&'static str, Arc<dyn ReaderKind>> {
        &self.readers
    }

    /// The kinds of writers, sorted by name.
    #[must_use]
    pub fn writers(&self) -> &BTreeMap<&'static str, Arc<dyn WriterKind>> {
        &self.writers
    }

    /// The tasklets of the program itself, sorted by name.
    #[must_use]
    pub fn registered_tasklets(&self) -> &BTreeMap<&'static str, Arc<dyn TaskletKind>> {
        &self.registered.tasklets
    }

    /// The readers of the program itself, sorted by name.
    #[must_use]
    pub fn registered_readers(&self) -> &BTreeMap<&'static str, Arc<dyn ReaderKind>> {
        &self.registered.readers
    }

    /// The processors of the program itself, sorted by name.
    #[must_use]
    pub fn registered_processors(&self) -> &BTreeMap<&'static str, Arc<dyn ProcessorKind>> {
        &self.registered.processors
    }

    /// The writers of the program itself, sorted by name.
    #[must_use]
    pub fn registered_writers(&self) -> &BTreeMap<&'static str, Arc<dyn WriterKind>> {
        &self.registered.writers
    }

    /// The names of the kinds of one sort, each with the shape of its settings; those of the program itself are not among
    /// them.
    #[must_use]
    pub fn settings(&self, sort: Sort) -> BTreeMap<&'static str, Shape> {
        match sort {
            Sort::Tasklet => shapes(&self.tasklets, |kind| kind.settings()),
            Sort::Reader => shapes(&self.readers, |kind| kind.settings()),
            Sort::Processor => BTreeMap::new(),
            Sort::Writer => shapes(&self.writers, |kind| kind.settings()),
        }
    }

    /// What the program itself registered of one sort, each with the shape of its settings.
    #[must_use]
    pub fn registered(&self, sort: Sort) -> BTreeMap<&'static str, Shape> {
        match sort {
            Sort::Tasklet => shapes(&self.registered.tasklets, |kind| kind.settings()),
            Sort::Reader => shapes(&self.registered.readers, |kind| kind.settings()),
            Sort::Processor => shapes(&self.registered.processors, |kind| kind.settings()),
            Sort::Writer => shapes(&self.registered.writers, |kind| kind.settings()),
        }
    }

    /// The names of errors that `skip` and `retry` may choose: the built-in ones and those of the kinds, sorted.
    #[must_use]
    pub fn error_names(&self) -> BTreeSet<&'static str> {
        let built_in = SHARED.iter().chain(ENGINE).copied();
        built_in.chain(self.errors.iter().copied()).collect()
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kinds")
            .field("tasklets", &self.tasklets.keys())
            .field("readers", &self.readers.keys())
            .field("writers", &self.writers.keys())
            .field("registered", &Sort::ALL.map(|sort| self.registered(sort).into_keys().collect::<Vec<_>>()))
            .finish()
    }
}

fn shapes<K: ?Sized>(
    kinds: &BTreeMap<&'static str, Arc<K>>,
    settings: impl Fn(&K) -> Shape,
) -> BTreeMap<&'static str, Shape> {
    kinds.iter().map(|(name, kind)| (*name, settings(kind))).collect()
}
