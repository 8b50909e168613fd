//! Ending a statement that runs on PostgreSQL when its step shall end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::dsl::{select, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer};
use overnight_db::{Database, Session};
use overnight_framework::status::StopIntent;
use overnight_framework::stop::StopToken;

/// How long the server has for a cancelled statement before it is told again: the order is lost when it arrives between two
/// statements.
const AGAIN: Duration = Duration::from_millis(200);

/// What became of statements that could be cancelled.
pub(super) struct Watched<T> {
    /// What the statements came to.
    pub(super) result: T,
    /// Whether the server was told to cancel them.
    pub(super) cancelled: bool,
}

/// Does `work` on a connection to `database`, and has the server cancel it when `stop` is requested meanwhile.
///
/// The order goes through a second connection of the pool. The first one is lent on only when nobody cancels any more, so that
/// no statement of somebody else is met. SQLite offers nothing of the kind without `unsafe`: its statements run to their end.
pub(super) fn watched<T>(
    database: &Database,
    stop: &StopToken,
    mut session: Session<'_>,
    work: impl FnOnce(Session<'_>) -> T,
) -> Watched<T> {
    let backend = match &mut session {
        Session::Postgres(connection) => select(sql::<Integer>("pg_backend_pid()")).get_result::<i32>(*connection).ok(),
        Session::Sqlite(_) => None,
    };
    let Some(backend) = backend else { return Watched { result: work(session), cancelled: false } };
    let (heard, over, cancelled) = (stop.child(), StopToken::default(), AtomicBool::new(false));
    let cancel = || {
        let _ = heard.wait(Duration::MAX);
        while over.requested().is_none() {
            cancelled.store(true, Ordering::Relaxed);
            tell(database, backend);
            let _ = over.wait(AGAIN);
        }
    };
    let result = thread::scope(|scope| {
        // Without a thread to watch, the statements run to their end.
        if let Err(error) = thread::Builder::new().name("cancel".to_owned()).spawn_scoped(scope, cancel) {
            tracing::warn!(%error, "a statement cannot be cancelled");
        }
        let _ended = Ended { over: &over, heard: &heard };
        work(session)
    });
    Watched { result, cancelled: cancelled.into_inner() }
}

/// Tells the watcher that the work is over, also when it panicked.
struct Ended<'t> {
    over: &'t StopToken,
    heard: &'t StopToken,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.over.request(StopIntent::Stopped);
        self.heard.request(StopIntent::Stopped);
    }
}

fn tell(database: &Database, backend: i32) {
    let told = database.write(|connection| match connection {
        Session::Postgres(connection) => {
            let cancel = sql::<Bool>("pg_cancel_backend(").bind::<Integer, _>(backend).sql(")");
            select(cancel).get_result::<bool>(connection).map(drop)
        }
        Session::Sqlite(_) => Ok(()),
    });
    match told {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the server did not cancel a statement"),
        Err(error) => tracing::warn!(%error, "no connection to cancel a statement"),
    }
}
