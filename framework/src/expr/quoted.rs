//! Reads string and bytes literals, with the escapes of CEL.

use super::error::{ExprError, Span};
use super::lexer::TokenKind;

/// A literal that was read, and the offset behind it.
pub(super) struct Quoted {
    pub(super) kind: TokenKind,
    pub(super) end: usize,
}

/// Reads the literal that begins at `start`, if one does: `'…'`, `"…"`, three of either quote around text of several
/// lines, each with `r` (raw) and `b` (bytes) before it.
pub(super) fn read(text: &str, start: usize) -> Result<Option<Quoted>, ExprError> {
    let rest = text.get(start..).unwrap_or_default();
    let prefix = rest.bytes().take_while(|byte| matches!(byte, b'r' | b'R' | b'b' | b'B')).count();
    let (prefix, body) = rest.split_at(prefix);
    let Some(quote) = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| body.starts_with(quote)) else {
        return Ok(None);
    };
    let prefix = prefix.to_ascii_lowercase();
    if !matches!(prefix.as_str(), "" | "r" | "b" | "rb" | "br") {
        return Ok(None);
    }
    let begin = start + prefix.len() + quote.len();
    let mut reader = Reader { text, at: begin, quote, bytes: prefix.contains('b'), out: Vec::new() };
    if prefix.contains('r') {
        reader.raw(start)?
    } else {
        reader.escaped(start)?
    }
    let end = reader.at;
    let kind = if reader.bytes {
        TokenKind::Bytes(reader.out.into())
    } else {
        let text = String::from_utf8(reader.out);
        // Only whole characters and `char`s were pushed, so this cannot fail; if it did, the literal is refused.
        TokenKind::Str(text.map_err(|_| ExprError::new(Span::new(start, end), "not valid text"))?.into())
    };
    Ok(Some(Quoted { kind, end }))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    quote: &'static str,
    bytes: bool,
    out: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn raw(&mut self, start: usize) -> Result<(), ExprError> {
        while !self.closed() {
            let character = self.character(start)?;
            self.push(character);
        }
        Ok(())
    }

    fn escaped(&mut self, start: usize) -> Result<(), ExprError> {
        while !self.closed() {
            let escape = self.at;
            match self.character(start)? {
                '\\' => self.escape(escape, start)?,
                character => self.push(character),
            }
        }
        Ok(())
    }

    /// Whether the closing quote is next; it is then passed.
    fn closed(&mut self) -> bool {
        let closed = self.rest().starts_with(self.quote);
        self.at += if closed { self.quote.len() } else { 0 };
        closed
    }

    fn character(&mut self, start: usize) -> Result<char, ExprError> {
        match self.rest().chars().next() {
            Some(character) if self.quote.len() == 3 || !matches!(character, '\n' | '\r') => {
                self.at += character.len_utf8();
                Ok(character)
            }
            _ => {
                let error = ExprError::new(Span::new(start, self.at), "the string does not end");
                Err(error.with_help(format!("close it with {}", self.quote)))
            }
        }
    }

    fn escape(&mut self, escape: usize, start: usize) -> Result<(), ExprError> {
        let name = self.character(start)?;
        let simple = match name {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '\'' | '"' | '`' | '?' => name,
            'x' | 'X' => return self.code(escape, 2, 16),
            'u' if !self.bytes => return self.code(escape, 4, 16),
            'U' if !self.bytes => return self.code(escape, 8, 16),
            '0'..='3' => {
                self.at -= 1;
                return self.code(escape, 3, 8);
            }
            _ => return Err(self.bad_escape(escape)),
        };
        self.push(simple);
        Ok(())
    }

    fn code(&mut self, escape: usize, length: usize, radix: u32) -> Result<(), ExprError> {
        let digits = self.rest().get(..length).filter(|digits| digits.chars().all(|c| c.is_digit(radix)));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, radix).ok());
        self.at += digits.map_or(0, str::len);
        let code = code.ok_or_else(|| self.bad_escape(escape))?;
        match (self.bytes, u8::try_from(code), char::from_u32(code)) {
            (true, Ok(byte), _) => self.out.push(byte),
            (false, _, Some(character)) => self.push(character),
            _ => return Err(self.bad_escape(escape)),
        }
        Ok(())
    }

    fn bad_escape(&self, escape: usize) -> ExprError {
        let span = Span::new(escape, self.at);
        let written = self.text.get(span.range()).unwrap_or_default();
        let error = ExprError::new(span, format!("'{written}' is not an escape"));
        error.with_help(r"write \\ for a backslash, or r'…' for a text without escapes")
    }

    fn push(&mut self, character: char) {
        self.out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
}
