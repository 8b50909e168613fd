//! The nearest right spelling of a wrong name.

use super::lexer::word_length;
pub(super) use crate::suggest::nearest;

/// So many names are listed when none is near.
const LISTED: usize = 8;

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
