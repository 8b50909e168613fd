//! The schema as administrators see it: what is applied, and the verbs that change it.

use std::fmt::Write as _;

use crate::database::Database;
use crate::migration::{LIST_IN_POSTGRES, LIST_IN_SQLITE, Migration, POSTGRES, SQLITE};
pub use crate::migration::{MigrateError, MigrationStatus};
use crate::session::Backend;

/// Every migration that this program knows or the database has, oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn status(database: &Database) -> Result<Vec<MigrationStatus>, MigrateError> {
    database.migration_status()
}

/// Applies what is missing; the answer is what that was.
///
/// # Errors
/// When a migration fails, or the database is newer than this program.
pub fn up(database: &Database) -> Result<Vec<MigrationStatus>, MigrateError> {
    database.migrate_up()
}

/// Takes the newest migration back, with everything that is stored in it; the answer is which one it was, if there was any.
///
/// # Errors
/// When it cannot be taken back, or is not known.
pub fn down(database: &Database) -> Result<Option<MigrationStatus>, MigrateError> {
    database.migrate_down()
}

/// The whole schema as text, for administrators who run it themselves.
#[must_use]
pub fn sql(backend: Backend) -> String {
    let (list, table, migrations) = match backend {
        Backend::Postgres => (LIST_IN_POSTGRES, "overnight.schema_migration", POSTGRES),
        Backend::Sqlite => (LIST_IN_SQLITE, "overnight_schema_migration", SQLITE),
    };
    let mut script = format!("BEGIN;\n{list}");
    for Migration { version, name, up, .. } in migrations {
        let record = format!("INSERT INTO {table} (version, name) VALUES ({version}, '{name}');");
        // Writing to a string cannot fail.
        let _ = write!(script, "\n-- Migration {version}: {name}\n{up}\n{record}\n");
    }
    script.push_str("COMMIT;\n");
    script
}
