//! Reads `#[job(…)]` and `#[step(…)]`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprArray, Ident, LitBool, LitInt, LitStr, Path, Token, braced, token};

use crate::keys::{Key, Keys, ModPath, nearest};
use crate::problems::Problems;

/// What the whole job says.
#[derive(Default)]
pub(crate) struct JobKeys {
    pub(crate) name: Option<LitStr>,
    pub(crate) framework: Option<Path>,
    pub(crate) module: Option<LitStr>,
    pub(crate) timeout: Option<Expr>,
    pub(crate) instances: Option<Ident>,
    pub(crate) restartable: Option<LitBool>,
    pub(crate) abortable: Option<LitBool>,
    pub(crate) listeners: Option<ExprArray>,
}

/// What a step says.
#[derive(Default)]
pub(crate) struct StepKeys {
    pub(crate) name: Option<LitStr>,
    pub(crate) when: Option<Expr>,
    pub(crate) retry: Option<Expr>,
    pub(crate) timeout: Option<Expr>,
    /// How many items make a chunk.
    pub(crate) chunk: Option<Expr>,
    /// What gives the rows of a step whose method makes other rows of them.
    pub(crate) reader: Option<Expr>,
    /// What takes them.
    pub(crate) writer: Option<Expr>,
    pub(crate) skip: Option<Expr>,
    pub(crate) rerun: Option<Ident>,
    pub(crate) max_starts: Option<LitInt>,
    pub(crate) outputs: Option<Outputs>,
    pub(crate) listeners: Option<ExprArray>,
    pub(crate) chunk_listeners: Option<ExprArray>,
    pub(crate) skip_listeners: Option<ExprArray>,
}

const JOB: Keys = Keys {
    attribute: "job",
    known: &[
        ("name", "name = \"…\""),
        ("module", "module = \"…\""),
        ("timeout", "timeout = \"30m\""),
        ("instances", "instances = many"),
        ("restartable", "restartable = false"),
        ("abortable", "abortable = false"),
        ("listeners", "listeners = [LISTENER, …]"),
        ("crate", "crate = PATH"),
    ],
};

const STEP: Keys = Keys {
    attribute: "step",
    known: &[
        ("name", "name = \"…\""),
        ("when", "when = \"EXPRESSION\""),
        ("retry", "retry = 3"),
        ("timeout", "timeout = \"10m\""),
        ("chunk", "chunk = 1000"),
        ("reader", "reader = READER"),
        ("writer", "writer = WRITER"),
        ("skip", "skip = 10"),
        ("rerun", "rerun = always"),
        ("max_starts", "max_starts = 3"),
        ("outputs", "outputs = { NAME: TYPE }"),
        ("listeners", "listeners = [LISTENER, …]"),
        ("chunk_listeners", "chunk_listeners = [LISTENER, …]"),
        ("skip_listeners", "skip_listeners = [LISTENER, …]"),
    ],
};

