//! What must hold for a function that job files may name.

use syn::{Safety, Type};

use super::ast::{Argument, Input, Sort, What};
use crate::problems::Problems;
use crate::written::{shared, text};

impl Input {
    pub(crate) fn validate(&self, problems: &mut Problems) {
        let signature = &self.item.sig;
        let word = self.sort.word();
        self.name().check(&format!("a {word}"), "", problems);
        if !signature.generics.params.is_empty() {
            let message = format!("a {word} is called by the engine, which knows no types: it cannot be generic");
            problems.at(&signature.generics, message);
        }
        if let Safety::Unsafe(unsafety) = &signature.safety {
            problems.at(
                unsafety,
                format!("a {word} is called by the engine, which promises nothing of its own: drop `unsafe`"),
            );
        }
        if let (Some(asyncness), true) = (&signature.asyncness, self.sort != Sort::Step) {
            problems.at(asyncness, format!("a {word} is called by a plain thread of the engine: drop `async`"));
        }
        self.takes_what_there_is(problems);
        match self.sort {
            Sort::Step => {}
            Sort::Processor => self.is_a_processor(problems),
            Sort::Reader => self.answers_something("a reader answers `Result<impl ItemReader<Item>>`", problems),
            Sort::Writer => self.answers_something("a writer answers `Result<impl ItemWriter<Item>>`", problems),
        }
    }

    fn takes_what_there_is(&self, problems: &mut Problems) {
        let last = self.arguments.len().saturating_sub(1);
        let mut has_settings = false;
        for (at, argument) in self.arguments.iter().enumerate() {
            let Argument { what, ty } = argument;
            match what {
                What::Receiver => {
                    let message = format!(
                        "`#[{}]` stands above a function; the methods of a job are steps where `#[job]` stands above their `impl`",
                        self.sort.word()
                    );
                    problems.at(self.item.sig.inputs.first(), message);
                }
                What::With { .. } if has_settings => {
                    problems.at(ty, "a second `With`: all settings stand in one struct, below one `with`");
                }
                What::With { is_lent, .. } => {
                    has_settings = true;
                    self.is_lent(ty, *is_lent, problems);
                }
                What::Context { .. } if at != last => {
                    problems.at(ty, "`StepContext` stands last: the arguments before are made from it");
                }
                What::Context { is_mutable } => self.may_look(ty, *is_mutable, problems),
                What::Made { is_lent, .. } => self.is_lent(ty, *is_lent, problems),
                What::Mutable => problems.at(ty, shared(ty)),
                What::Item => {}
            }
        }
    }

    /// A processor is called for each item: what it asks for is made once, and lent.
    fn is_lent(&self, ty: &Type, is_lent: bool, problems: &mut Problems) {
        if self.sort == Sort::Processor && !is_lent {
            let written = text(ty);
            problems.at(
                ty,
                format!("a processor is called for each item, and is lent what it asks for: write `&{written}`"),
            );
        }
    }

    fn may_look(&self, ty: &Type, is_mutable: bool, problems: &mut Problems) {
        let message = match self.sort {
            Sort::Step => return,
            Sort::Processor => {
                "a processor runs beside its step, on another thread: it can ask for `&StopToken` or `&Params`"
            }
            Sort::Reader | Sort::Writer if !is_mutable => return,
            Sort::Reader | Sort::Writer => "here the step has not begun: write `&StepContext<'_>`",
        };
        problems.at(ty, message);
    }

    fn is_a_processor(&self, problems: &mut Problems) {
        const EXPECTED: &str =
            "a processor takes its item first, by reference: `fn price(trade: &Trade) -> Result<Option<Priced>>`";
        match self.arguments.first() {
            Some(Argument { ty: Type::Reference(reference), .. }) if reference.mutability.is_none() => {}
            Some(Argument { what: What::Receiver, .. }) => {}
            Some(Argument { ty, .. }) => problems.at(ty, EXPECTED),
            None => problems.add(syn::Error::new(self.item.sig.ident.span(), EXPECTED)),
        }
        if self.answer().is_none() {
            let message =
                "a processor answers an item, `Option` of an item to leave some out, or a `Result` of one of them";
            problems.add(syn::Error::new(self.item.sig.ident.span(), message));
        }
    }

    fn answers_something(&self, expected: &str, problems: &mut Problems) {
        if self.answer().is_none() {
            problems.add(syn::Error::new(self.item.sig.ident.span(), expected));
        }
    }
}
