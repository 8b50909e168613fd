//! The reader `naps`: items that take their time.

use std::sync::Arc;
use std::time::Duration;

use overnight::BatchError;
use overnight::error::names;
use overnight::expr::Expected;
use overnight::kind::{Frame, Names, ReaderKind, ReaderPlan, Setting};
use overnight::row::{Column, Row, Schema, Type, Value};
use overnight::step::chunk::{Batch, ChunkSource, Fill, Locate};
use overnight::stop::StopToken;
use overnight::yaml::Cursor;
use serde_json::json;

/// Gives so many items, one per chunk, and naps before each: a step that takes as long as one likes.
///
/// ```yaml
/// reader: { naps: { chunks: "${{ params.chunks }}", ms: "${{ params.ms }}" } }
/// ```
///
/// A stop ends the nap: the item it was for is given at once, so that its chunk is the last one. An abort gives none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naps;

struct Plan {
    chunks: Setting,
    ms: Setting,
    schema: Arc<Schema>,
}

struct Source {
    chunks: u64,
    nap: Duration,
    /// How many items were given, in all executions of the instance.
    given: u64,
    stop: StopToken,
}

impl ReaderKind for Naps {
    fn name(&self) -> &'static str {
        "naps"
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn ReaderPlan>> {
        let mut fields = settings.fields("the reader `naps`")?;
        let chunks = fields.required("chunks", |at| names.setting_of(at, Expected::Type(Type::Int)));
        let ms = fields.required("ms", |at| names.setting_of(at, Expected::Type(Type::Int)));
        fields.finish();
        let schema = Schema::new(vec![Column::new("item", Type::Int)]);
        Some(Box::new(Plan { chunks: chunks?, ms: ms?, schema }))
    }
}

impl ReaderPlan for Plan {
    fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    fn open(&self, frame: &Frame) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        let (chunks, ms) = (count(&self.chunks, frame)?, count(&self.ms, frame)?);
        Ok(Box::new(Source { chunks, nap: Duration::from_millis(ms), given: 0, stop: StopToken::default() }))
    }
}

fn count(setting: &Setting, frame: &Frame) -> Result<u64, BatchError> {
    match setting.value(frame)? {
        Value::Int(number) => u64::try_from(number).map_err(|error| BatchError::of(names::INVALID_VALUE, error)),
        other => Err(BatchError::new(names::INVALID_VALUE, format!("expected a whole number, found {other}"))),
    }
}

impl ChunkSource<Row> for Source {
    fn heed(&mut self, stop: &StopToken) {
        self.stop = stop.clone();
    }

    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        self.given = from.and_then(serde_json::Value::as_u64).unwrap_or_default();
        Ok(())
    }

    fn fill(&mut self, _: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        if self.given == self.chunks {
            return Ok(Fill::End);
        }
        // Whether the nap was cut short makes no difference, unless by an abort.
        let _ = self.stop.wait(self.nap);
        if !self.stop.is_aborted() {
            self.given += 1;
            batch.push(self.given, vec![Value::Int(self.given.cast_signed())]);
        }
        Ok(Fill::More)
    }

    fn checkpoint(&self) -> serde_json::Value {
        json!(self.given)
    }

    fn total(&self) -> Option<u64> {
        Some(self.chunks)
    }

    fn locator(&self) -> Locate {
        Arc::new(|item| json!({ "item": item }))
    }
}
