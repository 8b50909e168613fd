//! Writes the code of `#[job]`: the impl as it was, and the job put together by the builder.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprArray, ExprLit, Ident, ItemImpl, Lit, LitStr, Path};

use super::ast::{Argument, Input, Step};
use super::valid::{answer_span, per_million};
use crate::keys::literal;
use crate::problems::Problems;
use crate::written::plain;

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
    let name = input.name().literal();
    let description = input.description.as_ref().map(|text| quote!(.description(#text)));
    let module = keys.module.as_ref().map(|module| quote!(.module(#module)));
    let timeout = keys.timeout.as_ref().map(timeout_of);
    let instances = keys.instances.as_ref().map(|_| quote!(.many_instances()));
    let restartable = keys.restartable.as_ref().map(|restartable| quote!(.restartable(#restartable)));
    let abortable = keys.abortable.as_ref().map(|abortable| quote!(.abortable(#abortable)));
    let listeners = listeners(&format_ident!("listener"), keys.listeners.as_ref());
    // A step that a `cfg` takes away is not there: neither its method nor what is written of it.
    let cfg = input.steps.iter().map(|step| &step.cfg);
    // What the keys of the steps say knows names of its own.
    let job = Ident::new("job", Span::mixed_site());
    quote! {
        let #job = #framework::__private::JobBuilder::<Self>::new(#name)
            #description #module #timeout #instances #restartable #abortable #listeners;
        #(#(#cfg)* let #job = #job.step(#steps);)*
        #job.build()
    }
}

fn expand(step: &Step, input: &Input, problems: &mut Problems) -> TokenStream {
    let framework = &input.framework;
    let keys = &step.keys;
    let name = step.name().literal();
    let made = match (&keys.reader, &keys.writer, &keys.chunk) {
        (Some(reader), Some(writer), size) => flow(step, &name, (reader, writer, size.as_ref()), input),
        (_, _, Some(size)) => chunk(step, &name, size, input),
        (_, _, None) => tasklet(step, &name, framework),
    };
    let made_arguments = step.made().filter(|(_, argument)| argument.made().is_some());
    let needs = made_arguments.map(|(at, _)| argument_name(at));
    let driver = step.asyncness.map(|_| quote!(#framework::__private::need_of_driver()));
    let declared = step.made().filter_map(|(at, argument)| {
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
    let outputs = keys.outputs.iter().flat_map(|outputs| &outputs.each).map(|(name, kind)| {
        let name = LitStr::new(&name.unraw().to_string(), name.span());
        quote!(.output(#name, #framework::__private::ParamType::#kind))
    });
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
            #description #when #retry #skip #timeout #rerun #max_starts #(#outputs)* #(#listening)*
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
    let (answer, context) = (answer_name(step), format_ident!("context"));
    let answered = quote_spanned!(answer.span()=> #framework::__private::IntoOutcome::into_outcome(#answer, #context));
    quote! {
        #framework::__private::StepBuilder::<Self>::tasklet(
            #name,
            move |this: &Self, context: &mut #framework::__private::StepContext<'_>|
                -> #framework::__private::Result<#framework::__private::Outcome, #framework::__private::BatchError>
            {
                #(#made)*
                let #answer = #called;
                #answered
            },
        )
    }
}

fn chunk(step: &Step, name: &LitStr, size: &Expr, input: &Input) -> TokenStream {
    let framework = &input.framework;
    let (made, given) = arguments(step);
    let method = &step.ident;
    let answer = answer_name(step);
    let answered = quote_spanned!(answer.span()=> #framework::__private::IntoChunk::into_chunk(#answer));
    let (fixed, sized) = match plain(size) {
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
                let #answer = Self::#method(this #(, #given)*);
                #answered #sized
            },
        )
    }}
}

/// A step whose method is called for each row of its reader. Its arguments are made once for each attempt.
fn flow(step: &Step, name: &LitStr, parts: (&Expr, &Expr, Option<&Expr>), input: &Input) -> TokenStream {
    let (framework, method) = (&input.framework, &step.ident);
    let (reader, writer, size) = parts;
    let (made, given) = arguments(step);
    let given = step.made().zip(given).map(|((_, argument), given)| match argument {
        // The method is called more than once.
        Argument::Value(_) => quote!(#framework::__private::Clone::clone(&#given)),
        _ => given,
    });
    let item = step.item();
    let (this, lent) = match step.receiver {
        Some(_) => (quote!(this), quote!(&this,)),
        None => (quote!(_), TokenStream::new()),
    };
    let called = called(&input.item, method);
    // Spanned at the parts, so that one that is none is reported there.
    let read = quote_spanned!(reader.span()=> #framework::__private::Flow::<Self, #item>::read(#reader));
    let write = quote_spanned!(writer.span()=> .write(#writer));
    let process = Ident::new("process_with", answer_span(step));
    let size = size.map(|size| quote!(.size(#size)));
    quote! {
        #framework::__private::StepBuilder::<Self>::flow(
            #name,
            #read
                .#process(#called, move |#this: Self, context: &#framework::__private::StepContext<'_>| {
                    #(#made)*
                    #framework::__private::Ok(move |item: &#item| Self::#method(#lent item #(, #given)*))
                })
                #write
                #size,
        )
    }
}

/// What people call the method.
fn called(item: &ItemImpl, method: &Ident) -> String {
    let ty = match &*item.self_ty {
        syn::Type::Path(path) => path.path.segments.last().map(|last| format!("{}::", last.ident.unraw())),
        _ => None,
    };
    format!("{}{}", ty.unwrap_or_default(), method.unraw())
}

/// The statements that make the arguments of a step, and the arguments.
fn arguments(step: &Step) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let mut made = Vec::new();
    let mut given = Vec::new();
    for (at, argument) in step.made() {
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

/// The answer has the span of its type, where it is bound and where it is used: what a `macro_rules!` was given has the names of
/// those who gave it.
fn answer_name(step: &Step) -> Ident {
    Ident::new("answer", answer_span(step))
}

fn argument_name(at: usize) -> Ident {
    format_ident!("argument_{at}")
}

/// A policy: a number is how often, anything else is the policy itself.
fn policy(given: &Expr, counted: &TokenStream, method: &str) -> TokenStream {
    let method = Ident::new(method, given.span());
    match plain(given) {
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
