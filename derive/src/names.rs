//! The names of jobs, steps and parameters.

/// Why a text cannot be a name of `what`, if it cannot. The rule is that of job files.
pub(crate) fn refusal(what: &str, name: &str) -> Option<String> {
    let is_rest = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-');
    let is_name = name.starts_with(|first: char| first.is_ascii_lowercase()) && name.chars().all(is_rest);
    match name {
        _ if is_name && name.len() <= 63 => None,
        _ if is_name => Some(format!("the name of {what} has at most 63 letters")),
        _ => Some(format!(
            "`{name}` cannot be the name of {what}: it is a small letter, then small letters, digits, `_` and `-`"
        )),
    }
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
    fn a_name_is_refused_exactly_when_the_framework_refuses_it() {
        let long = "a".repeat(64);
        for name in ["a", "a-b", "a_1", "", "A", "1a", "-a", "a.b", "ä", &long, &long[1..]] {
            assert_eq!(refusal("a job", name).is_none(), overnight::yaml::is_name(name), "{name}");
        }
    }
}
