//! Cuts the text of an expression into tokens.

use super::error::{ExprError, Span};
use super::{parser::shortened, quoted};

/// What ends the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The end of the text: a bare expression.
    Text,
    /// `}}`: an expression inside a template.
    Braces,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A name or a word such as `in` or `true`; its text is that of its span.
    Name,
    /// Digits, with a fraction or in hexadecimal; read by the parser, which knows the sign.
    Number,
    Str(Box<str>),
    Bytes(Box<[u8]>),
    Symbol(Symbol),
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Or,
    And,
    LessEqual,
    Less,
    GreaterEqual,
    Greater,
    Equal,
    NotEqual,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Not,
    Question,
    Colon,
    Dot,
    Comma,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
}

/// The symbols; where one begins with another, the longer stands first.
const SYMBOLS: [(&str, Symbol); 22] = [
    ("||", Symbol::Or),
    ("&&", Symbol::And),
    ("<=", Symbol::LessEqual),
    ("<", Symbol::Less),
    (">=", Symbol::GreaterEqual),
    (">", Symbol::Greater),
    ("==", Symbol::Equal),
    ("!=", Symbol::NotEqual),
    ("+", Symbol::Plus),
    ("-", Symbol::Minus),
    ("*", Symbol::Star),
    ("/", Symbol::Slash),
    ("%", Symbol::Percent),
    ("!", Symbol::Not),
    ("?", Symbol::Question),
    (":", Symbol::Colon),
    (".", Symbol::Dot),
    (",", Symbol::Comma),
    ("(", Symbol::OpenParen),
    (")", Symbol::CloseParen),
    ("[", Symbol::OpenBracket),
    ("]", Symbol::CloseBracket),
];

/// What people write who come from another language, and what to write here. Looked at before the symbols.
const MISTAKES: [(&str, &str); 12] = [
    ("<>", "write != for not equal"),
    ("??", "write default(a, b)"),
    ("?.", "write has(a.b) to ask whether a value is there, or default(a.b, c)"),
    ("===", "write == for equal"),
    ("&", "write && for and"),
    ("|", "write || for or; a function is called as f(x) or x.f()"),
    ("=", "write == for equal"),
    ("{", "there are no maps here; a list is written [a, b]"),
    ("“", "write straight quotes, ' or \""),
    ("”", "write straight quotes, ' or \""),
    ("`", "write strings in ' or \""),
    ("#", "write a comment as // …"),
];

/// Reads tokens one by one; spans count from the beginning of `text`, wherever reading begins.
pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    at: usize,
    ending: Ending,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, at: usize, ending: Ending) -> Self {
        Self { text, at, ending }
    }

    /// The text of a token, or of any other place.
    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The next token; at the end [`TokenKind::End`], again and again.
    pub(super) fn next(&mut self) -> Result<Token, ExprError> {
        self.skip_blank();
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(self.token(TokenKind::End, start));
        };
        if self.ending == Ending::Braces && rest.starts_with("}}") {
            return Ok(Token { kind: TokenKind::End, span: Span::new(start, start + 2) });
        }
        if let Some(quoted) = quoted::read(self.text, start)? {
            self.at = quoted.end;
            return Ok(self.token(quoted.kind, start));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            self.at += word_length(rest);
            return Ok(self.token(TokenKind::Name, start));
        }
        if first.is_ascii_digit() {
            return self.number(start);
        }
        self.symbol(start, first)
    }

    fn symbol(&mut self, start: usize, first: char) -> Result<Token, ExprError> {
        let rest = self.rest();
        let known = SYMBOLS.iter().find(|(text, _)| rest.starts_with(text));
        let mistake = MISTAKES.iter().find(|(text, _)| rest.starts_with(text));
        match (known, mistake) {
            (Some((text, symbol)), None) => {
                self.at += text.len();
                Ok(self.token(TokenKind::Symbol(*symbol), start))
            }
            // A mistake hides a symbol only when it is the longer of the two: && is no &.
            (Some((text, symbol)), Some((wrong, _))) if text.len() > wrong.len() => {
                self.at += text.len();
                Ok(self.token(TokenKind::Symbol(*symbol), start))
            }
            (_, Some((wrong, help))) => {
                let span = Span::new(start, start + wrong.len());
                Err(ExprError::new(span, format!("there is no '{wrong}' in expressions")).with_help(*help))
            }
            (None, None) => Err(unknown_character(first, start)),
        }
    }

    fn number(&mut self, start: usize) -> Result<Token, ExprError> {
        let rest = self.rest();
        let hexadecimal = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"));
        let length = match hexadecimal {
            Some(digits) => 2 + digits.bytes().take_while(u8::is_ascii_hexdigit).count(),
            None => decimal_length(rest),
        };
        let after = rest.get(length..).unwrap_or_default();
        if hexadecimal.is_some() && length == 2 || after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            let span = Span::new(start, start + length + word_length(after));
            let error = ExprError::new(span, format!("'{}' is not a number", shortened(self.slice(span))));
            return Err(error.with_help(number_help(after)));
        }
        self.at += length;
        Ok(self.token(TokenKind::Number, start))
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']).len();
            let comment = rest.get(blank..).filter(|line| line.starts_with("//")).map_or(0, |line| self.comment(line));
            self.at += blank + comment;
            if comment == 0 {
                return;
            }
        }
    }

    /// The length of a comment: to the end of its line, or of the expression.
    fn comment(&self, text: &str) -> usize {
        let most = match self.ending {
            Ending::Text => text.len(),
            Ending::Braces => text.find("}}").unwrap_or(text.len()),
        };
        text.get(..most).and_then(|line| line.find('\n')).unwrap_or(most)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn token(&self, kind: TokenKind, start: usize) -> Token {
        Token { kind, span: Span::new(start, self.at) }
    }
}

/// The length of the name that `text` begins with.
pub(super) fn word_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// The length of the digits that `text` begins with; a point counts only with a digit behind it.
fn decimal_length(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let fraction = text.get(whole..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
    if fraction == 0 { whole } else { whole + 1 + fraction }
}

fn number_help(after: &str) -> &'static str {
    match after.bytes().next() {
        Some(b'e' | b'E') => "exponents are not understood; write all digits",
        Some(b'u' | b'U') => "there are no unsigned integers; leave the u away",
        Some(b'_') => "write the digits without separators",
        _ => "a number is written 1250, 0.0375 or 0x1F",
    }
}

fn unknown_character(first: char, start: usize) -> ExprError {
    let error = ExprError::new(
        Span::new(start, start + first.len_utf8()),
        format!("'{}' means nothing here", first.escape_debug()),
    );
    if first.is_alphabetic() {
        return error.with_help("names are ASCII letters, digits and _; any other column is written row['…']");
    }
    error
}
