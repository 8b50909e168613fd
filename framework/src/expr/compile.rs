//! Turns a checked tree into closures over resolved slots, once, so that a row costs little more than by hand.
//!
//! A number, a truth, a day or an instant is computed by an [`Eval`] of its own Rust type; anything that may be null,
//! owns memory or is rare by a [`Code`] over [`Value`]s. What an operand is (constant, cell of the row, computed) stays
//! visible to the operation above it, which is why `amount > 100.00` is one closure and not three.

mod generic;
mod logic;
mod number;
mod scalar;
mod slot;
mod term;

use std::borrow::Cow;

use crate::row::{Type, Value};

pub(super) use self::scalar::{Eval, Scalar, scalar};
use self::slot::Slot;
use super::error::EvalError;
use super::node::{Node, Op};
use super::order::is_nothing;
use super::scope::Source;

/// A closure that computes something from a row or a frame.
pub(super) type Computed<T> = Box<dyn Fn(&[Value]) -> Result<T, EvalError> + Send + Sync>;

/// Computes a value that may be null. Strings are borrowed as far as they exist already.
pub(super) enum Code {
    Constant(Value),
    Cell(Slot),
    /// The first, or the second where the first is null.
    Default(Box<[Self; 2]>),
    /// The first of both where the condition holds, the second else.
    Choice(Box<(Eval<bool>, [Self; 2])>),
    Computed(Computed<Value>),
}

impl Code {
    /// The value for this row or frame; a null is a value here.
    pub(super) fn value<'a>(&'a self, row: &'a [Value]) -> Result<Cow<'a, Value>, EvalError> {
        match self {
            Self::Constant(value) => Ok(Cow::Borrowed(value)),
            Self::Cell(slot) => slot.cell(row).map(Cow::Borrowed),
            Self::Default(values) => {
                let [first, second] = &**values;
                let value = first.value(row)?;
                if is_nothing(&value) { second.value(row) } else { Ok(value) }
            }
            Self::Choice(choice) => {
                let (condition, [yes, no]) = &**choice;
                if condition.get(row)? { yes.value(row) } else { no.value(row) }
            }
            Self::Computed(compute) => compute(row).map(Cow::Owned),
        }
    }
}

/// Code for any node.
pub(super) fn code(node: &Node) -> Code {
    let pair = |at: usize| node.children.get(at).map_or(Code::Constant(Value::Null), code);
    match &node.op {
        Op::Constant(value) => Code::Constant(value.clone()),
        Op::Read(place) => match place.source {
            Source::Slot(index) => Code::Cell(Slot { index, name: place.name.clone(), span: node.span }),
            Source::Frame(_) => Code::Computed(unknown_frame(node)),
        },
        Op::Default => Code::Default(Box::new([pair(0), pair(1)])),
        Op::Conditional => Code::Choice(Box::new((truth(node.children.first(), node), [pair(1), pair(2)]))),
        _ => match node.kind {
            Some(Type::Bool) if logic::is_logic(&node.op) => wrapped(scalar::<bool>(node)),
            Some(Type::Int) if number::is_number(&node.op) => Code::Computed(number::compute_int(node)),
            Some(Type::Decimal) if number::is_number(&node.op) => Code::Computed(number::compute_decimal(node)),
            Some(Type::Float) if number::is_number(&node.op) => wrapped(scalar::<f64>(node)),
            _ => Code::Computed(generic::compute(node)),
        },
    }
}

/// A strict value: a null fails, and the failure names the column.
pub(super) struct Strict {
    code: Code,
    missing: EvalError,
    never_null: bool,
}

impl Strict {
    pub(super) fn of(node: &Node) -> Self {
        let never_null = matches!(node.op, Op::Arithmetic(_) | Op::Negate | Op::Call(_));
        Self { code: code(node), missing: EvalError::null(node.span, node.place()), never_null }
    }

    /// What fails in the place of an argument that is not there.
    fn missing(missing: EvalError) -> Self {
        Self { code: Code::Constant(Value::Null), missing, never_null: false }
    }

    /// The closure alone, if it is one: what is computed is never null, unless it comes out of JSON.
    pub(super) fn computed(self) -> Result<Computed<Value>, Self> {
        match self {
            Self { code: Code::Computed(compute), never_null: true, .. } => Ok(compute),
            other => Err(other),
        }
    }

    pub(super) fn value<'a>(&'a self, row: &'a [Value]) -> Result<Cow<'a, Value>, EvalError> {
        let value = self.code.value(row)?;
        if is_nothing(&value) { Err(self.missing.clone()) } else { Ok(value) }
    }
}

fn wrapped<T: Scalar>(eval: Eval<T>) -> Code {
    match eval {
        Eval::Constant(value) => Code::Constant(value.wrap()),
        Eval::Cell(slot) => Code::Cell(slot),
        Eval::Computed(compute) => Code::Computed(Box::new(move |row| compute(row).map(T::wrap))),
    }
}

/// A name of the frame when no value was given for it: it fails like a null does.
fn unknown_frame<T>(node: &Node) -> Computed<T> {
    let name = node.place().map_or("a name", |name| name).to_owned();
    let error = EvalError::new(node.span, format!("{name} has no value here"));
    Box::new(move |_| Err(error.clone()))
}

/// The boolean of the node `child`; the checker has made sure there is one below `parent`.
fn truth(child: Option<&Node>, parent: &Node) -> Eval<bool> {
    match child {
        Some(child) => scalar::<bool>(child),
        None => Eval::Computed(unknown_frame(parent)),
    }
}
