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
use overnight::yaml::{Cursor, Field, Mapping, Shape};
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

static SETTINGS: Mapping = Mapping::new(
    "naps-reader",
    "the reader `naps`",
    "Gives so many items, one per chunk, and naps before each.",
    &[
        Field::required("chunks", COUNT, "How many items there are."),
        Field::required("ms", COUNT, "How long a nap is, in milliseconds."),
    ],
)
.example("reader: { naps: { chunks: 20, ms: 200 } }\n");

const COUNT: Shape = Shape::Setting(&Shape::Integer(0, i64::MAX));

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

    fn settings(&self) -> Shape {
        Shape::Mapping(&SETTINGS)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn ReaderPlan>> {
        let mut fields = settings.mapping(&SETTINGS)?;
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
        let (chunks, ms) = (count("chunks", &self.chunks, frame)?, count("ms", &self.ms, frame)?);
        Ok(Box::new(Source { chunks, nap: Duration::from_millis(ms), given: 0, stop: StopToken::default() }))
    }
}

fn count(name: &str, setting: &Setting, frame: &Frame) -> Result<u64, BatchError> {
    let value = setting.value(frame)?;
    let count = if let Value::Int(number) = value { u64::try_from(number).ok() } else { None };
    count.ok_or_else(|| {
        BatchError::new(names::INVALID_VALUE, format!("naps: `{name}` is {value}; a whole number is needed, 0 or more"))
    })
}

impl ChunkSource<Row> for Source {
    fn heed(&mut self, stop: &StopToken) {
        self.stop = stop.clone();
    }

    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        let given = |from: &serde_json::Value| {
            // To begin anew would give the items a second time.
            let unknown =
                || BatchError::new(names::INVALID_VALUE, format!("the checkpoint of naps is no number: {from}"));
            from.as_u64().ok_or_else(unknown)
        };
        self.given = from.map_or(Ok(0), given)?;
        Ok(())
    }

    fn fill(&mut self, _: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        // A restart may find fewer in the job file than were given before.
        if self.given >= self.chunks {
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

#[cfg(test)]
mod tests {
    use overnight::expr::Scope;
    use overnight::yaml::{self, Source as File};

    use super::*;

    fn open(chunks: &str, from: Option<&serde_json::Value>) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        let scope = Scope::new();
        let settings = format!("{{ chunks: '${{{{ {chunks} }}}}', ms: '${{{{ 0 }}}}' }}");
        let read = yaml::read(&File::new("job.yaml", &settings), |at| Naps.check(at, &Names::new(&scope)));
        let mut source = read.unwrap_or_else(|problems| panic!("{problems}")).open(&Frame::default())?;
        source.open(from)?;
        Ok(source)
    }

    #[test]
    fn a_restart_with_fewer_items_than_were_given_has_none_left() {
        for (chunks, fill) in [("3", Fill::More), ("2", Fill::End), ("1", Fill::End)] {
            let mut source = open(chunks, Some(&json!(2))).unwrap();
            assert_eq!(source.fill(1, &mut Batch::default()).unwrap(), fill, "{chunks}");
        }
    }

    #[test]
    fn a_checkpoint_of_another_reader_is_refused() {
        let error = open("3", Some(&json!({ "line": 7 }))).map(drop).unwrap_err();
        assert_eq!(error.to_string(), "the checkpoint of naps is no number: {\"line\":7}");
    }

    #[test]
    fn fewer_than_none_is_refused_with_the_setting() {
        let error = open("1 - 2", None).map(drop).unwrap_err();
        assert_eq!(error.to_string(), "naps: `chunks` is -1; a whole number is needed, 0 or more");
    }
}
