//! Diagnostic text as every store can keep it: without the one character that PostgreSQL refuses.

use std::borrow::Cow;

use serde_json::Value;

use crate::execution::ErrorRecord;

/// The character that stands where a U+0000 was.
const REPLACEMENT: &str = "\u{fffd}";

/// `text` with every U+0000 replaced by U+FFFD.
///
/// PostgreSQL keeps no U+0000 in a text column, and a terminal shows none. A message that quotes a broken input must not
/// fail the very statement that reports it, so every store cleans what only people read: errors, positions, exit codes and
/// messages, reasons, the names of those who gave orders. Data (parameters, contexts, outputs, checkpoints, results) are
/// kept to the letter: the stores write them as JSON text, where the character is an escape like any other.
///
/// ```
/// use overnight_framework::repository::clean;
///
/// assert_eq!(clean("line 7: a\0b"), "line 7: a\u{fffd}b");
/// ```
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', REPLACEMENT).into() } else { text.into() }
}

impl ErrorRecord {
    /// The same error as a store keeps it: see [`clean`].
    #[must_use]
    pub fn cleaned(&self) -> Self {
        Self {
            name: clean(&self.name).into_owned(),
            message: clean(&self.message).into_owned(),
            causes: self.causes.iter().map(|cause| clean(cause).into_owned()).collect(),
            help: self.help.as_deref().map(|help| clean(help).into_owned()),
            step: self.step.as_deref().map(|step| clean(step).into_owned()),
            position: self.position.as_ref().map(cleaned_json),
        }
    }
}

/// A JSON document with every text in it cleaned: for positions, which are shown and never computed with.
#[must_use]
pub fn cleaned_json(value: &Value) -> Value {
    match value {
        Value::String(text) => clean(text).into(),
        Value::Array(items) => items.iter().map(cleaned_json).collect(),
        Value::Object(map) => map.iter().map(|(name, value)| (clean(name).into_owned(), cleaned_json(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_without_the_character_is_not_copied() {
        assert!(matches!(clean("Zürich"), Cow::Borrowed("Zürich")));
    }

    #[test]
    fn every_text_of_a_document_is_cleaned_and_nothing_else() {
        let dirty = json!({"a\0": ["b\0", 1, null, true, {"c": "\0"}], "d": 0.5});
        let clean = json!({"a\u{fffd}": ["b\u{fffd}", 1, null, true, {"c": "\u{fffd}"}], "d": 0.5});
        assert_eq!(cleaned_json(&dirty), clean);
    }
}
