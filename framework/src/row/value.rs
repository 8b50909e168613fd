//! One cell of a row.

use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::Type;

/// One cell of a row, or the value of an expression.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing. Its type is the type of its column.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A signed integer of 64 bits.
    Int(i64),
    /// A binary floating point number.
    Float(f64),
    /// An exact decimal.
    Decimal(Decimal),
    /// A calendar day.
    Date(NaiveDate),
    /// An instant.
    DateTime(DateTime<Utc>),
    /// A length of time.
    Duration(TimeDelta),
    /// Text.
    Str(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// A JSON document.
    Json(Box<serde_json::Value>),
}

impl Value {
    /// The type of this value; a null has none.
    #[must_use]
    pub fn kind(&self) -> Option<Type> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::Decimal(_) => Type::Decimal,
            Self::Date(_) => Type::Date,
            Self::DateTime(_) => Type::DateTime,
            Self::Duration(_) => Type::Duration,
            Self::Str(_) => Type::Str,
            Self::Bytes(_) => Type::Bytes,
            Self::Json(_) => Type::Json,
        })
    }

    /// Whether this is [`Value::Null`].
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// This value as JSON. Decimals and bytes become strings (bytes in hexadecimal), because JSON numbers
    /// lose digits in most readers.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Float(value) => (*value).into(),
            Self::Json(value) => (**value).clone(),
            Self::Decimal(_)
            | Self::Date(_)
            | Self::DateTime(_)
            | Self::Duration(_)
            | Self::Str(_)
            | Self::Bytes(_) => self.to_string().into(),
        }
    }
}

/// The text of a value as a CSV cell or an interpolated string shows it: a null is empty, instants are RFC 3339 in UTC,
/// decimals keep their scale.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Decimal(value) => value.fmt(f),
            Self::Date(value) => value.fmt(f),
            Self::DateTime(value) => f.write_str(&value.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Duration(value) => value.fmt(f),
            Self::Str(value) => f.write_str(value),
            Self::Bytes(value) => value.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Json(value) => value.fmt(f),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Decimal(number)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}
