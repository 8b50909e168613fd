//! The fields of a mapping: which it must have, which it may have, and that it has no others.

use std::borrow::Cow;

use super::scalar::shown;
use super::shape::{Mapping, Presence};
use super::spelling::{listed, nearest};
use super::{Code, Cursor, Key, Node, Problem};

/// How many keys an error lists as the ones that are allowed.
const LISTED_KEYS: usize = 12;

/// A key that other programs have, and this mapping has not.
#[derive(Clone, Copy, Debug)]
pub struct Habit {
    /// The key of the others.
    pub word: &'static str,
    /// The keys here of which one is most likely meant; none where there is nothing like it.
    pub meant: &'static [&'static str],
    /// What to write instead.
    pub instead: &'static str,
}

/// A mapping that is read field by field. [`finish`](Self::finish) reports the keys that nobody asked for.
#[derive(Debug)]
#[must_use = "only `finish` finds unknown keys"]
pub struct Fields<'a> {
    at: Cursor<'a>,
    what: Cow<'static, str>,
    entries: &'a [(Key, Node)],
    /// What the mapping may hold; without a table that is what is asked for.
    table: Option<&'static Mapping>,
    /// The keys that were asked for, in that order.
    asked: Vec<&'static str>,
    /// The required keys that are absent. They are reported at the end, because a misspelt one is said only once.
    missing: Vec<&'static str>,
    /// What is written here by those who come from other programs.
    habits: &'static [Habit],
}

impl<'a> Fields<'a> {
    pub(super) fn new(at: Cursor<'a>, what: Cow<'static, str>, entries: &'a [(Key, Node)]) -> Self {
        Self { at, what, entries, table: None, asked: Vec::new(), missing: Vec::new(), habits: &[] }
    }

    pub(super) fn of(at: Cursor<'a>, table: &'static Mapping, entries: &'a [(Key, Node)]) -> Self {
        let is_absent = |name: &str| !entries.iter().any(|(key, _)| key.name() == name);
        let required = table.fields.iter().filter(|field| field.presence == Presence::Required);
        let missing = required.map(|field| field.name).filter(|name| is_absent(name)).collect();
        let (what, habits) = (table.what.into(), table.habits);
        Self { at, what, entries, table: Some(table), asked: Vec::new(), missing, habits }
    }

    /// Calls the mapping otherwise in messages, as in "step `load`".
    pub fn called(mut self, what: impl Into<Cow<'static, str>>) -> Self {
        self.what = what.into();
        self
    }

