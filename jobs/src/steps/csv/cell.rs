//! Typed cells: one parser per column, chosen before the first record.

use std::mem;

use overnight_framework::params::{parse_date, parse_datetime, parse_json};
use overnight_framework::row::decimal::{self, DecimalError};
use overnight_framework::row::{Type, Value};

use super::error::Flaw;

/// What stands in a cell.
#[derive(Clone, Copy)]
pub(super) enum Cell<'a> {
    /// Known to be text.
    Text(&'a str),
    /// Not looked at yet.
    Bytes(&'a [u8]),
}

impl<'a> Cell<'a> {
    #[inline]
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// Its text, unless it is none.
    #[inline]
    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(bytes) => str::from_utf8(bytes).ok(),
        }
    }

    /// What stands between two places of it. A part of a text may be none: two fields that end and begin within a character make
    /// one of them where they stand side by side.
    #[inline]
    pub(super) fn part(self, start: usize, end: usize) -> Self {
        match self {
            Self::Text(text) if text.is_char_boundary(start) && text.is_char_boundary(end) => {
                Self::Text(text.get(start..end).unwrap_or_default())
            }
            other => Self::Bytes(other.bytes().get(start..end).unwrap_or_default()),
        }
    }
}

/// Reads a cell that is not empty.
pub(super) type Parse = fn(Cell<'_>) -> Result<Value, Flaw>;

/// A column with the parser of its cells.
#[derive(Clone, Debug)]
pub(super) struct CellReader {
    kind: Type,
    parse: Parse,
    empty: Result<Value, Flaw>,
}

impl CellReader {
    /// The reader of cells of a type: an empty one is null where it may be, an empty text among texts, an error elsewhere.
    pub(super) fn new(kind: Type, nullable: bool) -> Self {
        let empty = match kind {
            _ if nullable => Ok(Value::Null),
            Type::Str => Ok(Value::from("")),
            _ => Err(Flaw::Empty),
        };
        Self { kind, parse: parser(kind), empty }
    }

    #[inline]
    pub(super) fn read(&self, cell: Cell<'_>) -> Result<Value, Flaw> {
        if cell.bytes().is_empty() { self.empty.clone() } else { (self.parse)(cell) }
    }

    /// Reads a cell into what stood in its place in a row that was written. A text as long as the one before it, as codes and
    /// numbers of accounts are, takes its memory: the allocator costs as much as all the rest of such a cell.
    #[inline]
    pub(super) fn read_over(&self, cell: Cell<'_>, earlier: &mut Value) -> Result<(), Flaw> {
        match earlier {
            Value::Str(text) if self.kind == Type::Str && text.len() == cell.bytes().len() && !text.is_empty() => {
                let mut memory = mem::take(text).into_string();
                memory.clear();
                memory.push_str(cell.text().ok_or(Flaw::Encoding)?);
                *text = memory.into_boxed_str();
            }
            earlier => *earlier = self.read(cell)?,
        }
        Ok(())
    }
}

fn parser(kind: Type) -> Parse {
    match kind {
        Type::Bool => boolean,
        Type::Int => integer,
        Type::Float => float,
        Type::Decimal => exact,
        Type::Date => date,
        Type::DateTime => datetime,
        // No column is declared as a duration.
        Type::Str | Type::Duration => text,
        Type::Bytes => bytes,
        Type::Json => json,
    }
}

fn boolean(cell: Cell<'_>) -> Result<Value, Flaw> {
    let cell = cell.bytes();
    match cell {
        _ if cell.eq_ignore_ascii_case(b"true") => Ok(Value::Bool(true)),
        _ if cell.eq_ignore_ascii_case(b"false") => Ok(Value::Bool(false)),
        _ => Err(Flaw::Expected("true or false")),
    }
}

fn integer(cell: Cell<'_>) -> Result<Value, Flaw> {
    const FLAW: Flaw = Flaw::Expected("an integer such as 42");
    let (negative, digits) = match cell.bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(FLAW);
    }
    // Eighteen digits fit always.
    if digits.len() <= 18 {
        let number = number(digits);
        return Ok(Value::Int(if negative { -number } else { number }));
    }
    let text = cell.text().ok_or(FLAW)?;
    text.parse().map(Value::Int).map_err(|_| Flaw::Expected("an integer of 64 bits"))
}

/// The number of at most eighteen digits.
#[inline]
fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
}

fn float(cell: Cell<'_>) -> Result<Value, Flaw> {
    let number = cell.text().and_then(|text| text.parse().ok());
    number.filter(|number: &f64| number.is_finite()).map(Value::Float).ok_or(Flaw::Expected("a number such as 1.5e3"))
}

fn exact(cell: Cell<'_>) -> Result<Value, Flaw> {
    const FLAW: Flaw = Flaw::Expected("a decimal such as 0.0375");
    let text = cell.text().ok_or(FLAW)?;
    decimal::parse(text).map(Value::Decimal).map_err(|error| match error {
        DecimalError::Digits => Flaw::Digits,
        _ => FLAW,
    })
}

fn date(cell: Cell<'_>) -> Result<Value, Flaw> {
    parse_date(cell.bytes()).map(Value::Date).ok_or(Flaw::Expected("a date such as 2026-01-31"))
}

fn datetime(cell: Cell<'_>) -> Result<Value, Flaw> {
    let instant = cell.text().and_then(parse_datetime);
    instant.map(Value::DateTime).ok_or(Flaw::Expected("an instant such as 2026-01-31T22:30:00Z"))
}

fn text(cell: Cell<'_>) -> Result<Value, Flaw> {
    cell.text().map(Value::from).ok_or(Flaw::Encoding)
}

