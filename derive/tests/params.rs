//! Structs as the parameters of a job: what they declare, and how they are read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveDate;
use overnight::params::{
    BindContext, FromParams, GivenParams, IntoParams, ParamDeclaration, ParamType, ParamsError, bind,
};
use overnight::row::Value;
use overnight::{ParamValue, Params};
use rust_decimal::Decimal;

/// Closes the day of a branch.
#[derive(Debug, PartialEq, Params)]
struct Close {
    /// Accounting day to close,
    /// as the branch has it.
    ///
    /// Not shown: only the first paragraph is.
    day: NaiveDate,
    /// File of the transactions.
    #[param(default = "tx.csv", pattern = r".*\.csv")]
    file: PathBuf,
    #[param(default = "0.0375", name = "interest-rate")]
    rate: Decimal,
    #[param(default = 4, range = 1..=64, identifying = false)]
    threads: u8,
    #[param(default = "90s")]
    patience: Duration,
    #[param(one_of = ["EUR", "CHF"])]
    currency: Option<String>,
    #[param(default = Mode::Full)]
    mode: Mode,
    #[param(secret)]
    pin: Option<String>,
    #[param(json, default = Limits { most: 9 })]
    limits: Limits,
    #[param(default = 2, check = even)]
    copies: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, ParamValue)]
enum Mode {
    Full,
    OnlyDeltas,
    #[param(name = "none")]
    Nothing,
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Limits {
    most: u32,
}

fn even(number: &u32) -> Result<(), &'static str> {
    if number.is_multiple_of(2) { Ok(()) } else { Err("is odd") }
}

fn read(given: impl IntoParams) -> Result<Close, ParamsError> {
    let context = BindContext { working_dir: Path::new("/here"), base_dir: Path::new("/jobs") };
    let params = bind(&Close::declarations()?, &given.into_params().unwrap(), context)?;
    Close::from_params(&params)
}

fn declared(name: &str) -> ParamDeclaration {
    let found = Close::declarations().unwrap().into_iter().find(|declared| *declared.name == *name);
    found.unwrap()
}

#[test]
fn a_struct_is_read_with_its_defaults() {
    let expected = Close {
        day: NaiveDate::from_ymd_opt(2026, 10, 30).unwrap(),
        file: "/jobs/tx.csv".into(),
        rate: Decimal::new(375, 4),
        threads: 4,
        patience: Duration::from_secs(90),
        currency: None,
        mode: Mode::Full,
        pin: None,
        limits: Limits { most: 9 },
        copies: 2,
    };
    assert_eq!(read(r#"{"day": "2026-10-30"}"#).unwrap(), expected);
}

#[test]
fn a_struct_is_read_with_what_was_given() {
    let given = r#"{"day": "2026-10-30", "file": "a.csv", "interest-rate": 0.5, "threads": 64, "patience": "1h",
                    "currency": "CHF", "mode": "only-deltas", "pin": "1", "limits": {"most": 1}, "copies": 0}"#;
    let read = read(given).unwrap();
    assert_eq!((read.file, read.threads, read.mode), ("/here/a.csv".into(), 64, Mode::OnlyDeltas));
    assert_eq!((read.currency.as_deref(), read.pin.as_deref(), read.copies), (Some("CHF"), Some("1"), 0));
    assert_eq!((read.rate, read.patience, read.limits.most), (Decimal::new(5, 1), Duration::from_hours(1), 1));
}

#[test]
fn a_struct_is_given_and_read_back_as_it_was_its_secrets_included() {
    let given = r#"{"day": "2026-10-30", "file": "/in/a.csv", "interest-rate": "0.50", "threads": 64, "patience": "1h30m",
                    "currency": "CHF", "mode": "none", "pin": "\"1\" ü", "limits": {"most": 1}, "copies": 0}"#;
    for given in [given, r#"{"day": "2026-10-30"}"#] {
        let close = read(given).unwrap();
        assert_eq!(read(&close).unwrap(), close);
    }
}

