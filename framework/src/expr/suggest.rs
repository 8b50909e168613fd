//! The nearest right spelling of a wrong name.

use super::lexer::word_length;

/// How alike two names must be (Jaro-Winkler) to be proposed.
const LIKENESS: f64 = 0.8;

/// So many names are listed when none is near.
const LISTED: usize = 8;

/// The one of `names` that looks most like `name`, if any does.
pub(super) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &'a str| (strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase()), known);
    let near = names.into_iter().map(likeness).filter(|(likeness, _)| *likeness >= LIKENESS);
    near.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}

/// What to say about the unknown `name` where `names` are known.
pub(super) fn help(name: &str, names: &[&str]) -> Option<String> {
    if let Some(near) = nearest(name, names.iter().copied()) {
        return Some(format!("did you mean '{near}'?"));
    }
    listed(names)
}

/// The known names, if they are few.
pub(super) fn listed(names: &[&str]) -> Option<String> {
    let few = !names.is_empty() && names.len() <= LISTED;
    few.then(|| format!("known here: {}", names.join(", ")))
}

/// Whether `name` can be written without brackets and quotes.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && word_length(name) == name.len() && !name.starts_with(|first: char| first.is_ascii_digit())
}
