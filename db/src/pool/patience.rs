//! The first connection to a server that may answer a little later.

use std::thread;
use std::time::Duration;

use diesel::r2d2::Error;
use overnight_framework::clock::Clock;

use super::Connector;
use crate::statements::Backing;

/// How long to wait before a server that has no place, or is just starting, is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// How long somebody waits, and by which clock.
pub(crate) struct Patience<'a> {
    pub(crate) clock: &'a dyn Clock,
    pub(crate) wait: Duration,
}

impl<C: Backing> Connector<C> {
    /// Makes the first connection now as [`begin`](Self::begin) does; while `may_pass` says so, it is asked again.
    pub(crate) fn reach(&self, patience: &Patience<'_>, may_pass: fn(&Error) -> bool) -> Result<(), Error> {
        let begun = patience.clock.elapsed();
        loop {
            match self.begin() {
                Err(error) if may_pass(&error) && patience.clock.elapsed() - begun < patience.wait => {
                    thread::park_timeout(PAUSE);
                }
                answer => return answer,
            }
        }
    }
}
