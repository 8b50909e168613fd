//! What was written, behind the groups in which a `macro_rules!` hands it on, and as people write it.

use quote::ToTokens;
use syn::{Expr, GenericArgument, PathArguments, Type};

/// The expression that a `macro_rules!` handed on as one fragment: `$size:expr` comes in a group without delimiters.
pub(crate) fn plain(mut expression: &Expr) -> &Expr {
    while let Expr::Group(group) = expression {
        expression = &group.expr;
    }
    expression
}

/// The same of a type.
pub(crate) fn plain_type(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}

/// Whether the last word of a type is `name`, however its path is written.
pub(crate) fn is_called(ty: &Type, name: &str) -> bool {
    matches!(plain_type(ty), Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// The first type inside `name<…>`.
pub(crate) fn inside<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = plain_type(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inside) => Some(inside),
        _ => None,
    }
}

/// Tokens as people write them: `Res<Vec<u32>>`.
pub(crate) fn text(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let tight = [(" :: ", "::"), (" < ", "<"), (" >", ">"), ("& ", "&"), (" ,", ",")];
    tight.iter().fold(text, |text, (wide, tight)| text.replace(wide, tight))
}

/// What is said of an argument `&mut T`.
pub(crate) fn shared(ty: &Type) -> String {
    let inside = lent(ty);
    let inside = if inside.starts_with("Res<") { inside } else { format!("Res<{inside}>") };
    format!("what a program gives is shared by all steps, and cannot be changed by one: write `&{inside}`")
}

/// The `T` of `&mut T`.
pub(crate) fn lent(ty: &Type) -> String {
    match plain_type(ty) {
        Type::Reference(reference) => text(&reference.elem),
        ty => text(ty),
    }
}
