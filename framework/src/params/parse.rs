//! Texts of parameters, cells and settings read as values of a type.

use super::ParamType;
use super::exact::parse_json;
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
        ParamType::Json => parse_json(text).ok().map(|json| Value::Json(Box::new(json))),
    }
}

/// A value of `kind` as it was stored: what [`to_canonical`](super::key::to_canonical) made of it, read back. It was
/// checked when it was given, so nothing is refused here but another type.
pub(crate) fn stored(kind: ParamType, json: &serde_json::Value) -> Option<Value> {
    use serde_json::Value as Json;
    match (kind, json) {
        (_, Json::Null) => Some(Value::Null),
        (ParamType::Json, _) => Some(Value::Json(Box::new(json.clone()))),
        (ParamType::Integer, Json::Number(number)) => number.as_i64().map(Value::Int),
        (ParamType::Boolean, Json::Bool(truth)) => Some(Value::Bool(*truth)),
        (ParamType::Integer | ParamType::Boolean, _) => None,
        (_, Json::String(text)) => parse(kind, text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::key::to_canonical;

    #[test]
    fn every_value_comes_back_from_its_stored_form() {
        for (kind, text) in [
            (ParamType::String, "null"),
            (ParamType::Path, "/data/in put"),
            (ParamType::Integer, "-9223372036854775808"),
            (ParamType::Decimal, "-0.0000000000000000000000000001"),
            (ParamType::Decimal, "79228162514264337593543950335"),
            (ParamType::Boolean, "false"),
            (ParamType::Date, "0001-01-01"),
            (ParamType::DateTime, "2026-10-30T22:00:00.000001+02:00"),
            (ParamType::Duration, "0s"),
            (ParamType::Duration, "1ms"),
            (ParamType::Duration, "7d1h30m2s250ms"),
            (ParamType::Json, r#"{"a": [0.0000001, 1e21, 18446744073709551615, null, "7"]}"#),
            (ParamType::Json, r#""007""#),
        ] {
            let value = parse(kind, text).unwrap();
            assert_eq!(stored(kind, &to_canonical(&value)), Some(value), "{kind} {text}");
        }
    }

    #[test]
    fn what_was_stored_for_another_type_is_none() {
        use serde_json::json;
        for (kind, json) in [
            (ParamType::Integer, json!("1")),
            (ParamType::Integer, json!(1.5)),
            (ParamType::Boolean, json!("true")),
            (ParamType::Date, json!("30.10.2026")),
            (ParamType::Decimal, json!(1)),
            (ParamType::String, json!(true)),
        ] {
            assert_eq!(stored(kind, &json), None, "{kind} {json}");
        }
    }
}
