//! Problems as SARIF 2.1.0, the form in which code hosts take what a checker found.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use overnight_framework::yaml::{Code, Located, LocatedPlace};
use serde_json::{Value, json};

use super::Checked;
use crate::catalog::CatalogError;
use crate::explain;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log of one call, with a rule for each code that occurs.
pub(super) fn log(checked: &[Checked]) -> Value {
    let wrong = checked.iter().filter_map(|file| match &file.error {
        Some(CatalogError::Wrong(problems)) => Some(problems),
        _ => None,
    });
    let codes: BTreeSet<_> = wrong.flatten().map(|problem| problem.code).collect();
    let rules: Vec<_> = codes.into_iter().map(rule).collect();
    let driver = json!({ "name": "jobctl", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    let results: Vec<_> = checked.iter().flat_map(results).collect();
    let run = json!({ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results });
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] })
}

fn rule(code: Code) -> Value {
    let text = explain::find(code.as_str()).map(|page| page.text).unwrap_or_default();
    let help = json!({ "text": text, "markdown": text });
    json!({ "id": code, "shortDescription": { "text": code.title() }, "help": help })
}

fn results(file: &Checked) -> Vec<Value> {
    match &file.error {
        None => Vec::new(),
        Some(CatalogError::Wrong(problems)) => {
            problems.located().iter().map(|problem| result(&file.path, problem)).collect()
        }
        Some(error) => {
            let location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&file.path) } } });
            let message = json!({ "text": crate::chain::chain(error) });
            vec![json!({ "level": "error", "message": message, "locations": [location] })]
        }
    }
}

fn result(path: &Path, problem: &Located) -> Value {
    let words: Vec<_> = std::iter::once(&problem.message).chain(&problem.help).map(String::as_str).collect();
    let mut place = location(path, problem.place);
    if !problem.path.is_empty() {
        place["logicalLocations"] = json!([{ "fullyQualifiedName": problem.path }]);
    }
    let mut result = json!({
        "ruleId": problem.code,
        "level": "error",
        "message": { "text": words.join("; ") },
        "locations": [place],
    });
    if !problem.related.is_empty() {
        let related = problem.related.iter().map(|related| {
            let mut place = location(path, related.place);
            place["message"] = json!({ "text": related.message });
            place
        });
        result["relatedLocations"] = related.collect();
    }
    result
}

fn location(path: &Path, place: LocatedPlace) -> Value {
    let region = json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    });
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(path) }, "region": region } })
}

/// A path as a reference of RFC 3986: relative as it was typed, or with the scheme `file`.
fn uri(path: &Path) -> String {
    let mut uri = String::from(if path.is_absolute() { "file://" } else { "" });
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(*byte)),
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_reference_whatever_its_letters() {
        assert_eq!(uri(Path::new("jobs/Zürich 1.yaml")), "jobs/Z%C3%BCrich%201.yaml");
        assert_eq!(uri(Path::new("/srv/a#b.yaml")), "file:///srv/a%23b.yaml");
    }
}
