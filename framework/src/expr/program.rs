//! A compiled expression.

use crate::row::{Type, Value};

use super::compile::{self, Code, Computed, Eval, Strict, scalar};
use super::error::{EvalError, Span};
use super::node::Node;

/// A compiled expression: evaluate it as often as there are rows, from as many threads as there are.
///
/// Evaluation never allocates for numbers, truths, dates and comparisons; a string result is allocated once. It never
/// panics, whatever the row holds: a cell that is not of its declared type is an error that names its column.
pub struct Program {
    root: Root,
    span: Span,
}

enum Root {
    Truth(Eval<bool>),
    /// An operation that is never null.
    Computed(Computed<Value>),
    Strict(Strict),
    Nullable(Code),
}

impl Program {
    pub(super) fn new(node: &Node) -> Self {
        let root = match node.kind {
            _ if node.nullable => Root::Nullable(compile::code(node)),
            Some(Type::Bool) => Root::Truth(scalar(node)),
            Some(_) => match Strict::of(node).computed() {
                Ok(compute) => Root::Computed(compute),
                Err(value) => Root::Strict(value),
            },
            None => Root::Nullable(compile::code(node)),
        };
        Self { root, span: node.span }
    }

    /// The value for these slots: the cells of a row, or a frame in the order of its declarations.
    ///
    /// # Errors
    /// [`EvalError`] where the expression has no value for them.
    #[inline]
    pub fn eval(&self, slots: &[Value]) -> Result<Value, EvalError> {
        match &self.root {
            Root::Truth(truth) => truth.get(slots).map(Value::Bool),
            Root::Computed(compute) => compute(slots),
            Root::Strict(value) => value.value(slots).map(std::borrow::Cow::into_owned),
            Root::Nullable(value) => value.value(slots).map(std::borrow::Cow::into_owned),
        }
    }

    /// Whether a condition holds for these slots.
    ///
    /// # Errors
    /// [`EvalError`] where it has no value for them, and where the expression is no condition.
    #[inline]
    pub fn test(&self, slots: &[Value]) -> Result<bool, EvalError> {
        match &self.root {
            Root::Truth(truth) => truth.get(slots),
            _ => self.truth_of(&self.eval(slots)?),
        }
    }

    #[cold]
    fn truth_of(&self, value: &Value) -> Result<bool, EvalError> {
        match value {
            Value::Bool(truth) => Ok(*truth),
            Value::Null => Err(EvalError::null(self.span, None)),
            other => {
                let found = other.kind().map_or("null", Type::name);
                Err(EvalError::new(self.span, format!("the condition gives a value of type {found}, not boolean")))
            }
        }
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}
