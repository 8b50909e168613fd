//! Rust types as rows: the fields of a struct are the cells of a row, found by the names of their columns.

use std::any::type_name;
use std::mem;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{Column, Row, Schema, Type, Value};
use crate::error::{BatchError, names};

/// A Rust type whose values are rows. [`#[derive(Row)]`](macro@crate::Row) gives it to a struct: each field is a column.
///
/// A part of a step that is written in Rust takes and gives such items, and stands between parts that know rows alone: a
/// reader of files, a `filter`, a writer of tables.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row",
    label = "no row",
    note = "add `#[derive(overnight::Row)]` to the struct `{Self}`: its fields are the columns"
)]
pub trait Record: Send + Sized + 'static {
    /// The columns, in the order of the fields.
    fn columns() -> Vec<Column>;

    /// The item in these cells. Where a cell does not fit, all of them stay as they are.
    ///
    /// # Errors
    /// When a cell is none of what its field takes: a number that is too large, a null where none is expected.
    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, BatchError>;

    /// Adds the cells of the item to the end of a row.
    fn into_cells(self, row: &mut Row);
}

/// The cells of a row that an item is made of, in the order of its columns.
#[derive(Debug)]
pub struct Cells<'a> {
    row: &'a mut [Value],
    places: &'a [usize],
}

impl<'a> Cells<'a> {
    /// The cells of `row` that stand at `places`, one for each column of the item.
    pub fn new(row: &'a mut [Value], places: &'a [usize]) -> Self {
        Self { row, places }
    }

    /// Looks whether the cell with this number is what its column takes.
    ///
    /// # Errors
    /// When it is not.
    #[inline]
    pub fn look<T>(&self, number: usize, column: &ColumnOf<T>) -> Result<(), BatchError> {
        let value = self.places.get(number).and_then(|place| self.row.get(*place)).unwrap_or(&Value::Null);
        if (column.fits)(value) { Ok(()) } else { Err(column.misfit(value)) }
    }

    /// Takes the cell with this number out of its row, and leaves a null there.
    ///
    /// # Errors
    /// When it is not what its column takes.
    #[inline]
    pub fn take<T>(&mut self, number: usize, column: &ColumnOf<T>) -> Result<T, BatchError> {
        let cell = self.places.get(number).and_then(|place| self.row.get_mut(*place));
        let taken = cell.map(mem::take).and_then(column.read);
        taken.ok_or_else(|| column.misfit(&Value::Null))
    }
}

/// A column whose cells are a `T`, with the way there and back.
#[derive(Debug)]
pub struct ColumnOf<T> {
    name: &'static str,
    kind: Type,
    nullable: bool,
    fits: fn(&Value) -> bool,
    read: fn(Value) -> Option<T>,
    write: fn(T) -> Value,
}

impl<T: Cell> ColumnOf<T> {
    /// The column of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let (kind, nullable) = (T::TYPE, T::NULLABLE);
        Self { name, kind, nullable, fits: T::fits, read: T::from_value, write: T::into_value }
    }
}

// No bound here: with a type that no cell has, `new` is the only error that rustc reports.
impl<T> ColumnOf<T> {
    /// The column as a schema has it.
    #[must_use]
    pub fn column(&self) -> Column {
        Column { name: self.name.into(), kind: self.kind, nullable: self.nullable }
    }

    /// The value as a cell.
    pub fn cell(&self, value: T) -> Value {
        (self.write)(value)
    }

    #[cold]
    fn misfit(&self, value: &Value) -> BatchError {
        let Self { name, kind, .. } = self;
        let message = match value {
            Value::Null => format!("column `{name}` is null"),
            value if value.kind() == Some(*kind) => {
                format!("column `{name}`: {value} is out of the range of `{}`", type_name::<T>())
            }
            value => {
                let found = value.kind().map_or("nothing", Type::name);
                format!("column `{name}`: expected {kind}, found {found} {value}")
            }
        };
        BatchError::new(names::INVALID_ROW, message)
    }
}

/// A column of a [`Record`] that the rows of a schema do not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The column as the record declares it.
    pub column: Column,
    /// The column of that name, which is of another type or may be null.
    pub found: Option<Column>,
}

impl Schema {
    /// Where the cells of a `T` stand in a row of this schema.
    ///
    /// # Errors
    /// The columns that are not there, are of another type, or may be null where `T` takes none.
    pub fn places_of<T: Record>(&self) -> Result<Vec<usize>, Vec<Missing>> {
        let mut missing = Vec::new();
        let mut places = Vec::new();
        for column in T::columns() {
            let place = self.position(&column.name);
            let found = place.and_then(|place| self.columns.get(place));
            let fits = |found: &Column| found.kind == column.kind && (column.nullable || !found.nullable);
            match (place, found.is_some_and(fits)) {
                (Some(place), true) => places.push(place),
                _ => missing.push(Missing { found: found.cloned(), column }),
            }
        }
        if missing.is_empty() { Ok(places) } else { Err(missing) }
    }
}

