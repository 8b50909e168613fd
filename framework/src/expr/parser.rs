//! Builds the tree of an expression: precedence climbing for what binds left to right, recursion only for brackets.
//!
//! Three limits keep hostile text harmless: its length, the nesting of brackets, and the depth of the tree. Chains
//! such as `a + a + …` or `a.b.c…` are built in loops, so they recurse neither here nor, by the limit of depth, later.

mod tree;

use crate::row::{Value, decimal};

use self::tree::{Joint, node, too_deep};
use super::ast::{Arithmetic, Binary, Compare, Expr, ExprKind, Ident, MAX_DEPTH};
use super::error::{ExprError, Mistake, Span};
use super::lexer::{Ending, Lexer, Symbol, Token, TokenKind};

/// The longest text of one expression, in bytes.
pub(crate) const MAX_LENGTH: usize = 8 * 1024;

/// Words that CEL keeps for itself.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

/// Words of other languages between two operands, and what they are here.
const WORDS: [(&str, &str); 9] = [
    ("and", "write && for and"),
    ("or", "write || for or"),
    ("not", "write ! for not"),
    ("is", "write == for equal"),
    ("mod", "write % for the remainder"),
    ("div", "a quotient is div(a, b, scale)"),
    ("like", "write x.matches('…'), x.startsWith('…') or x.contains('…')"),
    ("then", "a choice is written condition ? a : b"),
    ("between", "write a <= x && x <= b"),
];

/// An expression inside a longer text, and the offset behind what ended it.
pub(super) struct Parsed {
    pub(super) root: Expr,
    pub(super) end: usize,
    /// Whether `}}` ended it, and not the end of the text.
    pub(super) closed: bool,
}

/// Parses the expression that begins at the offset `start` of `text`.
pub(super) fn parse(text: &str, start: usize, ending: Ending) -> Result<Parsed, ExprError> {
    let mut parser = Parser::new(Lexer::new(text, start, ending))?;
    let root = parser.expression()?;
    let end = parser.token.span;
    if parser.token.kind != TokenKind::End {
        return Err(parser.trailing());
    }
    if end.start as usize - start > MAX_LENGTH {
        return Err(ExprError::new(Span::new(start, end.start as usize), too_long()).of(Mistake::TooLarge));
    }
    Ok(Parsed { root, end: end.end as usize, closed: end.end > end.start })
}

pub(super) fn too_long() -> String {
    format!("an expression has at most {MAX_LENGTH} bytes")
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    start: usize,
    /// Where the token before the current one ends.
    behind: u32,
    nesting: u8,
}

impl<'a> Parser<'a> {
    fn new(mut lexer: Lexer<'a>) -> Result<Self, ExprError> {
        let token = lexer.next()?;
        let start = token.span.start as usize;
        Ok(Self { lexer, token, start, behind: 0, nesting: 0 })
    }

    /// `a ? b : c`, or what binds stronger.
    fn expression(&mut self) -> Result<Expr, ExprError> {
        self.nesting += 1;
        if self.nesting > MAX_DEPTH {
            return Err(too_deep(self.token.span));
        }
        let start = self.token.span;
        let condition = self.binary(0)?;
        let whole = if self.eat(Symbol::Question)? {
            let yes = self.binary(0)?;
            self.expect(Symbol::Colon, "':' and the other value")?;
            let no = self.expression()?;
            node(ExprKind::Conditional(Box::new([condition, yes, no])), self.since(start))?
        } else {
            condition
        };
        self.nesting -= 1;
        Ok(whole)
    }

