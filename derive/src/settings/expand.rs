//! Writes the code of `#[derive(Settings)]`: the table of the keys, and how they are read.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Expr, Ident, LitStr};

use super::ast::{Field, Input};
use super::attr::Fallback;
use crate::keys;
use crate::names::kebab_case;
use crate::problems::Problems;
use crate::written::plain;

pub(crate) fn settings(original: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let input = Input::from_syn(original, &mut problems);
    input.validate(&mut problems);
    match problems.into_result() {
        Ok(()) => whole(&input),
        Err(error) => {
            let (errors, framework) = (error.to_compile_error(), &input.framework);
            // Of a type with parameters rustc would say once more that it cannot be.
            let implementation = original.generics.params.is_empty().then(|| {
                let unread = quote!(::core::unreachable!());
                implementation(&input, &quote!(#framework::__private::Shape::Anything), &unread)
            });
            quote!(#errors #implementation)
        }
    }
}

fn whole(input: &Input<'_>) -> TokenStream {
    let Input { original, framework, fields } = input;
    let ident = original.ident.unraw().to_string();
    let (name, what) = (kebab_case(&ident), kebab_case(&ident).replace('-', " "));
    let about = keys::description(&original.attrs).unwrap_or_default();
    let keys = fields.iter().enumerate().map(|(at, field)| key(at, field, input));
    let names = (0..fields.len()).map(key_name);
    let implementation = implementation(input, &quote!(#framework::__private::Shape::Mapping(&TABLE)), &body(input));
    quote! {
        const _: () = {
            #(#keys)*
            static TABLE: #framework::__private::Mapping =
                #framework::__private::Mapping::new(#name, #what, #about, &[#(#names.field()),*]);
            #implementation
        };
    }
}

fn implementation(input: &Input<'_>, shape: &TokenStream, body: &TokenStream) -> TokenStream {
    let Input { original, framework, .. } = input;
    let ty = &original.ident;
    quote! {
        #[automatically_derived]
        impl #framework::__private::SettingValue for #ty {
            const SHAPE: #framework::__private::Shape = #shape;

            fn read(
                at: &#framework::__private::Cursor<'_>,
                names: &#framework::__private::Names<'_>,
            ) -> #framework::__private::Option<#framework::__private::Late<Self>> {
                #body
            }
        }
    }
}

/// The key with what reads it. The only mention of the type that asks anything of it, so that rustc says once that it is none.
fn key(at: usize, field: &Field<'_>, input: &Input<'_>) -> TokenStream {
    let (framework, name, ty) = (&input.framework, key_name(at), field.ty);
    let (key, about) = (field.name().text, field.description.clone().unwrap_or_default());
    let made = quote_spanned!(ty.span()=> #framework::__private::key::<#ty>);
    let presence = match &field.keys.default {
        None => TokenStream::new(),
        Some(Fallback::OfType) => quote!(.optional()),
        Some(Fallback::Value(value)) => {
            let text = written(value);
            quote!(.or(#text))
        }
    };
    quote!(const #name: #framework::__private::KeyOf<#ty> = #made(#key, #about)#presence;)
}

fn key_name(at: usize) -> Ident {
    format_ident!("KEY_{at}")
}

fn body(input: &Input<'_>) -> TokenStream {
    let framework = &input.framework;
    let idents: Vec<&Ident> = input.fields.iter().map(|field| field.ident).collect();
    let cursor = format_ident!("at");
    let read = input.fields.iter().enumerate().map(|(at, field)| {
        let (ident, key) = (field.ident, key_name(at));
        let check = field
            .keys
            .check
            .as_ref()
            .map(|check| quote_spanned!(check.span()=> .and_then(|late| late.checked(#cursor, #check))));
        let one = quote!(|#cursor: &#framework::__private::Cursor<'_>| #key.read(#cursor, names) #check);
        match &field.keys.default {
            None => quote!(let #ident = #key.needed(&mut fields, #one);),
            Some(Fallback::OfType) => quote!(let #ident = #key.or_of_type(&mut fields, #one);),
            Some(Fallback::Value(value)) => {
                let (typed, yaml) = (typed(field, value), yaml(value));
                quote!(#typed let #ident = #key.or_written(&mut fields, #yaml, #one);)
            }
        }
    });
    quote! {
        let mut fields = at.mapping(&TABLE)?;
        #(#read)*
        fields.finish();
        #(let #idents = #idents?;)*
        #framework::__private::Some(#framework::__private::Late::of(
            [#(#idents.is_known()),*],
            move |frame| #framework::__private::Ok(Self { #(#idents: #idents.value(frame)?),* }),
        ))
    }
}

/// A number or a truth that is no value of the type is told by rustc.
fn typed(field: &Field<'_>, value: &Expr) -> Option<TokenStream> {
    let ty = field.ty;
    keys::literal(value).is_none().then(|| quote_spanned!(value.span()=> let _: #ty = #value;))
}

/// The default as the manual shows it.
fn written(value: &Expr) -> String {
    keys::literal(value).map_or_else(|| number(value), LitStr::value)
}

/// The default as a job file would have it: a text in quotes, whatever is in it.
fn yaml(value: &Expr) -> String {
    match keys::literal(value) {
        Some(text) => format!("'{}'", text.value().replace('\'', "''")),
        None => number(value),
    }
}

/// A number without what Rust alone writes: `1_000u8` is 1000.
fn number(value: &Expr) -> String {
    match plain(value) {
        Expr::Unary(negative) => format!("-{}", number(&negative.expr)),
        Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(whole) => whole.base10_digits().to_owned(),
            other => quote!(#other).to_string(),
        },
        other => quote!(#other).to_string(),
    }
}
