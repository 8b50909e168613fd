//! Functions of text. Positions and sizes count characters, as in CEL.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use crate::row::{Type, Value};

use super::Outcome;
use super::value::{int_value, text_value, unfit};

/// The longest text an expression may make, in bytes. Together with the limits of length and depth it bounds what one
/// evaluation costs.
const MAX_TEXT: usize = 1024 * 1024;

/// The largest compiled form of a regular expression, in bytes: it keeps `(a{1000}){1000}` out.
const MAX_PATTERN: usize = 1024 * 1024;

/// `string(x)`.
pub(super) fn string(value: &Value) -> Outcome {
    match value {
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::from(text)),
            Err(_) => Err("the bytes are not UTF-8".into()),
        },
        Value::Json(json) => Ok(json.as_str().map_or_else(|| Value::Str(json.to_string().into()), Value::from)),
        other => Ok(Value::Str(other.to_string().into())),
    }
}

/// `size(x)`.
pub(super) fn size(value: &Value) -> Outcome {
    let size = match value {
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Json(json) => match &**json {
            serde_json::Value::String(text) => text.chars().count(),
            serde_json::Value::Array(items) => items.len(),
            serde_json::Value::Object(members) => members.len(),
            other => return Err(format!("{} has no size", super::value::excerpt(other)).into()),
        },
        other => return Err(unfit(other, Type::Str)),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

/// `upper(x)`.
pub(super) fn upper(value: &Value) -> Outcome {
    bounded(text_value(value)?.to_uppercase())
}

/// `lower(x)`.
pub(super) fn lower(value: &Value) -> Outcome {
    bounded(text_value(value)?.to_lowercase())
}

/// `trim(x)`.
pub(super) fn trim(value: &Value) -> Outcome {
    Ok(Value::from(text_value(value)?.trim()))
}

/// `replace(x, old, new)`. It stops as soon as the result is too long.
pub(super) fn replace(value: &Value, old: &Value, new: &Value) -> Outcome {
    let (text, old, new) = (text_value(value)?, text_value(old)?, text_value(new)?);
    let mut whole = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, found) in text.match_indices(old) {
        whole.push_str(text.get(rest..at).unwrap_or_default());
        whole.push_str(new);
        shorter(whole.len())?;
        rest = at + found.len();
    }
    whole.push_str(text.get(rest..).unwrap_or_default());
    bounded(whole)
}

/// `substring(x, from)`.
pub(super) fn substring_from(value: &Value, from: &Value) -> Outcome {
    let text = text_value(value)?;
    let from = position(text, int_value(from)?)?;
    Ok(Value::from(text.get(from..).unwrap_or_default()))
}

/// `substring(x, from, to)`.
pub(super) fn substring(value: &Value, from: &Value, to: &Value) -> Outcome {
    let text = text_value(value)?;
    let (from, to) = (int_value(from)?, int_value(to)?);
    if from > to {
        return Err(format!("substring cannot go from {from} to {to}").into());
    }
    let (from, to) = (position(text, from)?, position(text, to)?);
    Ok(Value::from(text.get(from..to).unwrap_or_default()))
}

/// `startsWith(x, y)`.
pub(super) fn starts_with(value: &Value, other: &Value) -> Outcome {
    Ok(Value::Bool(text_value(value)?.starts_with(text_value(other)?)))
}

/// `endsWith(x, y)`.
pub(super) fn ends_with(value: &Value, other: &Value) -> Outcome {
    Ok(Value::Bool(text_value(value)?.ends_with(text_value(other)?)))
}

/// `contains(x, y)`.
pub(super) fn contains(value: &Value, other: &Value) -> Outcome {
    Ok(Value::Bool(text_value(value)?.contains(text_value(other)?)))
}

/// The compiled form of a regular expression.
pub(in crate::expr) fn pattern(text: &str) -> Result<Regex, Cow<'static, str>> {
    let built = RegexBuilder::new(text).size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the regular expression is too large".into(),
        // The crate draws the pattern over several lines; the last one says what is wrong.
        error => {
            let drawn = error.to_string();
            let reason = drawn.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("{} is no regular expression: {reason}", quoted(text)).into()
        }
    })
}

/// Text joined from parts.
pub(in crate::expr) fn join<'a>(parts: impl Iterator<Item = Cow<'a, str>>) -> Outcome {
    let mut whole = String::new();
    for part in parts {
        shorter(whole.len() + part.len())?;
        whole.push_str(&part);
    }
    Ok(Value::Str(whole.into()))
}

/// Refuses a text of so many bytes if that is too long.
pub(in crate::expr) fn shorter(length: usize) -> Result<(), Cow<'static, str>> {
    if length > MAX_TEXT {
        return Err("the text would be longer than 1 MiB".into());
    }
    Ok(())
}

/// A text for messages: in quotes, and not too long.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", crate::expr::parser::shortened(text))
}

fn bounded(text: String) -> Outcome {
    shorter(text.len())?;
    Ok(Value::Str(text.into()))
}

/// The byte at which the character number `index` of `text` begins; one beyond the last is the end.
fn position(text: &str, index: i64) -> Result<usize, Cow<'static, str>> {
    let beyond = || format!("position {index} is outside of {}", quoted(text)).into();
    let index = usize::try_from(index).map_err(|_| beyond())?;
    let ends = std::iter::once(text.len());
    text.char_indices().map(|(at, _)| at).chain(ends).nth(index).ok_or_else(beyond)
}
