//! Days and instants.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

/// The day written as `2026-10-30`, exactly so: chrono alone would take `2026-1-3` and blanks too.
///
/// ```
/// use overnight_framework::params::parse_date;
///
/// assert_eq!(parse_date("2026-10-30"), parse_date(b"2026-10-30"));
/// assert_eq!(parse_date("30.10.2026"), None);
/// ```
#[must_use]
#[inline]
pub fn parse_date(text: impl AsRef<[u8]>) -> Option<NaiveDate> {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = text.as_ref() else { return None };
    let digits = [*a, *b, *c, *d, *e, *f, *g, *h];
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let [a, b, c, d, e, f, g, h] = digits.map(|digit| u32::from(digit - b'0'));
    let year = i32::try_from(a * 1000 + b * 100 + c * 10 + d).ok()?;
    NaiveDate::from_ymd_opt(year, e * 10 + f, g * 10 + h)
}

/// The instant written as RFC 3339, such as `2026-10-30T22:00:00+02:00`. What is finer than a microsecond is cut off, as no
/// store keeps it. In UTC its year has four digits as well: one that does not would be written in a form that is not read again.
#[must_use]
pub fn parse_datetime(text: &str) -> Option<DateTime<Utc>> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    DateTime::from_timestamp_micros(instant.timestamp_micros()).filter(|utc| (0..=9999).contains(&utc.year()))
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
    fn an_instant_needs_its_zone_and_is_cut_to_the_microsecond() {
        assert!(parse_datetime("2026-10-30T22:00:00+02:00").is_some());
        assert_eq!(parse_datetime("2026-10-30T22:00:00"), None);
        assert_eq!(parse_datetime("2026-10-30T22:00:00.123456789Z"), parse_datetime("2026-10-30T22:00:00.123456Z"));
    }

    #[test]
    fn an_instant_whose_year_in_utc_has_no_four_digits_is_none() {
        for (text, same) in [
            ("9999-12-31T23:59:59Z", "9999-12-31T18:59:59-05:00"),
            ("0000-01-01T00:00:00Z", "0000-01-01T01:00:00+01:00"),
        ] {
            assert!(parse_datetime(text).is_some() && parse_datetime(text) == parse_datetime(same), "{text}");
        }
        for text in ["9999-12-31T23:59:59-05:00", "0000-01-01T00:00:00+01:00"] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }
}
