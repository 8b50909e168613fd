//! Texts of parameters, cells and settings read as values of a type.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::params::ParamType;
use crate::row::{Value, decimal};

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
        ParamType::Json => serde_json::from_str(text).ok().map(|json| Value::Json(Box::new(json))),
    }
}

/// The day written as `2026-10-30`, exactly so.
#[must_use]
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    if !shaped {
        return None;
    }
    NaiveDate::from_ymd_opt(number(0, 4)?.try_into().ok()?, number(5, 7)?, number(8, 10)?)
}

/// The instant written as RFC 3339, such as `2026-10-30T22:00:00+02:00`, to the microsecond.
#[must_use]
pub fn parse_datetime(text: &str) -> Option<DateTime<Utc>> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    DateTime::from_timestamp_micros(instant.timestamp_micros())
}

/// The length of time written as `90s`, `1h30m`, `250ms`, `7d`, or as ISO 8601 without years and months, `PT1H30M`.
///
/// ```
/// use overnight_framework::params::parse_duration;
///
/// assert_eq!(parse_duration("1h30m"), parse_duration("PT1H30M"));
/// assert_eq!(parse_duration("90"), None); // a unit is never guessed
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<TimeDelta> {
    match text.strip_prefix('P') {
        Some(iso) => parse_iso_duration(iso),
        None => sum_units(text, &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)]),
    }
}

fn parse_iso_duration(text: &str) -> Option<TimeDelta> {
    let (days, time) = text.split_once('T').map_or((text, None), |(days, time)| (days, Some(time)));
    let days_part = match days {
        "" => TimeDelta::zero(),
        days => sum_units(days, &[("W", 604_800_000), ("D", 86_400_000)])?,
    };
    let time_part = match time {
        None if days.is_empty() => return None,
        None => TimeDelta::zero(),
        Some(time) => sum_units(time, &[("H", 3_600_000), ("M", 60_000), ("S", 1_000)])?,
    };
    days_part.checked_add(&time_part)
}

/// Sums `<number><unit>` groups; each unit at most once, in the order of `units`.
fn sum_units(text: &str, units: &[(&str, i64)]) -> Option<TimeDelta> {
    let mut rest = text;
    let mut allowed = units.iter();
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        let after = rest.get(digits..)?;
        let letters = after.find(|letter: char| letter.is_ascii_digit()).unwrap_or(after.len());
        let name = after.get(..letters)?;
        let (_, factor) = allowed.find(|(unit, _)| *unit == name)?;
        total = total.checked_add(number.checked_mul(*factor)?)?;
        rest = after.get(letters..)?;
    }
    (!text.is_empty()).then_some(())?;
    TimeDelta::try_milliseconds(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_taken_only_in_its_full_form() {
        assert!(parse_date("2026-10-30").is_some());
        for wrong in ["2026-1-3", "2026-02-30", "30.10.2026", "2026-10-30 ", "+026-10-30", ""] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_are_read_in_both_notations() {
        for (text, seconds) in
            [("90s", 90), ("1h30m", 5_400), ("7d", 604_800), ("PT1H30M", 5_400), ("P1W", 604_800), ("P1DT1S", 86_401)]
        {
            assert_eq!(parse_duration(text), TimeDelta::try_seconds(seconds), "{text}");
        }
        for wrong in ["", "5", "P", "PT", "1m1h", "1.5h", "-5s", "5 s", "99999999999999999999s"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_instant_needs_its_zone() {
        assert!(parse_datetime("2026-10-30T22:00:00+02:00").is_some());
        assert_eq!(parse_datetime("2026-10-30T22:00:00"), None);
    }
}
