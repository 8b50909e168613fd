//! What must hold for the parameters of a job.

use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprRange, ExprUnary, GenericParam, Lit, RangeLimits, UnOp};

use super::ast::{Field, Input};
use crate::names::Given;
use crate::problems::Problems;
use crate::written::plain;

impl Input<'_> {
    pub(crate) fn validate(&self, problems: &mut Problems) {
        for parameter in &self.original.generics.params {
            let message = match parameter {
                GenericParam::Lifetime(_) => "parameters outlive the place that they came from, so they cannot borrow",
                GenericParam::Type(_) | GenericParam::Const(_) => {
                    "parameters have types that an operator can write: this struct cannot be generic"
                }
            };
            problems.at(parameter, message);
        }
        let mut given = Given::default();
        for field in &self.fields {
            field.validate(problems);
            given.add(field.name(), |name| format!("two parameters are named `{name}`"), problems);
        }
    }
}

impl Field<'_> {
    fn validate(&self, problems: &mut Problems) {
        let help = if self.keys.name.is_some() { "" } else { ": write `#[param(name = \"…\")]`" };
        self.name().check("a parameter", help, problems);
        if let (true, Some(default)) = (self.is_optional, &self.keys.default) {
            let message = "a parameter with a default always has a value: write the type without `Option`";
            problems.at(default, message);
        }
        if let Some(range) = &self.keys.range {
            range_has_limits(range, problems);
        }
        if self.keys.secret && self.keys.identifying == Some(true) {
            let message = "a secret is in no row, so it cannot identify the instance: drop `identifying`";
            problems.add(syn::Error::new(self.ident.span(), message));
        }
    }
}

/// A range as limits are written: with at least one of them, and the last one included.
fn range_has_limits(range: &Expr, problems: &mut Problems) {
    let inner = match plain(range) {
        Expr::Paren(paren) => plain(&paren.expr),
        range => range,
    };
    let message = match inner {
        Expr::Range(ExprRange { start: None, end: None, .. }) => "this range has no limits: drop it",
        Expr::Range(ExprRange { limits: RangeLimits::HalfOpen(_), end: Some(_), .. }) => {
            "the limits belong to the range: write `LOW..=HIGH`"
        }
        Expr::Range(ExprRange { start: Some(low), end: Some(high), .. }) if is_backwards(low, high) => {
            "no value is in this range: the lower limit stands first"
        }
        Expr::Range(_) => return,
        _ => "`range` is written as a Rust range: `1..=64`, `1..` or `..=64`",
    };
    problems.add(syn::Error::new(range.span(), message));
}

fn is_backwards(low: &Expr, high: &Expr) -> bool {
    whole(low).zip(whole(high)).is_some_and(|(low, high)| low > high)
}

/// The number of a literal.
fn whole(limit: &Expr) -> Option<i128> {
    match plain(limit) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => whole(expr).map(|number| -number),
        _ => None,
    }
}
