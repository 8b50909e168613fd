//! One cell in the binary form of its column: four bytes of length, then the value.

use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use overnight_framework::row::Value;
use overnight_framework::row::decimal::Decimal;

use super::wire::{EPOCH_DAY, EPOCH_MICROS, FIRST_DAY, FIRST_MICROS, Wire};
use super::{Limit, numeric};
use crate::table::problem::CellProblem;

/// The length that stands for null.
const NULL: i32 = -1;

/// How the cells of one column are written.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) wire: Wire,
    pub(super) limit: Limit,
    /// The type of the column as the catalogue spells it.
    pub(super) declared: Arc<str>,
}

impl Slot {
    /// Appends `value`. What it refuses may have been written in part.
    #[inline]
    pub(super) fn put(&self, value: &Value, out: &mut Vec<u8>) -> Result<(), CellProblem> {
        match (self.wire, value) {
            (_, Value::Null) => out.extend_from_slice(&NULL.to_be_bytes()),
            (Wire::Int8, Value::Int(number)) => fixed(&number.to_be_bytes(), out),
            (Wire::Int4, Value::Int(number)) => fixed(&self.narrowed::<i32>(*number)?.to_be_bytes(), out),
            (Wire::Int2, Value::Int(number)) => fixed(&self.narrowed::<i16>(*number)?.to_be_bytes(), out),
            (Wire::Text, Value::Str(text)) => self.text(text, out)?,
            (Wire::Numeric, Value::Decimal(number)) => self.numeric(*number, out)?,
            (Wire::Numeric, Value::Int(number)) => self.numeric(Decimal::from(*number), out)?,
            (Wire::Float8, Value::Float(number)) => fixed(&number.to_be_bytes(), out),
            (Wire::Float4, Value::Float(number)) => fixed(&self.single(*number)?.to_be_bytes(), out),
            (Wire::Bool, Value::Bool(truth)) => fixed(&[u8::from(*truth)], out),
            (Wire::Date, Value::Date(day)) => fixed(&self.day(*day)?.to_be_bytes(), out),
            (Wire::Timestamptz | Wire::Timestamp, Value::DateTime(instant)) => {
                fixed(&self.micros(*instant)?.to_be_bytes(), out);
            }
            (Wire::Bytea, Value::Bytes(bytes)) => sized(out, |out| out.extend_from_slice(bytes)),
            (Wire::Uuid, Value::Str(text)) => fixed(&uuid(text)?, out),
            (Wire::Json | Wire::Jsonb, Value::Json(document)) => self.json(document, out)?,
            (_, other) => return Err(self.unlike(other)),
        }
        Ok(())
    }

    fn narrowed<N: TryFrom<i64>>(&self, number: i64) -> Result<N, CellProblem> {
        N::try_from(number).map_err(|_| self.out_of_range(&number))
    }

    /// A float becomes the nearest single one, as in the server; only what would become infinite is refused.
    #[expect(clippy::cast_possible_truncation, reason = "the column was declared to hold singles")]
    fn single(&self, number: f64) -> Result<f32, CellProblem> {
        let single = number as f32;
        if single.is_infinite() && number.is_finite() { Err(self.out_of_range(&number)) } else { Ok(single) }
    }

    fn text(&self, text: &str, out: &mut Vec<u8>) -> Result<(), CellProblem> {
        if let Limit::Length(limit) = self.limit
            && text.len() > limit
        {
            let length = text.chars().count();
            if length > limit {
                return Err(CellProblem::TooLong { length, limit, declared: self.declared.clone() });
            }
        }
        if text.as_bytes().contains(&0) {
            return Err(CellProblem::Nul);
        }
        sized(out, |out| out.extend_from_slice(text.as_bytes()));
        Ok(())
    }

    fn numeric(&self, number: Decimal, out: &mut Vec<u8>) -> Result<(), CellProblem> {
        if let Limit::Digits { precision, scale } = self.limit {
            if !is_multiple(number, scale) {
                return Err(self.rounded(&number));
            }
            if !is_below(number, i64::from(precision) - i64::from(scale)) {
                return Err(self.out_of_range(&number));
            }
        }
        sized(out, |out| numeric::encode(number, out));
        Ok(())
    }

    fn day(&self, day: NaiveDate) -> Result<i32, CellProblem> {
        let number = day.num_days_from_ce() - EPOCH_DAY;
        if number < FIRST_DAY { Err(self.out_of_range(&day)) } else { Ok(number) }
    }

