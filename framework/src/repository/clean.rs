//! Plain text as every store can keep it: without the one character that PostgreSQL refuses.

use std::borrow::Cow;

/// `text` with every U+0000 replaced by U+FFFD.
///
/// PostgreSQL keeps no U+0000 in a text column. A message that quotes a broken input must not fail the very statement
/// that reports it, so every store cleans what it keeps as plain text: exit codes and messages, reasons, the names of
/// those who gave orders. Documents (parameters, contexts, outputs, checkpoints, results, errors, positions) are kept to
/// the letter: the stores write them as JSON text, where the character is an escape like any other.
///
/// ```
/// use overnight_framework::repository::clean;
///
/// assert_eq!(clean("line 7: a\0b"), "line 7: a\u{fffd}b");
/// ```
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
