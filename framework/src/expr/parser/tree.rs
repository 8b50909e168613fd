//! Puts parts of an expression together, and keeps the tree flat enough.

use super::super::ast::{Binary, Expr, ExprKind, MAX_DEPTH};
use super::super::error::{ExprError, Mistake, Span};

/// What joins two operands.
pub(super) enum Joint {
    All,
    Any,
    Binary(Binary),
}

impl Joint {
    /// The joined operands; chains of `&&` and of `||` grow sideways.
    pub(super) fn join(self, left: Expr, right: Expr, at: Span) -> ExprKind {
        match (self, left.kind) {
            (Self::All, ExprKind::All(terms)) => ExprKind::All(with(terms, right)),
            (Self::Any, ExprKind::Any(terms)) => ExprKind::Any(with(terms, right)),
            (Self::All, kind) => ExprKind::All(vec![Expr { kind, ..left }, right]),
            (Self::Any, kind) => ExprKind::Any(vec![Expr { kind, ..left }, right]),
            (Self::Binary(operator), kind) => {
                ExprKind::Binary { operator, operands: Box::new([Expr { kind, ..left }, right]), at }
            }
        }
    }
}

fn with(mut terms: Vec<Expr>, term: Expr) -> Vec<Expr> {
    terms.push(term);
    terms
}

/// A part of the tree, refused where it makes the tree too deep.
pub(super) fn node(kind: ExprKind, span: Span) -> Result<Expr, ExprError> {
    let mut whole = Expr { kind, span, depth: 1 };
    let below = whole.children().iter().map(|child| child.depth).max().unwrap_or(0);
    if below >= MAX_DEPTH {
        return Err(too_deep(span));
    }
    whole.depth = below + 1;
    Ok(whole)
}

pub(super) fn too_deep(span: Span) -> ExprError {
    let error = ExprError::new(span, format!("an expression is at most {MAX_DEPTH} deep")).of(Mistake::TooLarge);
    error.with_help("compute a part of it in a `set` or a `vars` entry of its own")
}
