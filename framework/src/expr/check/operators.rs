//! Which operands an operator takes.

use crate::row::Type;

use super::super::ast::{Arithmetic, Binary, Expr, ExprKind};
use super::super::error::{ExprError, Mistake, Span};
use super::super::node::{Node, Op};
use super::words::describe;
use super::{Checker, unified, widened};

/// Brings two operands into one type, if they have one.
type Bring = fn(Node, Node) -> Option<(Node, Node)>;

/// An operator's checked operands, its own place, and that of the whole.
struct Pair {
    left: Node,
    right: Node,
    at: Span,
    span: Span,
}

impl Pair {
    fn kinds(&self) -> (Option<Type>, Option<Type>) {
        (self.left.kind, self.right.kind)
    }
}

impl Checker<'_> {
    pub(super) fn binary(&mut self, operator: Binary, operands: &[Expr; 2], (at, span): (Span, Span)) -> Option<Node> {
        let [left, right] = operands;
        let before = self.errors.len();
        let left = self.expr(left);
        // The rest of a name with a hyphen would only be a second, misleading error.
        if left.is_none() && self.errors.get(before).is_some_and(is_about_hyphen) {
            return None;
        }
        let right = self.expr(right);
        let pair = Pair { left: left?, right: right?, at, span };
        match operator {
            Binary::Arithmetic(arithmetic) => self.arithmetic(arithmetic, pair),
            Binary::Compare(compare) => self.joined(operator, Op::Compare(compare), pair, compared),
            Binary::Equal => self.joined(operator, Op::Equal, pair, comparable),
            Binary::NotEqual => self.joined(operator, Op::NotEqual, pair, comparable),
            // Lists are no nodes; `within` takes these.
            Binary::In => None,
        }
    }

    fn arithmetic(&mut self, operator: Arithmetic, pair: Pair) -> Option<Node> {
        let kinds = pair.kinds();
        let (left, right) = match kinds {
            (Some(Type::Int), Some(Type::Decimal)) => (widened(pair.left), pair.right),
            (Some(Type::Decimal), Some(Type::Int)) => (pair.left, widened(pair.right)),
            _ => (pair.left, pair.right),
        };
        let gives = left.kind.zip(right.kind).and_then(|(left, right)| result(operator, left, right));
        match gives {
            Some(kind) => self.make(Op::Arithmetic(operator), vec![left, right], kind, pair.span),
            None => self.mismatch(operator.symbol(), kinds, pair.at),
        }
    }

    /// A truth about two operands that `bring` brings into one type.
    fn joined(&mut self, operator: Binary, op: Op, pair: Pair, bring: Bring) -> Option<Node> {
        let kinds = pair.kinds();
        match bring(pair.left, pair.right) {
            Some((left, right)) => self.make(op, vec![left, right], Type::Bool, pair.span),
            None => self.mismatch(operator.symbol(), kinds, pair.at),
        }
    }

    /// `x in [a, b]`.
    pub(super) fn within(&mut self, expr: &Expr, operands: &[Expr; 2]) -> Option<Node> {
        let [item, list] = operands;
        let item = self.expr(item);
        let ExprKind::List(elements) = &list.kind else {
            self.expr(list);
            let error = ExprError::new(list.span, "'in' takes a list on its right").of(Mistake::Types);
            return self
                .refuse(error.with_help("write x in ['a', 'b']; a part of a text is found by contains(text, part)"));
        };
        let elements: Vec<_> = elements.iter().map(|element| self.expr(element)).collect();
        let item = item?;
        let before = self.errors.len();
        for element in elements.iter().flatten() {
            if !is_comparable(item.kind, element.kind) {
                self.mismatch::<Node>("in", (item.kind, element.kind), element.span);
            }
        }
        let elements: Option<Vec<_>> = elements.into_iter().collect();
        let children = std::iter::once(item).chain(elements?).collect();
        if self.errors.len() > before { None } else { self.make(Op::In, children, Type::Bool, expr.span) }
    }

    pub(super) fn negate(&mut self, expr: &Expr, operand: &Expr) -> Option<Node> {
        let operand = self.expr(operand)?;
        match operand.kind {
            Some(kind @ (Type::Int | Type::Decimal | Type::Float)) => {
                self.make(Op::Negate, vec![operand], kind, expr.span)
            }
            kind => {
                let error = ExprError::new(expr.span, format!("'-' takes a number; this is {}", describe(kind)))
                    .of(Mistake::Types);
                self.refuse(error)
            }
        }
    }

    fn mismatch<T>(&mut self, symbol: &str, kinds: (Option<Type>, Option<Type>), at: Span) -> Option<T> {
        let message = match kinds {
            (left, right) if left == right => format!("'{symbol}' does not take {}", describe(left)),
            (left, right) => format!("'{symbol}' does not take {} and {}", describe(left), describe(right)),
        };
        let help = help(symbol, kinds).map(str::to_owned);
        self.refuse(ExprError { help, ..ExprError::new(at, message).of(Mistake::Types) })
    }
}

