//! What can be wrong with a query or its result.

use overnight_framework::params::JsonError;
use overnight_framework::row::Type;
use thiserror::Error;

use crate::session::Backend;
use crate::table::error::did_you_mean;
use crate::table::problem::CellProblem;
use crate::table::script::ScriptError;

/// Why a query cannot be read, or a statement not be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The text itself.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The result lacks a column that is to be read.
    #[error("the result has no column {column:?}{}", did_you_mean(nearest.as_deref()))]
    NoColumn {
        /// The column.
        column: String,
        /// The most likely meant one.
        nearest: Option<String>,
    },
    /// The result has a column twice.
    #[error("the result has the column {column:?} more than once: give one of them another name with AS")]
    Ambiguous {
        /// The column.
        column: String,
    },
    /// The column of the result has another type than was declared.
    #[error("column {column:?} of the result is {found}, which is not read as {declared}: {}", remedy(*.fits))]
    Type {
        /// The column.
        column: String,
        /// Its type in the database.
        found: String,
        /// The type it was declared with.
        declared: Type,
        /// The type to declare instead, if there is one.
        fits: Option<Type>,
    },
    /// A paged query has no key.
    #[error("a query that is read page by page needs the columns of a key")]
    NoKey,
    /// A column of the key is not read.
    #[error("the key column {column:?} is not among the columns that are read{}", did_you_mean(nearest.as_deref()))]
    KeyColumn {
        /// The column.
        column: String,
        /// The most likely meant one.
        nearest: Option<String>,
    },
    /// A column of the key has a type that gives no order there.
    #[error("the key column {column:?} is {kind}, which gives no reliable order on {backend}: choose another column")]
    KeyType {
        /// The column.
        column: String,
        /// Its type.
        kind: Type,
        /// The database.
        backend: Backend,
    },
    /// Some rows have a null in the key.
    #[error(
        "the key ({columns}) is null in some rows, and paging would lose them: leave them out in the query, or choose another key"
    )]
    NullKey {
        /// The columns of the key.
        columns: String,
    },
    /// Two rows have the same key.
    #[error(
        "the key ({columns}) is not unique: there are two rows with {key}, and paging would lose one; add a column to the key"
    )]
    NotUnique {
        /// The columns of the key.
        columns: String,
        /// The key that is there twice.
        key: String,
    },
    /// The key to start behind is of another query.
    #[error(
        "cannot go on behind {key}: that is not a key ({columns}) of this query, it was checkpointed by another one"
    )]
    ForeignKey {
        /// The columns of the key.
        columns: String,
        /// The key that was given.
        key: String,
    },
    /// A cell that cannot be read.
    #[error("column {column:?} of {row} {problem}")]
    Cell {
        /// The column.
        column: String,
        /// The row, by its key or number.
        row: String,
        /// What is wrong.
        #[source]
        problem: ReadProblem,
    },
    /// The value of a parameter that the database does not take.
    #[error("parameter {name:?} {problem}")]
    Parameter {
        /// The parameter.
        name: String,
        /// What is wrong.
        #[source]
        problem: CellProblem,
    },
    /// The connection is not of the database that the query was opened on.
    #[error("the query was opened on another database than the connection's")]
    OtherDatabase,
    /// The database refused the statement that starts on this line.
    #[error("the database refused the statement on line {line}")]
    Statement {
        /// The line of the text.
        line: usize,
        /// What the database said.
        #[source]
        source: diesel::result::Error,
    },
}

impl QueryError {
    pub(in crate::table) fn at(line: usize) -> impl Fn(diesel::result::Error) -> Self {
        move |source| Self::Statement { line, source }
    }
}

fn remedy(fits: Option<Type>) -> String {
    match fits {
        Some(kind) => format!("declare it as {kind}, or cast it in the query"),
        None => "cast it in the query".to_owned(),
    }
}

/// What is wrong with a cell of a result. The messages read on from the name of column and row.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadProblem {
    /// Null in a column that was not declared nullable.
    #[error("is null, and it is not declared nullable")]
    Null,
    /// Null in the key.
    #[error("is null, and it is part of the key: paging would lose such rows")]
    NullKey,
    /// More digits than a decimal has.
    #[error("has more digits than a decimal holds: round or cast it in the query")]
    Digits,
    /// NaN or an infinity in a decimal column.
    #[error("is NaN or infinite, which no decimal is")]
    NotANumber,
    /// `infinity` in a date or a time.
    #[error("is infinite, which no date or datetime is")]
    Infinite,
    /// A year beyond the calendar.
    #[error("is too far from our time for a date or datetime")]
    Year,
    /// Bytes that are no text.
    #[error("is no text in UTF-8")]
    NotText,
    /// No JSON document, or one with two values of the same name.
    #[error("is no JSON document: {0}")]
    Json(String),
    /// A JSON document with a number that would be another one after it was read.
    #[error("is a JSON document with a number of more digits than are kept: cast it to a text in the query")]
    JsonDigits,
    /// A value of SQLite that is not what was declared.
    #[error("is the {found} {value}, which is not read as {declared}{hint}")]
    Stored {
        /// The storage class.
        found: &'static str,
        /// The value, shortened.
        value: String,
        /// The type the column was declared with.
        declared: Type,
        /// What to do, after a semicolon.
        hint: &'static str,
    },
    /// A type that this program has no value for.
    #[error("is {0}, for which there is no value here: cast it in the query")]
    NoValue(String),
    /// Bytes that the server should not have sent.
    #[error("came in a form that is not that of its type")]
    Malformed,
}

impl From<JsonError> for ReadProblem {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Digits => Self::JsonDigits,
            error => Self::Json(error.to_string()),
        }
    }
}
