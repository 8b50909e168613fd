//! What an error of the database means for a verb, and for a chunk.
//!
//! diesel hands out no SQLSTATE: a few kinds have names, and everything else (deadlocks, timeouts, a value that does not fit, a
//! full disk) is one kind. SQLite's messages are fixed, and looked at. PostgreSQL's are in the language of its administrator: in
//! English they tell more, and in another language nothing that is wrong.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use overnight_framework::error::{BatchError, names};
use overnight_framework::repository::{ChunkError, StoreError, StoreErrorKind};

/// What a writer answers when the database refuses its rows.
///
/// A constraint with a name in diesel is [`ChunkError::Data`]: the rows are at fault. Serialization failures are
/// [`ChunkError::Conflict`]. A lost connection, a read-only or full database, and a SQLite file that others hold are
/// [`ChunkError::Store`]. Whatever has no kind is [`ChunkError::Unclear`]: the engine tries the chunk again, and looks for the
/// row when it is refused again.
///
/// ```
/// use diesel::result::{DatabaseErrorKind, Error};
/// use overnight_db::chunk_error;
/// use overnight_framework::repository::ChunkError;
///
/// let refused = Error::DatabaseError(DatabaseErrorKind::UniqueViolation, Box::new("duplicate key".to_owned()));
/// assert!(matches!(chunk_error(refused), ChunkError::Data(error) if error.name() == "InvalidRow"));
/// ```
#[must_use]
pub fn chunk_error(error: Error) -> ChunkError {
    use DatabaseErrorKind as Kind;
    match &error {
        Error::DatabaseError(
            Kind::UniqueViolation
            | Kind::ForeignKeyViolation
            | Kind::NotNullViolation
            | Kind::CheckViolation
            | Kind::ExclusionViolation
            | Kind::RestrictViolation,
            information,
        ) => ChunkError::Data(BatchError::new(names::INVALID_ROW, told(information.as_ref()))),
        Error::DatabaseError(Kind::SerializationFailure, _) => ChunkError::Conflict(error.into()),
        Error::DatabaseError(_, information) if is_conflict(information.message()) => {
            ChunkError::Conflict(error.into())
        }
        _ => match fault_of_store(&error) {
            Some(kind) => StoreError::new(kind, error).into(),
            None => ChunkError::Unclear(error.into()),
        },
    }
}

/// What a verb answers when the database does not do as it is told.
pub(crate) fn store_error(error: Error) -> StoreError {
    let kind = match &error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => StoreErrorKind::Busy,
        Error::DatabaseError(_, information) if is_conflict(information.message()) => StoreErrorKind::Busy,
        Error::DatabaseError(_, information) if is_forbidden(information.message()) => StoreErrorKind::Forbidden,
        other => fault_of_store(other).unwrap_or(StoreErrorKind::Other),
    };
    StoreError::new(kind, error)
}

/// PostgreSQL's words for another transaction that was in the way, in English.
fn is_conflict(message: &str) -> bool {
    ["deadlock detected", "canceling statement due to lock timeout"].contains(&message)
}

/// PostgreSQL's words for a right that the user does not have, in English.
fn is_forbidden(message: &str) -> bool {
    message.starts_with("permission denied") || message.starts_with("must be owner")
}

/// A short way to [`store_error`].
pub(crate) trait Stored<T> {
    /// The same result with the error of the port.
    fn stored(self) -> Result<T, StoreError>;
}

impl<T> Stored<T> for diesel::QueryResult<T> {
    fn stored(self) -> Result<T, StoreError> {
        self.map_err(store_error)
    }
}

/// Whether a statement that would make a row met another process that was just making it.
pub(crate) fn is_lost_race(error: &Error) -> bool {
    use DatabaseErrorKind::{SerializationFailure, UniqueViolation};
    matches!(error, Error::DatabaseError(UniqueViolation | SerializationFailure, _))
}

