//! The reading of one file: what it found wrong so far.

use std::cell::{Cell, RefCell};

use super::{Cursor, MAX_PROBLEMS, Node, Path, Problem, Problems, Source, Span};

/// Collects the problems of one file while it is read. Everything that reads shares it, so that a file is read to its
/// end and all its problems are shown at once.
#[derive(Debug)]
pub struct Reading {
    source: Source,
    problems: RefCell<Vec<Problem>>,
    more: Cell<usize>,
    /// Where the syntax is wrong: what readers find wrong at the same place is a consequence.
    broken: RefCell<Vec<Span>>,
}

/// Parses a file that holds exactly one document.
///
/// # Errors
/// All [`Problems`] of its syntax: text that is not YAML, duplicate keys, tags, unknown aliases, more than one
/// document, or one of the limits of this module.
pub fn parse(source: &Source) -> Result<Node, Problems> {
    let reading = Reading::new(source.clone());
    let root = reading.parse();
    reading.finish(root)
}

/// Parses a file and reads its root with `reader`, which returns `None` after it reported a problem.
///
/// # Errors
/// All [`Problems`] of the file, those of its syntax and those of its content.
pub fn read<T>(source: &Source, reader: impl FnOnce(&Cursor<'_>) -> Option<T>) -> Result<T, Problems> {
    let reading = Reading::new(source.clone());
    let value = reading.parse().and_then(|root| reader(&reading.cursor(&root)));
    reading.finish(value)
}

impl Reading {
    /// The reading of a file in which nothing is wrong yet.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, problems: RefCell::default(), more: Cell::default(), broken: RefCell::default() }
    }

    /// The file.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The document of the file, or `None` where its syntax is so wrong that nothing can be read. A document may come
    /// with problems already reported, such as a duplicate key: reading on finds the others.
    #[must_use]
    pub fn parse(&self) -> Option<Node> {
        super::parse::document(self)
    }

    /// A cursor at the root of a document of this file.
    #[must_use]
    pub fn cursor<'a>(&'a self, root: &'a Node) -> Cursor<'a> {
        Cursor::new(root, Path::root(), self)
    }

    /// Adds a problem. It is dropped where the syntax is known to be wrong, and counted only behind [`MAX_PROBLEMS`].
    pub fn report(&self, problem: Problem) {
        if self.is_broken(problem.span) {
            return;
        }
        let mut problems = self.problems.borrow_mut();
        let known = |other: &Problem| other.span == problem.span && other.message == problem.message;
        match problems.len() {
            // An aliased value is read once for each alias, and is wrong once.
            _ if problems.iter().any(known) => {}
            MAX_PROBLEMS.. => self.more.set(self.more.get() + 1),
            _ => problems.push(problem),
        }
    }

    /// Adds a problem of the syntax, and silences what readers will find wrong at its place.
    pub(super) fn report_syntax(&self, problem: Problem) {
        let span = problem.span;
        self.report(problem);
        let mut broken = self.broken.borrow_mut();
        if broken.len() < MAX_PROBLEMS {
            broken.push(span);
        }
    }

    /// Whether the syntax at the beginning of this place is known to be wrong.
    pub(super) fn is_broken(&self, place: Span) -> bool {
        self.broken.borrow().iter().any(|span| span.contains(place.start))
    }

    /// Whether a problem was reported on the line of this place.
    pub(super) fn has_problem_on_line_of(&self, span: Span) -> bool {
        let line = |span: Span| self.source.position(span.start).line;
        self.problems.borrow().iter().any(|problem| line(problem.span) == line(span))
    }

    /// The value, if nothing is wrong.
    ///
    /// # Errors
    /// All problems that were reported, in the order of the file.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problems> {
        let mut problems = self.problems.into_inner();
        match value {
            Some(value) if problems.is_empty() => return Ok(value),
            // A reader that gives up without a word is a mistake of ours, but the user must not see success.
            None if problems.is_empty() => problems.push(Problem::new(Span::default(), "this file could not be read")),
            _ => {}
        }
        Err(Problems::cut(self.source, problems, self.more.get()))
    }
}
