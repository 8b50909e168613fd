//! A mapping while it is read: its keys are texts, each comes once, and `<<` brings in the keys of others.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem::replace;
use std::sync::Arc;

use crate::yaml::{Code, Key, Kind, Node, Problem, Scalar, Source, Span, Style};

/// The entries so far, and what the next value belongs to.
#[derive(Debug, Default)]
pub(super) struct OpenMapping {
    /// Whether it stands in braces, where a comma ends each value.
    in_braces: bool,
    entries: Vec<(Key, Node)>,
    merges: Vec<Merge>,
    /// Where each key was first written.
    written: HashMap<Arc<str>, Span>,
    next: Next,
}

/// The value of a merge key, and before which entry it stands.
#[derive(Debug)]
struct Merge {
    before: usize,
    value: Node,
}

#[derive(Debug, Default)]
enum Next {
    #[default]
    Key,
    Value(Key),
    MergedValue,
    /// The value of a key that was refused.
    Ignored(Option<Arc<str>>),
}

impl OpenMapping {
    pub(super) fn new(in_braces: bool) -> Self {
        Self { in_braces, ..Self::default() }
    }

    /// The key whose value is being read.
    pub(super) fn current(&self) -> Option<Arc<str>> {
        match &self.next {
            Next::Value(key) => Some(Arc::clone(&key.name)),
            Next::MergedValue => Some("<<".into()),
            Next::Ignored(name) => name.clone(),
            Next::Key => None,
        }
    }

    /// Takes the next key or value. `seen` is its place, which for an alias is not the node's.
    pub(super) fn put(&mut self, node: Node, seen: Span) -> Result<(), Problem> {
        match replace(&mut self.next, Next::Key) {
            Next::Key => return self.put_key(&node, seen),
            Next::Value(key) => self.entries.push((key, node)),
            Next::MergedValue => {
                let merge = Merge { before: self.entries.len(), value: node };
                merge.check(seen)?;
                self.merges.push(merge);
            }
            Next::Ignored(_) => {}
        }
        Ok(())
    }

    fn put_key(&mut self, node: &Node, seen: Span) -> Result<(), Problem> {
        self.next = Next::Ignored(None);
        let Kind::Scalar(scalar) = &node.kind else {
            return Err(Problem::new(seen, format!("a key is a text, not {}", node.describe())).code(Code::KeyNotText));
        };
        if let Some(problem) = self.cut_value(scalar, seen) {
            return Err(problem);
        }
        let name = scalar.shared_text();
        match self.written.entry(Arc::clone(&name)) {
            Entry::Occupied(first) => {
                self.next = Next::Ignored(Some(Arc::clone(&name)));
                return Err(duplicate(&name, *first.get(), seen));
            }
            Entry::Vacant(place) => place.insert(seen),
        };
        self.next = match (&*name, scalar.style) {
            ("<<", Style::Plain) => Next::MergedValue,
            _ => Next::Value(Key { name, span: seen }),
        };
        Ok(())
    }

    /// The problem of `{ fee: round(a, 2) }` without quotes, which YAML cuts at the comma: a key closes the parenthesis that the
    /// value before it has opened. What stands between two commas is a key without a value.
    fn cut_value(&self, key: &Scalar, seen: Span) -> Option<Problem> {
        if !self.in_braces || key.style != Style::Plain || parentheses(&key.text) >= 0 {
            return None;
        }
        let last = self.entries.iter().rposition(|(_, node)| !node.is_null())?;
        let ((_, value), between) = self.entries.get(last..)?.split_first()?;
        let value = value.as_scalar().filter(|value| value.style == Style::Plain && parentheses(&value.text) > 0)?;
        let pieces = between.iter().map(|(key, _)| key.name()).chain([&*key.text]);
        let whole = pieces.fold(value.text.to_string(), |whole, piece| format!("{whole}, {piece}"));
        if parentheses(&whole) != 0 {
            return None;
        }
        let span = Span { start: value.span.start, end: seen.end };
        let problem = Problem::new(span, "YAML ends this value at its comma").code(Code::NeedsQuotes);
        Some(problem.help(format!("quote the whole value: \"{whole}\"")))
    }

    /// The entries, with the merged ones where their merge key stood. A key that is written wins over a merged one, and
    /// an earlier merged one over a later.
    pub(super) fn finish(mut self) -> Vec<(Key, Node)> {
        if self.merges.is_empty() {
            return self.entries;
        }
        let mut finished = Vec::new();
        let mut written = self.entries.into_iter().enumerate().peekable();
        for merge in self.merges {
            while let Some((_, entry)) = written.next_if(|(index, _)| *index < merge.before) {
                finished.push(entry);
            }
            for (key, value) in merge.entries() {
                if let Entry::Vacant(place) = self.written.entry(Arc::clone(&key.name)) {
                    place.insert(key.span);
                    finished.push((key.clone(), value.clone()));
                }
            }
        }
        finished.extend(written.map(|(_, entry)| entry));
        finished
    }
}

impl Merge {
    fn check(&self, seen: Span) -> Result<(), Problem> {
        let fits = match &self.value.kind {
            Kind::Mapping(_) => true,
            Kind::Sequence(items) => items.iter().all(|item| item.as_mapping().is_some()),
            Kind::Null | Kind::Scalar(_) => false,
        };
        let problem = || {
            Problem::new(seen, format!("the merge key `<<` takes a mapping, not {}", self.value.describe()))
                .code(Code::Alias)
                .help("write an alias of a mapping, `<<: *base`, or a list of them")
        };
        fits.then_some(()).ok_or_else(problem)
    }

    fn entries(&self) -> impl Iterator<Item = &(Key, Node)> {
        let mappings = self.value.as_sequence().unwrap_or(std::slice::from_ref(&self.value));
        mappings.iter().filter_map(Node::as_mapping).flatten()
    }
}

/// How many parentheses a text opens and does not close.
fn parentheses(text: &str) -> isize {
    text.bytes().map(|byte| isize::from(byte == b'(') - isize::from(byte == b')')).sum()
}

fn duplicate(name: &str, first: Span, second: Span) -> Problem {
    let problem = Problem::new(second, format!("the key `{}` is given twice", crate::yaml::scalar::shown(name)))
        .code(Code::DuplicateKey)
        .label("given again here")
        .related(first, "first given here");
    match name {
        "<<" => problem.help("merge several mappings with a list: `<<: [*a, *b]`"),
        _ => problem,
    }
}

/// The problem of `{{ x }}` without quotes, which YAML reads as a mapping whose key is a mapping.
pub(super) fn unquoted_braces(source: &Source, outer: Span) -> Option<Problem> {
    let line = source.line(source.position(outer.start).line);
    let rest = source.slice(Span { start: outer.start, end: line.end });
    let end = rest.starts_with("{{").then(|| rest.find("}}")).flatten()? + 2;
    let span = Span { start: outer.start, end: outer.start + crate::yaml::source::offset(end) };
    let problem = Problem::new(span, "YAML reads these braces as a mapping, not as a text").code(Code::NeedsQuotes);
    Some(problem.help(format!("quote the whole value; an expression is \"${}\"", source.slice(span))))
}