    /// Operands joined by operators of at least this `strength`, from left to right.
    fn binary(&mut self, strength: u8) -> Result<Expr, ExprError> {
        let start = self.token.span;
        let mut left = self.unary()?;
        while let Some((operator, its_strength)) = self.operator().filter(|(_, its_strength)| *its_strength >= strength)
        {
            let at = self.advance()?.span;
            let right = self.binary(its_strength + 1)?;
            left = node(operator.join(left, right, at), self.since(start))?;
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(Joint, u8)> {
        let binary = |operator, strength| Some((Joint::Binary(operator), strength));
        match self.token.kind {
            TokenKind::Symbol(symbol) => match symbol {
                Symbol::Or => Some((Joint::Any, 1)),
                Symbol::And => Some((Joint::All, 2)),
                Symbol::Less => binary(Binary::Compare(Compare::Less), 3),
                Symbol::LessEqual => binary(Binary::Compare(Compare::LessEqual), 3),
                Symbol::Greater => binary(Binary::Compare(Compare::Greater), 3),
                Symbol::GreaterEqual => binary(Binary::Compare(Compare::GreaterEqual), 3),
                Symbol::Equal => binary(Binary::Equal, 3),
                Symbol::NotEqual => binary(Binary::NotEqual, 3),
                Symbol::Plus => binary(Binary::Arithmetic(Arithmetic::Add), 4),
                Symbol::Minus => binary(Binary::Arithmetic(Arithmetic::Subtract), 4),
                Symbol::Star => binary(Binary::Arithmetic(Arithmetic::Multiply), 5),
                Symbol::Slash => binary(Binary::Arithmetic(Arithmetic::Divide), 5),
                Symbol::Percent => binary(Binary::Arithmetic(Arithmetic::Remainder), 5),
                _ => None,
            },
            TokenKind::Name if self.word() == "in" => binary(Binary::In, 3),
            _ => None,
        }
    }

    /// `!a`, `-a`, any number of them. A minus before a number belongs to the number, as CEL has it.
    fn unary(&mut self) -> Result<Expr, ExprError> {
        let mut signs = Vec::new();
        while let TokenKind::Symbol(sign @ (Symbol::Not | Symbol::Minus)) = self.token.kind {
            signs.push((sign, self.advance()?.span));
        }
        let minus = match (signs.last(), &self.token.kind) {
            (Some((Symbol::Minus, span)), TokenKind::Number) => Some(*span),
            _ => None,
        };
        if minus.is_some() {
            signs.pop();
        }
        let mut operand = self.postfix(minus)?;
        while let Some((sign, at)) = signs.pop() {
            let inner = Box::new(operand);
            let kind = if sign == Symbol::Not { ExprKind::Not(inner) } else { ExprKind::Negate(inner) };
            operand = node(kind, self.since(at))?;
        }
        Ok(operand)
    }

    /// A primary with its selections, indexes and method calls.
    fn postfix(&mut self, minus: Option<Span>) -> Result<Expr, ExprError> {
        let start = minus.unwrap_or(self.token.span);
        let mut whole = self.primary(minus)?;
        loop {
            if self.eat(Symbol::Dot)? {
                let name = self.selector(&whole)?;
                whole = self.selected(whole, name, start)?;
            } else if self.eat(Symbol::OpenBracket)? {
                let key = self.expression()?;
                self.expect(Symbol::CloseBracket, "']'")?;
                whole = node(ExprKind::Index(Box::new(whole), Box::new(key)), self.since(start))?;
            } else {
                return Ok(whole);
            }
        }
    }

    fn selected(&mut self, inner: Expr, name: Ident, start: Span) -> Result<Expr, ExprError> {
        if !self.eat(Symbol::OpenParen)? {
            return node(ExprKind::Select(Box::new(inner), name), self.since(start));
        }
        let arguments = self.list(vec![inner], Symbol::CloseParen, "')'")?;
        node(ExprKind::Call { function: name, arguments }, self.since(start))
    }

    fn selector(&mut self, inner: &Expr) -> Result<Ident, ExprError> {
        if self.token.kind == TokenKind::Name {
            return self.ident();
        }
        let error = self.expected("a name after '.'");
        Err(match inner.kind {
            ExprKind::Literal(Value::Int(_)) => error.with_help("a decimal has digits on both sides of its point"),
            _ => error,
        })
    }

    fn primary(&mut self, minus: Option<Span>) -> Result<Expr, ExprError> {
        match &self.token.kind {
            TokenKind::Number => self.number(minus),
            TokenKind::Name => self.name(),
            TokenKind::Str(_) | TokenKind::Bytes(_) => {
                let token = self.advance()?;
                let value = match token.kind {
                    TokenKind::Bytes(bytes) => Value::Bytes(bytes),
                    TokenKind::Str(text) => Value::Str(text),
                    _ => Value::Null,
                };
                node(ExprKind::Literal(value), token.span)
            }
            TokenKind::Symbol(Symbol::OpenParen) => {
                self.advance()?;
                let inner = self.expression()?;
                self.expect(Symbol::CloseParen, "')'")?;
                Ok(inner)
            }
            TokenKind::Symbol(Symbol::OpenBracket) => {
                let open = self.advance()?.span;
                let items = self.list(Vec::new(), Symbol::CloseBracket, "']'")?;
                node(ExprKind::List(items), self.since(open))
            }
            TokenKind::Symbol(Symbol::Dot) => Err(self.expected("a value").with_help("write 0.5 with its zero")),
            TokenKind::Symbol(_) | TokenKind::End => Err(self.expected("a value")),
        }
    }

    fn number(&mut self, minus: Option<Span>) -> Result<Expr, ExprError> {
        let token = self.advance()?;
        let span = minus.map_or(token.span, |minus| minus.to(token.span));
        let digits = self.lexer.slice(token.span);
        let sign = if minus.is_some() { "-" } else { "" };
        let value = if let Some(digits) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            i64::from_str_radix(&format!("{sign}{digits}"), 16).map(Value::Int).map_err(|_| integer_limits())
        } else if digits.contains('.') {
            decimal::parse(&format!("{sign}{digits}")).map(Value::Decimal).map_err(|error| error.to_string())
        } else {
            format!("{sign}{digits}").parse().map(Value::Int).map_err(|_| integer_limits())
        };
        let value = value.map_err(|message| ExprError::new(span, message))?;
        node(ExprKind::Literal(value), span)
    }

    fn name(&mut self) -> Result<Expr, ExprError> {
        let word = self.word();
        let literal = match word {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            "in" => return Err(self.expected("a value")),
            _ if RESERVED.contains(&word) => {
                let error = ExprError::new(self.token.span, format!("'{word}' is a reserved word of CEL"));
                return Err(error.with_help(format!("a column of that name is written row['{word}']")));
            }
            _ => None,
        };
        let ident = self.ident()?;
        if let Some(value) = literal {
            return node(ExprKind::Literal(value), ident.span);
        }
        if !self.eat(Symbol::OpenParen)? {
            return node(ExprKind::Name(ident.name), ident.span);
        }
        let start = ident.span;
        let arguments = self.list(Vec::new(), Symbol::CloseParen, "')'")?;
        node(ExprKind::Call { function: ident, arguments }, self.since(start))
    }

    /// The expressions up to the symbol `close`, behind those in `items`.
    fn list(&mut self, mut items: Vec<Expr>, close: Symbol, what: &str) -> Result<Vec<Expr>, ExprError> {
        while self.token.kind != TokenKind::Symbol(close) {
            items.push(self.expression()?);
            if !self.eat(Symbol::Comma)? {
                break;
            }
        }
        self.expect(close, &format!("',' or {what}"))?;
        Ok(items)
    }

    fn ident(&mut self) -> Result<Ident, ExprError> {
        let token = self.advance()?;
        Ok(Ident { name: self.lexer.slice(token.span).into(), span: token.span })
    }

    fn word(&self) -> &'a str {
        self.lexer.slice(self.token.span)
    }

