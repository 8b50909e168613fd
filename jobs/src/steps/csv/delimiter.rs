//! The character between two fields.

use overnight_framework::yaml::{Cursor, Field, Fields, Shape};

/// The key that [`delimiter`] reads.
pub(super) const DELIMITER: Field = Field::or(
    "delimiter",
    ",",
    Shape::Either(&[
        Shape::Form(r"one ASCII character such as `;` or `\t`", r#"^(\\t|[^\r\n"\u0080-\uffff])$"#),
        Shape::Integer(0, 9),
    ]),
    "What stands between two fields.",
);

/// Reads `delimiter:`, by default a comma.
pub(super) fn delimiter(fields: &mut Fields<'_>) -> Option<u8> {
    fields.or("delimiter", b',', read)
}

fn read(at: &Cursor<'_>) -> Option<u8> {
    match at.text()?.as_bytes() {
        // In YAML only double quotes make a tab of it.
        br"\t" => Some(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => Some(*byte),
        _ => {
            let problem = at.problem("the delimiter is one ASCII character, and no quote or line end");
            at.refuse(problem.help(r#"write ",", ";", "|" or "\t""#))
        }
    }
}
