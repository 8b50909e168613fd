//! Patience: how long a run bears with a store that is away or in the way.

use std::time::Duration;

use super::{ErrorNames, RetryPolicy};

/// How often what a run tells its store is tried again, and how long the pauses are. It has nothing to do with the retries that a
/// step declares: those are for its own errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Patience {
    /// While the store cannot be reached.
    pub outage: RetryPolicy,
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
    fn a_conflict_is_tried_again_five_times() {
        assert_eq!(pauses(&Patience::DEFAULT.conflict).len(), 5);
    }
}