fn bytes(cell: Cell<'_>) -> Result<Value, Flaw> {
    const FLAW: Flaw = Flaw::Expected("bytes in hexadecimal such as 00ff");
    let cell = cell.bytes();
    let (pairs, rest) = cell.strip_prefix(br"\x").unwrap_or(cell).as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
    let read: Option<Box<[u8]>> = pairs.iter().map(byte).collect();
    read.filter(|_| rest.is_empty()).map(Value::Bytes).ok_or(FLAW)
}

fn json(cell: Cell<'_>) -> Result<Value, Flaw> {
    let document = cell.text().and_then(|text| parse_json(text).ok());
    let flaw = Flaw::Expected("a JSON document whose names differ and whose numbers keep their digits in 64 bits");
    document.map(|document| Value::Json(Box::new(document))).ok_or(flaw)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(kind: Type, cell: &str) -> Result<Value, Flaw> {
        CellReader::new(kind, false).read(Cell::Text(cell))
    }

    #[test]
    fn a_cell_replaces_whatever_stood_in_its_place() {
        let texts = CellReader::new(Type::Str, true);
        let mut cell = Value::from("Müller");
        for text in ["Mueller", "Schmidt", "Weber", "", "Kurz"] {
            texts.read_over(Cell::Bytes(text.as_bytes()), &mut cell).unwrap();
            assert_eq!(cell, if text.is_empty() { Value::Null } else { Value::from(text) });
        }
        assert_eq!(texts.read_over(Cell::Bytes(b"Kur\xff"), &mut cell), Err(Flaw::Encoding));
        CellReader::new(Type::Int, false).read_over(Cell::Text("1234"), &mut cell).unwrap();
        assert_eq!(cell, Value::Int(1234));
        CellReader::new(Type::Bytes, false).read_over(Cell::Text("00ff"), &mut cell).unwrap();
        assert_eq!(cell, Value::Bytes([0, 255].into()));
    }

    #[test]
    fn cells_are_read_as_their_column_says() {
        for (kind, cell, shown) in [
            (Type::Int, "-42", "-42"),
            (Type::Int, "007", "7"),
            (Type::Int, "+42", "42"),
            (Type::Int, "+9223372036854775807", "9223372036854775807"),
            (Type::Int, "-9223372036854775808", "-9223372036854775808"),
            (Type::Decimal, "1250.00", "1250.00"),
            (Type::Decimal, "+0.5", "0.5"),
            (Type::Float, "1.5e3", "1500"),
            (Type::Bool, "TRUE", "true"),
            (Type::Date, "2024-02-29", "2024-02-29"),
            (Type::DateTime, "2026-03-31T22:15:00+02:00", "2026-03-31T20:15:00Z"),
            (Type::Str, " Zürich ", " Zürich "),
            (Type::Bytes, r"\x00fF", "00ff"),
            (Type::Json, r#"{"a": [1]}"#, r#"{"a":[1]}"#),
        ] {
            assert_eq!(read(kind, cell).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_nearly_a_value_is_none() {
        for (kind, cells) in [
            (Type::Int, &["+", "+-1", "1.0", "1 ", "-", "9223372036854775808", "1_000", "٣"][..]),
            (Type::Decimal, &["+", "+-1", "1,5", "1e3", "1.", ".5", "0.12345678901234567890123456789", "NaN"]),
            (Type::Float, &["nan", "inf", "1e999", "1,5"]),
            (Type::Bool, &["1", "yes", "t"]),
            (Type::Date, &["2026-02-30", "2026-2-3", "20260203", "2026-02-03T", "202-02-003"]),
            (Type::DateTime, &["2026-03-31", "2026-03-31T22:15:00"]),
            (Type::Bytes, &["0", "0g", r"\X00"]),
            (Type::Json, &["{", "{} {}", "[184467440737095516150]", r#"{"a": 0.1234567890123456789}"#]),
        ] {
            for cell in cells {
                assert!(read(kind, cell).is_err(), "{kind} {cell}");
            }
        }
        assert_eq!(CellReader::new(Type::Str, false).read(Cell::Bytes(b"\xff")), Err(Flaw::Encoding));
    }

    #[test]
    fn a_part_of_a_text_that_is_none_is_refused_and_not_empty() {
        let halves = Cell::Text("\u{e9}");
        for half in [halves.part(0, 1), halves.part(1, 2)] {
            assert_eq!(CellReader::new(Type::Str, false).read(half), Err(Flaw::Encoding));
        }
        assert_eq!(CellReader::new(Type::Str, false).read(halves.part(0, 2)), Ok(Value::from("\u{e9}")));
    }

    #[test]
    fn an_empty_cell_is_null_where_it_may_be_and_empty_among_texts() {
        assert_eq!(CellReader::new(Type::Int, true).read(Cell::Text("")), Ok(Value::Null));
        assert_eq!(CellReader::new(Type::Str, true).read(Cell::Text("")), Ok(Value::Null));
        assert_eq!(CellReader::new(Type::Str, false).read(Cell::Text("")), Ok(Value::from("")));
        assert_eq!(CellReader::new(Type::Int, false).read(Cell::Text("")), Err(Flaw::Empty));
    }

    proptest! {
        #[test]
        fn no_cell_makes_a_parser_panic(cell in prop::collection::vec(any::<u8>(), 0..40)) {
            for kind in Type::COLUMN {
                let _ = CellReader::new(kind, false).read(Cell::Bytes(&cell));
            }
        }

        #[test]
        fn every_integer_reads_back(number: i64) {
            prop_assert_eq!(read(Type::Int, &number.to_string()), Ok(Value::Int(number)));
        }
    }
}
