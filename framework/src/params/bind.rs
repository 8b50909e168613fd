//! Given parameters bound to their declarations: defaulted, typed and checked before any row is written.

use std::cmp::Ordering;
use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::document::in_words;
use super::exact::{JsonError, parse_json};
use super::parse::{parse, stored};
use super::{Given, GivenParams, GivenPlace, ParamDeclaration, ParamType, Params};
use crate::row::Value;
use crate::suggest::nearest;
use crate::text::shortened;

/// How much of a wrong value is shown.
const SHOWN: usize = 60;

/// Where relative paths start.
#[derive(Clone, Copy, Debug)]
pub struct BindContext<'a> {
    /// The folder that paths given by a user start at.
    pub working_dir: &'a Path,
    /// The folder of the job file, where defaults start.
    pub base_dir: &'a Path,
}

/// Everything that is wrong with the given parameters.
#[derive(Debug, Error)]
pub struct ParamsError {
    /// The problems, those of unknown names first.
    pub problems: Vec<ParamProblem>,
}

/// One thing wrong with one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamProblem {
    /// The name of the parameter.
    pub name: String,
    /// What is wrong, what was expected, and the place if there is one.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for ParamsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ParamProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, " ({help})"))
    }
}

/// Binds `given` to `declarations`.
///
/// # Errors
/// All problems at once: unknown names with the nearest declared one, missing values, values of the wrong type or
/// outside their limits.
pub fn bind(
    declarations: &[ParamDeclaration],
    given: &GivenParams,
    context: BindContext<'_>,
) -> Result<Params, ParamsError> {
    let mut problems: Vec<_> = given.names().filter_map(|name| unknown(name, given, declarations)).collect();
    let mut params = Params::default();
    for declaration in declarations {
        match bind_one(declaration, given.get(&declaration.name), context) {
            Ok(value) => params.insert(declaration, value),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(params) } else { Err(ParamsError { problems }) }
}

fn unknown(name: &str, given: &GivenParams, declarations: &[ParamDeclaration]) -> Option<ParamProblem> {
    let names = || declarations.iter().map(|declaration| &*declaration.name);
    if names().any(|known| known == name) {
        return None;
    }
    let help = match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if declarations.is_empty() => "the job declares none".to_owned(),
        None => format!("the job declares {}", names().collect::<Vec<_>>().join(", ")),
    };
    let message = located(given.get(name), "unknown parameter", name, "");
    Some(ParamProblem { name: name.to_owned(), message, help: Some(help) })
}

fn bind_one(
    declaration: &ParamDeclaration,
    given: Option<&Given>,
    context: BindContext<'_>,
) -> Result<Value, ParamProblem> {
    let value = match given {
        Some(given) => typed(declaration, given)?,
        None => declaration.default.clone().unwrap_or_default(),
    };
    if value.is_null() && declaration.required {
        return Err(missing(declaration));
    }
    if value.is_null() && !declaration.nullable {
        let wrong = format!(": expected {}, found null", declaration.kind.expectation());
        let message = located(given, "parameter", &declaration.name, &wrong);
        let help = Some("leave it out for its default".to_owned());
        return Err(ParamProblem { name: declaration.name.to_string(), message, help });
    }
    let start = match given {
        // Checked and made absolute when it was given, before it was stored.
        Some(Given::Stored(_)) => return Ok(value),
        Some(_) => context.working_dir,
        None => context.base_dir,
    };
    check(declaration, given, &value)?;
    Ok(absolute(declaration.kind, value, start))
}

