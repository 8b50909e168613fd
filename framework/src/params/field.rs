//! What a field of a Rust type says of its parameter.

use std::borrow::Cow;
use std::fmt;
use std::ops::{RangeFrom, RangeInclusive, RangeToInclusive};

use super::{Check, ParamDeclaration, ParamProblem, ParamType, ParamValue, parse};
use crate::row::Value;

/// What a field says of its parameter.
pub struct Field<T> {
    pub(super) declaration: ParamDeclaration,
    /// Default and pattern as texts, until all rules of the field are known.
    written: Written,
    pub(super) read: fn(&Value) -> Option<T>,
    value: fn(&T) -> Value,
}

#[derive(Debug, Default)]
struct Written {
    default: Option<Cow<'static, str>>,
    pattern: Option<Cow<'static, str>>,
}

impl<T: ParamValue> Field<T> {
    /// The field of the parameter `name`, with what its type says of it.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>) -> Self {
        let declaration = T::declare(ParamDeclaration::new(name, T::TYPE));
        Self { declaration, written: Written::default(), read: T::from_value, value: T::to_value }
    }
}

// No bound here: with a type that is no parameter, `new` is the only error that rustc reports.
impl<T> Field<T> {
    /// What the parameter is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.declaration.description = Some(description.into());
        self
    }

    /// The value when none is given.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "the value belongs to the field, as every other does")]
    pub fn default(mut self, value: T) -> Self {
        self.declaration.default = Some((self.value)(&value));
        self
    }

    /// The value when none is given, as a job file would write it: `2026-10-30`, `90s`, `0.0375`.
    #[must_use]
    pub fn default_text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.written.default = Some(text.into());
        self
    }

    /// The least and the greatest value, each included: `1..=64`, `1..` or `..=64`.
    #[must_use]
    pub fn range(mut self, limits: impl Limits<T>) -> Self {
        let (least, greatest) = limits.limits();
        let value = |limit: Option<T>| limit.map(|limit| (self.value)(&limit));
        let (minimum, maximum) = (value(least), value(greatest));
        self.declaration.minimum = minimum.or(self.declaration.minimum);
        self.declaration.maximum = maximum.or(self.declaration.maximum);
        self
    }

    /// What the text of the value matches, whole.
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<Cow<'static, str>>) -> Self {
        self.written.pattern = Some(pattern.into());
        self
    }

    /// The only values there are.
    #[must_use]
    pub fn one_of(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.declaration.choices = values.into_iter().map(|value| (self.value)(&value)).collect();
        self
    }

    /// Whether the value belongs to the key of the job instance; it does unless this says no.
    #[must_use]
    pub fn identifying(mut self, identifying: bool) -> Self {
        self.declaration.identifying = identifying;
        self
    }

    /// Keeps the value out of every row and masks it in every output. It does not identify the instance.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.declaration.secret = true;
        self.identifying(false)
    }

    /// A rule of one's own. Its error is the end of a sentence that begins with the value: "is a holiday".
    #[must_use]
    pub fn check<E>(mut self, rule: fn(&T) -> Result<(), E>) -> Self
    where
        T: 'static,
        E: fmt::Display + 'static,
    {
        let read = self.read;
        let check = move |value: &Value| match read(value) {
            Some(value) => rule(&value).map_err(|broken| broken.to_string()),
            None => Ok(()),
        };
        self.declaration.check = Some(Check::new(check));
        self
    }

    /// The name of the parameter.
    pub(super) fn name(&self) -> &str {
        &self.declaration.name
    }

    /// The value as parameters are bound and stored.
    pub(super) fn value_of(&self, value: &T) -> Value {
        (self.value)(value)
    }

    /// Says that there is always a value.
    pub(super) fn required(mut self) -> Self {
        let has_default = self.declaration.default.is_some() || self.written.default.is_some();
        self.declaration.required = !has_default;
        self.declaration.nullable = false;
        self
    }

    /// The declaration, when its texts are what they are meant to be.
    pub(super) fn finish(self) -> Result<ParamDeclaration, ParamProblem> {
        let Self { mut declaration, written, .. } = self;
        let name = declaration.name.clone();
        let problem = |message: String| ParamProblem { name: name.to_string(), message, help: None };
        if let Some(pattern) = written.pattern {
            let compiled = ParamDeclaration::compile_pattern(&pattern);
            let compiled = compiled.map_err(|error| problem(format!("the pattern of parameter `{name}`: {error}")));
            declaration.pattern = Some(compiled?);
        }
        if let Some(text) = written.default {
            let expected = declaration.kind.expectation();
            let message = || format!("the default of parameter `{name}`: expected {expected}, found {text:?}");
            declaration.default = Some(parse(declaration.kind, &text).ok_or_else(|| problem(message()))?);
        }
        if let Some(default) = &declaration.default
            && let Some(rule) = super::broken_rule(&declaration, default)
        {
            return Err(problem(format!("the default of parameter `{name}`: `{default}` {rule}")));
        }
        Ok(declaration)
    }
}

/// The limits of a [`Field`]. Ranges without their end are none: a limit is a value that may be given.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no range of a parameter of type `{T}`",
    label = "expected `low..=high`, `low..` or `..=high`",
    note = "the limits of a parameter belong to it: write `0..=9` for `0..10`"
)]
pub trait Limits<T>: sealed::Sealed {
    /// The least and the greatest value.
    fn limits(self) -> (Option<T>, Option<T>);
}

mod sealed {
    use std::ops::{RangeFrom, RangeInclusive, RangeToInclusive};

    pub trait Sealed {}

    impl<T> Sealed for RangeInclusive<T> {}
    impl<T> Sealed for RangeFrom<T> {}
    impl<T> Sealed for RangeToInclusive<T> {}
}

impl<T> Limits<T> for RangeInclusive<T> {
    fn limits(self) -> (Option<T>, Option<T>) {
        let (least, greatest) = self.into_inner();
        (Some(least), Some(greatest))
    }
}

impl<T> Limits<T> for RangeFrom<T> {
    fn limits(self) -> (Option<T>, Option<T>) {
        (Some(self.start), None)
    }
}

impl<T> Limits<T> for RangeToInclusive<T> {
    fn limits(self) -> (Option<T>, Option<T>) {
        (None, Some(self.end))
    }
}

impl<T> fmt::Debug for Field<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("declaration", &self.declaration).field("written", &self.written).finish()
    }
}

/// A parameter whose type is known only to serde: any JSON, checked when it is given.
impl<T> Field<T>
where
    T: serde::de::DeserializeOwned + serde::Serialize + 'static,
{
    /// The field of the parameter `name`, given as JSON.
    #[must_use]
    pub fn json(name: impl Into<Box<str>>) -> Self {
        fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, serde_json::Error> {
            serde_json::from_value(value.to_json())
        }
        let mut declaration = ParamDeclaration::new(name, ParamType::Json);
        declaration.check =
            Some(Check::new(|value| read::<T>(value).map(drop).map_err(|error| format!("is refused: {error}"))));
        let value = |value: &T| match serde_json::to_value(value) {
            Ok(json) => Value::Json(Box::new(json)),
            Err(_) => Value::Null,
        };
        Self { declaration, written: Written::default(), read: |value| read(value).ok(), value }
    }
}
