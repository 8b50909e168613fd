//! What came, held against what is expected: of a mapping the keys that are named, of a list all items in their order.

use serde_json::Value as Json;

use super::Mismatch;
use crate::definition::Trial;
use crate::execution::{ErrorRecord, JobExecution};
use crate::row::decimal;
use crate::status::Status;
use crate::text::shortened;
use crate::yaml::{Kind, Node, Scalar, Span, Style};

/// How much of a value is shown.
const SHOWN: usize = 200;

/// A comparison under way.
pub(super) struct Comparison<'a> {
    trial: &'a Trial,
    mismatches: Vec<Mismatch>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(trial: &'a Trial) -> Self {
        Self { trial, mismatches: Vec::new() }
    }

    pub(super) fn into_mismatches(self) -> Vec<Mismatch> {
        self.mismatches
    }

    /// Says that the test failed as a whole.
    pub(super) fn fail(&mut self, path: &str, expected: &str, got: &str) {
        self.mismatch(path, self.trial.span, expected.to_owned(), got.to_owned());
    }

    pub(super) fn compare(&mut self, execution: &JobExecution, actual: &Json) {
        let trial = self.trial;
        if let Some(expect) = &trial.expect {
            self.value("", expect, Some(actual));
        }
        if execution.status != Status::Completed && !self.expects_an_end(execution) {
            let error = execution.error.as_ref().map(ErrorRecord::chain).unwrap_or_default();
            let step = execution.error.as_ref().and_then(|error| error.step.as_deref());
            let place = step.map(|step| format!(" in step `{step}`")).unwrap_or_default();
            let got = format!("{}{place}: {}: {error}", execution.status.as_str().to_lowercase(), execution.exit_code);
            self.fail("job.status", "completed", &got);
        }
    }

    /// Whether the test speaks of how the job ends, or the step that it failed in: then a failure is for it to judge.
    fn expects_an_end(&self, execution: &JobExecution) -> bool {
        let Some(expect) = &self.trial.expect else { return false };
        let step = execution.error.as_ref().and_then(|error| error.step.as_deref());
        let speaks = |of: &str| {
            let keys = ["status", "exit_code", "error"];
            expect.get(of).is_some_and(|node| keys.iter().any(|key| node.get(key).is_some()))
        };
        speaks("job") || step.is_some_and(speaks)
    }

    fn value(&mut self, path: &str, expected: &Node, actual: Option<&Json>) {
        match (expected.kind(), actual) {
            (Kind::Mapping(entries), Some(Json::Object(values))) => {
                for (key, node) in entries.iter() {
                    let path = if path.is_empty() { key.name().to_owned() } else { format!("{path}.{}", key.name()) };
                    self.value(&path, node, values.get(key.name()));
                }
            }
            (Kind::Sequence(items), Some(Json::Array(values))) if items.len() == values.len() => {
                for (index, (node, value)) in items.iter().zip(values).enumerate() {
                    self.value(&format!("{path}[{index}]"), node, Some(value));
                }
            }
            (Kind::Sequence(items), Some(Json::Array(values))) => {
                let got = format!("{}: {}", counted(values.len()), shown(&Json::from(values.clone())));
                self.mismatch(path, expected.span(), counted(items.len()), got);
            }
            (Kind::Null, None | Some(Json::Null)) => {}
            (Kind::Scalar(scalar), Some(actual)) if equal(scalar, actual) => {}
            (_, actual) => {
                let words = expected.as_text().map_or_else(|| shown(&expected.to_json()), str::to_owned);
                self.mismatch(path, expected.span(), words, actual.map_or_else(|| "nothing".to_owned(), shown));
            }
        }
    }

    fn mismatch(&mut self, path: &str, span: Span, expected: String, got: String) {
        let place = self.trial.source.position(span.start);
        self.mismatches.push(Mismatch { path: path.to_owned(), place, expected, got });
    }
}

/// Numbers are equal by their value, whether they are written with quotes in JSON or not; everything else by its text.
fn equal(expected: &Scalar, actual: &Json) -> bool {
    let text = expected.text();
    let same_number = |actual: &str| match (decimal::parse(text), decimal::parse(actual)) {
        (Ok(expected), Ok(actual)) => expected == actual,
        _ => false,
    };
    match actual {
        Json::String(actual) => actual == text || (expected.style() == Style::Plain && same_number(actual)),
        Json::Number(actual) => actual.to_string() == text || same_number(&actual.to_string()),
        Json::Bool(actual) => actual.to_string() == text,
        Json::Null | Json::Array(_) | Json::Object(_) => false,
    }
}

fn counted(count: usize) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => shortened(text, SHOWN),
        Json::Null => "nothing".to_owned(),
        value => shortened(&value.to_string(), SHOWN),
    }
}
