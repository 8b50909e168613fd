//! Texts of parameters, cells and settings read as values of a type.

use super::ParamType;
use crate::row::{Value, decimal};
use crate::text::{parse_date, parse_datetime, parse_duration};

/// Reads `text` as a value of `kind`; `None` when it is none.
pub(crate) fn parse(kind: ParamType, text: &str) -> Option<Value> {
    match kind {
        ParamType::String | ParamType::Path => Some(Value::from(text)),
        ParamType::Integer => text.parse().ok().filter(|_| !text.starts_with('+')).map(Value::Int),
        ParamType::Decimal => decimal::parse(text).ok().map(Value::Decimal),
        ParamType::Boolean => text.parse().ok().map(Value::Bool),
        ParamType::Date => parse_date(text).map(Value::Date),
        ParamType::DateTime => parse_datetime(text).map(Value::DateTime),
        ParamType::Duration => parse_duration(text).map(Value::Duration),
        ParamType::Json => serde_json::from_str(text).ok().map(|json| Value::Json(Box::new(json))),
    }
}