/// A Rust type that a cell can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a column",
    label = "no type of a column",
    note = "the types are String, bool, i8 to i64, u8 to u32, f64, rust_decimal::Decimal, chrono::NaiveDate, \
            chrono::DateTime<Utc>, Vec<u8>, serde_json::Value, and Option of each"
)]
pub trait Cell: Sized {
    /// The type in the words of job files.
    const TYPE: Type;

    /// Whether a cell may be null.
    const NULLABLE: bool = false;

    /// Whether the value is one of this type.
    fn fits(value: &Value) -> bool;

    /// The value out of a cell; `None` when it is none of this type.
    fn from_value(value: Value) -> Option<Self>;

    /// The value as a cell.
    fn into_value(self) -> Value;
}

impl<T: Cell> Cell for Option<T> {
    const TYPE: Type = T::TYPE;
    const NULLABLE: bool = true;

    fn fits(value: &Value) -> bool {
        value.is_null() || T::fits(value)
    }

    fn from_value(value: Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_value(value).map(Some) }
    }

    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

/// Types that a value holds, with the way there and back.
macro_rules! held {
    ($($held:ty: $variant:ident, $from:expr, $into:expr;)*) => {$(
        impl Cell for $held {
            const TYPE: Type = Type::$variant;

            fn fits(value: &Value) -> bool {
                matches!(value, Value::$variant(_))
            }

            fn from_value(value: Value) -> Option<Self> {
                if let Value::$variant(held) = value { Some(($from)(held)) } else { None }
            }

            fn into_value(self) -> Value {
                Value::$variant(($into)(self))
            }
        }
    )*};
}

held! {
    bool: Bool, |held| held, |held| held;
    i64: Int, |held| held, |held| held;
    f64: Float, |held| held, |held| held;
    Decimal: Decimal, |held| held, |held| held;
    NaiveDate: Date, |held| held, |held| held;
    DateTime<Utc>: DateTime, |held| held, |held| held;
    String: Str, String::from, String::into_boxed_str;
    Vec<u8>: Bytes, Vec::from, Vec::into_boxed_slice;
    serde_json::Value: Json, |held: Box<Self>| *held, Box::new;
}

/// Integers of other sizes, as far as one of 64 bits holds all of their values.
macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Cell for $integer {
            const TYPE: Type = Type::Int;

            fn fits(value: &Value) -> bool {
                matches!(value, Value::Int(number) if Self::try_from(*number).is_ok())
            }

            fn from_value(value: Value) -> Option<Self> {
                if let Value::Int(number) = value { Self::try_from(number).ok() } else { None }
            }

            fn into_value(self) -> Value {
                Value::Int(self.into())
            }
        }
    )*};
}

integers!(i8, i16, i32, u8, u16, u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_type_comes_back_from_its_cell() {
        fn back<T: Cell + Clone + PartialEq + std::fmt::Debug>(values: &[T]) {
            for value in values {
                let cell = value.clone().into_value();
                assert!(T::fits(&cell) && (cell.is_null() || cell.kind() == Some(T::TYPE)), "{cell:?}");
                assert_eq!(T::from_value(cell).as_ref(), Some(value));
            }
        }
        back(&[true, false]);
        back(&[i8::MIN, i8::MAX]);
        back(&[u32::MIN, u32::MAX]);
        back(&[i64::MIN, i64::MAX]);
        back(&[0.1_f64]);
        back(&[Decimal::new(-1, 2)]);
        back(&[NaiveDate::MIN]);
        back(&[DateTime::<Utc>::MIN_UTC]);
        back(&[String::new(), "ü".to_owned()]);
        back(&[vec![0_u8, 255]]);
        back(&[serde_json::json!({ "a": [1] })]);
        back(&[None, Some(7_u16)]);
    }

    #[test]
    fn a_cell_that_does_not_fit_says_why() {
        let mut row = vec![Value::Int(300), Value::Null, Value::from("x")];
        let cells = Cells::new(&mut row, &[0, 1, 2]);
        let said = [
            cells.look(0, &ColumnOf::<u8>::new("age")),
            cells.look(1, &ColumnOf::<i64>::new("id")),
            cells.look(2, &ColumnOf::<i64>::new("id")),
        ];
        assert_eq!(
            said.map(|said| said.unwrap_err().to_string()),
            [
                "column `age`: 300 is out of the range of `u8`",
                "column `id` is null",
                "column `id`: expected integer, found string x",
            ]
        );
        assert!(cells.look(1, &ColumnOf::<Option<String>>::new("memo")).is_ok());
    }
}