    fn micros(&self, instant: DateTime<Utc>) -> Result<i64, CellProblem> {
        let micros = instant.timestamp_micros() - EPOCH_MICROS;
        if micros < FIRST_MICROS {
            return Err(self.out_of_range(&instant));
        }
        let digits = if let Limit::Fraction(digits) = self.limit { digits.min(6) } else { 6 };
        let finest = 10_i64.pow(6 - digits);
        if micros % finest != 0 || !instant.timestamp_subsec_nanos().is_multiple_of(1000) {
            return Err(self.rounded(&instant));
        }
        Ok(micros)
    }

    fn json(&self, document: &serde_json::Value, out: &mut Vec<u8>) -> Result<(), CellProblem> {
        if self.wire == Wire::Jsonb && holds_nul(document) {
            return Err(CellProblem::Nul);
        }
        sized(out, |out| {
            if self.wire == Wire::Jsonb {
                // The version of the form, the only one there is.
                out.push(1);
            }
            out.extend_from_slice(document.to_string().as_bytes());
        });
        Ok(())
    }

    #[cold]
    fn unlike(&self, value: &Value) -> CellProblem {
        match value.kind() {
            Some(found) => CellProblem::Kind { found, declared: self.declared.clone() },
            None => CellProblem::Null,
        }
    }

    #[cold]
    fn out_of_range(&self, value: &dyn ToString) -> CellProblem {
        CellProblem::Range { value: value.to_string(), declared: self.declared.clone() }
    }

    #[cold]
    fn rounded(&self, value: &dyn ToString) -> CellProblem {
        CellProblem::Rounded { value: value.to_string(), declared: self.declared.clone() }
    }
}

/// Whether `number` has no digit beyond `scale` places, counting none of the zeros at its end.
fn is_multiple(number: Decimal, scale: i32) -> bool {
    let beyond = i64::from(number.scale()) - i64::from(scale);
    if beyond <= 0 || number.is_zero() {
        return true;
    }
    // Beyond 38 digits the divisor exceeds every mantissa, and only zero is a multiple of it.
    let divisor = u32::try_from(beyond).ok().and_then(|beyond| 10_i128.checked_pow(beyond));
    divisor.is_some_and(|divisor| number.mantissa() % divisor == 0)
}

/// Whether `number` has at most `digits` digits before the point; less than none means zeros after it.
fn is_below(number: Decimal, digits: i64) -> bool {
    let power = digits + i64::from(number.scale());
    if power < 0 || number.is_zero() {
        return number.is_zero();
    }
    let bound = u32::try_from(power).ok().and_then(|power| 10_u128.checked_pow(power));
    bound.is_none_or(|bound| number.mantissa().unsigned_abs() < bound)
}

/// The bytes of a UUID, written with hyphens or without.
fn uuid(text: &str) -> Result<[u8; 16], CellProblem> {
    parse_uuid(text).ok_or_else(|| CellProblem::Uuid { value: text.to_owned() })
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let hyphens = text.match_indices('-').map(|(place, _)| place);
    let well_formed = match text.len() {
        32 => hyphens.count() == 0,
        36 => hyphens.eq([8, 13, 18, 23]),
        _ => false,
    };
    if !well_formed {
        return None;
    }
    let mut bytes = [0; 16];
    let mut digits = text.chars().filter(|digit| *digit != '-').map(|digit| digit.to_digit(16));
    for byte in &mut bytes {
        let (high, low) = (digits.next()??, digits.next()??);
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}

/// Whether a text of the document holds a NUL, which `jsonb` does not store.
fn holds_nul(document: &serde_json::Value) -> bool {
    match document {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(holds_nul),
        serde_json::Value::Object(members) => {
            members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value))
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => false,
    }
}

