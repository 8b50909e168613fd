//! The way of somebody who looks for a name: through public modules, and wherever `use` leads.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemFn, UseTree};

use super::house::{House, ModulePath, attributes, is_hidden};
use super::members::{implemented, inherent, is_open_ended, is_public, members, named};

/// Where an item is defined: its module, and its name there.
type Place = (ModulePath, String);

/// What a path leads to.
enum Target<'h> {
    Module(ModulePath),
    /// An item; without one it is made by a macro.
    Item(Place, Option<&'h Item>),
    /// Something of another crate.
    Foreign(String),
}

/// One public path.
struct Found<'h> {
    path: String,
    kind: &'static str,
    place: Place,
    item: Option<&'h Item>,
}

/// Every public path of the crate `name`, with what it is.
pub(crate) fn public_paths(house: &House, name: &str) -> BTreeSet<String> {
    let mut walk = Walk { house, found: Vec::new(), lines: BTreeSet::new(), trail: RefCell::default() };
    walk.module(&vec![name.to_owned()], name);
    walk.lines()
}

struct Walk<'h> {
    house: &'h House,
    found: Vec<Found<'h>>,
    lines: BTreeSet<String>,
    /// What is being looked up, for names that lead to each other.
    trail: RefCell<Vec<Place>>,
}

impl<'h> Walk<'h> {
    /// Everything public of a module, below `prefix`.
    fn module(&mut self, module: &ModulePath, prefix: &str) {
        let house = self.house;
        for item in house.items(module).iter().filter(|item| !is_hidden(attributes(item))) {
            match item {
                Item::Use(item) if is_public(&item.vis) => {
                    for (path, name) in leaves(&item.tree) {
                        self.handed_on(module, &path, &name, prefix);
                    }
                }
                Item::Fn(function) if module[0] == "overnight_derive" => self.of_compiler(function, prefix),
                Item::Macro(item) if has(&item.attrs, "macro_export") => self.exported(item, prefix),
                item => {
                    let Some((_, name, visibility)) = named(item) else { continue };
                    if is_public(visibility) {
                        let target = match item {
                            Item::Mod(_) => Target::Module(below(module, &name)),
                            _ => Target::Item((module.clone(), name.clone()), Some(item)),
                        };
                        self.take(target, &format!("{prefix}::{name}"));
                    }
                }
            }
        }
        if module.len() == 1 {
            self.macros_of_macros(module, prefix);
        }
    }

    /// What `pub use path as name` hands on; a star hands on everything.
    fn handed_on(&mut self, module: &ModulePath, path: &[String], name: &str, prefix: &str) {
        let targets = self.resolve(module, path);
        for target in targets {
            match target {
                Target::Module(module) if name == "*" => self.module(&module, prefix),
                target => self.take(target, &format!("{prefix}::{name}")),
            }
        }
    }

    fn take(&mut self, target: Target<'h>, path: &str) {
        match target {
            Target::Module(module) => {
                self.lines.insert(format!("{path}: mod"));
                self.module(&module, path);
            }
            Target::Foreign(of) => {
                self.lines.insert(format!("{path}: use {of}"));
            }
            Target::Item(place, Some(Item::Fn(function))) if place.0[0] == "overnight_derive" => {
                let prefix = path.rsplit_once("::").map_or("", |(prefix, _)| prefix);
                self.of_compiler(function, prefix);
            }
            Target::Item(place, item) => {
                let kind = item.and_then(named).map_or("made", |(kind, ..)| kind);
                self.found.push(Found { path: path.to_owned(), kind, place, item });
            }
        }
    }

    /// A macro of the crate `derive`.
    fn of_compiler(&mut self, function: &ItemFn, prefix: &str) {
        for attribute in &function.attrs {
            let line = match attribute.path().get_ident().map(ToString::to_string).as_deref() {
                Some("proc_macro_derive") => {
                    let says = attribute.meta.require_list().unwrap().tokens.to_string();
                    let name = says.split(',').next().unwrap_or_default().trim();
                    format!("{prefix}::{name}: derive")
                }
                Some("proc_macro_attribute") => format!("{prefix}::{}: attribute", function.sig.ident),
                _ => continue,
            };
            self.lines.insert(line);
        }
    }

    fn exported(&mut self, item: &syn::ItemMacro, prefix: &str) {
        let root = prefix.split("::").next().unwrap_or_default();
        self.lines.extend(item.ident.iter().map(|name| format!("{root}::{name}: macro")));
    }

    /// Macros that stand in the macros of a crate and are exported from its root.
    fn macros_of_macros(&mut self, root: &ModulePath, prefix: &str) {
        let house = self.house;
        for (_, items) in house.modules().filter(|(path, _)| path[0] == root[0]) {
            let macros = items.iter().filter_map(|item| match item {
                Item::Macro(item) => Some(item.mac.tokens.to_string()),
                _ => None,
            });
            for text in macros {
                let Some((_, rest)) = text.split_once("macro_export]") else { continue };
                let Some((_, name)) = rest.split_once("macro_rules !").or_else(|| rest.split_once("macro_rules!"))
                else {
                    continue;
                };
                let name = name.split_whitespace().next().unwrap_or_default();
                self.lines.insert(format!("{prefix}::{name}: macro"));
            }
        }
    }

