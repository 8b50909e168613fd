//! What can be wrong with an expression: found before a run, or shown by the data.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A place in the text of an expression, in bytes, always between characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// The place from `start` up to `end`. Texts are limited far below 4 GiB before any span is made of them.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end) }
    }

    /// From the beginning of `self` to the end of `other`.
    pub(crate) fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What kind of mistake is in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mistake {
    /// It cannot be read.
    Syntax,
    /// It is longer or deeper than an expression may be.
    TooLarge,
    /// A name in it is declared nowhere.
    UnknownName,
    /// It calls a function that does not exist.
    UnknownFunction,
    /// A function does not take these arguments.
    Arguments,
    /// An operator, or the place of the expression, does not take this type.
    Types,
    /// It has no value whatever the data are.
    NeverAValue,
}

/// A mistake in an expression that was found without any data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// What kind of mistake it is.
    pub mistake: Mistake,
    /// Where, in bytes of the whole text that was given to the parser; always between characters.
    pub span: Range<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead, where that can be told.
    pub help: Option<String>,
}

impl ExprError {
    /// What cannot be read, until [`of`](Self::of) says more.
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { mistake: Mistake::Syntax, span: span.range(), message: message.into(), help: None }
    }

    pub(crate) fn of(self, mistake: Mistake) -> Self {
        Self { mistake, ..self }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for ExprError {}

/// An expression that has no value for these data: a null where a value is needed, a division by zero, a result that
/// does not fit.
///
/// It is one pointer wide, because every step of an evaluation returns it or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError(Box<Failure>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    message: String,
    span: Span,
    column: Option<Arc<str>>,
}

impl EvalError {
    #[cold]
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self(Box::new(Failure { message: message.into(), span, column: None }))
    }

    /// A null where a value is needed. `name` is the column or other name that holds it, where it is one.
    #[cold]
    pub(crate) fn null(span: Span, name: Option<&Arc<str>>) -> Self {
        let message = format!("{} is null", name.map_or("a value", |name| name));
        Self(Box::new(Failure { message, span, column: name.cloned() }))
    }

    #[cold]
    pub(crate) fn of_column(span: Span, name: &Arc<str>, message: String) -> Self {
        Self(Box::new(Failure { message, span, column: Some(name.clone()) }))
    }

    /// What went wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Which part of the expression has no value, in bytes of the text that was parsed.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.0.span.range()
    }

    /// The column, or other name, whose value is the cause, where one alone is.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for EvalError {}