/// What stands in the parentheses of `#[job(…)]`.
pub(crate) fn job(arguments: &proc_macro2::TokenStream, problems: &mut Problems) -> JobKeys {
    let mut read = JobKeys::default();
    let attribute = Attribute::parse_outer.parse2(quote::quote!(#[job(#arguments)]));
    let attributes = problems.keep(attribute).unwrap_or_default();
    JOB.read(&attributes, problems, |key| {
        match key.name {
            "name" => read.name = Some(JOB.value(key)?),
            "module" => read.module = Some(JOB.value(key)?),
            "timeout" => read.timeout = Some(JOB.value(key)?),
            "instances" => read.instances = Some(word(&JOB, key, "many")?),
            "restartable" => read.restartable = Some(JOB.value(key)?),
            "abortable" => read.abortable = Some(JOB.value(key)?),
            "listeners" => read.listeners = Some(JOB.value(key)?),
            _ => read.framework = Some(JOB.value::<ModPath>(key)?.0),
        }
        Ok(())
    });
    read
}

/// The `#[step]` among these attributes; the others stay.
pub(crate) fn take_step(attributes: &mut Vec<Attribute>, problems: &mut Problems) -> Option<StepKeys> {
    let is_step = |attribute: &Attribute| {
        attribute
            .path()
            .segments
            .last()
            .is_some_and(|last| last.ident == "step" && attribute.path().segments.len() <= 2)
    };
    let (steps, others): (Vec<_>, Vec<_>) = std::mem::take(attributes).into_iter().partition(is_step);
    *attributes = others;
    if let Some(second) = steps.get(1) {
        problems.at(second, "a second `#[step]`: one is enough");
    }
    (!steps.is_empty()).then(|| step(&steps, problems))
}

fn step(attributes: &[Attribute], problems: &mut Problems) -> StepKeys {
    let mut read = StepKeys::default();
    STEP.read(attributes, problems, |key| {
        match key.name {
            "name" => read.name = Some(STEP.value(key)?),
            "when" => read.when = Some(STEP.value(key)?),
            "retry" => read.retry = Some(STEP.value(key)?),
            "timeout" => read.timeout = Some(STEP.value(key)?),
            "chunk" => read.chunk = Some(STEP.value(key)?),
            "reader" => read.reader = Some(STEP.value(key)?),
            "writer" => read.writer = Some(STEP.value(key)?),
            "skip" => read.skip = Some(STEP.value(key)?),
            "rerun" => read.rerun = Some(word(&STEP, key, "always")?),
            "max_starts" => read.max_starts = Some(STEP.value(key)?),
            "listeners" => read.listeners = Some(STEP.value(key)?),
            "outputs" => read.outputs = Some(outputs(key)?),
            "chunk_listeners" => read.chunk_listeners = Some(STEP.value(key)?),
            _ => read.skip_listeners = Some(STEP.value(key)?),
        }
        Ok(())
    });
    read
}

/// The values that a step gives to the conditions of later ones.
pub(crate) struct Outputs {
    pub(crate) span: Span,
    /// Each with the variant of its type.
    pub(crate) each: Vec<(Ident, Ident)>,
}

/// The types of outputs in the words of job files, with their variants.
const OUTPUT_TYPES: [(&str, &str); 8] = [
    ("string", "String"),
    ("integer", "Integer"),
    ("decimal", "Decimal"),
    ("boolean", "Boolean"),
    ("date", "Date"),
    ("datetime", "DateTime"),
    ("duration", "Duration"),
    ("json", "Json"),
];

/// `outputs = { rows: integer }`, as a job file has it.
fn outputs(key: &Key<'_>) -> syn::Result<Outputs> {
    let expected = |span: Span| syn::Error::new(span, "expected `outputs = { NAME: TYPE }`");
    let span = key.ident.span();
    key.input.parse::<Token![=]>().map_err(|_| expected(span))?;
    if !key.input.peek(token::Brace) {
        return Err(expected(key.input.span()));
    }
    let inside;
    braced!(inside in key.input);
    let each = Punctuated::<_, Token![,]>::parse_terminated_with(&inside, |input: ParseStream<'_>| {
        let name = input.call(Ident::parse_any)?;
        input.parse::<Token![:]>()?;
        Ok((name, output_type(&input.call(Ident::parse_any)?)?))
    })?;
    Ok(Outputs { span, each: each.into_iter().collect() })
}

/// The variant of a type.
fn output_type(word: &Ident) -> syn::Result<Ident> {
    let words = || OUTPUT_TYPES.iter().map(|(word, _)| *word);
    let written = word.to_string();
    let variant = OUTPUT_TYPES.iter().find(|(word, _)| *word == written).map(|(_, variant)| *variant);
    let near = || nearest(&written, words()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let wrong =
        || format!("there is no type `{written}`{}; the types are {}", near(), words().collect::<Vec<_>>().join(", "));
    variant.map(|variant| Ident::new(variant, Span::call_site())).ok_or_else(|| syn::Error::new(word.span(), wrong()))
}

/// A key whose only value is one word.
fn word(keys: &Keys, key: &Key<'_>, expected: &str) -> syn::Result<Ident> {
    let word: Ident = keys.value(key)?;
    if word == expected { Ok(word) } else { Err(syn::Error::new(word.span(), format!("expected `{expected}`"))) }
}
