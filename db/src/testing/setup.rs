//! How a test makes the disk of another process small.

use std::sync::Arc;

use diesel::connection::SimpleConnection as _;

use crate::database::SqliteSetup;

/// Names a variable of the environment: SQL that every connection to a SQLite file is told, such as the limit of its size in
/// `PRAGMA max_page_count = 100`. Only programs that are built with this module look at it.
pub const SQLITE_SETUP: &str = "OVERNIGHT_TEST_SQLITE_SETUP";

/// What the variable says, if it is set.
pub(crate) fn sqlite_setup() -> Option<SqliteSetup> {
    let sql = std::env::var(SQLITE_SETUP).ok()?;
    Some(Arc::new(move |connection| connection.batch_execute(&sql)))
}
