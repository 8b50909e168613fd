//! What must hold for the settings of a step.

use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, UnOp};

use super::ast::{Field, Input};
use super::attr::Fallback;
use crate::fields::no_generics;
use crate::names::Given;
use crate::problems::Problems;
use crate::written::plain;

impl Input<'_> {
    pub(crate) fn validate(&self, problems: &mut Problems) {
        no_generics(
            self.original,
            "settings have types that a job file can write: this struct cannot be generic",
            problems,
        );
        let mut given = Given::default();
        for field in &self.fields {
            field.validate(problems);
            given.add(field.name(), |name| format!("two settings are named `{name}`"), problems);
        }
    }
}

impl Field<'_> {
    fn validate(&self, problems: &mut Problems) {
        let help = if self.keys.name.is_some() { "" } else { ": write `#[setting(name = \"…\")]`" };
        self.name().check("a setting", help, problems);
        if let Some(Fallback::Value(value)) = &self.keys.default
            && !is_literal(value)
        {
            let message = "the default is written as a job file has it: a text, a whole number, `true` or `false`; \
                           `#[setting(default)]` takes that of the type";
            problems.add(syn::Error::new(value.span(), message));
        }
    }
}

/// Whether a job file could say the same: a text, a whole number, a truth.
fn is_literal(value: &Expr) -> bool {
    match plain(value) {
        Expr::Lit(ExprLit { lit, .. }) => matches!(lit, syn::Lit::Str(_) | syn::Lit::Int(_) | syn::Lit::Bool(_)),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => {
            matches!(plain(expr), Expr::Lit(ExprLit { lit: syn::Lit::Int(_), .. }))
        }
        _ => false,
    }
}
