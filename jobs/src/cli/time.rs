//! Times as tables show them.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

/// How times are written.
#[derive(Debug)]
pub(super) enum TimeFormat {
    /// RFC 3339, in UTC.
    Rfc3339,
    /// As `strftime` does it, in UTC as well: the same instant is never two texts.
    Strftime(String),
}

impl TimeFormat {
    pub(super) fn new(format: Option<&str>) -> Self {
        format.map_or(Self::Rfc3339, |format| Self::Strftime(format.to_owned()))
    }

    /// The time, or nothing while there is none.
    pub(super) fn show(&self, time: Option<DateTime<Utc>>) -> String {
        match (self, time) {
            (_, None) => String::new(),
            (Self::Rfc3339, Some(time)) => time.to_rfc3339_opts(SecondsFormat::Secs, true),
            (Self::Strftime(format), Some(time)) => {
                let mut text = String::new();
                // chrono reports an unknown letter by an error of `Display`; the format is then shown as it was typed.
                match write!(text, "{}", time.format(format)) {
                    Ok(()) => text,
                    Err(_) => format.clone(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s0_12_a_time_that_is_not_known_yet_is_empty() {
        for format in [None, Some("%m/%d/%y %H:%M:%S")] {
            assert_eq!(TimeFormat::new(format).show(None), "");
        }
    }

    #[test]
    fn a_format_changes_the_form_and_not_the_zone() {
        let time = DateTime::from_timestamp(0, 0);
        assert_eq!(TimeFormat::new(Some("%m/%d/%y %H:%M:%S %Z")).show(time), "01/01/70 00:00:00 UTC");
    }

    #[test]
    fn a_format_that_strftime_does_not_know_is_shown_as_it_was_typed() {
        let time = DateTime::from_timestamp(0, 0);
        assert_eq!(TimeFormat::new(Some("%Q")).show(time), "%Q");
        assert_eq!(TimeFormat::new(None).show(time), "1970-01-01T00:00:00Z");
    }
}
