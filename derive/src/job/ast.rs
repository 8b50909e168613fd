//! What was written: an impl, and those of its methods that are steps.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, Ident, ImplItem, ItemImpl, Path, PathArguments, Receiver, ReturnType, Type};

use super::attr::{self, JobKeys, StepKeys};
use crate::keys;
use crate::names::kebab_case;
use crate::problems::Problems;

pub(crate) struct Input {
    /// The impl as it stays: without `#[step]`.
    pub(crate) item: ItemImpl,
    pub(crate) framework: Path,
    pub(crate) keys: JobKeys,
    pub(crate) description: Option<String>,
    pub(crate) steps: Vec<Step>,
}

/// A method that is a step.
pub(crate) struct Step {
    pub(crate) ident: Ident,
    pub(crate) keys: StepKeys,
    pub(crate) description: Option<String>,
    pub(crate) asyncness: Option<Span>,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) output: ReturnType,
    pub(crate) generics: syn::Generics,
}

/// What a step asks for.
pub(crate) enum Argument {
    /// Something that is made for it.
    Value(Type),
    /// The same, lent: `&StopToken`.
    Lent(Type),
    /// `&mut StepContext<'_>` or `&StepContext<'_>`.
    Context { span: Span },
    /// Something else to change: a mistake.
    Reference(Type),
}

impl Input {
    /// Reads the input; a mistake is added to the problems and what can be read is kept.
    pub(crate) fn from_syn(arguments: &TokenStream, mut item: ItemImpl, problems: &mut Problems) -> Self {
        let keys = attr::job(arguments, problems);
        let framework = keys::framework(keys.framework.clone());
        let description = keys::description(&item.attrs);
        let mut steps = Vec::new();
        for member in &mut item.items {
            let ImplItem::Fn(method) = member else { continue };
            if let Some(keys) = attr::take_step(&mut method.attrs, problems) {
                steps.push(Step::from_syn(method, keys));
            }
        }
        Self { item, framework, keys, description, steps }
    }

    /// The name of the job, and where it stands.
    pub(crate) fn name(&self) -> (String, Span) {
        if let Some(name) = &self.keys.name {
            return (name.value(), name.span());
        }
        let ty = &*self.item.self_ty;
        let ident = match ty {
            Type::Path(path) => path.path.segments.last().map(|last| last.ident.unraw().to_string()),
            _ => None,
        };
        (kebab_case(&ident.unwrap_or_default()), ty.span())
    }
}

impl Step {
    fn from_syn(method: &syn::ImplItemFn, keys: StepKeys) -> Self {
        let signature = &method.sig;
        let mut receiver = None;
        let mut arguments = Vec::new();
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(found) => receiver = Some(found.clone()),
                FnArg::Typed(typed) => arguments.push(Argument::of(&typed.ty)),
            }
        }
        Self {
            ident: signature.ident.clone(),
            keys,
            description: keys::description(&method.attrs),
            asyncness: signature.asyncness.map(|word| word.span()),
            receiver,
            arguments,
            output: signature.output.clone(),
            generics: signature.generics.clone(),
        }
    }

    /// The name of the step.
    pub(crate) fn name(&self) -> String {
        self.keys.name.as_ref().map_or_else(|| self.ident.unraw().to_string(), syn::LitStr::value)
    }

    /// Where the name is written.
    pub(crate) fn name_span(&self) -> Span {
        self.keys.name.as_ref().map_or_else(|| self.ident.span(), Spanned::span)
    }

    /// The type of what it answers; none where it answers nothing.
    pub(crate) fn answer(&self) -> Option<&Type> {
        match &self.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    /// Whether it answers `Chunk` or a `Result` of it.
    pub(crate) fn answers_chunk(&self) -> bool {
        let Some(answer) = self.answer() else { return false };
        is_called(answer, "Chunk") || first_inside(answer, "Result").is_some_and(|inside| is_called(inside, "Chunk"))
    }
}

impl Argument {
    /// The type of what is made for it.
    pub(crate) fn made(&self) -> Option<&Type> {
        match self {
            Self::Value(ty) | Self::Lent(ty) => Some(ty),
            Self::Context { .. } | Self::Reference(_) => None,
        }
    }

    fn of(ty: &Type) -> Self {
        match ty {
            Type::Reference(reference) if is_called(&reference.elem, "StepContext") => {
                Self::Context { span: ty.span() }
            }
            Type::Reference(reference) if reference.mutability.is_none() => Self::Lent((*reference.elem).clone()),
            Type::Reference(_) => Self::Reference(ty.clone()),
            ty => Self::Value(ty.clone()),
        }
    }
}

fn is_called(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// The first type inside `name<…>`.
fn first_inside<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inside) => Some(inside),
        _ => None,
    }
}
