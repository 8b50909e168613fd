//! Gives every part of an expression its type, or says what is wrong with it: all mistakes at once.

mod calls;
mod names;
mod operators;
mod words;

use crate::row::{Type, Value};

use self::words::{a, describe};
use super::ast::{Binary, Expr, ExprKind};
use super::error::{ExprError, Mistake, Span};
use super::node::{Node, Op};
use super::scope::Scope;

/// The type that the place of an expression asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any value, null included.
    Any,
    /// A value of this type. A null at run time is an error. An integer does where a decimal is asked for.
    Type(Type),
    /// The same, but it may be null.
    Nullable(Type),
}

/// Checks the tree `root` of `text`.
pub(super) fn check(text: &str, root: &Expr, scope: &Scope, expected: Expected) -> Result<Node, Vec<ExprError>> {
    let mut checker = Checker { text, scope, errors: Vec::new() };
    let node = checker.expr(root).and_then(|node| checker.suit(node, expected));
    match node {
        Some(node) if checker.errors.is_empty() => Ok(node),
        _ => Err(checker.errors),
    }
}

/// Makes the checked parts of a template one text.
pub(super) fn join(parts: Vec<Node>, span: Span, expected: Expected) -> Result<Node, Vec<ExprError>> {
    let mut checker = Checker { text: "", scope: &Scope::new(), errors: Vec::new() };
    let node = checker.make(Op::Join, parts, Type::Str, span).and_then(|node| checker.suit(node, expected));
    node.ok_or(checker.errors)
}

struct Checker<'a> {
    text: &'a str,
    scope: &'a Scope,
    errors: Vec<ExprError>,
}