/// What two operands give; the table of the arithmetic operators.
fn result(operator: Arithmetic, left: Type, right: Type) -> Option<Type> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    Some(match (operator, left, right) {
        (_, Type::Int, Type::Int) => Type::Int,
        (Add | Subtract | Multiply, Type::Decimal, Type::Decimal) => Type::Decimal,
        (Add | Subtract | Multiply | Divide, Type::Float, Type::Float) => Type::Float,
        (Add, Type::Str, Type::Str) => Type::Str,
        (Add, Type::Bytes, Type::Bytes) => Type::Bytes,
        (Add | Subtract, Type::Date, Type::Int | Type::Duration) | (Add, Type::Int | Type::Duration, Type::Date) => {
            Type::Date
        }
        (Add | Subtract, Type::DateTime, Type::Duration) | (Add, Type::Duration, Type::DateTime) => Type::DateTime,
        (Add | Subtract, Type::Duration, Type::Duration)
        | (Subtract, Type::Date, Type::Date)
        | (Subtract, Type::DateTime, Type::DateTime) => Type::Duration,
        _ => return None,
    })
}

/// Both operands of an ordering, in one type that has an order.
fn compared(left: Node, right: Node) -> Option<(Node, Node)> {
    let ordered = |node: &Node| node.kind.is_some_and(|kind| kind != Type::Json);
    if ordered(&left) && ordered(&right) { unified(left, right) } else { None }
}

/// Both operands of an equality, in one type where they have one.
fn comparable(left: Node, right: Node) -> Option<(Node, Node)> {
    let json = left.kind == Some(Type::Json) || right.kind == Some(Type::Json);
    match is_comparable(left.kind, right.kind) {
        true if json => Some((left, right)),
        true => unified(left, right),
        false => None,
    }
}

/// Whether an equality of these types can ever hold. JSON is compared as it is: a value of another type than the
/// scalar beside it is unequal, and no error.
fn is_comparable(left: Option<Type>, right: Option<Type>) -> bool {
    let number = |kind| matches!(kind, Type::Int | Type::Decimal);
    let scalar = |kind| matches!(kind, Type::Bool | Type::Int | Type::Decimal | Type::Str);
    match (left, right) {
        (Some(a), Some(b)) => {
            a == b || (number(a) && number(b)) || (a == Type::Json && scalar(b)) || (b == Type::Json && scalar(a))
        }
        _ => true,
    }
}

fn is_about_hyphen(error: &ExprError) -> bool {
    error.help.as_ref().is_some_and(|help| help.starts_with("a name with a hyphen"))
}

/// What to write instead of an operator that does not take these operands.
fn help(symbol: &str, kinds: (Option<Type>, Option<Type>)) -> Option<&'static str> {
    let (Some(left), Some(right)) = kinds else {
        return Some("a null has no value; has(x) asks for one, default(x, y) puts another in its place");
    };
    let one_is = |kind| left == kind || right == kind;
    let exact = |kind| matches!(kind, Type::Int | Type::Decimal);
    match symbol {
        "/" if exact(left) && exact(right) => Some("use div(a, b, scale): it names the scale and rounds once"),
        "%" if exact(left) && exact(right) => Some("a remainder is taken of integers only"),
        _ if one_is(Type::Json) => Some("convert the JSON value: string(x), int(x), decimal(x), date(x)"),
        _ if one_is(Type::Float) && (exact(left) || exact(right)) => {
            Some("a float is no exact number; convert it: decimal(x)")
        }
        _ if one_is(Type::Date) && one_is(Type::Str) => Some("a date is written date('2026-01-31')"),
        _ if one_is(Type::DateTime) && one_is(Type::Str) => {
            Some("an instant is written datetime('2026-01-31T22:30:00Z')")
        }
        _ if one_is(Type::Duration) && one_is(Type::Str) => Some("a duration is written duration('1h30m')"),
        _ if one_is(Type::Date) && one_is(Type::DateTime) => Some("convert one of them: date(x) or datetime(x)"),
        _ if one_is(Type::Str) && (exact(left) || exact(right)) => {
            Some("convert one of them: string(x), int(x) or decimal(x)")
        }
        "+" if one_is(Type::Str) => Some("convert the other operand: string(x)"),
        _ => None,
    }
}
