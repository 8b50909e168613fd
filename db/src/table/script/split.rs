//! The statements of a text.

use super::lexer::{Lexer, Token, TokenKind};
use super::{Parameter, ScriptError, ScriptProblem, Statement, Template, place};
use crate::session::Backend;

/// The first words that begin, end or divide a transaction.
const TRANSACTION: [&str; 9] =
    ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE TRANSACTION"];

/// The words behind `WITH …` that say what the statement does.
const AFTER_WITH: [&str; 8] = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "VALUES", "TABLE"];

pub(super) fn split(text: &str, backend: Backend) -> Result<Vec<Statement>, ScriptError> {
    let mut lexer = Lexer::new(text, backend);
    let mut statements = Vec::new();
    let mut draft = Draft::new(text);
    while let Some(token) = lexer.next()? {
        if token.kind == TokenKind::Semicolon && draft.ends_here() {
            let finished = std::mem::replace(&mut draft, Draft::new(text));
            statements.extend(finished.finish()?);
        } else {
            draft.push(token)?;
        }
    }
    statements.extend(draft.finish()?);
    Ok(statements)
}

/// A statement while its tokens come in.
struct Draft<'t> {
    text: &'t str,
    template: Template,
    parameters: Vec<Parameter>,
    /// From where the text still has to go into the template; none before the first token that is not blank.
    pending: Option<usize>,
    /// Behind the last token that is not blank: comments at the end of a statement are not part of it.
    end: usize,
    first: Option<Token>,
    words: Vec<Token>,
    verb: Option<Token>,
    parentheses: Vec<Token>,
    /// How many `BEGIN` and `CASE` are open in the body of a function or trigger.
    blocks: usize,
}

impl<'t> Draft<'t> {
    /// How many words at the start are kept: enough for `CREATE OR REPLACE TEMPORARY TRIGGER`.
    const WORDS: usize = 6;

    fn new(text: &'t str) -> Self {
        Self {
            text,
            template: Template::default(),
            parameters: Vec::new(),
            pending: None,
            end: 0,
            first: None,
            words: Vec::new(),
            verb: None,
            parentheses: Vec::new(),
            blocks: 0,
        }
    }

    /// Whether a semicolon ends the statement. psql goes by the same two rules.
    fn ends_here(&self) -> bool {
        self.parentheses.is_empty() && self.blocks == 0
    }

    fn push(&mut self, token: Token) -> Result<(), ScriptError> {
        if token.kind == TokenKind::Blank {
            return Ok(());
        }
        self.first.get_or_insert(token);
        self.pending.get_or_insert(token.start);
        match token.kind {
            TokenKind::Word => self.word(token),
            TokenKind::Parameter => self.parameter(token),
            TokenKind::Placeholder => return Err(ScriptError::of(self.text, token, ScriptProblem::Placeholder)),
            TokenKind::Open => self.parentheses.push(token),
            TokenKind::Close => {
                if self.parentheses.pop().is_none() {
                    return Err(ScriptError::at(self.text, token.start, ScriptProblem::Closing));
                }
            }
            TokenKind::Blank | TokenKind::Semicolon | TokenKind::Other => {}
        }
        self.end = token.end;
        Ok(())
    }

    fn word(&mut self, token: Token) {
        if self.words.len() < Self::WORDS {
            self.words.push(token);
        }
        if self.verb.is_none() && self.parentheses.is_empty() && self.is_verb(token) {
            self.verb = Some(token);
        }
        if !self.parentheses.is_empty() || !self.makes_a_body() {
            return;
        }
        if self.is(token, "BEGIN") || (self.blocks > 0 && self.is(token, "CASE")) {
            self.blocks += 1;
        } else if self.is(token, "END") {
            self.blocks = self.blocks.saturating_sub(1);
        }
    }

    /// The first word, or behind `WITH` and its parentheses the first that is a verb.
    fn is_verb(&self, token: Token) -> bool {
        match self.words.first() {
            Some(with) if self.is(*with, "WITH") => AFTER_WITH.iter().any(|verb| self.is(token, verb)),
            _ => true,
        }
    }

    /// Whether it is a `CREATE FUNCTION`, `PROCEDURE` or `TRIGGER`, whose body may hold whole statements.
    fn makes_a_body(&self) -> bool {
        let mut words = self.words.iter();
        words.next().is_some_and(|first| self.is(*first, "CREATE"))
            && words.any(|word| ["FUNCTION", "PROCEDURE", "TRIGGER"].iter().any(|kind| self.is(*word, kind)))
    }

    fn parameter(&mut self, token: Token) {
        let name = self.slice(token.start + 1, token.end);
        let known = self.parameters.iter().position(|known| *known.name == *name);
        let number = known.unwrap_or(self.parameters.len());
        if known.is_none() {
            self.parameters.push(Parameter { name: name.into(), start: token.start });
        }
        let before = self.slice(self.pending.unwrap_or(token.start), token.start);
        self.template = std::mem::take(&mut self.template).sql(before).value(number);
        self.pending = Some(token.end);
    }

    /// The statement, if it has any words.
    fn finish(mut self) -> Result<Option<Statement>, ScriptError> {
        let (Some(first), Some(pending)) = (self.first, self.pending) else {
            return Ok(None);
        };
        if let Some(open) = self.parentheses.first() {
            return Err(ScriptError::at(self.text, open.start, ScriptProblem::Opening));
        }
        self.refuse()?;
        let rest = self.slice(pending, self.end);
        self.template = std::mem::take(&mut self.template).sql(rest);
        let verb = self.verb.map(|verb| self.slice(verb.start, verb.end).to_ascii_uppercase()).unwrap_or_default();
        let (line, column) = place(self.text, first.start);
        Ok(Some(Statement { template: self.template, parameters: self.parameters, verb: verb.into(), line, column }))
    }

    fn refuse(&self) -> Result<(), ScriptError> {
        let Some(first) = self.words.first().filter(|word| Some(**word) == self.first) else {
            return Ok(());
        };
        let second = self.words.get(1);
        let starts = |words: &str| {
            let mut words = words.split(' ');
            words.next().is_some_and(|word| self.is(*first, word))
                && words.all(|word| second.is_some_and(|second| self.is(*second, word)))
        };
        if TRANSACTION.iter().any(|words| starts(words)) {
            return Err(ScriptError::of(self.text, *first, |word| {
                ScriptProblem::Transaction(word.to_ascii_uppercase())
            }));
        }
        let client = ["STDIN", "STDOUT"];
        if starts("COPY") && self.copy_ends().any(|word| client.iter().any(|end| word.eq_ignore_ascii_case(end))) {
            return Err(ScriptError::at(self.text, first.start, ScriptProblem::Copy));
        }
        Ok(())
    }

    /// The words that follow a `FROM` or `TO` of the statement.
    fn copy_ends(&self) -> impl Iterator<Item = &'t str> {
        let words = self.slice(self.first.map_or(0, |first| first.start), self.end);
        let mut before = "";
        words.split_whitespace().filter(move |word| {
            let after = before.eq_ignore_ascii_case("FROM") || before.eq_ignore_ascii_case("TO");
            before = word;
            after
        })
    }

    fn is(&self, token: Token, word: &str) -> bool {
        self.slice(token.start, token.end).eq_ignore_ascii_case(word)
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }
}
