//! The moment after which a worker must believe that its lease is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;

/// How long before the end of its lease a worker stops, at most: the time that a last statement may be under way.
const LONGEST_MARGIN: Duration = Duration::from_secs(2);

/// A worker's own estimate of the end of its lease, kept on the monotonic clock of its process.
///
/// The database stamps the end of a lease when it gets the renewal, which is later than the moment before it was sent. A
/// worker that counts from that earlier moment stops first, whatever the clocks say. The fence in the database decides; this
/// line only keeps a woken process from doing work, and side effects elsewhere, that the fence would refuse.
#[derive(Clone, Debug)]
pub struct StopLine {
    clock: Arc<dyn Clock>,
    /// Microseconds on the process clock.
    line: Arc<AtomicU64>,
    lost: Arc<AtomicBool>,
}

impl StopLine {
    /// The line of a lease that lasts `lease` and was asked for at `sent` on `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, sent: Duration, lease: Duration) -> Self {
        let line = Self { clock, line: Arc::default(), lost: Arc::default() };
        line.renewed(sent, lease);
        line
    }

    /// The time on the clock of the line, to be taken before a renewal is sent.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Moves the line: a renewal sent at `sent` was granted.
    pub fn renewed(&self, sent: Duration, lease: Duration) {
        let margin = LONGEST_MARGIN.min(lease / 5);
        let line = sent.saturating_add(lease).saturating_sub(margin);
        self.line.fetch_max(u64::try_from(line.as_micros()).unwrap_or(u64::MAX), Ordering::AcqRel);
    }

    /// The store says that the lease is another's now. It never comes back.
    pub fn lose(&self) {
        self.lost.store(true, Ordering::Release);
    }

    /// Whether the lease is known to be lost.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// Whether the worker must renew before it writes again.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.clock.elapsed().as_micros() >= u128::from(self.line.load(Ordering::Acquire))
    }
}
