//! Places in an input as people and editors read them.

use serde_json::Value;

/// A position in an input: `tx.csv:7:3`, or in words, such as `item 12`, where there is no file.
///
/// ```
/// use overnight_framework::execution::place;
/// use serde_json::json;
///
/// assert_eq!(place(&json!({ "file": "a.csv", "line": 7, "column": 3 })), "a.csv:7:3");
/// assert_eq!(place(&json!({ "column": 3, "line": 7, "item": 1 })), "line 7, column 3, item 1");
/// ```
#[must_use]
pub fn place(position: &Value) -> String {
    let Value::Object(parts) = position else { return position.to_string() };
    if let Some(file) = parts.get("file").and_then(Value::as_str) {
        let numbers = ["line", "column"].iter().filter_map(|name| parts.get(*name));
        return numbers.fold(file.to_owned(), |place, number| format!("{place}:{number}"));
    }
    // Objects are sorted by name, people read from the large to the small.
    let order = |name: &str| ["line", "column"].iter().position(|known| *known == name).unwrap_or(usize::MAX);
    let mut parts: Vec<_> = parts.iter().collect();
    parts.sort_by_key(|(name, _)| order(name));
    let part = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    };
    parts.into_iter().map(part).collect::<Vec<_>>().join(", ")
}
