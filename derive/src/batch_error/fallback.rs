//! Writes the implementations although the input is wrong, so that one mistake gives one error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Data;

use super::ast::Input;

pub(crate) fn batch_error(input: &Input<'_>, error: &syn::Error) -> TokenStream {
    let Input { original, framework, .. } = input;
    let ty = &original.ident;
    let (impl_generics, ty_generics, where_clause) = original.generics.split_for_impl();
    let errors = error.to_compile_error();
    // What borrows or is a union cannot be an error with names, and rustc would say so once more.
    let can_have_names = original.generics.lifetimes().next().is_none() && !matches!(original.data, Data::Union(_));
    let named_error = can_have_names.then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics #framework::__private::NamedError for #ty #ty_generics #where_clause {
                fn error_names() -> #framework::__private::Vec<&'static str> {
                    ::core::unreachable!()
                }

                fn error_name(&self) -> #framework::__private::Cow<'static, str> {
                    ::core::unreachable!()
                }
            }
        }
    });
    quote! {
        #errors

        #named_error

        #[automatically_derived]
        impl #impl_generics #framework::__private::From<#ty #ty_generics> for #framework::__private::BatchError #where_clause {
            fn from(_: #ty #ty_generics) -> Self {
                ::core::unreachable!()
            }
        }
    }
}
