//! The values of options, read from what was typed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use overnight_framework::params::{ParamType, parse_datetime, parse_duration};
use overnight_framework::schedule::Zone;
use overnight_framework::status::Word;
use overnight_framework::suggest::nearest;

/// The word of a status.
pub(super) fn word(text: &str) -> Result<Word, String> {
    let words = || Word::ALL.into_iter().map(Word::as_str);
    Word::from_filter(text).ok_or_else(|| {
        let near = nearest(&text.to_lowercase(), words());
        let known = words().collect::<Vec<_>>().join(", ");
        near.map_or_else(|| format!("expected one of {known}"), |near| format!("did you mean `{near}`?"))
    })
}

/// How often to look: whoever looks more often only keeps the database busy.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    let least = Duration::from_millis(100);
    let parsed = duration(text).ok().filter(|interval| *interval >= least);
    parsed.ok_or_else(|| "expected a duration of at least 100ms, such as 500ms, 10s or 1m".to_owned())
}

/// How many.
pub(super) fn count(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "expected a count such as 50".to_owned())
}

/// How many, of what there must be one.
pub(super) fn room(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|room| *room > 0).ok_or_else(|| "expected a count of at least 1".to_owned())
}

/// How long.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = parse_duration(text).and_then(|delta| delta.to_std().ok());
    parsed.ok_or_else(|| "expected a duration such as 90s, 30m or 2h".to_owned())
}

/// How many ticks of a schedule: it has no last one.
pub(super) fn ticks(text: &str) -> Result<u32, String> {
    let parsed = text.parse().ok().filter(|count| (1..=1_000).contains(count));
    parsed.ok_or_else(|| "expected a count from 1 to 1000".to_owned())
}

/// When.
pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    parse_datetime(text).ok_or_else(|| format!("expected {}", ParamType::DateTime.expectation()))
}

/// A time zone.
pub(super) fn zone(text: &str) -> Result<Zone, String> {
    Zone::named(text).map_err(|unknown| unknown.help)
}
