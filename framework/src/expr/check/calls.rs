//! Which function a call means, and whether its arguments fit.

use std::cmp::Ordering;

use crate::row::{Type, Value, decimal};

use super::super::ast::{Expr, Ident};
use super::super::error::{ExprError, Mistake};
use super::super::functions::{self, Form, Function, Run, Shape};
use super::super::node::{Node, Op};
use super::super::parser::shortened;
use super::super::suggest;
use super::words::{a, conversion, describe};
use super::{Checker, unified, widened};

/// CEL's comprehensions.
const MACROS: [&str; 5] = ["all", "exists", "exists_one", "map", "filter"];

/// Functions of other languages, and what to write here.
const FOREIGN: [(&str, &str); 22] = [
    ("len", "size(x)"),
    ("length", "size(x)"),
    ("count", "size(x)"),
    ("toUpper", "upper(x)"),
    ("upperAscii", "upper(x)"),
    ("toLower", "lower(x)"),
    ("lowerAscii", "lower(x)"),
    ("substr", "substring(x, from, to), counted from 0"),
    ("concat", "a + b"),
    ("format", "a + string(b)"),
    ("coalesce", "default(a, b)"),
    ("ifnull", "default(a, b)"),
    ("nvl", "default(a, b)"),
    ("isnull", "!has(x)"),
    ("timestamp", "datetime(x)"),
    ("double", "decimal(x)"),
    ("float", "decimal(x)"),
    ("uint", "int(x)"),
    ("bool", "x == 'true'"),
    ("floor", "round(x, 0), half to even"),
    ("now", "a parameter: the same parameters must give the same result"),
    ("today", "a parameter: the same parameters must give the same result"),
];

impl Checker<'_> {
    pub(super) fn call(&mut self, expr: &Expr, called: &Ident, arguments: &[Expr]) -> Option<Node> {
        let Some(function) = functions::find(&called.name) else {
            return self.refuse(unknown(called));
        };
        if let Shape::Has = function.shape {
            return self.has(expr, function, arguments);
        }
        let nodes: Vec<_> = arguments.iter().map(|argument| self.expr(argument)).collect();
        let nodes: Option<Vec<_>> = nodes.into_iter().collect();
        let nodes = nodes?;
        match &function.shape {
            Shape::Forms(forms) => self.form(expr, function, forms, nodes),
            Shape::Extreme(wanted) => self.extreme(expr, function, *wanted, nodes),
            Shape::Default => self.default(expr, function, nodes),
            Shape::Has => None,
        }
    }

    fn form(&mut self, expr: &Expr, function: &Function, forms: &'static [Form], nodes: Vec<Node>) -> Option<Node> {
        let exact = forms.iter().find(|form| fits(form, &nodes, |have, want| have == Some(want)));
        let near = || forms.iter().find(|form| fits(form, &nodes, widens));
        let Some(form) = exact.or_else(near) else {
            return self.refuse(unsuited(expr, function, forms, &nodes));
        };
        let wanted = form.takes.iter().zip(nodes);
        let nodes = wanted.map(|(want, node)| if node.kind == Some(*want) { node } else { widened(node) });
        let nodes: Vec<_> = nodes.collect();
        self.constants(form.run, &nodes)?;
        self.make(Op::Call(form.run), nodes, form.gives, expr.span)
    }

    /// Looks at arguments that are constants and must be right in themselves.
    fn constants(&mut self, run: Run, nodes: &[Node]) -> Option<()> {
        let Some((last, value)) = nodes.last().and_then(|last| Some((last, last.known()?))) else { return Some(()) };
        match (run, value) {
            (Run::Matches, Value::Str(pattern)) => {
                let error = functions::pattern(pattern).err();
                error.map_or(Some(()), |message| self.refuse(ExprError::new(last.span, message).of(Mistake::Arguments)))
            }
            (Run::Div | Run::Round, Value::Int(scale)) if !(0..=i64::from(decimal::MAX_SCALE)).contains(scale) => {
                self.refuse(ExprError::new(last.span, "a scale lies between 0 and 28").of(Mistake::Arguments))
            }
            _ => Some(()),
        }
    }

    fn extreme(&mut self, expr: &Expr, function: &Function, wanted: Ordering, nodes: Vec<Node>) -> Option<Node> {
        let kinds: Vec<_> = nodes.iter().map(|node| node.kind).collect();
        let mixed = kinds.contains(&Some(Type::Decimal));
        let nodes =
            nodes.into_iter().map(|node| if mixed && node.kind == Some(Type::Int) { widened(node) } else { node });
        let nodes: Vec<_> = nodes.collect();
        let kind = nodes.first().and_then(|node| node.kind).filter(|kind| is_ordered(*kind));
        match kind {
            Some(kind) if nodes.len() >= 2 && nodes.iter().all(|node| node.kind == Some(kind)) => {
                self.make(Op::Extreme(wanted), nodes, kind, expr.span)
            }
            _ => {
                let found: Vec<_> = kinds.into_iter().map(describe).collect();
                let name = function.name;
                let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
                let message = format!("{name}() takes two or more values of one ordered type; this is {found}");
                self.refuse(ExprError::new(expr.span, message).of(Mistake::Arguments))
            }
        }
    }

    fn default(&mut self, expr: &Expr, function: &Function, nodes: Vec<Node>) -> Option<Node> {
        let Ok([value, other]) = <[Node; 2]>::try_from(nodes) else {
            return self.refuse(
                ExprError::new(expr.span, format!("{}(x, y) takes two arguments", function.name))
                    .of(Mistake::Arguments),
            );
        };
        let kinds = (describe(value.kind), describe(other.kind));
        let Some((value, other)) = unified(value, other) else {
            let message = format!("default(x, y) takes two values of one type; these are {} and {}", kinds.0, kinds.1);
            return self.refuse(ExprError::new(expr.span, message).of(Mistake::Arguments));
        };
        let (kind, nullable) = (value.kind.or(other.kind), other.nullable);
        self.fold(Node { op: Op::Default, children: vec![value, other], kind, nullable, span: expr.span })
    }

    fn has(&mut self, expr: &Expr, function: &Function, arguments: &[Expr]) -> Option<Node> {
        let [argument] = arguments else {
            return self.refuse(
                ExprError::new(expr.span, format!("{}(x) takes one argument", function.name)).of(Mistake::Arguments),
            );
        };
        let node = self.expr(argument)?;
        if !matches!(node.op, Op::Read(_) | Op::Member(..)) {
            let error = ExprError::new(argument.span, "has(x) takes a name, such as a column or message.body.branch")
                .of(Mistake::Arguments);
            return self.refuse(error);
        }
        self.make(Op::Has, vec![node], Type::Bool, expr.span)
    }
}

