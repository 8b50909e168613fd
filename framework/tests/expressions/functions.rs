//! Every function does what its line in the table says.

use overnight_framework::expr::{Expected, Expression, Scope, functions};
use overnight_framework::row::{Column, Schema, Type, Value};
use serde_json::json;

use super::{dec, value};

#[test]
fn every_example_of_the_table_is_true() {
    let scope = Scope::of_schema(&Schema::new(vec![Column::new("amount", Type::Decimal)])).unwrap();
    for function in functions() {
        let (text, expected) = function.example;
        let typed = Expression::parse(text).and_then(|read| read.check(&scope, Expected::Any)).unwrap();
        let result = typed.compile().eval(&[dec("1")]).unwrap();
        assert_eq!(result.to_string(), expected, "{text}");
        assert!(!function.signatures().is_empty());
    }
}

#[test]
fn the_list_of_functions_is_the_one_that_was_ruled() {
    let mut names: Vec<_> = functions().iter().map(|function| function.name).collect();
    names.sort_unstable();
    let mut ruled: Vec<_> =
        "date datetime duration days days360 year month day decimal int string round div abs min max size upper \
                             lower trim replace substring matches startsWith endsWith contains default has"
            .split_whitespace()
            .collect();
    ruled.sort_unstable();
    assert_eq!(names, ruled);
}

#[test]
fn days360_is_30e_360() {
    for (from, to, days) in [
        ("2026-01-31", "2026-02-28", 28),
        ("2026-01-30", "2026-01-31", 0),
        ("2024-02-29", "2025-02-28", 359),
        ("2026-01-01", "2027-01-01", 360),
        ("2026-03-31", "2026-01-31", -60),
        ("2007-02-28", "2007-03-31", 32),
    ] {
        assert_eq!(value(&format!("days360(date('{from}'), date('{to}'))")), Ok(Value::Int(days)), "{from} {to}");
    }
}

#[test]
fn a_call_and_a_method_call_are_the_same() {
    for (call, method) in [
        ("round(2.345, 2)", "2.345.round(2)"),
        ("replace('a-b', '-', '+')", "'a-b'.replace('-', '+')"),
        ("year(date('2026-01-31'))", "date('2026-01-31').year()"),
        ("default(null, 3)", "null.default(3)"),
        ("abs(-5)", "-5.abs()"),
    ] {
        let value_of = |text| value(text).map_err(|error| panic!("{text}: {error}"));
        assert_eq!(value_of(call), value_of(method), "{call}");
    }
}

#[test]
fn rounding_and_division_go_to_the_named_place_once() {
    assert_eq!(value("div(100000000000000.00000000000001, 800000000000000, 2)").unwrap().to_string(), "0.13");
    assert_eq!(value("round(1234.5, 2)").unwrap().to_string(), "1234.50");
    assert_eq!(value("round(7, 2)").unwrap().to_string(), "7.00");
    assert_eq!(value("div(1250.00 * 0.0375, 365, 2)").unwrap().to_string(), "0.13");
}

#[test]
fn texts_are_cut_by_characters() {
    assert_eq!(value("'Zürich'.substring(1, 3)"), Ok(Value::from("ür")));
    assert_eq!(value("'Zürich'.substring(6)"), Ok(Value::from("")));
    assert_eq!(value("'aaa'.replace('', '-')"), Ok(Value::from("-a-a-a-")));
    assert_eq!(value("' \\u00a0x\\n'.trim()"), Ok(Value::from("x")));
}

#[test]
fn json_is_read_by_conversions() {
    let mut scope = Scope::new();
    scope.declare(&["message", "body"], Type::Json).unwrap();
    let body = json!({"branch": "HQ", "count": 3, "amount": "12.50", "rate": 0.0375, "long": 0.123_456_789_012_345_68,
        "flag": true, "none": null, "date": "2026-01-31", "items": [{"id": 7}], "whole": 12345678901234567_i64});
    let eval = |text: &str| {
        let typed = Expression::parse(text).and_then(|read| read.check(&scope, Expected::Any));
        let typed = typed.unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        typed.compile().eval(&[Value::Json(Box::new(body.clone()))])
    };
    for text in [
        "message.body.branch == 'HQ'",
        "message.body['branch'] != 'XX'",
        "message.body.count == 3 && message.body.count != 4 && message.body.count == 3.0",
        "message.body.flag == true",
        "message.body.branch in ['HQ', 'B1']",
        "message.body.rate == 0.0375",
        "message.body.none == null && message.body.missing == null && message.body.branch != null",
        "has(message.body.branch) && !has(message.body.none) && !has(message.body.missing.deeper)",
        "string(message.body.branch) == 'HQ' && int(message.body.count) == 3",
        "decimal(message.body.amount) == 12.5 && decimal(message.body.rate) == 0.0375",
        "decimal(message.body.whole) == 12345678901234567",
        "date(message.body.date) == date('2026-01-31')",
        "default(message.body.branch, 'none') == 'HQ' && default(message.body.missing, 'none') == 'none'",
        "default(message.body.count, 0) + 1 == 4",
        "message.body.items[0].id == 7 && size(message.body.items) == 1 && !has(message.body.items[1].id)",
    ] {
        assert_eq!(eval(text), Ok(Value::Bool(true)), "{text}");
    }
    for (text, message) in [
        ("string(message.body.missing)", "message.body.missing is null"),
        (
            "decimal(message.body.long)",
            "0.12345678901234568 may have lost digits as a JSON number; send it as a string",
        ),
        ("default(message.body.branch, 0)", "'\"HQ\"' is no integer"),
        ("date(message.body.count)", "'3' is not a date such as 2026-01-31"),
    ] {
        assert_eq!(eval(text).unwrap_err().message(), message, "{text}");
    }
}
