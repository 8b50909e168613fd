//! Finding the kind that a key of the file names.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::yaml::{Code, Cursor, nearest};

/// The kinds of one sort, by the keys that name them.
pub(super) type ByName<K> = BTreeMap<&'static str, Arc<K>>;

/// The kind that the only key of the mapping at `at` names, and the cursor at its settings.
pub(super) fn find<'a, K: ?Sized>(at: &Cursor<'a>, sort: &str, kinds: &ByName<K>) -> Option<(Arc<K>, Cursor<'a>)> {
    let what = format!("a {sort}");
    let (key, settings) = at.only_entry(&what)?;
    match kinds.get(key.name()) {
        Some(kind) => Some((Arc::clone(kind), settings)),
        None => {
            let message = format!("there is no kind of {sort} called `{}`", key.name());
            refuse_unknown(&settings, (Code::UnknownKind, message), key.name(), kinds.keys().copied())
        }
    }
}

/// Reports at its key that `name` is none of `known`.
pub(super) fn refuse_unknown<'k, T>(
    at: &Cursor<'_>,
    (code, message): (Code, String),
    name: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Option<T> {
    let mut problem = at.problem_of_key(message).code(code);
    if let Some(near) = nearest(name, known.clone()) {
        problem = problem.help(format!("did you mean `{near}`?"));
    }
    let list: Vec<_> = known.map(|name| format!("`{name}`")).collect();
    at.refuse(match list.as_slice() {
        [] => problem.help("this program knows none"),
        list => problem.help(format!("known here: {}", list.join(", "))),
    })
}
