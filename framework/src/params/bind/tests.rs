//! What binding refuses, and what it makes of what it takes.

use super::*;

const CONTEXT: fn() -> BindContext<'static> =
    || BindContext { working_dir: Path::new("/here"), base_dir: Path::new("/jobs") };

fn declared() -> Vec<ParamDeclaration> {
    let required = |declaration: ParamDeclaration| ParamDeclaration { required: true, ..declaration };
    vec![
        required(ParamDeclaration::new("business_date", ParamType::Date)),
        ParamDeclaration { minimum: Some(Value::Int(1)), ..ParamDeclaration::new("partitions", ParamType::Integer) },
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
fn a_path_is_the_same_value_however_it_is_typed() {
    for path in ["x/y", "./x/y", "x//y", "x/./y/", "/here//x/./y"] {
        let params = bound(&format!(r#"{{"business_date": "2026-10-30", "out": "{path}"}}"#)).unwrap();
        assert_eq!(params.get("out"), Some(&Value::from("/here/x/y")), "{path}");
    }
    let params = bound(r#"{"business_date": "2026-10-30", "out": "link/../x"}"#).unwrap();
    assert_eq!(params.get("out"), Some(&Value::from("/here/link/../x")));
    let out =
        ParamDeclaration { default: Some(Value::from(".//out/.")), ..ParamDeclaration::new("out", ParamType::Path) };
    let params = bind(&[out], &GivenParams::default(), CONTEXT()).unwrap();
    assert_eq!(params.get("out"), Some(&Value::from("/jobs/out")));
}

#[test]
fn a_text_with_a_nul_is_refused_before_a_database_or_a_command_gets_it() {
    let declared = [ParamDeclaration::new("note", ParamType::String), ParamDeclaration::new("file", ParamType::Path)];
    for name in ["note", "file"] {
        let given = |text: &str| GivenParams::from_json(&format!(r#"{{"{name}": "{text}"}}"#)).unwrap();
        let error = bind(&declared, &given(r"a\u0000b"), CONTEXT()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("parameter `{name}` at line 1")), "{error}");
        assert!(error.ends_with("holds the character NUL"), "{error}");
        assert!(bind(&declared, &given(r"a\\u0000b"), CONTEXT()).is_ok());
    }
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
    let good = r#"[9007199254740993, 18446744073709551615, -1, 1.50, 1e-7, "1e400 \u00fc \" 99999999999999999999"]"#;
    assert_eq!(bind_ids(good), [true, true]);
    assert_eq!(bind_ids("[184467440737095516150]"), [false, false]);
    assert_eq!(bind_ids(r#"{"a": 0.1234567890123456789}"#), [false, false]);
}

#[test]
fn json_that_would_lose_a_value_or_is_none_is_refused_in_words() {
    let json = [ParamDeclaration::new("m", ParamType::Json)];
    let told = |given: &GivenParams| bind(&json, given, CONTEXT()).unwrap_err().problems.remove(0).help;
    let twice = GivenParams::from_json(r#"{"m": {"n": {"b": 2, "b": 99}}}"#).unwrap();
    assert_eq!(told(&twice).as_deref(), Some("the name `b` stands twice in one object"));
    let deep = GivenParams::from_json(&format!(r#"{{"m": {}{}}}"#, "[".repeat(200), "]".repeat(200))).unwrap();
    assert_eq!(told(&deep).as_deref(), Some("it is nested more than 127 levels deep"));
    let mut pair = GivenParams::default();
    pair.set_pair("m={\"a\": nul}").unwrap();
    assert_eq!(told(&pair).as_deref(), Some("without quotes stands no word but true, false and null"));
    let digits = GivenParams::from_json(r#"{"m": 184467440737095516150}"#).unwrap();
    assert_eq!(told(&digits), None);
}

#[test]
fn a_missing_secret_is_not_asked_for_where_everybody_sees_it() {
    let secret = ParamDeclaration { required: true, secret: true, ..ParamDeclaration::new("pin", ParamType::String) };
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
