//! What was written: a struct, and what each of its fields says of its key.

use syn::{DeriveInput, Ident, Path, Type};

use super::attr::{self, SettingKeys};
use crate::fields::named_fields;
use crate::keys;
use crate::names::Name;
use crate::problems::Problems;

pub(crate) struct Input<'a> {
    pub(crate) original: &'a DeriveInput,
    pub(crate) framework: Path,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field that is a key of the file.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) description: Option<String>,
    pub(crate) keys: SettingKeys,
}

impl<'a> Input<'a> {
    /// Reads the input; a mistake is added to the problems and what can be read is kept.
    pub(crate) fn from_syn(original: &'a DeriveInput, problems: &mut Problems) -> Self {
        let framework = attr::framework(&original.attrs, problems);
        let message = "`Settings` is derived for a struct whose fields have names: one field for each key";
        let choices = "; an enum of words gets `#[derive(ParamValue)]`";
        let fields = named_fields(original, (message, choices), problems);
        let fields = fields.filter_map(|field| Field::from_syn(field, problems)).collect();
        Self { original, framework, fields }
    }
}

impl<'a> Field<'a> {
    fn from_syn(field: &'a syn::Field, problems: &mut Problems) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let description = keys::description(&field.attrs);
        Some(Self { ident, ty: &field.ty, description, keys: attr::setting(&field.attrs, problems) })
    }

    /// The key in the file.
    pub(crate) fn name(&self) -> Name {
        Name::of(self.ident, self.keys.name.as_ref())
    }
}
