//! The promises of the expression language.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as the tests do")]

mod chains;
mod conformance;
mod functions;
mod hostile;
mod mistakes;
mod nulls;
mod oracle;
mod pages;
mod rows;
mod templates;

use overnight_framework::expr::{EvalError, Expected, ExprError, Expression, Scope};
use overnight_framework::row::{Value, decimal};

fn dec(text: &str) -> Value {
    Value::Decimal(decimal::parse(text).unwrap())
}

/// The value of an expression without names.
fn value(text: &str) -> Result<Value, EvalError> {
    let typed = Expression::parse(text).and_then(|read| read.check(&Scope::new(), Expected::Any));
    typed.unwrap_or_else(|errors| panic!("{text}: {errors:?}")).compile().eval(&[])
}

/// What reading and checking say about an expression of this scope.
fn errors_in(text: &str, scope: &Scope) -> Vec<ExprError> {
    match Expression::parse(text).and_then(|read| read.check(scope, Expected::Any)) {
        Ok(typed) => panic!("{text} is accepted: {typed:?}"),
        Err(errors) => errors,
    }
}