impl Checker<'_> {
    /// The checked form of `expr`, or nothing after noting what is wrong with it.
    fn expr(&mut self, expr: &Expr) -> Option<Node> {
        match &expr.kind {
            ExprKind::Literal(value) => Some(Node::constant(value.clone(), expr.span)),
            ExprKind::Name(_) | ExprKind::Select(..) | ExprKind::Index(..) => self.name(expr),
            ExprKind::Call { function, arguments } => self.call(expr, function, arguments),
            ExprKind::List(_) => {
                let error = ExprError::new(expr.span, "a list stands only on the right of 'in'").of(Mistake::Types);
                self.refuse(error)
            }
            ExprKind::Not(operand) => {
                let operand = self.truth(operand, "!")?;
                self.make(Op::Not, vec![operand], Type::Bool, expr.span)
            }
            ExprKind::Negate(operand) => self.negate(expr, operand),
            ExprKind::All(terms) => self.chain(expr, terms, Op::All, "&&"),
            ExprKind::Any(terms) => self.chain(expr, terms, Op::Any, "||"),
            ExprKind::Binary { operator: Binary::In, operands, .. } => self.within(expr, operands),
            ExprKind::Binary { operator, operands, at } => self.binary(*operator, operands, (*at, expr.span)),
            ExprKind::Conditional(parts) => self.conditional(expr, parts),
        }
    }

    fn chain(&mut self, expr: &Expr, terms: &[Expr], op: Op, symbol: &str) -> Option<Node> {
        let terms: Vec<_> = terms.iter().map(|term| self.truth(term, symbol)).collect();
        let terms: Option<Vec<_>> = terms.into_iter().collect();
        self.make(op, terms?, Type::Bool, expr.span)
    }

    fn conditional(&mut self, expr: &Expr, parts: &[Expr; 3]) -> Option<Node> {
        let [condition, yes, no] = parts;
        let (condition, yes, no) = (self.truth(condition, "?"), self.expr(yes), self.expr(no));
        let (condition, yes, no) = (condition?, yes?, no?);
        let found = (describe(yes.kind), describe(no.kind));
        let Some((yes, no)) = unified(yes, no) else {
            let message = format!("both values of '? :' have one type; these are {} and {}", found.0, found.1);
            return self.refuse(ExprError::new(expr.span, message).of(Mistake::Types));
        };
        let (kind, nullable) = (yes.kind.or(no.kind), yes.nullable || no.nullable);
        let node = Node { op: Op::Conditional, children: vec![condition, yes, no], kind, nullable, span: expr.span };
        self.fold(node)
    }

    /// A part that must be a boolean, because `symbol` takes nothing else.
    fn truth(&mut self, expr: &Expr, symbol: &str) -> Option<Node> {
        let node = self.expr(expr)?;
        if node.kind == Some(Type::Bool) {
            return Some(node);
        }
        let message = format!("'{symbol}' takes a boolean; this is {}", describe(node.kind));
        let help = (node.kind == Some(Type::Json)).then(|| "compare it: x == true".to_owned());
        self.refuse(ExprError { help, ..ExprError::new(expr.span, message).of(Mistake::Types) })
    }

    /// `node` as its place wants it.
    fn suit(&mut self, node: Node, expected: Expected) -> Option<Node> {
        let (wanted, nullable) = match expected {
            Expected::Any => return Some(node),
            Expected::Type(kind) => (kind, false),
            Expected::Nullable(kind) => (kind, true),
        };
        let span = node.span;
        let fitting = match node.kind {
            None if nullable => Some(Node { kind: Some(wanted), ..node }),
            Some(kind) if kind == wanted => Some(node),
            Some(Type::Int) if wanted == Type::Decimal => {
                return self.widened(node).and_then(|node| self.require(node, nullable));
            }
            kind => {
                let message = format!("expected {}; this is {}", a(wanted), describe(kind));
                let help = kind.and_then(|kind| words::conversion(kind, wanted));
                self.refuse(ExprError { help, ..ExprError::new(span, message).of(Mistake::Types) })
            }
        };
        self.require(fitting?, nullable)
    }

    fn require(&mut self, node: Node, nullable: bool) -> Option<Node> {
        if nullable || !node.nullable {
            return Some(node);
        }
        let (kind, span) = (node.kind?, node.span);
        self.make(Op::Required, vec![node], kind, span)
    }

    fn widened(&mut self, node: Node) -> Option<Node> {
        self.fold(widened(node))
    }

    /// A node that is never null.
    fn make(&mut self, op: Op, children: Vec<Node>, kind: Type, span: Span) -> Option<Node> {
        self.fold(Node { op, children, kind: Some(kind), nullable: false, span })
    }

    /// The node, computed if all is known. What fails whatever the data are is a mistake in the text.
    fn fold(&mut self, node: Node) -> Option<Node> {
        match node.folded() {
            Ok(node) => Some(node),
            Err(error) => {
                let mistake = Mistake::NeverAValue;
                let message = error.message().to_owned();
                self.errors.push(ExprError { mistake, span: error.span(), message, help: None });
                None
            }
        }
    }

    fn refuse<T>(&mut self, error: ExprError) -> Option<T> {
        self.errors.push(error);
        None
    }
}

/// Both nodes in one type, if they have one: equal types, an integer beside a decimal, anything beside a null, a JSON
/// value beside a scalar.
fn unified(one: Node, other: Node) -> Option<(Node, Node)> {
    match (one.kind, other.kind) {
        (None, _) | (_, None) => Some((one, other)),
        (Some(a), Some(b)) if a == b => Some((one, other)),
        (Some(Type::Int), Some(Type::Decimal)) => Some((widened(one), other)),
        (Some(Type::Decimal), Some(Type::Int)) => Some((one, widened(other))),
        (Some(Type::Json), Some(kind)) if is_scalar(kind) => Some((scalar_of(one, kind), other)),
        (Some(kind), Some(Type::Json)) if is_scalar(kind) => Some((one, scalar_of(other, kind))),
        _ => None,
    }
}

fn widened(node: Node) -> Node {
    let (nullable, span) = (node.nullable, node.span);
    if let Some(Value::Int(number)) = node.known() {
        return Node::constant(Value::Decimal((*number).into()), span);
    }
    Node { op: Op::Widen, children: vec![node], kind: Some(Type::Decimal), nullable, span }
}

fn scalar_of(json: Node, kind: Type) -> Node {
    let (nullable, span) = (json.nullable, json.span);
    Node { op: Op::FromJson, children: vec![json], kind: Some(kind), nullable, span }
}

/// Whether JSON has values that can be read as this type.
fn is_scalar(kind: Type) -> bool {
    !matches!(kind, Type::Float | Type::Bytes | Type::Json)
}
