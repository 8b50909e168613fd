//! The values that the `:name` of a statement are bound to.

use std::collections::BTreeSet;

use overnight_db::table::{Parameters, Statement};
use overnight_framework::BatchError;
use overnight_framework::kind::{Frame, Names, Setting};
use overnight_framework::params::parse_date;
use overnight_framework::row::{Value, decimal};
use overnight_framework::suggest::nearest;
use overnight_framework::yaml::{Code, Cursor, Field, Key, Keys, Shape, Style};

use super::text::SqlText;

/// The key that [`Bindings::read`] reads.
pub(super) const BIND: Field = Field::optional(
    "bind",
    Shape::Map(Keys::Any, &Shape::Setting(&Shape::Text)),
    "The values of the parameters `:name` in the text. They are bound, never pasted in; plain \
     numbers, dates, `true` and `false` are what they look like.",
);

/// Values by the names of their parameters.
#[derive(Debug, Default)]
pub(super) struct Bindings(Vec<(Key, Bound)>);

#[derive(Debug)]
enum Bound {
    /// Without quotes and expressions: `7`, `0.5`, `true` and `2026-03-31` are what they look like.
    Literal(Value),
    Setting(Setting),
}

impl Bindings {
    /// Reads `bind: { day: "${{ params.day }}", limit: 7 }`.
    pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Self> {
        at.map(|_, at| match literal(at) {
            Some(value) => Some(Bound::Literal(value)),
            None => names.setting(at).map(Bound::Setting),
        })
        .map(Self)
    }

    /// Makes sure that every parameter of the text at `at` has a value.
    pub(super) fn cover(&self, at: &Cursor<'_>, statements: &[Statement]) -> Option<()> {
        let mut fine = Some(());
        let mut told = BTreeSet::new();
        for (statement, parameter) in statements.iter().flat_map(|one| one.parameters().map(move |name| (one, name))) {
            if self.names().any(|name| name == parameter) || !told.insert(parameter) {
                continue;
            }
            let message = format!("the statement has `:{parameter}`, and `bind` has no value for it");
            let problem = at.problem_in(statement.place_of(parameter).unwrap_or_default(), message);
            let help = match self.nearest(parameter) {
                Some(near) => format!("did you mean `:{near}`?"),
                None => format!("write `bind: {{ {parameter}: … }}`; a colon that is none needs a space behind it"),
            };
            fine = at.refuse(problem.code(Code::Statement).help(help));
        }
        fine
    }

    /// Makes sure that every value has a parameter. One that was meant by a parameter without a value was told with that.
    pub(super) fn check(&self, at: &Cursor<'_>, text: &SqlText) -> Option<()> {
        let is_meant = |value: &str, parameter: &str| value == parameter || self.nearest(parameter) == Some(value);
        let mut fine = Some(());
        for (key, _) in self.0.iter().filter(|(key, _)| !text.parameters().any(|name| is_meant(key.name(), name))) {
            let problem =
                at.problem(format!("the statement has no `:{}`", key.name())).code(Code::Statement).span(key.span());
            fine = at.refuse(at.suggesting(problem, key.name(), text.parameters()));
        }
        fine
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.name())
    }

    /// The value that a parameter without one most likely means.
    fn nearest(&self, parameter: &str) -> Option<&str> {
        if self.names().any(|name| name == parameter) { None } else { nearest(parameter, self.names()) }
    }

    pub(super) fn values(&self, frame: &Frame) -> Result<Parameters, BatchError> {
        let value = |bound: &Bound| match bound {
            Bound::Literal(value) => Ok(value.clone()),
            Bound::Setting(setting) => setting.value(frame),
        };
        self.0.iter().map(|(key, bound)| Ok((key.name().to_owned(), value(bound)?))).collect()
    }
}

fn literal(at: &Cursor<'_>) -> Option<Value> {
    let scalar = at.node().as_scalar().filter(|scalar| scalar.style() == Style::Plain)?;
    let text = scalar.text();
    let number = || text.parse().ok().map(Value::Int).or_else(|| decimal::parse(text).ok().map(Value::Decimal));
    let truth = || text.parse().ok().map(Value::Bool);
    number().or_else(truth).or_else(|| parse_date(text).map(Value::Date))
}
