//! What must hold for a job and its steps.

use std::collections::HashMap;

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, Receiver, ReceiverKind, Type};

use super::ast::{Argument, Input, Step};
use crate::keys::literal;
use crate::names;
use crate::problems::Problems;

impl Input {
    pub(crate) fn validate(&self, problems: &mut Problems) {
        if let Some((path, _)) = &self.item.trait_ {
            problems.at(path, "`#[job]` stands on the `impl` of the struct itself: its methods are the steps");
        }
        if !self.item.generics.params.is_empty() {
            problems.at(&self.item.generics, "a job has a name and a table of parameters: it cannot be generic");
        }
        let (name, span) = self.name();
        if let Some(refusal) = names::refusal("a job", &name) {
            problems.add(syn::Error::new(span, refusal));
        }
        if self.steps.is_empty() && self.item.trait_.is_none() {
            problems.at(&self.item.self_ty, "a job needs at least one step: write `#[step]` above a method");
        }
        let mut first = HashMap::new();
        for step in &self.steps {
            step.validate(problems);
            if let Some(earlier) = first.insert(step.name(), step.name_span()) {
                let message = format!("two steps are named `{}`: a restart could not tell them apart", step.name());
                problems.add(syn::Error::new(step.name_span(), message));
                problems.add(syn::Error::new(earlier, "the first one is here"));
            }
        }
    }
}

impl Step {
    fn validate(&self, problems: &mut Problems) {
        if let Some(refusal) = names::refusal("a step", &self.name()) {
            problems.add(syn::Error::new(self.name_span(), refusal));
        }
        if !self.generics.params.is_empty() {
            problems.at(&self.generics, "a step is called by the engine, which knows no types: it cannot be generic");
        }
        self.takes_a_shared_self(problems);
        self.takes_values(problems);
        match &self.keys.chunk {
            Some(chunk) => self.is_a_chunk_step(chunk, problems),
            None => self.is_a_tasklet(problems),
        }
        if let Some(when) = &self.keys.when
            && literal(when).is_some_and(|text| text.value().trim().is_empty())
        {
            problems.at(when, "a condition that says nothing: drop `when`");
        }
    }

    fn takes_a_shared_self(&self, problems: &mut Problems) {
        const EXPECTED: &str = "a step takes `&self`: the parameters are bound once and shared by all steps";
        match &self.receiver {
            Some(Receiver { kind: ReceiverKind::Reference(_, _, None), .. }) => {}
            Some(receiver) => problems.at(receiver, EXPECTED),
            None => problems.add(syn::Error::new(self.ident.span(), EXPECTED)),
        }
    }

    fn takes_values(&self, problems: &mut Problems) {
        let last = self.arguments.len().saturating_sub(1);
        for (at, argument) in self.arguments.iter().enumerate() {
            match argument {
                Argument::Value(_) | Argument::Lent(_) => {}
                Argument::Context { span } if at != last => {
                    problems.add(syn::Error::new(
                        *span,
                        "`StepContext` stands last: the arguments before are made from it",
                    ));
                }
                Argument::Context { .. } => {}
                Argument::Reference(ty) => problems.at(ty, by_value(ty)),
            }
        }
    }

    fn is_a_chunk_step(&self, chunk: &Expr, problems: &mut Problems) {
        if let Some(span) = self.asyncness {
            let message = "a chunk step is opened by a plain `fn`, and driven by the engine: drop `async`";
            problems.add(syn::Error::new(span, message));
        }
        if let Expr::Lit(literal) = chunk
            && !matches!(&literal.lit, syn::Lit::Int(size) if size.base10_parse::<usize>().is_ok_and(|size| size > 0))
        {
            problems.at(chunk, "`chunk` is how many items are committed at once: a number from 1");
        }
        if self.answer().is_none() {
            let message = "a chunk step answers `Chunk` or `Result<Chunk>`: \
                           `Chunk::read(reader).process(processor).write(writer)`";
            problems.add(syn::Error::new(self.ident.span(), message));
        }
    }

    fn is_a_tasklet(&self, problems: &mut Problems) {
        if let (true, Some(answer)) = (self.answers_chunk(), self.answer()) {
            problems.at(answer, "a step that answers a `Chunk` says how many items make one: `#[step(chunk = 1000)]`");
        }
        let only_for_chunks: [(&str, Option<&dyn ToTokens>); 3] = [
            ("skip", self.keys.skip.as_ref().map(|skip| skip as _)),
            ("chunk_listeners", self.keys.chunk_listeners.as_ref().map(|listeners| listeners as _)),
            ("skip_listeners", self.keys.skip_listeners.as_ref().map(|listeners| listeners as _)),
        ];
        for (key, given) in only_for_chunks {
            if let Some(given) = given {
                problems.at(given, format!("`{key}` belongs to a step with `chunk = …`, which has items"));
            }
        }
    }
}

/// What to write in the place of `&mut T`.
fn by_value(ty: &Type) -> String {
    let Type::Reference(reference) = ty else { return String::new() };
    let inside = reference.elem.to_token_stream().to_string();
    format!("what a program gives is shared by all steps, and cannot be changed by one: write `&Res<{inside}>`")
}

/// A share such as `0.1%` in parts of a million.
pub(super) fn per_million(text: &syn::LitStr) -> syn::Result<u32> {
    let wrong = || syn::Error::new(text.span(), "`skip` is a number of items, or a share of them such as \"0.1%\"");
    let value = text.value();
    let number = value.strip_suffix('%').ok_or_else(wrong)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(part) || part.len() > 4 {
        return Err(wrong());
    }
    let share: u32 = format!("{whole}{part:0<4}").parse().map_err(|_| wrong())?;
    if share <= 1_000_000 { Ok(share) } else { Err(wrong()) }
}

/// Where the answer of a step is written.
pub(super) fn answer_span(step: &Step) -> proc_macro2::Span {
    step.answer().map_or_else(|| step.ident.span(), Spanned::span)
}
