//! The parts of a job file by their paths, such as `steps.chunk.skip`: what `jobctl schema PATH` and the manual show.

use crate::definition::tables;
use crate::kind::Kinds;
use crate::yaml::{Field, Mapping, Presence, Shape, Sort};

/// One place of job files, with what is to be said about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Part {
    /// The keys that lead to it, joined by points. Lists and names of the file's own are passed over; the whole file is empty.
    pub path: String,
    /// The key that it stands behind; none for the whole file and for a kind.
    pub field: Option<&'static Field>,
    /// The kind that it is the settings of.
    pub kind: Option<&'static str>,
    /// What stands there.
    pub shape: Shape,
}

impl Part {
    /// The table of its keys, where it has keys of its own.
    #[must_use]
    pub fn mapping(&self) -> Option<&'static Mapping> {
        mapping_of(self.shape)
    }

    /// What it is for.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.field.map(|field| field.about).or_else(|| Some(self.mapping()?.about)).unwrap_or_default()
    }

    /// What may stand there, in words: "a duration such as 90s, 1h30m or PT1H30M".
    #[must_use]
    pub fn words(&self) -> String {
        self.shape.words()
    }

    /// Whether it has to be there; none for what has no key of its own.
    #[must_use]
    pub fn presence(&self) -> Option<Presence> {
        self.field.map(|field| field.presence)
    }
}

/// All parts of a job file for a program with these kinds, each before those that it holds.
#[must_use]
pub fn parts(kinds: &Kinds) -> Vec<Part> {
    let mut parts = Vec::new();
    let root = Part { path: String::new(), field: None, kind: None, shape: Shape::Mapping(&tables::JOB) };
    collect(root, kinds, &mut parts);
    parts
}

fn collect(part: Part, kinds: &Kinds, parts: &mut Vec<Part>) {
    let below = |key: &str| if part.path.is_empty() { key.to_owned() } else { format!("{}.{key}", part.path) };
    let mut held = Vec::new();
    if let Shape::MapWith(field, ..) = part.shape {
        held.push(Part { path: below(field.name), field: Some(field), kind: None, shape: field.shape });
    }
    if let Some(mapping) = part.mapping() {
        held.extend(fields(mapping, &below));
    }
    if let Some(sort) = sort_of(part.shape) {
        held.extend(fields(&tables::REGISTERED, &below));
        for (kind, shape) in kinds.settings(sort).into_iter().chain(kinds.registered(sort)) {
            held.push(Part { path: below(kind), field: None, kind: Some(kind), shape });
        }
    }
    parts.push(part);
    held.into_iter().for_each(|part| collect(part, kinds, parts));
}

fn fields(mapping: &'static Mapping, path: &dyn Fn(&str) -> String) -> Vec<Part> {
    let part =
        |field: &'static Field| Part { path: path(field.name), field: Some(field), kind: None, shape: field.shape };
    mapping.fields.iter().map(part).collect()
}

/// The table behind a shape, through lists and free names.
pub(super) fn mapping_of(shape: Shape) -> Option<&'static Mapping> {
    match shape {
        Shape::Mapping(mapping) | Shape::OneKey(mapping) => Some(mapping),
        Shape::Kind(Sort::Processor) => Some(&tables::OPERATION),
        Shape::Setting(inner)
        | Shape::MapWith(_, _, inner)
        | Shape::List(inner, _)
        | Shape::ListOrOne(inner, _)
        | Shape::Map(_, inner) => mapping_of(*inner),
        Shape::Either(shapes) => shapes.iter().find_map(|shape| mapping_of(*shape)),
        _ => None,
    }
}

/// The sort of kinds that a shape names, through lists.
fn sort_of(shape: Shape) -> Option<Sort> {
    match shape {
        Shape::Kind(sort) => Some(sort),
        Shape::List(inner, _) => sort_of(*inner),
        _ => None,
    }
}
