//! Reads `#[word(key = value, flag)]`: each key once, and no other.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitBool, LitStr, Path, Token};

use crate::problems::Problems;
use crate::written::plain;

/// The keys of the attributes of one name.
pub(crate) struct Keys {
    /// `param`, `step`, `job`.
    pub(crate) attribute: &'static str,
    /// Each key with how it is written, for the list in the message.
    pub(crate) known: &'static [(&'static str, &'static str)],
}

/// A key that was found, with the stream behind it.
pub(crate) struct Key<'a> {
    pub(crate) name: &'a str,
    pub(crate) ident: &'a Ident,
    pub(crate) input: ParseStream<'a>,
}

impl Keys {
    /// Hands each key to `take`, with what stands behind it. What is wrong with one key is told, and the next one is read.
    pub(crate) fn read(
        &self,
        attributes: &[Attribute],
        problems: &mut Problems,
        mut take: impl FnMut(&Key<'_>) -> syn::Result<()>,
    ) {
        let mut given: Vec<String> = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(self.attribute)) {
            if matches!(attribute.meta, syn::Meta::Path(_)) {
                continue;
            }
            let parse = |input: ParseStream<'_>| {
                while !input.is_empty() {
                    let ident = self.ident(input)?;
                    let name = ident.to_string();
                    let read = self.one(&Key { name: &name, ident: &ident, input }, &given, &mut take);
                    if let Err(error) = read {
                        problems.add(error);
                        skip_to_comma(input)?;
                    }
                    given.push(name);
                    if !input.is_empty() {
                        input.parse::<Token![,]>()?;
                    }
                }
                Ok(())
            };
            let read = attribute.parse_args_with(parse);
            problems.keep(read);
        }
    }

    /// The word of a key. Who begins with the value is told what it is the value of.
    fn ident(&self, input: ParseStream<'_>) -> syn::Result<Ident> {
        let at = input.span();
        let text = input.fork().parse::<LitStr>().ok().filter(|_| !self.written("name").is_empty());
        let expected = || match text {
            Some(text) => format!("a value stands behind its key: write `name = {}`", text.token()),
            None => format!("expected a key of `#[{}(…)]`: {}", self.attribute, self.listed()),
        };
        Ident::parse_any(input).map_err(|_| syn::Error::new(at, expected()))
    }

    fn one(
        &self,
        key: &Key<'_>,
        given: &[String],
        take: &mut impl FnMut(&Key<'_>) -> syn::Result<()>,
    ) -> syn::Result<()> {
        let Key { name, ident, .. } = key;
        if !self.known.iter().any(|(known, _)| known == name) {
            return Err(syn::Error::new(ident.span(), self.unknown(name)));
        }
        if given.iter().any(|given| given == name) {
            return Err(syn::Error::new(ident.span(), format!("`{name}` is given twice: one is enough")));
        }
        take(key)
    }

    fn unknown(&self, name: &str) -> String {
        let attribute = self.attribute;
        let near = nearest(name, self.known.iter().map(|(known, _)| *known));
        match near {
            Some(near) => format!("unknown key `{name}` of `#[{attribute}(…)]`; did you mean `{near}`?"),
            None => format!("unknown key `{name}` of `#[{attribute}(…)]`; the keys are {}", self.listed()),
        }
    }

    /// The keys as they are written.
    fn listed(&self) -> String {
        let known: Vec<_> = self.known.iter().map(|(_, written)| format!("`{written}`")).collect();
        known.join(", ")
    }

    /// How a key is written.
    fn written(&self, name: &str) -> &'static str {
        self.known.iter().find(|(known, _)| *known == name).map_or("", |(_, written)| written)
    }

    /// The value behind `key =`.
    pub(crate) fn value<T: Parse>(&self, key: &Key<'_>) -> syn::Result<T> {
        let expected = |span: Span| syn::Error::new(span, format!("expected `{}`", self.written(key.name)));
        if !key.input.peek(Token![=]) {
            return Err(expected(key.ident.span()));
        }
        key.input.parse::<Token![=]>()?;
        let at = key.input.span();
        key.input.parse().map_err(|_| expected(at))
    }

    /// A key that stands alone, or says `= true` or `= false`.
    pub(crate) fn flag(&self, key: &Key<'_>) -> syn::Result<bool> {
        if key.input.peek(Token![=]) { self.value::<LitBool>(key).map(|value| value.value) } else { Ok(true) }
    }
}

/// Refuses at a whole type what belongs to its parts, and would silently do nothing there.
pub(crate) fn refuse_above(attributes: &[Attribute], keys: &Keys, of_type: &Keys, problems: &mut Problems) {
    let (word, whole) = (keys.attribute, of_type.attribute);
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(word)) {
        let message =
            format!("`#[{word}(…)]` belongs to a part of the type; above the whole stands `#[{whole}(crate = PATH)]`");
        problems.at(attribute, message);
    }
}

/// Passes over the rest of a key that cannot be read.
fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// The one of `names` that `wrong` most likely meant.
pub(crate) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let ranked = names.into_iter().map(|name| (strsim::osa_distance(wrong, name), name));
    let near = ranked.filter(|(distance, name)| *distance <= 1.max(name.len().max(wrong.len()) / 3));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The text of an expression that is a literal text.
pub(crate) fn literal(expression: &Expr) -> Option<&LitStr> {
    match plain(expression) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

/// The text of the doc comment: the first paragraph on one line is the description.
pub(crate) fn description(attributes: &[Attribute]) -> Option<String> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        let syn::Meta::NameValue(pair) = &attribute.meta else { continue };
        let Some(text) = literal(&pair.value) else { continue };
        lines.extend(text.value().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>());
        if text.value().is_empty() {
            lines.push(String::new());
        }
    }
    let first: Vec<_> = lines.into_iter().skip_while(String::is_empty).take_while(|line| !line.is_empty()).collect();
    (!first.is_empty()).then(|| first.join(" "))
}

/// A path as `use` has it, where `crate` may begin it.
pub(crate) struct ModPath(pub(crate) Path);

impl Parse for ModPath {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Path::parse_mod_style).map(Self)
    }
}

/// `crate = path`, or the path of the front door. It is written as ours: lints shall not find what we write in the user's code.
pub(crate) fn framework(given: Option<Path>) -> Path {
    let mut path = given.unwrap_or_else(|| syn::parse_quote!(::overnight));
    path.segments.iter_mut().for_each(|segment| segment.ident.set_span(Span::call_site()));
    path
}
