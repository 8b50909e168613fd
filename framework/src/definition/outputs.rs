//! The values that a step declares to give to later ones: their types, and the check that it gave them.

use serde_json::Value as Json;

use super::guard;
use super::layout::STEP_FACTS;
use crate::error::{BatchError, names};
use crate::kind::Frame;
use crate::params::{self, ParamType, keeps_digits};
use crate::row::Value;
use crate::step::{StepContext, StepView};
use crate::text::shortened;
use crate::yaml::{Code, Cursor, NAME_RULE, is_name};

/// How much of a wrong output is shown.
const SHOWN: usize = 60;

/// The types of outputs; a path is a string.
const TYPES: [(&str, ParamType); 8] = [
    ("string", ParamType::String),
    ("integer", ParamType::Integer),
    ("decimal", ParamType::Decimal),
    ("boolean", ParamType::Boolean),
    ("date", ParamType::Date),
    ("datetime", ParamType::DateTime),
    ("duration", ParamType::Duration),
    ("json", ParamType::Json),
];

/// The outputs that a step declares.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outputs(Vec<(Box<str>, ParamType)>);

/// Reads `[file, rows]`, which are strings, or `{ file: string, rows: integer }`.
pub(super) fn outputs(at: &Cursor<'_>) -> Option<Outputs> {
    if at.node().as_sequence().is_none() {
        let read = at.map(|_, at| Some((named(guard::key_name(at, "an output")?, at)?, at.one_of(&TYPES)?)))?;
        return Some(Outputs(read.into_iter().map(|(_, output)| output).collect()));
    }
    let mut names: Vec<Box<str>> = Vec::new();
    at.list(|at| {
        let name = named(guard::name(at, "an output")?, at)?;
        if names.contains(&name) {
            return at.refuse(at.problem(format!("output `{name}` is listed twice")).code(Code::Twice));
        }
        names.push(name);
        Some(())
    })?;
    Some(Outputs(names.into_iter().map(|name| (name, ParamType::String)).collect()))
}

/// The name of an output, unless it means something else behind the name of a step.
fn named(name: &str, at: &Cursor<'_>) -> Option<Box<str>> {
    if !STEP_FACTS.iter().any(|(fact, ..)| *fact == name) {
        return Some(name.into());
    }
    let problem = at
        .problem_of_key(format!("an output cannot be called `{name}`: every step has that by itself"))
        .code(Code::ReservedWord);
    at.refuse(problem)
}

/// What is wrong with the name of an output of a job in Rust.
pub(crate) fn refused(name: &str) -> Option<String> {
    if STEP_FACTS.iter().any(|(fact, ..)| *fact == name) {
        return Some(format!("an output cannot be called `{name}`: every step has that by itself"));
    }
    (!is_name(name)).then(|| format!("`{name}` cannot be the name of an output: {NAME_RULE}"))
}

impl Outputs {
    /// The outputs of a step that no file declares.
    pub(crate) fn of(outputs: &[(String, ParamType)]) -> Self {
        Self(outputs.iter().map(|(name, kind)| (name.as_str().into(), *kind)).collect())
    }

    /// Each output with its type.
    pub(super) fn declared(&self) -> impl Iterator<Item = (&str, ParamType)> {
        self.0.iter().map(|(name, kind)| (&**name, *kind))
    }

    /// Looks at what the step gave when it was done: every declared output is there and of its type, and no secret is in it,
    /// because outputs are stored and shown. What is not declared is not kept, which is told to whoever watches.
    pub(crate) fn settle(&self, context: &mut StepContext<'_>, frame: &Frame) -> Result<(), BatchError> {
        let mut given = std::mem::take(&mut context.state.outputs);
        let missing: Vec<_> = self.declared().map(|(name, _)| name).filter(|name| !given.contains_key(*name)).collect();
        if !missing.is_empty() {
            return Err(invalid(format!("the step ended without giving {}, which it declares", listed(&missing))));
        }
        for (name, kind) in self.declared() {
            let raw = given.remove(name).unwrap_or_default();
            let value = settled(name, kind, &raw, frame)?;
            context.state.outputs.insert(name.to_owned(), value);
        }
        if !given.is_empty() {
            let names: Vec<_> = given.keys().map(String::as_str).collect();
            context
                .warn(&format!("not kept, because the step does not declare it under `outputs`: {}", listed(&names)));
        }
        Ok(())
    }
}

