//! The fields of a mapping: which it must have, which it may have, and that it has no others.

use std::borrow::Cow;

use super::scalar::shown;
use super::spelling::{listed, nearest};
use super::{Code, Cursor, Key, Node, Problem};

/// How many keys an error lists as the ones that are allowed.
const LISTED_KEYS: usize = 12;

/// A key as other programs call it, and what to write here instead.
pub type Habit = (&'static str, &'static str);

/// A mapping that is read field by field. [`finish`](Self::finish) reports the keys that nobody asked for.
#[derive(Debug)]
#[must_use = "only `finish` finds unknown keys"]
pub struct Fields<'a> {
    at: Cursor<'a>,
    what: Cow<'static, str>,
    entries: &'a [(Key, Node)],
    /// The keys that were asked for, in that order.
    asked: Vec<&'static str>,
    /// The required keys that are absent. They are reported at the end, because a misspelt one is said only once.
    missing: Vec<&'static str>,
    /// What is written here by those who come from other programs.
    habits: &'static [Habit],
}

impl<'a> Fields<'a> {
    pub(super) fn new(at: Cursor<'a>, what: Cow<'static, str>, entries: &'a [(Key, Node)]) -> Self {
        Self { at, what, entries, asked: Vec::new(), missing: Vec::new(), habits: &[] }
    }

    /// Names keys that are not allowed but often meant: a problem of one of them says what to write instead.
    pub fn habits(mut self, habits: &'static [Habit]) -> Self {
        self.habits = habits;
        self
    }

    /// The cursor at the mapping itself, for problems that concern several of its fields.
    #[must_use]
    pub fn at(&self) -> &Cursor<'a> {
        &self.at
    }

    /// The value of a key, if the mapping has it. The key is allowed from now on.
    pub fn get(&mut self, key: &'static str) -> Option<Cursor<'a>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let (key, node) = self.entries.iter().find(|(name, _)| name.name() == key)?;
        Some(self.at.entry(key, node))
    }

    /// The value of a key that has to be there.
    pub fn required<T>(&mut self, key: &'static str, read: impl FnOnce(&Cursor<'a>) -> Option<T>) -> Option<T> {
        match self.get(key) {
            Some(value) => read(&value),
            None => {
                self.missing.push(key);
                None
            }
        }
    }

    /// The value of a key that may be absent: `Some(None)` where it is, `None` where it is wrong.
    pub fn optional<T>(&mut self, key: &'static str, read: impl FnOnce(&Cursor<'a>) -> Option<T>) -> Option<Option<T>> {
        self.get(key).map_or(Some(None), |value| read(&value).map(Some))
    }

    /// The value of a key, or `default` where it is absent.
    pub fn or<T>(&mut self, key: &'static str, default: T, read: impl FnOnce(&Cursor<'a>) -> Option<T>) -> Option<T> {
        self.get(key).map_or(Some(default), |value| read(&value))
    }

    /// The one key of several that the mapping has, and its value. None or two are a problem.
    pub fn exactly_one_of(&mut self, keys: &[&'static str]) -> Option<(&'static str, Cursor<'a>)> {
        let found = self.at_most_one_of(keys)?;
        found.or_else(|| {
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
        for (key, _) in self.entries.iter().filter(|(key, _)| !self.asked.contains(&key.name())) {
            let near = nearest(key.name(), self.asked.iter().copied());
            self.missing.retain(|missing| Some(*missing) != near);
            self.at.reading().report(self.unknown(key, near));
        }
    }

    fn unknown(&self, key: &Key, near: Option<&str>) -> Problem {
        let message = format!("unknown key `{}` in {}", shown(key.name()), self.what);
        let mut problem = self.at.problem(message).code(Code::UnknownKey).span(key.span());
        let habit = self.habits.iter().find(|(word, _)| *word == key.name());
        if let Some((_, instead)) = habit {
            problem = problem.help(*instead);
        } else if let Some(near) = near {
            problem = problem.help(format!("did you mean `{near}`?"));
        }
        match self.asked.len() {
            0 => problem.help("no key is allowed here"),
            1..=LISTED_KEYS => problem.help(format!("the keys here are {}", listed(self.asked.iter().copied(), "and"))),
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