    /// The cursor at the mapping itself, for problems that concern several of its fields.
    #[must_use]
    pub fn at(&self) -> &Cursor<'a> {
        &self.at
    }

    /// The value of a key, if the mapping has it. Where no table says which keys there are, it is allowed from now on.
    pub fn get(&mut self, key: &'static str) -> Option<Cursor<'a>> {
        debug_assert!(
            self.table.is_none_or(|table| table.field(key).is_some()),
            "`{key}` is read and not in the table of {}",
            self.what
        );
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let (key, node) = self.entries.iter().find(|(name, _)| name.name() == key)?;
        Some(self.at.entry(key, node))
    }

    /// The value of a key that has to be there.
    pub fn required<T>(&mut self, key: &'static str, read: impl FnOnce(&Cursor<'a>) -> Option<T>) -> Option<T> {
        debug_assert!(self.presence(key).is_none_or(|found| found == Presence::Required), "`{key}` may be left out");
        match self.get(key) {
            Some(value) => read(&value),
            None => {
                if !self.missing.contains(&key) {
                    self.missing.push(key);
                }
                None
            }
        }
    }

    /// The value of a key that may be absent: `Some(None)` where it is, `None` where it is wrong.
    pub fn optional<T>(&mut self, key: &'static str, read: impl FnOnce(&Cursor<'a>) -> Option<T>) -> Option<Option<T>> {
        debug_assert!(self.presence(key) != Some(Presence::Required), "`{key}` has to be there");
        self.get(key).map_or(Some(None), |value| read(&value).map(Some))
    }

    /// The value of a key, or `default` where it is absent.
    pub fn or<T>(&mut self, key: &'static str, default: T, read: impl FnOnce(&Cursor<'a>) -> Option<T>) -> Option<T> {
        debug_assert!(self.presence(key) != Some(Presence::Required), "`{key}` has to be there");
        self.get(key).map_or(Some(default), |value| read(&value))
    }

    /// The one key of several that the mapping has, and its value. None or two are a problem.
    pub fn exactly_one_of(&mut self, keys: &[&'static str]) -> Option<(&'static str, Cursor<'a>)> {
        debug_assert!(
            self.table.is_none_or(|table| table.choice == keys),
            "the table of {} knows no such choice",
            self.what
        );
        let found = self.at_most_one_of(keys)?;
        found.or_else(|| {
            if self.is_misspelt(keys) {
                return None;
            }
            let message = format!("{} needs exactly one of {}", self.what, one_of(keys));
            self.at.refuse(self.at.problem_of_key(message).code(Code::ExclusiveKeys))
        })
    }

    /// The key of several that the mapping has, and its value, if it has one: `Some(None)` where it has none. Two are
    /// a problem.
    pub fn at_most_one_of(&mut self, keys: &[&'static str]) -> Option<Option<(&'static str, Cursor<'a>)>> {
        let mut found: Vec<_> = keys.iter().filter_map(|key| Some((*key, self.get(key)?))).collect();
        found.sort_by_key(|(_, value)| value.key().map(Key::span));
        match found.as_slice() {
            [] | [_] => Some(found.pop()),
            [first, second, ..] => {
                let message = format!("{} has both `{}` and `{}`", self.what, first.0, second.0);
                let problem = second.1.problem_of_key(message).path(self.at.path().clone());
                let problem = problem.code(Code::ExclusiveKeys);
                let problem = match first.1.key() {
                    Some(key) => problem.related(key.span(), format!("`{}` is given here", first.0)),
                    None => problem,
                };
                self.at.refuse(problem.help(format!("choose one of {}", one_of(keys))))
            }
        }
    }

    /// Reports every key that nobody asked for, with the nearest right one.
    pub fn finish(mut self) {
        let known = self.known();
        debug_assert!(
            known.iter().all(|key| self.asked.contains(key)),
            "the table of {} has {known:?}, and only {:?} are read",
            self.what,
            self.asked
        );
        for (key, _) in self.entries.iter().filter(|(key, _)| !known.contains(&key.name())) {
            let meant = self.meant(key.name(), &known);
            self.missing.retain(|missing| !meant.contains(missing));
            self.at.reading().report(self.unknown(key, &known));
        }
    }

    /// Whether one of the unknown keys was most likely meant to be one of `keys`. That is said when the unknown keys are told.
    pub(crate) fn is_misspelt(&self, keys: &[&'static str]) -> bool {
        let known = self.known();
        let mut unknown = self.entries.iter().map(|(key, _)| key.name()).filter(|name| !known.contains(name));
        unknown.any(|name| self.meant(name, &known).iter().any(|meant| keys.contains(meant)))
    }

    /// The keys of which one is most likely meant by an unknown one.
    fn meant(&self, key: &str, known: &[&'static str]) -> Vec<&'static str> {
        match self.habit(key) {
            Some(habit) => habit.meant.to_vec(),
            None => nearest(key, known.iter().copied()).into_iter().collect(),
        }
    }

    /// What is known of a key that other programs have.
    fn habit(&self, key: &str) -> Option<&'static Habit> {
        self.habits.iter().find(|habit| habit.word == key)
    }

    /// What the table says about a key.
    fn presence(&self, key: &str) -> Option<Presence> {
        self.table?.field(key).map(|field| field.presence)
    }

    /// The keys that are allowed.
    fn known(&self) -> Vec<&'static str> {
        match self.table {
            Some(table) => table.fields.iter().map(|field| field.name).collect(),
            None => self.asked.clone(),
        }
    }

    fn unknown(&self, key: &Key, known: &[&'static str]) -> Problem {
        let message = format!("unknown key `{}` in {}", shown(key.name()), self.what);
        let mut problem = self.at.problem(message).code(Code::UnknownKey).span(key.span());
        if let Some(habit) = self.habit(key.name()) {
            problem = problem.help(habit.instead);
        } else if let Some(near) = nearest(key.name(), known.iter().copied()) {
            problem = problem.help(format!("did you mean `{near}`?"));
        }
        match known.len() {
            0 => problem.help("no key is allowed here"),
            1..=LISTED_KEYS => problem.help(format!("the keys here are {}", listed(known.iter().copied(), "and"))),
            _ => problem,
        }
    }
}

/// Reports the keys that are missing, also where reading ends early.
impl Drop for Fields<'_> {
    fn drop(&mut self) {
        for key in &self.missing {
            let message = format!("{} needs the key `{key}`", self.what);
            self.at.reading().report(self.at.problem_of_key(message).code(Code::MissingKey));
        }
    }
}

fn one_of(keys: &[&'static str]) -> String {
    listed(keys.iter().copied(), "or")
}