fn missing(declaration: &ParamDeclaration) -> ParamProblem {
    let ParamDeclaration { name, kind, secret, .. } = declaration;
    // Every process on the machine sees the arguments of this one.
    let way = if *secret { format!(r#"--params-file - as {{"{name}": VALUE}}"#) } else { format!("-p {name}=VALUE") };
    ParamProblem {
        name: name.to_string(),
        message: format!("missing parameter `{name}`: expected {}", kind.expectation()),
        help: Some(format!("give it with {way}")),
    }
}

fn typed(declaration: &ParamDeclaration, given: &Given) -> Result<Value, ParamProblem> {
    let value = match given {
        Given::Text(text) => parse(declaration.kind, text),
        Given::Json { text, .. } if text == "null" => Some(Value::Null),
        Given::Json { text, .. } => from_json(declaration.kind, text),
        Given::Stored(json) => stored(declaration.kind, json),
    };
    match value {
        // The null of JSON is no value, whichever way it came.
        Some(Value::Json(json)) if json.is_null() => Ok(Value::Null),
        value => value.ok_or_else(|| wrong_type(declaration, given)),
    }
}

/// JSON has its own types: a string is taken for everything that is written as text, a number only for numbers.
fn from_json(kind: ParamType, json: &str) -> Option<Value> {
    if kind == ParamType::Json {
        return parse(kind, json);
    }
    let is_string = json.starts_with('"');
    match kind {
        ParamType::Integer | ParamType::Boolean if is_string => None,
        ParamType::Integer | ParamType::Boolean => parse(kind, json),
        ParamType::Decimal if !is_string => parse(kind, json),
        _ if is_string => parse(kind, &serde_json::from_str::<String>(json).ok()?),
        _ => None,
    }
}

fn wrong_type(declaration: &ParamDeclaration, given: &Given) -> ParamProblem {
    let ParamDeclaration { name, kind, secret, .. } = declaration;
    let found = match given {
        Given::Text(text) => format!("{text:?}"),
        Given::Json { text, .. } => text.clone(),
        Given::Stored(json) => json.to_string(),
    };
    let found = if *secret { "another value".to_owned() } else { shortened(&found, SHOWN) };
    let wrong = format!(": expected {}, found {found}", kind.expectation());
    let message = located(Some(given), "parameter", name, &wrong);
    let help = if *kind == ParamType::Json && !secret { flaw_in_words(given) } else { None };
    ParamProblem { name: name.to_string(), message, help }
}

/// What is wrong with the JSON of a value, beside the digits of its numbers.
fn flaw_in_words(given: &Given) -> Option<String> {
    let (Given::Text(text) | Given::Json { text, .. }) = given else { return None };
    match parse_json(text) {
        Err(JsonError::Syntax(error)) => Some(in_words(&error)),
        Err(JsonError::Digits) | Ok(_) => None,
    }
}

/// What is wrong with the parameter `name`, with the place where it was given: that of a document with a name stands in front.
fn located(given: Option<&Given>, what: &str, name: &str, wrong: &str) -> String {
    match given {
        Some(Given::Json { place: Some(GivenPlace { document: Some(document), line, column }), .. }) => {
            format!("{document}:{line}:{column}: {what} `{name}`{wrong}")
        }
        Some(Given::Json { place: Some(GivenPlace { document: None, line, column }), .. }) => {
            format!("{what} `{name}` at line {line} column {column}{wrong}")
        }
        Some(Given::Stored(_)) => format!("{what} `{name}` as stored{wrong}"),
        Some(Given::Text(_) | Given::Json { place: None, .. }) | None => format!("{what} `{name}`{wrong}"),
    }
}

fn check(declaration: &ParamDeclaration, given: Option<&Given>, value: &Value) -> Result<(), ParamProblem> {
    let Some(rule) = broken_rule(declaration, value) else { return Ok(()) };
    let shown =
        if declaration.secret { "the value".to_owned() } else { format!("`{}`", shortened(&value.to_string(), SHOWN)) };
    let message = located(given, "parameter", &declaration.name, &format!(": {shown} {rule}"));
    let help = nearest_choice(declaration, value).map(|near| format!("did you mean `{near}`?"));
    Err(ParamProblem { name: declaration.name.to_string(), message, help })
}

/// The choice that a wrong value most likely meant. That of a secret is nobody's business.
fn nearest_choice(declaration: &ParamDeclaration, value: &Value) -> Option<String> {
    let choices: Vec<_> = declaration.choices.iter().map(ToString::to_string).collect();
    if declaration.secret || choices.contains(&value.to_string()) {
        return None;
    }
    nearest(&value.to_string(), choices.iter().map(String::as_str)).map(str::to_owned)
}

/// The rule of `declaration` that `value` breaks, as the end of a sentence: "is less than the minimum 1". A null breaks none.
pub(crate) fn broken_rule(declaration: &ParamDeclaration, value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    if holds_nul(value) {
        return Some("holds the character NUL".to_owned());
    }
    if !declaration.choices.is_empty() && !declaration.choices.contains(value) {
        let choices: Vec<_> = declaration.choices.iter().map(ToString::to_string).collect();
        return Some(format!("is none of {}", choices.join(", ")));
    }
    if let Some(minimum) = &declaration.minimum
        && compare(value, minimum) == Some(Ordering::Less)
    {
        return Some(format!("is less than the minimum {minimum}"));
    }
    if let Some(maximum) = &declaration.maximum
        && compare(value, maximum) == Some(Ordering::Greater)
    {
        return Some(format!("is greater than the maximum {maximum}"));
    }
    if let Some(pattern) = declaration.pattern.as_ref().filter(|pattern| !pattern.is_match(&value.to_string())) {
        return Some(format!("does not match {}", ParamDeclaration::written_pattern(pattern)));
    }
    declaration.check.as_ref()?.broken_by(value)
}

/// Whether `value` is a text with the character that PostgreSQL does not store, and that ends every argument of a command.
fn holds_nul(value: &Value) -> bool {
    matches!(value, Value::Str(text) if text.contains('\0'))
}

/// The order of two values of one type that has an order.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Decimal(left), Value::Decimal(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::DateTime(left), Value::DateTime(right)) => Some(left.cmp(right)),
        (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// The path from the root, without `.` and doubled slashes: one file is one instance, however its name is typed. `..` stays,
/// because behind a link it leads elsewhere than the words say.
fn absolute(kind: ParamType, value: Value, start: &Path) -> Value {
    match value {
        Value::Str(path) if kind == ParamType::Path => {
            let whole: PathBuf = start.join(&*path).components().collect();
            Value::Str(whole.to_string_lossy().into())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
