//! Queries as parts of jobs in Rust.

use overnight_framework::builder::{Part, RowReader};
use overnight_framework::row::Record;
use serde_json::{Value, json};

/// A query as the reader of a step: made by [`read`].
#[derive(Clone, Debug)]
pub struct Read {
    part: Part,
    bind: serde_json::Map<String, Value>,
}

/// Reads structs with `#[derive(Row)]` from a query, as the kind [`sql`](super::SqlReader) of job files does: page by page behind
/// `key`, one or more of their columns that are unique together and never null.
///
/// ```
/// use overnight::builder::Flow;
/// use overnight::steps::{csv, sql};
/// use overnight::Row;
///
/// #[derive(Row)]
/// struct Account { number: i64, balance: i64 }
///
/// let rich = sql::read("select number, balance from account where balance > :least", ["number"]).bind("least", 1_000_000);
/// let flow = Flow::<(), Account>::read(rich).write(csv::write("out/rich.csv"));
/// ```
#[must_use]
pub fn read<'k>(query: impl Into<String>, key: impl IntoIterator<Item = &'k str>) -> Read {
    of(Value::String(query.into()), key)
}

/// The same where the databases need texts of their own.
#[must_use]
pub fn read_by<'k>(postgres: &str, sqlite: &str, key: impl IntoIterator<Item = &'k str>) -> Read {
    of(json!({ "postgres": postgres, "sqlite": sqlite }), key)
}

fn of<'k>(query: Value, key: impl IntoIterator<Item = &'k str>) -> Read {
    let key: Vec<&str> = key.into_iter().collect();
    Read { part: Part::kind("sql").set("query", query).set("key", key), bind: serde_json::Map::new() }
}

impl Read {
    /// Gives `:name` of the query its value: a number, `true`, `false`, or a text with expressions such as
    /// `"${{ params.day }}"`. Values are bound, never pasted into the text.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.bind.insert(name.into(), value.into());
        Self { part: self.part.set("bind", self.bind.clone()), ..self }
    }

    /// Reads from the database that the configuration calls so, and not from the one with the records.
    #[must_use]
    pub fn connection(self, name: &str) -> Self {
        Self { part: self.part.set("connection", name), ..self }
    }
}

impl<P, T: Record> RowReader<P, T> for Read {
    fn into_part(self) -> Part {
        self.part.columns_of::<T>(&[])
    }
}
