//! Writes the code of `#[step]` and its sisters: the function as it was, and a type of the same name that job files name.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, ItemFn};

use super::ast::{Input, Sort, What};
use crate::problems::Problems;

pub(crate) fn component(sort: Sort, given: &TokenStream, item: ItemFn) -> TokenStream {
    let mut problems = Problems::default();
    let input = Input::from_syn(sort, given, item, &mut problems);
    input.validate(&mut problems);
    let item = &input.item;
    match problems.into_result() {
        Ok(()) => {
            let named = named(&input, &needs(&input), &added(&input));
            quote!(#item #named)
        }
        Err(error) => {
            let errors = error.to_compile_error();
            // A method has no type beside it.
            let is_free = !input.arguments.iter().any(|argument| matches!(argument.what, What::Receiver));
            let unreachable = quote!(::core::unreachable!());
            let named = is_free.then(|| named(&input, &unreachable, &unreachable));
            quote!(#errors #item #named)
        }
    }
}

/// What is no function stays as it is, with the reason in front.
pub(crate) fn on_something_else(sort: Sort, item: &TokenStream, error: &syn::Error) -> TokenStream {
    let is_item = syn::parse2::<syn::Item>(item.clone()).is_ok();
    let message = format!("`#[{}]` stands above a function", sort.word());
    let error = if is_item { syn::Error::new(error.span(), message) } else { error.clone() };
    let errors = error.to_compile_error();
    quote!(#errors #item)
}

/// The type that job files name. Braces keep it out of the way of the function, which is called as before.
fn named(input: &Input, needs: &TokenStream, added: &TokenStream) -> TokenStream {
    let Input { framework, item, .. } = input;
    let (ident, vis) = (&item.sig.ident, &item.vis);
    let name = input.name().literal();
    let docs = format!("`uses: {}` of job files: [the function](fn@{ident}).", name.value());
    // With the span of the name `line!` is the line of the function, and not that of the attribute.
    let place = quote_spanned!(ident.span()=> ::core::concat!(::core::file!(), ":", ::core::line!()));
    let is_written_as_a_type = ident.to_string().trim_start_matches('_').starts_with(char::is_uppercase);
    let unlike_a_type = (!is_written_as_a_type)
        .then(|| quote!(#[expect(non_camel_case_types, reason = "it is found by the name of its function")]));
    quote! {
        #[doc = #docs]
        #unlike_a_type
        #vis struct #ident {}

        #[automatically_derived]
        impl #framework::__private::Component for #ident {
            const NAME: &'static str = #name;
            const PLACE: &'static str = #place;

            fn needs() -> #framework::__private::Vec<#framework::__private::Need> {
                #needs
            }

            fn add_to(kinds: #framework::__private::Kinds) -> #framework::__private::Kinds {
                #added
            }
        }
    }
}

fn needs(input: &Input) -> TokenStream {
    let framework = &input.framework;
    let declared = declared(input);
    let made = input.arguments.iter().enumerate().filter(|(_, argument)| matches!(argument.what, What::Made { .. }));
    let names = made.map(|(at, _)| argument_name(at));
    let driver = input.item.sig.asyncness.as_ref().map(|_| quote!(#framework::__private::need_of_driver()));
    quote! {
        #(#declared)*
        #framework::__private::needs(&[#(#names.need(),)* #driver])
    }
}

/// How each argument is made.
fn declared(input: &Input) -> Vec<TokenStream> {
    let framework = &input.framework;
    let declared = input.arguments.iter().enumerate().filter_map(|(at, argument)| {
        let What::Made { ty, .. } = &argument.what else { return None };
        let name = argument_name(at);
        Some(quote_spanned!(ty.span()=> let #name = #framework::__private::argument::<#ty>();))
    });
    declared.collect()
}

/// How the function becomes a kind, and joins the others.
fn added(input: &Input) -> TokenStream {
    let framework = &input.framework;
    let declared = declared(input);
    let settings = input.settings().map_or_else(|| quote!(()), |settings| quote!(#settings));
    let made = made(input);
    let (with, context, result) = (
        quote!(with: &#framework::__private::With<#settings>),
        quote!(#framework::__private::StepContext<'_>),
        quote!(#framework::__private::Result),
    );
    let error = quote!(#framework::__private::BatchError);
    let ident = &input.item.sig.ident;
    let given = given(input);
    // Of one span where they are bound and where they are used: what a `macro_rules!` was given has names of its own.
    let (answer, step) = (Ident::new("answer", input.answer_span()), format_ident!("context"));
    match input.sort {
        Sort::Step => {
            let called = called(input);
            let answered =
                quote_spanned!(input.answer_span()=> #framework::__private::IntoOutcome::into_outcome(#answer, #step));
            // Spanned at the settings, so that a type that is none is reported there.
            let add = Ident::new("add", input.settings().map_or_else(|| ident.span(), Spanned::span));
            quote! {
                use #framework::__private::add_step as add;
                #(#declared)*
                #add::<#settings, _>(kinds, Self::NAME,
                    move |#with, context: &mut #context| -> #result<#framework::__private::Outcome, #error> {
                        #(#made)*
                        let #answer = #called;
                        #answered
                    },
                )
            }
        }
        Sort::Reader | Sort::Writer => {
            let function = format_ident!("add_{}", input.sort.word());
            // Spanned at the answer, so that an item that is no row is reported there.
            let add = Ident::new("add", input.answer_span());
            let answered = quote_spanned!(input.answer_span()=> #framework::__private::IntoPart::into_part(#answer));
            quote! {
                use #framework::__private::#function as add;
                #(#declared)*
                #add::<#settings, _, _, _>(kinds, Self::NAME, move |#with, context: &#context| -> #result<_, #error> {
                    #(#made)*
                    let #answer = #ident(#(#given),*);
                    #answered
                })
            }
        }
        Sort::Processor => {
            let item = input.arguments.first().map(|argument| &argument.ty);
            let inside = match item {
                Some(syn::Type::Reference(reference)) => &*reference.elem,
                _ => &syn::parse_quote!(_),
            };
            let add = quote_spanned!(item.map_or_else(|| ident.span(), Spanned::span)=> #framework::__private::add_processor::<#settings, #inside, _, _, _>);
            quote! {
                #(#declared)*
                #add(kinds, Self::NAME, move |#with, context: &#context| {
                    #(#made)*
                    let with = with.clone();
                    #framework::__private::Ok(move |item: #item| #ident(#(#given),*))
                })
            }
        }
    }
}

/// The call of a step, driven to its end where it is asynchronous.
fn called(input: &Input) -> TokenStream {
    let (framework, ident, given) = (&input.framework, &input.item.sig.ident, given(input));
    match input.item.sig.asyncness {
        None => quote!(#ident(#(#given),*)),
        Some(_) => quote! {{
            let driver = #framework::__private::driver(context)?;
            #framework::__private::wait(&driver, async { #ident(#(#given),*).await })?
        }},
    }
}

/// The statements that make the arguments.
fn made(input: &Input) -> Vec<TokenStream> {
    let made = input.arguments.iter().enumerate().filter_map(|(at, argument)| {
        let What::Made { .. } = &argument.what else { return None };
        let (maker, value) = (argument_name(at), format_ident!("value_{at}"));
        Some(quote!(let #value = #maker.make(context)?;))
    });
    made.collect()
}

/// The arguments as they are given.
fn given(input: &Input) -> Vec<TokenStream> {
    // Within a processor the settings are its own, elsewhere they are lent.
    let lent = if input.sort == Sort::Processor { quote!(&with) } else { quote!(with) };
    let given = input.arguments.iter().enumerate().map(|(at, argument)| {
        let value = format_ident!("value_{at}");
        match &argument.what {
            What::Item => quote!(item),
            What::With { is_lent: true, .. } => lent.clone(),
            What::With { is_lent: false, .. } => quote!(with.clone()),
            What::Made { is_lent: true, .. } => quote!(&#value),
            What::Made { is_lent: false, .. } => quote!(#value),
            What::Context { .. } | What::Mutable | What::Receiver => quote!(context),
        }
    });
    given.collect()
}

fn argument_name(at: usize) -> Ident {
    format_ident!("argument_{at}")
}
