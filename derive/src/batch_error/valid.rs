//! What must hold: names of the right form that are nobody else's, and one error inside where the name comes from it.

use std::collections::HashMap;

use syn::GenericParam;

use super::ast::{Case, Input};
use super::attr::Kind;
use crate::problems::Problems;

/// The names that only the engine gives, as in the framework's `error::names`, each with what it stands for there.
const ENGINE: [(&str, &str); 10] = [
    ("Error", "errors without a name"),
    ("Panic", "panics"),
    ("StoreError", "failures of the store"),
    ("Timeout", "steps that ran too long"),
    ("CountMismatch", "steps whose counters do not add up"),
    ("SkipLimitExceeded", "steps that skipped too much"),
    ("StartLimitExceeded", "steps that were begun too often"),
    ("UnknownOutcome", "steps that ended in doubt"),
    ("MissingSecret", "secrets that are not there"),
    ("InvalidOutput", "outputs that a step did not give"),
];

impl Input<'_> {
    pub(crate) fn validate(&self, problems: &mut Problems) {
        for parameter in &self.original.generics.params {
            if let GenericParam::Lifetime(lifetime) = parameter {
                problems.at(lifetime, "an error outlives the step it happened in, so it cannot borrow");
            }
        }
        for case in &self.cases {
            case.validate(problems);
        }
        self.shared_names_are_shared_on_purpose(problems);
    }

    /// Two variants may have one name, but not by accident: then each of them says it.
    fn shared_names_are_shared_on_purpose(&self, problems: &mut Problems) {
        let silent = self.cases.iter().filter(|case| case.kind.is_none());
        let silent: HashMap<String, &Case<'_>> = silent.filter_map(|case| Some((case.name()?, case))).collect();
        for literal in self.cases.iter().filter_map(Case::written) {
            let name = literal.value();
            if let Some(other) = silent.get(&name) {
                let message = format!(
                    "`{name}` is also the name of the variant `{}`: if both are one kind of error, \
                     write `#[error_kind(\"{name}\")]` there too",
                    other.ident
                );
                problems.at(literal, message);
            }
        }
    }
}

impl Case<'_> {
    fn validate(&self, problems: &mut Problems) {
        if let Some(Kind::Transparent(word)) = &self.kind
            && self.fields.len() != 1
        {
            let message =
                format!("the name comes from the one error inside, but there are {} fields", self.fields.len());
            problems.at(word, message);
        }
        let Some(refusal) = self.name().and_then(|name| Refusal::of(&name)) else { return };
        match (self.written(), refusal.proposal) {
            (Some(literal), Some(name)) => problems.at(literal, format!("{}: write `{name}`", refusal.reason)),
            (Some(literal), None) => problems.at(literal, format!("{}: choose another", refusal.reason)),
            (None, name) => {
                let name = name.as_deref().unwrap_or("…");
                problems.at(self.ident, format!("{}: write `#[error_kind(\"{name}\")]` here", refusal.reason));
            }
        }
    }
}

/// Why a text cannot be the name of an error of a job, and what could.
struct Refusal {
    reason: String,
    proposal: Option<String>,
}

impl Refusal {
    fn of(name: &str) -> Option<Self> {
        if let Some((_, meaning)) = ENGINE.iter().find(|(own, _)| *own == name) {
            return Some(Self { reason: format!("`{name}` is the engine's name for {meaning}"), proposal: None });
        }
        let has_form = name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric());
        if has_form && name.contains(|letter: char| letter.is_ascii_lowercase()) {
            return None;
        }
        let rule = match has_form {
            true => "words in capitals are exit codes of the engine",
            false => "a name is a capital letter, then letters and digits",
        };
        let reason = format!("`{name}` cannot be the name of an error, because {rule}");
        Some(Self { reason, proposal: camel_case(name) })
    }
}

/// The nearest right spelling: `invalid_row`, `invalid row` and `INVALID_ROW` become `InvalidRow`.
fn camel_case(name: &str) -> Option<String> {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let camel: String = words.map(capitalised).collect();
    let is_right = camel.starts_with(|first: char| first.is_ascii_uppercase());
    (is_right && camel.contains(|letter: char| letter.is_ascii_lowercase())).then_some(camel)
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    let is_shouted = !rest.contains(|letter: char| letter.is_ascii_lowercase());
    first.to_ascii_uppercase() + &if is_shouted { rest.to_ascii_lowercase() } else { rest.to_owned() }
}

#[cfg(test)]
mod tests {
    use overnight::error::names;

    use super::*;

    #[test]
    fn the_engines_names_are_those_of_the_framework() {
        let ours: Vec<&str> = ENGINE.iter().map(|(name, _)| *name).collect();
        assert_eq!(ours, names::ENGINE);
    }

    #[test]
    fn a_name_is_allowed_here_exactly_when_the_framework_takes_it() {
        for name in ["InvalidRow", "Http404x", "A", "FAILED", "invalid", "Bad_Row", "", "Überlauf", "E1", "Ab"] {
            assert_eq!(Refusal::of(name).is_none(), names::is_name(name), "{name}");
        }
        assert!(names::SHARED.iter().all(|name| Refusal::of(name).is_none()));
    }

    #[test]
    fn the_nearest_right_spelling_is_proposed() {
        let cases = [
            ("invalid_row", "InvalidRow"),
            ("INVALID_ROW", "InvalidRow"),
            ("FAILED", "Failed"),
            ("bad row", "BadRow"),
            ("badRow", "BadRow"),
        ];
        for (wrong, right) in cases {
            assert_eq!(camel_case(wrong).as_deref(), Some(right));
        }
        assert_eq!(camel_case("4xx"), None);
        assert_eq!(camel_case("A"), None);
    }
}
