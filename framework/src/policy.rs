//! What a step does about errors: how often it tries again, and how many bad records it skips.

mod patience;
mod retry;
mod skip;

pub(crate) use self::patience::Outage;
pub use self::patience::Patience;
pub use self::retry::RetryPolicy;
pub(crate) use self::retry::shortened_by_chance;
pub use self::skip::{SkipLimit, SkipPolicy};

/// Which errors a policy is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ErrorNames {
    /// All of them.
    #[default]
    Any,
    /// Those with one of these names.
    Named(Vec<String>),
}

impl ErrorNames {
    /// Whether the policy is for errors called `name`.
    #[must_use]
    pub fn contain(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named(names) => names.iter().any(|own| own == name),
        }
    }
}
