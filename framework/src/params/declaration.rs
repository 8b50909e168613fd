//! What a job says of a parameter.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::BatchError;
use crate::row::{Type, Value};

/// The type of a parameter. The words are JSON Schema's where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamType {
    /// Text.
    String,
    /// A signed integer of 64 bits.
    Integer,
    /// An exact decimal.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// A calendar day, `2026-10-30`.
    Date,
    /// An instant with a zone, `2026-10-30T22:00:00Z`.
    DateTime,
    /// A length of time, `90s` or `PT1H30M`.
    Duration,
    /// Any JSON value.
    Json,
    /// A file or folder. A relative one that a user gives starts at the working directory, a default at the folder of
    /// the job file; it is made absolute before it is stored.
    Path,
}

impl ParamType {
    /// All types, in the order the documentation lists them.
    pub const ALL: [Self; 9] = [
        Self::String,
        Self::Integer,
        Self::Decimal,
        Self::Boolean,
        Self::Date,
        Self::DateTime,
        Self::Duration,
        Self::Json,
        Self::Path,
    ];

    /// The word for this type in job files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Duration => "duration",
            Self::Json => "json",
            Self::Path => "path",
        }
    }

    /// What a good value looks like, for messages: "expected …".
    #[must_use]
    pub fn expectation(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer of at most 64 bits",
            Self::Decimal => "a decimal of at most 28 digits such as 0.0375",
            Self::Boolean => "true or false",
            Self::Date => "a date such as 2026-10-30",
            Self::DateTime => "an instant with its zone such as 2026-10-30T22:00:00Z",
            Self::Duration => "a duration such as 90s, 1h30m or PT1H30M",
            Self::Json => "a JSON value whose numbers keep their digits in 64 bits",
            Self::Path => "a path",
        }
    }

    /// The type that expressions see.
    #[must_use]
    pub fn value_type(self) -> Type {
        match self {
            Self::String | Self::Path => Type::Str,
            Self::Integer => Type::Int,
            Self::Decimal => Type::Decimal,
            Self::Boolean => Type::Bool,
            Self::Date => Type::Date,
            Self::DateTime => Type::DateTime,
            Self::Duration => Type::Duration,
            Self::Json => Type::Json,
        }
    }
}

impl fmt::Display for ParamType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A declared parameter.
#[derive(Clone, Debug)]
pub struct ParamDeclaration {
    /// Its name.
    pub name: Box<str>,
    /// Its type.
    pub kind: ParamType,
    /// Whether a start without it is refused.
    pub required: bool,
    /// Whether null may be given in the place of a value, also of the default.
    pub nullable: bool,
    /// The value it has when none is given.
    pub default: Option<Value>,
    /// The only values it may have; any, when empty.
    pub choices: Vec<Value>,
    /// The least value it may have.
    pub minimum: Option<Value>,
    /// The greatest value it may have.
    pub maximum: Option<Value>,
    /// What its text must match, whole.
    pub pattern: Option<regex::Regex>,
    /// A rule of the job's own, for a job in Rust.
    pub check: Option<Check>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether its value is kept out of every row and masked in every output.
    pub secret: bool,
    /// Whether it belongs to the key of the job instance.
    pub identifying: bool,
}

/// A rule of a job's own for the values of a parameter.
#[derive(Clone)]
pub struct Check(Arc<Rule>);

/// What a value breaks, or nothing.
type Rule = dyn Fn(&Value) -> Result<(), String> + Send + Sync;

impl Check {
    /// A rule. Its error is the end of a sentence that begins with the value: "is a holiday".
    pub fn new(rule: impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(rule))
    }

    /// How `value` breaks the rule, if it does. A rule that panics is broken.
    #[must_use]
    pub fn broken_by(&self, value: &Value) -> Option<String> {
        let checked = catch_unwind(AssertUnwindSafe(|| (self.0)(value)));
        let panicked =
            |panic: Box<dyn Any + Send>| Err(format!("cannot be checked: {}", BatchError::panicked(&*panic)));
        checked.unwrap_or_else(panicked).err()
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Check")
    }
}

impl ParamDeclaration {
    /// An optional, identifying parameter without further rules, the default of a job file.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>, kind: ParamType) -> Self {
        Self {
            name: name.into(),
            kind,
            required: false,
            nullable: true,
            default: None,
            choices: Vec::new(),
            minimum: None,
            maximum: None,
            pattern: None,
            check: None,
            description: None,
            secret: false,
            identifying: true,
        }
    }

    /// Compiles the text of a `pattern`, which a value must match whole.
    ///
    /// ```
    /// use overnight_framework::params::ParamDeclaration;
    ///
    /// let pattern = ParamDeclaration::compile_pattern("a|ab")?;
    /// assert!(pattern.is_match("ab") && !pattern.is_match("abc"));
    /// # Ok::<(), regex::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it is no regular expression, or one that is too large.
    pub fn compile_pattern(text: &str) -> Result<regex::Regex, regex::Error> {
        // Alone first: `a)|(b` is none, and an error shall show the text as it was written.
        if regex_syntax::parse(text).is_err() {
            regex::Regex::new(text)?;
        }
        // It reads one short value: an automaton would cost more to build than it saves.
        regex::RegexBuilder::new(&format!("{WHOLE_BEGIN}{text}{WHOLE_END}")).dfa_size_limit(0).build()
    }

    /// The text that [`compile_pattern`](Self::compile_pattern) was given.
    #[must_use]
    pub fn written_pattern(pattern: &regex::Regex) -> &str {
        let text = pattern.as_str();
        text.strip_prefix(WHOLE_BEGIN).and_then(|text| text.strip_suffix(WHOLE_END)).unwrap_or(text)
    }
}

/// What stands around a pattern so that it matches only whole texts.
const WHOLE_BEGIN: &str = "^(?:";
const WHOLE_END: &str = ")$";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_regular_expression_by_itself_and_an_error_shows_it_alone() {
        for wrong in ["a)|(b", "(", "[z-a]", "a{1000}{1000}"] {
            assert!(ParamDeclaration::compile_pattern(wrong).is_err(), "{wrong}");
        }
        let error = ParamDeclaration::compile_pattern("a)|(b").unwrap_err().to_string();
        assert!(error.contains("    a)|(b\n"), "{error}");
    }
}
