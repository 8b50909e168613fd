//! Settings that serde reads out of a tree, and the places of what it finds wrong.

use std::collections::BTreeMap;

use overnight_framework::yaml::{self, Source};
use serde::{Deserialize, de};

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Csv {
    path: String,
    #[serde(default)]
    header: bool,
    delimiter: Option<char>,
    #[serde(default)]
    columns: Vec<Column>,
    #[serde(default)]
    ratio: f64,
    #[serde(default)]
    limits: BTreeMap<String, u16>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Column {
    Text,
    Number { name: String, optional: bool },
    Pair(i32, i32),
    Named(String),
}

fn read<T: de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let source = Source::new("a.yaml", text);
    yaml::read(&source, |at| {
        let mut fields = at.fields("a reader")?;
        let with = fields.required("with", yaml::Cursor::deserialize);
        fields.finish();
        with
    })
    .map_err(|problems| problems.to_string())
}

#[test]
fn settings_are_read_with_texts_as_they_are_written() {
    let text = "
with:
  path: 007
  header: true
  delimiter: ;
  columns: [text, number: {name: a, optional: false}, {pair: [1, -2]}, {named: 1.50}]
  ratio: 1
  limits: {a: 1, '2': 2}
";
    let csv: Csv = read(text).unwrap();
    let expected = Csv {
        path: "007".to_owned(),
        header: true,
        delimiter: Some(';'),
        columns: vec![
            Column::Text,
            Column::Number { name: "a".to_owned(), optional: false },
            Column::Pair(1, -2),
            Column::Named("1.50".to_owned()),
        ],
        ratio: 1.0,
        limits: [("a".to_owned(), 1), ("2".to_owned(), 2)].into(),
    };
    assert_eq!(csv, expected);
}

#[test]
fn what_serde_finds_wrong_is_said_at_its_place() {
    let cases = [
        ("{header: true}", "a.yaml:1:1: with: the key `path` is missing"),
        ("{path: x, headr: true}", "a.yaml:1:17: with: unknown key `headr`; did you mean `header`?"),
        ("{path: x, header: no}", "a.yaml:1:25: with.header: invalid type: string \"no\", expected a boolean"),
        ("{path: x, columns: a}", "a.yaml:1:26: with.columns: invalid type: string \"a\", expected a sequence"),
        (
            "{path: x, columns: [txet]}",
            "a.yaml:1:27: with.columns[0]: expected `text`, `number`, `pair` or `named`, found `txet`; did you mean `text`?",
        ),
        (
            "{path: x, columns: [number: {name: a, optinal: true}]}",
            "a.yaml:1:45: with.columns[0].number: unknown key `optinal`; did you mean `optional`?",
        ),
        ("{path: x, limits: {a: 70000}}", "a.yaml:1:29: with.limits.a: invalid value: integer `70000`, expected u16"),
        ("{path: }", "a.yaml:1:8: with.path: expected a text, found nothing; leave the key out, or give it a value"),
        ("[]", "a.yaml:1:7: with: expected a mapping, found a list"),
    ];
    for (with, expected) in cases {
        assert_eq!(read::<Csv>(&format!("with: {with}\n")).unwrap_err(), expected, "{with}");
    }
}

#[test]
fn any_json_value_can_be_read() {
    let value: serde_json::Value = read("with: {a: [1, 18446744073709551615, 0.5, x, null, true, '1']}").unwrap();
    assert_eq!(value, serde_json::json!({"a": [1, u64::MAX, 0.5, "x", null, true, "1"]}));
}
