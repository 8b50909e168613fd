//! Arithmetic of integers, decimals and floats.

use rust_decimal::Decimal;

use crate::row::decimal::{self, DecimalError};

use super::super::ast::Arithmetic;
use super::super::error::{EvalError, Span};
use super::super::functions::Run;
use super::super::node::{Node, Op};
use super::Computed;
use super::generic;
use super::scalar::{Eval, Scalar, child, combine};

/// Whether the operation is computed here, when its result is a number.
pub(super) fn is_number(op: &Op) -> bool {
    matches!(op, Op::Arithmetic(_) | Op::Negate | Op::Call(Run::Div | Run::Round))
}

pub(super) fn compute_int(node: &Node) -> Computed<i64> {
    let span = node.span;
    match node.op {
        Op::Negate => {
            let operand = child::<i64>(node, 0);
            Box::new(move |row| operand.get(row)?.checked_neg().ok_or_else(|| too_large(span)))
        }
        Op::Arithmetic(operator) => {
            let (left, right) = (child::<i64>(node, 0), child::<i64>(node, 1));
            match operator {
                Arithmetic::Add => checked(left, right, span, i64::checked_add),
                Arithmetic::Subtract => checked(left, right, span, i64::checked_sub),
                Arithmetic::Multiply => checked(left, right, span, i64::checked_mul),
                Arithmetic::Divide => divided(left, right, span, i64::checked_div),
                Arithmetic::Remainder => divided(left, right, span, i64::checked_rem),
            }
        }
        _ => fallback(node),
    }
}

pub(super) fn compute_decimal(node: &Node) -> Computed<Decimal> {
    let span = node.span;
    match node.op {
        Op::Widen => {
            let whole = child::<i64>(node, 0);
            Box::new(move |row| Ok(Decimal::from(whole.get(row)?)))
        }
        Op::Negate => {
            let operand = child::<Decimal>(node, 0);
            Box::new(move |row| decimal::sub(Decimal::ZERO, operand.get(row)?).map_err(|error| failed(span, error)))
        }
        Op::Arithmetic(operator) => {
            let (left, right) = (child::<Decimal>(node, 0), child::<Decimal>(node, 1));
            match operator {
                Arithmetic::Add => exact(left, right, span, decimal::add),
                Arithmetic::Subtract => exact(left, right, span, decimal::sub),
                Arithmetic::Multiply => exact(left, right, span, decimal::mul),
                Arithmetic::Divide | Arithmetic::Remainder => fallback(node),
            }
        }
        Op::Call(Run::Round) => {
            let (number, scale) = (child::<Decimal>(node, 0), child::<i64>(node, 1));
            combine(number, scale, move |number, scale| {
                decimal::round(number, narrow(scale)).map_err(|error| failed(span, error))
            })
        }
        Op::Call(Run::Div) => {
            let (a, b, scale) = (child::<Decimal>(node, 0), child::<Decimal>(node, 1), child::<i64>(node, 2));
            Box::new(move |row| {
                let (a, b, scale) = (a.get(row)?, b.get(row)?, narrow(scale.get(row)?));
                decimal::div(a, b, scale).map_err(|error| failed(span, error))
            })
        }
        _ => fallback(node),
    }
}

pub(super) fn compute_float(node: &Node) -> Computed<f64> {
    match node.op {
        Op::Negate => {
            let operand = child::<f64>(node, 0);
            Box::new(move |row| Ok(-operand.get(row)?))
        }
        Op::Arithmetic(operator) => {
            let (left, right) = (child::<f64>(node, 0), child::<f64>(node, 1));
            match operator {
                Arithmetic::Add => combine(left, right, |a: f64, b: f64| Ok(a + b)),
                Arithmetic::Subtract => combine(left, right, |a: f64, b: f64| Ok(a - b)),
                Arithmetic::Multiply => combine(left, right, |a: f64, b: f64| Ok(a * b)),
                Arithmetic::Divide => combine(left, right, |a: f64, b: f64| Ok(a / b)),
                Arithmetic::Remainder => fallback(node),
            }
        }
        _ => fallback(node),
    }
}

/// The generic form of an operation that has none here.
fn fallback<T: Scalar>(node: &Node) -> Computed<T> {
    super::scalar::extracted(node, generic::compute(node))
}

fn checked<F>(left: Eval<i64>, right: Eval<i64>, span: Span, f: F) -> Computed<i64>
where
    F: Fn(i64, i64) -> Option<i64> + Send + Sync + 'static,
{
    combine(left, right, move |a, b| f(a, b).ok_or_else(|| too_large(span)))
}

fn divided<F>(left: Eval<i64>, right: Eval<i64>, span: Span, f: F) -> Computed<i64>
where
    F: Fn(i64, i64) -> Option<i64> + Send + Sync + 'static,
{
    combine(left, right, move |a, b| match f(a, b) {
        Some(result) => Ok(result),
        None if b == 0 => Err(EvalError::new(span, "division by zero")),
        None => Err(too_large(span)),
    })
}

fn exact<F>(left: Eval<Decimal>, right: Eval<Decimal>, span: Span, f: F) -> Computed<Decimal>
where
    F: Fn(Decimal, Decimal) -> Result<Decimal, DecimalError> + Send + Sync + 'static,
{
    combine(left, right, move |a, b| match f(a, b) {
        Ok(result) => Ok(result),
        Err(error) => Err(failed(span, error)),
    })
}

/// A scale as the decimals take it; one that is negative or beyond reason becomes one they refuse.
fn narrow(scale: i64) -> u32 {
    u32::try_from(scale).unwrap_or(u32::MAX)
}

#[cold]
fn failed(span: Span, error: DecimalError) -> EvalError {
    EvalError::new(span, error.to_string())
}

#[cold]
fn too_large(span: Span) -> EvalError {
    EvalError::new(span, "the result is too large for an integer")
}
