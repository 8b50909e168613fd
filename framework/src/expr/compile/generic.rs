//! Operations over [`Value`]s: functions, text, days and durations, JSON, templates.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{Days, NaiveDate, TimeDelta};

use crate::row::{Type, Value};

use super::super::ast::Arithmetic;
use super::super::error::EvalError;
use super::super::functions::{self, Outcome, Run};
use super::super::node::{Key, Node, Op};
use super::super::order::order;
use super::scalar::scalar;
use super::{Computed, Strict, code, unknown_frame, wrapped};

/// The closure of an operation that no scalar type computes by itself.
pub(super) fn compute(node: &Node) -> Computed<Value> {
    match &node.op {
        Op::Call(run) => call(node, *run),
        Op::Arithmetic(operator) => arithmetic(node, *operator),
        Op::Extreme(wanted) => extreme(node, *wanted),
        Op::Member(..) => member(node),
        Op::FromJson => from_json(node),
        Op::Widen => widen(node),
        Op::Join => join(node),
        Op::Required => {
            let value = operand(node, 0);
            Box::new(move |row| value.value(row).map(Cow::into_owned))
        }
        _ => as_values(node),
    }
}

/// An operation that a scalar type computes, as a value.
fn as_values(node: &Node) -> Computed<Value> {
    let code = match node.kind {
        Some(Type::Bool) => wrapped(scalar::<bool>(node)),
        _ => return unknown_frame(node),
    };
    Box::new(move |row| code.value(row).map(Cow::into_owned))
}

fn call(node: &Node, run: Run) -> Computed<Value> {
    let span = node.span;
    let [one, two, three] = [0, 1, 2].map(|index| operand(node, index));
    let failed = move |message: Cow<'static, str>| EvalError::new(span, message);
    match run {
        Run::One(f) => Box::new(move |row| f(&*one.value(row)?).map_err(failed)),
        Run::Two(f) => Box::new(move |row| f(&*one.value(row)?, &*two.value(row)?).map_err(failed)),
        Run::Three(f) => {
            Box::new(move |row| f(&*one.value(row)?, &*two.value(row)?, &*three.value(row)?).map_err(failed))
        }
        // The scalar types compute these; see `is_number` and `is_logic`.
        Run::Div | Run::Round | Run::Matches => unknown_frame(node),
    }
}

/// `+` and `-` of what is no number.
fn arithmetic(node: &Node, operator: Arithmetic) -> Computed<Value> {
    let (left, right, span) = (operand(node, 0), operand(node, 1), node.span);
    let minus = operator == Arithmetic::Subtract;
    Box::new(move |row| {
        let result = if minus {
            less(&*left.value(row)?, &*right.value(row)?)
        } else {
            plus(&*left.value(row)?, &*right.value(row)?)
        };
        result.map_err(|message| EvalError::new(span, message))
    })
}

fn plus(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => functions::join([Cow::Borrowed(&**a), Cow::Borrowed(&**b)].into_iter()),
        (Value::Bytes(a), Value::Bytes(b)) => {
            functions::shorter(a.len() + b.len())?;
            Ok(Value::Bytes([&**a, &**b].concat().into()))
        }
        (Value::Date(day), Value::Int(days)) | (Value::Int(days), Value::Date(day)) => later(*day, *days),
        (Value::Date(day), Value::Duration(length)) | (Value::Duration(length), Value::Date(day)) => {
            later(*day, whole_days(*length)?)
        }
        (Value::DateTime(instant), Value::Duration(length)) | (Value::Duration(length), Value::DateTime(instant)) => {
            instant.checked_add_signed(*length).map(Value::DateTime).ok_or_else(out_of_range)
        }
        (Value::Duration(a), Value::Duration(b)) => a.checked_add(b).map(Value::Duration).ok_or_else(out_of_range),
        _ => Err(no_operands()),
    }
}

fn less(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Date(day), Value::Int(days)) => later(*day, days.checked_neg().ok_or_else(out_of_range)?),
        (Value::Date(day), Value::Duration(length)) => later(*day, -whole_days(*length)?),
        (Value::Date(a), Value::Date(b)) => Ok(Value::Duration(a.signed_duration_since(*b))),
        (Value::DateTime(a), Value::DateTime(b)) => Ok(Value::Duration(a.signed_duration_since(*b))),
        (Value::DateTime(instant), Value::Duration(length)) => {
            instant.checked_sub_signed(*length).map(Value::DateTime).ok_or_else(out_of_range)
        }
        (Value::Duration(a), Value::Duration(b)) => a.checked_sub(b).map(Value::Duration).ok_or_else(out_of_range),
        _ => Err(no_operands()),
    }
}

