//! Time: the one place that reads a clock, so that everything else can be tested with another.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A source of time.
///
/// Instants in rows come from the database's clock where it has one (see the stores); this one dates rows of the
/// embedded store and measures durations inside the process.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The instant now, on the wall clock.
    fn now(&self) -> DateTime<Utc>;

    /// The time passed since some fixed moment of this process, on a clock that never steps. It goes on while the machine
    /// sleeps, as leases do.
    fn elapsed(&self) -> Duration;
}

/// The clocks of the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Duration,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { origin: uptime() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else shall ask")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn elapsed(&self) -> Duration {
        uptime().saturating_sub(self.origin)
    }
}

/// The time since the machine was started. `Instant` stands still on Linux while the machine is suspended: a laptop that was
/// opened again would believe in a lease that ran out hours ago.
#[cfg(target_os = "linux")]
fn uptime() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::Boottime).try_into().unwrap_or_default()
}

/// The time since somebody first asked.
#[cfg(not(target_os = "linux"))]
fn uptime() -> Duration {
    static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(std::time::Instant::now).elapsed()
}

/// A clock that stands still until it is told to move on: the time of tests. Clones are the same clock.
///
/// ```
/// use std::time::Duration;
///
/// use overnight_framework::clock::{Clock, ManualClock};
///
/// let clock = ManualClock::default();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(90));
/// assert_eq!((clock.now() - before).num_seconds(), 90);
/// assert_eq!(clock.elapsed(), Duration::from_secs(90));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    origin: DateTime<Utc>,
    elapsed: Arc<Mutex<Duration>>,
}

impl ManualClock {
    /// A clock that shows `origin`.
    #[must_use]
    pub fn at(origin: DateTime<Utc>) -> Self {
        Self { origin, elapsed: Arc::default() }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let mut elapsed = self.elapsed.lock().unwrap_or_else(PoisonError::into_inner);
        *elapsed = elapsed.saturating_add(by);
    }
}

/// The clock shows midnight of 1 January 1970.
impl Default for ManualClock {
    fn default() -> Self {
        Self::at(DateTime::UNIX_EPOCH)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        later(self.origin, self.elapsed())
    }

    fn elapsed(&self) -> Duration {
        *self.elapsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The instant `by` after `from`; the last one there is when that lies beyond the calendar.
#[must_use]
pub fn later(from: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    from.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
