//! Rows as the databases give them, and the values of the engine that they become.
//!
//! One struct serves both stores: only the types of the columns differ. What a row holds and this program cannot read was
//! written by a newer one or by hand; it is refused with table, id and text, never guessed.

mod dead_letter;
mod definition;
mod event;
mod execution;
mod instance;
mod step;
mod trigger;
mod worker;

use overnight_framework::execution::{ErrorRecord, JsonObject};
use overnight_framework::repository::{StoreError, StoreErrorKind};
use serde_json::Value;

pub(crate) use self::dead_letter::{DeadLetterRow, StepPlace};
pub(crate) use self::definition::{AppliedRow, DefinitionRow};
pub(crate) use self::event::{EventRow, NewEvent};
#[cfg(feature = "postgres")]
pub(crate) use self::execution::LaunchTexts;
pub(crate) use self::execution::{BeatRow, EndedExecution, ExecutionRow, Holder, NewExecution, Origin};
pub(crate) use self::instance::InstanceRow;
pub(crate) use self::step::{CountColumns, EndedStep, NewStep, StepRow, StepRunRow, StepState, intent_of_step};
pub(crate) use self::trigger::{FireRow, MessageRow, RejectRow, WatchedRow};
pub(crate) use self::worker::WorkerRow;

/// Where a value stands, for the error when it cannot be read.
#[derive(Clone, Copy)]
struct Place {
    table: &'static str,
    id: i64,
}

impl Place {
    /// The value that `text` in `column` stands for.
    fn word<T>(self, column: &str, text: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        read(text).ok_or_else(|| self.corrupt(column, text))
    }

    /// The same for a column that may be empty.
    fn optional<T>(
        self,
        column: &str,
        text: Option<&str>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.word(column, text, read)).transpose()
    }

    /// The document in `column`, in the shape that `read` gives it.
    fn document<T: serde::de::DeserializeOwned>(self, column: &str, value: Value) -> Result<T, StoreError> {
        let text = value.to_string();
        serde_json::from_value(value).map_err(|_| self.corrupt(column, &text))
    }

    /// The object in `column`.
    fn object(self, column: &str, value: Value) -> Result<JsonObject, StoreError> {
        match value {
            Value::Object(object) => Ok(object),
            other => Err(self.corrupt(column, &other.to_string())),
        }
    }

    fn corrupt(self, column: &str, text: &str) -> StoreError {
        let Self { table, id } = self;
        let text: String = text.chars().take(100).collect();
        StoreErrorKind::Corrupt(format!("{table} {id}: its {column} is {text:?}, which this program does not know"))
            .into()
    }
}

/// An error as a column keeps it.
pub(crate) fn error_document(error: &ErrorRecord) -> Value {
    // A record of texts and values that are JSON already can always be written as JSON.
    serde_json::to_value(error).unwrap_or_default()
}

/// A counter as a column keeps it.
pub(crate) fn to_column(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A counter as the engine keeps it. The columns only ever hold what [`to_column`] wrote.
fn from_column(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use overnight_framework::status::Status;

    use super::*;

    #[test]
    fn a_text_of_a_newer_version_is_refused_with_table_id_and_text() {
        let place = Place { table: "job_execution", id: 17 };
        let error = place.word("status", "SLEEPING", Status::from_stored).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read job_execution 17: its status is \"SLEEPING\", which this program does not know"
        );
    }

    #[test]
    fn a_document_that_is_no_object_is_refused() {
        let place = Place { table: "step_execution", id: 3 };
        assert!(place.object("context", Value::from(1)).unwrap_err().to_string().contains("its context is \"1\""));
    }
}
