//! The keys of a parameter.

use super::{DATETIME, habits};
use crate::yaml::{Cases, Field, Mapping, Shape};

const INTEGER: Shape = Shape::Integer(i64::MIN, i64::MAX);
const DATE: Shape = Shape::Form("a date such as 2026-10-30", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");

/// What stands below the name of a parameter.
pub(in crate::definition) static PARAM: Mapping = Mapping::new(
    "parameter",
    "a parameter",
    "A value that a start gives: `jobctl start FILE -p NAME=VALUE`. It is checked before anything is \
     written.",
    &[
        Field::required(
            "type",
            Shape::Word(&["string", "integer", "decimal", "boolean", "date", "datetime", "duration", "json", "path"]),
            "What it is. Decimals are exact; a relative `path` that a user gives starts at the working \
             directory, a default at the folder of the job file.",
        ),
        Field::or(
            "required",
            "false",
            Shape::Boolean,
            "Whether every start has to give it. Without it and without a default it is null.",
        ),
        Field::optional("default", Shape::Anything, "The value of a start that gives none, of the parameter's type."),
        Field::optional(
            "enum",
            Shape::List(&Shape::Anything, 1),
            "The values that are allowed, each of the parameter's type.",
        ),
        Field::optional("minimum", Shape::Anything, "The least value: of numbers, dates, datetimes and durations."),
        Field::optional("maximum", Shape::Anything, "The greatest value: of numbers, dates, datetimes and durations."),
        Field::optional(
            "pattern",
            Shape::FilledText,
            "A regular expression that the whole value matches: of strings and paths.",
        ),
        Field::optional("description", Shape::FilledText, "What it is for, in words for people."),
        Field::or(
            "secret",
            "false",
            Shape::Boolean,
            "Whether it is never stored and masked wherever it would be seen. It has no default, identifies \
             nothing, and is given again on restart.",
        ),
        Field::optional(
            "identifying",
            Shape::Boolean,
            "Whether another value is another instance. Every parameter does so that is not secret and does \
             not say `false`.",
        ),
    ],
)
.cases(Cases {
    by: "type",
    cases: &[
        (
            "string",
            &[
                ("default", Shape::Text),
                ("enum", Shape::List(&Shape::Text, 1)),
                ("minimum", Shape::Nothing),
                ("maximum", Shape::Nothing),
            ],
        ),
        (
            "path",
            &[
                ("default", Shape::FilledText),
                ("enum", Shape::List(&Shape::FilledText, 1)),
                ("minimum", Shape::Nothing),
                ("maximum", Shape::Nothing),
            ],
        ),
        (
            "integer",
            &[
                ("default", INTEGER),
                ("enum", Shape::List(&INTEGER, 1)),
                ("minimum", INTEGER),
                ("maximum", INTEGER),
                ("pattern", Shape::Nothing),
            ],
        ),
        (
            "decimal",
            &[
                ("default", Shape::Decimal),
                ("enum", Shape::List(&Shape::Decimal, 1)),
                ("minimum", Shape::Decimal),
                ("maximum", Shape::Decimal),
                ("pattern", Shape::Nothing),
            ],
        ),
        (
            "boolean",
            &[
                ("default", Shape::Boolean),
                ("enum", Shape::List(&Shape::Boolean, 1)),
                ("minimum", Shape::Nothing),
                ("maximum", Shape::Nothing),
                ("pattern", Shape::Nothing),
            ],
        ),
        (
            "date",
            &[
                ("default", DATE),
                ("enum", Shape::List(&DATE, 1)),
                ("minimum", DATE),
                ("maximum", DATE),
                ("pattern", Shape::Nothing),
            ],
        ),
        (
            "datetime",
            &[
                ("default", DATETIME),
                ("enum", Shape::List(&DATETIME, 1)),
                ("minimum", DATETIME),
                ("maximum", DATETIME),
                ("pattern", Shape::Nothing),
            ],
        ),
        (
            "duration",
            &[
                ("default", Shape::Duration),
                ("enum", Shape::List(&Shape::Duration, 1)),
                ("minimum", Shape::Duration),
                ("maximum", Shape::Duration),
                ("pattern", Shape::Nothing),
            ],
        ),
        (
            "json",
            &[
                ("default", Shape::Something),
                ("enum", Shape::List(&Shape::Something, 1)),
                ("minimum", Shape::Nothing),
                ("maximum", Shape::Nothing),
                ("pattern", Shape::Nothing),
            ],
        ),
    ],
})
.habits(habits::PARAM)
.example(
    "\
params:
  business_date: { type: date, required: true, description: Accounting day to close }
  mode: { type: string, enum: [full, delta], default: full }
  rate: { type: decimal, default: \"0.0375\", minimum: 0, maximum: 1 }
  out: { type: path, default: out, identifying: false }
",
);
