//! Readers for lists and mappings.

use std::borrow::Cow;

use super::Cursor;
use crate::yaml::{Code, Fields, Key, Mapping};

impl<'a> Cursor<'a> {
    /// The fields of a mapping that describes `what`, such as "a step": its keys are those that are asked for.
    pub fn fields(&self, what: impl Into<Cow<'static, str>>) -> Option<Fields<'a>> {
        let what = what.into();
        match self.node().as_mapping() {
            Some(entries) => Some(Fields::new(self.clone(), what, entries)),
            None => self.expected(&format!("{what} (a mapping of keys to values)")),
        }
    }

    /// The fields of a mapping whose keys are in a table.
    pub fn mapping(&self, table: &'static Mapping) -> Option<Fields<'a>> {
        match self.node().as_mapping() {
            Some(entries) => Some(Fields::of(self.clone(), table, entries)),
            None => self.expected(&format!("{} (a mapping of keys to values)", table.what)),
        }
    }

    /// The one entry of a mapping whose key says what its value is, as in `reader: {csv: {…}}`.
    #[must_use]
    pub fn only_entry(&self, what: &str) -> Option<(&'a Key, Self)> {
        match self.node().as_mapping() {
            Some([(key, node)]) => Some((key, self.entry(key, node))),
            Some([_, (second, _), ..]) => {
                let problem =
                    self.problem(format!("{what} has exactly one key")).code(Code::ExclusiveKeys).span(second.span());
                self.refuse(problem.help("leave this key out, or indent it under the one above"))
            }
            Some([]) | None => self.expected(&format!("{what} (a mapping with exactly one key)")),
        }
    }

    /// A list, each item read by `read`. All items are read even when one of them is refused.
    #[must_use]
    pub fn list<T>(&self, mut read: impl FnMut(&Self) -> Option<T>) -> Option<Vec<T>> {
        let Some(items) = self.node().as_sequence() else { return self.expected("a list") };
        let read: Vec<Option<T>> =
            items.iter().enumerate().map(|(index, node)| read(&self.item(index, node))).collect();
        read.into_iter().collect()
    }

    /// A list, or one item that stands for a list of one.
    #[must_use]
    pub fn list_or_one<T>(&self, mut read: impl FnMut(&Self) -> Option<T>) -> Option<Vec<T>> {
        match self.node().as_sequence() {
            Some(_) => self.list(read),
            None => read(self).map(|one| vec![one]),
        }
    }

    /// A mapping of free keys, each value read by `read`. All values are read even when one of them is refused.
    #[must_use]
    pub fn map<T>(&self, mut read: impl FnMut(&'a Key, &Self) -> Option<T>) -> Option<Vec<(Key, T)>> {
        let Some(entries) = self.node().as_mapping() else { return self.expected("a mapping") };
        let read: Vec<Option<(Key, T)>> =
            entries.iter().map(|(key, node)| Some((key.clone(), read(key, &self.entry(key, node))?))).collect();
        read.into_iter().collect()
    }
}
