//! What stands in for the readers, writers and tasklets of a job while it is tested.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::error::{BatchError, names};
use crate::kind::{Frame, ReaderPlan, TaskletPlan, WriterPlan};
use crate::params::{ParamType, parse};
use crate::repository::memory::MemoryTables;
use crate::repository::{ChunkError, Payload};
use crate::row::{Column, Row, Schema, Type, Value};
use crate::step::chunk::{BadItem, Batch, ChunkSource, Fill, ItemWriter, Locate, WriteContext};
use crate::step::{Outcome, StepContext, Tasklet};
use crate::yaml::Node;

/// The error of a step that a test gives nothing.
const NOT_GIVEN: &str = "NotGiven";

/// The rows that a test gives to a reader.
pub(in crate::definition) struct GivenRows {
    pub(in crate::definition) step: String,
    pub(in crate::definition) schema: Arc<Schema>,
    pub(in crate::definition) rows: Option<Vec<Node>>,
}

/// What a tasklet gives instead of running.
pub(in crate::definition) struct GivenOutputs {
    pub(in crate::definition) step: String,
    pub(in crate::definition) outputs: Option<Map<String, Json>>,
}

/// A tasklet that does nothing, in the place of a step that a test passes over.
pub(in crate::definition) struct PassedOver;

/// A writer that keeps its rows in the twin of the store, in a table that is called like the step.
pub(in crate::definition) struct Captured {
    pub(in crate::definition) step: String,
}

impl ReaderPlan for GivenRows {
    fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    fn open(&self, _: &Frame) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        let Some(rows) = &self.rows else {
            let step = &self.step;
            let message = format!(
                "the test gives step `{step}` no rows: write `given: {{ {step}.reader: [ … ] }}`, or leave it out of `steps`"
            );
            return Err(BatchError::new(NOT_GIVEN, message));
        };
        let rows = rows.iter().map(|node| (node.to_json(), row(&self.schema, node))).collect();
        Ok(Box::new(Source { rows, next: 0 }))
    }
}

/// The cells of a row, or what is wrong with one of them.
fn row(schema: &Schema, node: &Node) -> Result<Row, String> {
    schema.columns().iter().map(|column| cell(column, node.get(&column.name))).collect()
}

/// A cell as the readers of files read theirs.
pub(super) fn cell(column: &Column, node: Option<&Node>) -> Result<Value, String> {
    let Some(node) = node.filter(|node| !node.is_null() && (node.as_text() != Some("") || column.kind == Type::Str))
    else {
        let empty = format!("column `{}` is empty", column.name);
        return if column.nullable { Ok(Value::Null) } else { Err(empty) };
    };
    let text = node.as_text().unwrap_or_default();
    let (value, expected) = match column.kind {
        Type::Json => return Ok(Value::Json(Box::new(node.to_json()))),
        Type::Str => return Ok(Value::from(text)),
        Type::Bool => of(ParamType::Boolean, text),
        Type::Int => of(ParamType::Integer, text),
        Type::Decimal => of(ParamType::Decimal, text),
        Type::Date => of(ParamType::Date, text),
        Type::DateTime => of(ParamType::DateTime, text),
        Type::Duration => of(ParamType::Duration, text),
        Type::Float => {
            (text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float), "a number such as 1.5e3")
        }
        Type::Bytes => (bytes(text), "bytes in hexadecimal such as 00ff"),
    };
    value.ok_or_else(|| format!("column `{}`: expected {expected}, found `{text}`", column.name))
}

fn of(kind: ParamType, text: &str) -> (Option<Value>, &'static str) {
    (parse(kind, text), kind.expectation())
}

fn bytes(text: &str) -> Option<Value> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
    let read: Option<Box<[u8]>> = pairs.iter().map(byte).collect();
    read.filter(|_| rest.is_empty()).map(Value::Bytes)
}

struct Source {
    /// Each row as it is written, and as it was read.
    rows: Vec<(Json, Result<Row, String>)>,
    next: usize,
}

impl ChunkSource<Row> for Source {
    fn open(&mut self, from: Option<&Json>) -> Result<(), BatchError> {
        let from = from.and_then(Json::as_u64).unwrap_or_default();
        self.next = usize::try_from(from).unwrap_or(usize::MAX);
        Ok(())
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        while batch.len() < limit {
            let Some((written, row)) = self.rows.get(self.next) else { return Ok(Fill::End) };
            self.next += 1;
            let place = self.next as u64;
            match row {
                Ok(cells) => {
                    let mut row = batch.spare.pop().unwrap_or_default();
                    row.clone_from(cells);
                    batch.push(place, row);
                }
                Err(wrong) => batch.bad.push(BadItem {
                    place,
                    payload: Payload { kind: "json", bytes: written.to_string().into_bytes() },
                    error: BatchError::new(names::INVALID_ROW, wrong.clone()),
                }),
            }
        }
        Ok(Fill::More)
    }

    fn checkpoint(&self) -> Json {
        json!(self.next)
    }

    fn total(&self) -> Option<u64> {
        Some(self.rows.len() as u64)
    }

    fn locator(&self) -> Locate {
        Arc::new(|place| json!({ "row": place }))
    }
}

impl TaskletPlan for GivenOutputs {
    fn build(&self, _: &Frame) -> Result<Box<dyn Tasklet>, BatchError> {
        let step = &self.step;
        let outputs = self.outputs.clone().ok_or_else(|| {
            let message = format!(
                "the test does not say what step `{step}` gives: write `given: {{ {step}.outputs: {{ … }} }}`, or leave it out of `steps`"
            );
            BatchError::new(NOT_GIVEN, message)
        })?;
        Ok(Box::new(move |context: &mut StepContext<'_>| {
            context.state.outputs.extend(outputs.clone());
            Ok(Outcome::COMPLETED)
        }))
    }
}

impl TaskletPlan for PassedOver {
    fn build(&self, _: &Frame) -> Result<Box<dyn Tasklet>, BatchError> {
        Ok(Box::new(|_: &mut StepContext<'_>| Ok(Outcome::COMPLETED)))
    }
}

impl WriterPlan for Captured {
    fn open(&self, _: &Frame) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
        Ok(Box::new(Capture(self.step.clone())))
    }
}

struct Capture(String);

impl ItemWriter<Row> for Capture {
    fn write(&mut self, items: &[Row], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        let elsewhere = || BatchError::new(names::STORE_ERROR, "a test runs on the store in memory alone");
        let tables = context.transaction.connection().downcast_mut::<MemoryTables>().ok_or_else(elsewhere)?;
        items.iter().for_each(|row| tables.insert(&self.0, row.clone()));
        Ok(())
    }
}
