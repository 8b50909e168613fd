//! Names that a job file must not give, although they have the form of a name.

use crate::yaml::{Code, Cursor};

/// Words that readers of other YAML versions take for something else, and words of the expression language.
pub(super) const WORDS: [&str; 8] = ["true", "false", "null", "in", "yes", "no", "on", "off"];

/// The key of a value as the name of `what`, unless it is a reserved word.
pub(super) fn key_name<'a>(at: &Cursor<'a>, what: &str) -> Option<&'a str> {
    let name = at.key_name()?;
    if WORDS.contains(&name) {
        at.refuse(at.problem_of_key(message(what, name)).code(Code::ReservedWord).help(HELP))
    } else {
        Some(name)
    }
}

/// The same of a value.
pub(super) fn name<'a>(at: &Cursor<'a>, what: &str) -> Option<&'a str> {
    let name = at.name()?;
    if WORDS.contains(&name) {
        at.refuse(at.problem(message(what, name)).code(Code::ReservedWord).help(HELP))
    } else {
        Some(name)
    }
}

const HELP: &str = "choose another name: some readers of YAML take this word for a value";

fn message(what: &str, name: &str) -> String {
    format!("{what} cannot be called `{name}`, a reserved word")
}
