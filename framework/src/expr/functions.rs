//! The functions of the language: one table from which checking, compiling, suggestions and documentation are derived.

mod number;
mod text;
mod time;
mod value;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use crate::row::{Type, Value};

pub(super) use self::text::{join, pattern, shorter};
pub(super) use self::value::{from_json, text_value};

/// The result of a function: a value, or what the arguments lack.
pub(super) type Outcome = Result<Value, Cow<'static, str>>;

/// A function of the expression language.
///
/// `f(x, y)` and `x.f(y)` are the same call. A null argument is an error that names the column, but for `has` and
/// `default`, which exist to ask for nulls. An integer is taken where a decimal is asked for.
///
/// ```
/// let round = overnight_framework::expr::functions().iter().find(|function| function.name == "round").unwrap();
/// assert_eq!(round.signatures(), ["round(decimal, integer) -> decimal"]);
/// ```
#[derive(Debug)]
pub struct Function {
    /// The name.
    pub name: &'static str,
    /// What it answers, and when it fails.
    pub summary: &'static str,
    /// An expression and the text of its value. A test evaluates all of them.
    pub example: (&'static str, &'static str),
    pub(super) shape: Shape,
}

/// Which arguments a function takes.
#[derive(Debug)]
pub(super) enum Shape {
    /// One of these lists of types.
    Forms(&'static [Form]),
    /// Two or more values of one ordered type.
    Extreme(Ordering),
    Has,
    Default,
}

/// One list of argument types, what comes of it, and how.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) takes: &'static [Type],
    pub(super) gives: Type,
    pub(super) run: Run,
}

/// How a call is computed.
#[derive(Clone, Copy)]
pub(super) enum Run {
    One(fn(&Value) -> Outcome),
    Two(fn(&Value, &Value) -> Outcome),
    Three(fn(&Value, &Value, &Value) -> Outcome),
    /// [`crate::row::decimal::div`], without a detour over values.
    Div,
    /// [`crate::row::decimal::round`], likewise.
    Round,
    /// A regular expression, compiled once where it is a constant.
    Matches,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Run")
    }
}

const fn form(takes: &'static [Type], gives: Type, run: Run) -> Form {
    Form { takes, gives, run }
}

const fn function(
    name: &'static str,
    summary: &'static str,
    example: (&'static str, &'static str),
    shape: Shape,
) -> Function {
    Function { name, summary, example, shape }
}

impl Function {
    /// How the function is called, one line for each list of argument types.
    #[must_use]
    pub fn signatures(&self) -> Vec<String> {
        let name = self.name;
        match &self.shape {
            Shape::Forms(forms) => forms.iter().map(|form| form.signature(name)).collect(),
            Shape::Extreme(_) => vec![format!("{name}(x, y, …) -> the type of x")],
            Shape::Has => vec![format!("{name}(x) -> {}", Type::Bool)],
            Shape::Default => vec![format!("{name}(x, y) -> the type of x")],
        }
    }
}

impl Form {
    fn signature(&self, name: &str) -> String {
        let takes: Vec<_> = self.takes.iter().map(|kind| kind.name()).collect();
        format!("{name}({}) -> {}", takes.join(", "), self.gives)
    }
}

/// All functions, in the order the documentation lists them.
#[must_use]
pub fn functions() -> &'static [Function] {
    &FUNCTIONS
}

pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

