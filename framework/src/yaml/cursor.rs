//! A value with its path, and the readers that take it for what it should be.
//!
//! Each reader returns `None` after it reported what is wrong, so that reading goes on with the next field.

mod collections;
mod scalars;

use std::ops::Range;

use super::{Code, Key, Node, Path, Problem, Reading, Scalar, Span};

/// A value while it is read: where it stands, and where its problems go.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    node: &'a Node,
    key: Option<&'a Key>,
    path: Path,
    reading: &'a Reading,
}

impl<'a> Cursor<'a> {
    /// A cursor at `node`, which stands at `path` of the file being read.
    #[must_use]
    pub fn new(node: &'a Node, path: Path, reading: &'a Reading) -> Self {
        Self { node, key: None, path, reading }
    }

    /// The value.
    #[must_use]
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// The key of the value, where it is in a mapping.
    #[must_use]
    pub fn key(&self) -> Option<&'a Key> {
        self.key
    }

    /// The path of the value.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place of the value.
    #[must_use]
    pub fn span(&self) -> Span {
        self.node.span()
    }

    /// Where the value stands, in the words of an error that happens when the job runs: nobody may have the file then, but
    /// everybody has its text, which the store keeps.
    #[must_use]
    pub fn place_in_words(&self) -> String {
        let position = self.reading.source().position(self.span().start);
        format!("line {}, column {} of the job file", position.line, position.column)
    }

    /// The reading that collects the problems.
    #[must_use]
    pub fn reading(&self) -> &'a Reading {
        self.reading
    }

    /// Whether the value is nothing, `null` or `~`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.node.is_null()
    }

    /// The value under a key of this mapping.
    #[must_use]
    pub(super) fn entry(&self, key: &'a Key, node: &'a Node) -> Self {
        Self { node, key: Some(key), path: self.path.key(key.name_shared()), reading: self.reading }
    }

    /// The item at an index of this list.
    #[must_use]
    pub(super) fn item(&self, index: usize, node: &'a Node) -> Self {
        Self { node, key: None, path: self.path.index(index), reading: self.reading }
    }

    /// A problem of this value, to be given to [`refuse`](Self::refuse) when it is complete.
    #[must_use]
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.span(), message).path(self.path.clone())
    }

    /// A problem at a byte range of this value's decoded text, as of an expression within it.
    #[must_use]
    pub fn problem_in(&self, range: Range<usize>, message: impl Into<String>) -> Problem {
        let span = self.node.as_scalar().map_or(self.span(), |scalar| scalar.span_of(range));
        self.problem(message).span(span)
    }

    /// A problem of this value as a whole, or of its key: the caret stands under the key, where it has one.
    #[must_use]
    pub fn problem_of_key(&self, message: impl Into<String>) -> Problem {
        self.problem(message).span(self.key.map_or(self.span(), Key::span))
    }

    /// Reports a problem. Always `None`, the answer of a reader that found one.
    pub fn refuse<T>(&self, problem: Problem) -> Option<T> {
        if !self.reading.is_broken(self.span()) {
            self.reading.report(problem);
        }
        None
    }

    /// Reports that something else was expected: "expected a duration, found a list". Always `None`.
    pub fn expected<T>(&self, what: &str) -> Option<T> {
        self.refuse(self.unexpected(what))
    }

    /// The problem of [`expected`](Self::expected), for more help.
    #[must_use]
    pub fn unexpected(&self, what: &str) -> Problem {
        if !self.is_null() {
            return self.problem(format!("expected {what}, found {}", self.node.describe())).code(Code::WrongValue);
        }
        let problem = self.problem_of_key(format!("expected {what}, found nothing")).code(Code::NoValue);
        match self.key {
            Some(_) if self.comment_behind() => problem.help("quote it: # begins a comment"),
            Some(_) => problem.help("leave the key out, or give it a value"),
            None => problem,
        }
    }

    /// Whether nothing is here because what was meant as the value begins with `#`.
    fn comment_behind(&self) -> bool {
        let source = self.reading.source();
        let line = source.line(source.position(self.span().start).line);
        let rest = source.slice(Span { start: self.span().end, end: line.end });
        rest.trim_start_matches(':').trim_start().starts_with('#')
    }

    /// The scalar, or a problem that names `what` was expected.
    pub fn scalar(&self, what: &str) -> Option<&'a Scalar> {
        self.node.as_scalar().or_else(|| self.expected(what))
    }
}

/// What [`is_name`] asks for, in words.
pub const NAME_RULE: &str =
    "a name begins with a letter from a to z and has at most 63 characters of a to z, 0 to 9, _ and -";

/// Whether a text can name a job, a step or a parameter: `^[a-z][a-z0-9_-]{0,62}$`.
///
/// ```
/// use overnight_framework::yaml::is_name;
///
/// assert!(is_name("end-of-day"));
/// assert!(!is_name("End of day"));
/// ```
#[must_use]
pub fn is_name(text: &str) -> bool {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    text.len() <= 63 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(rest)
}
