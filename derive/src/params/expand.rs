//! Writes the code of `#[derive(Params)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Ident, LitStr};

use super::ast::{Field, Input};
use crate::keys;
use crate::problems::Problems;

pub(crate) fn params(original: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let input = Input::from_syn(original, &mut problems);
    input.validate(&mut problems);
    match problems.into_result() {
        Ok(()) => implementation(&input, &body(&input)),
        Err(error) => {
            // Of a type with parameters rustc would say once more that it cannot be.
            let errors = error.to_compile_error();
            let is_plain = original.generics.params.is_empty();
            let implementation = is_plain.then(|| implementation(&input, &quote!(::core::unreachable!())));
            quote!(#errors #implementation)
        }
    }
}

fn implementation(input: &Input<'_>, body: &TokenStream) -> TokenStream {
    let Input { original, framework, .. } = input;
    let ty = &original.ident;
    let (impl_generics, ty_generics, where_clause) = original.generics.split_for_impl();
    let description = keys::description(&original.attrs).map(|text| {
        quote! {
            const DESCRIPTION: #framework::__private::Option<&'static str> = #framework::__private::Some(#text);
        }
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #framework::__private::FromParams for #ty #ty_generics #where_clause {
            #description

            fn fields(
                fields: &mut #framework::__private::Fields<'_>,
            ) -> #framework::__private::Option<Self> {
                #body
            }
        }
    }
}

fn body(input: &Input<'_>) -> TokenStream {
    let framework = &input.framework;
    let idents: Vec<&Ident> = input.fields.iter().map(|field| field.ident).collect();
    let read = input.fields.iter().map(|field| {
        let (ident, declared) = (field.ident, declared(field, input));
        let method = if field.is_optional { quote!(optional) } else { quote!(field) };
        quote!(let #ident = fields.#method(#declared);)
    });
    quote! {
        let _ = &fields;
        #(#read)*
        #framework::__private::Some(Self { #(#idents: #idents?),* })
    }
}

/// The field with what it says. Its type is mentioned once, so that rustc says once that it is none.
fn declared(field: &Field<'_>, input: &Input<'_>) -> TokenStream {
    let framework = &input.framework;
    let (ty, keys) = (field.ty, &field.keys);
    let name = LitStr::new(&field.name(), field.name_span());
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