fn unknown(called: &Ident) -> ExprError {
    let name = &*called.name;
    if MACROS.contains(&name) {
        let error = ExprError::new(called.span, format!("there are no comprehensions here, so no {name}()"))
            .of(Mistake::UnknownFunction);
        return error.with_help("a list is only asked with 'in'; many records are a chunk step's work");
    }
    let error =
        ExprError::new(called.span, format!("unknown function '{}'", shortened(name))).of(Mistake::UnknownFunction);
    let foreign = FOREIGN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let names = || functions::functions().iter().map(|function| function.name);
    match (foreign, suggest::nearest(name, names())) {
        (Some((_, here)), _) => error.with_help(format!("write {here}")),
        (None, Some(near)) => error.with_help(format!("did you mean '{near}'?")),
        (None, None) => error.with_help(format!("the functions are {}", names().collect::<Vec<_>>().join(" "))),
    }
}

/// One error for arguments that no form of the function takes: at the wrong argument if only one can be meant.
fn unsuited(expr: &Expr, function: &Function, forms: &[Form], nodes: &[Node]) -> ExprError {
    let single = forms.iter().filter(|form| form.takes.len() == nodes.len()).collect::<Vec<_>>();
    if let [form] = single.as_slice() {
        let wrong = form.takes.iter().zip(nodes).enumerate().find(|(_, (want, node))| !widens(node.kind, **want));
        if let Some((index, (want, node))) = wrong {
            let place = if nodes.len() == 1 { String::new() } else { format!(" as argument {}", index + 1) };
            let message = format!("{}() takes {}{place}; this is {}", function.name, a(*want), describe(node.kind));
            let help = node.kind.and_then(|kind| conversion(kind, *want));
            return ExprError { help, ..ExprError::new(node.span, message).of(Mistake::Arguments) };
        }
    }
    let found: Vec<_> = nodes.iter().map(|node| describe(node.kind)).collect();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    let error = ExprError::new(expr.span, format!("{}() does not take {found}", function.name)).of(Mistake::Arguments);
    error.with_help(function.signatures().join(", "))
}

fn fits(form: &Form, nodes: &[Node], fit: fn(Option<Type>, Type) -> bool) -> bool {
    form.takes.len() == nodes.len() && form.takes.iter().zip(nodes).all(|(want, node)| fit(node.kind, *want))
}

fn widens(have: Option<Type>, want: Type) -> bool {
    have == Some(want) || (have == Some(Type::Int) && want == Type::Decimal)
}

fn is_ordered(kind: Type) -> bool {
    !matches!(kind, Type::Bool | Type::Bytes | Type::Json)
}
