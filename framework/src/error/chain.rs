//! The texts of an error and of everything beneath it, each said once.
//!
//! Half of the libraries print their cause inside their own message and the other half leave it to the reader. A chain
//! written down naively therefore says `cannot open a.csv: not found: not found`; here a text that the one above has
//! already said is left out.

use std::error::Error;

/// An iterator over an error and its sources, the outermost first.
pub(super) fn sources<'a>(first: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(first), |&error| error.source())
}

/// The texts in their order without those that a text before has said already.
pub(super) fn once_each(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        if !text.is_empty() && !kept.iter().any(|said| says(said, &text)) {
            kept.push(text);
        }
    }
    kept
}

/// Whether `text` contains `part` as words of its own: "line 12" does not say "line 1".
fn says(text: &str, part: &str) -> bool {
    let is_free = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    text.match_indices(part).any(|(start, _)| {
        let (before, rest) = text.split_at(start);
        is_free(before.chars().next_back()) && is_free(rest.strip_prefix(part).and_then(|after| after.chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(texts: &[&str]) -> Vec<String> {
        once_each(texts.iter().map(ToString::to_string))
    }

    #[test]
    fn a_cause_that_the_message_has_said_is_not_said_again() {
        assert_eq!(kept(&["cannot open a.csv: not found", "not found"]), ["cannot open a.csv: not found"]);
    }

    #[test]
    fn a_cause_below_a_repeated_one_is_kept() {
        assert_eq!(kept(&["load: bad line", "bad line", "no digits"]), ["load: bad line", "no digits"]);
    }

    #[test]
    fn part_of_a_word_does_not_count_as_said() {
        assert_eq!(kept(&["stopped at line 12", "line 1"]), ["stopped at line 12", "line 1"]);
    }

    #[test]
    fn empty_texts_are_left_out() {
        assert_eq!(kept(&["", "not found", ""]), ["not found"]);
    }
}
