//! The fields of a struct that a derive is for, and what is said of everything else.

use syn::{Data, DeriveInput, Field, Fields};

use crate::problems::Problems;

/// The fields of a struct with names. Of anything else `message` is said, and of an enum what is better for it.
pub(crate) fn named_fields<'a>(
    original: &'a DeriveInput,
    (message, of_enums): (&str, &str),
    problems: &mut Problems,
) -> impl Iterator<Item = &'a Field> + use<'a> {
    let fields = match &original.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            Fields::Unit => None,
            Fields::Unnamed(fields) => {
                problems.at(fields, message);
                None
            }
        },
        Data::Enum(data) => {
            problems.at(data.enum_token, format!("{message}{of_enums}"));
            None
        }
        Data::Union(data) => {
            problems.at(data.union_token, message);
            None
        }
    };
    fields.into_iter().flatten()
}

/// Says of each parameter of the type that there can be none.
pub(crate) fn no_generics(original: &DeriveInput, message: &str, problems: &mut Problems) {
    for parameter in &original.generics.params {
        problems.at(parameter, message);
    }
}
