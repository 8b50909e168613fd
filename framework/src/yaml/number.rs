//! What counts as a number, told from its text.

/// A number as types that count in 64 bits take it.
pub(super) enum Value {
    Int(i64),
    /// Beyond the signed range.
    Large(u64),
    /// A fraction, an exponent, or more than 64 bits.
    Float(f64),
}

/// The number that a plain text is by the core schema of YAML 1.2, without its hexadecimal, octal and unfinished forms.
pub(super) fn value(text: &str) -> Option<Value> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, "0"), |(mantissa, rest)| (mantissa, rest));
    if !is_decimal(mantissa) || !is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)) {
        return None;
    }
    let whole = || text.parse().map(Value::Int).or_else(|_| text.parse().map(Value::Large));
    if let Some(whole) = is_integer(text).then(whole).and_then(Result::ok) {
        return Some(whole);
    }
    text.parse().ok().map(Value::Float)
}

/// A whole number without a leading zero, a plus or separators.
pub(super) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    is_digits(digits) && (digits == "0" || !digits.starts_with('0'))
}

/// A whole number, or one with a fraction and digits on both sides of its point.
pub(super) fn is_decimal(text: &str) -> bool {
    match text.split_once('.') {
        Some((whole, fraction)) => is_integer(whole) && is_digits(fraction),
        None => is_integer(text),
    }
}

/// Whether the core schema of YAML 1.2 takes a plain text for something else than a text, however it is written.
pub(super) fn is_of_core_schema(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let has_base = |prefix: &str, base| {
        text.strip_prefix(prefix)
            .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base)))
    };
    matches!(text, "Null" | "NULL" | "True" | "TRUE" | "False" | "FALSE" | ".nan" | ".NaN" | ".NAN")
        || matches!(unsigned, ".inf" | ".Inf" | ".INF")
        || has_base("0x", 16)
        || has_base("0o", 8)
        || is_float(unsigned)
}

/// Digits, of which the point and the exponent may leave some out: `.5`, `5.`, `007`, `1e3`.
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_some = !whole.is_empty() || !fraction.is_empty();
    has_some
        && are_digits(whole)
        && are_digits(fraction)
        && is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

/// The number that was probably meant by a text that is none: `1_000`, `007`, `+5`, `.5`.
pub(super) fn repaired(text: &str) -> Option<String> {
    let without = text.replace(['_', '\''], "");
    let unsigned = without.strip_prefix('+').unwrap_or(&without);
    let (sign, unsigned) = unsigned.strip_prefix('-').map_or(("", unsigned), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let repaired = match fraction.filter(|fraction| !fraction.is_empty()) {
        Some(fraction) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{whole}"),
    };
    (!text.is_empty() && repaired != text && is_decimal(&repaired)).then_some(repaired)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plain_spelling_is_a_number() {
        for text in ["0", "-1", "1000", "999999999999999999999"] {
            assert!(is_integer(text), "{text}");
        }
        for text in ["", "-", "007", "-01", "+5", "1_000", "0x1F", "1e3", "1.0", "٣"] {
            assert!(!is_integer(text), "{text}");
        }
        for text in ["0.0375", "-1.50", "10"] {
            assert!(is_decimal(text), "{text}");
        }
        for text in [".5", "5.", "1.2.3", "1e3", "00.5", "NaN"] {
            assert!(!is_decimal(text), "{text}");
        }
    }

    #[test]
    fn what_yaml_takes_for_no_text_is_known_in_every_spelling() {
        for text in ["007", "+5", ".5", "5.", "1e999", "-1.5E+3", "0x1F", "0o17", ".nan", "-.inf", "TRUE", "Null"] {
            assert!(is_of_core_schema(text), "{text}");
        }
        for text in ["", ".", "-", "e3", "1e", "1_000", "0x", "0xG", "0o8", "yes", "tRUE", "2026-10-30", "1.2.3", "nan"]
        {
            assert!(!is_of_core_schema(text), "{text}");
        }
    }

    #[test]
    fn a_near_number_is_repaired_and_a_word_is_not() {
        let cases = [
            ("1_000", "1000"),
            ("007", "7"),
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("000", "0"),
            ("-0.50_1", "-0.501"),
        ];
        for (text, expected) in cases {
            assert_eq!(repaired(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["many", "", "1e3", "0x1F", "12"] {
            assert_eq!(repaired(text), None, "{text}");
        }
    }
}
