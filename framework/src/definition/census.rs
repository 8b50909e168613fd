//! The names that a file declares and uses, counted before any of it is checked, so that an error about a name can tell a
//! later step from one that does not exist.

use std::collections::BTreeSet;

use crate::expr::{Expression, Template};
use crate::yaml::{Node, Span};

/// The names of a file, right or wrong.
#[derive(Debug, Default)]
pub(super) struct Census {
    pub(super) params: BTreeSet<Box<str>>,
    pub(super) vars: BTreeSet<Box<str>>,
    /// The steps in their order; one without a name is empty.
    pub(super) steps: Vec<(Box<str>, Span)>,
    /// The environment variables that any text may use.
    pub(super) variables: BTreeSet<Box<str>>,
    /// The secrets that any text may use.
    pub(super) secrets: BTreeSet<Box<str>>,
}

impl Census {
    /// The names of the file with this root.
    pub(super) fn of(root: &Node) -> Self {
        let mut census = Self { params: keys(root, "params"), vars: keys(root, "vars"), ..Self::default() };
        for step in root.get("steps").and_then(Node::as_sequence).unwrap_or_default() {
            let name = step.get("name");
            let text = name.and_then(Node::as_text).unwrap_or_default();
            census.steps.push((text.into(), name.unwrap_or(step).span()));
        }
        census.count(root);
        census
    }

    /// The place of the step `name` in the order of the steps, from 0.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.steps.iter().position(|(known, _)| &**known == name)
    }

    /// Which variables and secrets exist is known only when a run asks for them. So those that a file speaks of are the
    /// ones that its expressions can use.
    fn count(&mut self, node: &Node) {
        if let Some(text) = node.as_text() {
            if text.contains("env") || text.contains("secret") {
                self.count_text(text);
            }
        }
        node.as_sequence().unwrap_or_default().iter().for_each(|item| self.count(item));
        node.as_mapping().unwrap_or_default().iter().for_each(|(_, value)| self.count(value));
    }

    /// A text is a template in one place and a bare expression in another; counting too much does no harm.
    fn count_text(&mut self, text: &str) {
        if let Ok(template) = Template::parse(text) {
            self.count_paths(&template.paths());
        }
        if let Ok(expression) = Expression::parse(text) {
            self.count_paths(&expression.paths());
        }
    }

    fn count_paths(&mut self, paths: &[Vec<&str>]) {
        for path in paths {
            match path.as_slice() {
                ["env", name, ..] => self.variables.insert((*name).into()),
                ["secret", name, ..] => self.secrets.insert((*name).into()),
                _ => false,
            };
        }
    }
}

fn keys(root: &Node, key: &str) -> BTreeSet<Box<str>> {
    let entries = root.get(key).and_then(Node::as_mapping).unwrap_or_default();
    entries.iter().map(|(key, _)| key.name().into()).collect()
}
