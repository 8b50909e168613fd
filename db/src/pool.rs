//! Connections, and the pools that keep them.

#[cfg(feature = "postgres")]
mod patience;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use diesel::QueryResult;
use diesel::r2d2::{ConnectionManager, Error, Pool, PooledConnection};
use overnight_framework::repository::{StoreError, StoreErrorKind};
use r2d2::event::{AcquireEvent, CheckoutEvent, HandleEvent, ReleaseEvent, TimeoutEvent};
use r2d2::{HandleError, ManageConnection};
use thiserror::Error;

#[cfg(feature = "postgres")]
pub(crate) use self::patience::Patience;
use crate::statements::Backing;

/// A connection out of a pool; it goes back when it is dropped.
pub(crate) type Pooled<C> = PooledConnection<Connector<C>>;

/// What every new connection is told.
pub(crate) type Setup<C> = Arc<dyn Fn(&mut C) -> QueryResult<()> + Send + Sync>;

/// Makes connections and sets them up. Clones share the first one.
pub(crate) struct Connector<C: 'static> {
    manager: Arc<ConnectionManager<C>>,
    setup: Setup<C>,
    /// The connection that was made when the database was opened; the pool gets it first.
    first: Arc<Mutex<Option<C>>>,
}

impl<C: Backing> Connector<C> {
    /// Makes connections to `url`.
    pub(crate) fn new(url: &str, setup: Setup<C>) -> Self {
        Self { manager: Arc::new(ConnectionManager::new(url)), setup, first: Arc::default() }
    }

    /// Makes the first connection now, and keeps it for the pool: what is wrong is heard in the database's own words, and at
    /// once, not after the time-out of a pool.
    pub(crate) fn begin(&self) -> Result<(), Error> {
        let connection = self.connect()?;
        *self.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        Ok(())
    }
}

impl<C: Backing> ManageConnection for Connector<C> {
    type Connection = C;
    type Error = Error;

    fn connect(&self) -> Result<C, Error> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(connection) = first {
            return Ok(connection);
        }
        let mut connection = self.manager.connect()?;
        (self.setup)(&mut connection)?;
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut C) -> Result<(), Error> {
        self.manager.is_valid(connection)
    }

    fn has_broken(&self, connection: &mut C) -> bool {
        thread::panicking() || connection.is_gone()
    }
}

impl<C> Clone for Connector<C> {
    fn clone(&self) -> Self {
        Self { manager: Arc::clone(&self.manager), setup: Arc::clone(&self.setup), first: Arc::clone(&self.first) }
    }
}

impl<C> fmt::Debug for Connector<C> {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

/// The size of a pool, and how long it lets a caller wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) size: u32,
    pub(crate) wait: Duration,
}

/// A pool that opens connections when they are asked for, and none before.
///
/// Connections are not tested when they are handed out: that would be a query of its own each time. Who begins a transaction on
/// a broken one takes the next.
pub(crate) fn build<C: Backing>(name: &'static str, connector: Connector<C>, limits: Limits) -> Pool<Connector<C>> {
    Pool::builder()
        .max_size(limits.size)
        .min_idle(Some(0))
        .test_on_check_out(false)
        .connection_timeout(limits.wait)
        .error_handler(Box::new(Log { pool: name }))
        .event_handler(Box::new(Log { pool: name }))
        .build_unchecked(connector)
}

/// A connection, waited for at most as long as the pool allows.
pub(crate) fn take<C: Backing>(pool: &Pool<Connector<C>>, wait: Duration) -> Result<Pooled<C>, StoreError> {
    pool.get_timeout(wait).map_err(|error| {
        let state = pool.state();
        // With every connection in use nothing is wrong with the database.
        let busy = state.idle_connections == 0 && state.connections >= pool.max_size();
        let kind = if busy { StoreErrorKind::Busy } else { StoreErrorKind::Unreachable };
        StoreError::new(kind, NoConnection { waited: wait, message: error.to_string() })
    })
}

#[derive(Debug, Error)]
#[error("no connection within {} ms: {message}", waited.as_millis())]
struct NoConnection {
    waited: Duration,
    message: String,
}

/// Feeds what happens in a pool to tracing.
#[derive(Debug)]
struct Log {
    pool: &'static str,
}

impl HandleError<Error> for Log {
    fn handle_error(&self, error: Error) {
        tracing::warn!(pool = self.pool, %error, "a connection to the database could not be made");
    }
}

impl HandleEvent for Log {
    fn handle_acquire(&self, event: AcquireEvent) {
        tracing::debug!(pool = self.pool, connection = event.connection_id(), "connection opened");
    }

    fn handle_release(&self, event: ReleaseEvent) {
        tracing::debug!(pool = self.pool, connection = event.connection_id(), age = ?event.age(), "connection closed");
    }

    fn handle_checkout(&self, event: CheckoutEvent) {
        tracing::trace!(pool = self.pool, connection = event.connection_id(), waited = ?event.duration(), "connection taken");
    }

    fn handle_timeout(&self, event: TimeoutEvent) {
        tracing::warn!(pool = self.pool, waited = ?event.timeout(), "no connection became free");
    }
}
