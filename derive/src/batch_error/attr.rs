//! Reads `#[error_kind(…)]` and `#[batch_error(…)]`.

use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitStr, Path, Token, parse_quote};

use crate::problems::Problems;

/// The words of `#[error_kind(…)]`.
pub(crate) enum Kind {
    /// `#[error_kind("Name")]`
    Named(LitStr),
    /// `#[error_kind(transparent)]`: the name of the error inside. The word is kept to point at.
    Transparent(Ident),
}

/// The name that is written at a variant, or at a struct.
pub(crate) fn kind(attributes: &[Attribute], problems: &mut Problems) -> Option<Kind> {
    refuse(attributes, "batch_error", "`batch_error` stands on the type, not on a part of it", problems);
    only(attributes, "error_kind", problems).and_then(|attribute| problems.keep(parse_kind(attribute)))
}

/// The path under which the code we write finds the framework.
pub(crate) fn framework(attributes: &[Attribute], problems: &mut Problems) -> Path {
    only(attributes, "batch_error", problems)
        .and_then(|attribute| problems.keep(parse_framework(attribute)))
        .unwrap_or_else(|| parse_quote!(::overnight))
}

/// Adds a mistake for each attribute of this name.
pub(crate) fn refuse(attributes: &[Attribute], name: &str, message: &str, problems: &mut Problems) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        problems.at(attribute, message);
    }
}

fn only<'a>(attributes: &'a [Attribute], name: &str, problems: &mut Problems) -> Option<&'a Attribute> {
    let mut named = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    let first = named.next();
    for second in named {
        problems.at(second, format!("a second `{name}`: one is enough"));
    }
    first
}

fn parse_kind(attribute: &Attribute) -> syn::Result<Kind> {
    let expected =
        || syn::Error::new_spanned(attribute, r#"expected `#[error_kind("Name")]` or `#[error_kind(transparent)]`"#);
    let parse = |input: ParseStream<'_>| {
        if input.peek(LitStr) {
            let name = input.parse().map(Kind::Named);
            return if input.is_empty() { name } else { Err(expected()) };
        }
        let word: Ident = input.parse()?;
        if word == "transparent" {
            Ok(Kind::Transparent(word))
        } else {
            Err(syn::Error::new(word.span(), format!("a name is a text: write \"{word}\"")))
        }
    };
    let list = attribute.meta.require_list().map_err(|_| expected())?;
    list.parse_args_with(parse).map_err(|error| if list.tokens.is_empty() { expected() } else { error })
}

fn parse_framework(attribute: &Attribute) -> syn::Result<Path> {
    let parse = |input: ParseStream<'_>| {
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        input.call(Path::parse_mod_style)
    };
    attribute
        .parse_args_with(parse)
        .map_err(|_| syn::Error::new_spanned(attribute, "expected `#[batch_error(crate = path)]`"))
}
