//! Tables as parts of jobs in Rust.

use overnight_framework::builder::{Part, RowReader, RowWriter};
use overnight_framework::row::Record;

/// A table as the reader of a step: made by [`read`].
#[derive(Clone, Debug)]
pub struct Read(Part);

/// A table as the writer of a step: made by [`write()`].
#[derive(Clone, Debug)]
pub struct Write(Part);

/// Reads structs with `#[derive(Row)]` from a table, as the kind [`table`](super::TableReader) of job files does: page by page
/// behind `key`, one or more of their columns that are unique together and never null.
#[must_use]
pub fn read<'k>(name: impl Into<String>, key: impl IntoIterator<Item = &'k str>) -> Read {
    Read(Part::kind("table").set("name", name.into()).set("key", names(key)))
}

/// Writes the rows of a step to a table, as the kind [`table`](super::TableWriter) of job files does. In the database with the
/// records they commit with the position behind them: every row is there once, wherever the process dies.
///
/// ```
/// use overnight::builder::{Flow, JobBuilder, StepBuilder};
/// use overnight::steps::{csv, table};
/// use overnight::registry::Registry;
/// use overnight::Row;
///
/// #[derive(Row)]
/// struct Account { number: i64, holder: String }
///
/// let flow = Flow::<(), Account>::read(csv::read("accounts.csv")).write(table::write("account").upsert(["numbr"]));
/// let program = Registry::default().built(JobBuilder::new("load").step(StepBuilder::flow("load", flow)).build());
/// // Whoever runs it, `EngineBuilder` or the command line, brings the stock kinds, and tells the same before anything runs.
/// let told = program.over_kinds(overnight::steps::kinds(&Default::default())).check().unwrap_err();
/// assert_eq!(
///     told.to_string(),
///     "job `load` step `load`: writer.table.key[0]: the rows have no column `numbr`; did you mean `number`?; \
///      the columns are `number`, `holder`",
/// );
/// ```
#[must_use]
pub fn write(name: impl Into<String>) -> Write {
    Write(Part::kind("table").set("name", name.into()))
}

impl Read {
    /// Reads from the database that the configuration calls so, and not from the one with the records.
    #[must_use]
    pub fn connection(self, name: &str) -> Self {
        Self(self.0.set("connection", name))
    }
}

impl Write {
    /// Replaces rows whose `key` is there already.
    #[must_use]
    pub fn upsert<'k>(self, key: impl IntoIterator<Item = &'k str>) -> Self {
        Self(self.0.set("mode", "upsert")).key(key)
    }

    /// Makes the table for the rows where it is not there, with [`key`](Self::key) as its primary key.
    #[must_use]
    pub fn create_if_missing(self) -> Self {
        Self(self.0.set("create", "if_missing"))
    }

    /// The primary key of a table that is to be made.
    #[must_use]
    pub fn key<'k>(self, columns: impl IntoIterator<Item = &'k str>) -> Self {
        Self(self.0.set("key", names(columns)))
    }

    /// Writes these columns, and not all that the rows have.
    #[must_use]
    pub fn columns<'c>(self, columns: impl IntoIterator<Item = &'c str>) -> Self {
        Self(self.0.set("columns", names(columns)))
    }

    /// Writes to the database that the configuration calls so. That is only possible with [`upsert`](Self::upsert): a chunk may
    /// come twice, because it does not commit with the records.
    #[must_use]
    pub fn connection(self, name: &str) -> Self {
        Self(self.0.set("connection", name))
    }
}

impl<P, T: Record> RowReader<P, T> for Read {
    fn into_part(self) -> Part {
        self.0.columns_of::<T>(&[])
    }
}

impl<P, T: Record> RowWriter<P, T> for Write {
    fn into_part(self) -> Part {
        self.0
    }
}

fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    names.into_iter().collect()
}
