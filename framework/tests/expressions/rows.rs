//! Expressions about rows and frames: slots, constants of the frame, and cells that are not what was declared.

use overnight_framework::expr::{Expected, Expression, Program, Scope, ScopeError};
use overnight_framework::row::{Column, Schema, Type, Value};
use serde_json::json;

use super::dec;

fn ledger() -> std::sync::Arc<Schema> {
    Schema::new(vec![
        Column::new("amount", Type::Decimal),
        Column::new("branch", Type::Str),
        Column::new("booked", Type::Date),
        Column::new("score", Type::Float),
        Column::new("Betrag €", Type::Int),
    ])
}

fn row() -> Vec<Value> {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
    vec![dec("250.00"), Value::from("HQ"), Value::Date(day), Value::Float(0.5), Value::Int(3)]
}

fn frame() -> (Scope, Vec<Value>) {
    let mut scope = Scope::new();
    scope.declare(&["params", "limit"], Type::Int).unwrap();
    scope.declare(&["params", "mode"], Type::Str).unwrap();
    scope.declare(&["params", "business_date"], Type::Date).unwrap();
    scope.declare_nullable(&["steps", "load-all", "exit_code"], Type::Str).unwrap();
    let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 30).unwrap();
    (scope, vec![Value::Int(100), Value::from("full"), Value::Date(day), Value::Null])
}

fn program(text: &str) -> Program {
    let (frame, values) = frame();
    let scope = Scope::rows(&ledger(), &frame).unwrap();
    let typed = Expression::parse(text).and_then(|read| read.check(&scope, Expected::Any));
    typed.unwrap_or_else(|errors| panic!("{text}: {errors:?}")).compile_with(&values)
}

#[test]
fn rows_and_frames_meet_in_one_expression() {
    for text in [
        "amount > params.limit",
        "amount > 100.00 && branch == 'HQ'",
        "params.mode == 'full' || amount / 0 > 1".split(" ||").next().unwrap(),
        "booked == params.business_date + duration('1d') && booked - 1 == params.business_date",
        "days(params.business_date, booked) == 1",
        "row['Betrag €'] == 3 && row.amount == amount",
        "steps['load-all'].exit_code == null && !has(steps['load-all'].exit_code)",
        "default(steps['load-all'].exit_code, 'COMPLETED') == 'COMPLETED'",
        "score * score < score && decimal(score) == 0.5",
        "branch in [params.mode, 'HQ']",
        "min(amount, params.limit) == 100 && max(1, 2, 3) == 3",
        "(amount > 100 ? 'big' : branch) == 'big'",
    ] {
        assert_eq!(program(text).test(&row()), Ok(true), "{text}");
    }
    assert_eq!(program("amount * 0.01").eval(&row()).unwrap().to_string(), "2.5000");
}

#[test]
fn membership_looks_into_json() {
    let mut frame = Scope::new();
    frame.declare(&["params", "j"], Type::Json).unwrap();
    let schema = Schema::new(vec![Column::new("branch", Type::Str), Column::new("count", Type::Int)]);
    let scope = Scope::rows(&schema, &frame).unwrap();
    let holds = |text: &str, json: serde_json::Value| {
        let typed = Expression::parse(text).unwrap().check(&scope, Expected::Any).unwrap();
        typed.compile_with(&[Value::Json(Box::new(json))]).test(&[Value::from("HQ"), Value::Int(7)])
    };
    for (text, json, truth) in [
        ("branch in [params.j]", json!("HQ"), true),
        ("branch in [params.j]", json!("B1"), false),
        ("branch in [params.j]", json!(null), false),
        ("branch in ['A', 'B', params.j, 'Y', 'Z']", json!("HQ"), true),
        ("branch in ['A', params.j, 'HQ', params.j]", json!({ "a": 1 }), true),
        ("count in [1, params.j.x[1], 9]", json!({ "x": [1, 7] }), true),
        ("count in [params.j.x]", json!({ "x": "7" }), false),
    ] {
        assert_eq!(holds(text, json.clone()), Ok(truth), "{text} of {json}");
    }
}

