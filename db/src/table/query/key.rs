//! Where a keyset query stands: the key of the last row it gave.

use std::fmt;

use chrono::{NaiveDate, SecondsFormat};
use overnight_framework::row::{Value, decimal};
use serde_json::json;
use thiserror::Error;

/// The key of a row, in the order of the key columns. As JSON it goes into a checkpoint and comes back exactly.
///
/// ```
/// use overnight_db::table::Key;
/// use serde_json::json;
///
/// let key = Key::from_json(&json!([7, "HQ", {"decimal": "1.50"}]))?;
/// assert_eq!(key.to_json(), json!([7, "HQ", {"decimal": "1.50"}]));
/// # Ok::<(), overnight_db::table::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Key(pub(super) Vec<Value>);

/// A checkpoint that holds no key.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0} is not a key that a query has checkpointed")]
pub struct KeyError(String);

impl Key {
    /// The values of the key columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    /// Whether the texts are the same but for upper and lower case and spaces at the end, and all else is equal.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let folded = |text: &str| text.trim_end().to_lowercase();
        self.0.iter().zip(&other.0).all(|pair| match pair {
            (Value::Str(one), Value::Str(other)) => folded(one) == folded(other),
            (one, other) => one == other,
        })
    }

    /// The key for a checkpoint: integers, texts and truths as they are, all others as an object that names the type.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.0.iter().map(value_to_json).collect()
    }

    /// The key of a checkpoint.
    ///
    /// # Errors
    /// [`KeyError`] where this is not what [`to_json`](Self::to_json) has written.
    pub fn from_json(document: &serde_json::Value) -> Result<Self, KeyError> {
        let error = || KeyError(document.to_string());
        let values = document.as_array().filter(|values| !values.is_empty()).ok_or_else(error)?;
        values.iter().map(value_from_json).collect::<Option<_>>().map(Self).ok_or_else(error)
    }
}

fn value_to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Decimal(number) => json!({ "decimal": number.to_string() }),
        // The shortest text that reads back as the same float.
        Value::Float(number) => json!({ "float": number.to_string() }),
        Value::Date(day) => json!({ "date": day.to_string() }),
        Value::DateTime(instant) => json!({ "datetime": instant.to_rfc3339_opts(SecondsFormat::Micros, true) }),
        Value::Bytes(_) => json!({ "bytes": value.to_string() }),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Duration(_) | Value::Json(_) => {
            value.to_json()
        }
    }
}

fn value_from_json(document: &serde_json::Value) -> Option<Value> {
    match document {
        serde_json::Value::Bool(truth) => Some(Value::Bool(*truth)),
        serde_json::Value::Number(number) => number.as_i64().map(Value::Int),
        serde_json::Value::String(text) => Some(Value::from(text.as_str())),
        serde_json::Value::Object(members) => {
            let mut members = members.iter();
            let (name, text) = members.next().filter(|_| members.len() == 0)?;
            typed(name, text.as_str()?)
        }
        serde_json::Value::Null | serde_json::Value::Array(_) => None,
    }
}

fn typed(name: &str, text: &str) -> Option<Value> {
    match name {
        "decimal" => decimal::parse(text).ok().map(Value::Decimal),
        "float" => text.parse().ok().map(Value::Float),
        "date" => text.parse::<NaiveDate>().ok().map(Value::Date),
        "datetime" => text.parse().ok().map(Value::DateTime),
        "bytes" => bytes(text).map(|bytes| Value::Bytes(bytes.into())),
        _ => None,
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    pairs.1.is_empty().then(|| pairs.0.iter().map(byte).collect())?
}

/// The values with commas between them, as messages show them.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, value) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            value.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_checkpoint_exactly() {
        let key = Key(vec![
            Value::Int(i64::MIN),
            Value::Bool(true),
            Value::from("Zürich"),
            Value::Decimal(decimal::parse("-0.0100").unwrap()),
            Value::Float(0.1 + 0.2),
            Value::Date(NaiveDate::from_ymd_opt(2026, 2, 28).unwrap()),
            Value::DateTime("2026-02-28T23:59:59.999999Z".parse().unwrap()),
            Value::Bytes([0, 255, 16].into()),
        ]);
        let text = key.to_json().to_string();
        assert_eq!(Key::from_json(&serde_json::from_str(&text).unwrap()).unwrap(), key);
    }

    #[test]
    fn what_no_query_has_checkpointed_is_refused() {
        for document in [
            json!(null),
            json!([]),
            json!([null]),
            json!([1.5]),
            json!([{ "decimal": "1e3" }]),
            json!([{ "bytes": "abc" }]),
        ] {
            assert!(Key::from_json(&document).is_err(), "{document}");
        }
    }
}