#[test]
fn a_field_without_a_value_is_given_as_none_and_not_left_to_what_was_given_before() {
    let mut given = GivenParams::from_json(r#"{"currency": "CHF"}"#).unwrap();
    given.extend(read(r#"{"day": "2026-10-30"}"#).unwrap().into_params().unwrap());
    assert_eq!(read(given).unwrap().currency, None);
}

#[test]
fn a_struct_that_breaks_its_own_rules_is_refused_like_any_other_value() {
    let close = Close { threads: 65, copies: 3, ..read(r#"{"day": "2026-10-30"}"#).unwrap() };
    let problems = read(close).unwrap_err().to_string();
    assert_eq!(problems, "parameter `threads`: `65` is greater than the maximum 64\nparameter `copies`: `3` is odd");
}

#[test]
fn the_fields_declare_what_their_types_and_attributes_say() {
    let (day, threads, mode) = (declared("day"), declared("threads"), declared("mode"));
    assert_eq!(day.description.as_deref(), Some("Accounting day to close, as the branch has it."));
    assert!(day.required && day.identifying && day.kind == ParamType::Date);
    assert!(!threads.required && !threads.identifying);
    assert_eq!((threads.minimum, threads.maximum), (Some(Value::Int(1)), Some(Value::Int(64))));
    assert_eq!(mode.choices, ["full", "only-deltas", "none"].map(Value::from));
    let pin = declared("pin");
    assert!(pin.secret && !pin.identifying && !pin.required);
    assert_eq!(declared("copies").maximum, Some(Value::Int(u32::MAX.into())));
}

#[test]
fn all_problems_of_the_given_values_are_told_at_once() {
    let given =
        r#"{"file": "a.txt", "threads": 65, "mode": "ful", "limits": {"least": 1}, "copies": 3, "currency": "USD"}"#;
    let problems = read(given).unwrap_err().to_string();
    for expected in [
        "missing parameter `day`: expected a date such as 2026-10-30",
        "parameter `file` at line 1 column 10: `a.txt` does not match .*\\.csv",
        "`65` is greater than the maximum 64",
        "`ful` is none of full, only-deltas, none (did you mean `full`?)",
        "is refused: missing field `most`",
        "`3` is odd",
        "`USD` is none of EUR, CHF",
    ] {
        assert!(problems.contains(expected), "{expected}\n{problems}");
    }
}

#[test]
fn a_field_that_is_no_option_takes_no_null() {
    let problems = read(r#"{"day": null, "threads": null, "currency": null}"#).unwrap_err().to_string();
    assert!(problems.contains("missing parameter `day`"), "{problems}");
    let null = "parameter `threads` at line 1 column 26: expected an integer of at most 64 bits, found null";
    assert!(problems.contains(null), "{problems}");
    assert!(problems.contains("(leave it out for its default)") && !problems.contains("currency"), "{problems}");
}

#[test]
fn a_rule_that_panics_refuses_the_value() {
    #[derive(Params)]
    struct Panics {
        #[param(check = panics)]
        copies: u32,
    }
    fn panics(copies: &u32) -> Result<(), String> {
        panic!("at {copies}")
    }
    let declared = Panics::declarations().unwrap();
    let context = BindContext { working_dir: Path::new("/"), base_dir: Path::new("/") };
    let error = bind(&declared, &GivenParams::from_json(r#"{"copies": 3}"#).unwrap(), context).unwrap_err();
    assert!(error.to_string().ends_with("`3` cannot be checked: at 3"), "{error}");
}

#[test]
fn a_default_that_breaks_its_own_rules_is_told_before_anything_runs() {
    #[derive(Params)]
    struct Wrong {
        #[param(default = 9, range = ..=8)]
        most: i64,
        #[param(default = "soon")]
        day: NaiveDate,
        #[param(pattern = "(")]
        name: String,
    }
    let problems = Wrong::declarations().unwrap_err().to_string();
    for expected in [
        "the default of parameter `most`: `9` is greater than the maximum 8",
        "the default of parameter `day`: expected a date such as 2026-10-30, found \"soon\"",
        "the pattern of parameter `name`: regex parse error",
    ] {
        assert!(problems.contains(expected), "{problems}");
    }
}

#[test]
fn a_struct_without_fields_has_no_parameters() {
    #[derive(Debug, PartialEq, Params)]
    struct Nothing;
    assert!(Nothing::declarations().unwrap().is_empty());
    assert_eq!(Nothing::from_params(&overnight::params::Params::default()).unwrap(), Nothing);
}

#[test]
fn a_value_that_was_bound_to_another_declaration_is_no_panic() {
    let error = Close::from_params(&overnight::params::Params::default()).unwrap_err();
    assert_eq!(error.problems[0].message, "parameter `day` was bound to another declaration");
}
