//! The names of jobs, steps and parameters.

use std::collections::HashMap;

use proc_macro2::{Ident, Span};
use syn::LitStr;
use syn::ext::IdentExt as _;

use crate::problems::Problems;

/// A name as it is said, and where that is written: in a key, or as the identifier itself.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Name {
    pub(crate) fn of(ident: &Ident, written: Option<&LitStr>) -> Self {
        match written {
            Some(written) => Self { text: written.value(), span: written.span() },
            None => Self { text: ident.unraw().to_string(), span: ident.span() },
        }
    }

    /// Refuses what cannot be the name of `what`. `help` ends the sentence.
    pub(crate) fn check(&self, what: &str, help: &str, problems: &mut Problems) {
        if let Some(refusal) = refusal(what, &self.text) {
            problems.add(syn::Error::new(self.span, refusal + help));
        }
    }

    pub(crate) fn literal(&self) -> LitStr {
        LitStr::new(&self.text, self.span)
    }
}

/// The names that were there before, each to be given once.
#[derive(Default)]
pub(crate) struct Given(HashMap<String, Span>);

impl Given {
    /// Adds a name. `twice` tells what is wrong when it was there before.
    pub(crate) fn add(
        &mut self,
        Name { text, span }: Name,
        twice: impl FnOnce(&str) -> String,
        problems: &mut Problems,
    ) {
        let message = twice(&text);
        if let Some(earlier) = self.0.insert(text, span) {
            problems.add(syn::Error::new(span, message));
            problems.add(syn::Error::new(earlier, "the first one is here"));
        }
    }
}

/// What a name is, in the words of job files.
const RULE: &str = "a name begins with a letter from a to z and has at most 63 characters of a to z, 0 to 9, _ and -";

/// Why a text cannot be a name of `what`, if it cannot. The rule is that of job files.
fn refusal(what: &str, name: &str) -> Option<String> {
    let is_rest = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-');
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    let is_name = begins && name.len() <= 63 && name.chars().all(is_rest);
    (!is_name).then(|| format!("`{name}` cannot be the name of {what}: {RULE}"))
}

/// The words that expressions use for themselves.
const ROOTS: [&str; 10] = ["params", "vars", "steps", "env", "secret", "trigger", "message", "job", "execution", "row"];

/// Why a text cannot be the name of a column, if it cannot. The rule is that of job files.
pub(crate) fn refusal_of_column(name: &str) -> Option<String> {
    if ROOTS.contains(&name) {
        return Some(format!(
            "a column cannot be called `{name}`: expressions use that word for themselves; write `#[column(name = \"…\")]`"
        ));
    }
    let is_name = !name.trim().is_empty() && !name.chars().any(char::is_control) && name.len() <= 63;
    (!is_name).then(|| "a column has a name of 1 to 63 bytes, without control characters".to_owned())
}

/// `NightlyLedger` as a job is named: `nightly-ledger`.
pub(crate) fn kebab_case(ident: &str) -> String {
    let mut name = String::new();
    let letters: Vec<char> = ident.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && letters.get(at - 1).is_some_and(|before| !before.is_ascii_uppercase());
        let before_small = at > 0 && letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && (after_small || before_small) {
            name.push('-');
        }
        name.push(if *letter == '_' { '-' } else { letter.to_ascii_lowercase() });
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_type_becomes_that_of_a_job() {
        for (ident, name) in [
            ("NightlyLedger", "nightly-ledger"),
            ("Close", "close"),
            ("HTTPFetch", "http-fetch"),
            ("EodV2", "eod-v2"),
            ("A", "a"),
        ] {
            assert_eq!(kebab_case(ident), name);
            assert_eq!(refusal("a job", name), None);
        }
    }

    #[test]
    fn the_rule_of_names_is_that_of_the_framework() {
        assert_eq!(RULE, overnight::yaml::NAME_RULE);
    }

    #[test]
    fn the_words_of_expressions_are_those_of_the_framework() {
        assert_eq!(ROOTS, overnight::expr::ROOTS);
    }

    #[test]
    fn a_name_is_refused_exactly_when_the_framework_refuses_it() {
        let long = "a".repeat(64);
        for name in ["a", "a-b", "a_1", "", "A", "1a", "-a", "a.b", "ä", &long, &long[1..]] {
            assert_eq!(refusal("a job", name).is_none(), overnight::yaml::is_name(name), "{name}");
        }
    }
}
