//! Finds out what a name means.

use std::sync::Arc;

use crate::row::{Type, Value};

use super::super::ast::{Expr, ExprKind};
use super::super::error::{ExprError, Mistake, Span};
use super::super::node::{Key, Node, Op};
use super::super::parser::shortened;
use super::super::scope::{Found, Place, written};
use super::super::{functions, suggest};
use super::Checker;
use super::words::a;

impl Checker<'_> {
    /// A name, a selection or an index.
    pub(super) fn name(&mut self, expr: &Expr) -> Option<Node> {
        let Some(path) = expr.path() else { return self.member(expr) };
        let names: Vec<&str> = path.iter().map(|(name, _)| *name).collect();
        let scope = self.scope;
        match scope.find(&names) {
            Found::Place(place, length) => self.place(expr, place, path.get(length..).unwrap_or_default()),
            Found::Group { names: members } => {
                let error = ExprError::new(expr.span, format!("'{}' is not a value by itself", written(&names)))
                    .of(Mistake::UnknownName);
                let help = self.hyphen(expr, &names).or_else(|| suggest::listed(&members));
                self.refuse(ExprError { help, ..error })
            }
            Found::Unknown { index, names: members } => {
                let error = self.unknown(&path, index, &members);
                let help = self.hyphen(expr, &names).or(error.help);
                self.refuse(ExprError { help, ..error })
            }
        }
    }

    /// A name that has a value, and the names behind it, which only JSON can have.
    fn place(&mut self, expr: &Expr, place: &Place, members: &[(&str, Span)]) -> Option<Node> {
        let (kind, nullable) = (Some(place.kind), place.nullable);
        let mut node = Node { op: Op::Read(place.clone()), children: Vec::new(), kind, nullable, span: expr.span };
        if let (Some((member, at)), false) = (members.first(), place.kind == Type::Json) {
            let error = ExprError::new(*at, no_member(&place.name, place.kind, member)).of(Mistake::UnknownName);
            let help = functions::find(member).map(|function| format!("a function is called: {}()", function.name));
            return self.refuse(ExprError { help, ..error });
        }
        for (member, _) in members {
            node = json_member(node, Key::Name((*member).into()), &self.slice(expr.span), expr.span);
        }
        Some(node)
    }

    /// A member of something that is not a name: of a list in JSON, of what a function gives.
    fn member(&mut self, expr: &Expr) -> Option<Node> {
        let (inner, key) = match &expr.kind {
            ExprKind::Select(inner, name) => (inner, Some(Key::Name(name.name.clone()))),
            ExprKind::Index(inner, key) => (inner, constant_key(key)),
            _ => return None,
        };
        let inner = self.expr(inner)?;
        if inner.kind != Some(Type::Json) {
            let message = format!("only a JSON value has members; this is {}", super::describe(inner.kind));
            return self.refuse(ExprError::new(inner.span, message).of(Mistake::Types));
        }
        let Some(key) = key else {
            let message = "the index of a JSON value is a constant: ['name'] or [0]";
            return self.refuse(ExprError::new(expr.span, message).of(Mistake::Types));
        };
        let name = self.slice(expr.span);
        self.fold(json_member(inner, key, &name, expr.span))
    }

    fn unknown(&self, path: &[(&str, Span)], index: usize, known: &[&str]) -> ExprError {
        let before: Vec<&str> = path.iter().take(index).map(|(name, _)| *name).collect();
        let Some((wrong, at)) = path.get(index) else {
            return ExprError::new(Span::new(0, 0), "no name").of(Mistake::UnknownName);
        };
        if index > 0 {
            let message = format!("'{}' has no '{}'", written(&before), shortened(wrong));
            return ExprError {
                help: suggest::help(wrong, known),
                ..ExprError::new(*at, message).of(Mistake::UnknownName)
            };
        }
        let near = suggest::nearest(wrong, known.iter().copied());
        let elsewhere = self.scope.ending_in(wrong);
        let help = match (near, elsewhere) {
            (None, Some(full)) => Some(format!("write it in full: {full}")),
            _ => suggest::help(wrong, known),
        };
        ExprError {
            help,
            ..ExprError::new(*at, format!("unknown name '{}'", shortened(wrong))).of(Mistake::UnknownName)
        }
    }

    /// `steps.a-b` reads as a difference. If a name continues behind a hyphen and such a name exists, or at least the
    /// hyphen has no blanks around it, the author meant `steps['a-b']`.
    fn hyphen(&self, expr: &Expr, names: &[&str]) -> Option<String> {
        let rest = self.text.get(expr.span.end as usize..)?;
        let tail = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(rest.len());
        let tail = rest.get(..tail).filter(|tail| tail.len() > 1 && tail.starts_with('-'))?;
        let (last, groups) = names.split_last()?;
        let whole = format!("{last}{tail}");
        let path: Vec<&str> = groups.iter().copied().chain([whole.as_str()]).collect();
        let path = if groups.is_empty() { vec!["row", whole.as_str()] } else { path };
        let exists = !matches!(self.scope.find(&path), Found::Unknown { .. });
        exists.then(|| format!("a name with a hyphen is written {}", written(&path)))
    }

    fn slice(&self, span: Span) -> Arc<str> {
        self.text.get(span.range()).unwrap_or("the JSON value").into()
    }
}

fn json_member(inner: Node, key: Key, name: &Arc<str>, span: Span) -> Node {
    let op = Op::Member(key, name.clone());
    Node { op, children: vec![inner], kind: Some(Type::Json), nullable: true, span }
}

fn constant_key(key: &Expr) -> Option<Key> {
    match &key.kind {
        ExprKind::Literal(Value::Str(name)) => Some(Key::Name(name.clone())),
        ExprKind::Literal(Value::Int(index)) => usize::try_from(*index).ok().map(Key::Index),
        _ => None,
    }
}

fn no_member(name: &str, kind: Type, member: &str) -> String {
    format!("'{name}' is {}; it has no '{}'", a(kind), shortened(member))
}
