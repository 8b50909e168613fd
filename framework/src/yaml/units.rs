//! Numbers with a unit: durations, tolerances, percentages.

use std::time::Duration;

use super::number::{is_decimal, is_integer, repaired};
use crate::text;

/// How much of something may go wrong: a count, or a share of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// So many.
    Count(u64),
    /// So many of a million: `0.1%` is 1000.
    PerMillion(u32),
}

impl Tolerance {
    /// Whether `part` of `whole` is within the tolerance, computed exactly.
    ///
    /// ```
    /// use overnight_framework::yaml::Tolerance;
    ///
    /// assert!(Tolerance::PerMillion(1000).allows(10, 10_000));
    /// assert!(!Tolerance::PerMillion(1000).allows(11, 10_000));
    /// assert!(Tolerance::Count(5).allows(5, 5));
    /// ```
    #[must_use]
    pub fn allows(self, part: u64, whole: u64) -> bool {
        match self {
            Self::Count(limit) => part <= limit,
            Self::PerMillion(share) => u128::from(part) * 1_000_000 <= u128::from(whole) * u128::from(share),
        }
    }
}

/// Reads `90s`, `1h30m`, `200ms` or `PT1H30M`.
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    text::read_duration(text)?.to_std().map_err(|_| "a duration has no sign")
}

/// Reads `5` or `0.1%`.
pub(super) fn tolerance(text: &str) -> Result<Tolerance, String> {
    let Some(percentage) = text.strip_suffix('%') else {
        let count = is_integer(text).then(|| text.parse().ok()).flatten();
        return count.map(Tolerance::Count).ok_or_else(|| match repaired(text) {
            Some(number) => format!("write `{number}`"),
            None => "write a whole number, or a percentage from 0% to 100%".to_owned(),
        });
    };
    let share = per_million(percentage.trim_end());
    share
        .map(Tolerance::PerMillion)
        .ok_or_else(|| "write 0% to 100%, with at most four digits behind the point".to_owned())
}

fn per_million(percentage: &str) -> Option<u32> {
    if !is_decimal(percentage) {
        return None;
    }
    let (whole, fraction) = percentage.split_once('.').unwrap_or((percentage, ""));
    let scaled = (fraction.len() <= 4).then(|| format!("{whole}{fraction:0<4}"))?;
    scaled.parse().ok().filter(|share| *share <= 1_000_000)
}

/// Reads `20%`.
pub(super) fn whole_percentage(text: &str) -> Result<u8, &'static str> {
    let whole = text.strip_suffix('%').filter(|number| is_integer(number));
    let percent = whole.and_then(|number| number.parse().ok()).filter(|percent| *percent <= 100);
    percent.ok_or("write a whole number and a percent sign, such as 20%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_in_both_forms() {
        let seconds = |text| duration(text).unwrap().as_secs_f64();
        for (text, expected) in [
            ("90s", 90.0),
            ("30m", 1800.0),
            ("2h", 7200.0),
            ("7d", 604_800.0),
            ("1h30m", 5400.0),
            ("200ms", 0.2),
            ("1d2h3m4s5ms", 93_784.005),
            ("0s", 0.0),
            ("PT1H30M", 5400.0),
            ("P1D", 86400.0),
            ("P1DT1S", 86401.0),
            ("P2W", 1_209_600.0),
            ("PT0.25S", 0.25),
        ] {
            assert!((seconds(text) - expected).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn a_wrong_duration_is_refused() {
        for text in [
            "",
            "30",
            "1.5h",
            "30m1h",
            "1h1h",
            "h",
            "-5s",
            "5 s",
            "1x",
            "P",
            "PT",
            "P1M",
            "P1Y",
            "PT1D",
            "pt1h",
            "PT1H1H",
            "99999999999999999999s",
            "36501d",
            "ä5s",
            "5ä",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_percentage_is_exact() {
        assert_eq!(tolerance("5"), Ok(Tolerance::Count(5)));
        assert_eq!(tolerance("0.1%"), Ok(Tolerance::PerMillion(1000)));
        assert_eq!(tolerance("100%"), Ok(Tolerance::PerMillion(1_000_000)));
        assert_eq!(tolerance("0.0001%"), Ok(Tolerance::PerMillion(1)));
        for text in ["", "%", "101%", "0.00001%", "-1%", "many", "1.5", "5%%", "١%"] {
            assert!(tolerance(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_count_and_a_percentage_are_written_as_every_other_number_is() {
        for text in ["+5", "007", "00", "-5", "+5%", "007%"] {
            assert!(tolerance(text).is_err(), "{text}");
        }
        assert_eq!(tolerance("+5").unwrap_err(), "write `5`");
        assert_eq!(["0%", "20%", "100%"].map(whole_percentage), [Ok(0), Ok(20), Ok(100)]);
        for text in ["", "%", "20", "+20%", "020%", "-1%", "101%", "2.5%", "20 %", "20%%"] {
            assert!(whole_percentage(text).is_err(), "{text}");
        }
    }
}
