//! What was written: an impl, and those of its methods that are steps.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Ident, ImplItem, ItemImpl, Path, Receiver, ReturnType, Safety, Type};

use super::attr::{self, JobKeys, StepKeys};
use crate::keys;
use crate::names::{Name, kebab_case};
use crate::problems::Problems;
use crate::written::{inside, is_called, plain_type};

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
    /// The conditions under which the method is there at all.
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) keys: StepKeys,
    pub(crate) description: Option<String>,
    pub(crate) asyncness: Option<Span>,
    pub(crate) safety: Safety,
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
    Context { span: Span, mutability: Option<Span> },
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
    pub(crate) fn name(&self) -> Name {
        if let Some(name) = &self.keys.name {
            return Name { text: name.value(), span: name.span() };
        }
        let ty = &*self.item.self_ty;
        let ident = match ty {
            Type::Path(path) => path.path.segments.last().map(|last| last.ident.unraw().to_string()),
            _ => None,
        };
        Name { text: kebab_case(&ident.unwrap_or_default()), span: ty.span() }
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
            cfg: method.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect(),
            keys,
            description: keys::description(&method.attrs),
            asyncness: signature.asyncness.map(|word| word.span()),
            safety: signature.safety.clone(),
            receiver,
            arguments,
            output: signature.output.clone(),
            generics: signature.generics.clone(),
        }
    }

    /// The name of the step.
    pub(crate) fn name(&self) -> Name {
        Name::of(&self.ident, self.keys.name.as_ref())
    }

    /// Whether it is a function over the rows of a reader.
    pub(crate) fn is_flow(&self) -> bool {
        self.keys.reader.is_some() || self.keys.writer.is_some()
    }

    /// The type of the item of such a function, which stands first and is lent.
    pub(crate) fn item(&self) -> Option<&Type> {
        match self.arguments.first()? {
            Argument::Lent(ty) => Some(ty),
            _ => None,
        }
    }

    /// The arguments that are made for it, with their numbers.
    pub(crate) fn made(&self) -> impl Iterator<Item = (usize, &Argument)> {
        self.arguments.iter().enumerate().skip(usize::from(self.is_flow()))
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
        is_called(answer, "Chunk") || inside(answer, "Result").is_some_and(|answer| is_called(answer, "Chunk"))
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
        match plain_type(ty) {
            Type::Reference(reference) if is_called(&reference.elem, "StepContext") => {
                Self::Context { span: ty.span(), mutability: reference.mutability.map(|word| word.span()) }
            }
            Type::Reference(reference) if reference.mutability.is_none() => Self::Lent((*reference.elem).clone()),
            Type::Reference(_) => Self::Reference(ty.clone()),
            _ => Self::Value(ty.clone()),
        }
    }
}
