//! Chunk steps: a reader, operations on its rows, and a writer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::frames::{Frames, Moment};
use super::kinds::Known;
use super::layout::Needs;
use super::processor::{Operation, Pipeline, errors_of_rules, form_only};
use super::rows::{self, RowProcessor};
use super::trials::{Captured, GivenRows};
use super::{ChunkOutline, mask, policies, tables};
use crate::error::BatchError;
use crate::expr::{Scope, ScopeError};
use crate::kind::{Kinds, Names, ReaderPlan, WriterPlan};
use crate::policy::{RetryPolicy, SkipPolicy};
use crate::row::{Row, Schema};
use crate::step::StepContext;
use crate::step::chunk::{ChunkParts, ChunkStep};
use crate::yaml::{Code, Cursor, Node};

/// The largest chunk: its rows are kept in memory until they are committed.
const MAX_SIZE: i64 = 1_000_000;

/// A chunk step that was read.
pub(super) struct ChunkDraft {
    /// The kinds of its reader and its writer.
    kinds: (&'static str, &'static str),
    rows: RowsDraft,
    size: usize,
    retry: RetryPolicy,
    skip: SkipPolicy,
    idle_timeout: Option<Duration>,
}

/// The way of the rows.
struct RowsDraft {
    reader: Box<dyn ReaderPlan>,
    input: Arc<Schema>,
    operations: Vec<Operation>,
    output: Arc<Schema>,
    writer: Box<dyn WriterPlan>,
}

/// A reader or writer that was read, and the name of its kind.
struct Part<P: ?Sized> {
    kind: &'static str,
    plan: Box<P>,
}

/// Reads what stands below `chunk`.
pub(super) fn chunk(at: &Cursor<'_>, kinds: &Kinds, names: &Names<'_>) -> Option<ChunkDraft> {
    let mut known = kinds.error_names();
    let mut fields = at.mapping(&tables::CHUNK)?;
    let size = fields.optional("size", |at| usize::try_from(at.integer(1..=MAX_SIZE)?).ok());
    let reader = fields.required("reader", |at| reader(at, kinds, names));
    let input = reader.as_ref().map(|reader| reader.plan.schema());
    let processor = fields.get("processor");
    if let Some(at) = &processor {
        errors_of_rules(at, &mut known);
    }
    let (operations, output) = operations(processor.as_ref(), input.as_ref(), (kinds, names));
    let writer = fields.required("writer", |at| writer(at, kinds, names, output.as_ref()));
    let skip = fields.or("skip", SkipPolicy::NEVER, |at| policies::skip(at, &known));
    let retry = fields.get("retry");
    let retry = policies::policy(retry.as_ref(), None, &known);
    let idle_timeout = fields.optional("idle_timeout", policies::timeout);
    fields.finish();
    let (reader, writer) = (reader?, writer?);
    Some(ChunkDraft {
        kinds: (reader.kind, writer.kind),
        size: size?.unwrap_or_else(|| writer.plan.chunk_size()),
        rows: RowsDraft { reader: reader.plan, input: input?, operations, output: output?, writer: writer.plan },
        retry: retry?,
        skip: skip?,
        idle_timeout: idle_timeout?,
    })
}

fn reader(at: &Cursor<'_>, kinds: &Kinds, names: &Names<'_>) -> Option<Part<dyn ReaderPlan>> {
    let known = Known { sort: "reader", stock: kinds.readers(), registered: kinds.registered_readers() };
    known.read(at, |kind, settings| {
        let plan = kind.check(settings, names)?;
        if let Err(error) = Scope::rows(&plan.schema(), names.scope()) {
            let code = match &error {
                ScopeError::Root { .. } => Code::ReservedWord,
                ScopeError::Twice { .. } => Code::Twice,
            };
            return at.refuse(settings.problem_of_key(error.to_string()).code(code));
        }
        Some(Part { kind: kind.name(), plan })
    })
}

