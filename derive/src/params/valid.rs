//! What must hold for the parameters of a job.

use std::collections::HashMap;

use syn::spanned::Spanned;
use syn::{Expr, ExprRange, GenericParam, RangeLimits};

use super::ast::{Field, Input};
use crate::names;
use crate::problems::Problems;

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
        let mut first = HashMap::new();
        for field in &self.fields {
            field.validate(problems);
            if let Some(earlier) = first.insert(field.name(), field.name_span()) {
                problems
                    .add(syn::Error::new(field.name_span(), format!("two parameters are named `{}`", field.name())));
                problems.add(syn::Error::new(earlier, "the first one is here"));
            }
        }
    }
}

impl Field<'_> {
    fn validate(&self, problems: &mut Problems) {
        if let Some(refusal) = names::refusal("a parameter", &self.name()) {
            let written = self.keys.name.is_some();
            let help = if written { String::new() } else { ": write `#[param(name = \"…\")]`".to_owned() };
            problems.add(syn::Error::new(self.name_span(), refusal + &help));
        }
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
    let inner = match range {
        Expr::Paren(paren) => &*paren.expr,
        range => range,
    };
    let message = match inner {
        Expr::Range(ExprRange { start: None, end: None, .. }) => "this range has no limits: drop it",
        Expr::Range(ExprRange { limits: RangeLimits::HalfOpen(_), end: Some(_), .. }) => {
            "the limits belong to the range: write `LOW..=HIGH`"
        }
        Expr::Range(_) => return,
        _ => "`range` is written as a Rust range: `1..=64`, `1..` or `..=64`",
    };
    problems.add(syn::Error::new(range.span(), message));
}
