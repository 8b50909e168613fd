//! `#[derive(ParamValue)]`: an enum whose variants are the choices of a parameter, or the words of a setting.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitStr};

use super::attr;
use crate::keys::Keys;
use crate::names::kebab_case;
use crate::problems::Problems;

const CHOICE: Keys = Keys { attribute: "param", known: &[("name", "name = \"…\"")] };

/// A variant under the name that an operator writes.
struct Choice<'a> {
    ident: &'a Ident,
    name: LitStr,
}

pub(crate) fn param_value(original: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let framework = attr::framework(&original.attrs, &mut problems);
    let choices = choices(original, &mut problems);
    let ty = &original.ident;
    let (idents, names): (Vec<_>, Vec<_>) = choices.iter().map(|choice| (choice.ident, &choice.name)).unzip();
    let errors = problems.into_result().err().map(|error| error.to_compile_error());
    // With a mistake the choices are not whole, and rustc would say so once more.
    let (read, written) = match errors {
        Some(_) => (quote!(::core::unreachable!()), quote!(::core::unreachable!())),
        None => (
            quote! {
                match #framework::__private::text_of(value) {
                    #(#framework::__private::Some(#names) => #framework::__private::Some(Self::#idents),)*
                    _ => #framework::__private::None,
                }
            },
            quote!(#framework::__private::Value::from(match *self { #(Self::#idents => #names,)* })),
        ),
    };
    quote! {
        #errors

        #[automatically_derived]
        impl #framework::__private::ParamValue for #ty {
            const TYPE: #framework::__private::ParamType = #framework::__private::ParamType::String;

            fn declare(
                declaration: #framework::__private::ParamDeclaration,
            ) -> #framework::__private::ParamDeclaration {
                #framework::__private::with_choices(declaration, &[#(#names),*])
            }

            fn from_value(
                value: &#framework::__private::Value,
            ) -> #framework::__private::Option<Self> {
                #read
            }

            fn to_value(&self) -> #framework::__private::Value {
                #written
            }
        }

        #[automatically_derived]
        impl #framework::__private::SettingValue for #ty {
            const SHAPE: #framework::__private::Shape =
                #framework::__private::Shape::Setting(&#framework::__private::Shape::Word(&[#(#names),*]));

            fn read(
                at: &#framework::__private::Cursor<'_>,
                names: &#framework::__private::Names<'_>,
            ) -> #framework::__private::Option<#framework::__private::Late<Self>> {
                #framework::__private::word(at, names, &[#(#names),*])
            }
        }
    }
}

fn choices<'a>(original: &'a DeriveInput, problems: &mut Problems) -> Vec<Choice<'a>> {
    let Data::Enum(data) = &original.data else {
        problems.at(&original.ident, "`ParamValue` is derived for an enum: each variant is a choice");
        return Vec::new();
    };
    if data.variants.is_empty() {
        problems.at(&original.ident, "an enum without variants has no choices");
    }
    let mut choices: Vec<Choice<'a>> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            problems.at(&variant.fields, "a choice is a word: its variant has no fields");
        }
        let name = name(&variant.attrs, &variant.ident, problems);
        if choices.iter().any(|earlier| earlier.name.value() == name.value()) {
            problems.add(syn::Error::new(name.span(), format!("two choices are named `{}`", name.value())));
            continue;
        }
        if matches!(variant.fields, Fields::Unit) {
            choices.push(Choice { ident: &variant.ident, name });
        }
    }
    choices
}

fn name(attributes: &[Attribute], ident: &Ident, problems: &mut Problems) -> LitStr {
    let mut name = None;
    CHOICE.read(attributes, problems, |key| {
        name = Some(CHOICE.value(key)?);
        Ok(())
    });
    name.unwrap_or_else(|| LitStr::new(&kebab_case(&ident.unraw().to_string()), ident.span()))
}
