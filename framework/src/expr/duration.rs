//! Lengths of time as people write them: `90s`, `1h30m`, `7d`, `PT1H30M`.

use chrono::TimeDelta;
use rust_decimal::prelude::ToPrimitive;

use crate::row::decimal::{self, Decimal};

/// The units, and their length in nanoseconds. Months and years are no fixed length of time, so they are none.
const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// The duration written in `text`: a sign, then numbers with units as in CEL, with days and weeks beside; or ISO 8601
/// without months and years.
pub(crate) fn parse(text: &str) -> Option<TimeDelta> {
    let (negative, size) = match text.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, text),
    };
    let nanoseconds = match size.strip_prefix('P') {
        Some(iso) => iso_parts(iso)?,
        None if size == "0" => Decimal::ZERO,
        None => parts(size, false)?,
    };
    let nanoseconds = nanoseconds.to_i64().filter(|_| nanoseconds.fract().is_zero())?;
    Some(TimeDelta::nanoseconds(if negative { -nanoseconds } else { nanoseconds }))
}

/// `7D`, `T1H30M`, `7DT1H30M`.
fn iso_parts(text: &str) -> Option<Decimal> {
    let (days, time) = text.split_once('T').map_or((text, None), |(days, time)| (days, Some(time)));
    let fits =
        |part: &str, units: &str| part.bytes().all(|b| !b.is_ascii_alphabetic() || units.contains(char::from(b)));
    if !fits(days, "WD") || !time.is_none_or(|time| fits(time, "HMS")) {
        return None;
    }
    let days = if days.is_empty() && time.is_some() { Decimal::ZERO } else { parts(days, true)? };
    let time = time.map_or(Some(Decimal::ZERO), |time| parts(time, true))?;
    decimal::add(days, time).ok()
}

/// The sum of one or more numbers with units.
fn parts(text: &str, iso: bool) -> Option<Decimal> {
    let mut rest = text;
    let mut sum = Decimal::ZERO;
    loop {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, tail) = tail.split_at(letters);
        let unit = if iso { unit.to_ascii_lowercase() } else { unit.to_owned() };
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit && (!iso || name.len() == 1))?;
        let part = decimal::mul(decimal::parse(number).ok()?, Decimal::from(*length)).ok()?;
        sum = decimal::add(sum, part).ok()?;
        if tail.is_empty() {
            return Some(sum);
        }
        rest = tail;
    }
}
