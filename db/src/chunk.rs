//! The chunk transaction, the same for both databases.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use overnight_framework::clock::Clock;
use overnight_framework::repository::{
    ChunkCommit, ChunkError, ChunkTransaction, Committed, DeadLetter, StepLease, StoreError, StoreErrorKind,
};
use overnight_framework::status::StopIntent;

use crate::error::chunk_error;
use crate::models::{StepPlace, intent_of_step};
use crate::pool::Pooled;
use crate::statements::{Fenced, Store};
use crate::transaction::{self, ChunkMark};

/// An open chunk of a step.
pub(crate) struct Chunk<C: Store> {
    connection: Pooled<C>,
    clock: Arc<dyn Clock>,
    lease: StepLease,
    /// When it was opened, on the clock of the process.
    opened: Duration,
    /// The savepoints that are set and not released, oldest first.
    savepoints: Vec<String>,
    /// What dead letters keep of the step, read when the first one comes.
    place: Option<StepPlace>,
    _mark: ChunkMark,
}

impl<C: Store> Chunk<C> {
    /// The chunk of the transaction that was begun on `connection`.
    pub(crate) fn new(connection: Pooled<C>, clock: Arc<dyn Clock>, lease: &StepLease, mark: ChunkMark) -> Self {
        let opened = clock.elapsed();
        Self { connection, clock, lease: *lease, opened, savepoints: Vec::new(), place: None, _mark: mark }
    }

    fn execute(&mut self, statement: &str) -> Result<(), ChunkError> {
        self.connection.batch_execute(statement).map_err(chunk_error)
    }

    /// Ends the newest savepoint of this name, and all that were set after it. One that is not there is refused before
    /// PostgreSQL hears of it, which would give the whole transaction up.
    fn end_savepoint(&mut self, name: &str, statement: &str) -> Result<(), ChunkError> {
        let position = self.savepoints.iter().rposition(|savepoint| savepoint == name);
        let position = position.ok_or_else(|| {
            ChunkError::from(StoreError::new(StoreErrorKind::Other, format!("there is no savepoint {name:?}")))
        })?;
        self.execute(statement)?;
        self.savepoints.truncate(position);
        Ok(())
    }

    /// The fence is the last statement: it is also what notices that the server has given the transaction up, because a
    /// COMMIT after a failed statement answers as if all were well. The answer is the end that was requested.
    fn fence(&mut self, chunk: &ChunkCommit) -> Result<Option<StopIntent>, ChunkError> {
        if !self.is_whole() {
            return Err(ChunkError::NotOpen);
        }
        let now = C::now(&*self.clock);
        if !self.connection.renew_with_chunk(now, &self.lease).map_err(chunk_error)? {
            return Err(ChunkError::LeaseLost);
        }
        match self.connection.fence(&self.lease, chunk).map_err(chunk_error)? {
            Some(Fenced { intent, is_of_chunk: true }) => Ok(intent_of_step(self.lease.step, intent.as_deref())?),
            Some(_) => Err(ChunkError::NotOpen),
            None => Err(self.refusal()),
        }
    }

    /// Why the fence changed no row. It is asked afterwards, so that the fence itself stays one statement.
    fn refusal(&mut self) -> ChunkError {
        let row = self.connection.lock_step(self.lease.step.0).map_err(chunk_error);
        match row.and_then(|row| Ok(row.map(|row| row.is_held_by(&self.lease)).transpose()?)) {
            Ok(Some(true)) => ChunkError::OutOfTurn,
            Ok(_) => ChunkError::LeaseLost,
            Err(error) => error,
        }
    }

    /// Whether the transaction is still the one that was begun, with nothing left open inside it.
    fn is_whole(&mut self) -> bool {
        if !self.savepoints.is_empty() || !transaction::depth(&mut *self.connection).is_ok_and(|depth| depth == 1) {
            return false;
        }
        // A statement may have ended SQLite's transaction without diesel noticing; then the guard is gone with it.
        C::GUARD.is_none_or(|release| self.connection.batch_execute(release).is_ok())
    }
}

impl<C: Store> ChunkTransaction for Chunk<C> {
    fn connection(&mut self) -> &mut dyn Any {
        &mut *self.connection
    }

    fn savepoint(&mut self, name: &str) -> Result<(), ChunkError> {
        self.execute(&format!("SAVEPOINT {}", quoted(name)))?;
        self.savepoints.push(name.to_owned());
        Ok(())
    }

