//! Values that are written down in a job file, read as the type that was declared for them.

use crate::params::{self, ParamType};
use crate::row::Value;
use crate::yaml::{Code, Cursor, Node, Scalar};

/// The value at `at` as a value of `kind`.
pub(super) fn literal(at: &Cursor<'_>, kind: ParamType) -> Option<Value> {
    match kind {
        ParamType::String => at.text().map(Value::from),
        ParamType::Path => at.filled_text().map(Value::from),
        ParamType::Integer => at.integer(..).map(Value::Int),
        ParamType::Boolean => at.boolean().map(Value::Bool),
        ParamType::Decimal => parsed(at, at.decimal()?, kind),
        ParamType::Date | ParamType::DateTime | ParamType::Duration => {
            parsed(at, at.scalar(kind.expectation())?.text(), kind)
        }
        ParamType::Json => json(at),
    }
}

fn parsed(at: &Cursor<'_>, text: &str, kind: ParamType) -> Option<Value> {
    params::parse(kind, text).or_else(|| at.expected(kind.expectation()))
}

/// A tree of YAML as JSON, unless a number in it would lose digits on the way, or become a text.
fn json(at: &Cursor<'_>) -> Option<Value> {
    if at.is_null() {
        return at.expected(ParamType::Json.expectation());
    }
    if let Some(text) = foreign(at.node()) {
        let problem = at.problem(format!("`{text}` is no value of JSON")).code(Code::WrongValue);
        return at.refuse(problem.help("write it as JSON has it, or as a string, in quotes"));
    }
    if numbers(at.node()).iter().all(|number| params::survives(number)) {
        return Some(Value::Json(Box::new(at.node().to_json())));
    }
    at.refuse(
        at.problem("a number in this JSON value loses digits")
            .code(Code::WrongValue)
            .help("write it as a string, in quotes"),
    )
}

/// The first text without quotes that YAML and JSON would read differently.
fn foreign(node: &Node) -> Option<&str> {
    let scalar = node.as_scalar().filter(|scalar| scalar.is_foreign_to_json()).map(Scalar::text);
    let item = || node.as_sequence()?.iter().find_map(foreign);
    let entry = || node.as_mapping()?.iter().find_map(|(_, value)| foreign(value));
    scalar.or_else(item).or_else(entry)
}

/// The texts that become JSON numbers.
fn numbers(node: &Node) -> Vec<&str> {
    if let Some(items) = node.as_sequence() {
        return items.iter().flat_map(numbers).collect();
    }
    if let Some(entries) = node.as_mapping() {
        return entries.iter().flat_map(|(_, value)| numbers(value)).collect();
    }
    node.as_text().filter(|_| node.to_json().is_number()).into_iter().collect()
}
