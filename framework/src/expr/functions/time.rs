//! Functions of days, instants and durations. Instants are looked at in UTC.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate, NaiveTime};

use crate::row::{Type, Value};
use crate::text::{cel_duration, parse_date, parse_datetime};

use super::value::{excerpt, unfit};
use super::{Outcome, text};

/// `date(x)`.
pub(super) fn date(value: &Value) -> Outcome {
    match written(value) {
        Some(text) => parse_date(text).map(Value::Date).ok_or_else(|| not(text, "a date such as 2026-01-31")),
        None => on(value, Value::Date, "a date such as 2026-01-31"),
    }
}

/// `datetime(x)`.
pub(super) fn datetime(value: &Value) -> Outcome {
    const EXAMPLE: &str = "an instant such as 2026-01-31T22:30:00Z";
    match (written(value), value) {
        (Some(text), _) => parse_datetime(text).map(Value::DateTime).ok_or_else(|| not(text, EXAMPLE)),
        (None, Value::Date(day)) => Ok(Value::DateTime(day.and_time(NaiveTime::MIN).and_utc())),
        (None, Value::Json(json)) => Err(format!("{} is not {EXAMPLE}", excerpt(json)).into()),
        (None, other) => Err(unfit(other, Type::DateTime)),
    }
}

/// `duration(x)`.
pub(super) fn duration(value: &Value) -> Outcome {
    const EXAMPLE: &str = "a duration such as 90s, 1h30m or 7d";
    match (written(value), value) {
        (Some(text), _) => cel_duration(text).map(Value::Duration).ok_or_else(|| not(text, EXAMPLE)),
        (None, Value::Json(json)) => Err(format!("{} is not {EXAMPLE}", excerpt(json)).into()),
        (None, other) => Err(unfit(other, Type::Duration)),
    }
}

/// `days(a, b)`.
pub(super) fn days(from: &Value, to: &Value) -> Outcome {
    let (from, to) = (day_value(from)?, day_value(to)?);
    Ok(Value::Int(to.signed_duration_since(from).num_days()))
}

/// `days360(a, b)`: 30E/360, also called Eurobond basis (ISDA 2006, 4.16 (g)): no rule for the end of February.
pub(super) fn days360(from: &Value, to: &Value) -> Outcome {
    let count =
        |day: NaiveDate| i64::from(day.year()) * 360 + i64::from(day.month()) * 30 + i64::from(day.day().min(30));
    Ok(Value::Int(count(day_value(to)?) - count(day_value(from)?)))
}

/// `year(x)`.
pub(super) fn year(value: &Value) -> Outcome {
    on(value, |day| Value::Int(i64::from(day.year())), "a date")
}

/// `month(x)`.
pub(super) fn month(value: &Value) -> Outcome {
    on(value, |day| Value::Int(i64::from(day.month())), "a date")
}

/// `day(x)`.
pub(super) fn day(value: &Value) -> Outcome {
    on(value, |day| Value::Int(i64::from(day.day())), "a date")
}

fn on(value: &Value, answer: impl FnOnce(NaiveDate) -> Value, wanted: &str) -> Outcome {
    match value {
        Value::DateTime(instant) => Ok(answer(instant.date_naive())),
        Value::Json(json) => Err(format!("{} is not {wanted}", excerpt(json)).into()),
        other => Ok(answer(day_value(other)?)),
    }
}

fn day_value(value: &Value) -> Result<NaiveDate, Cow<'static, str>> {
    match value {
        Value::Date(day) => Ok(*day),
        other => Err(unfit(other, Type::Date)),
    }
}

/// The text of a string, or of a JSON string.
fn written(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) => Some(text),
        Value::Json(json) => json.as_str(),
        _ => None,
    }
}

fn not(text: &str, wanted: &str) -> Cow<'static, str> {
    format!("{} is not {wanted}", text::quoted(text)).into()
}
