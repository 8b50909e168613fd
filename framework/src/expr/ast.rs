//! The tree of an expression as it is written, before any name is known.

use crate::row::Value;

use super::error::Span;

/// The deepest tree there may be. Everything that walks a tree, dropping it included, goes no deeper.
pub(crate) const MAX_DEPTH: u8 = 100;

/// A part of an expression and where it stands.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) kind: ExprKind,
    pub(super) span: Span,
    /// One more than the deepest child's.
    pub(super) depth: u8,
}

#[derive(Debug)]
pub(super) enum ExprKind {
    Literal(Value),
    Name(Box<str>),
    Select(Box<Expr>, Ident),
    Index(Box<Expr>, Box<Expr>),
    /// `f(a, b)` and `a.f(b)` alike: the target of the second form is the first argument.
    Call {
        function: Ident,
        arguments: Vec<Expr>,
    },
    List(Vec<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// `a && b && c`, flat, so that a long chain is no deep tree.
    All(Vec<Expr>),
    /// `a || b || c`, flat.
    Any(Vec<Expr>),
    Binary {
        operator: Binary,
        operands: Box<[Expr; 2]>,
        at: Span,
    },
    /// Condition, then, else.
    Conditional(Box<[Expr; 3]>),
}

/// A name with its own place.
#[derive(Clone, Debug)]
pub(super) struct Ident {
    pub(super) name: Box<str>,
    pub(super) span: Span,
}

/// The operators of two operands, but for `&&` and `||`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Arithmetic(Arithmetic),
    Compare(Compare),
    Equal,
    NotEqual,
    In,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Binary {
    /// How the operator is written.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Arithmetic(operator) => operator.symbol(),
            Self::Compare(operator) => operator.symbol(),
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::In => "in",
        }
    }
}

impl Arithmetic {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

impl Compare {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }
}

impl Expr {
    /// The parts directly below this one, in the order they are written.
    pub(super) fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) => Vec::new(),
            ExprKind::Select(inner, _) | ExprKind::Not(inner) | ExprKind::Negate(inner) => vec![inner],
            ExprKind::Index(inner, key) => vec![inner, key],
            ExprKind::Call { arguments: many, .. }
            | ExprKind::List(many)
            | ExprKind::All(many)
            | ExprKind::Any(many) => many.iter().collect(),
            ExprKind::Binary { operands, .. } => operands.iter().collect(),
            ExprKind::Conditional(parts) => parts.iter().collect(),
        }
    }

    /// This part as a path of names, if it is one: `steps.load.exit_code`, `steps['load-all'].exit_code`.
    pub(super) fn path(&self) -> Option<Vec<(&str, Span)>> {
        let mut names = Vec::new();
        let mut part = self;
        loop {
            match &part.kind {
                ExprKind::Name(name) => {
                    names.push((&**name, part.span));
                    names.reverse();
                    return Some(names);
                }
                ExprKind::Select(inner, name) => {
                    names.push((&*name.name, name.span));
                    part = inner;
                }
                ExprKind::Index(inner, key) => {
                    let ExprKind::Literal(Value::Str(name)) = &key.kind else { return None };
                    names.push((&**name, key.span));
                    part = inner;
                }
                _ => return None,
            }
        }
    }
}
