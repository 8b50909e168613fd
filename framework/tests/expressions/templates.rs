//! Strings with expressions in them.

use overnight_framework::expr::{EvalError, Expected, ExprError, Scope, Template};
use overnight_framework::row::{Type, Value};

use super::dec;

fn scope() -> Scope {
    let mut scope = Scope::new();
    scope.declare(&["params", "branch"], Type::Str).unwrap();
    scope.declare(&["params", "rate"], Type::Decimal).unwrap();
    scope.declare_nullable(&["params", "note"], Type::Str).unwrap();
    scope.declare(&["message", "body"], Type::Json).unwrap();
    scope
}

fn eval(text: &str) -> Result<Value, EvalError> {
    let typed = Template::parse(text).and_then(|template| template.check(&scope(), Expected::Any));
    let body = serde_json::json!({"branch": "B1", "list": [1, 2]});
    let slots = [Value::from("HQ"), dec("0.0375"), Value::Null, Value::Json(Box::new(body))];
    typed.unwrap_or_else(|errors| panic!("{text}: {errors:?}")).compile().eval(&slots)
}

fn errors(text: &str) -> Vec<ExprError> {
    Template::parse(text).and_then(|template| template.check(&scope(), Expected::Any)).unwrap_err()
}

#[test]
fn braces_without_a_dollar_are_refused_before_our_names_and_text_before_others() {
    for (text, place) in [("echo {{ params.branch }}", 5..7), ("${{ params.branch }}/{{vars['x']}}", 21..23)] {
        let [error] = <[ExprError; 1]>::try_from(errors(text)).unwrap();
        assert_eq!((error.span.clone(), error.help.as_deref()), (place, Some("write ${{ for {{")), "{text}");
    }
    for text in ["docker inspect -f '{{.State}}'", "{{ parameters.x }}", "{{ params }}", "{{"] {
        assert_eq!(eval(text), Ok(Value::from(text)));
    }
    assert_eq!(eval("$${{ params.branch }}"), Ok(Value::from("${{ params.branch }}")));
}

#[test]
fn one_expression_keeps_its_type_and_any_other_string_is_text() {
    assert_eq!(eval("${{ params.rate }}"), Ok(dec("0.0375")));
    assert_eq!(eval("${{params.rate * 2 > 0.07}}"), Ok(Value::Bool(true)));
    assert_eq!(eval("${{ params.note }}"), Ok(Value::Null));
    assert_eq!(eval(" ${{ params.rate }}"), Ok(Value::from(" 0.0375")));
    assert_eq!(eval("/in/${{ params.branch }}/${{ params.rate }}.csv"), Ok(Value::from("/in/HQ/0.0375.csv")));
    assert_eq!(eval("${{ params.branch }}${{ params.branch }}"), Ok(Value::from("HQHQ")));
    assert_eq!(eval("on ${{ date('2026-01-31') }}"), Ok(Value::from("on 2026-01-31")));
    assert_eq!(eval("${{ message.body.branch }}: ${{ message.body.list }}"), Ok(Value::from("B1: [1,2]")));
    assert_eq!(eval("plain } {{ $ text"), Ok(Value::from("plain } {{ $ text")));
    assert_eq!(eval(""), Ok(Value::from("")));
}

#[test]
fn braces_in_strings_do_not_close_and_a_doubled_dollar_is_text() {
    assert_eq!(eval("${{ '}}' + '${{' }}"), Ok(Value::from("}}${{")));
    assert_eq!(eval("$${{ params.branch }}"), Ok(Value::from("${{ params.branch }}")));
    assert_eq!(eval("${{ 1 // one }}${{ // two\n 2 }}"), Ok(Value::from("12")));
    assert_eq!(eval("$${{ a }} ${{ params.branch }}"), Ok(Value::from("${{ a }} HQ")));
    assert_eq!(eval("${{ '$' }}${{ 5 }}"), Ok(Value::from("$5")));
    assert_eq!(Template::parse("$${{ x }}").unwrap().literal(), Some("${{ x }}"));
    assert_eq!(Template::parse("").unwrap().literal(), Some(""));
    assert_eq!(Template::parse("a ${{ 1 }}").unwrap().literal(), None);
    assert_eq!(Template::parse("/in/${{ 1 }}/x").unwrap().prefix(), "/in/");
}

#[test]
fn a_null_in_a_text_is_an_error_that_names_it() {
    assert_eq!(eval("note: ${{ params.note }}").unwrap_err().message(), "params.note is null");
    assert_eq!(eval("note: ${{ default(params.note, 'none') }}"), Ok(Value::from("note: none")));
}

#[test]
fn errors_point_into_the_whole_string() {
    let text = "für ${{ params.brunch }} und ${{ 1 + }} und ${{ x }}";
    let found = errors("für ${{ params.brunch }} und ${{ x }}");
    let places: Vec<_> = found.iter().map(|error| &text[error.span.clone()]).collect();
    assert_eq!(places[0], "brunch");
    assert_eq!(found[0].help.as_deref(), Some("did you mean 'branch'?"));
    assert_eq!(found.len(), 2);

    let found = errors(text);
    assert_eq!(found.len(), 1, "what cannot be read is told first");
    assert_eq!(found[0].message, "expected a value, found the end of the expression");
    assert_eq!(&text[found[0].span.clone()], "}}");

    for text in ["a ${{ params.branch", "a ${{ 'x }}' ", "a ${{ ", "a ${{"] {
        let found = errors(text);
        assert_eq!(&text[found[0].span.clone()], "${{", "{text}");
        assert_eq!(found[0].message, "'${{' is not closed");
    }
    let found = errors("a ${{ }} b");
    assert_eq!(found[0].message, "expected a value, found the end of the expression");
    assert_eq!(errors("${{ a } }}")[0].message, "'}' means nothing here");
    assert_eq!(errors("x ${{ b'x' }}")[0].message, "bytes have no place in a text");
}

#[test]
fn the_wanted_type_is_checked() {
    let check = |text: &str, expected| Template::parse(text).unwrap().check(&scope(), expected);
    assert!(check("${{ params.rate }}", Expected::Type(Type::Decimal)).is_ok());
    assert!(check("${{ 5 }}", Expected::Type(Type::Decimal)).is_ok());
    let wrong = check("${{ params.branch }}", Expected::Type(Type::Int)).unwrap_err();
    assert_eq!(wrong[0].to_string(), "expected an integer; this is a string; convert it: int(x)");
    let wrong = check("no. ${{ params.rate }}", Expected::Type(Type::Int)).unwrap_err();
    assert_eq!(wrong[0].message, "expected an integer; this is a string");
    assert_eq!(check("${{ 'a' }}b", Expected::Type(Type::Str)).unwrap().constant(), Some(&Value::from("ab")));
    let template = Template::parse("${{ params.branch }}-${{ env.X }}").unwrap();
    assert_eq!(template.paths(), [vec!["params", "branch"], vec!["env", "X"]]);
}
