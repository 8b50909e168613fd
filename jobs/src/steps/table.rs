//! Tables of databases.

mod reader;
mod writer;

pub use self::reader::TableReader;
pub use self::writer::TableWriter;

use overnight_db::table::TableName;
use overnight_framework::yaml::Cursor;

/// Reads `name: accounts` or `name: ledger.accounts`.
fn table_name(at: &Cursor<'_>) -> Option<TableName> {
    at.parsed("the name of a table", str::parse)
}
