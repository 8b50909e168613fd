//! Skip: how many bad records a step may leave out.

use std::fmt;

use super::ErrorNames;
use crate::execution::Counts;

/// How many items may be skipped, over all executions of an instance. The default skips none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkipPolicy {
    /// How many.
    pub limit: SkipLimit,
    /// The errors that may be skipped.
    pub errors: ErrorNames,
}

/// The number of items that may be skipped; the first one beyond it fails the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipLimit {
    /// So many items.
    Count(u64),
    /// So many of a million items read.
    PerMillion(u32),
}

/// A share is counted over at least so many items while the step runs, or else the first bad record of a file would already
/// be half of what was read. At the end it is counted exactly.
const SHARE_FLOOR: u64 = 10_000;

impl SkipPolicy {
    /// The policy of a step that declares none.
    pub const NEVER: Self = Self { limit: SkipLimit::Count(0), errors: ErrorNames::Any };

    /// So many items.
    #[must_use]
    pub fn count(limit: u64) -> Self {
        Self { limit: SkipLimit::Count(limit), ..Self::NEVER }
    }

    /// So many of a million items read.
    #[must_use]
    pub fn per_million(share: u32) -> Self {
        Self { limit: SkipLimit::PerMillion(share), ..Self::NEVER }
    }

    /// Only for errors of these names.
    #[must_use]
    pub fn only<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        Self { errors: ErrorNames::Named(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// Whether an item with an error called `name` may be skipped at all.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        self.limit != SkipLimit::Count(0) && self.errors.contain(name)
    }

    /// Whether the running step may go on with these counters.
    #[must_use]
    pub fn permits(&self, counts: &Counts) -> bool {
        self.holds(counts.skipped(), counts.read.max(SHARE_FLOOR))
    }

    /// Whether the step may complete with these counters.
    #[must_use]
    pub fn permits_end(&self, counts: &Counts) -> bool {
        self.holds(counts.skipped(), counts.read)
    }

    fn holds(&self, skipped: u64, read: u64) -> bool {
        match self.limit {
            SkipLimit::Count(limit) => skipped <= limit,
            SkipLimit::PerMillion(share) => u128::from(skipped) * 1_000_000 <= u128::from(share) * u128::from(read),
        }
    }
}

/// As it is written in a job file: `10`, or `0.5%`.
impl fmt::Display for SkipLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(limit) => write!(f, "{limit}"),
            Self::PerMillion(share) => {
                let digits = format!("{}.{:04}", share / 10_000, share % 10_000);
                write!(f, "{}%", digits.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

impl Default for SkipPolicy {
    fn default() -> Self {
        Self::NEVER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(read: u64, skipped: u64) -> Counts {
        Counts { read, read_skip: skipped, ..Counts::default() }
    }

    #[test]
    fn the_first_item_beyond_a_count_is_too_many() {
        let policy = SkipPolicy { limit: SkipLimit::Count(10), errors: ErrorNames::Any };
        assert!(policy.permits(&counts(11, 10)));
        assert!(!policy.permits(&counts(11, 11)));
    }

    #[test]
    fn a_share_is_generous_while_running_and_exact_at_the_end() {
        let policy = SkipPolicy { limit: SkipLimit::PerMillion(1_000), errors: ErrorNames::Any };
        assert!(policy.permits(&counts(1, 1)));
        assert!(!policy.permits(&counts(1, 11)));
        assert!(!policy.permits_end(&counts(999, 1)));
        assert!(policy.permits_end(&counts(1_000, 1)));
    }

    #[test]
    fn a_limit_is_shown_as_it_is_written() {
        let shown = [SkipLimit::Count(10), SkipLimit::PerMillion(10_000), SkipLimit::PerMillion(1_000_000)];
        assert_eq!(shown.map(|limit| limit.to_string()), ["10", "1%", "100%"]);
        assert_eq!(SkipLimit::PerMillion(5_050).to_string(), "0.505%");
    }

    #[test]
    fn without_a_policy_nothing_is_skipped() {
        assert!(!SkipPolicy::NEVER.covers("InvalidRow"));
    }
}