static FUNCTIONS: [Function; 28] = [
    function(
        "has",
        "whether a column or another name holds a value; false for null and for a JSON member that is not there",
        ("has(amount) ? 'known' : 'open'", "known"),
        Shape::Has,
    ),
    function(
        "default",
        "the first argument, or the second where the first is null; the second is computed only then",
        ("default(null, 'HQ')", "HQ"),
        Shape::Default,
    ),
    function(
        "date",
        "the day written as 2026-01-31, or the day of an instant in UTC",
        ("date('2026-01-31')", "2026-01-31"),
        Shape::Forms(&[
            form(&[Type::Str], Type::Date, Run::One(time::date)),
            form(&[Type::DateTime], Type::Date, Run::One(time::date)),
            form(&[Type::Date], Type::Date, Run::One(value::same)),
            form(&[Type::Json], Type::Date, Run::One(time::date)),
        ]),
    ),
    function(
        "datetime",
        "the instant written in RFC 3339, or the midnight in UTC with which a day begins",
        ("datetime('2026-01-31T23:30:00+01:00')", "2026-01-31T22:30:00Z"),
        Shape::Forms(&[
            form(&[Type::Str], Type::DateTime, Run::One(time::datetime)),
            form(&[Type::Date], Type::DateTime, Run::One(time::datetime)),
            form(&[Type::DateTime], Type::DateTime, Run::One(value::same)),
            form(&[Type::Json], Type::DateTime, Run::One(time::datetime)),
        ]),
    ),
    function(
        "duration",
        "the length of time written as 90s, 1h30m, 7d or PT1H30M; a day has 24 hours",
        ("date('2026-01-31') + duration('1d')", "2026-02-01"),
        Shape::Forms(&[
            form(&[Type::Str], Type::Duration, Run::One(time::duration)),
            form(&[Type::Duration], Type::Duration, Run::One(value::same)),
            form(&[Type::Json], Type::Duration, Run::One(time::duration)),
        ]),
    ),
    function(
        "days",
        "the calendar days from the first day to the second; negative where the second is earlier",
        ("days(date('2026-01-31'), date('2026-03-01'))", "29"),
        Shape::Forms(&[form(&[Type::Date, Type::Date], Type::Int, Run::Two(time::days))]),
    ),
    function(
        "days360",
        "the days from the first day to the second by 30E/360: a day 31 counts as 30, a month as 30 days, a year as 360",
        ("days360(date('2026-01-31'), date('2026-03-01'))", "31"),
        Shape::Forms(&[form(&[Type::Date, Type::Date], Type::Int, Run::Two(time::days360))]),
    ),
    function(
        "year",
        "the year of a day, or of an instant in UTC",
        ("year(date('2026-01-31'))", "2026"),
        Shape::Forms(&[
            form(&[Type::Date], Type::Int, Run::One(time::year)),
            form(&[Type::DateTime], Type::Int, Run::One(time::year)),
        ]),
    ),
    function(
        "month",
        "the month of a day, or of an instant in UTC, from 1",
        ("month(date('2026-01-31'))", "1"),
        Shape::Forms(&[
            form(&[Type::Date], Type::Int, Run::One(time::month)),
            form(&[Type::DateTime], Type::Int, Run::One(time::month)),
        ]),
    ),
    function(
        "day",
        "the day of the month, of a day or of an instant in UTC, from 1",
        ("day(date('2026-01-31'))", "31"),
        Shape::Forms(&[
            form(&[Type::Date], Type::Int, Run::One(time::day)),
            form(&[Type::DateTime], Type::Int, Run::One(time::day)),
        ]),
    ),
    function(
        "decimal",
        "the decimal written in a text without spaces, separators or exponent; of a float, the shortest that reads back as it",
        ("decimal('-2.50')", "-2.50"),
        Shape::Forms(&[
            form(&[Type::Decimal], Type::Decimal, Run::One(value::same)),
            form(&[Type::Str], Type::Decimal, Run::One(number::decimal)),
            form(&[Type::Float], Type::Decimal, Run::One(number::decimal)),
            form(&[Type::Json], Type::Decimal, Run::One(number::decimal)),
        ]),
    ),
    function(
        "int",
        "the integer written in a text, or the value of a decimal or float that is whole",
        ("int('42')", "42"),
        Shape::Forms(&[
            form(&[Type::Int], Type::Int, Run::One(value::same)),
            form(&[Type::Str], Type::Int, Run::One(number::int)),
            form(&[Type::Decimal], Type::Int, Run::One(number::int)),
            form(&[Type::Float], Type::Int, Run::One(number::int)),
            form(&[Type::Json], Type::Int, Run::One(number::int)),
        ]),
    ),
    function(
        "string",
        "the text of a value; bytes must be UTF-8",
        ("'no. ' + string(42)", "no. 42"),
        Shape::Forms(&[
            form(&[Type::Str], Type::Str, Run::One(value::same)),
            form(&[Type::Int], Type::Str, Run::One(text::string)),
            form(&[Type::Decimal], Type::Str, Run::One(text::string)),
            form(&[Type::Float], Type::Str, Run::One(text::string)),
            form(&[Type::Bool], Type::Str, Run::One(text::string)),
            form(&[Type::Date], Type::Str, Run::One(text::string)),
            form(&[Type::DateTime], Type::Str, Run::One(text::string)),
            form(&[Type::Duration], Type::Str, Run::One(text::string)),
            form(&[Type::Bytes], Type::Str, Run::One(text::string)),
            form(&[Type::Json], Type::Str, Run::One(text::string)),
        ]),
    ),
    function(
        "round",
        "the number with exactly so many places after the point (0 to 28), rounded half to even",
        ("round(2.345, 2)", "2.34"),
        Shape::Forms(&[form(&[Type::Decimal, Type::Int], Type::Decimal, Run::Round)]),
    ),
    function(
        "div",
        "the first number divided by the second, with exactly so many places, rounded once, half to even",
        ("div(1, 8, 2)", "0.12"),
        Shape::Forms(&[form(&[Type::Decimal, Type::Decimal, Type::Int], Type::Decimal, Run::Div)]),
    ),
    function(
        "abs",
        "the number or duration without its sign",
        ("abs(-2.50)", "2.50"),
        Shape::Forms(&[
            form(&[Type::Int], Type::Int, Run::One(number::abs)),
            form(&[Type::Decimal], Type::Decimal, Run::One(number::abs)),
            form(&[Type::Float], Type::Float, Run::One(number::abs)),
            form(&[Type::Duration], Type::Duration, Run::One(number::abs)),
        ]),
    ),
    function(
        "min",
        "the least of two or more values of one type",
        ("min(3, 2.5, 7)", "2.5"),
        Shape::Extreme(Ordering::Less),
    ),
    function(
        "max",
        "the greatest of two or more values of one type",
        ("max(date('2026-01-31'), date('2026-02-01'))", "2026-02-01"),
        Shape::Extreme(Ordering::Greater),
    ),
    function(
        "size",
        "the characters of a text, the bytes of bytes, the members of a JSON array or object",
        ("size('Zürich')", "6"),
        Shape::Forms(&[
            form(&[Type::Str], Type::Int, Run::One(text::size)),
            form(&[Type::Bytes], Type::Int, Run::One(text::size)),
            form(&[Type::Json], Type::Int, Run::One(text::size)),
        ]),
    ),
    function(
        "upper",
        "the text in capital letters, as Unicode has them",
        ("upper('Zürich')", "ZÜRICH"),
        Shape::Forms(&[form(&[Type::Str], Type::Str, Run::One(text::upper))]),
    ),
    function(
        "lower",
        "the text in small letters, as Unicode has them",
        ("lower('Zürich')", "zürich"),
        Shape::Forms(&[form(&[Type::Str], Type::Str, Run::One(text::lower))]),
    ),
    function(
        "trim",
        "the text without blanks at its beginning and end",
        ("trim('  HQ ')", "HQ"),
        Shape::Forms(&[form(&[Type::Str], Type::Str, Run::One(text::trim))]),
    ),
    function(
        "replace",
        "the text with every occurrence of the second text replaced by the third",
        ("replace('1.250,00', '.', '')", "1250,00"),
        Shape::Forms(&[form(&[Type::Str, Type::Str, Type::Str], Type::Str, Run::Three(text::replace))]),
    ),
    function(
        "substring",
        "the characters from the first position, counted from 0, up to but without the second, or to the end; positions beyond the text fail",
        ("substring('DE89370400', 0, 2)", "DE"),
        Shape::Forms(&[
            form(&[Type::Str, Type::Int], Type::Str, Run::Two(text::substring_from)),
            form(&[Type::Str, Type::Int, Type::Int], Type::Str, Run::Three(text::substring)),
        ]),
    ),
    function(
        "matches",
        "whether the regular expression (RE2's syntax, linear time) occurs in the text; ^ and $ make it the whole text",
        ("'AB-1'.matches('^[A-Z]{2}-[0-9]+$')", "true"),
        Shape::Forms(&[form(&[Type::Str, Type::Str], Type::Bool, Run::Matches)]),
    ),
    function(
        "startsWith",
        "whether the text begins with the other",
        ("'DE89'.startsWith('DE')", "true"),
        Shape::Forms(&[form(&[Type::Str, Type::Str], Type::Bool, Run::Two(text::starts_with))]),
    ),
    function(
        "endsWith",
        "whether the text ends with the other",
        ("'a.csv'.endsWith('.csv')", "true"),
        Shape::Forms(&[form(&[Type::Str, Type::Str], Type::Bool, Run::Two(text::ends_with))]),
    ),
    function(
        "contains",
        "whether the other text occurs in the text",
        ("'a-b'.contains('-')", "true"),
        Shape::Forms(&[form(&[Type::Str, Type::Str], Type::Bool, Run::Two(text::contains))]),
    ),
];
