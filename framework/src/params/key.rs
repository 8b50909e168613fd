//! The canonical text of identifying parameters and its hash: what makes two starts the same job instance.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use sha2::{Digest, Sha256};

use crate::row::Value;

/// The version of the canonical form. Raising it makes new instances of everything, so it never rises silently: the
/// golden tests below pin the form. Spring Batch changed every key by renaming a method (its issue 5283).
const VERSION: &str = "1";

/// The name under which the hidden run number of a job with `instances: many` stands in the canonical text. No
/// parameter can be called so.
const RUN: &str = "#run";

/// The identity of a job instance beside the name of its job: canonical JSON and its hash.
///
/// The canonical text has its names sorted, no spaces, integers exact, decimals as strings without trailing zeros,
/// dates as `2026-10-30`, instants in UTC with microseconds as needed, durations in ISO 8601 seconds. Parameters
/// without a value are left out, so that a job may gain an optional parameter and keep its instances.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstanceKey {
    text: String,
    hash: String,
}

impl InstanceKey {
    /// The key of these parameters.
    pub fn of<'a>(params: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Self {
        let of_value = |(name, value): (&str, &Value)| (name.to_owned(), with_whole_numbers(to_canonical(value)));
        Self::of_object(params.into_iter().map(of_value).collect())
    }

    /// The key of one run of a job whose instances are not unique: the same parameters, told apart by `run`.
    #[must_use]
    pub fn with_run(&self, run: &str) -> Self {
        let mut object: serde_json::Map<_, _> = serde_json::from_str(&self.text).unwrap_or_default();
        object.insert(RUN.to_owned(), run.into());
        Self::of_object(object)
    }

    /// The key whose canonical text an instance keeps.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self::of_object(serde_json::from_str(text).unwrap_or_default())
    }

    /// Whether both keys have the same parameters, whatever their run numbers are.
    #[must_use]
    pub fn has_params_of(&self, other: &Self) -> bool {
        let params = |key: &Self| {
            let mut object: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(&key.text).unwrap_or_default();
            object.remove(RUN);
            object
        };
        params(self) == params(other)
    }

    /// The canonical JSON.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The SHA-256 of version and text, as 64 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// `serde_json::Map` keeps its names sorted, and so does every object inside it.
    fn of_object(object: serde_json::Map<String, serde_json::Value>) -> Self {
        let text = serde_json::Value::Object(object).to_string();
        let hash = hex_digest(format!("{VERSION}:{text}").as_bytes());
        Self { text, hash }
    }
}

/// The SHA-256 of `bytes` in hexadecimal.
pub(crate) fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The same JSON, in which what is a whole number is written as one: `1.0`, `1e0` and `1` are equal, and so are `-0` and `0`. The
/// stored value stays as it was given, because expressions tell the two apart.
fn with_whole_numbers(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match json {
        Json::Number(number) => whole(&number).unwrap_or(Json::Number(number)),
        Json::Array(items) => items.into_iter().map(with_whole_numbers).collect(),
        Json::Object(entries) => entries.into_iter().map(|(name, value)| (name, with_whole_numbers(value))).collect(),
        other => other,
    }
}

/// The integer of 64 bits that a float is, if it is one.
fn whole(number: &serde_json::Number) -> Option<serde_json::Value> {
    let float = number.as_f64().filter(|_| number.is_f64())?.to_string();
    float.parse::<i64>().map(Into::into).or_else(|_| float.parse::<u64>().map(Into::into)).ok()
}

/// The canonical JSON of one value.
pub(super) fn to_canonical(value: &Value) -> serde_json::Value {
    match value {
        Value::Decimal(number) => number.normalize().to_string().into(),
        Value::DateTime(instant) => instant.to_rfc3339_opts(SecondsFormat::AutoSi, true).into(),
        other => other.to_json(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamType;
    use crate::params::parse::parse;
    use crate::text::parse_date;

    fn key(params: &[(&str, Value)]) -> InstanceKey {
        InstanceKey::of(params.iter().map(|(name, value)| (*name, value)))
    }

    #[test]
    fn the_canonical_text_and_its_hash_never_change() {
        let day = Value::Date(parse_date("2026-10-30").unwrap());
        let rate = parse(ParamType::Decimal, "0.03750").unwrap();
        let wait = parse(ParamType::Duration, "1h30m").unwrap();
        let at = parse(ParamType::DateTime, "2026-10-30T22:00:00+02:00").unwrap();
        let pinned = key(&[
            ("rate", rate),
            ("business_date", day),
            ("branch", Value::from("Zürich \"HQ\"")),
            ("wait", wait),
            ("at", at),
            ("n", Value::Int(9_007_199_254_740_993)),
            ("full", Value::Bool(true)),
        ]);
        assert_eq!(
            pinned.text(),
            r#"{"at":"2026-10-30T20:00:00Z","branch":"Zürich \"HQ\"","business_date":"2026-10-30","full":true,"n":9007199254740993,"rate":"0.0375","wait":"PT5400S"}"#
        );
        assert_eq!(pinned.hash(), hex_digest(format!("1:{}", pinned.text()).as_bytes()));
        assert_eq!(key(&[]).hash(), "798e1fee104b349b1678455f8eb1910c84264f6db94865f9f07c98f01e6ed3ba");
    }

    #[test]
    fn integers_beyond_two_to_the_53_are_told_apart() {
        let even = key(&[("id", Value::Int(9_007_199_254_740_992))]);
        let odd = key(&[("id", Value::Int(9_007_199_254_740_993))]);
        assert_ne!(even, odd);
    }

    #[test]
    fn a_number_and_its_text_are_two_instances() {
        assert_ne!(key(&[("a", Value::Int(1))]), key(&[("a", Value::from("1"))]));
    }

    #[test]
    fn numbers_within_json_are_equal_when_their_values_are() {
        let of_json = |text: &str| key(&[("m", parse(ParamType::Json, &format!(r#"{{"m": [{text}]}}"#)).unwrap())]);
        for (one, same) in [
            ("1", "1.0"),
            ("0", "-0"),
            ("0", "-0.0"),
            ("100", "1e2"),
            ("1.5", "15e-1"),
            ("1e20", "100000000000000000000"),
        ] {
            assert_eq!(of_json(one), of_json(same), "{one} and {same}");
        }
        assert_eq!(of_json("18446744073709551615").text(), r#"{"m":{"m":[18446744073709551615]}}"#);
        assert_ne!(of_json("1"), of_json(r#""1""#));
        assert_ne!(of_json("1"), of_json("1.5"));
    }

    #[test]
    fn every_run_of_a_job_with_many_instances_has_its_own_key() {
        let base = key(&[("name", Value::from("x"))]);
        assert_ne!(base.with_run("1"), base.with_run("2"));
        assert_eq!(base.with_run("1").text(), r##"{"#run":"1","name":"x"}"##);
        assert!(base.has_params_of(&base.with_run("1")));
        assert!(!base.has_params_of(&key(&[])));
    }

    #[test]
    fn a_key_is_made_again_from_its_stored_text() {
        let original = key(&[("b", Value::Int(2)), ("a", Value::from("ü"))]);
        assert_eq!(InstanceKey::stored(original.text()), original);
    }
}
