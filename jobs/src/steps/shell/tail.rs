//! The output that is kept: masked, and only its end.

use std::collections::VecDeque;
use std::fmt;

use overnight_framework::kind::Frame;

use super::lines::Line;

/// How many bytes of output are kept.
const KEPT: usize = 64 << 10;

/// How many lines an error shows.
const SHOWN_LINES: usize = 10;

/// How many bytes of them.
const SHOWN_BYTES: usize = 4 << 10;

/// Hides the secrets of a run.
pub(super) struct Mask {
    frame: Frame,
    longest: usize,
}

impl Mask {
    /// A mask for the secrets of `frame`, among which are the lines of longer ones. Longer ones first, so that none is
    /// uncovered by another that is part of it.
    pub(super) fn new(frame: &Frame) -> Self {
        let mut secrets = frame.secrets.clone();
        secrets.retain(|secret| !secret.is_empty());
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        let longest = secrets.first().map_or(0, String::len);
        Self { frame: Frame { secrets, ..Frame::default() }, longest }
    }

    /// The text without secrets.
    pub(super) fn text(&self, text: &str) -> String {
        self.frame.mask(text)
    }

    /// The line without secrets. The end of a line that was cut goes, because it may be the first half of a secret.
    pub(super) fn line(&self, line: &Line) -> String {
        if !line.cut {
            return self.text(&line.text);
        }
        self.text(&cut(&line.text, line.text.len().saturating_sub(self.longest)))
    }
}

/// The number of secrets only.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").field("secrets", &self.frame.secrets.len()).finish_non_exhaustive()
    }
}

/// The last lines of an output.
#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
    dropped: bool,
}

impl Tail {
    pub(super) fn push(&mut self, mut line: String) {
        // What is not UTF-8 was replaced by something longer.
        if line.len() >= KEPT {
            line = cut(&line, KEPT - 5);
        }
        self.bytes += line.len() + 1;
        self.lines.push_back(line);
        while self.bytes > KEPT {
            let gone = self.lines.pop_front();
            self.bytes -= gone.map_or(0, |line| line.len() + 1);
            self.dropped = true;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Everything that is kept.
    pub(super) fn text(&self) -> String {
        let dropped = self.dropped.then_some("…\n").into_iter().map(str::to_owned);
        dropped.chain(self.lines.iter().map(|line| format!("{line}\n"))).collect()
    }

    /// What an error shows of it: the last lines, as far as they are short enough; of the very last one at least the beginning.
    pub(super) fn excerpt(&self) -> String {
        let mut left = SHOWN_BYTES;
        let mut shown = VecDeque::new();
        for line in self.lines.iter().rev().take(SHOWN_LINES) {
            if line.len() > left {
                // Of an earlier line a piece would mislead.
                if shown.is_empty() {
                    shown.push_front(cut(line, left));
                }
                break;
            }
            left -= line.len();
            shown.push_front(line.clone());
        }
        Vec::from(shown).join("\n")
    }
}

/// The beginning of a text, of at most so many bytes, and a mark that there is more.
fn cut(text: &str, bytes: usize) -> String {
    format!("{} …", text.get(..text.floor_char_boundary(bytes)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(secrets: &[&str]) -> Mask {
        let secrets = secrets.iter().map(ToString::to_string).collect();
        Mask::new(&Frame { secrets, ..Frame::default() })
    }

    #[test]
    fn a_secret_that_begins_another_does_not_uncover_it() {
        assert_eq!(mask(&["abc", "abcdef"]).text("xabcdefx abc"), "x***x ***");
    }

    #[test]
    fn a_bracket_of_a_long_secret_is_not_masked_everywhere() {
        let key = "{\n\"private_key\": \"QUJD\"\n}\n";
        assert_eq!(mask(&[key, "\"private_key\": \"QUJD\""]).text("{a} \"private_key\": \"QUJD\""), "{a} ***");
        assert_eq!(mask(&[""]).text("all"), "all");
    }

    #[test]
    fn half_a_secret_at_the_end_of_a_cut_line_is_not_shown() {
        let line = Line { text: "password: hunt".to_owned(), cut: true };
        assert_eq!(mask(&["hunter2"]).line(&line), "passwor …");
    }

    #[test]
    fn only_the_end_of_the_output_is_kept() {
        let mut tail = Tail::default();
        for number in 0..20_000 {
            tail.push(format!("line {number}"));
        }
        let text = tail.text();
        assert!(text.len() <= KEPT + 4 && text.len() > KEPT - 20);
        assert!(text.starts_with("…\nline ") && text.ends_with("line 19999\n"));
        assert_eq!(tail.excerpt().lines().count(), SHOWN_LINES);
    }

    #[test]
    fn of_a_last_line_that_is_too_long_an_error_shows_the_beginning() {
        let mut tail = Tail::default();
        tail.push("before".to_owned());
        tail.push(format!("cause: {}", "ü".repeat(SHOWN_BYTES)));
        let excerpt = tail.excerpt();
        assert!(excerpt.starts_with("cause: üü") && excerpt.ends_with("ü …"), "{excerpt}");
        assert!(excerpt.len() > SHOWN_BYTES && excerpt.len() < SHOWN_BYTES + 8);
        tail.push("after".to_owned());
        assert_eq!(tail.excerpt(), "after");
    }

    #[test]
    fn one_line_is_not_more_than_all_that_is_kept() {
        let mut tail = Tail::default();
        tail.push("before".to_owned());
        tail.push("\u{fffd}".repeat(KEPT));
        let text = tail.text();
        assert!(
            text.starts_with("…\n\u{fffd}")
                && text.ends_with(" …\n")
                && text.len() > KEPT - 8
                && text.len() <= KEPT + 4,
            "{}",
            text.len()
        );
    }
}
