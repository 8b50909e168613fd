//! Given parameters bound to their declarations: defaulted, typed and checked before any row is written.

use std::cmp::Ordering;
use std::fmt;
use std::path::Path;

use thiserror::Error;

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
    ParamProblem { name: name.to_string(), message, help: None }
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

fn absolute(kind: ParamType, value: Value, start: &Path) -> Value {
    match value {
        Value::Str(path) if kind == ParamType::Path => Value::Str(start.join(&*path).to_string_lossy().into()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: fn() -> BindContext<'static> =
        || BindContext { working_dir: Path::new("/here"), base_dir: Path::new("/jobs") };

    fn declared() -> Vec<ParamDeclaration> {
        let required = |declaration: ParamDeclaration| ParamDeclaration { required: true, ..declaration };
        vec![
            required(ParamDeclaration::new("business_date", ParamType::Date)),
            ParamDeclaration {
                minimum: Some(Value::Int(1)),
                ..ParamDeclaration::new("partitions", ParamType::Integer)
            },
            ParamDeclaration {
                choices: vec![Value::from("full"), Value::from("delta")],
                default: Some(Value::from("full")),
                ..ParamDeclaration::new("mode", ParamType::String)
            },
            ParamDeclaration {
                default: Some(Value::from("out")),
                identifying: false,
                ..ParamDeclaration::new("out", ParamType::Path)
            },
        ]
    }

    fn bound(json: &str) -> Result<Params, ParamsError> {
        bind(&declared(), &GivenParams::from_json(json).unwrap(), CONTEXT())
    }

    #[test]
    fn defaults_are_filled_in_and_paths_made_absolute() {
        let params = bound(r#"{"business_date": "2026-10-30"}"#).unwrap();
        assert_eq!(params.get("mode"), Some(&Value::from("full")));
        assert_eq!(params.get("out"), Some(&Value::from("/jobs/out")));
        assert_eq!(params.get("partitions"), Some(&Value::Null));
        let params = bound(r#"{"business_date": "2026-10-30", "out": "x"}"#).unwrap();
        assert_eq!(params.get("out"), Some(&Value::from("/here/x")));
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let error = bound(r#"{"busines_date": "2026-10-30", "partitions": "4", "mode": "fast"}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown parameter `busines_date` at line 1 column 18 (did you mean `business_date`?)\n\
             missing parameter `business_date`: expected a date such as 2026-10-30 (give it with -p business_date=VALUE)\n\
             parameter `partitions` at line 1 column 46: expected an integer of at most 64 bits, found \"4\"\n\
             parameter `mode` at line 1 column 59: `fast` is none of full, delta"
        );
    }

    #[test]
    fn limits_hold() {
        let error = bound(r#"{"business_date": "2026-10-30", "partitions": 0}"#).unwrap_err();
        assert_eq!(error.to_string(), "parameter `partitions` at line 1 column 47: `0` is less than the minimum 1");
    }

    #[test]
    fn a_document_with_a_name_stands_before_its_places() {
        let text = "{\n  \"business_date\": \"2026-10-30\",\n  \"mode\": \"Full\",\n  \"oud\": 1\n}";
        let given = GivenParams::from_document("params.json", text).unwrap();
        let error = bind(&declared(), &given, CONTEXT()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "params.json:4:10: unknown parameter `oud` (did you mean `out`?)\n\
             params.json:3:11: parameter `mode`: `Full` is none of full, delta (did you mean `full`?)"
        );
    }

    #[test]
    fn only_identifying_parameters_name_the_instance() {
        let one = bound(r#"{"business_date": "2026-10-30", "out": "x"}"#).unwrap();
        let other = bound(r#"{"out": "y", "mode": "full", "business_date": "2026-10-30"}"#).unwrap();
        assert_eq!(one.key(), other.key());
        let third = bound(r#"{"business_date": "2026-10-29"}"#).unwrap();
        assert_ne!(one.key(), third.key());
    }

    #[test]
    fn a_secret_is_neither_stored_nor_shown() {
        let secret = ParamDeclaration {
            secret: true,
            identifying: false,
            choices: vec![Value::from("good")],
            ..ParamDeclaration::new("password", ParamType::String)
        };
        let given = GivenParams::from_json(r#"{"password": "hunter2"}"#).unwrap();
        let error = bind(std::slice::from_ref(&secret), &given, CONTEXT()).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let open = ParamDeclaration { choices: Vec::new(), ..secret };
        let params = bind(&[open], &given, CONTEXT()).unwrap();
        assert!(params.to_json().is_empty());
        assert_eq!(params.secrets().collect::<Vec<_>>(), ["hunter2"]);
    }

    #[test]
    fn json_numbers_that_would_lose_digits_are_refused_in_a_document_and_in_a_pair() {
        let json = [ParamDeclaration::new("ids", ParamType::Json)];
        let bind_ids = |text: &str| {
            let mut pair = GivenParams::default();
            pair.set_pair(&format!("ids={text}")).unwrap();
            let document = GivenParams::from_json(&format!(r#"{{"ids": {text}}}"#)).unwrap();
            [document, pair].map(|given| bind(&json, &given, CONTEXT()).is_ok())
        };
        let good =
            r#"[9007199254740993, 18446744073709551615, -1, 1.50, 1e-7, "1e400 \u00fc \" 99999999999999999999"]"#;
        assert_eq!(bind_ids(good), [true, true]);
        assert_eq!(bind_ids("[184467440737095516150]"), [false, false]);
        assert_eq!(bind_ids(r#"{"a": 0.1234567890123456789}"#), [false, false]);
    }

    #[test]
    fn a_missing_secret_is_not_asked_for_where_everybody_sees_it() {
        let secret =
            ParamDeclaration { required: true, secret: true, ..ParamDeclaration::new("pin", ParamType::String) };
        let error = bind(&[secret], &GivenParams::default(), CONTEXT()).unwrap_err();
        let message = "missing parameter `pin`: expected a string (give it with --params-file - as {\"pin\": VALUE})";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn what_was_stored_is_bound_again_as_it_was() {
        let rules = |declaration: ParamDeclaration| ParamDeclaration { identifying: false, ..declaration };
        let declarations = [
            ParamDeclaration::new("wait", ParamType::Duration),
            ParamDeclaration { choices: vec![Value::from("out")], ..ParamDeclaration::new("out", ParamType::Path) },
            rules(ParamDeclaration {
                pattern: Some(ParamDeclaration::compile_pattern("[a-z]+").unwrap()),
                default: Some(Value::from("inbox")),
                ..ParamDeclaration::new("inbox", ParamType::Path)
            }),
            ParamDeclaration { default: Some(Value::from("full")), ..ParamDeclaration::new("mode", ParamType::String) },
            ParamDeclaration::new("note", ParamType::String),
            ParamDeclaration::new("rates", ParamType::Json),
            ParamDeclaration::new("nothing", ParamType::Json),
        ];
        let mut given =
            GivenParams::from_json(r#"{"out": "out", "mode": null, "rates": [0.0000001], "note": null}"#).unwrap();
        given.set_pair("wait=250ms").unwrap();
        given.set_pair("nothing=null").unwrap();
        let first = bind(&declarations, &given, CONTEXT()).unwrap();
        let stored = first.to_json();
        assert_eq!(
            serde_json::Value::Object(stored.clone()),
            serde_json::json!({
                "wait": "PT0.25S", "out": "/here/out", "inbox": "/jobs/inbox", "mode": null, "rates": [1e-7]
            })
        );
        let mut again = GivenParams::default();
        stored.iter().for_each(|(name, value)| again.set_default(name, value));
        let elsewhere = BindContext { working_dir: Path::new("/elsewhere"), base_dir: Path::new("/moved") };
        let second = bind(&declarations, &again, elsewhere).unwrap();
        assert_eq!((&second, second.key()), (&first, first.key()));
    }

    #[test]
    fn a_stored_value_of_another_type_is_refused_as_stored() {
        let mut given = GivenParams::default();
        given.set_default("n", &serde_json::json!("many"));
        let error = bind(&[ParamDeclaration::new("n", ParamType::Integer)], &given, CONTEXT()).unwrap_err();
        let message = "parameter `n` as stored: expected an integer of at most 64 bits, found \"many\"";
        assert_eq!(error.to_string(), message);
    }
}
