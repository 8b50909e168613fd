//! Text that was written to do harm is refused, or evaluated, at once: on the small stack of a test thread, in a build
//! without optimisation.

use std::time::{Duration, Instant};

use overnight_framework::expr::{Expected, Expression, Scope, Template};
use overnight_framework::row::{Column, Schema, Type, Value};

/// The shapes that overflow stacks, repeated so often.
fn shapes(count: usize) -> Vec<(&'static str, String)> {
    let around = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(count), close.repeat(count));
    vec![
        ("parentheses", around("(", "a", ")")),
        ("open parentheses", "(".repeat(count)),
        ("calls", around("abs(", "a", ")")),
        ("open calls", "abs(".repeat(count)),
        ("lists", around("[", "a", "]")),
        ("nested in", around("1 in [", "1", "]")),
        ("indexes", around("a[", "0", "]")),
        ("nots", format!("{}true", "!".repeat(count))),
        ("minuses", format!("{}1", "- ".repeat(count))),
        ("sum", format!("a{}", " + a".repeat(count))),
        ("equalities", format!("a{}", " == a".repeat(count))),
        ("selections", format!("a{}", ".b".repeat(count))),
        ("element of element", format!("a{}", "[0]".repeat(count))),
        ("methods", format!("a{}", ".abs()".repeat(count))),
        ("and", format!("yes{}", " && yes".repeat(count))),
        ("or", format!("!yes{}", " || !yes".repeat(count))),
        ("and in or", around("(yes && (!yes || ", "yes", "))")),
        ("three terms, nested", around("(yes && yes && (!yes || !yes || ", "yes", "))")),
        ("else branches", format!("{}1", "yes ? 1 : ".repeat(count))),
        ("then branches", around("yes ? (", "1", ") : 1")),
        ("arguments", format!("max(a{})", ", a".repeat(count))),
        ("elements", format!("a in [1{}]", ", 2".repeat(count))),
        ("names in a list", format!("a + a + a + a in [a{}]", ", a".repeat(count))),
        ("defaults", around("default(null, ", "a", ")")),
        ("macros", around("a.all(x, ", "x", ")")),
        ("braces", "{".repeat(count)),
        ("strings", "'".repeat(count)),
        ("at signs", "@".repeat(count)),
        ("digits", "9".repeat(count)),
        ("fraction", format!("0.{}", "9".repeat(count))),
        ("a name", "n".repeat(count)),
        ("comments", "// \n".repeat(count)),
        ("escapes", format!("'{}'", "\\n".repeat(count))),
        ("umlauts", "ü".repeat(count)),
        ("question marks", "a ? ".repeat(count)),
        ("replace", format!("'aaaaaaaa'{}", ".replace('a', 'aaaaaaaa')".repeat(count))),
        ("doubling", around("upper(", "text + text", ") + text")),
    ]
}

fn scope() -> Scope {
    let column = |name: &str, kind| Column::new(name, kind);
    let schema = Schema::new(vec![column("a", Type::Int), column("yes", Type::Bool), column("text", Type::Str)]);
    Scope::of_schema(&schema).unwrap()
}

/// What a run costs at most. A machine that is busy with other work gets a second and a third chance.
fn assert_quick(name: &str, count: usize, text: &str) {
    let fastest = (0..3).map(|_| run(text)).find(|taken| *taken < Duration::from_millis(100));
    assert!(fastest.is_some(), "{count} of {name} took more than 100 ms, three times");
}

/// Reads, checks, compiles and evaluates, as far as it goes.
fn run(text: &str) -> Duration {
    let scope = scope();
    let row = [Value::Int(1), Value::Bool(true), Value::Str("x".repeat(100_000).into())];
    let start = Instant::now();
    match Expression::parse(text).and_then(|read| read.check(&scope, Expected::Any)) {
        Ok(typed) => drop(typed.compile_with(&[]).eval(&row)),
        Err(errors) => {
            for error in errors {
                assert!(text.get(error.span.clone()).is_some(), "{error} at {:?}", error.span);
                assert!(error.message.len() < 500);
            }
        }
    }
    start.elapsed()
}

