//! Values that a trigger computes from its tick or its message.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Message, TriggerError};
use crate::expr::Program;
use crate::row::{Type, Value};
use crate::suggest::nearest;

/// The names of a tick, with what they are, in the order of their values.
pub(crate) const TICK_NAMES: [(&[&str], Type, bool); 3] = [
    (&["trigger", "name"], Type::Str, false),
    (&["trigger", "scheduled_at"], Type::DateTime, false),
    (&["trigger", "local_date"], Type::Date, false),
];

/// The names of a message, with what they are and whether they may be null, in the order of their values.
pub(crate) const MESSAGE_NAMES: [(&[&str], Type, bool); 4] = [
    (&["trigger", "name"], Type::Str, false),
    (&["message", "id"], Type::Str, true),
    (&["message", "topic"], Type::Str, false),
    (&["message", "body"], Type::Json, false),
];

/// An expression over a tick or a message.
#[derive(Clone, Debug)]
pub(crate) struct Computed {
    program: Arc<Program>,
    /// The fields of the message's body that it reads, each as the names that lead to it.
    fields: Arc<[Field]>,
    /// How many names it reads in all.
    names: usize,
}

/// A field of the message's body.
#[derive(Clone, Debug)]
struct Field {
    path: Vec<String>,
    /// Whether the expression asks for it with `default` or `has`.
    may_lack: bool,
}

impl Computed {
    /// An expression that reads these names, some of which may lead nowhere.
    pub(crate) fn new(program: Program, paths: &[Vec<&str>], optional: &[Vec<&str>]) -> Self {
        let field = |names: &Vec<&str>| match names.as_slice() {
            ["message", "body", path @ ..] if !path.is_empty() => {
                let path = path.iter().map(|name| (*name).to_owned()).collect();
                Some(Field { path, may_lack: optional.contains(names) })
            }
            _ => None,
        };
        let fields: Vec<Field> = paths.iter().filter_map(field).collect();
        Self { program: Arc::new(program), fields: fields.into(), names: paths.len() }
    }

    /// The value at `place` of the trigger. A null is one only where the message has it, or lacks what it may lack: any other field
    /// that it lacks is an error.
    pub(super) fn value(&self, place: &str, slots: &[Value], message: Option<&Message>) -> Result<Value, TriggerError> {
        let body = message.map(|message| &message.body);
        let lacking_of = |may_lack: bool| {
            let mut fields = self.fields.iter().filter(move |field| field.may_lack == may_lack);
            body.and_then(|body| fields.find_map(|field| lacking(body, &field.path)))
        };
        match self.program.eval(slots) {
            Ok(value) if !is_null(&value) => Ok(value),
            Ok(_) if body.is_some_and(|body| self.fields.iter().any(|field| has_null(body, &field.path))) => {
                Ok(Value::Null)
            }
            Ok(_) => match (lacking_of(false), lacking_of(true)) {
                (Some(error), _) => Err(error),
                (None, Some(_)) => Ok(Value::Null),
                (None, None) => Err(TriggerError::new(place, "the message has no value for it")),
            },
            Err(error) => {
                // What `default` and `has` look for may be lacking; then it is not what the error is about.
                let is_cause = |found: &TriggerError| error.column().is_some_and(|name| name.starts_with(&found.path));
                let lacking = lacking_of(false).filter(is_cause).or_else(|| lacking_of(true).filter(is_cause));
                Err(lacking.unwrap_or_else(|| TriggerError::new(place, error.message())))
            }
        }
    }

    /// The field of the message that it is, or is made of alone.
    pub(super) fn only_field(&self) -> Option<String> {
        self.fields.first().filter(|_| self.names == 1).map(|field| written(&field.path))
    }
}

fn is_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Json(json) => json.is_null(),
        _ => false,
    }
}

/// Whether the field is there, and is null.
fn has_null(body: &Json, field: &[String]) -> bool {
    field.iter().try_fold(body, |json, name| json.get(name)).is_some_and(Json::is_null)
}

/// The first name of a path that leads nowhere, with the ones that would.
fn lacking(body: &Json, field: &[String]) -> Option<TriggerError> {
    let mut json = body;
    for (index, name) in field.iter().enumerate() {
        let Some(inner) = json.get(name) else {
            let path = written(field.get(..=index).unwrap_or_default());
            return Some(TriggerError::new(path, format!("the message has no such field{}", instead(json, name))));
        };
        json = inner;
    }
    None
}

fn instead(json: &Json, name: &str) -> String {
    let Some(object) = json.as_object() else { return format!("; what should have it is {}", kind(json)) };
    match nearest(name, object.keys().map(String::as_str)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

fn written(field: &[String]) -> String {
    format!("message.body.{}", field.join("."))
}
