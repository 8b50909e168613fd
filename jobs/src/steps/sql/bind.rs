//! The values that the `:name` of a statement are bound to.

use overnight_db::table::Parameters;
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

    /// Makes sure that every parameter has a value, and every value a parameter.
    pub(super) fn check(&self, at: &Cursor<'_>, text: &SqlText) -> Option<()> {
        let bound = || self.0.iter().map(|(key, _)| key.name());
        let mut fine = Some(());
        for parameter in text.parameters().filter(|parameter| !bound().any(|name| name == *parameter)) {
            let problem = at
                .problem(format!("the statement has `:{parameter}`, and `bind` has no value for it"))
                .code(Code::Statement);
            let problem = match nearest(parameter, bound()) {
                Some(near) => problem.help(format!("did you mean `:{near}`?")),
                None => problem
                    .help(format!("write `bind: {{ {parameter}: … }}`; a colon that is none needs a space behind it")),
            };
            fine = at.refuse(problem);
        }
        for (key, _) in self.0.iter().filter(|(key, _)| !text.parameters().any(|name| name == key.name())) {
            let problem =
                at.problem(format!("the statement has no `:{}`", key.name())).code(Code::Statement).span(key.span());
            fine = at.refuse(at.suggesting(problem, key.name(), text.parameters()));
        }
        fine
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
