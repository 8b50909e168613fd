//! What must hold for a job and its steps.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, Receiver, ReceiverKind, Safety};

use super::ast::{Argument, Input, Step};
use super::parts::uses_self;
use crate::keys::literal;
use crate::names::Given;
use crate::problems::Problems;
use crate::written::{inside, lent, plain, shared};

impl Input {
    pub(crate) fn validate(&self, problems: &mut Problems) {
        if let Some((path, _)) = &self.item.trait_ {
            problems.at(path, "`#[job]` stands on the `impl` of the struct itself: its methods are the steps");
        }
        if !self.item.generics.params.is_empty() {
            problems.at(&self.item.generics, "a job has a name and a table of parameters: it cannot be generic");
        }
        self.name().check("a job", "", problems);
        if self.steps.is_empty() && self.item.trait_.is_none() {
            problems.at(&self.item.self_ty, "a job needs at least one step: write `#[step]` above a method");
        }
        let mut given = Given::default();
        for step in &self.steps {
            step.validate(problems);
            self.has_parts(step, problems);
            let twice = |name: &str| format!("two steps are named `{name}`: a restart could not tell them apart");
            // Of two that a `cfg` tells apart, one is there; whether it is, the builder sees.
            if step.cfg.is_empty() {
                given.add(step.name(), twice, problems);
            }
        }
    }
}

impl Step {
    fn validate(&self, problems: &mut Problems) {
        self.name().check("a step", "", problems);
        if !self.generics.params.is_empty() {
            problems.at(&self.generics, "a step is called by the engine, which knows no types: it cannot be generic");
        }
        // A function of the row alone needs no parameters.
        if !self.is_flow() || self.receiver.is_some() {
            self.takes_a_shared_self(problems);
        }
        self.takes_values(problems);
        self.counts_from_one(problems);
        if let Safety::Unsafe(word) = &self.safety {
            problems.at(word, "a step is called by the engine, which promises nothing of its own: drop `unsafe`");
        }
        match &self.keys.chunk {
            _ if self.is_flow() => self.is_a_flow(problems),
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
                Argument::Value(ty) | Argument::Lent(ty) if inside(ty, "With").is_some() => {
                    let message = "settings belong to a function that job files name, outside of `#[job]`; \
                                   what a start may say of a job are its parameters, in `&self`";
                    problems.at(ty, message);
                }
                Argument::Value(_) | Argument::Lent(_) => {}
                Argument::Context { span, .. } if at != last => {
                    problems.add(syn::Error::new(
                        *span,
                        "`StepContext` stands last: the arguments before are made from it",
                    ));
                }
                Argument::Context { .. } => {}
                Argument::Reference(ty) if at == 0 && self.is_flow() => {
                    problems.at(ty, format!("the row is lent by the reader: write `&{}`", lent(ty)));
                }
                Argument::Reference(ty) => problems.at(ty, shared(ty)),
            }
        }
    }

    /// No attempt at all would be a step that cannot run.
    fn counts_from_one(&self, problems: &mut Problems) {
        if self.keys.retry.as_ref().is_some_and(is_zero) {
            problems.at(
                &self.keys.retry,
                "`retry` is how many attempts there are, the first one included: a number from 1",
            );
        }
        if self.keys.max_starts.as_ref().is_some_and(|times| times.base10_digits() == "0") {
            problems.at(&self.keys.max_starts, "`max_starts` is how often the step may be begun: a number from 1");
        }
    }

    fn is_a_chunk_step(&self, chunk: &Expr, problems: &mut Problems) {
        if let Some(span) = self.asyncness {
            let message = "a chunk step is opened by a plain `fn`, and driven by the engine: drop `async`";
            problems.add(syn::Error::new(span, message));
        }
        for argument in &self.arguments {
            if let Argument::Context { mutability: Some(span), .. } = argument {
                let message = "a chunk step is opened with a context that it cannot change: write `&StepContext<'_>`";
                problems.add(syn::Error::new(*span, message));
            }
        }
        is_a_size(chunk, problems);
        self.has_no_outputs(problems);
        if self.answer().is_none() {
            let message = "a chunk step answers `Chunk` or `Result<Chunk>`: \
                           `Chunk::read(reader).process(processor).write(writer)`";
            problems.add(syn::Error::new(self.ident.span(), message));
        }
    }

    /// The method is called for each row, and what it answers is written.
    fn is_a_flow(&self, problems: &mut Problems) {
        let Self { keys, ident, .. } = self;
        match (&keys.reader, &keys.writer) {
            (Some(reader), None) => problems.at(reader, "a step with a `reader` has a `writer` too: `writer = …`"),
            (None, Some(writer)) => problems.at(writer, "a step with a `writer` has a `reader` too: `reader = …`"),
            _ => {}
        }
        if let Some(span) = self.asyncness {
            let message = "the method is called for each row, by a plain thread of the engine: drop `async`";
            problems.add(syn::Error::new(span, message));
        }
        if self.item().is_none() && !matches!(self.arguments.first(), Some(Argument::Reference(_))) {
            let message = "the method gets each row of the `reader`: its first argument is `&Item`";
            problems.add(syn::Error::new(ident.span(), message));
        }
        for argument in &self.arguments {
            if let Argument::Context { span, .. } = argument {
                problems.add(syn::Error::new(*span, "`StepContext` is not at hand where rows are made of rows"));
            }
        }
        if self.answer().is_none() {
            let message =
                "the method answers the row for the `writer`, an `Option` of it to leave some out, or a `Result`";
            problems.add(syn::Error::new(ident.span(), message));
        }
        if let Some(chunk) = &keys.chunk {
            is_a_size(chunk, problems);
            if uses_self(chunk) {
                problems.at(chunk, "a step with a `reader` has chunks of one size: a number or a constant");
            }
        }
        self.has_no_outputs(problems);
    }

    fn has_no_outputs(&self, problems: &mut Problems) {
        if let Some(outputs) = &self.keys.outputs {
            let message = "a chunk step has no outputs: later steps see its counts, as in `steps.load.write_count`";
            problems.add(syn::Error::new(outputs.span, message));
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

fn is_a_size(chunk: &Expr, problems: &mut Problems) {
    if let Expr::Lit(literal) = plain(chunk)
        && !matches!(&literal.lit, Lit::Int(size) if size.base10_parse::<usize>().is_ok_and(|size| size > 0))
    {
        problems.at(chunk, "`chunk` is how many items are committed at once: a number from 1");
    }
}

fn is_zero(number: &Expr) -> bool {
    matches!(plain(number), Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.base10_digits() == "0")
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
