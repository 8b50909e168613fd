//! Timeouts: a stop request that comes by itself.

use std::thread;
use std::time::Duration;

use crate::status::StopIntent;
use crate::stop::StopToken;

/// A running timeout; dropping it ends it.
#[derive(Debug)]
pub(super) struct Timeout {
    over: StopToken,
}

impl Timeout {
    /// Requests a stop of `token` after `limit`, unless it is dropped before.
    pub(super) fn start(limit: Duration, token: &StopToken) -> Self {
        let over = StopToken::default();
        let (waiter, token) = (over.clone(), token.clone());
        // Without a thread to wait there is no timeout; the run itself is worth more.
        let started = thread::Builder::new().name("timeout".to_owned()).spawn(move || {
            if waiter.wait(limit).is_none() {
                token.request(StopIntent::Timeout);
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
