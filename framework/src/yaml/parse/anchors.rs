//! The anchors of a document, and what their aliases cost.

use std::collections::HashMap;

use crate::yaml::scalar::shown;
use crate::yaml::spelling::nearest;
use crate::yaml::{Code, Kind, Node, Problem, Span, is_name};

const QUOTE_ALIAS: &str = "quote it: a leading * is a YAML alias";

/// A finished value, with what it costs to see it once more.
#[derive(Clone, Debug)]
pub(super) struct Weighed {
    pub(super) node: Node,
    pub(super) weight: Weight,
}

/// What a value adds to the document, its aliases expanded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// Values and keys.
    pub(super) nodes: usize,
    /// Bytes of text.
    pub(super) text: usize,
    /// Levels of lists and mappings.
    pub(super) depth: usize,
}

/// The values that have an anchor, by the number the parser gave it. Not yet finished ones are absent.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    names: Vec<String>,
    values: HashMap<usize, Weighed>,
}

impl Anchors {
    pub(super) fn name(&mut self, name: String) {
        self.names.push(name);
    }

    pub(super) fn define(&mut self, id: usize, value: &Weighed) {
        if id != 0 {
            self.values.insert(id, value.clone());
        }
    }

    /// The value of an alias.
    pub(super) fn resolve(&self, id: usize, span: Span) -> Result<Weighed, Problem> {
        let inside = || {
            Problem::new(span, "this alias stands inside the value it repeats")
                .code(Code::Alias)
                .help("a value cannot contain itself; write this part out")
        };
        self.values.get(&id).cloned().ok_or_else(inside)
    }

    /// The problem of an alias whose anchor does not exist.
    pub(super) fn unknown(&self, name: &str, span: Span) -> Problem {
        let near = nearest(name, self.names.iter().map(String::as_str));
        if near.is_none() && !is_name(name) {
            return Problem::new(span, "this value cannot stand without quotes")
                .code(Code::NeedsQuotes)
                .help(QUOTE_ALIAS);
        }
        let problem =
            Problem::new(span, format!("there is no anchor `&{}` for this alias", shown(name))).code(Code::Alias);
        match near {
            Some(near) => problem.help(format!("did you mean `*{near}`?")),
            None => problem.help(QUOTE_ALIAS),
        }
    }
}

impl Weighed {
    pub(super) fn null(span: Span) -> Self {
        Self::leaf(span, Kind::Null)
    }

    pub(super) fn leaf(span: Span, kind: Kind) -> Self {
        let node = Node { span, kind };
        let text = node.as_text().map_or(0, str::len);
        Self { weight: Weight { nodes: 1, text, depth: 0 }, node }
    }
}

impl Weight {
    /// Adds a part of a list or mapping.
    pub(super) fn add(&mut self, part: Self) {
        self.nodes += part.nodes;
        self.text += part.text;
        self.depth = self.depth.max(part.depth + 1);
    }
}
