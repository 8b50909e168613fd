//! Tables of databases.

mod build;
mod reader;
mod settings;
mod writer;

pub use self::build::{Read, Write, read, write};
pub use self::reader::TableReader;
pub use self::writer::TableWriter;

use overnight_db::table::TableName;
use overnight_framework::yaml::Cursor;

/// The name of the error of a table that is not as the step needs it: a column that is missing, a key without its constraint.
pub const INVALID_TABLE: &str = "InvalidTable";

/// Reads `name: accounts` or `name: ledger.accounts`.
fn table_name(at: &Cursor<'_>) -> Option<TableName> {
    at.parsed("the name of a table", str::parse)
}