/// The kind of a failure that no row can be blamed for, if it is one.
fn fault_of_store(error: &Error) -> Option<StoreErrorKind> {
    use DatabaseErrorKind as Kind;
    match error {
        Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _)
        | Error::BrokenTransactionManager => Some(StoreErrorKind::Unreachable),
        Error::DatabaseError(Kind::ReadOnlyTransaction, _) => Some(StoreErrorKind::ReadOnly),
        Error::DatabaseError(_, information) => fault_of_file(information.message()),
        Error::RollbackErrorOnCommit { commit_error, .. } => fault_of_store(commit_error),
        _ => None,
    }
}

/// The failures of SQLite that are not about rows, by the messages that `sqlite3_errmsg` has had for twenty years.
fn fault_of_file(message: &str) -> Option<StoreErrorKind> {
    Some(match message {
        "database is locked" | "database table is locked" | "database schema is locked" => StoreErrorKind::Busy,
        "database or disk is full" => StoreErrorKind::Full,
        "attempt to write a readonly database" => StoreErrorKind::ReadOnly,
        "unable to open database file" => StoreErrorKind::Unreachable,
        "disk I/O error" | "database disk image is malformed" | "file is not a database" | "interrupted" => {
            StoreErrorKind::Other
        }
        _ => return None,
    })
}

/// Message and details in one line: in PostgreSQL only the details name the key that is there already.
fn told(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> String {
    match information.details() {
        Some(details) => format!("{} ({details})", information.message()),
        None => information.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(kind: DatabaseErrorKind, message: &str) -> Error {
        Error::DatabaseError(kind, Box::new(message.to_owned()))
    }

    #[test]
    fn every_constraint_that_diesel_names_is_the_fault_of_the_rows() {
        for kind in [
            DatabaseErrorKind::UniqueViolation,
            DatabaseErrorKind::ForeignKeyViolation,
            DatabaseErrorKind::NotNullViolation,
            DatabaseErrorKind::CheckViolation,
            DatabaseErrorKind::ExclusionViolation,
            DatabaseErrorKind::RestrictViolation,
        ] {
            let error = chunk_error(database(kind, "refused"));
            assert!(matches!(&error, ChunkError::Data(data) if data.to_string() == "refused"), "{error:?}");
        }
    }

    #[test]
    fn a_lost_connection_is_the_store_and_may_come_back() {
        for error in [
            database(DatabaseErrorKind::ClosedConnection, "server closed the connection"),
            database(DatabaseErrorKind::UnableToSendCommand, "no connection to the server"),
            Error::BrokenTransactionManager,
        ] {
            assert!(matches!(chunk_error(error), ChunkError::Store(error) if error.is_transient()));
        }
    }

    #[test]
    fn sqlites_fixed_messages_tell_the_store_from_the_rows() {
        for (message, kind) in [
            ("database is locked", StoreErrorKind::Busy),
            ("database or disk is full", StoreErrorKind::Full),
            ("attempt to write a readonly database", StoreErrorKind::ReadOnly),
            ("disk I/O error", StoreErrorKind::Other),
        ] {
            let error = chunk_error(database(DatabaseErrorKind::Unknown, message));
            assert!(matches!(&error, ChunkError::Store(error) if error.kind == kind), "{message}: {error:?}");
        }
    }

    #[test]
    fn what_has_no_kind_is_unclear_for_a_chunk_and_keeps_its_message() {
        let error = chunk_error(database(DatabaseErrorKind::Unknown, "value too long for type character varying(3)"));
        assert!(matches!(&error, ChunkError::Unclear(source) if source.to_string().starts_with("value too long")));
        assert!(matches!(
            chunk_error(database(DatabaseErrorKind::SerializationFailure, "could not serialize")),
            ChunkError::Conflict(_)
        ));
        let deadlock = chunk_error(database(DatabaseErrorKind::Unknown, "deadlock detected"));
        assert!(matches!(deadlock, ChunkError::Conflict(_)));
    }
}
