//! A cell of a result of SQLite, where every cell has a type of its own.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::deserialize::FromSql;
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteType as Class, SqliteValue};
use overnight_framework::params::parse_json;
use overnight_framework::row::decimal::{self, Decimal};
use overnight_framework::row::{Type, Value};

use super::cells::instant_text;
use crate::table::query::ReadProblem;

/// How much of a value a message shows.
const SHOWN: usize = 40;

/// A cell in its storage class. Null is no cell.
pub(super) enum Stored {
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// Which cells are read as a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// All that mean the same.
    Any,
    /// Only the one that is written: a key is compared with what is stored.
    Key,
}

impl Stored {
    pub(super) fn read(mut value: SqliteValue<'_, '_, '_>) -> Result<Self, ReadProblem> {
        Ok(match value.value_type() {
            Some(Class::Binary) => Self::Blob(value.read_blob().to_vec()),
            Some(Class::Float | Class::Double) => Self::Real(value.read_double()),
            Some(Class::SmallInt | Class::Integer | Class::Long) => Self::Integer(value.read_long()),
            Some(Class::Text) | None => {
                Self::Text(<String as FromSql<Text, Sqlite>>::from_sql(value).map_err(|_| ReadProblem::NotText)?)
            }
        })
    }

    /// The value in the type that its class has by itself.
    pub(super) fn natural(self) -> Value {
        match self {
            Self::Integer(number) => Value::Int(number),
            Self::Real(number) => Value::Float(number),
            Self::Text(text) => Value::Str(text.into()),
            Self::Blob(bytes) => Value::Bytes(bytes.into()),
        }
    }

    /// The value in the type `wanted`.
    pub(super) fn value(self, wanted: Type, form: Form) -> Result<Value, ReadProblem> {
        let read = match (&self, wanted) {
            (Self::Integer(number), Type::Int) => Some(Value::Int(*number)),
            (Self::Integer(number @ (0 | 1)), Type::Bool) => Some(Value::Bool(*number == 1)),
            (Self::Integer(number), Type::Decimal) => Some(Value::Decimal(Decimal::from(*number))),
            (Self::Integer(number), Type::Float) => exact_float(*number),
            (Self::Integer(number), Type::Str) if form == Form::Any => Some(Value::Str(number.to_string().into())),
            (Self::Real(number), Type::Float) => Some(Value::Float(*number)),
            (Self::Text(text), Type::Decimal) => decimal::parse(text).ok().map(Value::Decimal),
            (Self::Text(text), Type::Date) => day(text).map(Value::Date),
            (Self::Text(text), Type::DateTime) => instant(text, form).map(Value::DateTime),
            (Self::Text(text), Type::Json) => Some(json(text)?),
            (Self::Text(_), Type::Str) | (Self::Blob(_), Type::Bytes) => return Ok(self.natural()),
            _ => None,
        };
        read.ok_or_else(|| self.unlike(wanted, form))
    }

    #[cold]
    fn unlike(&self, wanted: Type, form: Form) -> ReadProblem {
        let (found, value) = match self {
            Self::Integer(number) => ("integer", number.to_string()),
            Self::Real(number) => ("float", number.to_string()),
            Self::Text(text) => ("text", format!("{:?}", text.chars().take(SHOWN).collect::<String>())),
            Self::Blob(bytes) => ("blob", format!("of {} bytes", bytes.len())),
        };
        let hint = match (self, wanted, form) {
            (Self::Real(_), Type::Decimal, _) => {
                "; a float has lost its exact digits: store decimals as TEXT, or read it as a float"
            }
            (Self::Text(_), Type::DateTime, Form::Key) => {
                "; in a key it has to be written as 2026-03-31T22:15:00.000000Z, or the column be read as a string"
            }
            (Self::Text(_), Type::DateTime, Form::Any) => "; it is written as 2026-03-31T22:15:00.000000Z",
            (Self::Text(_), Type::Date, _) => "; it is written as 2026-03-31",
            (Self::Integer(_), Type::Str, Form::Key) => "; in a key every cell has to be a text",
            _ => "",
        };
        ReadProblem::Stored { found, value, declared: wanted, hint }
    }
}

/// A column that holds floats may hold whole ones as integers; beyond 53 bits they are no floats.
#[expect(clippy::cast_precision_loss, reason = "compared before")]
fn exact_float(number: i64) -> Option<Value> {
    (number.unsigned_abs() <= 1 << 53).then_some(Value::Float(number as f64))
}

/// `2026-03-31` and nothing else: what is written otherwise would neither sort nor compare.
fn day(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (text.len() == 10 && text.as_bytes().first().is_some_and(u8::is_ascii_digit)).then_some(day)
}

/// RFC 3339, or what SQLite's own `datetime()` writes, in UTC.
fn instant(text: &str, form: Form) -> Option<DateTime<Utc>> {
    let rfc = DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc());
    let instant =
        rfc.or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok().map(|time| time.and_utc()))?;
    (form == Form::Any || instant_text(instant) == text).then_some(instant)
}

fn json(text: &str) -> Result<Value, ReadProblem> {
    Ok(Value::Json(Box::new(parse_json(text)?)))
}
