//! Writes the code of `#[derive(Params)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Ident};

use super::ast::{Field, Input};
use crate::keys;
use crate::problems::Problems;

pub(crate) fn params(original: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let input = Input::from_syn(original, &mut problems);
    input.validate(&mut problems);
    match problems.into_result() {
        Ok(()) => {
            let declared = input.fields.iter().map(|field| declaring(field, &input));
            implementation(&input, &quote!(#(#declared)*), &reading(&input), &giving(&input))
        }
        Err(error) => {
            // Of a type with parameters rustc would say once more that it cannot be.
            let errors = error.to_compile_error();
            let is_plain = original.generics.params.is_empty();
            let none = TokenStream::new();
            let implementation =
                is_plain.then(|| implementation(&input, &none, &quote!(::core::unreachable!()), &none));
            quote!(#errors #implementation)
        }
    }
}

/// Both ways between the struct and its parameters. The block keeps the functions of the fields to itself.
fn implementation(
    input: &Input<'_>,
    declared: &TokenStream,
    reading: &TokenStream,
    giving: &TokenStream,
) -> TokenStream {
    let Input { original, framework, .. } = input;
    let ty = &original.ident;
    let (impl_generics, ty_generics, where_clause) = original.generics.split_for_impl();
    let description = keys::description(&original.attrs).map(|text| {
        quote! {
            const DESCRIPTION: #framework::__private::Option<&'static str> = #framework::__private::Some(#text);
        }
    });
    quote! {
        const _: () = {
            #declared

            #[automatically_derived]
            impl #impl_generics #framework::__private::FromParams for #ty #ty_generics #where_clause {
                #description

                fn fields(
                    fields: &mut #framework::__private::Fields<'_>,
                ) -> #framework::__private::Option<Self> {
                    #reading
                }
            }

            #[automatically_derived]
            impl #impl_generics #framework::__private::ToParams for #ty #ty_generics #where_clause {
                fn give(&self, giving: &mut #framework::__private::Giving) {
                    let _ = &giving;
                    #giving
                }
            }
        };
    }
}

fn reading(input: &Input<'_>) -> TokenStream {
    let framework = &input.framework;
    let idents: Vec<&Ident> = input.fields.iter().map(|field| field.ident).collect();
    let read = input.fields.iter().map(|field| {
        let (ident, declared) = (field.ident, name_of_function(field));
        let method = if field.is_optional { quote!(optional) } else { quote!(field) };
        quote!(let #ident = fields.#method(#declared());)
    });
    quote! {
        let _ = &fields;
        #(#read)*
        #framework::__private::Some(Self { #(#idents: #idents?),* })
    }
}

fn giving(input: &Input<'_>) -> TokenStream {
    let given = input.fields.iter().map(|field| {
        let (ident, declared) = (field.ident, name_of_function(field));
        match field.is_optional {
            true => quote!(giving.optional(&#declared(), self.#ident.as_ref());),
            false => quote!(giving.field(&#declared(), &self.#ident);),
        }
    });
    quote!(#(#given)*)
}

/// A function that declares the field: both ways call it, and rustc checks its type in one place.
fn declaring(field: &Field<'_>, input: &Input<'_>) -> TokenStream {
    let framework = &input.framework;
    let (ty, name, declared) = (field.ty, name_of_function(field), declared(field, input));
    quote! {
        fn #name() -> #framework::__private::Field<#ty> {
            #declared
        }
    }
}

/// The name cannot be that of a function which a `check` of the user names.
fn name_of_function(field: &Field<'_>) -> Ident {
    format_ident!("__field_{}", field.ident.unraw())
}

/// The field with what it says. Its type is mentioned once, so that rustc says once that it is none.
fn declared(field: &Field<'_>, input: &Input<'_>) -> TokenStream {
    let framework = &input.framework;
    let (ty, keys) = (field.ty, &field.keys);
    let name = field.name().literal();
    let made = match keys.json {
        true => quote_spanned!(ty.span()=> #framework::__private::json_field::<#ty>),
        false => quote_spanned!(ty.span()=> #framework::__private::field::<#ty>),
    };
    let description = field.description.as_ref().map(|text| quote!(.description(#text)));
    let default = keys.default.as_ref().map(|default| match keys::literal(default) {
        Some(text) => quote_spanned!(default.span()=> .default_text(#text)),
        None => quote_spanned!(default.span()=> .default(#default)),
    });
    let range = keys.range.as_ref().map(|range| quote_spanned!(range.span()=> .range(#range)));
    let pattern = keys.pattern.as_ref().map(|pattern| quote!(.pattern(#pattern)));
    let one_of = keys.one_of.as_ref().map(|values| {
        let values = values.elems.iter().map(|value| match keys::literal(value) {
            Some(text) => quote_spanned!(text.span()=> #framework::__private::From::from(#text)),
            None => quote!(#value),
        });
        quote!(.one_of([#(#values),*]))
    });
    let identifying = keys.identifying.map(|identifying| quote!(.identifying(#identifying)));
    let secret = keys.secret.then(|| quote!(.secret()));
    let check = keys.check.as_ref().map(|check| quote_spanned!(check.span()=> .check(#check)));
    quote!(#made(#name)#description #default #range #pattern #one_of #identifying #secret #check)
}
