//! Cells in the form of SQLite: decimals and times are texts there.

use std::fmt::Write;
use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use overnight_framework::row::Value;

use super::bind::Bound;
use crate::table::problem::CellProblem;

/// The cells of many rows, one after the other. Texts and bytes stand in one piece of memory each.
#[derive(Debug, Default)]
pub(in crate::table) struct Cells {
    cells: Vec<Cell>,
    text: String,
    bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(Range<usize>),
    Blob(Range<usize>),
}

impl Cells {
    pub(super) fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
        self.bytes.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Gives up the cells behind the first `len`, of a row that turned out to be refused.
    pub(super) fn truncate(&mut self, len: usize) {
        self.cells.truncate(len);
    }

    /// The cells at `range`, to be bound.
    pub(super) fn bound(&self, range: Range<usize>) -> Vec<Bound<'_>> {
        let bound = |cell: &Cell| match cell {
            Cell::Null => Bound::Null,
            Cell::Integer(number) => Bound::Integer(*number),
            Cell::Real(number) => Bound::Real(*number),
            Cell::Text(range) => Bound::Text(self.text.get(range.clone()).unwrap_or_default()),
            Cell::Blob(range) => Bound::Blob(self.bytes.get(range.clone()).unwrap_or_default()),
        };
        self.cells.get(range).unwrap_or_default().iter().map(bound).collect()
    }

    /// Appends `value`.
    #[inline]
    pub(super) fn put(&mut self, value: &Value) -> Result<(), CellProblem> {
        let cell = match value {
            Value::Null => Cell::Null,
            Value::Bool(truth) => Cell::Integer((*truth).into()),
            Value::Int(number) => Cell::Integer(*number),
            Value::Float(number) if number.is_nan() => return Err(CellProblem::NotANumber),
            Value::Float(number) => Cell::Real(*number),
            Value::Str(text) => self.text(|out| out.push_str(text)),
            Value::Date(day) => {
                year_of_four_digits(day.year(), day)?;
                self.text(|out| write_day(*day, out))
            }
            Value::DateTime(instant) => {
                year_of_four_digits(instant.year(), instant)?;
                if instant.nanosecond() % 1000 != 0 {
                    return Err(CellProblem::Rounded { value: instant.to_string(), declared: MICROSECONDS.into() });
                }
                self.text(|out| write_instant(*instant, out))
            }
            Value::Decimal(_) | Value::Json(_) | Value::Duration(_) => self.text(|out| {
                // Writing to a String does not fail.
                let _ = write!(out, "{value}");
            }),
            Value::Bytes(bytes) => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                Cell::Blob(start..self.bytes.len())
            }
        };
        self.cells.push(cell);
        Ok(())
    }

    fn text(&mut self, write: impl FnOnce(&mut String)) -> Cell {
        let start = self.text.len();
        write(&mut self.text);
        Cell::Text(start..self.text.len())
    }
}

const MICROSECONDS: &str = "a datetime to the microsecond";

/// The texts sort like the times only while all years have four digits.
fn year_of_four_digits(year: i32, value: &dyn ToString) -> Result<(), CellProblem> {
    if (0..=9999).contains(&year) {
        return Ok(());
    }
    Err(CellProblem::Range { value: value.to_string(), declared: "the years 0 to 9999".into() })
}

/// `2026-03-31`.
fn write_day(day: NaiveDate, out: &mut String) {
    digits(day.year().unsigned_abs(), 4, out);
    out.push('-');
    digits(day.month(), 2, out);
    out.push('-');
    digits(day.day(), 2, out);
}

/// `2026-03-31T22:15:00.000000Z`: RFC 3339 in UTC, always with six digits of a second. chrono's own formatting takes
/// three times as long.
fn write_instant(instant: DateTime<Utc>, out: &mut String) {
    write_day(instant.date_naive(), out);
    for (mark, number) in [('T', instant.hour()), (':', instant.minute()), (':', instant.second())] {
        out.push(mark);
        digits(number, 2, out);
    }
    out.push('.');
    digits(instant.nanosecond() % 1_000_000_000 / 1000, 6, out);
    out.push('Z');
}

/// An instant as it is stored.
pub(super) fn instant_text(instant: DateTime<Utc>) -> String {
    let mut text = String::new();
    write_instant(instant, &mut text);
    text
}

fn digits(number: u32, width: u32, out: &mut String) {
    for place in (0..width).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &Value) -> Result<String, CellProblem> {
        let mut cells = Cells::default();
        cells.put(value)?;
        Ok(cells.text)
    }

    #[test]
    fn times_are_texts_of_one_width() {
        let at = |text: &str| Value::DateTime(text.parse().unwrap());
        assert_eq!(text(&at("2026-03-31T22:15:00+02:00")).unwrap(), "2026-03-31T20:15:00.000000Z");
        assert_eq!(text(&at("0001-01-01T00:00:00.000001Z")).unwrap(), "0001-01-01T00:00:00.000001Z");
        assert_eq!(text(&Value::Date(NaiveDate::from_ymd_opt(987, 6, 5).unwrap())).unwrap(), "0987-06-05");
    }

    #[test]
    fn what_would_not_sort_or_not_come_back_is_refused() {
        let year = |year| Value::Date(NaiveDate::from_ymd_opt(year, 1, 1).unwrap());
        assert!(matches!(text(&year(10_000)), Err(CellProblem::Range { .. })));
        assert!(matches!(text(&year(-1)), Err(CellProblem::Range { .. })));
        assert_eq!(text(&Value::Float(f64::NAN)), Err(CellProblem::NotANumber));
        let finer = Value::DateTime("2026-01-01T00:00:00.0000001Z".parse().unwrap());
        assert!(matches!(text(&finer), Err(CellProblem::Rounded { .. })));
    }
}
