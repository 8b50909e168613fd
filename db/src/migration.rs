//! The schema: what is applied, and how it is raised and lowered.
//!
//! `migrations/<store>/<version>_<name>/{up,down}.sql` is diesel's layout. The list of what is applied is our own table, because
//! diesel's is one for the whole database, and would mix with the migrations of a user of diesel.

mod list;
mod table;

use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use overnight_framework::repository::StoreError;
use thiserror::Error;

pub(crate) use self::list::{LIST_IN_POSTGRES, LIST_IN_SQLITE, Migration, POSTGRES, SQLITE};
pub(crate) use self::table::Schema;
use crate::error::{Stored, store_error};
use crate::transaction;

/// One migration, known or applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its number, from 1.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// When it was applied to this database.
    pub applied_at: Option<DateTime<Utc>>,
}

/// Why the schema is not the one that this program knows.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// It waits for its administrator.
    #[error("the database has schema {found}, and this program needs {known}: run `jobctl migrate up`")]
    Older {
        /// The newest migration that is applied.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// A newer program was here.
    #[error("the database has schema {found}, and this program knows only {known}: use a newer program")]
    Newer {
        /// The newest migration that is applied.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// The list of what is applied has a hole or a stranger in it.
    #[error("migration {version} of the database is not the one that this program knows: it was changed by hand")]
    Unknown {
        /// The first migration that differs.
        version: u32,
    },
    /// A migration failed, and nothing of it stayed.
    #[error("migration {version} ({name}) failed")]
    Failed {
        /// Its number.
        version: u32,
        /// Its name.
        name: &'static str,
        /// What the database said.
        #[source]
        source: StoreError,
    },
    /// The file beside the database that processes lock cannot be used.
    #[error("cannot lock {}", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file cannot be opened.
    #[error("cannot open {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is something else.
    #[error("{} is not a database of SQLite", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What to do about a schema that is older than this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OlderSchema {
    /// Leave it to the administrator.
    Refuse,
    /// Apply what is missing.
    #[cfg(any(feature = "sqlite", test))]
    Raise,
}

/// Whether everything that this program knows is applied, and nothing else.
pub(crate) fn is_current<C: Schema>(connection: &mut C) -> Result<bool, StoreError> {
    let applied = match connection.applied() {
        Ok(applied) => applied,
        // Asked only then: everybody who opens a database waits for each question.
        Err(_) if !connection.has_list().stored()? => return Ok(false),
        // Unless another process has just made it, this is the error that counts.
        Err(_) => connection.applied().stored()?,
    };
    Ok(applied.len() == C::MIGRATIONS.len() && missing(&applied, C::MIGRATIONS).is_ok_and(<[_]>::is_empty))
}

/// Runs `work` in a transaction that no other process shares the schema with.
pub(crate) fn exclusively<C: Schema, T>(
    connection: &mut C,
    work: impl FnOnce(&mut C) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    transaction::begin(connection, C::BEGIN).stored()?;
    transaction::within(connection, |connection| {
        connection.lock_schema().stored()?;
        connection.make_list().stored()?;
        work(connection)
    })
}

/// Makes the tables when there are none, and does about an older schema what `older` says.
pub(crate) fn prepare<C: Schema>(connection: &mut C, older: OlderSchema) -> Result<(), MigrateError> {
    may_raise(&connection.applied().stored()?, C::MIGRATIONS, older)?;
    raise(connection).map(drop)
}

fn may_raise(applied: &[MigrationStatus], known: &[Migration], older: OlderSchema) -> Result<(), MigrateError> {
    let missing = missing(applied, known)?;
    match applied.last() {
        Some(newest) if older == OlderSchema::Refuse && !missing.is_empty() => {
            Err(MigrateError::Older { found: newest.version, known: newest_of(known) })
        }
        _ => Ok(()),
    }
}

/// Applies what is missing.
pub(crate) fn raise<C: Schema>(connection: &mut C) -> Result<Vec<MigrationStatus>, MigrateError> {
    let applied = connection.applied().stored()?;
    for migration in missing(&applied, C::MIGRATIONS)? {
        let Migration { version, name, up, .. } = *migration;
        tracing::info!(version, name, "applying a migration");
        let done = connection.batch_execute(up).and_then(|()| connection.record(migration));
        done.map_err(|error| MigrateError::Failed { version, name, source: store_error(error) })?;
    }
    Ok(connection.applied().stored()?.split_off(applied.len()))
}

/// Takes the newest migration back.
pub(crate) fn lower<C: Schema>(connection: &mut C) -> Result<Option<MigrationStatus>, MigrateError> {
    let mut applied = connection.applied().stored()?;
    missing(&applied, C::MIGRATIONS)?;
    let Some(newest) = applied.pop() else { return Ok(None) };
    let known = C::MIGRATIONS.iter().find(|known| known.version == newest.version);
    let &Migration { version, name, down, .. } = known.ok_or(MigrateError::Unknown { version: newest.version })?;
    tracing::info!(version, name, "taking a migration back");
    let done = connection.batch_execute(down).and_then(|()| connection.forget(version));
    done.map_err(|error| MigrateError::Failed { version, name, source: store_error(error) })?;
    Ok(Some(newest))
}

/// What is applied and what is not.
pub(crate) fn status_of<C: Schema>(connection: &mut C) -> Result<Vec<MigrationStatus>, MigrateError> {
    let mut all = connection.applied().stored()?;
    for known in C::MIGRATIONS {
        if !all.iter().any(|applied| applied.version == known.version) {
            all.push(MigrationStatus { version: known.version, name: known.name.to_owned(), applied_at: None });
        }
    }
    all.sort_by_key(|migration| migration.version);
    Ok(all)
}

/// What is known and not applied, when what is applied is known.
fn missing<'a>(applied: &[MigrationStatus], known: &'a [Migration]) -> Result<&'a [Migration], MigrateError> {
    let newest_known = newest_of(known);
    if let Some(newest) = applied.last().filter(|newest| newest.version > newest_known) {
        return Err(MigrateError::Newer { found: newest.version, known: newest_known });
    }
    let differs = applied.iter().zip(known).find(|(is, should)| is.version != should.version || is.name != should.name);
    match differs {
        Some((stranger, _)) => Err(MigrateError::Unknown { version: stranger.version }),
        None => Ok(known.get(applied.len()..).unwrap_or_default()),
    }
}

