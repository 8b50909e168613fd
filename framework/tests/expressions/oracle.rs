//! The `cel` crate as oracle: random expressions of integers, truths and strings have the same value there, or no value
//! in both. Decimals are ours alone and stay out.

use cel::{Context, Program, Value as Cel};
use overnight_framework::expr::{Expected, Expression, Scope};
use overnight_framework::row::{Type, Value};
use proptest::prelude::*;

const INTS: [(&str, i64); 4] = [("i", 3), ("zero", 0), ("minus", -7), ("most", i64::MAX)];
const TRUTHS: [(&str, bool); 2] = [("yes", true), ("no", false)];
const TEXTS: [(&str, &str); 3] = [("s", "Zürich"), ("empty", ""), ("quote", "it's")];

fn integer() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0..INTS.len()).prop_map(|at| INTS[at].0.to_owned()),
        (0_i64..20).prop_map(|number| number.to_string()),
        (-5_i64..0).prop_map(|number| number.to_string()),
        text().prop_map(|text| format!("size({text})")),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop_oneof!["\\+", "-", "\\*", "/", "%"], inner.clone())
                .prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
            (inner.clone(), prop_oneof!["\\+", "-", "\\*", "/", "%"], inner.clone())
                .prop_map(|(a, operator, b)| format!("({a} {operator} {b})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} < {b} ? {c} : {a})")),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..TEXTS.len()).prop_map(|at| TEXTS[at].0.to_owned()),
        Just(r"'a\n\'\u00fc'".to_owned()),
        Just(r#"r"\d""#.to_owned()),
        "[a-z]{0,3}".prop_map(|text| format!("'{text}'")),
        (0..TEXTS.len(), "[a-c]{0,2}").prop_map(|(at, text)| format!("{} + \"{text}\"", TEXTS[at].0)),
    ]
}

fn truth() -> impl Strategy<Value = String> {
    let compare = || prop_oneof!["<", "<=", ">", ">=", "==", "!="];
    let leaf = prop_oneof![
        (0..TRUTHS.len()).prop_map(|at| TRUTHS[at].0.to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        (integer(), compare(), integer()).prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
        (text(), compare(), text()).prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
        (integer(), prop::collection::vec(integer(), 0..4))
            .prop_map(|(a, list)| format!("{a} in [{}]", list.join(", "))),
        (text(), prop::collection::vec(text(), 0..4)).prop_map(|(a, list)| format!("{a} in [{}]", list.join(", "))),
        (text(), prop_oneof!["startsWith", "endsWith", "contains"], text())
            .prop_map(|(a, function, b)| format!("({a}).{function}({b})")),
    ];
    leaf.prop_recursive(4, 32, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop_oneof!["&&", "\\|\\|"], inner.clone())
                .prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
            (inner.clone(), prop_oneof!["&&", "\\|\\|", "==", "!="], inner.clone())
                .prop_map(|(a, operator, b)| format!("({a}) {operator} ({b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.clone().prop_map(|a| format!("!!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(({a}) ? ({b}) : ({c}))")),
        ]
    })
}

fn theirs(text: &str) -> Option<Value> {
    let mut context = Context::default();
    INTS.iter().for_each(|(name, value)| context.add_variable_from_value(*name, *value));
    TRUTHS.iter().for_each(|(name, value)| context.add_variable_from_value(*name, *value));
    TEXTS.iter().for_each(|(name, value)| context.add_variable_from_value(*name, *value));
    let program = Program::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    Some(match program.execute(&context).ok()? {
        Cel::Int(number) => Value::Int(number),
        Cel::Bool(truth) => Value::Bool(truth),
        Cel::String(text) => Value::from(text.as_str()),
        other => panic!("{text} gives {other:?}"),
    })
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    let mut scope = Scope::new();
    let mut slots = Vec::new();
    let names = INTS.iter().map(|(name, value)| (*name, Type::Int, Value::Int(*value)));
    let names = names.chain(TRUTHS.iter().map(|(name, value)| (*name, Type::Bool, Value::Bool(*value))));
    for (name, kind, value) in names.chain(TEXTS.iter().map(|(name, value)| (*name, Type::Str, Value::from(*value)))) {
        scope.declare(&[name], kind).unwrap();
        slots.push(value);
    }
    let read = Expression::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    match read.check(&scope, Expected::Any) {
        Ok(typed) => prop_assert_eq!(typed.compile().eval(&slots).ok(), theirs(text), "{}", text),
        // What fails for constants is found early, even where the oracle would never come to it; the part that fails
        // must fail there too.
        Err(errors) => {
            for error in errors {
                let part = &text[error.span.clone()];
                prop_assert_eq!(theirs(part), None, "{} in {}: {}", part, text, error);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn integers_have_the_value_that_cel_gives_them(text in integer()) {
        agrees(&text)?;
    }

    #[test]
    fn truths_have_the_value_that_cel_gives_them(text in truth()) {
        agrees(&text)?;
    }

    #[test]
    fn texts_have_the_value_that_cel_gives_them(text in text()) {
        agrees(&text)?;
    }

    /// Operators without brackets: the same tree as CEL builds.
    #[test]
    fn precedence_is_that_of_cel(
        terms in prop::collection::vec((0..INTS.len(), prop_oneof!["\\+", "-", "\\*", "/", "%"]), 1..8),
    ) {
        let parts: Vec<_> = terms.iter().map(|(at, operator)| format!("{} {operator} ", INTS[*at].0)).collect();
        agrees(&format!("{}2", parts.concat()))?;
    }

    /// Any text at all is read or refused, and every error lies inside of it.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}|[-a-z0-9 .'\"\\\\(){}\\[\\]<>=!&|?:+*/%,]{0,40}") {
        if let Err(errors) = Expression::parse(&text).and_then(|read| read.check(&Scope::new(), Expected::Any)) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(text.get(error.span.clone()).is_some(), "{:?} in {text:?}", error.span);
            }
        }
    }
}
