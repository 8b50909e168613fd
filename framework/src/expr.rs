//! Expressions: the subset of CEL (the Common Expression Language) that job files are written in.
//!
//! ```
//! use overnight_framework::expr::{Expected, Expression, Scope};
//! use overnight_framework::row::{Column, Schema, Type, Value, decimal};
//!
//! let schema = Schema::new(vec![Column::new("amount", Type::Decimal), Column::new("branch", Type::Str)]);
//! let scope = Scope::of_schema(&schema)?;
//!
//! let filter = Expression::parse("amount > 100.00 && branch == 'HQ'").unwrap();
//! let filter = filter.check(&scope, Expected::Type(Type::Bool)).unwrap().compile();
//! let fee = Expression::parse("amount * 0.01").unwrap();
//! let fee = fee.check(&scope, Expected::Type(Type::Decimal)).unwrap().compile();
//!
//! let row = [Value::Decimal(decimal::parse("250.00")?), Value::from("HQ")];
//! assert_eq!(filter.test(&row), Ok(true));
//! assert_eq!(fee.eval(&row).unwrap().to_string(), "2.5000");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An expression goes through four stages, each of which finds its own mistakes: [`Expression::parse`] (the text),
//! [`Expression::check`] (names and types, all mistakes at once), [`Typed::compile`] (nothing can fail any more), and
//! [`Program::eval`] (what the data show). Errors carry the place in bytes of the text that was parsed.
//!
//! # The language
//!
//! | | |
//! |---|---|
//! | literals | `42` `0x2A` `0.0375` `'text'` `"text"` `r'raw'` `'''several lines'''` `b'bytes'` `true` `false` `null`, with CEL's escapes |
//! | names | `amount`, `params.limit`, `steps['load-all'].exit_code`, `row['Any Name']` |
//! | operators, the weakest first | `?:`, `\|\|`, `&&`, `< <= > >= == != in`, `+ -`, `* / %`, `! -` |
//! | lists | only on the right of `in`: `branch in ['HQ', params.branch]` |
//! | calls | `f(x, y)` or `x.f(y)`; the functions are those of [`functions()`] |
//! | comments | `// to the end of the line` |
//!
//! There are no comprehensions, maps, unsigned integers, exponents, clocks or variables. So the cost of an expression is
//! bounded by its text: at most 8 KiB and 100 levels deep; no text it makes is longer than 1 MiB; regular expressions
//! take linear time.
//!
//! # Types
//!
//! Numbers with a point are **decimals**, read from their text; arithmetic is exact or an error, as
//! [`row::decimal`](crate::row::decimal) describes. `float` is only a type of columns and mixes with nothing;
//! `decimal(x)` converts it. Where CEL has doubles:
//!
//! - an integer beside a decimal is a decimal (a departure from CEL);
//! - `/` takes integers (truncating, as in CEL) and floats, no decimals: a quotient is `div(a, b, scale)`;
//! - integers have 64 bits, and what does not fit is an error;
//! - a date plus or minus an integer or a duration of whole days is a date, the difference of two dates is a duration,
//!   their distance in days is `days(a, b)`;
//! - a JSON value has members (`message.body.branch`, `message.items[0]`; null where there is none), equals the scalar
//!   it holds, and becomes another type by a conversion or beside a value of one: `default(message.body.branch, 'HQ')`
//!   is a string.
//!
//! # Null
//!
//! `==`, `!=` and `in` take nulls: a null equals a null and nothing else, as in CEL. Everything else (order, arithmetic,
//! functions, conditions) has no value for a null, and the evaluation fails with the name of the column: `amount is
//! null`. `has(x)` asks, and `default(x, y)` puts another value in its place.
//!
//! # Errors inside `&&` and `||`
//!
//! As in CEL: `false && x` is `false` and `true || x` is `true` even if `x` fails, and also with the terms the other
//! way round. So `has(amount) && amount > 100` is safe, in either order. An operation on constants that must fail, such
//! as `date('2026-13-01')`, is found by the check, wherever it stands.

mod ast;
mod check;
mod compile;
mod error;
mod functions;
mod lexer;
mod node;
mod order;
mod parser;
mod program;
mod quoted;
mod scope;
mod suggest;
mod template;

use self::ast::{Expr, ExprKind};
pub use self::check::Expected;
pub use self::error::{EvalError, ExprError, Mistake};
pub use self::functions::{Function, functions};
use self::lexer::Ending;
use self::node::{Node, Op};
pub use self::program::Program;
pub use self::scope::{ROOTS, Scope, ScopeError};
pub use self::template::Template;
use crate::row::{Type, Value};

