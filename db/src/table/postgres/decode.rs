//! A cell of a result, from the server's binary form.

use chrono::{DateTime, NaiveDate, Utc};
use overnight_framework::params::parse_json;
use overnight_framework::row::decimal::Decimal;
use overnight_framework::row::{Type, Value};

use super::numeric::{self, NotDecimal};
use super::wire::{EPOCH_DAY, EPOCH_MICROS, Wire};
use crate::table::query::ReadProblem;

/// The value of `bytes`, which the server sent as `wire`, in the type `wanted`. Only what loses nothing is converted:
/// integers to decimals, single floats to double ones.
#[inline]
pub(super) fn decode(wire: Wire, wanted: Type, bytes: &[u8]) -> Result<Value, ReadProblem> {
    let value = natural(wire, bytes)?;
    match (value, wanted) {
        (Value::Int(number), Type::Decimal) => Ok(Value::Decimal(Decimal::from(number))),
        (value, _) => Ok(value),
    }
}

/// The value of `bytes` in the type that `wire` has by itself.
pub(super) fn natural(wire: Wire, bytes: &[u8]) -> Result<Value, ReadProblem> {
    Ok(match wire {
        Wire::Bool => Value::Bool(fixed::<1>(bytes)? != [0]),
        Wire::Int2 => Value::Int(i16::from_be_bytes(fixed(bytes)?).into()),
        Wire::Int4 => Value::Int(i32::from_be_bytes(fixed(bytes)?).into()),
        Wire::Int8 => Value::Int(i64::from_be_bytes(fixed(bytes)?)),
        Wire::Float4 => Value::Float(f32::from_be_bytes(fixed(bytes)?).into()),
        Wire::Float8 => Value::Float(f64::from_be_bytes(fixed(bytes)?)),
        Wire::Numeric => Value::Decimal(numeric::decode(bytes).map_err(not_decimal)?),
        Wire::Text => Value::Str(text(bytes)?.into()),
        Wire::Bytea => Value::Bytes(bytes.into()),
        Wire::Date => Value::Date(day(i32::from_be_bytes(fixed(bytes)?))?),
        Wire::Timestamp | Wire::Timestamptz => Value::DateTime(instant(i64::from_be_bytes(fixed(bytes)?))?),
        Wire::Uuid => Value::Str(uuid(fixed(bytes)?).into()),
        Wire::Json => json(bytes)?,
        Wire::Jsonb => json(bytes.strip_prefix(&[1]).ok_or(ReadProblem::Malformed)?)?,
    })
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], ReadProblem> {
    bytes.try_into().map_err(|_| ReadProblem::Malformed)
}

fn text(bytes: &[u8]) -> Result<&str, ReadProblem> {
    str::from_utf8(bytes).map_err(|_| ReadProblem::NotText)
}

fn not_decimal(problem: NotDecimal) -> ReadProblem {
    match problem {
        NotDecimal::NotANumber => ReadProblem::NotANumber,
        NotDecimal::Digits => ReadProblem::Digits,
        NotDecimal::Malformed => ReadProblem::Malformed,
    }
}

fn day(number: i32) -> Result<NaiveDate, ReadProblem> {
    match number {
        i32::MAX | i32::MIN => Err(ReadProblem::Infinite),
        _ => number.checked_add(EPOCH_DAY).and_then(NaiveDate::from_num_days_from_ce_opt).ok_or(ReadProblem::Year),
    }
}

fn instant(number: i64) -> Result<DateTime<Utc>, ReadProblem> {
    match number {
        i64::MAX | i64::MIN => Err(ReadProblem::Infinite),
        _ => number.checked_add(EPOCH_MICROS).and_then(DateTime::from_timestamp_micros).ok_or(ReadProblem::Year),
    }
}

fn uuid(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text
}

fn json(bytes: &[u8]) -> Result<Value, ReadProblem> {
    Ok(Value::Json(Box::new(parse_json(text(bytes)?)?)))
}
