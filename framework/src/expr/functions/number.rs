//! Functions of numbers.

use std::borrow::Cow;

use crate::row::decimal::{self, DecimalError};
use crate::row::{Type, Value};

use super::value::{json_decimal, unfit};
use super::{Outcome, text};

/// `decimal(x)`.
pub(super) fn decimal(value: &Value) -> Outcome {
    let number = match value {
        Value::Str(text) => decimal::parse(text).map_err(|error| refused(text, &error))?,
        // `f64` is displayed as the shortest text that reads back as it, without an exponent.
        Value::Float(number) => {
            let text = number.to_string();
            decimal::parse(&text).map_err(|error| refused(&text, &error))?
        }
        Value::Json(json) => json_decimal(json)?,
        other => return Err(unfit(other, Type::Decimal)),
    };
    Ok(Value::Decimal(number))
}

/// `int(x)`: never rounds.
pub(super) fn int(value: &Value) -> Outcome {
    let whole = match value {
        Value::Str(text) => integer_of(text),
        Value::Decimal(number) if number.fract().is_zero() => integer_of(&number.trunc().to_string()),
        Value::Float(number) if number.fract() == 0.0 => integer_of(&number.to_string()),
        Value::Json(json) => match json.as_str() {
            Some(text) => integer_of(text),
            None => json.as_i64(),
        },
        _ => None,
    };
    match (whole, value) {
        (Some(number), _) => Ok(Value::Int(number)),
        (None, Value::Decimal(_) | Value::Float(_)) => {
            Err(format!("{value} is no integer; int() does not round, write round(x, 0) first").into())
        }
        (None, _) => Err(format!("{} is no integer", text::quoted(&value.to_string())).into()),
    }
}

/// `abs(x)`.
pub(super) fn abs(value: &Value) -> Outcome {
    let size = match value {
        Value::Int(number) => number.checked_abs().map(Value::Int),
        Value::Decimal(number) => Some(Value::Decimal(number.abs())),
        Value::Float(number) => Some(Value::Float(number.abs())),
        Value::Duration(length) => Some(Value::Duration(length.abs())),
        other => return Err(unfit(other, Type::Decimal)),
    };
    size.ok_or(Cow::Borrowed("the result is too large for an integer"))
}

/// Why `text` is no decimal.
pub(super) fn refused(text: &str, error: &DecimalError) -> Cow<'static, str> {
    format!("{}: {error}", text::quoted(text)).into()
}

fn integer_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