#[test]
fn no_shape_overflows_a_stack_or_takes_long() {
    for count in [1, 20, 48, 49, 50, 90, 99, 100, 101, 1_000, 1_500, 10_000, 100_000] {
        for (name, text) in shapes(count) {
            assert_quick(name, count, &text);
        }
    }
}

#[test]
fn what_fills_the_limit_of_length_is_quick_too() {
    for (name, text) in shapes(8_192) {
        let one = shapes(1).into_iter().find(|(other, _)| *other == name).unwrap().1;
        let two = shapes(2).into_iter().find(|(other, _)| *other == name).unwrap().1;
        let count = (8_192 - one.len()) / (two.len() - one.len()).max(1);
        let full = shapes(count).into_iter().find(|(other, _)| *other == name).unwrap().1;
        assert!(full.len() <= 8_192 && text.len() >= full.len());
        assert_quick(name, count, &full);
    }
}

#[test]
fn depth_and_length_are_refused_with_their_limits() {
    let scope = scope();
    let deep = super::errors_in(&format!("{}a{}", "(".repeat(101), ")".repeat(101)), &scope);
    assert_eq!(deep[0].message, "an expression is at most 100 deep");
    let chain = super::errors_in(&format!("a{}", " + a".repeat(100)), &scope);
    assert_eq!(chain[0].message, "an expression is at most 100 deep");
    let long = super::errors_in(&format!("a == {}1", " ".repeat(8_192)), &scope);
    assert_eq!(long[0].message, "an expression has at most 8192 bytes");
    assert!(Expression::parse(&format!("a{}", " + a".repeat(99))).is_ok());
    assert!(Expression::parse(&format!("{}a{}", "(".repeat(99), ")".repeat(99))).is_ok());
}

#[test]
fn a_chain_of_conditions_may_be_as_long_as_the_text() {
    let text = format!("a == 0{}", " || a == 1".repeat(800));
    let typed = Expression::parse(&text).unwrap().check(&scope(), Expected::Type(Type::Bool)).unwrap();
    assert_eq!(typed.compile().test(&[Value::Int(1)]), Ok(true));
}

#[test]
fn no_expression_makes_a_text_beyond_a_mebibyte() {
    let text = format!("text{}", ".replace('x', 'xxxxxxxx')".repeat(20));
    let typed = Expression::parse(&text).unwrap().check(&scope(), Expected::Any).unwrap();
    let error = typed.compile().eval(&[Value::Int(0), Value::Bool(true), Value::from("xx")]).unwrap_err();
    assert_eq!(error.message(), "the text would be longer than 1 MiB");
}

#[test]
fn regular_expressions_are_bounded_in_size_and_time() {
    let errors = super::errors_in("text.matches('((a{100}){100}){100}')", &scope());
    assert_eq!(errors[0].message, "the regular expression is too large");
    let errors = super::errors_in("text.matches('(a')", &scope());
    assert_eq!(errors[0].message, "'(a' is no regular expression: unclosed group");
    let typed = Expression::parse("text.matches('^(x+x+)+y$')").unwrap().check(&scope(), Expected::Any).unwrap();
    let row = [Value::Int(0), Value::Bool(true), Value::Str("x".repeat(20_000).into())];
    let program = typed.compile();
    let start = Instant::now();
    assert_eq!(program.test(&row), Ok(false));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn templates_full_of_openings_are_quick() {
    for text in [
        "${{".repeat(100_000),
        "${{ 1 }}".repeat(20_000),
        "$".repeat(300_000),
        "${{ '}}' ".repeat(30_000),
        "${{ // }}".repeat(100_000),
    ] {
        let start = Instant::now();
        drop(Template::parse(&text));
        assert!(start.elapsed() < Duration::from_secs(2), "{}", &text[..8]);
    }
}
