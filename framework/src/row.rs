//! Rows as they pass through a declared step: values, column types and schemas, without any I/O.

pub mod decimal;
mod record;
mod value;

use std::fmt;
use std::sync::Arc;

pub use self::record::{Cell, Cells, ColumnOf, Missing, Record};
pub use self::value::Value;

/// One record of a declared step. The names and types of its cells stand in the [`Schema`] of the step, once.
pub type Row = Vec<Value>;

/// The type of a column.
///
/// `Float` exists only for data that are floats already; money is `Decimal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A signed integer of 64 bits.
    Int,
    /// A binary floating point number of 64 bits.
    Float,
    /// An exact decimal of at most 28 digits.
    Decimal,
    /// A calendar day without a zone.
    Date,
    /// An instant, to the microsecond.
    DateTime,
    /// A length of time. Expressions make it; no column stores it.
    Duration,
    /// Text.
    Str,
    /// Bytes that are no text.
    Bytes,
    /// A JSON document.
    Json,
}

impl Type {
    /// The types a column can be declared with, in the order the documentation lists them.
    pub const COLUMN: [Self; 9] = [
        Self::Bool,
        Self::Int,
        Self::Decimal,
        Self::Float,
        Self::Str,
        Self::Date,
        Self::DateTime,
        Self::Bytes,
        Self::Json,
    ];

    /// The word for this type in job files and in messages.
    ///
    /// ```
    /// use overnight_framework::row::Type;
    ///
    /// assert_eq!(Type::DateTime.name(), "datetime");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::Float => "float",
            Self::Decimal => "decimal",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Duration => "duration",
            Self::Str => "string",
            Self::Bytes => "bytes",
            Self::Json => "json",
        }
    }

    /// The column type called `name` in job files, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::COLUMN.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A column of a [`Schema`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name by which expressions and writers know the column.
    pub name: Box<str>,
    /// What its cells hold.
    pub kind: Type,
    /// Whether a cell may be [`Value::Null`].
    pub nullable: bool,
}

impl Column {
    /// A column that is never null.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>, kind: Type) -> Self {
        Self { name: name.into(), kind, nullable: false }
    }

    /// The same column, but its cells may be null.
    #[must_use]
    pub fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }
}

/// The columns of the rows of one step, in the order of the cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    columns: Vec<Column>,
}

impl Schema {
    /// A schema of these columns. Their names must differ; the reader of a job file has checked that.
    #[must_use]
    pub fn new(columns: Vec<Column>) -> Arc<Self> {
        Arc::new(Self { columns })
    }

    /// The columns, in the order of the cells.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Where the cells of the column `name` stand in a row.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| &*column.name == name)
    }

    /// The names of the columns, for messages.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| &*column.name)
    }

    /// `row` as a JSON object: what a dead letter keeps of it. Decimals become strings, so that no digit is lost.
    #[must_use]
    pub fn to_json(&self, row: &[Value]) -> serde_json::Value {
        let cells = self.columns.iter().zip(row);
        cells.map(|(column, value)| (column.name.to_string(), value.to_json())).collect()
    }
}
