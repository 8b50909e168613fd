//! Truths: comparisons, membership, and the connectives as CEL has them.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::row::{Type, Value};

use super::super::ast::Compare;
use super::super::error::EvalError;
use super::super::functions::{self, Run};
use super::super::node::{Node, Op};
use super::super::order::{equal, is_nothing, order};
use super::scalar::{Scalar, child, combine, extracted};
use super::term::Term;
use super::{Code, Computed, Strict, code, generic};

/// Whether the operation is computed here.
pub(super) fn is_logic(op: &Op) -> bool {
    use Op::{All, Any, Call, Compare, Equal, Has, In, Not, NotEqual};
    matches!(op, Not | All | Any | Compare(_) | Equal | NotEqual | In | Has | Call(Run::Matches))
}

pub(super) fn compute(node: &Node) -> Computed<bool> {
    if let Some(term) = Term::simple(node) {
        return Box::new(move |row| term.get(row));
    }
    match &node.op {
        Op::Not => {
            let operand = child::<bool>(node, 0);
            Box::new(move |row| Ok(!operand.get(row)?))
        }
        Op::All => chain(node, false),
        Op::Any => chain(node, true),
        Op::Compare(operator) => compare(node, *operator),
        Op::Equal => equality(node, true),
        Op::NotEqual => equality(node, false),
        Op::In => membership(node),
        Op::Has => {
            let place = pair(node).0;
            Box::new(move |row| Ok(!is_nothing(&*place.value(row)?)))
        }
        Op::Call(Run::Matches) => matches(node),
        _ => extracted(node, generic::compute(node)),
    }
}

/// `&&` (decided by `false`) or `||` (decided by `true`). A term that decides makes errors beside it not matter, on
/// either side: so CEL has it, and so the order of terms never changes the result.
fn chain(node: &Node, decides: bool) -> Computed<bool> {
    let terms: Vec<Term> = node.children.iter().map(Term::of).collect();
    match <[Term; 2]>::try_from(terms) {
        Ok(terms) => Box::new(move |row| match terms[0].quick(row) {
            Some(truth) if truth == decides => Ok(decides),
            Some(_) => terms[1].get(row),
            None => slowly(&terms, row, decides),
        }),
        Err(terms) => Box::new(move |row| chained(&terms, row, decides)),
    }
}

