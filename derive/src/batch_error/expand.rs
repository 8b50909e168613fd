//! Writes the code.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Ident, Member};

use super::ast::{Case, Input, Shape};
use super::fallback;
use crate::problems::Problems;

pub(crate) fn batch_error(original: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let input = Input::from_syn(original, &mut problems);
    input.validate(&mut problems);
    match problems.into_result() {
        Ok(()) => expand(&input),
        Err(error) => fallback::batch_error(&input, &error),
    }
}

fn expand(input: &Input<'_>) -> TokenStream {
    let Input { original, framework, .. } = input;
    let ty = &original.ident;
    let (impl_generics, ty_generics, where_clause) = original.generics.split_for_impl();
    let names = error_names(input);
    let name = error_name(input);
    // Spanned at the type, so that a missing `Error` is reported there and not at the derive.
    let named_error = quote_spanned!(ty.span()=> #framework::__private::NamedError);
    quote! {
        #[automatically_derived]
        impl #impl_generics #named_error for #ty #ty_generics #where_clause {
            fn error_names() -> #framework::__private::Vec<&'static str> {
                #names
            }

            fn error_name(&self) -> #framework::__private::Cow<'static, str> {
                #name
            }
        }

        #[automatically_derived]
        impl #impl_generics #framework::__private::From<#ty #ty_generics> for #framework::__private::BatchError #where_clause {
            fn from(error: #ty #ty_generics) -> Self {
                #framework::__private::BatchError::from_named(error)
            }
        }
    }
}

fn error_names(input: &Input<'_>) -> TokenStream {
    let framework = &input.framework;
    let own = input.cases.iter().filter_map(Case::name);
    // Spanned at the inner type, so that one without names is reported there.
    let inside = input.cases.iter().filter_map(Case::inside).map(|field| {
        let ty = &field.ty;
        quote_spanned!(ty.span()=> <#ty as #framework::__private::NamedError>::error_names())
    });
    quote! {
        let mut names = #framework::__private::Vec::new();
        names.extend_from_slice(&[#(#own),*] as &[&'static str]);
        #(names.extend(#inside);)*
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn error_name(input: &Input<'_>) -> TokenStream {
    if input.cases.is_empty() {
        return quote!(match *self {});
    }
    let arms = input.cases.iter().map(|case| arm(input, case));
    quote!(match self { #(#arms)* })
}

fn arm(input: &Input<'_>, case: &Case<'_>) -> TokenStream {
    let framework = &input.framework;
    let pattern = match (input.shape, case.ident) {
        (Shape::Struct, _) => quote!(Self),
        (Shape::Enum, ident) => quote!(Self::#ident),
    };
    match (case.inside(), case.name()) {
        (Some(field), _) => {
            let member = field.ident.clone().map_or_else(|| Member::from(0), Member::Named);
            let inside = Ident::new("inside", field.ty.span());
            let name = quote_spanned!(field.ty.span()=> #framework::__private::NamedError::error_name(#inside));
            quote!(#pattern { #member: #inside } => #name,)
        }
        (None, name) => quote!(#pattern { .. } => #framework::__private::Cow::Borrowed(#name),),
    }
}
