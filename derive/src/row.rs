//! `#[derive(Row)]`: a Rust item as a row, whose columns are its fields.

use std::collections::HashMap;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitStr, Path, Type};

use crate::fields::{named_fields, no_generics};
use crate::keys::{self, Keys};
use crate::names;
use crate::problems::Problems;

const COLUMN: Keys = Keys { attribute: "column", known: &[("name", "name = \"…\"")] };
const ROW: Keys = Keys { attribute: "row", known: &[("crate", "crate = PATH")] };

/// A field under the name of its column.
struct Column<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    name: LitStr,
}

pub(crate) fn row(original: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let framework = framework(&original.attrs, &mut problems);
    let columns = columns(original, &mut problems);
    match problems.into_result() {
        Ok(()) => implementation(original, &framework, &columns, true),
        Err(error) => {
            // Of a type with parameters rustc would say once more that it cannot be.
            let errors = error.to_compile_error();
            let is_plain = original.generics.params.is_empty();
            let implementation = is_plain.then(|| implementation(original, &framework, &columns, false));
            quote!(#errors #implementation)
        }
    }
}

fn columns<'a>(original: &'a DeriveInput, problems: &mut Problems) -> Vec<Column<'a>> {
    no_generics(original, "the columns of a row have types of their own: this struct cannot be generic", problems);
    let message = "`Row` is derived for a struct whose fields have names: one field for each column";
    let mut columns = Vec::new();
    let mut first: HashMap<String, Span> = HashMap::new();
    for field in named_fields(original, (message, ""), problems) {
        let Some(ident) = &field.ident else { continue };
        let name = name(&field.attrs, ident, problems);
        if let Some(refusal) = names::refusal_of_column(&name.value()) {
            problems.add(syn::Error::new(name.span(), refusal));
        }
        if let Some(earlier) = first.insert(name.value(), name.span()) {
            problems.add(syn::Error::new(name.span(), format!("two columns are named `{}`", name.value())));
            problems.add(syn::Error::new(earlier, "the first one is here"));
        }
        columns.push(Column { ident, ty: &field.ty, name });
    }
    let is_struct = matches!(&original.data, Data::Struct(data) if !matches!(data.fields, Fields::Unnamed(_)));
    if is_struct && columns.is_empty() {
        problems.at(&original.ident, "a row has at least one column: this struct has no fields");
    }
    columns
}

fn implementation(original: &DeriveInput, framework: &Path, columns: &[Column<'_>], is_right: bool) -> TokenStream {
    let ty = &original.ident;
    let idents: Vec<_> = columns.iter().map(|column| column.ident).collect();
    let names: Vec<_> = (0..columns.len()).map(|at| format_ident!("COLUMN_{at}")).collect();
    let numbers: Vec<_> = (0..columns.len()).collect();
    let declared = columns.iter().zip(&names).map(|(column, constant)| {
        let (ty, name) = (column.ty, &column.name);
        // The only mention of the type that asks anything of it, so that rustc says once that it is none.
        let made = quote_spanned!(ty.span()=> #framework::__private::column::<#ty>);
        quote!(const #constant: #framework::__private::ColumnOf<#ty> = #made(#name);)
    });
    let declared: Vec<_> = declared.filter(|_| is_right).collect();
    let unless_wrong = |code: TokenStream| if is_right { code } else { quote!(::core::unreachable!()) };
    let described = unless_wrong(quote!(#framework::__private::Vec::from([#(#names.column()),*])));
    // All cells are looked at before the first is taken.
    let read = unless_wrong(quote! {
        #(cells.look(#numbers, &#names)?;)*
        #framework::__private::Ok(Self { #(#idents: cells.take(#numbers, &#names)?),* })
    });
    let written = unless_wrong(quote!(#(row.push(#names.cell(self.#idents));)*));
    quote! {
        const _: () = {
            #(#declared)*

            #[automatically_derived]
            impl #framework::__private::Record for #ty {
                fn columns() -> #framework::__private::Vec<#framework::__private::Column> {
                    #described
                }

                fn from_cells(
                    cells: &mut #framework::__private::Cells<'_>,
                ) -> #framework::__private::Result<Self, #framework::__private::BatchError> {
                    #read
                }

                fn into_cells(self, row: &mut #framework::__private::Row) {
                    #written
                }
            }
        };
    }
}

fn name(attributes: &[Attribute], ident: &Ident, problems: &mut Problems) -> LitStr {
    let mut name = None;
    COLUMN.read(attributes, problems, |key| {
        name = Some(COLUMN.value(key)?);
        Ok(())
    });
    name.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()))
}

fn framework(attributes: &[Attribute], problems: &mut Problems) -> Path {
    keys::refuse_above(attributes, &COLUMN, &ROW, problems);
    let mut path = None;
    ROW.read(attributes, problems, |key| {
        path = Some(ROW.value::<keys::ModPath>(key)?.0);
        Ok(())
    });
    keys::framework(path)
}
