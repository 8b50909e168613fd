//! What can be wrong with a cell, said before the database sees it.

use std::sync::Arc;

use overnight_framework::row::Type;
use thiserror::Error;

/// A row that the table would refuse, or store otherwise than it is.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("column {column:?} {problem}")]
pub struct RowError {
    /// Which of the rows it is, counted from 0.
    pub index: usize,
    /// The column, as the table spells it.
    pub column: Arc<str>,
    /// What is wrong with its cell.
    #[source]
    pub problem: CellProblem,
}

/// What is wrong with a cell. The messages read on from the name of the column.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CellProblem {
    /// Null where the column takes none.
    #[error("is null, and the table takes no nulls there")]
    Null,
    /// Null in the key of an upsert: the database would insert the row once more each time.
    #[error("is null, and it is part of the key")]
    NullKey,
    /// The row has fewer cells than its schema has columns.
    #[error("is missing: the row has {cells} cells")]
    Missing {
        /// How many it has.
        cells: usize,
    },
    /// The cell is of another type than its schema says.
    #[error("is {found}, which {declared} does not take")]
    Kind {
        /// What it is.
        found: Type,
        /// The type of the column.
        declared: Arc<str>,
    },
    /// A number or a time beyond the range of the column.
    #[error("is {value}, out of the range of {declared}")]
    Range {
        /// The value.
        value: String,
        /// The type of the column.
        declared: Arc<str>,
    },
    /// Digits after the point, or of a second, that the database would round away.
    #[error("is {value}, which {declared} would round")]
    Rounded {
        /// The value.
        value: String,
        /// The type of the column.
        declared: Arc<str>,
    },
    /// More characters than the column takes.
    #[error("has {length} characters, and {declared} takes {limit}")]
    TooLong {
        /// How many it has.
        length: usize,
        /// How many it may have.
        limit: usize,
        /// The type of the column.
        declared: Arc<str>,
    },
    /// Postgres stores no NUL in texts.
    #[error("holds the character NUL, which Postgres does not store")]
    Nul,
    /// A text that is no UUID.
    #[error("is {value:?}, which is no UUID")]
    Uuid {
        /// The text.
        value: String,
    },
    /// SQLite stores NaN as null, without an error.
    #[error("is not a number, and SQLite would store it as null")]
    NotANumber,
}
