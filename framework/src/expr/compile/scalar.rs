//! Closures over plain Rust types, and the specialisations that make them quick.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::row::{Type, Value, decimal};

use super::super::error::{EvalError, Span};
use super::super::node::{Node, Op};
use super::super::order::is_nothing;
use super::super::scope::Source;
use super::slot::Slot;
use super::{Code, Computed, code, generic, logic, number, truth, unknown_frame};

/// A type of values that are copied and never null.
pub(in crate::expr) trait Scalar: Copy + Send + Sync + 'static {
    const KIND: Type;

    /// The value, if it is of this type.
    fn of(value: &Value) -> Option<Self>;

    fn wrap(self) -> Value;

    /// The order within the type; none beside a float that is no number.
    fn order(&self, other: &Self) -> Option<Ordering>;

    /// The closure of an operation that is computed in this type. By default there are none, and the value is taken
    /// out of the generic form.
    fn compute(node: &Node) -> Computed<Self> {
        extracted(node, generic::compute(node))
    }
}

/// Computes a scalar, or fails.
pub(in crate::expr) enum Eval<T> {
    Constant(T),
    Cell(Slot),
    Computed(Computed<T>),
}

impl<T: Scalar> Eval<T> {
    #[inline]
    pub(in crate::expr) fn get(&self, row: &[Value]) -> Result<T, EvalError> {
        match self {
            Self::Constant(value) => Ok(*value),
            Self::Cell(slot) => slot.scalar(row),
            Self::Computed(compute) => compute(row),
        }
    }
}

/// The scalar of a node of type `T`. A null fails.
pub(in crate::expr) fn scalar<T: Scalar>(node: &Node) -> Eval<T> {
    match &node.op {
        Op::Constant(value) => match T::of(value) {
            Some(value) => Eval::Constant(value),
            None => Eval::Computed(extracted(node, constant(value))),
        },
        Op::Read(place) => match place.source {
            Source::Slot(index) => Eval::Cell(Slot { index, name: place.name.clone(), span: node.span }),
            Source::Frame(_) => Eval::Computed(unknown_frame(node)),
        },
        Op::Required => child(node, 0),
        Op::Conditional => {
            let condition = truth(node.children.first(), node);
            let (yes, no) = (child::<T>(node, 1), child::<T>(node, 2));
            Eval::Computed(Box::new(move |row| if condition.get(row)? { yes.get(row) } else { no.get(row) }))
        }
        Op::Default => {
            let value = node.children.first().map_or(Code::Constant(Value::Null), code);
            let (other, span) = (child::<T>(node, 1), node.span);
            Eval::Computed(Box::new(move |row| {
                let value = value.value(row)?;
                if is_nothing(&value) { other.get(row) } else { extract(&value, span) }
            }))
        }
        _ => Eval::Computed(T::compute(node)),
    }
}

/// The scalar of the child number `index`.
pub(super) fn child<T: Scalar>(node: &Node, index: usize) -> Eval<T> {
    match node.children.get(index) {
        Some(child) => scalar(child),
        None => Eval::Computed(unknown_frame(node)),
    }
}

/// One closure for two operands, without a call for those that are cells or constants.
pub(super) fn combine<A, B, R, F>(left: Eval<A>, right: Eval<B>, f: F) -> Computed<R>
where
    A: Scalar,
    B: Scalar,
    F: Fn(A, B) -> Result<R, EvalError> + Send + Sync + 'static,
{
    match (left, right) {
        (Eval::Cell(left), Eval::Constant(right)) => Box::new(move |row| f(left.scalar(row)?, right)),
        (Eval::Cell(left), Eval::Cell(right)) => Box::new(move |row| f(left.scalar(row)?, right.scalar(row)?)),
        (Eval::Computed(left), Eval::Constant(right)) => Box::new(move |row| f(left(row)?, right)),
        (left, right) => Box::new(move |row| f(left.get(row)?, right.get(row)?)),
    }
}

/// The scalar out of a computed value.
pub(super) fn extracted<T: Scalar>(node: &Node, compute: Computed<Value>) -> Computed<T> {
    let (span, name) = (node.span, node.place().cloned());
    Box::new(move |row| {
        let value = compute(row)?;
        if is_nothing(&value) {
            return Err(EvalError::null(span, name.as_ref()));
        }
        extract(&value, span)
    })
}

fn extract<T: Scalar>(value: &Value, span: Span) -> Result<T, EvalError> {
    let unfit = || {
        let found = value.kind().map_or("null", |kind| kind.name());
        EvalError::new(span, format!("a value of type {found} stands where {} was declared", T::KIND))
    };
    T::of(value).ok_or_else(unfit)
}

fn constant(value: &Value) -> Computed<Value> {
    let value = value.clone();
    Box::new(move |_| Ok(value.clone()))
}

/// Implements [`Scalar`] for a type that has a variant of its own.
macro_rules! scalar {
    ($type:ty, $variant:ident, $order:expr $(, $compute:path)?) => {
        impl Scalar for $type {
            const KIND: Type = Type::$variant;

            #[inline]
            fn of(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(*value),
                    _ => None,
                }
            }

            #[inline]
            fn wrap(self) -> Value {
                Value::$variant(self)
            }

            #[inline]
            fn order(&self, other: &Self) -> Option<Ordering> {
                $order(self, other)
            }

            $(fn compute(node: &Node) -> Computed<Self> {
                $compute(node)
            })?
        }
    };
}

scalar!(bool, Bool, |a: &Self, b| Some(a.cmp(b)), logic::compute);
scalar!(i64, Int, |a: &Self, b| Some(a.cmp(b)), number::compute_int);
scalar!(f64, Float, |a: &Self, b: &Self| a.partial_cmp(b), number::compute_float);
scalar!(Decimal, Decimal, |a: &Self, b: &Self| Some(decimal::compare(a, b)), number::compute_decimal);
scalar!(NaiveDate, Date, |a: &Self, b| Some(a.cmp(b)));
scalar!(DateTime<Utc>, DateTime, |a: &Self, b| Some(a.cmp(b)));
scalar!(TimeDelta, Duration, |a: &Self, b| Some(a.cmp(b)));
