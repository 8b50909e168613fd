//! The migrations in the program.

/// One migration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    /// Its number, from 1.
    pub(crate) version: u32,
    /// Its name.
    pub(crate) name: &'static str,
    /// What applies it.
    pub(crate) up: &'static str,
    /// What takes it back.
    pub(crate) down: &'static str,
}

macro_rules! migrations {
    ($store:literal: $($version:literal $name:literal in $folder:literal),*) => {
        &[$(Migration {
            version: $version,
            name: $name,
            up: include_str!(concat!("../../migrations/", $store, "/", $folder, "/up.sql")),
            down: include_str!(concat!("../../migrations/", $store, "/", $folder, "/down.sql")),
        }),*]
    };
}

/// For PostgreSQL.
pub(crate) const POSTGRES: &[Migration] = migrations!("postgres": 1 "records" in "0001_records", 2 "applied" in "0002_applied", 3 "triggers" in "0003_triggers");

/// For SQLite.
pub(crate) const SQLITE: &[Migration] = migrations!("sqlite": 1 "records" in "0001_records", 2 "applied" in "0002_applied", 3 "triggers" in "0003_triggers");

/// The list of what is applied, in PostgreSQL.
pub(crate) const LIST_IN_POSTGRES: &str = "\
CREATE SCHEMA IF NOT EXISTS overnight;
CREATE TABLE IF NOT EXISTS overnight.schema_migration (
  version    integer PRIMARY KEY,
  name       text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
";

/// The list of what is applied, in SQLite. 2440587.5 is the first of January 1970 in Julian days.
pub(crate) const LIST_IN_SQLITE: &str = "\
CREATE TABLE IF NOT EXISTS overnight_schema_migration (
  version    INTEGER PRIMARY KEY,
  name       TEXT NOT NULL,
  applied_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER))
) STRICT;
";

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn folders(store: &str) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(store);
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn every_folder_of_migrations_is_in_the_program_in_its_order() {
        for (store, migrations) in [("postgres", POSTGRES), ("sqlite", SQLITE)] {
            let listed: Vec<_> =
                migrations.iter().map(|migration| format!("{:04}_{}", migration.version, migration.name)).collect();
            assert_eq!(listed, folders(store), "{store}");
        }
    }

    #[test]
    fn both_stores_have_the_same_migrations() {
        let names = |list: &[Migration]| list.iter().map(|one| (one.version, one.name)).collect::<Vec<_>>();
        assert_eq!(names(POSTGRES), names(SQLITE));
    }
}
