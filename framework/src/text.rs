//! How days, instants and lengths of time are written, wherever somebody writes one; and long texts cut for messages.

mod calendar;
mod duration;

pub use self::calendar::{parse_date, parse_datetime};
pub use self::duration::parse_duration;
pub(crate) use self::duration::{cel_duration, read_duration};

/// `text`, or its first `limit` characters and a mark that there is more.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_only_when_it_is_longer() {
        for (text, short) in [("", ""), ("äöü", "äöü"), ("äöüx", "äöü…"), ("abcdef", "abc…")] {
            assert_eq!(shortened(text, 3), short);
        }
    }
}
