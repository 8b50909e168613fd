//! Timeouts: a stop request that comes by itself.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::Overrun;
use super::end::timed_out;
use crate::status::StopIntent;
use crate::stop::StopToken;

/// A running timeout; dropping it ends it.
#[derive(Debug)]
pub(super) struct Timeout {
    over: StopToken,
}

impl Timeout {
    /// Requests a stop of `token` after `limit`, unless it is dropped before; what does not end then is left behind by `overrun`.
    pub(super) fn start(what: &str, limit: Duration, token: &StopToken, overrun: &Arc<Overrun>) -> Self {
        let over = StopToken::default();
        let (waiter, token, overrun) = (over.clone(), token.clone(), Arc::clone(overrun));
        let why = timed_out(what, Some(limit)).message;
        // Without a thread to wait there is no timeout; the run itself is worth more.
        let started = thread::Builder::new().name("timeout".to_owned()).spawn(move || {
            if waiter.wait(limit).is_none() {
                token.request(StopIntent::Timeout);
                overrun.watch(&waiter, &why);
            }
        });
        if let Err(error) = started {
            tracing::warn!(%error, "a timeout cannot be watched");
        }
        Self { over }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        self.over.request(StopIntent::Stopped);
    }
}
