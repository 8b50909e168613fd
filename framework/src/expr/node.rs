//! The tree of a checked expression: every name resolved, every type known, every conversion written out.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::row::{Type, Value};

use super::ast::{Arithmetic, Compare};
use super::compile;
use super::error::{EvalError, Span};
use super::functions::Run;
use super::scope::{Place, Source};

/// A checked part of an expression.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) children: Vec<Node>,
    /// `None` for what is always null.
    pub(super) kind: Option<Type>,
    /// Whether the value may be null. What may not be null fails instead of being null.
    pub(super) nullable: bool,
    pub(super) span: Span,
}

/// What a node does with the values of its children.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Constant(Value),
    Read(Place),
    /// One member of a JSON value; null where there is none.
    Member(Key, Arc<str>),
    Not,
    Negate,
    Arithmetic(Arithmetic),
    Compare(Compare),
    Equal,
    NotEqual,
    All,
    Any,
    /// Whether the first child equals one of the others.
    In,
    /// Condition, then, else.
    Conditional,
    Call(Run),
    /// The least or the greatest of its children.
    Extreme(Ordering),
    Has,
    Default,
    /// An integer as a decimal.
    Widen,
    /// A JSON scalar as a value of the node's type.
    FromJson,
    /// The texts of the children, one after the other: a template.
    Join,
    /// The child, which must not be null.
    Required,
}

/// How a member of a JSON value is found.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Name(Box<str>),
    Index(usize),
}

impl Node {
    pub(super) fn constant(value: Value, span: Span) -> Self {
        let (kind, nullable) = (value.kind(), value.is_null());
        Self { op: Op::Constant(value), children: Vec::new(), kind, nullable, span }
    }

    /// The value, if it is known already.
    pub(super) fn known(&self) -> Option<&Value> {
        match &self.op {
            Op::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The name of the column or other place this node reads, for messages.
    pub(super) fn place(&self) -> Option<&Arc<str>> {
        match &self.op {
            Op::Read(place) => Some(&place.name),
            Op::Member(_, name) => Some(name),
            Op::Widen | Op::FromJson | Op::Required => self.children.first()?.place(),
            _ => None,
        }
    }

    /// This node computed as far as it can be without data.
    ///
    /// # Errors
    /// The failure of an operation all of whose operands are known.
    pub(super) fn folded(self) -> Result<Self, EvalError> {
        if matches!(self.op, Op::Constant(_) | Op::Read(_)) {
            return Ok(self);
        }
        if self.children.iter().all(|child| child.known().is_some()) {
            let value = compile::code(&self).value(&[])?.into_owned();
            return Ok(Self { kind: self.kind, ..Self::constant(value, self.span) });
        }
        Ok(match self.op {
            Op::All => self.without(true),
            Op::Any => self.without(false),
            Op::Conditional => self.chosen(),
            _ => self,
        })
    }

    /// A chain of `&&` or `||` without the terms that do not matter, or decided by one that does.
    fn without(mut self, neutral: bool) -> Self {
        if self.children.iter().any(|child| child.known() == Some(&Value::Bool(!neutral))) {
            return Self::constant(Value::Bool(!neutral), self.span);
        }
        self.children.retain(|child| child.known() != Some(&Value::Bool(neutral)));
        self
    }

    /// The branch of a conditional, if its condition is known.
    fn chosen(mut self) -> Self {
        let branch = match self.children.first().and_then(Self::known) {
            Some(Value::Bool(true)) => 1,
            Some(Value::Bool(false)) => 2,
            _ => return self,
        };
        self.children.swap_remove(branch)
    }

    /// This tree with the values of `frame` in the place of its names, computed as far as that allows.
    pub(super) fn bound(&self, frame: &[Value]) -> Self {
        if let Op::Read(Place { source: Source::Frame(index), .. }) = &self.op {
            return match frame.get(*index) {
                Some(value) => Self { kind: self.kind, ..Self::constant(value.clone(), self.span) },
                None => self.clone(),
            };
        }
        let children = self.children.iter().map(|child| child.bound(frame)).collect();
        let node = Self { children, ..self.shallow() };
        // An operation that fails for these values fails for the row that needs it, and only then.
        node.clone().folded().unwrap_or(node)
    }

    fn shallow(&self) -> Self {
        Self { op: self.op.clone(), children: Vec::new(), ..*self }
    }
}
