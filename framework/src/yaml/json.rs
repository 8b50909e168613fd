//! A document as JSON.

use serde_json::{Map, Number, Value};

use super::{Kind, Node, Scalar, Style, number};

impl Node {
    /// The value as JSON, for schema checks and for comparisons. Plain scalars become booleans and numbers by the core
    /// schema of YAML 1.2; a whole number beyond 64 bits and every fraction is a float, as JSON readers have it, so that
    /// amounts of money must not go this way.
    ///
    /// ```
    /// use overnight_framework::yaml::{Source, parse};
    ///
    /// let root = parse(&Source::new("a.yaml", "size: 10\ncode: 007\nmode: no\nnone:"))?;
    /// assert_eq!(root.to_json().to_string(), r#"{"code":"007","mode":"no","none":null,"size":10}"#);
    /// # Ok::<(), overnight_framework::yaml::Problems>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Scalar(scalar) => scalar.to_json(),
            Kind::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Kind::Mapping(entries) => {
                let entry = |(key, value): &(super::Key, Self)| (key.name().to_owned(), value.to_json());
                Value::Object(entries.iter().map(entry).collect::<Map<_, _>>())
            }
        }
    }
}

impl Scalar {
    fn to_json(&self) -> Value {
        let text = self.text();
        match (self.style(), text) {
            (Style::Quoted, _) => text.into(),
            (Style::Plain, "true") => true.into(),
            (Style::Plain, "false") => false.into(),
            (Style::Plain, _) => json_number(text).map_or_else(|| text.into(), Value::Number),
        }
    }
}

impl Scalar {
    /// Whether YAML 1.2 takes it for a number, a truth or nothing, written as JSON does not write it: `0x1F`, `.nan`, `TRUE`. So
    /// it is a text for [`Node::to_json`], which is most likely not what was meant.
    pub(crate) fn is_foreign_to_json(&self) -> bool {
        self.to_json().is_string() && self.style() == Style::Plain && number::is_of_core_schema(self.text())
    }
}

fn json_number(text: &str) -> Option<Number> {
    match number::value(text)? {
        number::Value::Int(value) => Some(value.into()),
        number::Value::Large(value) => Some(value.into()),
        number::Value::Float(value) => Number::from_f64(value),
    }
}