#[inline]
fn fixed<const N: usize>(bytes: &[u8; N], out: &mut Vec<u8>) {
    out.extend_from_slice(&(N as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Appends what `write` writes, after its length.
#[inline]
fn sized(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use overnight_framework::row::decimal::parse;

    use super::*;

    fn slot(wire: Wire, limit: Limit) -> Slot {
        Slot { wire, limit, declared: "its type".into() }
    }

    fn refusal(slot: &Slot, value: &Value) -> Option<CellProblem> {
        slot.put(value, &mut Vec::new()).err()
    }

    #[test]
    fn a_number_that_the_column_would_round_or_not_hold_is_refused() {
        let column = slot(Wire::Numeric, Limit::Digits { precision: 5, scale: 2 });
        let refused = |text: &str| refusal(&column, &Value::Decimal(parse(text).unwrap()));
        for text in ["0", "999.99", "-999.99", "1.50000", "100.0000000000"] {
            assert_eq!(refused(text), None, "{text}");
        }
        for text in ["0.001", "0.125", "-0.125", "0.0000000000000000000000000001"] {
            assert!(matches!(refused(text), Some(CellProblem::Rounded { .. })), "{text}");
        }
        for text in ["1000", "-1000.00", "79228162514264337593543950335"] {
            assert!(matches!(refused(text), Some(CellProblem::Range { .. })), "{text}");
        }
    }

    #[test]
    fn scales_below_zero_and_above_the_precision_are_kept_to() {
        let hundreds = slot(Wire::Numeric, Limit::Digits { precision: 2, scale: -2 });
        let thousandths = slot(Wire::Numeric, Limit::Digits { precision: 2, scale: 4 });
        let decimal = |text: &str| Value::Decimal(parse(text).unwrap());
        assert_eq!(refusal(&hundreds, &decimal("9900")), None);
        assert!(matches!(refusal(&hundreds, &decimal("9950")), Some(CellProblem::Rounded { .. })));
        assert!(matches!(refusal(&hundreds, &decimal("10000")), Some(CellProblem::Range { .. })));
        assert_eq!(refusal(&thousandths, &decimal("0.0099")), None);
        assert_eq!(refusal(&thousandths, &decimal("0")), None);
        assert!(matches!(refusal(&thousandths, &decimal("0.01")), Some(CellProblem::Range { .. })));
        assert!(matches!(refusal(&thousandths, &decimal("1")), Some(CellProblem::Range { .. })));
    }

    #[test]
    fn lengths_count_characters_and_not_bytes() {
        let column = slot(Wire::Text, Limit::Length(3));
        assert_eq!(refusal(&column, &Value::from("äöü")), None);
        assert!(matches!(refusal(&column, &Value::from("äöüß")), Some(CellProblem::TooLong { length: 4, .. })));
        assert_eq!(refusal(&column, &Value::from("a\0b")), Some(CellProblem::Nul));
    }

    #[test]
    fn integers_keep_to_the_width_of_the_column() {
        let small = slot(Wire::Int2, Limit::None);
        assert_eq!(refusal(&small, &Value::Int(-32_768)), None);
        assert!(matches!(refusal(&small, &Value::Int(32_768)), Some(CellProblem::Range { .. })));
        assert!(matches!(refusal(&small, &Value::from("1")), Some(CellProblem::Kind { .. })));
    }

    #[test]
    fn a_second_is_not_cut_finer_than_the_column_stores() {
        let whole = slot(Wire::Timestamptz, Limit::Fraction(0));
        let at = |text: &str| Value::DateTime(text.parse().unwrap());
        assert_eq!(refusal(&whole, &at("2026-01-01T00:00:01Z")), None);
        assert!(matches!(refusal(&whole, &at("2026-01-01T00:00:01.5Z")), Some(CellProblem::Rounded { .. })));
        let micros = slot(Wire::Timestamp, Limit::None);
        assert_eq!(refusal(&micros, &at("1969-12-31T23:59:59.000001Z")), None);
        assert!(matches!(refusal(&micros, &at("2026-01-01T00:00:00.0000001Z")), Some(CellProblem::Rounded { .. })));
    }

    #[test]
    fn a_uuid_has_its_hyphens_at_their_places_or_none() {
        let column = slot(Wire::Uuid, Limit::None);
        let refused = |text: &str| refusal(&column, &Value::from(text)).is_some();
        assert!(!refused("67e55044-10b1-426f-9247-bb680e5fe0c8"));
        assert!(!refused("67E5504410B1426F9247BB680E5FE0C8"));
        for text in [
            "",
            "67e55044-10b1-426f-9247-bb680e5fe0c",
            "67e5504410b1-426f-9247-bb680e5fe0c8-",
            "67e55044-10b1-426f-9247-bb680e5fe0cg",
        ] {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn a_nul_in_a_document_is_refused_where_it_is_not_stored() {
        let document = |text: &str| Value::Json(Box::new(serde_json::json!({ "a": [text] })));
        assert_eq!(refusal(&slot(Wire::Jsonb, Limit::None), &document("\0")), Some(CellProblem::Nul));
        assert_eq!(refusal(&slot(Wire::Jsonb, Limit::None), &document("\\u0000")), None);
        assert_eq!(refusal(&slot(Wire::Json, Limit::None), &document("\0")), None);
    }
}