fn chained(terms: &[Term], row: &[Value], decides: bool) -> Result<bool, EvalError> {
    let mut first_error = None;
    for term in terms {
        match term.get(row) {
            Ok(truth) if truth == decides => return Ok(decides),
            Ok(_) => {}
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    first_error.map_or(Ok(!decides), Err)
}

/// The same out of line, for what [`Term::quick`] does not know: errors, and nulls beside a text, which have a truth.
#[cold]
fn slowly(terms: &[Term; 2], row: &[Value], decides: bool) -> Result<bool, EvalError> {
    chained(terms, row, decides)
}

fn compare(node: &Node, operator: Compare) -> Computed<bool> {
    match operator {
        Compare::Less => ordered(node, |order| order == Some(Ordering::Less)),
        Compare::LessEqual => ordered(node, |order| matches!(order, Some(Ordering::Less | Ordering::Equal))),
        Compare::Greater => ordered(node, |order| order == Some(Ordering::Greater)),
        Compare::GreaterEqual => ordered(node, |order| matches!(order, Some(Ordering::Greater | Ordering::Equal))),
    }
}

/// Both operands are there, and their order is one that `holds` accepts.
fn ordered<F>(node: &Node, holds: F) -> Computed<bool>
where
    F: Fn(Option<Ordering>) -> bool + Copy + Send + Sync + 'static,
{
    match node.children.first().and_then(|child| child.kind) {
        Some(Type::Bool) => typed::<bool, F>(node, holds),
        Some(Type::Int) => typed::<i64, F>(node, holds),
        Some(Type::Float) => typed::<f64, F>(node, holds),
        Some(Type::Decimal) => typed::<Decimal, F>(node, holds),
        Some(Type::Date) => typed::<NaiveDate, F>(node, holds),
        Some(Type::DateTime) => typed::<DateTime<Utc>, F>(node, holds),
        Some(Type::Duration) => typed::<TimeDelta, F>(node, holds),
        _ => {
            let (left, right) = strict_pair(node);
            Box::new(move |row| {
                let (left, right) = (left.value(row)?, right.value(row)?);
                Ok(holds(order(&left, &right)))
            })
        }
    }
}

fn typed<T, F>(node: &Node, holds: F) -> Computed<bool>
where
    T: Scalar,
    F: Fn(Option<Ordering>) -> bool + Copy + Send + Sync + 'static,
{
    combine(child::<T>(node, 0), child::<T>(node, 1), move |a: T, b: T| Ok(holds(a.order(&b))))
}

/// `==` (wanted) and `!=` (unwanted). Where neither side can be null and both are of one scalar type, as quick as an
/// ordering; elsewhere a null equals a null and nothing else.
fn equality(node: &Node, wanted: bool) -> Computed<bool> {
    let kinds: Vec<_> = node.children.iter().map(|child| child.kind).collect();
    let plain =
        node.children.iter().all(|child| !child.nullable) && kinds.windows(2).all(|pair| pair.first() == pair.last());
    if plain && !matches!(kinds.first(), None | Some(None | Some(Type::Str | Type::Bytes | Type::Json))) {
        return match wanted {
            true => ordered(node, |order| order == Some(Ordering::Equal)),
            false => ordered(node, |order| order != Some(Ordering::Equal)),
        };
    }
    let (left, right) = pair(node);
    Box::new(move |row| {
        let (left, right) = (left.value(row)?, right.value(row)?);
        Ok(equal(&left, &right) == wanted)
    })
}

/// `x in [a, b, …]`: constants are sorted once and searched. Everything else is compared one by one, JSON too, which equals
/// what it holds but has no order.
fn membership(node: &Node) -> Computed<bool> {
    let Some((item, elements)) = node.children.split_first() else { return extracted(node, generic::compute(node)) };
    let known: Option<Vec<Value>> = elements.iter().map(|element| element.known().cloned()).collect();
    let has_order = |value: &Value| !is_nothing(value) && !matches!(value, Value::Json(_));
    let item_code = code(item);
    match known {
        Some(mut known) if item.kind != Some(Type::Json) && known.iter().all(has_order) => {
            known.sort_by(|a, b| order(a, b).unwrap_or(Ordering::Equal));
            Box::new(move |row| {
                let item = item_code.value(row)?;
                let found = known.binary_search_by(|known| order(known, &item).unwrap_or(Ordering::Less));
                Ok(found.is_ok())
            })
        }
        _ => {
            let elements: Box<[Code]> = elements.iter().map(code).collect();
            Box::new(move |row| {
                let item = item_code.value(row)?;
                let mut found = false;
                // All elements, found or not: a list with an element that fails has no value.
                for element in &elements {
                    found |= equal(&item, &*element.value(row)?);
                }
                Ok(found)
            })
        }
    }
}

/// A constant pattern is compiled here, once; any other at each evaluation.
fn matches(node: &Node) -> Computed<bool> {
    let (text, pattern) = strict_pair(node);
    let span = node.span;
    let known = node.children.last().and_then(Node::known).and_then(|pattern| functions::text_value(pattern).ok());
    if let Some(Ok(regex)) = known.map(functions::pattern) {
        return Box::new(move |row| {
            let text = text.value(row)?;
            Ok(regex.is_match(functions::text_value(&text).map_err(|message| EvalError::new(span, message))?))
        });
    }
    Box::new(move |row| {
        let (text, pattern) = (text.value(row)?, pattern.value(row)?);
        let found = functions::text_value(&pattern)
            .and_then(functions::pattern)
            .and_then(|regex| Ok(regex.is_match(functions::text_value(&text)?)));
        found.map_err(|message| EvalError::new(span, message))
    })
}

fn pair(node: &Node) -> (Code, Code) {
    let at = |index: usize| node.children.get(index).map_or(Code::Constant(Value::Null), code);
    (at(0), at(1))
}

fn strict_pair(node: &Node) -> (Strict, Strict) {
    let at = |index: usize| Strict::of(node.children.get(index).unwrap_or(node));
    (at(0), at(1))
}
