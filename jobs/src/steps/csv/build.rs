//! CSV files as parts of jobs in Rust.

use overnight_framework::builder::{Part, RowReader, RowWriter};
use overnight_framework::row::Record;
use serde_json::json;

/// A CSV file as the reader of a step: made by [`read`].
#[derive(Clone, Debug)]
pub struct Read {
    part: Part,
    /// The columns that the header calls otherwise, or that stand at another place.
    from: Vec<(String, String)>,
}

/// A CSV file as the writer of a step: made by [`write()`].
#[derive(Clone, Debug)]
pub struct Write(Part);

/// Reads structs with `#[derive(Row)]` from a CSV file, as the kind [`csv`](super::CsvReader) of job files does. The columns are
/// the fields of the struct, found by the names of the header. `path` may have expressions over the parameters, the job and
/// the steps before.
///
/// ```
/// use overnight::steps::{csv, table};
/// use overnight::{Params, Row, job};
/// use rust_decimal::Decimal;
///
/// #[derive(Row)]
/// struct Booking { id: i64, amount: Decimal, memo: Option<String> }
///
/// /// Loads the bookings of a day.
/// #[derive(Params)]
/// struct Load { day: String }
///
/// #[job]
/// impl Load {
///     /// What is booked counts.
///     #[step(
///         skip = 20,
///         reader = csv::read("inbox/${{ params.day }}.csv").from("memo", "Booking Text"),
///         writer = table::write("booking").create_if_missing().key(["id"]),
///     )]
///     fn load(&self, booking: &Booking) -> Option<Booking> {
///         let Booking { id, amount, memo } = booking;
///         (!amount.is_zero()).then(|| Booking { id: *id, amount: *amount, memo: memo.clone() })
///     }
/// }
/// # use overnight::{builder::JobSpec as _, registry::Registry, steps};
/// # Load::job()?;
/// # Registry::default().job::<Load>().over_kinds(steps::kinds(&Default::default())).check()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn read(path: impl Into<String>) -> Read {
    Read { part: Part::kind("csv").set("path", path.into()), from: Vec::new() }
}

/// Writes the rows of a step to a CSV file, as the kind [`csv`](super::CsvWriter) of job files does: all of their columns, unless
/// [`columns`](Write::columns) says otherwise.
#[must_use]
pub fn write(path: impl Into<String>) -> Write {
    Write(Part::kind("csv").set("path", path.into()))
}

impl Read {
    /// Reads a file whose first line is a record as the others: its columns are found by their places.
    #[must_use]
    pub fn without_header(self) -> Self {
        Self { part: self.part.set("header", false), ..self }
    }

    /// What stands between two fields; a comma unless this says otherwise.
    #[must_use]
    pub fn delimiter(self, delimiter: char) -> Self {
        Self { part: self.part.set("delimiter", written(delimiter)), ..self }
    }

    /// What the header calls a column, where that is not its name; without a header the number of its field, from 1.
    #[must_use]
    pub fn from(mut self, column: impl Into<String>, header: impl Into<String>) -> Self {
        self.from.push((column.into(), header.into()));
        self
    }

    /// Reads a wide file: a row for each cell of the columns that are not kept. `name` is the column that gets the header of
    /// the cell, `value` the one that gets the cell.
    #[must_use]
    pub fn unpivot<'k>(self, keep: impl IntoIterator<Item = &'k str>, name: &str, value: &str) -> Self {
        let keep: Vec<&str> = keep.into_iter().collect();
        Self { part: self.part.set("unpivot", json!({ "keep": keep, "name": name, "value": value })), ..self }
    }
}

impl Write {
    /// Writes these columns, in this order.
    #[must_use]
    pub fn columns<'c>(self, columns: impl IntoIterator<Item = &'c str>) -> Self {
        Self(self.0.set("columns", columns.into_iter().collect::<Vec<_>>()))
    }

    /// Begins with the first row, and not with the names of the columns.
    #[must_use]
    pub fn without_header(self) -> Self {
        Self(self.0.set("header", false))
    }

    /// What stands between two fields; a comma unless this says otherwise.
    #[must_use]
    pub fn delimiter(self, delimiter: char) -> Self {
        Self(self.0.set("delimiter", written(delimiter)))
    }
}

impl<P, T: Record> RowReader<P, T> for Read {
    fn into_part(self) -> Part {
        self.part.columns_of::<T>(&self.from)
    }
}

impl<P, T: Record> RowWriter<P, T> for Write {
    fn into_part(self) -> Part {
        self.0
    }
}

/// The character as a job file has it.
fn written(delimiter: char) -> String {
    if delimiter == '\t' { r"\t".to_owned() } else { delimiter.to_string() }
}