    fn eat(&mut self, symbol: Symbol) -> Result<bool, ExprError> {
        let found = self.token.kind == TokenKind::Symbol(symbol);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, symbol: Symbol, what: &str) -> Result<(), ExprError> {
        if self.eat(symbol)? { Ok(()) } else { Err(self.expected(what)) }
    }

    /// The place from `start` to the end of what was read last.
    fn since(&self, start: Span) -> Span {
        Span { start: start.start, end: self.behind }
    }

    /// Passes the current token and answers it.
    fn advance(&mut self) -> Result<Token, ExprError> {
        let next = self.lexer.next()?;
        if next.span.end as usize - self.start > MAX_LENGTH + 2 {
            return Err(
                ExprError::new(Span::new(self.start, next.span.start as usize), too_long()).of(Mistake::TooLarge)
            );
        }
        self.behind = self.token.span.end;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn expected(&self, what: &str) -> ExprError {
        let found = match self.token.kind {
            TokenKind::End => "the end of the expression".to_owned(),
            _ => format!("'{}'", shortened(self.word())),
        };
        let error = ExprError::new(self.token.span, format!("expected {what}, found {found}"));
        match WORDS.iter().find(|(word, _)| *word == self.word()) {
            Some((_, help)) => error.with_help(*help),
            None => error,
        }
    }

    fn trailing(&self) -> ExprError {
        self.expected("an operator or the end of the expression")
    }
}

fn integer_limits() -> String {
    format!("an integer lies between {} and {}", i64::MIN, i64::MAX)
}

/// At most 24 characters of `text`, for messages.
pub(super) fn shortened(text: &str) -> String {
    crate::text::shortened(text, 24)
}
