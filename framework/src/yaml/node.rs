//! The tree of a document: every value and every key with its place.

use std::sync::Arc;

use super::{Scalar, Span};

/// A value of a document. Cloning is cheap: the parts are shared, so that a step can keep its settings.
///
/// Two nodes are equal when they hold the same values, wherever they stand and however their texts are quoted or
/// folded; a plain `1` and a quoted `"1"` differ.
#[derive(Clone, Debug)]
pub struct Node {
    pub(super) span: Span,
    pub(super) kind: Kind,
}

/// What a [`Node`] holds. Scalars keep their text: whether `007` is a number is for its reader to say.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing: no value at all, `null` or `~`.
    Null,
    /// One value.
    Scalar(Scalar),
    /// A list.
    Sequence(Arc<[Node]>),
    /// Keys and their values in the order of the file, merge keys resolved.
    Mapping(Arc<[(Key, Node)]>),
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub struct Key {
    pub(super) name: Arc<str>,
    pub(super) span: Span,
}

impl Node {
    /// A mapping without keys, for what may be left out: `with` where it is absent.
    pub(crate) fn empty_mapping(span: Span) -> Self {
        Self { span, kind: Kind::Mapping(Arc::default()) }
    }

    /// The place of the value. A value that came through an alias stands where its anchor is.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// What the node holds.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether the node holds nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// The scalar, where the node is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            Kind::Null | Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// The text of the scalar, where the node is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        self.as_scalar().map(Scalar::text)
    }

    /// The items, where the node is a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            Kind::Null | Kind::Scalar(_) | Kind::Mapping(_) => None,
        }
    }

    /// The keys and values, where the node is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&[(Key, Self)]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            Kind::Null | Kind::Scalar(_) | Kind::Sequence(_) => None,
        }
    }

    /// The value under `key`, where the node is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.iter().find(|(name, _)| name.name() == key).map(|(_, value)| value)
    }

    /// What the node is, for a message: ``the text `many` ``, `a list`, `nothing`.
    pub(super) fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Scalar(scalar) => scalar.describe(),
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(entries) if entries.is_empty() => "an empty mapping".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
        }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Key {
    /// The key itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn name_shared(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// The place of the key, without its colon.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
