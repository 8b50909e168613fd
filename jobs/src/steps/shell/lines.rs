//! Lines out of a pipe, whatever a command writes into it.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

/// The longest line; what is longer is cut.
pub(super) const LONGEST: usize = 64 << 10;

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    /// Whether there was more of it.
    pub(super) cut: bool,
}

/// Reads lines until the pipe ends or `take` wants no more. What is not UTF-8 is replaced; of a line that is written over and
/// over with carriage returns, as progress bars are, the last state counts.
pub(super) fn read_lines(pipe: impl Read, mut take: impl FnMut(Line) -> bool) -> io::Result<()> {
    let mut pipe = BufReader::new(pipe);
    let mut state = State::default();
    loop {
        let bytes = match pipe.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        if bytes.is_empty() {
            if state.is_begun {
                take(state.end());
            }
            return Ok(());
        }
        let place = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let (text, rest) = bytes.split_at(place.unwrap_or(bytes.len()));
        let (read, end) = (text.len() + usize::from(place.is_some()), rest.first().copied());
        state.add(text);
        pipe.consume(read);
        if end == Some(b'\r') {
            state.go_back();
        }
        if end == Some(b'\n') && !take(state.end()) {
            return Ok(());
        }
    }
}

/// A line as it stands so far.
#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    cut: bool,
    /// Whether the next byte is written over what stands here.
    is_back: bool,
    /// Whether there was any byte of it.
    is_begun: bool,
}

impl State {
    fn add(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        if self.is_back {
            self.write_over();
        }
        let room = LONGEST - self.bytes.len();
        self.bytes.extend_from_slice(text.get(..room).unwrap_or(text));
        self.cut |= text.len() > room;
        self.is_begun = true;
    }

    fn go_back(&mut self) {
        if self.is_back {
            self.write_over();
        }
        (self.is_back, self.is_begun) = (true, true);
    }

    fn write_over(&mut self) {
        self.bytes.clear();
        (self.cut, self.is_back) = (false, false);
    }

    /// The line, and the next one begins.
    fn end(&mut self) -> Line {
        let line = Line { text: String::from_utf8_lossy(&self.bytes).into_owned(), cut: self.cut };
        self.write_over();
        self.is_begun = false;
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(String, bool)> {
        let mut lines = Vec::new();
        read_lines(bytes, |line| {
            lines.push((line.text, line.cut));
            true
        })
        .unwrap();
        lines
    }

    #[test]
    fn a_line_is_what_a_terminal_would_show() {
        let expected = [("one", false), ("100%", false), ("", false), ("a\u{fffd}", false)];
        let found = lines(b"one\r\n 10%\r 50%\r100%\n\na\xff");
        assert_eq!(found, expected.map(|(text, cut)| (text.to_owned(), cut)));
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_one_is_whole() {
        let mut bytes = vec![b'x'; 5 * LONGEST];
        bytes.extend(b"\nnext\n");
        let found = lines(&bytes);
        assert_eq!(
            found.iter().map(|(text, cut)| (text.len(), *cut)).collect::<Vec<_>>(),
            [(LONGEST, true), (4, false)]
        );
        assert!(!lines(&vec![b'x'; LONGEST])[0].1);
    }

    #[test]
    fn of_a_line_that_is_written_over_for_long_the_last_state_counts() {
        let mut bytes: Vec<u8> = (0..=100_000).flat_map(|done| format!("\r{done} of 100000").into_bytes()).collect();
        bytes.extend(b"\r\nnext\r\n");
        let one = |text: &str| (text.to_owned(), false);
        assert_eq!(lines(&bytes), [one("100000 of 100000"), one("next")]);
        let mut bytes = vec![b'x'; 5 * LONGEST];
        bytes.extend(b"\rdone\na\r\r\nb\r");
        assert_eq!(lines(&bytes), [one("done"), one(""), one("b")]);
    }
}
