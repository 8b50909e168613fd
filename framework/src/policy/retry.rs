//! Retry: how often an attempt is repeated, and how long the pause is.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::ErrorNames;

/// When and how often a failed attempt is repeated. The default never repeats.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// How many attempts there are, the first one included.
    pub max_attempts: u32,
    /// The pause before the second attempt.
    pub delay: Duration,
    /// What each further pause is multiplied with.
    pub factor: u32,
    /// The longest pause.
    pub max_delay: Duration,
    /// How much of each pause is left to chance, in percent, so that many steps that failed together do not return together.
    pub jitter_percent: u8,
    /// The errors that are worth another attempt.
    pub errors: ErrorNames,
}

impl RetryPolicy {
    /// The same attempts, one right after the other.
    pub(crate) fn without_pauses(self) -> Self {
        Self { delay: Duration::ZERO, max_delay: Duration::ZERO, ..self }
    }

    /// The policy of a step that declares none.
    pub const NEVER: Self = Self {
        max_attempts: 1,
        delay: Duration::ZERO,
        factor: 1,
        max_delay: Duration::ZERO,
        jitter_percent: 0,
        errors: ErrorNames::Any,
    };

    /// So many attempts, the first one included, one right after the other.
    #[must_use]
    pub fn times(max_attempts: u32) -> Self {
        Self { max_attempts, ..Self::NEVER }
    }

    /// Waits before the second attempt, and as long before each further one.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, max_delay: self.max_delay.max(delay), ..self }
    }

    /// Only for errors of these names.
    #[must_use]
    pub fn only<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        Self { errors: ErrorNames::Named(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// The pause before the attempt after `attempts` failed ones; `None` when there is none left, or when the error is not
    /// one that is worth it.
    #[must_use]
    pub fn pause(&self, attempts: u32, error: &str) -> Option<Duration> {
        (attempts < self.max_attempts && self.errors.contain(error))
            .then(|| shortened_by_chance(self.full_pause(attempts), self.jitter_percent))
    }

    fn full_pause(&self, attempts: u32) -> Duration {
        let factor = self.factor.max(1).checked_pow(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
        self.delay.checked_mul(factor).unwrap_or(self.max_delay).min(self.max_delay)
    }
}

/// `pause`, or up to `percent` less. Chance need not be good here, only different in every process: the keys of a fresh hash
/// map are.
pub(crate) fn shortened_by_chance(pause: Duration, percent: u8) -> Duration {
    let chance = RandomState::new().hash_one(()) % 1_000;
    let share = u64::from(percent.min(100)) * chance;
    let cut = pause.as_nanos().saturating_mul(u128::from(share)) / 100_000;
    pause.saturating_sub(Duration::from_nanos(u64::try_from(cut).unwrap_or(u64::MAX)))
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::NEVER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy {
            max_attempts: 4,
            delay: Duration::from_secs(10),
            factor: 3,
            max_delay: Duration::from_secs(60),
            jitter_percent: 0,
            errors: ErrorNames::Named(vec!["Transient".to_owned()]),
        }
    }

    #[test]
    fn the_pause_grows_by_the_factor_up_to_its_limit() {
        let pauses: Vec<_> = (1..=4).map(|attempts| policy().pause(attempts, "Transient")).collect();
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(pauses, [seconds(10), seconds(30), seconds(60), None]);
    }

    #[test]
    fn an_error_that_is_not_named_is_not_repeated() {
        assert_eq!(policy().pause(1, "InvalidRow"), None);
        assert_eq!(RetryPolicy::NEVER.pause(1, "Transient"), None);
    }

    #[test]
    fn chance_shortens_a_pause_by_at_most_its_share() {
        let policy = RetryPolicy { jitter_percent: 20, ..policy() };
        for _ in 0..100 {
            let pause = policy.pause(1, "Transient").unwrap();
            assert!((Duration::from_secs(8)..=Duration::from_secs(10)).contains(&pause), "{pause:?}");
        }
    }

    #[test]
    fn a_factor_beyond_all_bounds_gives_the_longest_pause() {
        let policy = RetryPolicy { max_attempts: u32::MAX, factor: u32::MAX, ..policy() };
        assert_eq!(policy.pause(1_000, "Transient"), Some(Duration::from_secs(60)));
    }
}