#[test]
fn a_chain_of_members_finds_its_leaf_or_a_null() {
    let schema = Schema::new(vec![Column::new("j", Type::Json), Column::new("k", Type::Json).nullable()]);
    let scope = Scope::of_schema(&schema).unwrap();
    let value = |text: &str| {
        let program = Expression::parse(text).unwrap().check(&scope, Expected::Any).unwrap().compile();
        program.eval(&[Value::Json(Box::new(json!({ "a": [{ "b": { "c": 1, "d": null } }, "x"] }))), Value::Null])
    };
    assert_eq!(value("j.a[0].b"), Ok(Value::Json(Box::new(json!({ "c": 1, "d": null })))));
    assert_eq!(value("j['a'][0]['b'].c"), Ok(Value::Json(Box::new(json!(1)))));
    for nothing in ["j.a[0].b.d", "j.a[0].b.d.e", "j.a[2].b", "j.a.b", "j[0]", "j.a[1].x", "j.z.y.x", "k.a.b"] {
        assert_eq!(value(nothing), Ok(Value::Null), "{nothing}");
    }
    assert_eq!(value("default(j.a[0].b.e, j.a[1]) == 'x' && !has(j.a[0].b.d)"), Ok(Value::Bool(true)));
    assert_eq!(value("(has(k) ? k : j).a[1]"), Ok(Value::Json(Box::new(json!("x")))));
}

#[test]
fn the_frame_is_folded_into_constants() {
    let (frame, values) = frame();
    let scope = Scope::rows(&ledger(), &frame).unwrap();
    let typed =
        Expression::parse("params.mode == 'full' || amount > 1000").unwrap().check(&scope, Expected::Any).unwrap();
    assert_eq!(typed.reads(), ["params.mode", "amount"]);
    // Decided by the frame alone, so not even the row is looked at.
    assert_eq!(typed.compile_with(&values).test(&[]), Ok(true));
    let error = typed.compile().test(&row()).unwrap_err();
    assert_eq!(error.message(), "params.mode has no value here");
}

#[test]
fn a_failure_in_the_frame_fails_only_the_rows_that_need_it() {
    let mut frame = Scope::new();
    frame.declare(&["params", "parts"], Type::Int).unwrap();
    let schema = Schema::new(vec![Column::new("count", Type::Int)]);
    let scope = Scope::rows(&schema, &frame).unwrap();
    let read = Expression::parse("count == 0 ? 0 : 100 / params.parts").unwrap();
    let program = read.check(&scope, Expected::Any).unwrap().compile_with(&[Value::Int(0)]);
    assert_eq!(program.eval(&[Value::Int(0)]), Ok(Value::Int(0)));
    assert_eq!(program.eval(&[Value::Int(1)]).unwrap_err().message(), "division by zero");
}

#[test]
fn a_cell_that_is_not_what_was_declared_is_an_error_and_no_panic() {
    let wrong = [Value::from("x"), Value::Int(1), Value::Null];
    for (text, message) in [
        ("amount > 1", "amount holds a value of type string where decimal was declared"),
        ("branch == 'HQ'", "branch holds a value of type integer where string was declared"),
        ("booked > params.business_date", "booked is null"),
        ("score + score", "score is missing: it is value number 4, of 3"),
        ("upper(branch)", "a value of type integer stands where type string was declared"),
    ] {
        assert_eq!(program(text).eval(&wrong).unwrap_err().message(), message, "{text}");
    }
    assert_eq!(
        program("amount").test(&row()).unwrap_err().message(),
        "the condition gives a value of type decimal, not boolean"
    );
}

#[test]
fn a_column_called_like_a_root_is_refused() {
    let schema = Schema::new(vec![Column::new("params", Type::Str)]);
    assert_eq!(Scope::of_schema(&schema).unwrap_err(), ScopeError::Root { name: "params".to_owned() });
    let twice = Schema::new(vec![Column::new("a", Type::Str), Column::new("a", Type::Str)]);
    assert_eq!(Scope::of_schema(&twice).unwrap_err(), ScopeError::Twice { name: "a".to_owned() });
    let mut frame = Scope::new();
    assert_eq!(frame.declare(&["region"], Type::Str), Ok(0));
    assert_eq!(frame.declare(&["params", "x"], Type::Str), Ok(1));
    assert_eq!(frame.declare(&["params"], Type::Str).unwrap_err(), ScopeError::Twice { name: "params".to_owned() });
    assert!(frame.declare(&["params", "x", "y"], Type::Str).is_err());
    assert_eq!(frame.slots(), 2);
    let schema = Schema::new(vec![Column::new("region", Type::Str)]);
    assert!(Scope::rows(&schema, &frame).is_err());
}

#[test]
fn programs_are_shared_by_threads() {
    let program = program("amount > params.limit && branch == 'HQ'");
    let row = row();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| assert_eq!(program.test(&row), Ok(true)));
        }
    });
}

#[test]
fn the_paths_of_an_expression_are_told_before_any_scope() {
    let read = Expression::parse("env.HOME + steps['load-all'].file + x.trim() == default(message.body['a'], f(y)[0])")
        .unwrap();
    let paths: Vec<String> = read.paths().into_iter().map(|path| path.join("/")).collect();
    assert_eq!(paths, ["env/HOME", "steps/load-all/file", "x", "message/body/a", "y"]);
}
