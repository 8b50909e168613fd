//! Lengths of time: `90s`, `1h30m`, `7d`, `PT1H30M`.

use chrono::TimeDelta;
use rust_decimal::prelude::ToPrimitive;

use crate::row::decimal::{self, Decimal};

/// A unit and its length in nanoseconds. Months and years are no fixed length of time, so they are none.
type Unit = (&'static str, i64);

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// Numbers with units, one after the other.
struct Form {
    /// The units, the largest first.
    units: &'static [Unit],
    /// Whether each unit stands at most once, behind the larger ones.
    in_order: bool,
    fractions: Fractions,
    help: &'static str,
}

/// Which of the numbers may have digits behind a point.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fractions {
    None,
    Last,
    Any,
}

/// The short form of settings and parameters.
const SETTING: Form = Form {
    units: &[("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", 1_000_000)],
    in_order: true,
    fractions: Fractions::None,
    help: "the units are ms, s, m, h and d, each at most once, the largest first",
};

/// The short form of expressions: the one of CEL, with days and weeks beside.
const CEL: Form = Form {
    units: &[
        ("w", WEEK),
        ("d", DAY),
        ("h", HOUR),
        ("m", MINUTE),
        ("s", SECOND),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
    ],
    in_order: false,
    fractions: Fractions::Any,
    help: "the units are ns, us, ms, s, m, h, d and w",
};

const ISO_HELP: &str =
    "ISO 8601 durations are written like P7D, PT90S or P1DT1H30M; months and years have no fixed length";
const ISO_DAYS: Form =
    Form { units: &[("W", WEEK), ("D", DAY)], in_order: true, fractions: Fractions::Last, help: ISO_HELP };
const ISO_TIME: Form = Form { units: &[("H", HOUR), ("M", MINUTE), ("S", SECOND)], ..ISO_DAYS };

/// No duration that is written alone is longer: 100 years of 365 days. Databases and clocks agree on what is below.
const LONGEST: TimeDelta = TimeDelta::nanoseconds(100 * 365 * DAY);

const TOO_LONG: &str = "a duration is at most 100 years";
const TOO_FINE: &str = "a duration has no fractions of a nanosecond";

/// The length of time written as `90s`, `1h30m`, `250ms`, `7d`, or as ISO 8601 without years and months, `PT1H30M`: at most 100
/// years of 365 days.
///
/// ```
/// use overnight_framework::params::parse_duration;
///
/// assert_eq!(parse_duration("1h30m"), parse_duration("PT1H30M"));
/// assert_eq!(parse_duration("250ms"), parse_duration("PT0.25S"));
/// assert_eq!(parse_duration("90"), None); // a unit is never guessed
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<TimeDelta> {
    read_duration(text).ok()
}

/// The same, or what is wrong with it.
pub(crate) fn read_duration(text: &str) -> Result<TimeDelta, &'static str> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err("a number alone has no unit: write 30s, 30m or 30h");
    }
    let duration = whole(read(text, &SETTING)?)?;
    if duration > LONGEST { Err(TOO_LONG) } else { Ok(duration) }
}

/// What `duration(x)` of an expression reads: a sign, then the form of CEL or ISO 8601.
pub(crate) fn cel_duration(text: &str) -> Option<TimeDelta> {
    let (negative, size) = match text.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, text),
    };
    let nanoseconds = if size == "0" { Decimal::ZERO } else { read(size, &CEL).ok()? };
    whole(if negative { -nanoseconds } else { nanoseconds }).ok()
}

/// Nanoseconds, of which there is no half.
fn whole(nanoseconds: Decimal) -> Result<TimeDelta, &'static str> {
    if !nanoseconds.fract().is_zero() {
        return Err(TOO_FINE);
    }
    nanoseconds.to_i64().map(TimeDelta::nanoseconds).ok_or(TOO_LONG)
}

fn read(text: &str, short: &Form) -> Result<Decimal, &'static str> {
    let Some(iso) = text.strip_prefix('P') else { return short.sum(text) };
    let Some((days, time)) = iso.split_once('T') else { return ISO_DAYS.sum(iso) };
    let days = if days.is_empty() { Decimal::ZERO } else { ISO_DAYS.sum(days)? };
    decimal::add(days, ISO_TIME.sum(time)?).map_err(|_| TOO_LONG)
}

