//! The parameters that a job declares.

use std::cmp::Ordering;

use super::literal::literal;
use super::{guard, tables};
use crate::params::{ParamDeclaration, ParamType, broken_rule, compare};
use crate::row::Value;
use crate::yaml::{Code, Cursor, Fields};

/// The parameters whose name and type could be read. What is wrong with the others, and with the rest of these, is reported.
pub(super) fn params(at: &Cursor<'_>) -> Vec<ParamDeclaration> {
    let mut read = Vec::new();
    let _ = at.map(|_, at| {
        read.push(param(at)?);
        Some(())
    });
    read
}

/// What stands below the name of a parameter.
struct Entries<'a> {
    required: Option<Cursor<'a>>,
    default: Option<Cursor<'a>>,
    choices: Option<Cursor<'a>>,
    minimum: Option<Cursor<'a>>,
    maximum: Option<Cursor<'a>>,
    pattern: Option<Cursor<'a>>,
    description: Option<Cursor<'a>>,
    secret: Option<Cursor<'a>>,
    identifying: Option<Cursor<'a>>,
}

impl<'a> Entries<'a> {
    fn of(fields: &mut Fields<'a>) -> Self {
        Self {
            required: fields.get("required"),
            default: fields.get("default"),
            choices: fields.get("enum"),
            minimum: fields.get("minimum"),
            maximum: fields.get("maximum"),
            pattern: fields.get("pattern"),
            description: fields.get("description"),
            secret: fields.get("secret"),
            identifying: fields.get("identifying"),
        }
    }
}

fn param(at: &Cursor<'_>) -> Option<ParamDeclaration> {
    let name = guard::key_name(at, "a parameter");
    if let Some(kind) = at.node().as_text().filter(|text| ParamType::ALL.iter().any(|kind| kind.name() == *text)) {
        return at.refuse(
            at.unexpected("a parameter (a mapping of keys to values)").help(format!("write {{ type: {kind} }}")),
        );
    }
    let fields = at.mapping(&tables::PARAM)?;
    let mut fields = match name {
        Some(name) => fields.called(format!("parameter `{name}`")),
        None => fields,
    };
    let kind = fields.required("type", |at| at.one_of(&ParamType::ALL.map(|kind| (kind.name(), kind))));
    let entries = Entries::of(&mut fields);
    fields.finish();
    let mut declaration = ParamDeclaration::new(name?, kind?);
    read_rules(&mut declaration, &entries);
    read_character(&mut declaration, &entries);
    Some(declaration)
}

/// What values it takes.
fn read_rules(declaration: &mut ParamDeclaration, entries: &Entries<'_>) {
    let kind = declaration.kind;
    declaration.choices = entries.choices.as_ref().map(|at| choices(at, kind)).unwrap_or_default();
    declaration.minimum = entries.minimum.as_ref().and_then(|at| limit(at, kind));
    declaration.maximum = entries.maximum.as_ref().and_then(|at| limit(at, kind));
    declaration.pattern = entries.pattern.as_ref().and_then(|at| pattern(at, kind));
    if let (Some(minimum), Some(maximum), Some(at)) = (&declaration.minimum, &declaration.maximum, &entries.maximum)
        && compare(maximum, minimum) == Some(Ordering::Less)
    {
        report(at, format!("the maximum {maximum} is less than the minimum {minimum}"));
    }
    let default = entries.default.as_ref().and_then(|at| Some((at, literal(at, kind)?)));
    if let Some((at, value)) = default {
        if let Some(rule) = broken_rule(declaration, &value) {
            report(at, format!("the default `{value}` {rule}"));
        }
        declaration.default = Some(value);
    }
}

fn choices(at: &Cursor<'_>, kind: ParamType) -> Vec<Value> {
    let mut choices = Vec::new();
    let read = at.list(|at| {
        let value = literal(at, kind)?;
        if choices.contains(&value) {
            return at.refuse(at.problem(format!("`{value}` is listed twice")).code(Code::Twice));
        }
        choices.push(value);
        Some(())
    });
    if read.is_some() && choices.is_empty() {
        report(at, "an empty `enum` allows no value".to_owned());
    }
    choices
}

fn limit(at: &Cursor<'_>, kind: ParamType) -> Option<Value> {
    match kind {
        ParamType::Integer | ParamType::Decimal | ParamType::Date | ParamType::DateTime | ParamType::Duration => {
            literal(at, kind)
        }
        ParamType::String | ParamType::Boolean | ParamType::Json | ParamType::Path => {
            misplaced(at, "numbers, dates, datetimes and durations", kind)
        }
    }
}

fn pattern(at: &Cursor<'_>, kind: ParamType) -> Option<regex::Regex> {
    if !matches!(kind, ParamType::String | ParamType::Path) {
        return misplaced(at, "strings and paths", kind);
    }
    let text = at.filled_text()?;
    ParamDeclaration::compile_pattern(text).map_err(|error| report(at, not_a_pattern(&error))).ok()
}

/// The regular expression engine draws the place into several lines; the last one says what is wrong.
fn not_a_pattern(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("not a regular expression: {}", last.strip_prefix("error: ").unwrap_or(last))
}

fn misplaced<T>(at: &Cursor<'_>, kinds: &str, kind: ParamType) -> Option<T> {
    let key = at.key().map_or("this key", |key| key.name());
    at.refuse(at.problem_of_key(format!("`{key}` is for {kinds}, not for type {kind}")).code(Code::Contradiction))
}

/// What it is, beside its values.
fn read_character(declaration: &mut ParamDeclaration, entries: &Entries<'_>) {
    let flag = |at: &Option<Cursor<'_>>| at.as_ref().and_then(Cursor::boolean);
    let text = entries.description.as_ref().and_then(Cursor::filled_text);
    declaration.description = text.map(str::to_owned);
    declaration.required = flag(&entries.required).unwrap_or(false);
    declaration.secret = flag(&entries.secret).unwrap_or(false);
    let identifying = flag(&entries.identifying);
    declaration.identifying = identifying.unwrap_or(!declaration.secret);
    if let (true, Some(true), Some(at)) = (declaration.secret, identifying, &entries.identifying) {
        let problem =
            at.problem("a secret parameter cannot be identifying: it is never stored").code(Code::Contradiction);
        let _: Option<()> = at.refuse(problem.help("leave `identifying` out"));
    }
    if let Some(at) = entries.default.as_ref().filter(|_| declaration.secret) {
        let problem = at
            .problem_of_key("a secret parameter has no default: it would stand in this file")
            .code(Code::Contradiction);
        let _: Option<()> =
            at.refuse(problem.help("use `secret.NAME` in an expression for a secret of the installation"));
    }
    if let Some(at) = entries.default.as_ref().filter(|_| declaration.required && !declaration.secret) {
        let problem = at.problem_of_key("a required parameter has no use for a default").code(Code::Contradiction);
        let _: Option<()> = at.refuse(problem.help("leave `required` or `default` out"));
    }
}

fn report(at: &Cursor<'_>, message: String) {
    let _: Option<()> = at.refuse(at.problem(message).code(Code::Contradiction));
}
