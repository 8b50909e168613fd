//! Answers that follow each other: drawn in place on a terminal, and elsewhere printed when they have changed.

use std::collections::HashSet;

use super::Output;
use crate::cli::answer::Answer;
use crate::cli::arguments::Format;
use crate::cli::terminal::{self, Stream};

/// Another screen, so that what was on the first one is there again afterwards; no cursor, and no line that breaks.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

/// To the upper left; and the rest of a line, or of the screen, empty.
const HOME: &str = "\u{1b}[H";
const TO_LINE_END: &str = "\u{1b}[K";
const TO_SCREEN_END: &str = "\u{1b}[J";

/// Where the newest rows of an answer stand, which are seen also where there is no room for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Newest {
    First,
    Last,
}

/// Where they are shown. The screen is as it was when this is dropped.
pub(in crate::cli) struct Frames<'a> {
    output: &'a Output,
    is_live: bool,
    newest: Newest,
    /// What was printed last, and what was said about it.
    last: String,
}

impl Output {
    /// Answers that follow each other from now on.
    pub(in crate::cli) fn frames(&self, newest: Newest) -> Frames<'_> {
        let is_live = matches!(self.format, Format::Table | Format::Wide) && terminal::is_live(Stream::Stdout);
        if is_live {
            self.print(ENTER);
        }
        Frames { output: self, is_live, newest, last: String::new() }
    }
}

impl Frames<'_> {
    /// Shows the next one.
    pub(in crate::cli) fn show(&mut self, answer: &impl Answer) {
        let text = match self.output.rendered(answer) {
            Ok(text) => text,
            Err(error) => return self.output.incomplete(&error),
        };
        if self.is_live {
            self.output.print(&frame(&text, terminal::height(), self.newest));
        } else if text != self.last {
            self.output.print(&changes(self.output.format, &self.last, &text));
        }
        self.last = text;
    }

    /// Shows the last one, which stays.
    pub(in crate::cli) fn end(&mut self, answer: &impl Answer) {
        self.leave();
        self.show(answer);
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.is_live) {
            self.output.print(LEAVE);
            self.last.clear();
        }
    }

    /// Says something beside the answer.
    pub(in crate::cli) fn say(&self, words: &str) {
        if self.is_live {
            self.output.print(&frame(&format!("{}{words}\n", self.last), terminal::height(), Newest::Last));
        } else {
            self.output.say(words);
        }
    }
}

impl Drop for Frames<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The whole screen. Of a table that is too long it shows the newest rows, below its header.
fn frame(text: &str, height: Option<usize>, newest: Newest) -> String {
    let lines: Vec<_> = text.lines().collect();
    let room = height.unwrap_or(usize::MAX).saturating_sub(1);
    let hidden = lines.len().saturating_sub(room);
    let header = if newest == Newest::Last && hidden > 0 { header_of(text).min(room) } else { room };
    let shown = lines.iter().take(header).chain(lines.iter().skip(header + hidden));
    shown.fold(HOME.to_owned(), |frame, line| frame + line + TO_LINE_END + "\r\n") + TO_SCREEN_END
}

/// How many lines the header of a table has. Without headers, and where the rows became paragraphs, there is none.
fn header_of(text: &str) -> usize {
    if text.starts_with('=') { 3 } else { 0 }
}

/// What there is to print of a text after another one: its new lines where each is a record, and else all of it.
fn changes(format: Format, last: &str, text: &str) -> String {
    if !matches!(format, Format::Jsonl | Format::Name) {
        return text.to_owned();
    }
    let known: HashSet<_> = last.lines().collect();
    text.lines().filter(|line| !known.contains(line)).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_header_and_the_newest_rows() {
        let text = "=\n|\n=\n1\n-\n2\n-\n";
        let plain_of = |height, newest| {
            let codes = [HOME, TO_LINE_END, TO_SCREEN_END];
            codes.iter().fold(frame(text, height, newest), |frame, code| frame.replace(code, "")).replace("\r\n", "\n")
        };
        let plain = |height| plain_of(height, Newest::Last);
        assert_eq!((plain(None), plain(Some(8))), (text.to_owned(), text.to_owned()));
        assert_eq!(plain(Some(6)), "=\n|\n=\n2\n-\n");
        assert_eq!((plain(Some(3)), plain(Some(1))), ("=\n|\n".to_owned(), String::new()));
        assert_eq!(plain_of(Some(6), Newest::First), "=\n|\n=\n1\n-\n");
        assert_eq!(plain_of(None, Newest::First), text);
    }

    #[test]
    fn a_frame_without_a_header_has_the_newest_rows_alone() {
        let shown = frame("1\n2\n3\n4\n", Some(3), Newest::Last);
        assert_eq!(shown, format!("{HOME}3{TO_LINE_END}\r\n4{TO_LINE_END}\r\n{TO_SCREEN_END}"));
    }

    #[test]
    fn lines_of_records_are_printed_when_they_are_new() {
        assert_eq!(changes(Format::Jsonl, "1\n2\n", "1\n2b\n3\n"), "2b\n3\n");
        assert_eq!(changes(Format::Table, "1\n2\n", "1\n2b\n"), "1\n2b\n");
    }
}
