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

/// An operation of integers; the result is an integer, or at once a value.
pub(super) fn compute_int<R: From<i64> + 'static>(node: &Node) -> Computed<R> {
    let span = node.span;
    match node.op {
        Op::Negate => {
            let operand = child::<i64>(node, 0);
            Box::new(move |row| operand.get(row)?.checked_neg().map(R::from).ok_or_else(|| too_large(span)))
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
        _ => fallback::<i64, R>(node),
    }
}

/// An operation of decimals; the result is a decimal, or at once a value: a decimal that is made into a value only
/// afterwards is copied in pieces of other sizes than it was stored in, which stalls the processor.
pub(super) fn compute_decimal<R: From<Decimal> + 'static>(node: &Node) -> Computed<R> {
    let span = node.span;
    match node.op {
        Op::Widen => {
            let whole = child::<i64>(node, 0);
            Box::new(move |row| Ok(R::from(Decimal::from(whole.get(row)?))))
        }
        Op::Negate => {
            let operand = child::<Decimal>(node, 0);
            Box::new(move |row| finished(decimal::sub(Decimal::ZERO, operand.get(row)?), span))
        }
        Op::Arithmetic(operator) => {
            let (left, right) = (child::<Decimal>(node, 0), child::<Decimal>(node, 1));
            match operator {
                Arithmetic::Add => exact(left, right, span, decimal::add),
                Arithmetic::Subtract => exact(left, right, span, decimal::sub),
                Arithmetic::Multiply => exact(left, right, span, decimal::mul),
                Arithmetic::Divide | Arithmetic::Remainder => fallback::<Decimal, R>(node),
            }
        }
        Op::Call(Run::Round) => {
            let (number, scale) = (child::<Decimal>(node, 0), child::<i64>(node, 1));
            combine(number, scale, move |number, scale| finished(decimal::round(number, narrow(scale)), span))
        }
        Op::Call(Run::Div) => {
            let (a, b, scale) = (child::<Decimal>(node, 0), child::<Decimal>(node, 1), child::<i64>(node, 2));
            quotient(a, b, scale, span)
        }
        _ => fallback::<Decimal, R>(node),
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
                Arithmetic::Remainder => fallback::<f64, f64>(node),
            }
        }
        _ => fallback::<f64, f64>(node),
    }
}

/// `div(a, b, scale)`: mostly both last arguments are constants.
fn quotient<R: From<Decimal> + 'static>(
    a: Eval<Decimal>,
    b: Eval<Decimal>,
    scale: Eval<i64>,
    span: Span,
) -> Computed<R> {
    match scale {
        Eval::Constant(scale) => combine(a, b, move |a, b| finished(decimal::div(a, b, narrow(scale)), span)),
        scale => Box::new(move |row| {
            let (a, b) = (a.get(row)?, b.get(row)?);
            finished(decimal::div(a, b, narrow(scale.get(row)?)), span)
        }),
    }
}

/// The generic form of an operation that has none here.
fn fallback<T: Scalar, R: From<T> + 'static>(node: &Node) -> Computed<R> {
    let compute = super::scalar::extracted::<T>(node, generic::compute(node));
    Box::new(move |row| compute(row).map(R::from))
}

#[inline]
fn finished<R: From<Decimal>>(result: Result<Decimal, DecimalError>, span: Span) -> Result<R, EvalError> {
    match result {
        Ok(number) => Ok(R::from(number)),
        Err(error) => Err(failed(span, error)),
    }
}

fn checked<R, F>(left: Eval<i64>, right: Eval<i64>, span: Span, f: F) -> Computed<R>
where
    R: From<i64> + 'static,
    F: Fn(i64, i64) -> Option<i64> + Send + Sync + 'static,
{
    combine(left, right, move |a, b| f(a, b).map(R::from).ok_or_else(|| too_large(span)))
}

fn divided<R, F>(left: Eval<i64>, right: Eval<i64>, span: Span, f: F) -> Computed<R>
where
    R: From<i64> + 'static,
    F: Fn(i64, i64) -> Option<i64> + Send + Sync + 'static,
{
    combine(left, right, move |a, b| match f(a, b) {
        Some(result) => Ok(R::from(result)),
        None if b == 0 => Err(EvalError::new(span, "division by zero")),
        None => Err(too_large(span)),
    })
}

fn exact<R, F>(left: Eval<Decimal>, right: Eval<Decimal>, span: Span, f: F) -> Computed<R>
where
    R: From<Decimal> + 'static,
    F: Fn(Decimal, Decimal) -> Result<Decimal, DecimalError> + Send + Sync + 'static,
{
    combine(left, right, move |a, b| finished(f(a, b), span))
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
