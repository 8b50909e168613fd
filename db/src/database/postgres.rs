//! A database on a PostgreSQL server.

use std::sync::Arc;

use diesel::PgConnection;
use diesel::connection::CacheSize;
use diesel::prelude::*;
use diesel::r2d2::Error;

use super::address::{Pooler, PostgresAddress};
use super::unreached::Unreached;
use super::{OpenError, OpenOptions};
use crate::migration::{self, MigrateError, OlderSchema};
use crate::pool::{self, Connector, Limits, Patience, Setup};
use crate::repository::Pools;

/// A database on a server, with its pools.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) pools: Arc<Pools<PgConnection>>,
}

impl Server {
    /// Makes the first connection at once.
    pub(super) fn connect(address: &PostgresAddress, options: &OpenOptions) -> Result<Self, OpenError> {
        let url = address.with_defaults(&settings(options));
        let pooler = address.pooler;
        let setup: Setup<PgConnection> = Arc::new(move |connection| {
            if pooler == Pooler::Transaction {
                // The next transaction may be in another session, which knows nothing of what was prepared in this one.
                connection.set_prepared_statement_cache_size(CacheSize::Disabled);
            }
            Ok(())
        });
        let connector = Connector::new(&url, Arc::clone(&setup));
        let unreachable = |error: Error| {
            let reason = Unreached::of(&error.to_string());
            OpenError::Unreachable { address: address.shown(), reason, source: error.into() }
        };
        let wait = options.wait;
        connector.reach(&Patience { clock: &*options.clock, wait }, may_pass).map_err(unreachable)?;
        let write = pool::build("postgres", connector, Limits { size: options.connections.max(1), wait });
        let beat = pool::build("heartbeat", Connector::new(&url, setup), Limits { size: 1, wait });
        Ok(Self { pools: Arc::new(Pools { read: write.clone(), write, beat, wait }) })
    }

    /// Makes the tables when there are none. Of an older schema only the administrator knows when it may change.
    pub(super) fn prepare(&self) -> Result<(), OpenError> {
        let mut connection = pool::take(&self.pools.write, self.pools.wait)?;
        if !migration::is_current(&mut *connection)? {
            migration::exclusively(&mut *connection, |connection| migration::prepare(connection, OlderSchema::Refuse))?;
        }
        Ok(())
    }

    /// Does something to the schema that nobody else does at the same time.
    pub(super) fn migrate<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, MigrateError>,
    ) -> Result<T, MigrateError> {
        let mut connection = pool::take(&self.pools.write, self.pools.wait)?;
        migration::exclusively(&mut *connection, work)
    }
}

/// What libpq is told: all of it stays on our side of a pooler, but the name. A server that vanished without a word is
/// noticed within seconds, well before a lease is over.
fn settings(options: &OpenOptions) -> [(&'static str, String); 6] {
    [
        ("application_name", options.application_name.clone()),
        ("connect_timeout", options.wait.as_secs().max(2).to_string()),
        ("keepalives_idle", "5".to_owned()),
        ("keepalives_interval", "3".to_owned()),
        ("keepalives_count", "3".to_owned()),
        ("tcp_user_timeout", "10000".to_owned()),
    ]
}

/// In another language than English the first answer is the last.
fn may_pass(error: &Error) -> bool {
    Unreached::of(&error.to_string()).may_pass()
}
