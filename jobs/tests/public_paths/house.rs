//! The sources of our crates, as modules with their items.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, Meta};

/// The crates by their names in code, and the folders they live in.
const CRATES: [(&str, &str); 4] = [
    ("overnight", "jobs"),
    ("overnight_framework", "framework"),
    ("overnight_db", "db"),
    ("overnight_derive", "derive"),
];

/// A module: the name of its crate, and the names on the way to it.
pub(crate) type ModulePath = Vec<String>;

/// Every module of our crates.
pub(crate) struct House {
    modules: BTreeMap<ModulePath, Vec<Item>>,
}

impl House {
    /// Reads the crates below `root`.
    pub(crate) fn read(root: &Path) -> Self {
        let mut house = Self { modules: BTreeMap::new() };
        for (name, folder) in CRATES {
            let source = root.join(folder).join("src");
            house.file(vec![name.to_owned()], &source.join("lib.rs"), &source);
        }
        house
    }

    /// The items of a module.
    pub(crate) fn items(&self, path: &[String]) -> &[Item] {
        self.modules.get(path).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn has(&self, path: &[String]) -> bool {
        self.modules.contains_key(path)
    }

    /// The modules of a crate, each with its items.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (&ModulePath, &[Item])> {
        self.modules.iter().map(|(path, items)| (path, items.as_slice()))
    }

    /// Reads a file, and the files of the modules in it, which stand in `folder`.
    fn file(&mut self, path: ModulePath, file: &Path, folder: &Path) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.module(path, parsed.items, folder);
    }

    fn module(&mut self, path: ModulePath, items: Vec<Item>, folder: &Path) {
        let items: Vec<Item> = items.into_iter().filter(|item| is_built(attributes(item))).collect();
        for item in &items {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            let (below, inside) = (path.iter().cloned().chain([name.clone()]).collect(), folder.join(&name));
            match &module.content {
                Some((_, items)) => self.module(below, items.clone(), &inside),
                None => self.file(below, &file_of(folder, &name), &inside),
            }
        }
        self.modules.insert(path, items);
    }
}

fn file_of(folder: &Path, name: &str) -> PathBuf {
    let flat = folder.join(format!("{name}.rs"));
    if flat.is_file() { flat } else { folder.join(name).join("mod.rs") }
}

/// What a program gets that depends on us, with the default features and on Linux.
pub(crate) fn is_built(attributes: &[Attribute]) -> bool {
    attributes.iter().all(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let says = list.tokens.to_string();
            !(says.starts_with("test") || says.starts_with("not") || says.contains("\"testing\""))
        }
        _ => true,
    })
}

/// What is hidden from the documentation is no promise.
pub(crate) fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("doc") => list.tokens.to_string() == "hidden",
        _ => false,
    })
}

/// The attributes of an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
