//! Finds for each character of a decoded scalar the characters of the file that it came from.
//!
//! The parser gives the decoded text and the span of the whole. Walking both together, and trusting only what agrees,
//! keeps this independent of how the parser decodes: where the two do not meet, the answer is the whole scalar.

use granit_parser::ScalarStyle;

use super::{Piece, Places};
use crate::yaml::Span;
use crate::yaml::source::offset;

/// The places of `text`, which was decoded from `source[span]`.
pub(in crate::yaml) fn align(source: &str, span: Span, text: &str, style: ScalarStyle) -> Places {
    let raw = source.get(span.range()).unwrap_or_default();
    let quote = match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => 0,
    };
    let inner = raw.get(quote..raw.len().saturating_sub(quote)).unwrap_or_default();
    let base = span.start + offset(quote);
    if inner == text {
        return Places::Verbatim(base);
    }
    let indent = indent_of(source, span.start as usize);
    let walk = Walk { raw: inner, text, style, indent, base, at: (0, 0), pieces: Vec::new() };
    walk.run().map_or(Places::Whole, |pieces| Places::Pieces(pieces.into()))
}

/// How far the line of this offset is indented: what a block scalar loses at each line.
fn indent_of(source: &str, at: usize) -> usize {
    let before = source.get(..at).unwrap_or_default();
    before.len() - before.rfind('\n').map_or(0, |line| line + 1)
}

/// Two cursors, one in the decoded text and one in the raw, that move together.
struct Walk<'a> {
    raw: &'a str,
    text: &'a str,
    style: ScalarStyle,
    indent: usize,
    base: u32,
    /// The offsets reached: in the raw, in the text.
    at: (usize, usize),
    pieces: Vec<Piece>,
}

impl Walk<'_> {
    fn run(mut self) -> Option<Vec<Piece>> {
        while let Some(wanted) = self.text.get(self.at.1..)?.chars().next() {
            let rest = self.raw.get(self.at.0..)?;
            if let Some(fold) = self.fold(rest) {
                self.push(fold, self.folded_text(wanted));
            } else if let Some(escape) = self.escape(rest) {
                let decoded = if escape.ends_in_line_break { 0 } else { wanted.len_utf8() };
                self.push(escape.length, decoded);
            } else if rest.starts_with(wanted) {
                self.push_verbatim(wanted.len_utf8());
            } else {
                return None;
            }
        }
        Some(self.pieces)
    }

    /// The length of the run of blanks with a line break that starts here, up to the text of the next line.
    fn fold(&self, rest: &str) -> Option<usize> {
        let block = matches!(self.style, ScalarStyle::Literal | ScalarStyle::Folded);
        let blanks = if block { &['\r', '\n'][..] } else { &['\r', '\n', ' ', '\t'][..] };
        let run = rest.len() - rest.trim_start_matches(blanks).len();
        if !rest.get(..run)?.contains('\n') {
            return None;
        }
        Some(if block { self.block_lines(rest) } else { run })
    }

    /// Line breaks, empty lines and the indentation of the next line of a block scalar.
    fn block_lines(&self, rest: &str) -> usize {
        let mut reached = 0;
        loop {
            let line = rest.get(reached..).unwrap_or_default();
            let broken = line.trim_start_matches('\r');
            let Some(next) = broken.strip_prefix('\n') else { return reached };
            let spaces = next.len() - next.trim_start_matches(' ').len();
            reached += line.len() - next.len() + spaces.min(self.indent);
        }
    }

    /// What a fold became: one space, or all line feeds from here; nothing when the text has neither.
    fn folded_text(&self, wanted: char) -> usize {
        let rest = self.text.get(self.at.1..).unwrap_or_default();
        match wanted {
            ' ' => 1,
            _ => rest.len() - rest.trim_start_matches('\n').len(),
        }
    }

    fn escape(&self, rest: &str) -> Option<Escape> {
        match self.style {
            ScalarStyle::SingleQuoted if rest.starts_with("''") => {
                Some(Escape { length: 2, ends_in_line_break: false })
            }
            ScalarStyle::DoubleQuoted if rest.starts_with('\\') => Some(double_quoted(rest)),
            _ => None,
        }
    }

    fn push(&mut self, raw: usize, text: usize) {
        let source = Span { start: self.base + offset(self.at.0), end: self.base + offset(self.at.0 + raw) };
        self.pieces.push(Piece { text: Span::new(self.at.1..self.at.1 + text), source });
        self.at = (self.at.0 + raw, self.at.1 + text);
    }

    fn push_verbatim(&mut self, length: usize) {
        let (raw, text) = (self.base + offset(self.at.0), offset(self.at.1));
        match self.pieces.last_mut() {
            Some(last) if last.is_verbatim() && last.source.end == raw && last.text.end == text => {
                last.source.end += offset(length);
                last.text.end += offset(length);
                self.at = (self.at.0 + length, self.at.1 + length);
            }
            _ => self.push(length, length),
        }
    }
}

