//! The order of the modules: `lib.rs` declares them from the bottom to the top, and each uses only those above its own line.

use std::collections::HashMap;

use super::source::Source;

const WHY: &str = "the modules of a crate stand in the order of their dependencies, so that each can be read and tested with \
                   nothing but those above it";

/// Every use of a module that is declared below its user.
pub(crate) fn findings(sources: &[Source]) -> Vec<String> {
    let Some(root) = sources.iter().find(|source| source.room == "lib") else { return Vec::new() };
    let plan = Plan::of(&root.code);
    let rooms = sources.iter().filter(|source| !matches!(source.room.as_str(), "lib" | "main"));
    rooms.flat_map(|source| plan.findings(source)).collect()
}

/// The modules by their place, and whose module a name at the root is.
struct Plan {
    places: HashMap<String, usize>,
    exported: HashMap<String, String>,
}

impl Plan {
    fn of(root: &str) -> Self {
        let words: Vec<&str> = root.split_whitespace().collect();
        let declared = words.windows(2).filter(|pair| pair[0] == "mod").filter_map(|pair| pair[1].strip_suffix(';'));
        let places: HashMap<String, usize> = declared.zip(0..).map(|(name, place)| (name.to_owned(), place)).collect();
        let mut exported = HashMap::new();
        for statement in root.split("use ").skip(1) {
            let path = statement.split(';').next().unwrap_or_default();
            let Some((module, names)) = path.split_once("::") else { continue };
            let names = names.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            exported
                .extend(names.filter(|name| !name.is_empty()).map(|name| (name.to_owned(), module.trim().to_owned())));
        }
        Self { places, exported }
    }

    fn findings(&self, source: &Source) -> Vec<String> {
        let own = source.room.split('/').next().unwrap_or_default();
        let Some(own_place) = self.places.get(own) else { return Vec::new() };
        let mut findings = Vec::new();
        for (position, name) in names_at_the_root(source) {
            let module = self.exported.get(&name).unwrap_or(&name);
            if self.places.get(module).is_some_and(|place| place > own_place) {
                findings.push(format!(
                    "{}:{}: `{own}` uses `{name}`, but `{module}` is declared below `{own}` in lib.rs\n  why: {WHY}\n  \
                     instead: move what both need into a module above both, or hand it in",
                    source.place,
                    source.line(position)
                ));
            }
        }
        findings
    }
}

/// The first names of all paths that begin at the root of the crate, with their positions: by `crate::`, or by as many
/// `super::` as the module is deep.
fn names_at_the_root(source: &Source) -> Vec<(usize, String)> {
    let depth = source.room.split('/').count();
    let up = "super::".repeat(depth);
    let by_crate = source.find("crate::").map(|at| (at, at + "crate::".len()));
    let by_super = source.find(&up).map(|at| (at, at + up.len()));
    let starts = by_crate.chain(by_super);
    starts.flat_map(|(at, path)| first_names(&source.code[path..]).into_iter().map(move |name| (at, name))).collect()
}

/// `a::b` begins with `a`, `{a::{b, c}, d}` with `a` and with `d`.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> Option<String> {
        let text = text.trim_start();
        let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
        (end > 0).then(|| text[..end].to_owned())
    };
    let Some(group) = path.strip_prefix('{') else { return name(path).into_iter().collect() };
    let mut depth = 1_usize;
    let mut names: Vec<String> = name(group).into_iter().collect();
    for (index, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.extend(name(&group[index + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings_of(room: &str, text: &str) -> Vec<String> {
        let root =
            "pub mod error;\npub mod row;\nmod flow;\npub use flow::{Flow, next as step};\npub use error::BatchError;";
        findings(&[Source::new("framework", "lib.rs", root), Source::new("framework", room, text)])
    }

    #[test]
    fn a_module_below_is_found_with_file_and_line() {
        let findings = findings_of("row/value.rs", "use std::fmt;\nuse crate::flow::next;\n");
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("framework/src/row/value.rs:2: `row` uses `flow`"), "{}", findings[0]);
    }

    #[test]
    fn modules_above_and_the_own_one_are_allowed() {
        assert!(findings_of("row.rs", "use crate::{error::BatchError, row::value::Value};").is_empty());
        assert!(findings_of("flow.rs", "use crate::row::Row; use super::error;").is_empty());
    }

    #[test]
    fn a_group_is_looked_through() {
        assert_eq!(findings_of("row.rs", "use crate::{error::{A, B}, flow::{self, C}};").len(), 1);
    }

    #[test]
    fn the_way_over_the_root_and_over_super_is_no_way_around() {
        assert_eq!(findings_of("row.rs", "fn f(_: crate::Flow) {}").len(), 1);
        assert_eq!(findings_of("row.rs", "use super::flow;").len(), 1);
        assert_eq!(findings_of("row/value.rs", "use super::super::flow;").len(), 1);
        assert!(findings_of("row/value.rs", "use super::flow;").is_empty());
    }

    #[test]
    fn a_name_that_is_no_module_is_not_judged() {
        assert!(findings_of("row.rs", "const A: &str = crate::VERSION;").is_empty());
    }
}
