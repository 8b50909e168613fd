//! Patience: how long a run bears with a store that is away or in the way.

use std::time::Duration;

use super::{ErrorNames, RetryPolicy};
use crate::error::names;

/// How often what a run tells its store is tried again, and how long the pauses are. It has nothing to do with the retries that a
/// step declares: those are for its own errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Patience {
    /// While the store cannot be reached.
    pub outage: RetryPolicy,
    /// How long that may last, attempts and pauses together: an attempt that waits for a connection takes long as well.
    pub longest_outage: Duration,
    /// While another transaction is in the way.
    pub conflict: RetryPolicy,
}

impl Patience {
    /// About a minute for a store that is away, which is a restart of a database; five times for a conflict.
    pub const DEFAULT: Self = Self {
        outage: RetryPolicy {
            max_attempts: 17,
            delay: Duration::from_millis(200),
            factor: 2,
            max_delay: Duration::from_secs(5),
            jitter_percent: 20,
            errors: ErrorNames::Any,
        },
        longest_outage: Duration::from_secs(60),
        conflict: RetryPolicy {
            max_attempts: 6,
            delay: Duration::from_millis(50),
            factor: 2,
            max_delay: Duration::from_secs(1),
            jitter_percent: 50,
            errors: ErrorNames::Any,
        },
    };
}

impl Default for Patience {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A store that is away, as one who waits for it sees it.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    attempts: u32,
    /// When it was first found away, on the clock of the process.
    since: Option<Duration>,
}

impl Outage {
    /// The pause after an attempt that did not reach the store and ended at `now`; `None` when it was away for too long.
    pub(crate) fn pause(&mut self, patience: &Patience, now: Duration) -> Option<Duration> {
        self.attempts += 1;
        let since = *self.since.get_or_insert(now);
        let pause = patience.outage.pause(self.attempts, names::STORE_ERROR);
        pause.filter(|_| now.saturating_sub(since) < patience.longest_outage)
    }

    /// The store answers. How often it was away still counts: one that answers and goes again is given up too.
    pub(crate) fn is_over(&mut self) {
        self.since = None;
    }

    /// How many attempts did not reach it.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(policy: &RetryPolicy) -> Vec<Duration> {
        let calm = RetryPolicy { jitter_percent: 0, ..policy.clone() };
        (1..).map_while(|attempts| calm.pause(attempts, "StoreError")).collect()
    }

    #[test]
    fn a_store_that_is_away_is_waited_for_about_a_minute() {
        let total: Duration = pauses(&Patience::DEFAULT.outage).iter().sum();
        assert!((Duration::from_secs(55)..=Duration::from_secs(65)).contains(&total), "{total:?}");
    }

    #[test]
    fn attempts_that_take_long_do_not_make_the_wait_longer() {
        let (mut outage, mut now) = (Outage::default(), Duration::ZERO);
        let attempt = Duration::from_secs(10);
        while let Some(pause) = outage.pause(&Patience::DEFAULT, now) {
            now += pause + attempt;
        }
        assert!((Duration::from_secs(60)..Duration::from_secs(75)).contains(&now), "{now:?}");
    }

    #[test]
    fn a_conflict_is_tried_again_five_times() {
        assert_eq!(pauses(&Patience::DEFAULT.conflict).len(), 5);
    }
}
