//! What was written: a function, and what it asks for.

use proc_macro2::{Span, TokenStream};
use syn::parse::Parser as _;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, ItemFn, LitStr, Path, ReturnType, Type};

use crate::keys::{self, Keys};
use crate::names::Name;
use crate::problems::Problems;
use crate::written::{inside, is_called, plain_type};

/// What the function becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Step,
    Reader,
    Processor,
    Writer,
}

pub(crate) struct Input {
    pub(crate) sort: Sort,
    /// The function, which stays as it is.
    pub(crate) item: ItemFn,
    pub(crate) framework: Path,
    name: Option<LitStr>,
    pub(crate) arguments: Vec<Argument>,
}

/// Something that the function takes.
pub(crate) struct Argument {
    pub(crate) what: What,
    /// How it is written.
    pub(crate) ty: Type,
}

pub(crate) enum What {
    /// `self`: a mistake.
    Receiver,
    /// The item of a processor, which stands first.
    Item,
    /// `With<T>` or `&With<T>`.
    With { settings: Type, is_lent: bool },
    /// `&mut StepContext<'_>` or `&StepContext<'_>`.
    Context { is_mutable: bool },
    /// What is made by its type, lent or not.
    Made { ty: Type, is_lent: bool },
    /// `&mut T`: a mistake.
    Mutable,
}

impl Sort {
    /// The attribute.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Reader => "reader",
            Self::Processor => "processor",
            Self::Writer => "writer",
        }
    }

    fn keys(self) -> Keys {
        const KNOWN: &[(&str, &str)] = &[("name", "name = \"…\""), ("crate", "crate = PATH")];
        Keys { attribute: self.word(), known: KNOWN }
    }
}

impl Input {
    /// Reads the input; a mistake is added to the problems and what can be read is kept.
    pub(crate) fn from_syn(sort: Sort, given: &TokenStream, item: ItemFn, problems: &mut Problems) -> Self {
        let (mut name, mut framework) = (None, None);
        let keys = sort.keys();
        let word = syn::Ident::new(sort.word(), Span::call_site());
        let attribute = Attribute::parse_outer.parse2(quote::quote!(#[#word(#given)]));
        let attributes = problems.keep(attribute).unwrap_or_default();
        keys.read(&attributes, problems, |key| {
            match key.name {
                "name" => name = Some(keys.value(key)?),
                _ => framework = Some(keys.value::<keys::ModPath>(key)?.0),
            }
            Ok(())
        });
        let inputs = item.sig.inputs.iter().enumerate();
        let arguments = inputs.map(|(at, input)| Argument::of(input, sort == Sort::Processor && at == 0)).collect();
        Self { sort, framework: keys::framework(framework), name, arguments, item }
    }

    /// The name that job files say, and where it stands.
    pub(crate) fn name(&self) -> Name {
        Name::of(&self.item.sig.ident, self.name.as_ref())
    }

    /// The type of the settings; none where the function takes none.
    pub(crate) fn settings(&self) -> Option<&Type> {
        self.arguments.iter().find_map(|argument| match &argument.what {
            What::With { settings, .. } => Some(settings),
            _ => None,
        })
    }

    /// The type of what it answers; none where it answers nothing.
    pub(crate) fn answer(&self) -> Option<&Type> {
        match &self.item.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    /// Where the answer is written.
    pub(crate) fn answer_span(&self) -> Span {
        self.answer().map_or_else(|| self.item.sig.ident.span(), Spanned::span)
    }
}

impl Argument {
    fn of(input: &FnArg, is_item: bool) -> Self {
        let FnArg::Typed(typed) = input else {
            return Self { what: What::Receiver, ty: syn::parse_quote!(()) };
        };
        let ty = plain_type(&typed.ty).clone();
        let what = match &ty {
            _ if is_item => What::Item,
            Type::Reference(reference) if is_called(&reference.elem, "StepContext") => {
                What::Context { is_mutable: reference.mutability.is_some() }
            }
            Type::Reference(reference) if reference.mutability.is_some() => What::Mutable,
            Type::Reference(reference) => Self::made(&reference.elem, true),
            ty => Self::made(ty, false),
        };
        Self { what, ty }
    }

    fn made(ty: &Type, is_lent: bool) -> What {
        match inside(ty, "With") {
            Some(settings) => What::With { settings: settings.clone(), is_lent },
            None => What::Made { ty: ty.clone(), is_lent },
        }
    }
}
