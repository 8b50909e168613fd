//! What was written: a struct, and what each of its fields says of its parameter.

use syn::{DeriveInput, Ident, Path, Type};

use super::attr::{self, ParamKeys};
use crate::fields::named_fields;
use crate::keys;
use crate::names::Name;
use crate::problems::Problems;
use crate::written::inside;

pub(crate) struct Input<'a> {
    pub(crate) original: &'a DeriveInput,
    pub(crate) framework: Path,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field that is a parameter.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    /// The type of the parameter: what stands inside, where the field is an `Option`.
    pub(crate) ty: &'a Type,
    pub(crate) is_optional: bool,
    pub(crate) description: Option<String>,
    pub(crate) keys: ParamKeys,
}

impl<'a> Input<'a> {
    /// Reads the input; a mistake is added to the problems and what can be read is kept.
    pub(crate) fn from_syn(original: &'a DeriveInput, problems: &mut Problems) -> Self {
        let framework = attr::framework(&original.attrs, problems);
        let message = "`Params` is derived for a struct whose fields have names: one field for each parameter";
        let choices = "; an enum of choices gets `#[derive(ParamValue)]`";
        let fields = named_fields(original, (message, choices), problems);
        let fields = fields.filter_map(|field| Field::from_syn(field, problems)).collect();
        Self { original, framework, fields }
    }
}

impl<'a> Field<'a> {
    fn from_syn(field: &'a syn::Field, problems: &mut Problems) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let (ty, is_optional) = match inside(&field.ty, "Option") {
            Some(inside) => (inside, true),
            None => (&field.ty, false),
        };
        let description = keys::description(&field.attrs);
        Some(Self { ident, ty, is_optional, description, keys: attr::param(&field.attrs, problems) })
    }

    /// The name of the parameter.
    pub(crate) fn name(&self) -> Name {
        Name::of(self.ident, self.keys.name.as_ref())
    }
}
