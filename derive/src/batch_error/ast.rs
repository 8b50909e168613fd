//! What was written: an error type as the cases it has, each with the name it claims.

use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, LitStr, Path};

use super::attr::{self, Kind};
use crate::problems::Problems;

pub(crate) struct Input<'a> {
    pub(crate) original: &'a DeriveInput,
    pub(crate) framework: Path,
    pub(crate) shape: Shape,
    pub(crate) cases: Vec<Case<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Enum,
    Struct,
}

/// A variant of an enum, or the whole of a struct.
pub(crate) struct Case<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) fields: &'a Fields,
    pub(crate) kind: Option<Kind>,
}

impl<'a> Input<'a> {
    /// Reads the input; a mistake is added to the problems and what can be read is kept.
    pub(crate) fn from_syn(original: &'a DeriveInput, problems: &mut Problems) -> Self {
        let framework = attr::framework(&original.attrs, problems);
        let (shape, cases) = match &original.data {
            Data::Struct(data) => {
                // Here the type and its only case are the same place: only the name is the case's.
                let own: Vec<Attribute> =
                    original.attrs.iter().filter(|a| a.path().is_ident("error_kind")).cloned().collect();
                (Shape::Struct, vec![Case::from_syn(&original.ident, &data.fields, &own, problems)])
            }
            Data::Enum(data) => {
                let message = "an enum has a name for each variant: write this on the variants";
                attr::refuse(&original.attrs, "error_kind", message, problems);
                let cases = data.variants.iter().map(|v| Case::from_syn(&v.ident, &v.fields, &v.attrs, problems));
                (Shape::Enum, cases.collect())
            }
            Data::Union(data) => {
                problems
                    .at(data.union_token, "a union cannot be an error: derive `BatchError` for an enum or a struct");
                (Shape::Struct, Vec::new())
            }
        };
        Self { original, framework, shape, cases }
    }
}

impl<'a> Case<'a> {
    fn from_syn(ident: &'a Ident, fields: &'a Fields, attributes: &[Attribute], problems: &mut Problems) -> Self {
        for field in fields {
            attr::refuse(&field.attrs, "error_kind", "a name belongs to a whole variant, not to a field", problems);
            attr::refuse(
                &field.attrs,
                "batch_error",
                "`batch_error` stands on the type, not on a part of it",
                problems,
            );
        }
        Self { ident, fields, kind: attr::kind(attributes, problems) }
    }

    /// The name that is written, if one is.
    pub(crate) fn written(&self) -> Option<&LitStr> {
        match &self.kind {
            Some(Kind::Named(name)) => Some(name),
            _ => None,
        }
    }

    /// The name of this case; none where it is the name of the error inside.
    pub(crate) fn name(&self) -> Option<String> {
        match &self.kind {
            Some(Kind::Named(name)) => Some(name.value()),
            Some(Kind::Transparent(_)) => None,
            None => Some(self.ident.unraw().to_string()),
        }
    }

    /// The one error inside a transparent case.
    pub(crate) fn inside(&self) -> Option<&'a Field> {
        match &self.kind {
            Some(Kind::Transparent(_)) => self.fields.iter().next(),
            _ => None,
        }
    }
}
