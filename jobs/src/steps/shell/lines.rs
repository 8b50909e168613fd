//! Lines out of a pipe, whatever a command writes into it.

use std::io::{self, BufRead, BufReader, Read};

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
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        pipe.by_ref().take(LONGEST as u64).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(());
        }
        let cut = bytes.len() == LONGEST && !bytes.ends_with(b"\n") && pipe.skip_until(b'\n')? > 0;
        if !take(Line { text: last_state(&bytes), cut }) {
            return Ok(());
        }
    }
}

fn last_state(bytes: &[u8]) -> String {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let state = line.rsplit(|byte| *byte == b'\r').next().unwrap_or(line);
    String::from_utf8_lossy(state).into_owned()
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
}