impl Form {
    /// The sum of one or more numbers with units.
    fn sum(&self, text: &str) -> Result<Decimal, &'static str> {
        let (mut sum, mut units, mut rest) = (Decimal::ZERO, self.units, text);
        loop {
            let (number, tail) = rest.split_at(rest.find(|c: char| !is_of_number(c)).unwrap_or(rest.len()));
            let (unit, tail) = tail.split_at(tail.find(is_of_number).unwrap_or(tail.len()));
            let at = units.iter().position(|(name, _)| *name == unit).ok_or(self.help)?;
            let length = units.get(at).map_or(0, |(_, length)| *length);
            let part = self.part(number, length, tail.is_empty())?;
            sum = decimal::add(sum, part).map_err(|_| TOO_LONG)?;
            if tail.is_empty() {
                return Ok(sum);
            }
            units = if self.in_order { units.get(at + 1..).unwrap_or_default() } else { units };
            rest = tail;
        }
    }

    fn part(&self, number: &str, length: i64, is_last: bool) -> Result<Decimal, &'static str> {
        let fraction = match self.fractions {
            Fractions::None => false,
            Fractions::Last => is_last,
            Fractions::Any => true,
        };
        if number.contains('.') && !fraction {
            return Err(self.help);
        }
        let number = decimal::parse(number).map_err(|_| self.help)?;
        decimal::mul(number, Decimal::from(length)).map_err(|_| TOO_LONG)
    }
}

fn is_of_number(letter: char) -> bool {
    letter.is_ascii_digit() || letter == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_exactly() {
        for (text, milliseconds) in [
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("7d", 604_800_000),
            ("250ms", 250),
            ("1d2h3m4s5ms", 93_784_005),
            ("PT1H30M", 5_400_000),
            ("P1W", 604_800_000),
            ("P1DT1S", 86_401_000),
            ("PT0.25S", 250),
            ("P0D", 0),
            ("P0.5D", 43_200_000),
        ] {
            assert_eq!(parse_duration(text), TimeDelta::try_milliseconds(milliseconds), "{text}");
            assert_eq!(cel_duration(text), TimeDelta::try_milliseconds(milliseconds), "{text}");
        }
    }

    #[test]
    fn a_setting_has_whole_numbers_and_falling_units() {
        for wrong in [
            "",
            "0",
            "5",
            "P",
            "PT",
            "P1DT",
            "1m1h",
            "1h1h",
            "1.5h",
            "-5s",
            "5 s",
            "h",
            "1x",
            "1w",
            "1us",
            "ä5s",
            "5ä",
            "P1M",
            "P1Y",
            "PT1D",
            "pt1h",
            "PT1H1H",
            "P1D1W",
            "PT1.5M1S",
            "PT1.S",
            "99999999999999999999s",
        ] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_fine_is_told_as_what_it_is() {
        assert_eq!(read_duration("36500d"), Ok(LONGEST));
        for (wrong, why) in [
            ("36500d1ms", TOO_LONG),
            ("106752d", TOO_LONG),
            ("99999999999999999999s", TOO_LONG),
            ("99999999999999999999999999999s", SETTING.help),
            ("PT0.0000000001S", TOO_FINE),
        ] {
            assert_eq!(read_duration(wrong), Err(why), "{wrong}");
        }
    }

    #[test]
    fn an_expression_takes_the_signs_and_fractions_of_cel_too() {
        let nanoseconds = |count| Some(TimeDelta::nanoseconds(count));
        assert_eq!(cel_duration("-1m1.5h"), nanoseconds(-91 * MINUTE));
        assert_eq!(cel_duration("0"), nanoseconds(0));
        assert_eq!(cel_duration("-PT0.5S"), nanoseconds(-SECOND / 2));
        assert_eq!(cel_duration("1w1.5us"), nanoseconds(WEEK + 1_500));
        for wrong in ["", "-", "--1s", "+1s", "1", "0.5ns", "1y", "PT1H-", "293000d"] {
            assert_eq!(cel_duration(wrong), None, "{wrong}");
        }
    }
}
