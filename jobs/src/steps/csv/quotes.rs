//! What is wrong with the quotes and the carriage returns of a record, read as strictly as RFC 4180 has them.

/// What a lenient parser guesses at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Text stands behind the quote that closes the one at this byte.
    Behind(usize),
    /// A carriage return stands outside quotes.
    Return,
}

/// A quote at this byte that is never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenQuote(pub(super) usize);

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

impl Within {
    /// Where the byte behind `byte`, which is the one at `place`, stands.
    #[inline]
    fn behind(self, byte: u8, place: usize, delimiter: u8) -> Self {
        match (self, byte) {
            (Self::Beginning, b'"') => Self::Quotes(place),
            (Self::Quotes(opened), b'"') => Self::Closed(opened),
            (Self::Quotes(opened), _) | (Self::Closed(opened), b'"') => Self::Quotes(opened),
            (_, byte) if byte == delimiter => Self::Beginning,
            _ => Self::Text,
        }
    }
}

/// The first fault of a record without its line end, but for an open quote, which is told before all others: rows are lost
/// in it. A quote within a field that began without one is a character like others, as the parser has it.
pub(super) fn fault(record: &[u8], delimiter: u8) -> Result<Option<Fault>, OpenQuote> {
    let mut within = Within::Beginning;
    let mut fault = None;
    for (place, byte) in record.iter().enumerate() {
        let behind = within.behind(*byte, place, delimiter);
        if let Within::Text = behind {
            fault = fault.or(match (within, byte) {
                (Within::Closed(opened), _) => Some(Fault::Behind(opened)),
                (_, b'\r') => Some(Fault::Return),
                _ => None,
            });
        }
        within = behind;
    }
    match within {
        Within::Quotes(opened) => Err(OpenQuote(opened)),
        Within::Beginning | Within::Text | Within::Closed(_) => Ok(fault),
    }
}

/// The bytes at which the fields of a record begin.
pub(super) fn beginnings(record: &[u8], delimiter: u8) -> impl Iterator<Item = usize> {
    let mut within = Within::Beginning;
    let behind = record.iter().enumerate().filter_map(move |(place, byte)| {
        let was = within;
        within = was.behind(*byte, place, delimiter);
        let is_end = *byte == delimiter && !matches!(was, Within::Quotes(_));
        is_end.then_some(place + 1)
    });
    std::iter::once(0).chain(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_format_has_is_without_fault() {
        for record in ["", "a", ",", "\"\"", "\"a\"", "\"a\"\"b\",c", "\"a\r\n,\",\"b\"", "a\"b\"", "a,b\"\"c"] {
            assert_eq!(fault(record.as_bytes(), b','), Ok(None), "{record:?}");
        }
        for (record, place) in [("a,\"b", 2), ("\"a\"\"", 0), ("\"a\"b,\"c", 5)] {
            assert_eq!(fault(record.as_bytes(), b','), Err(OpenQuote(place)), "{record:?}");
        }
        for (record, expected) in [
            ("\"a\"b", Fault::Behind(0)),
            ("a,\"b\" ", Fault::Behind(2)),
            ("\"a\"\r,b", Fault::Behind(0)),
            ("a\rb", Fault::Return),
            ("\r", Fault::Return),
            ("\ra,\"b\"c", Fault::Return),
        ] {
            assert_eq!(fault(record.as_bytes(), b','), Ok(Some(expected)), "{record:?}");
        }
    }
}