    /// ROLLBACK TO alone leaves the savepoint; thousands of them make the final rollback thirty times slower.
    fn rollback_to(&mut self, name: &str) -> Result<(), ChunkError> {
        let quoted = quoted(name);
        self.end_savepoint(name, &format!("ROLLBACK TO SAVEPOINT {quoted}; RELEASE SAVEPOINT {quoted}"))
    }

    fn release(&mut self, name: &str) -> Result<(), ChunkError> {
        self.end_savepoint(name, &format!("RELEASE SAVEPOINT {}", quoted(name)))
    }

    fn dead_letters(&mut self, letters: &[DeadLetter]) -> Result<(), ChunkError> {
        let now = C::now(&*self.clock);
        let place = match self.place.take() {
            Some(place) => place,
            None => self.connection.place_of_step(self.lease.step.0).map_err(chunk_error)?,
        };
        let written = self.connection.insert_dead_letters(now, &place, letters);
        self.place = Some(place);
        written.map_err(chunk_error)
    }

    /// The server does not say why it ended the session in a way that can be told in every language; how long the chunk was open
    /// tells. A process that was frozen meanwhile has the same error.
    fn explain(&mut self, error: ChunkError) -> ChunkError {
        let Some(limit) = C::idle_limit(&self.lease) else { return error };
        let ended = self.clock.elapsed().saturating_sub(self.opened) >= limit && self.connection.is_gone();
        match error {
            ChunkError::Store(error) if ended && error.is_transient() => {
                ChunkError::Idle { limit, source: error.into() }
            }
            error => error,
        }
    }

    fn commit(mut self: Box<Self>, chunk: &ChunkCommit) -> Result<Committed, ChunkError> {
        let stop = self.fence(chunk).map_err(|error| self.explain(error))?;
        transaction::commit(&mut *self.connection).map_err(unanswered)?;
        Ok(Committed { stop, renewed: C::CHUNK_RENEWS })
    }
}

impl<C: Store> Drop for Chunk<C> {
    fn drop(&mut self) {
        transaction::roll_back(&mut *self.connection);
    }
}

impl<C: Store> fmt::Debug for Chunk<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk").field("lease", &self.lease).finish_non_exhaustive()
    }
}

/// What a failed COMMIT means: with the connection went the answer, and nobody here knows which it was.
fn unanswered(error: diesel::result::Error) -> ChunkError {
    match chunk_error(error) {
        ChunkError::Store(error) if error.kind == StoreErrorKind::Unreachable => {
            ChunkError::OutcomeUnknown(error.into())
        }
        other => other,
    }
}

/// A name as SQL has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The connection of a chunk as what it is, for writers that know their database.
///
/// ```no_run
/// use diesel::RunQueryDsl;
/// use overnight_db::{ChunkConnection, chunk_error};
/// use overnight_framework::repository::{ChunkError, ChunkTransaction};
///
/// fn write(chunk: &mut dyn ChunkTransaction) -> Result<(), ChunkError> {
///     if let Some(connection) = chunk.postgres() {
///         diesel::sql_query("INSERT INTO ledger (amount) VALUES (1)").execute(connection).map_err(chunk_error)?;
///     }
///     Ok(())
/// }
/// ```
pub trait ChunkConnection: sealed::Sealed {
    /// The connection, if it is one to PostgreSQL.
    #[cfg(feature = "postgres")]
    fn postgres(&mut self) -> Option<&mut diesel::PgConnection>;

    /// The connection, if it is one to SQLite.
    #[cfg(feature = "sqlite")]
    fn sqlite(&mut self) -> Option<&mut diesel::SqliteConnection>;
}

/// Every chunk has these, and nothing else: they may become more.
mod sealed {
    pub trait Sealed {}

    impl Sealed for dyn overnight_framework::repository::ChunkTransaction + '_ {}
}

impl ChunkConnection for dyn ChunkTransaction + '_ {
    #[cfg(feature = "postgres")]
    fn postgres(&mut self) -> Option<&mut diesel::PgConnection> {
        self.connection().downcast_mut()
    }

    #[cfg(feature = "sqlite")]
    fn sqlite(&mut self) -> Option<&mut diesel::SqliteConnection> {
        self.connection().downcast_mut()
    }
}
