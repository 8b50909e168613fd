//! One value as text, and the way from a place in that text back to the file.

mod align;

use std::ops::Range;
use std::sync::Arc;

pub(super) use self::align::align;
use super::Span;

/// One value: its decoded text, and how it was written.
#[derive(Clone, Debug)]
pub struct Scalar {
    pub(super) text: Arc<str>,
    pub(super) style: Style,
    pub(super) span: Span,
    pub(super) places: Places,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: it may be meant as a number, a boolean or a text.
    Plain,
    /// In quotes or as a block (`|`, `>`): it is a text, whatever it looks like.
    Quoted,
}

/// Where the characters of a decoded text stand in the file.
#[derive(Clone, Debug)]
pub(super) enum Places {
    /// Byte for byte from this offset on.
    Verbatim(u32),
    /// In pieces, because of escapes, folded lines or indentation.
    Pieces(Arc<[Piece]>),
    /// Not known: every place is the whole scalar.
    Whole,
}

/// A run of the text and the run of the file that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: Span,
    pub(super) source: Span,
}

impl Scalar {
    /// The decoded text: without quotes, escapes resolved, lines folded.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, shared.
    #[must_use]
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// How it was written.
    #[must_use]
    pub fn style(&self) -> Style {
        self.style
    }

    /// The place of the whole scalar, quotes included.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The place in the file of a byte range of the decoded [`text`](Self::text), so that an expression inside a string
    /// can say where it is wrong. An escape or a folded line break is one unit; a range that cannot be traced back is
    /// the whole scalar.
    #[must_use]
    pub fn span_of(&self, range: Range<usize>) -> Span {
        let wanted = Span::new(range);
        if wanted.end as usize > self.text.len() {
            return self.span;
        }
        match &self.places {
            Places::Verbatim(base) => Span { start: base + wanted.start, end: base + wanted.end },
            Places::Pieces(pieces) => in_pieces(pieces, wanted).unwrap_or(self.span),
            Places::Whole => self.span,
        }
    }

    /// For a message: what was found instead.
    pub(super) fn describe(&self) -> String {
        match self.style {
            Style::Plain => format!("`{}`", shown(&self.text)),
            Style::Quoted => format!("the string \"{}\"", shown(&self.text)),
        }
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.style == other.style
    }
}

fn in_pieces(pieces: &[Piece], wanted: Span) -> Option<Span> {
    let last = wanted.end.saturating_sub(1).max(wanted.start);
    let first = pieces.get(pieces.partition_point(|piece| piece.text.end <= wanted.start)).or(pieces.last())?;
    let last = pieces.get(pieces.partition_point(|piece| piece.text.end <= last)).or(pieces.last())?;
    let start =
        if first.is_verbatim() { first.source.start + (wanted.start - first.text.start) } else { first.source.start };
    let end = match wanted.start == wanted.end {
        true => start,
        false if last.is_verbatim() => last.source.start + (wanted.end - last.text.start),
        false => last.source.end,
    };
    Some(Span { start, end })
}

impl Piece {
    fn is_verbatim(self) -> bool {
        self.text.end - self.text.start == self.source.end - self.source.start
    }
}

/// A text as messages show it: on one line, control characters escaped, cut at 60 characters.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == 60 {
            out.push('…');
            break;
        }
        match c {
            '"' | '\'' | '\\' => out.push(c),
            _ => out.extend(c.escape_debug()),
        }
    }
    out
}
