//! What stands inside an item and is public with it: fields, variants, and what traits and inherent implementations have.

use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, TraitItem, Type, Visibility};

use super::house::{is_built, is_hidden};

/// The kind of an item and its name; none for what has no name of its own.
pub(crate) fn named(item: &Item) -> Option<(&'static str, String, &Visibility)> {
    Some(match item {
        Item::Const(item) => ("const", item.ident.to_string(), &item.vis),
        Item::Enum(item) => ("enum", item.ident.to_string(), &item.vis),
        Item::Fn(item) => ("fn", item.sig.ident.to_string(), &item.vis),
        Item::Mod(item) => ("mod", item.ident.to_string(), &item.vis),
        Item::Static(item) => ("static", item.ident.to_string(), &item.vis),
        Item::Struct(item) => ("struct", item.ident.to_string(), &item.vis),
        Item::Trait(item) => ("trait", item.ident.to_string(), &item.vis),
        Item::Type(item) => ("type", item.ident.to_string(), &item.vis),
        _ => return None,
    })
}

pub(crate) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Whether others may neither build it nor match all of it.
pub(crate) fn is_open_ended(item: &Item) -> bool {
    super::house::attributes(item).iter().any(|attribute| attribute.path().is_ident("non_exhaustive"))
}

/// Fields, variants, and the items of a trait: the kind and the name of each.
pub(crate) fn members(item: &Item) -> Vec<(&'static str, String)> {
    match item {
        Item::Struct(item) => fields(&item.fields),
        Item::Enum(item) => item.variants.iter().map(|variant| ("variant", variant.ident.to_string())).collect(),
        Item::Trait(item) => item.items.iter().filter_map(of_trait).collect(),
        _ => Vec::new(),
    }
}

fn fields(fields: &Fields) -> Vec<(&'static str, String)> {
    let public = fields.iter().enumerate().filter(|(_, field)| is_public(&field.vis) && is_shown(&field.attrs));
    let name = |(place, field): (usize, &syn::Field)| {
        field.ident.as_ref().map_or_else(|| place.to_string(), ToString::to_string)
    };
    public.map(|field| ("field", name(field))).collect()
}

fn of_trait(item: &TraitItem) -> Option<(&'static str, String)> {
    let (attributes, kind, name) = match item {
        TraitItem::Const(item) => (&item.attrs, "const", &item.ident),
        TraitItem::Fn(item) => {
            (&item.attrs, if item.default.is_some() { "fn" } else { "required fn" }, &item.sig.ident)
        }
        TraitItem::Type(item) => (&item.attrs, "type", &item.ident),
        _ => return None,
    };
    is_shown(attributes).then(|| (kind, name.to_string()))
}

/// The public functions and constants of an inherent implementation.
pub(crate) fn inherent(block: &ItemImpl) -> Vec<(&'static str, String)> {
    let item = |item: &ImplItem| {
        let (attributes, visibility, kind, name) = match item {
            ImplItem::Const(item) => (&item.attrs, &item.vis, "const", &item.ident),
            ImplItem::Fn(item) => (&item.attrs, &item.vis, "fn", &item.sig.ident),
            _ => return None,
        };
        (is_public(visibility) && is_shown(attributes)).then(|| (kind, name.to_string()))
    };
    block.items.iter().filter_map(item).collect()
}

/// The path of the type that an inherent implementation is for.
pub(crate) fn implemented(block: &ItemImpl) -> Option<Vec<String>> {
    if block.trait_.is_some() {
        return None;
    }
    match &*block.self_ty {
        Type::Path(path) => Some(path.path.segments.iter().map(|segment| segment.ident.to_string()).collect()),
        _ => None,
    }
}

fn is_shown(attributes: &[Attribute]) -> bool {
    is_built(attributes) && !is_hidden(attributes)
}
