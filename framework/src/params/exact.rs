//! JSON that keeps its digits: `serde_json` reads what is no integer of 64 bits as a float, and two numbers that differ
//! would become one.

use thiserror::Error;

use super::distinct::Distinct;

/// Why [`parse_json`] does not take a text.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JsonError {
    /// It is no JSON, or a name stands twice in an object of it.
    #[error(transparent)]
    Syntax(#[from] serde_json::Error),
    /// A number in it is neither an integer of 64 bits nor the very value of a float.
    #[error("a number in it has more digits than are kept: send it as a text")]
    Digits,
}

/// A JSON document, unless reading it would lose something: digits of a number, or one of two values of the same name in an
/// object.
///
/// ```
/// use overnight_framework::params::{JsonError, parse_json};
///
/// assert!(parse_json(r#"{"id": 18446744073709551615, "rate": 0.0375}"#).is_ok());
/// assert!(matches!(parse_json(r#"{"id": 184467440737095516150}"#), Err(JsonError::Digits)));
/// assert!(matches!(parse_json(r#"{"id": 1, "id": 2}"#), Err(JsonError::Syntax(_))));
/// ```
///
/// # Errors
/// When it is no JSON, or would not be the same after it was read.
pub fn parse_json(text: &str) -> Result<serde_json::Value, JsonError> {
    let Distinct(json) = serde_json::from_str(text)?;
    if keeps_digits(text) { Ok(json) } else { Err(JsonError::Digits) }
}

/// Whether every number of a JSON text survives being read.
pub(crate) fn keeps_digits(json: &str) -> bool {
    numbers(json).all(survives)
}

/// The number tokens of a JSON text.
fn numbers(json: &str) -> impl Iterator<Item = &str> {
    let mut in_string = false;
    let mut escaped = false;
    let outside = move |letter: char| {
        let was_inside = in_string;
        match letter {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = was_inside && letter == '\\' && !escaped;
        was_inside || !matches!(letter, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')
    };
    json.split(outside).filter(|token| token.contains(|letter: char| letter.is_ascii_digit()))
}

/// Whether a JSON number is an integer of 64 bits, or the very value of the float that is read from it.
pub(crate) fn survives(number: &str) -> bool {
    let as_float = || number.parse::<f64>().ok().filter(|float| float.is_finite());
    number.parse::<i64>().is_ok()
        || number.parse::<u64>().is_ok()
        || as_float().is_some_and(|float| Digits::of(number) == Digits::of(&float.to_string()))
}

/// The significant digits of a number, and the power of ten of the last one: `0.0250` and `2.5e-2` are 25 of -3.
#[derive(PartialEq)]
struct Digits {
    negative: bool,
    digits: String,
    power: i64,
}

impl Digits {
    fn of(number: &str) -> Option<Self> {
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let (negative, whole) = whole.strip_prefix('-').map_or((false, whole), |whole| (true, whole));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let zeros = i64::try_from(all.len() - digits.len()).ok()?;
        let places = i64::try_from(fraction.len()).ok()?;
        let digits = digits.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, power: 0 });
        }
        let power = exponent.parse::<i64>().ok()?.checked_add(zeros)?.checked_sub(places)?;
        Some(Self { negative, digits, power })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_survives_with_all_its_digits_or_not_at_all() {
        for number in [
            "0",
            "-0.0",
            "0e5",
            "1.50",
            "1e-7",
            "1E+3",
            "0.0000001",
            "1e300",
            "-12.5e-3",
            "18446744073709551615",
            "-9223372036854775808",
            "100000000000000000000",
            "0.1",
        ] {
            assert!(survives(number), "{number}");
        }
        for number in ["184467440737095516150", "0.1234567890123456789", "1e400", "1e-400", "-9223372036854775809"] {
            assert!(!survives(number), "{number}");
        }
    }

    #[test]
    fn a_name_stands_once_in_an_object_at_any_depth() {
        let nested = r#"[null, true, -1, 18446744073709551615, 1.5, "ü\n", {"a": {"b": 1}, "b": {"a": [{}]}}]"#;
        assert_eq!(parse_json(nested).ok(), serde_json::from_str(nested).ok());
        for text in [r#"{"a": 1, "a": 1}"#, r#"[{"m": {"b": 2, "b": 99}}]"#, r#"{"a": 1, "\u0061": 2}"#] {
            assert!(matches!(parse_json(text), Err(JsonError::Syntax(_))), "{text}");
        }
    }

    #[test]
    fn digits_within_texts_are_no_numbers() {
        assert!(keeps_digits(r#"{"1e400 \u00fc \" 99999999999999999999": "0.1234567890123456789\\"}"#));
        assert!(!keeps_digits(r#"["\\", 99999999999999999999]"#));
    }
}
