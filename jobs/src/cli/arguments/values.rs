//! The values of options, read from what was typed.

use std::time::Duration;

use overnight_framework::params::parse_duration;
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

/// How long.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = parse_duration(text).and_then(|delta| delta.to_std().ok());
    parsed.ok_or_else(|| "expected a duration such as 90s, 30m or 2h".to_owned())
}
