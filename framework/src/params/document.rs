//! Parameters as a user gives them: JSON documents and `name=value` pairs, not yet typed.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::yaml::MAX_BYTES;

/// One given value.
#[derive(Clone, Debug)]
pub enum Given {
    /// The text behind `name=`; its type comes from the declaration.
    Text(String),
    /// JSON as it was written.
    Json {
        /// The JSON text.
        text: String,
        /// Where it stands, if it was read from a document.
        place: Option<GivenPlace>,
    },
    /// The value that an earlier run stored, checked then and not again.
    Stored(serde_json::Value),
}

/// Where a value stands in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenPlace {
    /// The name of the document, if it has one, such as the path of a file.
    pub document: Option<Arc<str>>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// The parameters that a user gives, by name.
#[derive(Clone, Debug, Default)]
pub struct GivenParams {
    values: BTreeMap<String, Given>,
}

/// Why a parameter document cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is no JSON object. What serde_json says is said in other words, and is no cause that would be said again.
    #[error("the parameters are not a JSON object: {}", explained(.0))]
    Json(serde_json::Error),
    /// It is larger than anything a parameter document can need.
    #[error("the parameters have {size} bytes, the limit is {}", GivenParams::LIMIT)]
    TooLarge {
        /// The size of the document in bytes.
        size: usize,
    },
    /// A `name=value` pair without its equals sign.
    #[error("`{0}` is no parameter: expected NAME=VALUE")]
    NoPair(String),
}

impl From<serde_json::Error> for DocumentError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl GivenParams {
    /// The largest document that is read, in bytes.
    pub const LIMIT: usize = MAX_BYTES;

    /// Reads a JSON object. An empty text is an empty object, as in gobatch.
    ///
    /// # Errors
    /// When `text` is no JSON object, names a parameter twice, or is larger than 1 MiB.
    pub fn from_json(text: &str) -> Result<Self, DocumentError> {
        Self::read(None, text)
    }

    /// The same of a document with a name, which stands before the places in messages: `params.json:3:11`.
    ///
    /// # Errors
    /// As [`GivenParams::from_json`].
    pub fn from_document(name: &str, text: &str) -> Result<Self, DocumentError> {
        Self::read(Some(name.into()), text)
    }

    fn read(name: Option<Arc<str>>, text: &str) -> Result<Self, DocumentError> {
        if text.len() > Self::LIMIT {
            return Err(DocumentError::TooLarge { size: text.len() });
        }
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let document: Document<'_> = serde_json::from_str(text)?;
        let mut place = Place { name, text, offset: 0, line: 1, column: 1 };
        let located = |(name, raw)| (name, place.located(raw));
        Ok(Self { values: document.0.into_iter().map(located).collect() })
    }

    /// Takes them from what a program has: a `serde_json::Value`, or a struct of its own.
    ///
    /// ```
    /// use overnight_framework::params::GivenParams;
    /// use serde_json::json;
    ///
    /// let given = GivenParams::of(&json!({ "day": "2026-10-30" }))?;
    /// assert!(given.get("day").is_some());
    /// # Ok::<(), overnight_framework::params::DocumentError>(())
    /// ```
    ///
    /// # Errors
    /// When it is no JSON object, or larger than 1 MiB.
    pub fn of(params: &impl Serialize) -> Result<Self, DocumentError> {
        Self::from_json(&serde_json::to_string(params)?)
    }

    /// Adds the pair `name=value`; it replaces a value that a document gave.
    ///
    /// # Errors
    /// When `pair` has no equals sign or no name before it.
    pub fn set_pair(&mut self, pair: &str) -> Result<(), DocumentError> {
        match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                self.values.insert(name.to_owned(), Given::Text(value.to_owned()));
                Ok(())
            }
            _ => Err(DocumentError::NoPair(pair.to_owned())),
        }
    }

    /// Adds the value of `name`; it replaces one that is there.
    pub fn set(&mut self, name: impl Into<String>, value: Given) {
        self.values.insert(name.into(), value);
    }

    /// Adds all of `other`; its values replace ours.
    pub fn extend(&mut self, other: Self) {
        self.values.extend(other.values);
    }

    /// Adds the stored JSON `value` unless `name` is given: how a restart takes the parameters of its instance.
    pub fn set_default(&mut self, name: &str, value: &serde_json::Value) {
        self.values.entry(name.to_owned()).or_insert_with(|| Given::Stored(value.clone()));
    }

    /// The given value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Given> {
        self.values.get(name)
    }

    /// All given names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Whether nothing is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// What serde_json says, in words, with the place.
fn explained(error: &serde_json::Error) -> String {
    let said = error.to_string();
    match place_of(error) {
        place if said.ends_with(&place) => in_words(error) + &place,
        _ => said,
    }
}

fn place_of(error: &serde_json::Error) -> String {
    format!(" at line {} column {}", error.line(), error.column())
}

