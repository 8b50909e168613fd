//! Writes the code of `#[job]`: the impl as it was, and the job put together by the builder.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprArray, ExprLit, Ident, ItemImpl, Lit, LitStr, Path};

use super::ast::{Argument, Input, Step};
use super::valid::{answer_span, per_million};
use crate::keys::literal;
use crate::problems::Problems;

pub(crate) fn job(arguments: &TokenStream, item: ItemImpl) -> TokenStream {
    let mut problems = Problems::default();
    let input = Input::from_syn(arguments, item, &mut problems);
    input.validate(&mut problems);
    let steps: Vec<TokenStream> = input.steps.iter().map(|step| expand(step, &input, &mut problems)).collect();
    let item = &input.item;
    match problems.into_result() {
        Ok(()) => {
            let implementation = implementation(&input, &whole(&input, &steps));
            quote!(#item #implementation)
        }
        Err(error) => {
            let errors = error.to_compile_error();
            // An impl of a trait, or of a type with parameters, would be told once more.
            let is_plain = item.trait_.is_none() && item.generics.params.is_empty();
            let implementation = is_plain.then(|| implementation(&input, &quote!(::core::unreachable!())));
            quote!(#errors #item #implementation)
        }
    }
}

/// What is no impl stays as it is, with the reason in front.
pub(crate) fn on_something_else(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let is_item = syn::parse2::<syn::Item>(item.clone()).is_ok();
    let message = "`#[job]` stands above the `impl` with the steps; the struct gets `#[derive(Params)]`";
    let error = if is_item { syn::Error::new(error.span(), message) } else { error.clone() };
    let errors = error.to_compile_error();
    quote!(#errors #item)
}

fn implementation(input: &Input, body: &TokenStream) -> TokenStream {
    let Input { item, framework, .. } = input;
    let ty = &item.self_ty;
    // Spanned at the type, so that missing parameters are reported there.
    let spec = quote_spanned!(ty.span()=> #framework::__private::JobSpec);
    quote! {
        #[automatically_derived]
        impl #spec for #ty {
            fn job() -> #framework::__private::Result<#framework::__private::Job, #framework::__private::JobProblems> {
                #body
            }
        }
    }
}

fn whole(input: &Input, steps: &[TokenStream]) -> TokenStream {
    let Input { framework, keys, .. } = input;
    let (name, span) = input.name();
    let name = LitStr::new(&name, span);
    let description = input.description.as_ref().map(|text| quote!(.description(#text)));
    let module = keys.module.as_ref().map(|module| quote!(.module(#module)));
    let timeout = keys.timeout.as_ref().map(timeout_of);
    let instances = keys.instances.as_ref().map(|_| quote!(.many_instances()));
    let restartable = keys.restartable.as_ref().map(|restartable| quote!(.restartable(#restartable)));
    let abortable = keys.abortable.as_ref().map(|abortable| quote!(.abortable(#abortable)));
    let listeners = listeners(&format_ident!("listener"), keys.listeners.as_ref());
    quote! {
        #framework::__private::JobBuilder::<Self>::new(#name)
            #description #module #timeout #instances #restartable #abortable #listeners
            #(.step(#steps))*
            .build()
    }
}

fn expand(step: &Step, input: &Input, problems: &mut Problems) -> TokenStream {
    let framework = &input.framework;
    let keys = &step.keys;
    let name = LitStr::new(&step.name(), step.name_span());
    let made = match &keys.chunk {
        Some(size) => chunk(step, &name, size, input),
        None => tasklet(step, &name, framework),
    };
    let made_arguments = step.arguments.iter().enumerate().filter(|(_, argument)| argument.made().is_some());
    let needs = made_arguments.map(|(at, _)| argument_name(at));
    let driver = step.asyncness.map(|_| quote!(#framework::__private::need_of_driver()));
    let declared = step.arguments.iter().enumerate().filter_map(|(at, argument)| {
        let ty = argument.made()?;
        let name = argument_name(at);
        // The only mention of the type, so that rustc says once that it is none.
        Some(quote_spanned!(ty.span()=> let #name = #framework::__private::argument::<#ty>();))
    });
    let description = step.description.as_ref().map(|text| quote!(.description(#text)));
    let when = keys.when.as_ref().map(|when| match literal(when) {
        Some(text) => quote!(.when(#text)),
        None => quote_spanned!(when.span()=> .when_fn(#when)),
    });
    let retry =
        keys.retry.as_ref().map(|retry| policy(retry, &quote!(#framework::__private::RetryPolicy::times), "retry"));
    let skip = keys.skip.as_ref().map(|skip| match literal(skip).map(per_million) {
        Some(share) => {
            let share = problems.keep(share);
            quote!(.skip(#framework::__private::SkipPolicy::per_million(#share)))
        }
        None => policy(skip, &quote!(#framework::__private::SkipPolicy::count), "skip"),
    });
    let timeout = keys.timeout.as_ref().map(timeout_of);
    let rerun = keys.rerun.as_ref().map(|_| quote!(.rerun_always()));
    let max_starts = keys.max_starts.as_ref().map(|times| quote!(.max_starts(#times)));
    let listening = [
        listeners(&format_ident!("listener"), keys.listeners.as_ref()),
        listeners(&format_ident!("chunk_listener"), keys.chunk_listeners.as_ref()),
        listeners(&format_ident!("skip_listener"), keys.skip_listeners.as_ref()),
    ];
    // With the span of the name `line!` is the line of the step, and not that of `#[job]`.
    let place = quote_spanned!(step.ident.span()=> ::core::concat!(::core::file!(), ":", ::core::line!()));
    quote! {{
        #(#declared)*
        let needs = [#(#needs.need(),)* #driver];
        #made
            #description #when #retry #skip #timeout #rerun #max_starts #(#listening)*
            .needs(#framework::__private::needs(&needs))
            .at(#place)
    }}
}

fn tasklet(step: &Step, name: &LitStr, framework: &Path) -> TokenStream {
    let (made, given) = arguments(step);
    let method = &step.ident;
    let called = match step.asyncness {
        None => quote!(Self::#method(this #(, #given)*)),
        Some(_) => quote! {{
            let driver = #framework::__private::driver(context)?;
            #framework::__private::wait(&driver, async { Self::#method(this #(, #given)*).await })?
        }},
    };
    let answered =
        quote_spanned!(answer_span(step)=> #framework::__private::IntoOutcome::into_outcome(answer, context));
    quote! {
        #framework::__private::StepBuilder::<Self>::tasklet(
            #name,
            move |this: &Self, context: &mut #framework::__private::StepContext<'_>|
                -> #framework::__private::Result<#framework::__private::Outcome, #framework::__private::BatchError>
            {
                #(#made)*
                let answer = #called;
                #answered
            },
        )
    }
}

fn chunk(step: &Step, name: &LitStr, size: &Expr, input: &Input) -> TokenStream {
    let framework = &input.framework;
    let (made, given) = arguments(step);
    let method = &step.ident;
    let answered = quote_spanned!(answer_span(step)=> #framework::__private::IntoChunk::into_chunk(answer));
    let (fixed, sized) = match size {
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) => (quote!(#size), None),
        // `self.size` says `self`, which only a method has.
        size => {
            let ty = &input.item.self_ty;
            let method = quote! {
                trait Sized_ { fn size(&self) -> usize; }
                impl Sized_ for #ty { fn size(&self) -> usize { #size } }
            };
            (quote!(1), Some((method, quote!(.map(|chunk| chunk.size(Sized_::size(this)))))))
        }
    };
    let (method_of_size, sized) = sized.unzip();
    quote! {{
        #method_of_size
        #framework::__private::StepBuilder::<Self>::chunk(
            #name,
            #fixed,
            move |this: &Self, context: &#framework::__private::StepContext<'_>|
                -> #framework::__private::Result<#framework::__private::Chunk, #framework::__private::BatchError>
            {
                #(#made)*
                let answer = Self::#method(this #(, #given)*);
                #answered #sized
            },
        )
    }}
}

/// The statements that make the arguments of a step, and the arguments.
fn arguments(step: &Step) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let mut made = Vec::new();
    let mut given = Vec::new();
    for (at, argument) in step.arguments.iter().enumerate() {
        match argument {
            Argument::Value(_) | Argument::Lent(_) => {
                let (maker, value) = (argument_name(at), format_ident!("value_{at}"));
                made.push(quote!(let #value = #maker.make(context)?;));
                let lent = matches!(argument, Argument::Lent(_)).then(|| quote!(&));
                given.push(quote!(#lent #value));
            }
            Argument::Context { .. } | Argument::Reference(_) => given.push(quote!(context)),
        }
    }
    (made, given)
}

fn argument_name(at: usize) -> Ident {
    format_ident!("argument_{at}")
}

/// A policy: a number is how often, anything else is the policy itself.
fn policy(given: &Expr, counted: &TokenStream, method: &str) -> TokenStream {
    let method = Ident::new(method, given.span());
    match given {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => quote_spanned!(given.span()=> .#method(#counted(#number))),
        given => quote_spanned!(given.span()=> .#method(#given)),
    }
}

fn timeout_of(timeout: &Expr) -> TokenStream {
    match literal(timeout) {
        Some(text) => quote_spanned!(timeout.span()=> .timeout_text(#text)),
        None => quote_spanned!(timeout.span()=> .timeout(#timeout)),
    }
}

fn listeners(method: &Ident, given: Option<&ExprArray>) -> TokenStream {
    let each = given.into_iter().flat_map(|given| &given.elems);
    quote!(#(.#method(#each))*)
}
