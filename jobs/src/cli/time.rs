//! Times as tables show them.

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, SecondsFormat, Utc};

/// How times are written.
#[derive(Clone, Debug, Default)]
pub(super) enum TimeFormat {
    /// RFC 3339, in UTC.
    #[default]
    Rfc3339,
    /// As `strftime` does it, in UTC as well: the same instant is never two texts.
    Strftime(Vec<Item<'static>>),
}

impl TimeFormat {
    /// The format that `strftime` would read in a text.
    ///
    /// # Errors
    /// When `strftime` does not know one of its letters.
    pub(super) fn strftime(text: &str) -> Result<Self, &'static str> {
        let items = StrftimeItems::new(text).parse_to_owned();
        items.map(Self::Strftime).map_err(|_| "expected a format of strftime such as %Y-%m-%d %H:%M:%S")
    }

    /// The time, or nothing while there is none.
    pub(super) fn show(&self, time: Option<DateTime<Utc>>) -> String {
        match (self, time) {
            (_, None) => String::new(),
            (Self::Rfc3339, Some(time)) => time.to_rfc3339_opts(SecondsFormat::Secs, true),
            (Self::Strftime(items), Some(time)) => time.format_with_items(items.iter()).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s0_12_a_time_that_is_not_known_yet_is_empty() {
        for format in [TimeFormat::default(), TimeFormat::strftime("%m/%d/%y %H:%M:%S").unwrap()] {
            assert_eq!(format.show(None), "");
        }
    }

    #[test]
    fn a_format_changes_the_form_and_not_the_zone() {
        let time = DateTime::from_timestamp(0, 0);
        let format = TimeFormat::strftime("%m/%d/%y %H:%M:%S %Z").unwrap();
        assert_eq!(format.show(time), "01/01/70 00:00:00 UTC");
        assert_eq!(TimeFormat::default().show(time), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_format_that_strftime_does_not_know_is_refused() {
        for format in ["%Q", "%H:%Q", "%"] {
            assert!(TimeFormat::strftime(format).is_err(), "{format}");
        }
    }

    #[test]
    fn every_format_that_is_taken_can_show_a_time() {
        let time = DateTime::from_timestamp(0, 0);
        for letter in ('a'..='z').chain('A'..='Z').chain(['%', '+']) {
            if let Ok(format) = TimeFormat::strftime(&format!("%{letter}")) {
                assert_ne!(format.show(time), "", "%{letter}");
            }
        }
    }
}
