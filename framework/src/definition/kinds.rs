//! Finding the kind that a key of the file names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tables;
use crate::yaml::{Code, Cursor, Node, nearest};

/// The kinds of one sort, by the keys that name them.
pub(super) type ByName<K> = BTreeMap<&'static str, Arc<K>>;

/// The kinds of one sort: the stock ones, and those that the program itself registered.
pub(super) struct Known<'k, K: ?Sized> {
    pub(super) sort: &'static str,
    pub(super) stock: &'k ByName<K>,
    pub(super) registered: &'k ByName<K>,
}

impl<K: ?Sized> Known<'_, K> {
    /// What `check` makes of the kind that stands at `at`, `{ csv: … }` or `{ uses: NAME, with: {…} }`, and of its settings.
    pub(super) fn read<T>(&self, at: &Cursor<'_>, check: impl FnOnce(&K, &Cursor<'_>) -> Option<T>) -> Option<T> {
        if at.node().get("uses").is_some() {
            return self.used(at, check);
        }
        let (key, settings) = at.only_entry(&format!("a {}", self.sort))?;
        match self.stock.get(key.name()) {
            Some(kind) => check(kind, &settings),
            None => {
                let message = format!("there is no kind of {} called `{}`", self.sort, key.name());
                refuse_unknown(&settings, (Code::UnknownKind, message), key.name(), self.stock.keys().copied())
            }
        }
    }

    /// The same where the program itself brings it.
    pub(super) fn used<T>(&self, at: &Cursor<'_>, check: impl FnOnce(&K, &Cursor<'_>) -> Option<T>) -> Option<T> {
        let fields = at.mapping(&tables::REGISTERED)?;
        let mut fields = fields.called(format!("a {} with `uses`", self.sort));
        let uses = fields.get("uses")?;
        let with = fields.get("with");
        fields.finish();
        // A misspelt `with` is one mistake, not also the lack of everything in it.
        let keys = at.node().as_mapping()?;
        if keys.iter().any(|(key, _)| !matches!(key.name(), "uses" | "with")) {
            return None;
        }
        let name = uses.filled_text()?;
        let Some(kind) = self.registered.get(name) else {
            let message = format!("no {} is registered as `{name}`", self.sort);
            return refuse_unknown(&uses, (Code::NotRegistered, message), name, self.registered.keys().copied());
        };
        let nothing = Node::empty_mapping(uses.span());
        let with = with.unwrap_or_else(|| Cursor::new(&nothing, at.path().key("with"), at.reading()));
        check(kind, &with)
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
