//! Transactions: begun with the store's own words, ended by diesel's manager, so that no closure has to cross crates.

use std::cell::Cell;

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use overnight_framework::repository::{StoreError, StoreErrorKind};

use crate::error::Stored;
use crate::statements::Backing;

/// Begins a transaction with `begin`, which may be several statements.
pub(crate) fn begin<C: Backing>(connection: &mut C, begin: &str) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(connection, begin)
}

/// Commits when `work` succeeds, and rolls back when it does not.
pub(crate) fn within<C: Backing, T, E: From<StoreError>>(
    connection: &mut C,
    work: impl FnOnce(&mut C) -> Result<T, E>,
) -> Result<T, E> {
    match work(connection) {
        Ok(value) => {
            commit(connection).stored()?;
            Ok(value)
        }
        Err(error) => {
            roll_back(connection);
            Err(error)
        }
    }
}

/// Commits the transaction.
pub(crate) fn commit<C: Backing>(connection: &mut C) -> QueryResult<()> {
    AnsiTransactionManager::commit_transaction(connection)
}

/// How deep the transactions are nested: 0 when none is open. libpq tells it of PostgreSQL without a query.
pub(crate) fn depth<C: Backing>(connection: &mut C) -> QueryResult<u32> {
    let status = <AnsiTransactionManager as TransactionManager<C>>::transaction_manager_status_mut(connection);
    Ok(status.transaction_depth()?.map_or(0, std::num::NonZero::get))
}

/// Rolls back everything that is open. What cannot be rolled back is left to the pool, which discards the connection.
pub(crate) fn roll_back<C: Backing>(connection: &mut C) {
    while let Ok(before @ 1..) = depth(connection) {
        let outcome = AnsiTransactionManager::rollback_transaction(connection);
        if let Err(error) = outcome {
            tracing::debug!(%error, "a transaction could not be rolled back");
        }
        if depth(connection).is_ok_and(|after| after >= before) {
            return;
        }
    }
}

/// Undoes what a user's statements may have changed in the session of `connection`. Where that cannot be, the pool takes the
/// connection for broken and opens another.
pub(crate) fn reset<C: Backing>(connection: &mut C) {
    if C::RESET.is_some_and(|reset| connection.batch_execute(reset).is_ok()) {
        return;
    }
    <AnsiTransactionManager as TransactionManager<C>>::transaction_manager_status_mut(connection).set_in_error();
}

thread_local! {
    static CHUNK_IS_OPEN: Cell<bool> = const { Cell::new(false) };
}

/// The mark of a thread that holds an open chunk.
///
/// A second verb on that thread would take a second connection, outside of the chunk; where there is only one, as in SQLite,
/// it would wait for itself. It is refused in every store, so that the mistake does not depend on the database.
#[derive(Debug)]
pub(crate) struct ChunkMark {
    /// The mark belongs to its thread.
    _not_send: std::marker::PhantomData<*const ()>,
}

impl ChunkMark {
    /// Marks this thread.
    pub(crate) fn set() -> Result<Self, StoreError> {
        Self::refuse_if_set()?;
        CHUNK_IS_OPEN.set(true);
        Ok(Self { _not_send: std::marker::PhantomData })
    }

    /// Refuses a verb on a marked thread.
    pub(crate) fn refuse_if_set() -> Result<(), StoreError> {
        if CHUNK_IS_OPEN.get() { Err(StoreErrorKind::ChunkOpen.into()) } else { Ok(()) }
    }
}

impl Drop for ChunkMark {
    fn drop(&mut self) {
        CHUNK_IS_OPEN.set(false);
    }
}
