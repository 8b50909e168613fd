//! Values as any type that serde can read, such as the settings of a registered step.
//!
//! serde stops at the first error, so definitions of our own are read with [`Fields`](super::Fields) instead.

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};

use super::spelling::{listed, nearest};
use super::{Code, Cursor, Key, Kind, Node, Problem, Span, Style, number};

impl Cursor<'_> {
    /// The value as a type that serde can read. What serde finds wrong is reported at the key or value it means, in
    /// whatever depth.
    ///
    /// A text takes any scalar as it is written, so that `007` stays `007` in a `String`; a plain fraction is offered to
    /// other types as a float, so that exact amounts are declared as texts or read with [`decimal`](Self::decimal).
    ///
    /// ```
    /// use overnight_framework::yaml::{self, Source};
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Csv {
    ///     path: String,
    ///     header: Option<bool>,
    /// }
    ///
    /// let source = Source::new("a.yaml", "path: in.csv\nheadr: true\n");
    /// let read = yaml::read(&source, |at| at.deserialize::<Csv>().map(|csv| (csv.path, csv.header)));
    /// assert_eq!(read.unwrap_err().to_string(), "a.yaml:2:1: unknown key `headr`; did you mean `header`?");
    /// ```
    #[must_use]
    pub fn deserialize<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(Value(self))
            .map_err(|error| error.located(self))
            .map_or_else(|error| self.refuse(error.into_problem()), Some)
    }
}

/// What serde found wrong: first only the words, then at the innermost value that it passes on its way out.
#[derive(Debug)]
struct Failure(Box<Stage>);

#[derive(Debug)]
enum Stage {
    Said { code: Code, message: String, help: Vec<String> },
    Located(Problem),
}

impl Failure {
    fn said(code: Code, message: String, help: Vec<String>) -> Self {
        Self(Box::new(Stage::Said { code, message, help }))
    }

    fn unexpected(at: &Cursor<'_>, what: &str) -> Self {
        Self(Box::new(Stage::Located(at.unexpected(what))))
    }

    fn located(self, at: &Cursor<'_>) -> Self {
        // A missing key concerns a mapping as a whole; what is wrong with a scalar is wrong there.
        match at.node().kind() {
            Kind::Mapping(_) => self.located_at(at, at.key().map_or(at.span(), Key::span)),
            Kind::Null | Kind::Scalar(_) | Kind::Sequence(_) => self.located_at(at, at.span()),
        }
    }

    fn located_at(self, at: &Cursor<'_>, span: Span) -> Self {
        match *self.0 {
            Stage::Located(_) => self,
            Stage::Said { code, message, help } => {
                let problem = at.problem(message).code(code).span(span);
                Self(Box::new(Stage::Located(help.into_iter().fold(problem, Problem::help))))
            }
        }
    }

    fn into_problem(self) -> Problem {
        match *self.0 {
            Stage::Located(problem) => problem,
            Stage::Said { code, message, .. } => Problem::new(Span::default(), message).code(code),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.0 {
            Stage::Said { message, .. } | Stage::Located(Problem { message, .. }) => f.write_str(message),
        }
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::said(Code::WrongValue, message.to_string(), Vec::new())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::said(Code::MissingKey, format!("the key `{field}` is missing"), Vec::new())
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let keys = || format!("the keys here are {}", listed(expected.iter().copied(), "and"));
        let help = suggestion(field, expected).into_iter().chain((1..=12).contains(&expected.len()).then(keys));
        Self::said(Code::UnknownKey, format!("unknown key `{}`", super::scalar::shown(field)), help.collect())
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let message =
            format!("expected {}, found `{}`", listed(expected.iter().copied(), "or"), super::scalar::shown(variant));
        Self::said(Code::WrongValue, message, suggestion(variant, expected).into_iter().collect())
    }
}

fn suggestion(word: &str, expected: &'static [&'static str]) -> Option<String> {
    nearest(word, expected.iter().copied()).map(|near| format!("did you mean `{near}`?"))
}

