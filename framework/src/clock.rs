//! Time: the one place that reads a clock, so that everything else can be tested with another.

use std::fmt;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// A source of time.
///
/// Instants in rows come from the database's clock where it has one (see the stores); this one dates rows of the
/// embedded store and measures durations inside the process.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The instant now, on the wall clock.
    fn now(&self) -> DateTime<Utc>;

    /// The time passed since some fixed moment of this process, on a clock that never steps.
    fn elapsed(&self) -> Duration;
}

/// The clocks of the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else shall ask")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }
}