fn later(day: NaiveDate, days: i64) -> Outcome {
    let count = Days::new(days.unsigned_abs());
    let day = if days < 0 { day.checked_sub_days(count) } else { day.checked_add_days(count) };
    day.map(Value::Date).ok_or_else(out_of_range)
}

/// A day has no hours, so only whole days can be added to it.
fn whole_days(length: TimeDelta) -> Result<i64, Cow<'static, str>> {
    let days = length.num_days();
    if TimeDelta::try_days(days) == Some(length) {
        return Ok(days);
    }
    Err("a date moves by whole days only; use datetime(x) for hours".into())
}

fn out_of_range() -> Cow<'static, str> {
    "the result is beyond the calendar".into()
}

/// Only a reader that breaks its own schema leads here: the checker knows which operands there are.
fn no_operands() -> Cow<'static, str> {
    "the values are not of the types that were declared".into()
}

fn extreme(node: &Node, wanted: Ordering) -> Computed<Value> {
    let (span, values) = (node.span, node.children.iter().map(Strict::of).collect::<Box<[_]>>());
    Box::new(move |row| {
        let mut best: Option<Cow<'_, Value>> = None;
        for value in &values {
            let value = value.value(row)?;
            let better = best.as_ref().is_none_or(|best| order(&value, best) == Some(wanted));
            best = if better { Some(value) } else { best };
        }
        best.map(Cow::into_owned).ok_or_else(|| EvalError::new(span, "there are no values"))
    })
}

/// `j.a['b'][0]`: one walk over the borrowed document, of which only what is found is copied.
fn member(node: &Node) -> Computed<Value> {
    let mut keys = Vec::new();
    let mut document = Some(node);
    while let Some(Node { op: Op::Member(key, _), children, .. }) = document {
        keys.push(key.clone());
        document = children.first();
    }
    keys.reverse();
    let json = document.map_or(super::Code::Constant(Value::Null), code);
    Box::new(move |row| {
        let value = json.value(row)?;
        let Value::Json(json) = &*value else { return Ok(Value::Null) };
        let found = keys.iter().try_fold(&**json, |json, key| match key {
            Key::Name(name) => json.get(&**name),
            Key::Index(index) => json.get(index),
        });
        Ok(found.filter(|found| !found.is_null()).map_or(Value::Null, |found| Value::Json(Box::new(found.clone()))))
    })
}

fn from_json(node: &Node) -> Computed<Value> {
    let json = node.children.first().map_or(super::Code::Constant(Value::Null), code);
    let (kind, span) = (node.kind.unwrap_or(Type::Json), node.span);
    Box::new(move |row| functions::from_json(&*json.value(row)?, kind).map_err(|message| EvalError::new(span, message)))
}

/// An integer as a decimal; a null stays null.
fn widen(node: &Node) -> Computed<Value> {
    let whole = node.children.first().map_or(super::Code::Constant(Value::Null), code);
    Box::new(move |row| {
        Ok(match &*whole.value(row)? {
            Value::Int(number) => Value::Decimal((*number).into()),
            other => other.clone(),
        })
    })
}

/// A text made of parts. A null among them would vanish without a trace, so it fails.
fn join(node: &Node) -> Computed<Value> {
    let (span, parts) = (node.span, node.children.iter().map(Strict::of).collect::<Box<[_]>>());
    Box::new(move |row| {
        let texts: Result<Vec<_>, _> = parts.iter().map(|part| part.value(row).map(shown)).collect();
        functions::join(texts?.into_iter()).map_err(|message| EvalError::new(span, message))
    })
}

fn shown(value: Cow<'_, Value>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(Value::Str(text)) => Cow::Borrowed(text),
        Cow::Owned(Value::Str(text)) => Cow::Owned(text.into()),
        other => match &*other {
            Value::Json(json) if json.is_string() => Cow::Owned(json.as_str().unwrap_or_default().to_owned()),
            other => Cow::Owned(other.to_string()),
        },
    }
}

fn operand(node: &Node, index: usize) -> Strict {
    match node.children.get(index) {
        Some(child) => Strict::of(child),
        None => Strict::missing(EvalError::new(node.span, "no such argument")),
    }
}