/// The output as it is stored. Numbers that came as text become numbers.
fn settled(name: &str, kind: ParamType, raw: &Json, frame: &Frame) -> Result<Json, BatchError> {
    if leaks(raw, frame) {
        return Err(invalid(format!("output `{name}` holds a secret; outputs are stored and shown")));
    }
    match given(kind, raw) {
        Some(Value::Null) | None => {
            let found = shortened(&frame.mask(&raw.to_string()), SHOWN);
            Err(invalid(format!("output `{name}`: expected {}, found {found}", kind.expectation())))
        }
        Some(value @ (Value::Int(_) | Value::Bool(_) | Value::Json(_) | Value::Decimal(_))) => Ok(value.to_json()),
        Some(Value::Str(text)) => Ok(Json::String(text.into())),
        // As it was written: there is more than one way to write an instant or a duration.
        Some(_) => Ok(raw.clone()),
    }
}

/// Short secrets such as a PIN look like other numbers, so only an output that is one is refused.
fn leaks(raw: &Json, frame: &Frame) -> bool {
    const TELLING: usize = 8;
    let is_leak = |text: &str| {
        let shows = |secret: &String| text == secret || (secret.len() >= TELLING && text.contains(secret.as_str()));
        frame.secrets.iter().any(shows)
    };
    match raw {
        Json::String(text) => is_leak(text),
        Json::Array(items) => items.iter().any(|item| leaks(item, frame)),
        Json::Object(entries) => entries.values().any(|value| leaks(value, frame)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// The output `name` of a step that ended; null when the step gave none, because it did not run.
pub(super) fn value(step: &StepView, name: &str, kind: ParamType) -> Result<Value, BatchError> {
    let Some(stored) = step.outputs.get(name) else { return Ok(Value::Null) };
    let wrong = || invalid(format!("output `{name}` of step `{}`: expected {}", step.name, kind.expectation()));
    params::stored(kind, stored).ok_or_else(wrong)
}

/// What a step gave as a value of `kind`. Commands give texts, so a text is taken for every type it can be read as; queries
/// give numbers, so a number is taken for a text.
fn given(kind: ParamType, json: &Json) -> Option<Value> {
    match (kind, json) {
        (_, Json::Null) => Some(Value::Null),
        (ParamType::Json, Json::String(text)) => document(text).map(|document| Value::Json(Box::new(document))),
        (ParamType::Json, _) => Some(Value::Json(Box::new(json.clone()))),
        (_, Json::String(text)) => params::parse(kind, text),
        (ParamType::String, Json::Number(_) | Json::Bool(_)) => Some(Value::Str(json.to_string().into())),
        (ParamType::Integer | ParamType::Decimal, Json::Number(number)) => {
            // `f64` is displayed without an exponent, which is no part of a decimal.
            let float = number.as_f64().filter(|_| number.is_f64());
            params::parse(kind, &float.map_or_else(|| number.to_string(), |float| float.to_string()))
        }
        (ParamType::Boolean, Json::Bool(value)) => Some(Value::Bool(*value)),
        _ => None,
    }
}

/// The JSON document in a text; a text that is none stands for itself.
fn document(text: &str) -> Option<Json> {
    match serde_json::from_str(text) {
        Ok(document) => keeps_digits(text).then_some(document),
        Err(_) => Some(text.into()),
    }
}

fn invalid(message: String) -> BatchError {
    BatchError::new(names::INVALID_OUTPUT, message)
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    let word = if names.len() == 1 { "output" } else { "outputs" };
    format!("the {word} {}", quoted.join(", "))
}
