//! Ending a statement that runs at a server when its step shall end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use overnight_db::{Database, Session};
use overnight_framework::status::StopIntent;
use overnight_framework::stop::StopToken;

/// How long the server has for a cancelled statement before it is told again: the order is lost when it arrives between two
/// statements.
const AGAIN: Duration = Duration::from_millis(200);

/// Whoever has the statements of a step cancelled when the step shall end.
pub(super) struct Canceller<'c> {
    database: &'c Database,
    stop: &'c StopToken,
    cancelled: AtomicBool,
}

impl<'c> Canceller<'c> {
    pub(super) fn new(database: &'c Database, stop: &'c StopToken) -> Self {
        Self { database, stop, cancelled: AtomicBool::new(false) }
    }

    /// Why the statements were cancelled, if they were.
    pub(super) fn cancelled(&self) -> Option<StopIntent> {
        self.stop.requested().filter(|_| self.cancelled.load(Ordering::Relaxed))
    }

    /// Does `work` inside the transaction that is open on a connection, and has the server cancel it when the stop is requested
    /// meanwhile.
    ///
    /// The order goes through a second connection of the pool. It names a session of the server, and a pooler may lend each
    /// transaction another one: so the session says its number inside this transaction, and when it ends nobody cancels any
    /// more. No statement of somebody else is met. SQLite offers nothing of the kind without `unsafe`: its statements run to
    /// their end.
    pub(super) fn watch<T, E>(
        &self,
        mut session: Session<'_>,
        work: impl FnOnce(Session<'_>) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<diesel::result::Error>,
    {
        let Some(number) = session.number()? else { return work(session) };
        let (heard, over) = (self.stop.child(), StopToken::default());
        let cancel = || {
            let _ = heard.wait(Duration::MAX);
            while over.requested().is_none() {
                self.cancelled.store(true, Ordering::Relaxed);
                self.tell(number);
                let _ = over.wait(AGAIN);
            }
        };
        thread::scope(|scope| {
            // Without a thread to watch, the statements run to their end.
            if let Err(error) = thread::Builder::new().name("cancel".to_owned()).spawn_scoped(scope, cancel) {
                tracing::warn!(%error, "a statement cannot be cancelled");
            }
            let _ended = Ended { over: &over, heard: &heard };
            work(session)
        })
    }

    fn tell(&self, number: i32) {
        if let Err(error) = self.database.cancel(number) {
            tracing::warn!(%error, "a statement was not cancelled");
        }
    }
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
