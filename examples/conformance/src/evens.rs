//! A job in Rust over stock parts: numbers of a table go into a file.

use std::path::PathBuf;

use overnight::steps::{csv, table};
use overnight::{Params, Row, job};

/// Writes the even numbers of the table `numbers` to a file.
#[derive(Params)]
pub(crate) struct Evens {
    /// The file; a relative path starts in the working directory.
    out: PathBuf,
    /// Which numbers are even: those that this divides.
    #[param(default = 2, range = 1..=100)]
    by: i64,
}

#[derive(Row)]
struct Number {
    number: i64,
}

#[job(module = "arithmetic")]
impl Evens {
    /// Leaves out the odd ones.
    #[step(
        chunk = 10,
        skip = 5,
        retry = 2,
        reader = table::read("numbers", ["number"]),
        writer = csv::write("${{ params.out }}"),
    )]
    fn write(&self, row: &Number) -> Option<Number> {
        (row.number % self.by == 0).then_some(Number { number: row.number })
    }
}
