//! A cell of the row or frame that an evaluation gets.

use std::sync::Arc;

use crate::row::{Type, Value};

use super::super::error::{EvalError, Span};
use super::scalar::Scalar;

/// Where a value stands, and how it is called where it is not what was declared.
#[derive(Clone)]
pub(in crate::expr) struct Slot {
    pub(super) index: usize,
    pub(super) name: Arc<str>,
    pub(super) span: Span,
}

impl Slot {
    #[inline]
    pub(super) fn cell<'a>(&self, row: &'a [Value]) -> Result<&'a Value, EvalError> {
        match row.get(self.index) {
            Some(value) => Ok(value),
            None => Err(self.absent(row.len())),
        }
    }

    /// The cell as the type the checker knows it has.
    #[inline]
    pub(super) fn scalar<T: Scalar>(&self, row: &[Value]) -> Result<T, EvalError> {
        match row.get(self.index).and_then(T::of) {
            Some(value) => Ok(value),
            None => Err(self.unfit(row, T::KIND)),
        }
    }

    /// Why the cell has no value of type `wanted`.
    #[cold]
    pub(super) fn unfit(&self, row: &[Value], wanted: Type) -> EvalError {
        match row.get(self.index) {
            None => self.absent(row.len()),
            Some(Value::Null) => EvalError::null(self.span, Some(&self.name)),
            Some(value) => {
                let found = value.kind().map_or("null", |kind| kind.name());
                let message = format!("{} holds a value of type {found} where {wanted} was declared", self.name);
                EvalError::of_column(self.span, &self.name, message)
            }
        }
    }

    #[cold]
    fn absent(&self, length: usize) -> EvalError {
        let message = format!("{} is missing: it is value number {}, of {length}", self.name, self.index + 1);
        EvalError::of_column(self.span, &self.name, message)
    }
}
