//! The words of an SQL text, as far as it takes to find statements and parameters.

use super::{ScriptError, ScriptProblem};
use crate::session::Backend;

/// A piece of an SQL text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a piece is. Everything that is none of the others, such as numbers, strings and operators, is `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Spaces and comments.
    Blank,
    /// A keyword or a name without quotes.
    Word,
    /// `:name`.
    Parameter,
    /// A placeholder of the database's own: `$1`, `?`, `@name`.
    Placeholder,
    Open,
    Close,
    Semicolon,
    Other,
}

/// Walks over an SQL text. Every byte belongs to one token.
pub(super) struct Lexer<'t> {
    text: &'t str,
    backend: Backend,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, backend: Backend) -> Self {
        Self { text, backend, at: 0 }
    }

    /// The next piece; none at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<Token>, ScriptError> {
        let start = self.at;
        let Some(first) = self.peek(0) else {
            return Ok(None);
        };
        let kind = match first {
            b' ' | b'\t' | b'\r' | b'\n' | 0x0c | 0x0b => self.spaces(),
            b'-' if self.peek(1) == Some(b'-') => self.line_comment(),
            b'/' if self.peek(1) == Some(b'*') => self.block_comment()?,
            b'\'' => self.quoted(b'\'', ScriptProblem::String)?,
            b'"' => self.quoted(b'"', ScriptProblem::Identifier)?,
            b'`' if self.sqlite() => self.quoted(b'`', ScriptProblem::Identifier)?,
            b'[' if self.sqlite() => self.quoted(b']', ScriptProblem::Identifier)?,
            b'$' => self.dollar()?,
            b':' => self.colon(),
            b'?' | b'@' if self.sqlite() => self.sqlite_placeholder(),
            b'(' => self.one(TokenKind::Open),
            b')' => self.one(TokenKind::Close),
            b';' => self.one(TokenKind::Semicolon),
            b'0'..=b'9' => self.run(is_in_number, TokenKind::Other),
            byte if is_name_start(byte) => self.word()?,
            _ => self.one(TokenKind::Other),
        };
        Ok(Some(Token { kind, start, end: self.at }))
    }

    fn sqlite(&self) -> bool {
        self.backend == Backend::Sqlite
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn one(&mut self, kind: TokenKind) -> TokenKind {
        self.at += 1;
        kind
    }

    /// Goes on to behind the last byte that `belongs`.
    fn run(&mut self, belongs: fn(u8) -> bool, kind: TokenKind) -> TokenKind {
        while self.peek(0).is_some_and(belongs) {
            self.at += 1;
        }
        kind
    }

    fn spaces(&mut self) -> TokenKind {
        self.run(|byte| byte.is_ascii_whitespace() || byte == 0x0b, TokenKind::Blank)
    }

    fn line_comment(&mut self) -> TokenKind {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        TokenKind::Blank
    }

    /// Postgres nests these, SQLite does not.
    fn block_comment(&mut self) -> Result<TokenKind, ScriptError> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) if depth == 0 || !self.sqlite() => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(TokenKind::Blank);
                    }
                }
                (Some(_), _) => self.at += 1,
                // SQLite takes the end of the text for the end of the comment; a user who forgot it wants to know.
                (None, _) => return Err(self.error(start, ScriptProblem::Comment)),
            }
        }
    }

    /// A string or a quoted name; the quote is doubled inside.
    fn quoted(&mut self, quote: u8, problem: ScriptProblem) -> Result<TokenKind, ScriptError> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek(0) {
                None => return Err(self.error(start, problem)),
                // A name in brackets has no way to hold one.
                Some(byte) if byte == quote && quote != b']' && self.peek(1) == Some(quote) => self.at += 2,
                Some(byte) if byte == quote => return Ok(self.one(TokenKind::Other)),
                Some(_) => self.at += 1,
            }
        }
    }

    /// `E'…'` of Postgres, where a backslash takes the next character with it.
    fn escaped(&mut self) -> Result<TokenKind, ScriptError> {
        let start = self.at;
        self.at += 1;
        loop {
            match (self.peek(0), self.peek(1)) {
                (None, _) => return Err(self.error(start, ScriptProblem::String)),
                (Some(b'\\'), Some(_)) | (Some(b'\''), Some(b'\'')) => self.at += 2,
                (Some(b'\''), _) => return Ok(self.one(TokenKind::Other)),
                (Some(_), _) => self.at += 1,
            }
        }
    }

    fn word(&mut self) -> Result<TokenKind, ScriptError> {
        let start = self.at;
        self.run(is_in_name, TokenKind::Word);
        let word = self.text.get(start..self.at).unwrap_or_default();
        if !self.sqlite() && word.eq_ignore_ascii_case("e") && self.peek(0) == Some(b'\'') {
            return self.escaped();
        }
        Ok(TokenKind::Word)
    }

    /// `$tag$…$tag$` or `$1` of Postgres, `$name` of SQLite.
    fn dollar(&mut self) -> Result<TokenKind, ScriptError> {
        if self.sqlite() {
            return Ok(self.sqlite_placeholder());
        }
        if self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            return Ok(self.run(|byte| byte.is_ascii_digit(), TokenKind::Placeholder));
        }
        let Some(tag) = dollar_tag(self.rest()) else {
            return Ok(self.one(TokenKind::Other));
        };
        let start = self.at;
        self.at += tag.len();
        match self.rest().find(tag) {
            Some(end) => {
                self.at += end + tag.len();
                Ok(TokenKind::Other)
            }
            None => Err(self.error(start, ScriptProblem::DollarQuote(tag.to_owned()))),
        }
    }

    /// `:name` is a parameter; `::` is a cast, `:=` names an argument, and a colon by itself stands in a slice.
    fn colon(&mut self) -> TokenKind {
        match self.peek(1) {
            Some(b':' | b'=') => {
                self.at += 2;
                TokenKind::Other
            }
            Some(byte) if is_name_start(byte) && byte.is_ascii() => {
                self.at += 1;
                self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_', TokenKind::Parameter)
            }
            _ => self.one(TokenKind::Other),
        }
    }

    fn sqlite_placeholder(&mut self) -> TokenKind {
        self.at += 1;
        self.run(is_in_name, TokenKind::Placeholder)
    }

    fn error(&self, at: usize, problem: ScriptProblem) -> ScriptError {
        ScriptError::at(self.text, at, problem)
    }
}

/// The opening of a dollar quote with both its dollars, if there is one.
fn dollar_tag(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let length = name.find('$')?;
    let tag = name.get(..length)?;
    let well_formed = tag.bytes().all(|byte| is_in_name(byte) && byte != b'$')
        && !tag.starts_with(|first: char| first.is_ascii_digit());
    if well_formed { text.get(..length + 2) } else { None }
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

fn is_in_name(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_in_number(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
}
