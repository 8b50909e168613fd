//! The terms of a condition. Those that filters are made of, a column beside a constant, are tested in place: a chain of
//! them is one closure that calls no other.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::row::{Type, Value, decimal};

use super::super::ast::Compare;
use super::super::error::EvalError;
use super::super::node::{Node, Op};
use super::super::scope::Source;
use super::scalar::{Eval, scalar};
use super::slot::Slot;

/// A condition, or a part of one.
pub(super) enum Term {
    Number { cell: Slot, accepts: Accepts, constant: Decimal },
    Whole { cell: Slot, accepts: Accepts, constant: i64 },
    Text { cell: Slot, constant: Box<str>, wanted: bool },
    Other(Eval<bool>),
}

/// The orders under which a comparison holds: bit 0 for less, 1 for equal, 2 for greater.
#[derive(Clone, Copy)]
pub(super) struct Accepts(u8);

impl Accepts {
    fn of(op: &Op) -> Option<Self> {
        Some(Self(match op {
            Op::Compare(Compare::Less) => 0b001,
            Op::Compare(Compare::LessEqual) => 0b011,
            Op::Compare(Compare::Greater) => 0b100,
            Op::Compare(Compare::GreaterEqual) => 0b110,
            Op::Equal => 0b010,
            Op::NotEqual => 0b101,
            _ => return None,
        }))
    }

    /// The same with the operands the other way round.
    fn flipped(self) -> Self {
        Self(self.0 & 0b010 | (self.0 & 0b001) << 2 | (self.0 & 0b100) >> 2)
    }

    #[inline]
    fn holds(self, order: Ordering) -> bool {
        let bit = match order {
            Ordering::Less => 0b001,
            Ordering::Equal => 0b010,
            Ordering::Greater => 0b100,
        };
        self.0 & bit != 0
    }
}

impl Term {
    pub(super) fn of(node: &Node) -> Self {
        Self::simple(node).unwrap_or_else(|| Self::Other(scalar(node)))
    }

    /// A column beside a constant, if the node is that.
    pub(super) fn simple(node: &Node) -> Option<Self> {
        let accepts = Accepts::of(&node.op)?;
        let [left, right] = node.children.as_slice() else { return None };
        let (column, constant, accepts) = match (left.known(), right.known()) {
            (None, Some(constant)) => (left, constant, accepts),
            (Some(constant), None) => (right, constant, accepts.flipped()),
            _ => return None,
        };
        let Op::Read(place) = &column.op else { return None };
        let Source::Slot(index) = place.source else { return None };
        let cell = Slot { index, name: place.name.clone(), span: column.span };
        let equality = matches!(node.op, Op::Equal | Op::NotEqual);
        match (column.kind?, constant) {
            (Type::Str, Value::Str(text)) if equality => {
                Some(Self::Text { cell, constant: text.clone(), wanted: matches!(node.op, Op::Equal) })
            }
            // A null has no order, but it is equal to something or not: that is not for these.
            _ if equality && column.nullable => None,
            (Type::Decimal, Value::Decimal(constant)) => Some(Self::Number { cell, accepts, constant: *constant }),
            (Type::Int, Value::Int(constant)) => Some(Self::Whole { cell, accepts, constant: *constant }),
            _ => None,
        }
    }

    /// The truth, if there is one. It fits a register, which a truth or an error does not; who gets none asks
    /// [`Term::get`] why.
    #[inline(always)]
    pub(super) fn quick(&self, row: &[Value]) -> Option<bool> {
        match self {
            // By reference: a copy of 16 bytes just read would wait for them twice.
            Self::Number { cell, accepts, constant } => match row.get(cell.index) {
                Some(Value::Decimal(number)) => Some(accepts.holds(decimal::compare(number, constant))),
                _ => None,
            },
            Self::Whole { cell, accepts, constant } => match row.get(cell.index) {
                Some(Value::Int(number)) => Some(accepts.holds(number.cmp(constant))),
                _ => None,
            },
            Self::Text { cell, constant, wanted } => match row.get(cell.index) {
                Some(Value::Str(text)) => Some((**text == **constant) == *wanted),
                _ => None,
            },
            Self::Other(eval) => eval.get(row).ok(),
        }
    }

    /// The truth, or why there is none.
    pub(super) fn get(&self, row: &[Value]) -> Result<bool, EvalError> {
        if let Some(truth) = self.quick(row) {
            return Ok(truth);
        }
        match self {
            Self::Number { cell, .. } => Err(cell.unfit(row, Type::Decimal)),
            Self::Whole { cell, .. } => Err(cell.unfit(row, Type::Int)),
            // A null is no text, and so unequal to one.
            Self::Text { cell, wanted, .. } if cell.cell(row)?.is_null() => Ok(!wanted),
            Self::Text { cell, .. } => Err(cell.unfit(row, Type::Str)),
            Self::Other(eval) => eval.get(row),
        }
    }
}
