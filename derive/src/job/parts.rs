//! What must hold for what a step names: its readers and writers, its condition and its policies.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Ident, ImplItem, ImplItemFn};

use super::ast::{Input, Step};
use crate::problems::Problems;
use crate::written::plain;

impl Input {
    /// A step is put together once for all runs: where the parameters are needed, a method is named.
    pub(super) fn has_parts(&self, step: &Step, problems: &mut Problems) {
        let keys = &step.keys;
        for (key, part) in [("reader", &keys.reader), ("writer", &keys.writer)] {
            let Some(part) = part else { continue };
            let help =
                format!("name a method that makes it of the parameters: `{key} = Self::{}`", method_called(part, key));
            names_no_self(part, &help, problems);
            self.outlives_the_parameters(part, problems);
        }
        if let Some(when) = &keys.when {
            let help = "write an expression over them as a text, `when = \"params.…\"`, or name a \
                        `fn(&self, &JobView<'_>) -> Result<bool>`: `when = Self::…`";
            names_no_self(when, help, problems);
        }
        for policy in [&keys.retry, &keys.skip, &keys.timeout].into_iter().flatten() {
            names_no_self(policy, "it is the same for all runs of the step", problems);
        }
    }

    /// What `Self::lines` makes is kept beside the parameters, and must not borrow them: an `impl` does unless it says otherwise.
    fn outlives_the_parameters(&self, part: &Expr, problems: &mut Problems) {
        let Some(method) = named(part).and_then(|name| self.method(name)) else { return };
        let answer = &method.sig.output;
        if let (Some(span), None) = (says(answer, "impl"), says(answer, "use")) {
            let message =
                "what a step reads from or writes to must not borrow the parameters: add `+ use<>` to this `impl`";
            problems.add(syn::Error::new(span, message));
        }
    }

    fn method(&self, name: &Ident) -> Option<&ImplItemFn> {
        self.item.items.iter().find_map(|item| match item {
            ImplItem::Fn(method) if method.sig.ident == *name => Some(method),
            _ => None,
        })
    }
}

/// The `lines` of `Self::lines`.
fn named(part: &Expr) -> Option<&Ident> {
    let Expr::Path(path) = plain(part) else { return None };
    let mut words = path.path.segments.iter().map(|segment| &segment.ident);
    match (words.next(), words.next(), words.next()) {
        (Some(own), Some(name), None) if own == "Self" => Some(name),
        _ => None,
    }
}

fn names_no_self(part: &Expr, help: &str, problems: &mut Problems) {
    if uses_self(part) {
        problems.at(part, format!("the parameters are not known where the step is put together: {help}"));
    }
}

/// The `lines` of `self.lines()`, or a name like it.
fn method_called(part: &Expr, otherwise: &str) -> String {
    match plain(part) {
        Expr::MethodCall(call) => call.method.to_string(),
        _ => otherwise.to_owned(),
    }
}

/// Whether an expression uses the parameters. The `self` of a path is a module.
pub(super) fn uses_self(expression: &Expr) -> bool {
    fn any(tokens: TokenStream) -> bool {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':');
            match token {
                TokenTree::Ident(word) if word == "self" && !is_path => return true,
                TokenTree::Group(group) if any(group.stream()) => return true,
                _ => {}
            }
        }
        false
    }
    any(expression.to_token_stream())
}

/// Where the tokens have this word.
fn says(tokens: &impl ToTokens, word: &str) -> Option<Span> {
    fn found(tokens: TokenStream, word: &str) -> Option<Span> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(ident) if ident == word => Some(ident.span()),
            TokenTree::Group(group) => found(group.stream(), word),
            _ => None,
        })
    }
    found(tokens.to_token_stream(), word)
}
