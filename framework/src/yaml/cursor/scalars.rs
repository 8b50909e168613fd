//! Readers for values of one word: texts, numbers, durations, names.

use std::fmt::Display;
use std::ops::{Bound, RangeBounds};
use std::time::Duration;

use super::{Cursor, NAME_RULE, is_name};
use crate::yaml::scalar::shown;
use crate::yaml::spelling::{listed, nearest};
use crate::yaml::{Code, Problem, Scalar, Style, Tolerance, number, units};

impl<'a> Cursor<'a> {
    /// A text, however it is written: `007` is the text `007`.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        self.scalar("a text").map(Scalar::text)
    }

    /// A text of at least one character.
    #[must_use]
    pub fn filled_text(&self) -> Option<&'a str> {
        let text = self.text()?;
        if text.is_empty() {
            self.refuse(self.problem("expected a text, found an empty one").code(Code::Empty))
        } else {
            Some(text)
        }
    }

    /// A whole number within a range, such as `1..=256` or `0..`.
    #[must_use]
    pub fn integer(&self, range: impl RangeBounds<i64>) -> Option<i64> {
        let what = format!("an integer{}", range_words(&range));
        let text = self.plain(&what)?;
        if !number::is_integer(text) {
            return self.refuse(self.not_a_number(&what, text));
        }
        match text.parse() {
            Ok(value) if range.contains(&value) => Some(value),
            _ => self.expected(&what),
        }
    }

    /// A whole number or a fraction as its exact text, with or without quotes: `0.0375`.
    #[must_use]
    pub fn decimal(&self) -> Option<&'a str> {
        let what = "a decimal such as 0.0375";
        let text = self.scalar(what)?.text();
        if number::is_decimal(text) { Some(text) } else { self.refuse(self.not_a_number(what, text)) }
    }

    /// `true` or `false`, without quotes.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self.plain("`true` or `false`")? {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let problem = self.unexpected("`true` or `false`");
                self.refuse(match other.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" => problem.help("write `true`"),
                    "no" | "off" | "n" | "false" => problem.help("write `false`"),
                    _ => problem,
                })
            }
        }
    }

    /// A length of time: `90s`, `30m`, `2h`, `7d`, `1h30m`, `200ms`, or ISO 8601 as in `PT1H30M`.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.parsed("a duration such as 90s, 1h30m or PT1H30M", units::duration)
    }

    /// A count or a share: `5`, `0.1%`.
    #[must_use]
    pub fn tolerance(&self) -> Option<Tolerance> {
        self.parsed("a count such as 5 or a percentage such as 0.1%", units::tolerance)
    }

    /// A share without a fraction: `20%`.
    #[must_use]
    pub fn whole_percentage(&self) -> Option<u8> {
        self.parsed("a percentage from 0% to 100%", units::whole_percentage)
    }

    /// One of a few words, each with what it stands for.
    #[must_use]
    pub fn one_of<T: Clone>(&self, words: &[(&str, T)]) -> Option<T> {
        let all = || words.iter().map(|(word, _)| *word);
        let what = || listed(all(), "or");
        let Some(scalar) = self.node().as_scalar() else { return self.expected(&what()) };
        let text = scalar.text();
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(value.clone());
        }
        self.refuse(self.suggesting(self.unexpected(&what()), text, all()))
    }

    /// The name of a job, a step or a parameter ([`is_name`]).
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        let text = self.scalar("a name")?.text();
        if is_name(text) {
            Some(text)
        } else {
            self.refuse(self.problem(not_a_name(text)).code(Code::NotAName).help(NAME_RULE))
        }
    }

    /// The key of this value, which has to be a name ([`is_name`]).
    #[must_use]
    pub fn key_name(&self) -> Option<&'a str> {
        let Some(key) = self.key() else { return self.expected("a key with a name") };
        let problem = || self.problem_of_key(not_a_name(key.name())).code(Code::NotAName).help(NAME_RULE);
        if is_name(key.name()) { Some(key.name()) } else { self.refuse(problem()) }
    }

    /// The text of the value as `parse` understands it; what `parse` says behind "expected …" is its help.
    #[must_use]
    pub fn parsed<T, E: Display>(&self, what: &str, parse: impl FnOnce(&'a str) -> Result<T, E>) -> Option<T> {
        let text = self.scalar(what)?.text();
        parse(text).map_or_else(|why| self.refuse(self.unexpected(what).help(why.to_string())), Some)
    }

    /// Adds "did you mean …?" to a problem, where one of the candidates is near.
    #[must_use]
    pub fn suggesting<'w>(
        &self,
        problem: Problem,
        word: &str,
        candidates: impl IntoIterator<Item = &'w str>,
    ) -> Problem {
        match nearest(word, candidates) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        }
    }

    /// The text of a value without quotes.
    fn plain(&self, what: &str) -> Option<&'a str> {
        let scalar = self.scalar(what)?;
        match scalar.style() {
            Style::Plain => Some(scalar.text()),
            Style::Quoted => self.refuse(self.unexpected(what).help("leave the quotes out")),
        }
    }

    fn not_a_number(&self, what: &str, text: &str) -> Problem {
        let problem = self.unexpected(what);
        match number::repaired(text) {
            Some(number) => problem.help(format!("write `{number}`")),
            None => problem,
        }
    }
}

fn range_words(range: &impl RangeBounds<i64>) -> String {
    let least = match range.start_bound() {
        Bound::Included(least) => Some(*least),
        Bound::Excluded(below) => Some(below.saturating_add(1)),
        Bound::Unbounded => None,
    };
    let most = match range.end_bound() {
        Bound::Included(most) => Some(*most),
        Bound::Excluded(above) => Some(above.saturating_sub(1)),
        Bound::Unbounded => None,
    };
    match (least, most) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    }
}

fn not_a_name(text: &str) -> String {
    format!("`{}` is not a name", shown(text))
}
