//! SQL texts as users write them: several statements, with `:name` where a parameter goes.

mod lexer;
mod split;

use std::collections::BTreeMap;
use std::ops::Range;

use overnight_framework::row::Value;
use overnight_framework::suggest;
use thiserror::Error;

use self::lexer::Token;
use super::error::did_you_mean;
use crate::session::Backend;

/// The values of the `:name` parameters of a text. A name that the text does not use does no harm.
pub type Parameters = BTreeMap<String, Value>;

/// The statements of `text`, in their order. Semicolons in strings, comments, dollar quotes, parentheses and the bodies
/// of functions and triggers separate nothing.
///
/// # Errors
/// What is wrong, with line and column: a string, quoted name, comment or dollar quote without its end, a parenthesis
/// too many or too few, a placeholder of the database's own (`$1`, `?`), a statement that would begin or end a
/// transaction, a `COPY` from or to the client.
///
/// ```
/// use overnight_db::Backend;
/// use overnight_db::table::statements;
///
/// let found = statements("DELETE FROM a WHERE day = :day; ANALYZE a -- done;", Backend::Postgres)?;
/// assert_eq!(found.len(), 2);
/// assert_eq!(found[0].parameters().collect::<Vec<_>>(), ["day"]);
/// # Ok::<(), overnight_db::table::ScriptError>(())
/// ```
pub fn statements(text: &str, backend: Backend) -> Result<Vec<Statement>, ScriptError> {
    split::split(text, backend)
}

/// The one statement of `text`, as a query has it.
pub(super) fn single(text: &str, backend: Backend) -> Result<Statement, ScriptError> {
    let mut found = statements(text, backend)?.into_iter();
    match (found.next(), found.next()) {
        (Some(statement), None) => Ok(statement),
        (Some(_), Some(second)) => {
            Err(ScriptError { problem: ScriptProblem::Several, line: second.line, column: second.column })
        }
        (None, _) => Err(ScriptError { problem: ScriptProblem::Nothing, line: 1, column: 1 }),
    }
}

/// One statement of a text.
#[derive(Clone, Debug)]
pub struct Statement {
    template: Template,
    parameters: Vec<Parameter>,
    verb: Box<str>,
    line: usize,
    column: usize,
}

/// A parameter, and the byte of the text at which it first stands.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    name: Box<str>,
    start: usize,
}

impl Statement {
    /// The names of its parameters, each once, in the order in which they first stand.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|parameter| &*parameter.name)
    }

    /// Where in the text a parameter first stands, in bytes, its colon included.
    #[must_use]
    pub fn place_of(&self, parameter: &str) -> Option<Range<usize>> {
        let found = self.parameters.iter().find(|known| *known.name == *parameter)?;
        Some(found.start..found.start + ":".len() + found.name.len())
    }

    /// The word that says what it does, in upper case: `INSERT` in `WITH … INSERT`.
    #[must_use]
    pub fn verb(&self) -> &str {
        &self.verb
    }

    /// The line of the text on which it starts, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Whether the database counts rows for it that it changed.
    pub(super) fn changes_rows(&self) -> bool {
        matches!(&*self.verb, "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE")
    }

    pub(super) fn template(&self) -> &Template {
        &self.template
    }

    /// The values of its parameters, in the order of their numbers.
    pub(super) fn values<'p>(&self, parameters: &'p Parameters) -> Result<Vec<&'p Value>, ScriptError> {
        let value = |name: &str| {
            parameters.get(name).ok_or_else(|| {
                let nearest = suggest::nearest(name, parameters.keys().map(String::as_str)).map(str::to_owned);
                let problem = ScriptProblem::NoParameter { name: name.to_owned(), nearest };
                ScriptError { problem, line: self.line, column: self.column }
            })
        };
        self.parameters().map(value).collect()
    }
}

/// The text of a statement in pieces: plain ones, and the numbers of the values that go between them.
///
/// A value is bound where its number first stands, and the numbers count up from 0 there; where it stands again, the
/// text names the same placeholder, so that Postgres sees that two expressions are equal.
#[derive(Clone, Debug, Default)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Sql(Box<str>),
    Value(usize),
}

impl Template {
    pub(super) fn sql(mut self, text: impl Into<Box<str>>) -> Self {
        self.0.push(Piece::Sql(text.into()));
        self
    }

    pub(super) fn value(mut self, number: usize) -> Self {
        self.0.push(Piece::Value(number));
        self
    }

    pub(super) fn template(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.0
    }
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}, column {column}: {problem}")]
pub struct ScriptError {
    /// What is wrong.
    #[source]
    pub problem: ScriptProblem,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
}

/// What can be wrong with a text.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptProblem {
    /// A string without its end.
    #[error("this string has no end")]
    String,
    /// A quoted name without its end.
    #[error("this quoted name has no end")]
    Identifier,
    /// A comment without its end.
    #[error("this comment has no end")]
    Comment,
    /// A dollar quote without its end.
    #[error("this dollar quote has no end: {0} is missing")]
    DollarQuote(String),
    /// A closing parenthesis too many.
    #[error("this parenthesis closes nothing")]
    Closing,
    /// A closing parenthesis too few.
    #[error("this parenthesis is never closed")]
    Opening,
    /// The database's own placeholder, for which there would be no value.
    #[error("write parameters as `:name`, not as `{0}`")]
    Placeholder(String),
    /// The transaction is the step's: rows and checkpoint commit together.
    #[error("{0} is not for a step's text: its statements run in one transaction, which the step begins and ends")]
    Transaction(String),
    /// The client's side of COPY.
    #[error("COPY from or to the client is not for a step's text: use a table writer or reader")]
    Copy,
    /// A query of several statements.
    #[error("a query is one statement, and here starts a second")]
    Several,
    /// No statement at all.
    #[error("there is no statement")]
    Nothing,
    /// A parameter for which there is no value.
    #[error("there is no parameter `{name}`{}; a colon of a slice needs a space behind it", did_you_mean(nearest.as_deref()))]
    NoParameter {
        /// Its name.
        name: String,
        /// The most likely meant one.
        nearest: Option<String>,
    },
}

impl ScriptError {
    fn at(text: &str, offset: usize, problem: ScriptProblem) -> Self {
        let (line, column) = place(text, offset);
        Self { problem, line, column }
    }

    fn of(text: &str, token: Token, problem: impl FnOnce(String) -> ScriptProblem) -> Self {
        let word = text.get(token.start..token.end).unwrap_or_default();
        Self::at(text, token.start, problem(word.to_owned()))
    }
}

/// Line and column of a byte, counted from 1, the column in characters.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count());
    (before.matches('\n').count() + 1, column + 1)
}
