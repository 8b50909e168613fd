//! What is wrong with the quotes and the carriage returns of a record, read as strictly as RFC 4180 has them.

/// What a lenient parser guesses at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The quote at this byte is never closed.
    Open(usize),
    /// Text stands behind the quote that closes the one at this byte.
    Behind(usize),
    /// A carriage return stands outside quotes.
    Return,
}

/// Where in a field a byte stands.
#[derive(Clone, Copy)]
enum Within {
    Beginning,
    Text,
    /// Inside quotes that were opened here.
    Quotes(usize),
    /// Behind what closes them, unless another quote follows.
    Closed(usize),
}

/// The first fault of a record without its line end, but for an open quote, which is told before all others: rows are lost
/// in it. A quote within a field that began without one is a character like others, as the parser has it.
pub(super) fn fault(record: &[u8], delimiter: u8) -> Option<Fault> {
    let mut within = Within::Beginning;
    let mut fault = None;
    for (place, byte) in record.iter().enumerate() {
        within = match (within, byte) {
            (Within::Beginning, b'"') => Within::Quotes(place),
            (Within::Quotes(opened), b'"') => Within::Closed(opened),
            (Within::Quotes(opened), _) | (Within::Closed(opened), b'"') => Within::Quotes(opened),
            (_, byte) if *byte == delimiter => Within::Beginning,
            (Within::Closed(opened), _) => {
                fault = fault.or(Some(Fault::Behind(opened)));
                Within::Text
            }
            (_, b'\r') => {
                fault = fault.or(Some(Fault::Return));
                Within::Text
            }
            _ => Within::Text,
        };
    }
    match within {
        Within::Quotes(opened) => Some(Fault::Open(opened)),
        Within::Beginning | Within::Text | Within::Closed(_) => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_format_has_is_without_fault() {
        for record in ["", "a", ",", "\"\"", "\"a\"", "\"a\"\"b\",c", "\"a\r\n,\",\"b\"", "a\"b\"", "a,b\"\"c"] {
            assert_eq!(fault(record.as_bytes(), b','), None, "{record:?}");
        }
        for (record, expected) in [
            ("a,\"b", Fault::Open(2)),
            ("\"a\"\"", Fault::Open(0)),
            ("\"a\"b", Fault::Behind(0)),
            ("a,\"b\" ", Fault::Behind(2)),
            ("\"a\"\r,b", Fault::Behind(0)),
            ("\"a\"b,\"c", Fault::Open(5)),
            ("a\rb", Fault::Return),
            ("\r", Fault::Return),
            ("\ra,\"b\"c", Fault::Return),
        ] {
            assert_eq!(fault(record.as_bytes(), b','), Some(expected), "{record:?}");
        }
    }
}
