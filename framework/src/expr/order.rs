//! When two values are equal, and which is the smaller.

use std::cmp::Ordering;

use crate::row::{Value, decimal};

/// Whether a value is nothing: null, or the null of JSON.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Json(json) => json.is_null(),
        _ => false,
    }
}

/// Equality as CEL has it: a null equals only a null, numbers are equal by value whatever their type or scale, a JSON
/// value equals the scalar it holds.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Json(a), Value::Json(b)) => a == b,
        _ if is_nothing(a) || is_nothing(b) => is_nothing(a) && is_nothing(b),
        (Value::Json(json), scalar) | (scalar, Value::Json(json)) => holds(json, scalar),
        (Value::Str(a), Value::Str(b)) => a == b,
        _ => order(a, b) == Some(Ordering::Equal),
    }
}

/// The order of two values of one type; none between types, and none for a float that is no number.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Decimal(a), Value::Decimal(b)) => Some(decimal::compare(a, b)),
        (Value::Int(a), Value::Decimal(b)) => Some(decimal::compare(&(*a).into(), b)),
        (Value::Decimal(a), Value::Int(b)) => Some(decimal::compare(a, &(*b).into())),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn holds(json: &serde_json::Value, scalar: &Value) -> bool {
    match (json, scalar) {
        (serde_json::Value::Bool(a), Value::Bool(b)) => a == b,
        (serde_json::Value::String(a), Value::Str(b)) => **a == **b,
        (serde_json::Value::Number(a), Value::Int(b)) => a.as_i64() == Some(*b),
        // The same shortest text that decimal(x) reads.
        (serde_json::Value::Number(a), Value::Decimal(b)) => {
            let float = if a.is_f64() { a.as_f64() } else { None };
            decimal::parse(&float.map_or_else(|| a.to_string(), |float| float.to_string())) == Ok(*b)
        }
        _ => false,
    }
}
