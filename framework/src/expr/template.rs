//! Strings with expressions in them: `/data/in/${{ params.branch }}`.

use crate::row::{Type, Value};

use super::Typed;
use super::ast::Expr;
use super::check::{self, Expected};
use super::error::{ExprError, Mistake, Span};
use super::lexer::Ending;
use super::node::Node;
use super::parser;
use super::scope::{ROOTS, Scope};

/// What opens an expression in a string.
const OPEN: &str = "${{";

/// A string of a job file with its `${{ expressions }}`.
///
/// A string that is one expression, with nothing before or behind it, keeps the type of the expression; any other is
/// text, and a null in it is an error instead of an empty place. `$${{` is the text `${{`. What stands inside is
/// evaluated once: its result is never looked through for further expressions.
///
/// ```
/// use overnight_framework::expr::{Expected, Scope, Template};
/// use overnight_framework::row::{Type, Value};
///
/// let mut scope = Scope::new();
/// scope.declare(&["params", "branch"], Type::Str)?;
/// let path = Template::parse("/data/in/${{ params.branch }}.csv").unwrap();
/// let program = path.check(&scope, Expected::Type(Type::Str)).unwrap().compile();
/// assert_eq!(program.eval(&[Value::from("HQ")]), Ok(Value::from("/data/in/HQ.csv")));
/// # Ok::<(), overnight_framework::expr::ScopeError>(())
/// ```
#[derive(Debug)]
pub struct Template {
    text: Box<str>,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(Box<str>, Span),
    Expression(Expr),
}

impl Template {
    /// Reads a string. All spans, in these errors and in later ones, are offsets in `text`.
    ///
    /// # Errors
    /// One for each expression that cannot be read.
    pub fn parse(text: &str) -> Result<Self, Vec<ExprError>> {
        let mut reader =
            Reader { text, at: 0, literal: String::new(), begin: 0, parts: Vec::new(), errors: Vec::new() };
        reader.read();
        if reader.errors.is_empty() { Ok(Self { text: text.into(), parts: reader.parts }) } else { Err(reader.errors) }
    }

    /// The text itself, with `$${{` read as `${{`, if there is no expression in it.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text, _)] => Some(text),
            _ => None,
        }
    }

    /// The text that stands before the first expression: what confines a path.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text, _)) => text,
            _ => "",
        }
    }

    /// The text with `stand_in` for each expression: what can be judged of it before there are values.
    #[must_use]
    pub(crate) fn outline(&self, stand_in: char) -> String {
        let part = |part: &Part| match part {
            Part::Text(text, _) => text.to_string(),
            Part::Expression(_) => stand_in.to_string(),
        };
        self.parts.iter().map(part).collect()
    }

    /// The names that the expressions use, as [`Expression::paths`](super::Expression::paths).
    #[must_use]
    pub fn paths(&self) -> Vec<Vec<&str>> {
        self.collected(super::collect_paths)
    }

    /// Those of them that `default` or `has` ask for, so that they may lead nowhere.
    pub(crate) fn optional_paths(&self) -> Vec<Vec<&str>> {
        self.collected(super::collect_optional_paths)
    }

    fn collected<'a>(&'a self, collect: impl Fn(&'a Expr, &mut Vec<Vec<&'a str>>)) -> Vec<Vec<&'a str>> {
        let mut paths = Vec::new();
        for part in &self.parts {
            if let Part::Expression(root) = part {
                collect(root, &mut paths);
            }
        }
        paths
    }

    /// Checks the expressions against the names in `scope` and the type that the place of the string asks for.
    ///
    /// # Errors
    /// All mistakes of all expressions.
    pub fn check(&self, scope: &Scope, expected: Expected) -> Result<Typed, Vec<ExprError>> {
        if let [Part::Expression(root)] = self.parts.as_slice() {
            return check::check(&self.text, root, scope, expected).map(|node| Typed { node });
        }
        let mut nodes = Vec::new();
        let mut errors = Vec::new();
        for part in &self.parts {
            match self.part(part, scope) {
                Ok(node) => nodes.push(node),
                Err(found) => errors.extend(found),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        check::join(nodes, Span::new(0, self.text.len()), expected).map(|node| Typed { node })
    }

    fn part(&self, part: &Part, scope: &Scope) -> Result<Node, Vec<ExprError>> {
        match part {
            Part::Text(text, span) => Ok(Node::constant(Value::Str(text.clone()), *span)),
            Part::Expression(root) => {
                let node = check::check(&self.text, root, scope, Expected::Any)?;
                match node.kind {
                    Some(Type::Bytes) => {
                        let error = ExprError::new(node.span, "bytes have no place in a text").of(Mistake::Types);
                        Err(vec![error.with_help("convert them: string(x)")])
                    }
                    _ => Ok(node),
                }
            }
        }
    }
}

/// Takes a string apart.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The text since the last expression, and where it begins.
    literal: String,
    begin: usize,
    parts: Vec<Part>,
    errors: Vec<ExprError>,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some(found) = self.text.get(self.at..).and_then(|rest| rest.find(OPEN)) {
            let open = self.at + found;
            let before = self.text.get(self.at..open).unwrap_or_default();
            self.refuse_braces_alone(before);
            if let Some(before) = before.strip_suffix('$') {
                self.literal.extend([before, OPEN]);
                self.at = open + OPEN.len();
                continue;
            }
            self.literal.push_str(before);
            self.flush(open);
            self.at = self.expression(open);
            self.begin = self.at;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.refuse_braces_alone(rest);
        self.literal.push_str(rest);
        self.flush(self.text.len());
    }

    /// What other programs take for an expression, `{{ params.day }}`, would be text here, and nobody means that. Braces before
    /// any other word are somebody else's, as those of `docker inspect --format`.
    fn refuse_braces_alone(&mut self, literal: &str) {
        for (place, braces) in literal.match_indices("{{") {
            let inside = literal.get(place + braces.len()..).unwrap_or_default().trim_start();
            let is_ours = |root: &&str| inside.strip_prefix(*root).is_some_and(|rest| rest.starts_with(['.', '[']));
            if ROOTS.iter().any(is_ours) {
                let start = self.at + place;
                let error = ExprError::new(Span::new(start, start + braces.len()), "'{{' alone begins no expression");
                self.errors.push(error.of(Mistake::Syntax).with_help("write ${{ for {{"));
            }
        }
    }

    /// Reads the expression that opens at `open`; answers the offset behind it.
    fn expression(&mut self, open: usize) -> usize {
        let start = open + OPEN.len();
        let close = self.text.get(start..).and_then(|rest| rest.find("}}"));
        let parsed = parser::parse(self.text, start, Ending::Braces);
        match (parsed, close) {
            (Ok(parsed), _) if parsed.closed => {
                self.parts.push(Part::Expression(parsed.root));
                parsed.end
            }
            (Err(error), Some(close)) => {
                self.errors.push(error);
                start + close + 2
            }
            (_, _) => {
                let error = ExprError::new(Span::new(open, start), "'${{' is not closed");
                self.errors
                    .push(error.with_help("write }} behind the expression; the text ${{ itself is written $${{"));
                self.text.len()
            }
        }
    }

    fn flush(&mut self, end: usize) {
        if !self.literal.is_empty() {
            let text = std::mem::take(&mut self.literal);
            self.parts.push(Part::Text(text.into(), Span::new(self.begin, end)));
        }
    }
}