/// The operations, and the columns behind them. Without the columns before them only their form is looked at.
fn operations(
    at: Option<&Cursor<'_>>,
    input: Option<&Arc<Schema>>,
    (kinds, names): (&Kinds, &Names<'_>),
) -> (Vec<Operation>, Option<Arc<Schema>>) {
    match (at, input) {
        (None, input) => (Vec::new(), input.cloned()),
        (Some(at), Some(input)) => {
            let mut pipeline = Pipeline::new(kinds, *names, input);
            pipeline.read(at);
            let (operations, output) = pipeline.into_parts();
            (operations, Some(output))
        }
        (Some(at), None) => {
            form_only(at);
            (Vec::new(), None)
        }
    }
}

/// A writer cannot be checked without the columns that it gets; its name can.
fn writer(
    at: &Cursor<'_>,
    kinds: &Kinds,
    names: &Names<'_>,
    schema: Option<&Arc<Schema>>,
) -> Option<Part<dyn WriterPlan>> {
    let known = Known { sort: "writer", stock: kinds.writers(), registered: kinds.registered_writers() };
    known.read(at, |kind, settings| Some(Part { kind: kind.name(), plan: kind.check(settings, names, schema?)? }))
}

impl ChunkDraft {
    /// The names of its kinds, as in `csv -> table`.
    pub(super) fn kind(&self) -> String {
        let (reader, writer) = self.kinds;
        format!("{reader} -> {writer}")
    }

    /// What is told of it to those who do not run it.
    pub(super) fn outline(&self) -> ChunkOutline {
        let (reader, writer) = self.kinds;
        ChunkOutline {
            reader: Some(reader.to_owned()),
            processor: self.rows.operations.iter().map(Operation::word).collect(),
            writer: Some(writer.to_owned()),
            size: self.size,
            retry: self.retry.clone(),
            skip: self.skip.clone(),
        }
    }

    /// The columns that its reader gives.
    pub(super) fn read_columns(&self) -> &Arc<Schema> {
        &self.rows.input
    }

    /// The columns that its writer gets.
    pub(super) fn written_columns(&self) -> &Arc<Schema> {
        &self.rows.output
    }

    /// Puts rows of a test in the place of the reader, and a writer that keeps them in the place of the writer.
    pub(super) fn rehearse(&mut self, step: &str, rows: Option<Vec<Node>>) {
        let schema = Arc::clone(&self.rows.input);
        self.rows.reader = Box::new(GivenRows { step: step.to_owned(), schema, rows });
        self.rows.writer = Box::new(Captured { step: step.to_owned() });
        self.retry = self.retry.clone().without_pauses();
    }

    /// The step, which makes its parts anew for each attempt.
    pub(super) fn into_step(self, needs: Needs, frames: Arc<Frames>) -> ChunkStep {
        let Self { kinds: (reader, writer), rows, size, retry, skip, idle_timeout } = self;
        let operations = rows.operations.iter().map(Operation::word).collect();
        let parts = move |context: &StepContext<'_>| rows.parts(context, &needs, &frames);
        let step = ChunkStep::new(parts).size(size).retry(retry).skip(skip).made_of(reader, operations, writer);
        match idle_timeout {
            Some(limit) => step.idle_timeout(limit),
            None => step,
        }
    }
}

impl RowsDraft {
    fn parts(
        &self,
        context: &StepContext<'_>,
        needs: &Needs,
        frames: &Frames,
    ) -> Result<ChunkParts<Row, Row>, BatchError> {
        let frame = Arc::new(frames.frame(needs, Moment::within(&context.job))?);
        let source = self.reader.open_in(&frame, context).map_err(|error| frame.masked(error))?;
        let writer = self.writer.open_in(&frame, context).map_err(|error| frame.masked(error))?;
        let processor = RowProcessor::new(&self.operations, &self.input, &frame, context);
        let processor = Box::new(processor.map_err(|error| frame.masked(error))?);
        let (source, writer) = (mask::source(source, &frame), mask::writer(writer, &frame));
        let output = Arc::clone(&self.output);
        let describe = Arc::new(move |row: &Row| rows::payload(&output, row, &frame));
        Ok(ChunkParts::of_chunks(source, processor, writer, describe))
    }
}

impl fmt::Debug for ChunkDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkDraft").field("kinds", &self.kinds).field("size", &self.size).finish_non_exhaustive()
    }
}
