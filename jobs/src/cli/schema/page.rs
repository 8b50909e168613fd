//! What a part of a job file means, as a page for people.

use overnight_framework::definition::Part;
use overnight_framework::yaml::{Field, Mapping, Presence};

/// How long a line of words is at most.
const WIDTH: usize = 100;

/// A page for each part. `all` are the parts of the file, to tell where to read on.
pub(super) fn pages(parts: &[&Part], all: &[Part]) -> String {
    parts.iter().map(|part| page(part, all)).collect::<Vec<_>>().join("\n")
}

fn page(part: &Part, all: &[Part]) -> String {
    let mut blocks = vec![format!("{}: {}{}\n", part.path, part.words(), said(part.presence()))];
    if !part.about().is_empty() {
        blocks.push(wrapped(part.about(), ""));
    }
    let held = held(part, all);
    if let Some(mapping) = part.mapping() {
        if part.field.is_some() && mapping.about != part.about() {
            blocks.push(wrapped(mapping.about, ""));
        }
        let keys = mapping.fields.iter().map(|field| key(field, part, all));
        blocks.push(std::iter::once("Keys:\n".to_owned()).chain(keys).collect());
        blocks.extend(rules(mapping));
        if !mapping.example.is_empty() {
            blocks.push("Example:\n".to_owned());
            blocks.push(mapping.example.lines().flat_map(|line| ["    ", line, "\n"]).collect());
        }
    } else if !held.is_empty() {
        let kinds = held.into_iter().map(|part| format!("  {}\n{}", part.path, wrapped(part.about(), "      ")));
        blocks.push(std::iter::once("One of:\n".to_owned()).chain(kinds).collect());
    }
    blocks.join("\n")
}

/// The kinds that may stand in a part.
fn held<'p>(part: &Part, all: &'p [Part]) -> Vec<&'p Part> {
    let is_held = |other: &&Part| {
        let below = other.path.strip_prefix(&part.path).and_then(|rest| rest.strip_prefix('.'));
        other.kind.is_some() && below.is_some_and(|rest| !rest.contains('.'))
    };
    all.iter().filter(is_held).collect()
}

fn key(field: &Field, part: &Part, all: &[Part]) -> String {
    let path = format!("{}.{}", part.path, field.name);
    let has_more = |other: &&Part| other.path == path && (other.mapping().is_some() || !held(other, all).is_empty());
    let more = all.iter().find(has_more).map(|other| format!("; see {}", other.path)).unwrap_or_default();
    let head = format!("{}: {}{}{more}", field.name, field.shape.words(), said(Some(field.presence)));
    wrapped_as(&head, "  ", "      ") + &wrapped(field.about, "      ")
}

fn said(presence: Option<Presence>) -> String {
    match presence {
        Some(Presence::Required) => "; required".to_owned(),
        Some(Presence::Default(default)) => format!("; default {default}"),
        Some(Presence::Optional) | None => String::new(),
    }
}

/// What holds for several keys.
fn rules(mapping: &Mapping) -> Vec<String> {
    let quoted = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
    let choice =
        (!mapping.choice.is_empty()).then(|| format!("Exactly one of {} is needed.\n", quoted(mapping.choice)));
    let apart = mapping.apart.iter().map(|pair| format!("{} do not stand together.\n", quoted(pair)));
    choice.into_iter().chain(apart).collect()
}

fn wrapped(text: &str, indent: &str) -> String {
    wrapped_as(text, indent, indent)
}

/// The words in lines of at most [`WIDTH`] characters, the first with an indent of its own.
fn wrapped_as(text: &str, first: &str, others: &str) -> String {
    let (mut lines, mut line) = (String::new(), first.to_owned());
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.extend([line.as_str(), "\n"]);
            others.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_with_both_indents() {
        let word = "x".repeat(60);
        let text = format!("a {word} {word} b");
        assert_eq!(wrapped_as(&text, "- ", "  "), format!("- a {word}\n  {word} b\n"));
    }
}