fn newest_of(known: &[Migration]) -> u32 {
    known.last().map_or(0, |migration| migration.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Migration] = &[migration(1, "records"), migration(2, "queues")];

    const fn migration(version: u32, name: &'static str) -> Migration {
        Migration { version, name, up: "", down: "" }
    }

    fn applied(versions: &[(u32, &str)]) -> Vec<MigrationStatus> {
        let status =
            |&(version, name): &(u32, &str)| MigrationStatus { version, name: name.to_owned(), applied_at: None };
        versions.iter().map(status).collect()
    }

    #[test]
    fn what_follows_the_applied_ones_is_missing() {
        let names = |applied: &[MigrationStatus]| -> Vec<_> {
            missing(applied, KNOWN).unwrap().iter().map(|migration| migration.name).collect()
        };
        assert_eq!(names(&[]), ["records", "queues"]);
        assert_eq!(names(&applied(&[(1, "records")])), ["queues"]);
        assert!(names(&applied(&[(1, "records"), (2, "queues")])).is_empty());
    }

    #[test]
    fn an_older_schema_is_raised_or_refused_with_what_to_type_and_none_at_all_is_made() {
        let older = applied(&[(1, "records")]);
        let refused = may_raise(&older, KNOWN, OlderSchema::Refuse).unwrap_err();
        assert_eq!(refused.to_string(), "the database has schema 1, and this program needs 2: run `jobctl migrate up`");
        assert!(may_raise(&older, KNOWN, OlderSchema::Raise).is_ok());
        assert!(may_raise(&[], KNOWN, OlderSchema::Refuse).is_ok());
    }

    #[test]
    fn a_newer_schema_is_refused_with_both_versions() {
        let error = missing(&applied(&[(1, "records"), (2, "queues"), (3, "keys")]), KNOWN).unwrap_err();
        assert_eq!(error.to_string(), "the database has schema 3, and this program knows only 2: use a newer program");
    }

    #[test]
    fn a_stranger_in_the_list_is_refused() {
        let error = missing(&applied(&[(1, "other")]), KNOWN).unwrap_err();
        assert!(matches!(error, MigrateError::Unknown { version: 1 }));
        assert!(matches!(missing(&applied(&[(2, "queues")]), KNOWN), Err(MigrateError::Unknown { version: 2 })));
    }
}