/// A value on its way into a type.
struct Value<'c, 'de>(&'c Cursor<'de>);

impl<'de> Value<'_, 'de> {
    /// Offers a scalar as what it looks like.
    fn visit_scalar<V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Failure> {
        let Some(scalar) = self.0.node().as_scalar() else { return Err(Failure::unexpected(self.0, "a single value")) };
        let text = scalar.text();
        match (scalar.style(), text) {
            (Style::Quoted, _) => visitor.visit_borrowed_str(text),
            (Style::Plain, "true") => visitor.visit_bool(true),
            (Style::Plain, "false") => visitor.visit_bool(false),
            (Style::Plain, _) => match number::value(text) {
                Some(number::Value::Int(value)) => visitor.visit_i64(value),
                Some(number::Value::Large(value)) => visitor.visit_u64(value),
                Some(number::Value::Float(value)) => visitor.visit_f64(value),
                None => visitor.visit_borrowed_str(text),
            },
        }
    }

    fn items(&self) -> Result<Items<'_, 'de>, Failure> {
        let items = self.0.node().as_sequence().ok_or_else(|| Failure::unexpected(self.0, "a list"))?;
        Ok(Items { at: self.0, items: items.iter().enumerate() })
    }

    fn entries(&self) -> Result<Entries<'_, 'de>, Failure> {
        let entries = self.0.node().as_mapping().ok_or_else(|| Failure::unexpected(self.0, "a mapping"))?;
        Ok(Entries { at: self.0, entries: entries.iter(), value: None })
    }
}

impl<'de> de::Deserializer<'de> for Value<'_, 'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let read = match self.0.node().kind() {
            Kind::Null => visitor.visit_unit(),
            Kind::Scalar(_) => self.visit_scalar(visitor),
            Kind::Sequence(_) => visitor.visit_seq(self.items()?),
            Kind::Mapping(_) => visitor.visit_map(self.entries()?),
        };
        read.map_err(|error| error.located(self.0))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let scalar = self.0.node().as_scalar().ok_or_else(|| Failure::unexpected(self.0, "a text"))?;
        visitor.visit_borrowed_str(scalar.text()).map_err(|error: Failure| error.located(self.0))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Failure> {
        let at = self.0;
        visitor.visit_newtype_struct(self).map_err(|error| error.located(at))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let read = match self.0.node().kind() {
            Kind::Scalar(scalar) => visitor.visit_enum(BorrowedStrDeserializer::new(scalar.text())),
            Kind::Mapping(entries) if entries.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(self.entries()?))
            }
            Kind::Null | Kind::Sequence(_) | Kind::Mapping(_) => {
                return Err(Failure::unexpected(self.0, "a word, or a mapping with exactly one key"));
            }
        };
        read.map_err(|error| error.located(self.0))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_map(self.entries()?).map_err(|error| error.located(self.0))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_map(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 bytes byte_buf unit unit_struct seq tuple tuple_struct
        ignored_any
    }
}

struct Items<'c, 'de> {
    at: &'c Cursor<'de>,
    items: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> de::SeqAccess<'de> for Items<'_, 'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some((index, node)) = self.items.next() else { return Ok(None) };
        seed.deserialize(Value(&self.at.item(index, node))).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'c, 'de> {
    at: &'c Cursor<'de>,
    entries: std::slice::Iter<'de, (Key, Node)>,
    value: Option<&'de (Key, Node)>,
}

impl<'de> de::MapAccess<'de> for Entries<'_, 'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        self.value = self.entries.next();
        let Some((key, _)) = self.value else { return Ok(None) };
        let name: BorrowedStrDeserializer<'de, Failure> = BorrowedStrDeserializer::new(key.name());
        seed.deserialize(name.into_deserializer()).map(Some).map_err(|error| error.located_at(self.at, key.span()))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Failure> {
        let Some((key, node)) = self.value.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        let at = self.at.entry(key, node);
        seed.deserialize(Value(&at)).map_err(|error| error.located(&at))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}