/// An expression that was read, but not yet checked against any names.
#[derive(Debug)]
pub struct Expression {
    text: Box<str>,
    root: Expr,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first mistake: behind it, nothing can be read with certainty.
    ///
    /// ```
    /// use overnight_framework::expr::Expression;
    ///
    /// let errors = Expression::parse("amount > 100 and branch == 'HQ'").unwrap_err();
    /// assert_eq!(errors[0].span, 13..16);
    /// assert_eq!(errors[0].help.as_deref(), Some("write && for and"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, Vec<ExprError>> {
        if text.len() > parser::MAX_LENGTH {
            return Err(vec![ExprError::new(error::Span::new(0, 0), parser::too_long()).of(Mistake::TooLarge)]);
        }
        let parsed = parser::parse(text, 0, Ending::Text).map_err(|error| vec![error])?;
        Ok(Self { text: text.into(), root: parsed.root })
    }

    /// The text, as it was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names this expression uses, each as its parts, in the order of the text and as often as they occur:
    /// `steps.load.exit_code` is `["steps", "load", "exit_code"]`. For scopes whose names are not known beforehand,
    /// such as `env`, and for finding out what an expression depends on.
    #[must_use]
    pub fn paths(&self) -> Vec<Vec<&str>> {
        let mut paths = Vec::new();
        collect_paths(&self.root, &mut paths);
        paths
    }

    /// Those of them that `default` or `has` ask for, so that they may lead nowhere.
    pub(crate) fn optional_paths(&self) -> Vec<Vec<&str>> {
        let mut paths = Vec::new();
        collect_optional_paths(&self.root, &mut paths);
        paths
    }

    /// Resolves the names, finds the types, and computes what is known already.
    ///
    /// # Errors
    /// All mistakes, in the order of the text as far as it goes.
    ///
    /// ```
    /// use overnight_framework::expr::{Expected, Expression, Scope};
    /// use overnight_framework::row::{Column, Schema, Type};
    ///
    /// let scope = Scope::of_schema(&Schema::new(vec![Column::new("amount", Type::Decimal)]))?;
    /// let errors = Expression::parse("amuont > 100").unwrap().check(&scope, Expected::Any).unwrap_err();
    /// assert_eq!(errors[0].to_string(), "unknown name 'amuont'; did you mean 'amount'?");
    /// # Ok::<(), overnight_framework::expr::ScopeError>(())
    /// ```
    pub fn check(&self, scope: &Scope, expected: Expected) -> Result<Typed, Vec<ExprError>> {
        check::check(&self.text, &self.root, scope, expected).map(|node| Typed { node })
    }
}

/// A checked expression: it has a type, and every name has its place.
#[derive(Clone, Debug)]
pub struct Typed {
    node: Node,
}

impl Typed {
    /// The type of its value. `None` for what is always null.
    #[must_use]
    pub fn kind(&self) -> Option<Type> {
        self.node.kind
    }

    /// Whether its value may be null.
    #[must_use]
    pub fn nullable(&self) -> bool {
        self.node.nullable
    }

    /// Its value, if that depends on no name.
    #[must_use]
    pub fn constant(&self) -> Option<&Value> {
        self.node.known()
    }

    /// Compiles an expression of one scope: for the slice that [`Program::eval`] gets.
    #[must_use]
    pub fn compile(&self) -> Program {
        Program::new(&self.node)
    }

    /// Compiles an expression about rows, with the values of the frame beside it ([`Scope::rows`]) as constants.
    #[must_use]
    pub fn compile_with(&self, frame: &[Value]) -> Program {
        Program::new(&self.node.bound(frame))
    }

    /// The names that it reads, with their dots, in the order of the text.
    #[must_use]
    pub fn reads(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect_reads(&self.node, &mut names);
        names
    }
}

fn collect_reads<'a>(node: &'a Node, names: &mut Vec<&'a str>) {
    if let Op::Read(place) = &node.op {
        names.push(&place.name);
    }
    for child in &node.children {
        collect_reads(child, names);
    }
}

/// The names that are asked for with `default` or `has`: they may lead nowhere.
fn collect_optional_paths<'a>(expr: &'a Expr, paths: &mut Vec<Vec<&'a str>>) {
    if let ExprKind::Call { function, arguments } = &expr.kind
        && matches!(&*function.name, "default" | "has")
    {
        arguments.first().into_iter().for_each(|asked| collect_paths(asked, paths));
    }
    expr.children().into_iter().for_each(|child| collect_optional_paths(child, paths));
}

fn collect_paths<'a>(expr: &'a Expr, paths: &mut Vec<Vec<&'a str>>) {
    match expr.path() {
        Some(path) => paths.push(path.into_iter().map(|(name, _)| name).collect()),
        None => expr.children().into_iter().for_each(|child| collect_paths(child, paths)),
    }
}