    /// What `path` means inside `module`. One name may be a trait and a macro.
    fn resolve(&self, module: &ModulePath, path: &[String]) -> Vec<Target<'h>> {
        let Some((first, rest)) = path.split_first() else { return vec![Target::Module(module.clone())] };
        let start = match first.as_str() {
            "self" => return self.resolve(module, rest),
            "super" => return self.resolve(&module[..module.len() - 1].to_vec(), rest),
            "crate" => return self.resolve(&module[..1].to_vec(), rest),
            name if self.house.has(&[name.to_owned()]) => vec![Target::Module(vec![name.to_owned()])],
            name => self.lookup(module, name, &module[0]),
        };
        if rest.is_empty() {
            return if start.is_empty() { vec![Target::Foreign(path.join("::"))] } else { start };
        }
        let inside = start.into_iter().find_map(|target| match target {
            Target::Module(module) => Some(module),
            _ => None,
        });
        match inside {
            Some(module) if rest == ["*"] => vec![Target::Module(module)],
            Some(inside) => self.resolve_below(&inside, rest, &module[0]),
            None => vec![Target::Foreign(path.join("::"))],
        }
    }

    /// The same for a path that has begun: its names are no crates any more. `asker` is the crate that says it.
    fn resolve_below(&self, module: &ModulePath, path: &[String], asker: &str) -> Vec<Target<'h>> {
        let found = self.lookup(module, &path[0], asker);
        match (path.len(), found.is_empty()) {
            (1, false) => found,
            (1, true) => vec![Target::Item((module.clone(), path[0].clone()), None)],
            _ => found
                .into_iter()
                .find_map(|target| match target {
                    Target::Module(module) if path[1] == "*" => Some(vec![Target::Module(module)]),
                    Target::Module(module) => Some(self.resolve_below(&module, &path[1..], asker)),
                    _ => None,
                })
                .unwrap_or_default(),
        }
    }

    /// What is called `name` in a module; inside its own crate also what is private.
    fn lookup(&self, module: &ModulePath, name: &str, asker: &str) -> Vec<Target<'h>> {
        let (house, place) = (self.house, (module.clone(), name.to_owned()));
        let mut targets = Vec::new();
        if self.trail.borrow().contains(&place) {
            return targets;
        }
        self.trail.borrow_mut().push(place);
        for item in house.items(module) {
            match item {
                Item::Mod(item) if item.ident == name => {
                    if module[0] == asker || is_public(&item.vis) {
                        targets.push(Target::Module(below(module, name)));
                    }
                }
                Item::Use(item) => {
                    let leads_on = |(path, leaf): &(Vec<String>, String)| leaf == name && path != &[name.to_owned()];
                    for (path, _) in leaves(&item.tree).into_iter().filter(leads_on) {
                        targets.extend(self.resolve(module, &path));
                    }
                }
                item => {
                    let is_it = named(item).is_some_and(|(_, own, _)| own == name) || derives(item, name);
                    if is_it {
                        targets.push(Target::Item((module.clone(), name.to_owned()), Some(item)));
                    }
                }
            }
        }
        self.trail.borrow_mut().pop();
        targets
    }

    /// The lines of the file. An item with several paths has its members at the longest, where its module is; the others lead there.
    fn lines(mut self) -> BTreeSet<String> {
        let methods = self.methods();
        let mut homes: BTreeMap<&Place, &str> = BTreeMap::new();
        let depth = |path: &str| path.matches("::").count();
        for found in &self.found {
            let home = homes.entry(&found.place).or_insert(&found.path);
            if depth(&found.path) > depth(home) {
                *home = &found.path;
            }
        }
        for Found { path, kind, place, item } in &self.found {
            let home = homes[place];
            if home != path {
                self.lines.insert(format!("{path}: use {home}"));
                continue;
            }
            let open_ended = if item.is_some_and(is_open_ended) { ", non_exhaustive" } else { "" };
            self.lines.insert(format!("{path}: {kind}{open_ended}"));
            let own = item.map(members).unwrap_or_default();
            for (kind, name) in own.iter().chain(methods.get(place).into_iter().flatten()) {
                self.lines.insert(format!("{path}::{name}: {kind}"));
            }
        }
        self.lines
    }

    /// The public functions of types, wherever in their crate they are implemented.
    fn methods(&self) -> BTreeMap<Place, Vec<(&'static str, String)>> {
        let house = self.house;
        let mut methods: BTreeMap<Place, Vec<_>> = BTreeMap::new();
        for (module, items) in house.modules() {
            for item in items {
                let Item::Impl(block) = item else { continue };
                let Some(path) = implemented(block) else { continue };
                for target in self.resolve(module, &path) {
                    if let Target::Item(place, _) = target {
                        methods.entry(place).or_default().extend(inherent(block));
                    }
                }
            }
        }
        methods
    }
}

fn below(module: &[String], name: &str) -> ModulePath {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

fn has(attributes: &[syn::Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

/// Whether a function is the macro that derives `name`.
fn derives(item: &Item, name: &str) -> bool {
    let Item::Fn(function) = item else { return false };
    function.attrs.iter().filter(|attribute| attribute.path().is_ident("proc_macro_derive")).any(|attribute| {
        let says = attribute.meta.require_list().unwrap().tokens.to_string();
        says.split(',').next().is_some_and(|own| own.trim() == name)
    })
}

/// The paths of a `use`, each with the name it gets.
fn leaves(tree: &UseTree) -> Vec<(Vec<String>, String)> {
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            // `module::{self, …}` is the name of the module.
            let called = |name: String| if name.is_empty() { first.clone() } else { name };
            let prefixed = |(rest, name): (Vec<String>, String)| ([vec![first.clone()], rest].concat(), called(name));
            leaves(&path.tree).into_iter().map(prefixed).collect()
        }
        UseTree::Name(name) if name.ident == "self" => vec![(Vec::new(), String::new())],
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        UseTree::Rename(name) => vec![(vec![name.ident.to_string()], name.rename.to_string())],
        UseTree::Glob(_) => vec![(vec!["*".to_owned()], "*".to_owned())],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}