/// What serde_json says, in the words of somebody who types JSON and does not parse it, without the place.
pub(super) fn in_words(error: &serde_json::Error) -> String {
    let said = error.to_string();
    // serde_json has a category for the end alone; what else is wrong it tells in words.
    let words = match (error.classify(), said.strip_suffix(&place_of(error)).unwrap_or(&said)) {
        (Category::Eof, _) => "it ends before it is complete",
        (_, "key must be a string") => "a name stands in double quotes",
        (_, "trailing characters") => "something stands behind it",
        (_, "expected value") => "no value begins here",
        // A word that begins as one of the three does and goes on otherwise.
        (_, "expected ident") => "without quotes stands no word but true, false and null",
        (_, "recursion limit exceeded") => "it is nested more than 127 levels deep",
        (_, other) => other,
    };
    words.to_owned()
}

/// A place that moves through a document once, from value to value.
struct Place<'a> {
    name: Option<Arc<str>>,
    text: &'a str,
    offset: usize,
    line: usize,
    column: usize,
}

impl Place<'_> {
    /// `raw` borrows from the text, so the distance of their first bytes is its place.
    fn located(&mut self, raw: &RawValue) -> Given {
        let offset = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        for letter in self.text.get(self.offset..offset).unwrap_or_default().chars() {
            match letter {
                '\n' => (self.line, self.column) = (self.line + 1, 1),
                _ => self.column += 1,
            }
        }
        self.offset = offset;
        let place = GivenPlace { document: self.name.clone(), line: self.line, column: self.column };
        Given::Json { text: raw.get().to_owned(), place: Some(place) }
    }
}

/// A JSON object whose names differ: `serde_json` alone would let the last one win.
struct Document<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Document<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Document<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object such as {\"business_date\": \"2026-10-30\"}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries: Vec<(String, &'de RawValue)> = Vec::new();
                let mut names = HashSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    if !names.insert(name.clone()) {
                        return Err(A::Error::custom(format_args!("the parameter `{name}` is given twice")));
                    }
                    entries.push((name, map.next_value()?));
                }
                Ok(Document(entries))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn bad_json_is_refused_with_its_place() {
        let error = GivenParams::from_json("{\n  \"a\": 1,\n}").unwrap_err().to_string();
        assert!(error.contains("line 3 column 1"), "{error}");
        let error = GivenParams::from_json("[1]").unwrap_err().to_string();
        assert!(error.contains("expected an object"), "{error}");
    }

    #[test]
    fn bad_json_is_told_in_words_of_those_who_type_it() {
        for (text, words) in [
            ("{\"a\": [1,", "it ends before it is complete at line 1 column 9"),
            ("{a: 1}", "a name stands in double quotes at line 1 column 2"),
            ("{} x", "something stands behind it at line 1 column 4"),
            ("{\"a\": x}", "no value begins here at line 1 column 7"),
            ("nope", "without quotes stands no word but true, false and null at line 1 column 2"),
            ("{\"a\": nul}", "without quotes stands no word but true, false and null at line 1 column 10"),
        ] {
            let error = GivenParams::from_json(text).unwrap_err().to_string();
            assert_eq!(error, format!("the parameters are not a JSON object: {words}"));
        }
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        let error = GivenParams::from_json(r#"{"a": 1, "a": 2}"#).unwrap_err().to_string();
        assert!(error.contains("`a` is given twice"), "{error}");
    }

    #[test]
    fn an_empty_text_gives_no_parameters() {
        assert!(GivenParams::from_json(" ").unwrap().is_empty());
    }

    /// Line and column of a value.
    fn place(given: &GivenParams, name: &str) -> (usize, usize) {
        match given.get(name) {
            Some(Given::Json { place: Some(place), .. }) => (place.line, place.column),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_value_knows_its_place() {
        let given = GivenParams::from_json("{\"ä\": 1,\n \"b\": 2}").unwrap();
        assert_eq!((place(&given, "ä"), place(&given, "b")), ((1, 7), (2, 7)));
    }

    #[test]
    fn a_document_full_of_names_is_read_in_one_pass() {
        // Quadratic work would be more than ten thousand million comparisons, and as many letters counted.
        let mut text = String::from("{");
        for name in 0..110_000 {
            write!(text, r#""{name:x}":1,"#).unwrap();
        }
        text.push_str("\n \"ü\": 1}");
        assert!(text.len() <= GivenParams::LIMIT);
        let given = GivenParams::from_json(&text).unwrap();
        assert_eq!(given.names().count(), 110_001);
        assert_eq!((place(&given, "0"), place(&given, "ü")), ((1, 6), (2, 7)));
    }

    #[test]
    fn a_pair_replaces_what_the_document_gave() {
        let mut given = GivenParams::from_json(r#"{"a": 1}"#).unwrap();
        given.set_pair("a=b=c").unwrap();
        assert!(matches!(given.get("a"), Some(Given::Text(text)) if text == "b=c"));
        assert!(given.set_pair("=x").is_err());
        assert!(given.set_pair("x").is_err());
    }

    #[test]
    fn a_document_beyond_the_limit_is_refused() {
        let text = format!("{{\"a\": \"{}\"}}", "x".repeat(GivenParams::LIMIT));
        assert!(matches!(GivenParams::from_json(&text), Err(DocumentError::TooLarge { .. })));
    }
}
