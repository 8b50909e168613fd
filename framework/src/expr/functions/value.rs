//! What functions share: access to arguments, and values out of JSON.

use std::borrow::Cow;

use crate::row::decimal::{self, Decimal};
use crate::row::{Type, Value};

use super::{Outcome, number, text, time};

type Fault = Cow<'static, str>;

/// The argument itself: conversions to the type it has already.
pub(super) fn same(value: &Value) -> Outcome {
    Ok(value.clone())
}

/// A text argument. The checker lets nothing else through.
pub(in crate::expr) fn text_value(value: &Value) -> Result<&str, Fault> {
    match value {
        Value::Str(text) => Ok(text),
        other => Err(unfit(other, Type::Str)),
    }
}

/// An integer argument.
pub(super) fn int_value(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Int(number) => Ok(*number),
        other => Err(unfit(other, Type::Int)),
    }
}

/// What to say of a value that is not of the type the checker has proved: only a reader that breaks its own schema
/// leads here.
pub(super) fn unfit(value: &Value, wanted: Type) -> Fault {
    let found = value.kind().map_or("null", Type::name);
    format!("a value of type {found} stands where type {wanted} was declared").into()
}

/// A JSON scalar as a value of type `kind`; a null stays null.
pub(in crate::expr) fn from_json(value: &Value, kind: Type) -> Outcome {
    let json = match value {
        Value::Json(json) => &**json,
        other => return Ok(other.clone()),
    };
    match (json, kind) {
        (serde_json::Value::Null, _) => Ok(Value::Null),
        (_, Type::Json) => Ok(value.clone()),
        (serde_json::Value::Bool(truth), Type::Bool) => Ok(Value::Bool(*truth)),
        (serde_json::Value::String(text), Type::Str) => Ok(Value::from(text.as_str())),
        (serde_json::Value::Number(_), Type::Int) => number::int(value),
        (serde_json::Value::Number(_) | serde_json::Value::String(_), Type::Decimal) => number::decimal(value),
        (serde_json::Value::String(_), Type::Date) => time::date(value),
        (serde_json::Value::String(_), Type::DateTime) => time::datetime(value),
        (serde_json::Value::String(_), Type::Duration) => time::duration(value),
        _ => Err(format!("{} is no {kind}", excerpt(json)).into()),
    }
}

/// The number of a JSON value. JSON numbers with a fraction have passed through a float: up to 15 digits it gives back
/// what was written; beyond that nobody knows, so those must come as strings.
pub(super) fn json_decimal(json: &serde_json::Value) -> Result<Decimal, Fault> {
    let text = match json {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or(f64::NAN);
            let text = float.to_string();
            if text.bytes().filter(u8::is_ascii_digit).count() > 15 {
                return Err(format!("{text} may have lost digits as a JSON number; send it as a string").into());
            }
            text
        }
        serde_json::Value::Number(number) => number.to_string(),
        other => return Err(format!("{} is no decimal", excerpt(other)).into()),
    };
    decimal::parse(&text).map_err(|error| number::refused(&text, &error))
}

/// A JSON value, shortened for a message.
pub(super) fn excerpt(json: &serde_json::Value) -> String {
    text::quoted(&json.to_string())
}
