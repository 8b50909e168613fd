//! The pages about expressions: what stands behind `//` in their examples is what the expression before it gives.
//!
//! `UPDATE_DOCS=1 cargo test -p overnight-framework --test expressions pages` writes them anew, and the list of functions.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use overnight_framework::expr::{Expected, Expression, Scope, functions};
use overnight_framework::row::{Column, Schema, Type, Value};
use serde_json::json;

use super::dec;

/// The row that the examples use. The reference lists it.
fn row() -> [(Column, Value); 8] {
    [
        (Column::new("amount", Type::Decimal), dec("250.00")),
        (Column::new("lines", Type::Int), Value::Int(7)),
        (Column::new("branch", Type::Str), Value::from("HQ")),
        (Column::new("memo", Type::Str).nullable(), Value::Null),
        (Column::new("paid", Type::Bool), Value::Bool(true)),
        (Column::new("booked_on", Type::Date), Value::Date("2026-04-07".parse().unwrap())),
        (Column::new("sent_at", Type::DateTime), Value::DateTime("2026-04-07T22:30:00Z".parse().unwrap())),
        (Column::new("body", Type::Json), Value::Json(Box::new(json!({ "branch": "ZRH", "items": [{ "id": 1 }] })))),
    ]
}

#[test]
fn every_example_of_the_reference_is_what_it_says() {
    check("reference/cel.md");
}

#[test]
fn every_example_of_the_guide_is_what_it_says() {
    check("guide/expressions.md");
}

fn check(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
    let written = fs::read_to_string(&path).unwrap();
    let played = listed(&evaluated(&written));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, played).unwrap();
        return;
    }
    assert!(played.contains("```cel\n"), "{page} has no examples");
    for (line, (written, played)) in written.lines().zip(played.lines()).enumerate() {
        assert_eq!(written, played, "docs/{page}:{}", line + 1);
    }
    assert_eq!(written, played, "docs/{page}");
}

/// The page with the values of its examples.
fn evaluated(page: &str) -> String {
    let mut is_example = false;
    page.lines().fold(String::new(), |text, line| {
        is_example = if is_example { line != "```" } else { line == "```cel" };
        let line = match line.split_once("  //") {
            Some((expression, _)) if is_example => format!("{expression}  // {}", value_of(expression.trim())),
            _ => line.to_owned(),
        };
        text + &line + "\n"
    })
}

/// The value as the language writes it, or what is said instead.
fn value_of(text: &str) -> String {
    let (columns, cells): (Vec<_>, Vec<_>) = row().into_iter().unzip();
    let scope = Scope::of_schema(&Schema::new(columns)).unwrap();
    let checked = Expression::parse(text).and_then(|read| read.check(&scope, Expected::Any));
    match checked {
        Ok(typed) => match typed.compile().eval(&cells) {
            Ok(Value::Str(text)) => format!("'{text}'"),
            Ok(Value::Null) => "null".to_owned(),
            Ok(value) => value.to_string(),
            Err(error) => format!("error: {}", error.message()),
        },
        Err(errors) => {
            let error = errors.first().unwrap();
            let help = error.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            format!("refused: {}{help}", error.message)
        }
    }
}

/// The page with the list of functions between its marks.
fn listed(page: &str) -> String {
    let (begin, end) = ("<!-- functions -->\n", "<!-- end of functions -->");
    let Some((before, rest)) = page.split_once(begin) else { return page.to_owned() };
    let (_, after) = rest.split_once(end).unwrap();
    let mut list = String::new();
    for function in functions() {
        let signatures = function.signatures().iter().map(|signature| format!("`{signature}`")).collect::<Vec<_>>();
        let (example, value) = function.example;
        writeln!(list, "### {}\n\n{}\n\nAnswers {}.", function.name, signatures.join("<br>\n"), function.summary)
            .unwrap();
        writeln!(list, "For instance, `{example}` is `{value}`.\n").unwrap();
    }
    format!("{before}{begin}{list}{end}{after}")
}
