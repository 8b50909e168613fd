//! A setting whose value is known when its step begins.

use super::Frame;
use crate::error::{BatchError, names};
use crate::expr::{Program, Template, Typed};
use crate::row::{Type, Value};
use crate::yaml::Cursor;

/// A setting of a job file: a literal, or text with expressions.
#[derive(Debug)]
pub struct Setting {
    program: Program,
    literal: Option<Box<str>>,
    prefix: Box<str>,
    kind: Option<Type>,
    /// What it is called in an error, and where it stands.
    place: Box<str>,
}

impl Setting {
    pub(super) fn new(at: &Cursor<'_>, template: &Template, typed: &Typed) -> Self {
        Self {
            place: format!("`{}` ({})", at.path(), at.place_in_words()).into(),
            literal: template.literal().map(Into::into),
            prefix: template.prefix().into(),
            kind: typed.kind(),
            program: typed.compile(),
        }
    }

    /// The type of its value; `None` for what is always null.
    #[must_use]
    pub fn kind(&self) -> Option<Type> {
        self.kind
    }

    /// The text, when it has no expression in it: what can be judged before any run.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        self.literal.as_deref()
    }

    /// The text before the first expression: a path that begins so stays inside.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What it is called in an error: its path, and where it stands in the file.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The value in this run.
    ///
    /// # Errors
    /// When the expression has no value for what the run holds.
    pub fn value(&self, frame: &Frame) -> Result<Value, BatchError> {
        let wrong = |error| {
            BatchError::new(names::INVALID_VALUE, format!("failed to compute {}", self.place)).with_source(error)
        };
        self.program.eval(&frame.values).map_err(wrong)
    }

    /// The value in this run as text; a null is empty.
    ///
    /// # Errors
    /// When the expression has no value for what the run holds.
    pub fn text(&self, frame: &Frame) -> Result<String, BatchError> {
        self.value(frame).map(|value| value.to_string())
    }
}