struct Escape {
    length: usize,
    ends_in_line_break: bool,
}

/// The escape of a double-quoted text that starts with the backslash of `rest`.
fn double_quoted(rest: &str) -> Escape {
    let digits = match rest.as_bytes().get(1) {
        Some(b'x') => 2,
        // A pair of surrogates is one character.
        Some(b'u') if is_surrogate(rest) => 10,
        Some(b'u') => 4,
        Some(b'U') => 8,
        Some(b'\r' | b'\n') => {
            let next = rest.get(1..).unwrap_or_default().trim_start_matches(['\r', '\n', ' ', '\t']);
            return Escape { length: rest.len() - next.len(), ends_in_line_break: true };
        }
        _ => 0,
    };
    let named = rest.chars().nth(1).map_or(0, char::len_utf8);
    Escape { length: 1 + named + digits, ends_in_line_break: false }
}

fn is_surrogate(rest: &str) -> bool {
    rest.get(2..4).is_some_and(|high| high.starts_with(['d', 'D']) && high.ends_with(['8', '9', 'a', 'b', 'A', 'B']))
}

#[cfg(test)]
mod tests {
    use crate::yaml::{Scalar, Source, parse};

    fn scalar(text: &str) -> (Source, Scalar) {
        let source = Source::new("a.yaml", text);
        let root = parse(&source).unwrap();
        let scalar = root.get("k").unwrap().as_scalar().unwrap().clone();
        (source, scalar)
    }

    /// Looks for `word` in the decoded text and returns what stands at its place in the file, with line and column.
    fn found(text: &str, word: &str) -> (String, usize, usize) {
        let (source, scalar) = scalar(text);
        let at = scalar.text().find(word).unwrap_or_else(|| panic!("{word:?} in {:?}", scalar.text()));
        let span = scalar.span_of(at..at + word.len());
        let position = source.position(span.start);
        (source.slice(span).to_owned(), position.line, position.column)
    }

    #[test]
    fn a_word_of_a_plain_or_quoted_text_is_found_where_it_stands() {
        assert_eq!(found("k: one two\n", "two"), ("two".to_owned(), 1, 8));
        assert_eq!(found("k: 'one two'\n", "two"), ("two".to_owned(), 1, 9));
        assert_eq!(found("k: \"ä two\"\n", "two"), ("two".to_owned(), 1, 7));
        assert_eq!(found("k: one\n  two three\n", "three"), ("three".to_owned(), 2, 7));
    }

    #[test]
    fn escapes_before_a_word_do_not_move_it() {
        assert_eq!(found(r#"k: "\u263A\x41\t two""#, "two"), ("two".to_owned(), 1, 18));
        assert_eq!(found(r#"k: "\ud83d\ude00 two""#, "two"), ("two".to_owned(), 1, 18));
        assert_eq!(found("k: 'it''s two'", "two"), ("two".to_owned(), 1, 11));
        assert_eq!(found(r#"k: "a\u263Ab""#, "\u{263A}"), (r"\u263A".to_owned(), 1, 6));
        assert_eq!(found("k: \"one \\\n    two\"", "two"), ("two".to_owned(), 2, 5));
    }

    #[test]
    fn a_word_of_a_block_is_found_on_its_line() {
        assert_eq!(found("k: |\n  one\n    two\n\n  three\n", "two"), ("two".to_owned(), 3, 5));
        assert_eq!(found("k: |\n  one\n    two\n\n  three\n", "three"), ("three".to_owned(), 5, 3));
        assert_eq!(found("k: |-\r\n  one\r\n  two", "two"), ("two".to_owned(), 3, 3));
        assert_eq!(found("k: >\n  one\n  two\n\n  three\n", "two"), ("two".to_owned(), 3, 3));
        assert_eq!(found("k: >\n  one\n  two\n\n  three\n", "three"), ("three".to_owned(), 5, 3));
        assert_eq!(found("k: >-\n  one\n    two\n  three", "three"), ("three".to_owned(), 4, 3));
    }

    #[test]
    fn a_range_over_a_fold_covers_both_lines_and_one_behind_the_text_is_the_whole() {
        assert_eq!(found("k: >\n  one\n  two\n", "one two").0, "one\n  two");
        let (_, scalar) = scalar("k: 'a'\n");
        assert_eq!(scalar.span_of(0..9), scalar.span());
        assert_eq!(scalar.span_of(1..1).range(), 5..5);
    }
}
