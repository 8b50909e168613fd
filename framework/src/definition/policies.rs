//! What a file says about retries, skips and timeouts.

use std::collections::BTreeSet;
use std::time::Duration;

use super::tables;
use crate::error::names;
use crate::policy::{ErrorNames, RetryPolicy, SkipLimit, SkipPolicy};
use crate::yaml::{Code, Cursor, Tolerance};

/// The names of errors that policies may choose.
pub(super) type Known<'a> = BTreeSet<&'a str>;

/// What `defaults` says, for the steps that do not say it themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults {
    pub(super) timeout: Option<Duration>,
    pub(super) retry: Option<Retry>,
}

/// The keys of `retry` that were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Retry {
    max_attempts: Option<u32>,
    delay: Option<Duration>,
    factor: Option<u32>,
    max_delay: Option<Duration>,
    jitter_percent: Option<u8>,
    errors: Option<ErrorNames>,
}

const DELAY: Duration = Duration::from_secs(1);
const FACTOR: u32 = 2;
const MAX_DELAY: Duration = Duration::from_secs(300);
const JITTER_PERCENT: u8 = 20;

/// Reads `defaults`.
pub(super) fn defaults(at: &Cursor<'_>, known: &Known<'_>) -> Defaults {
    let Some(mut fields) = at.mapping(&tables::DEFAULTS) else { return Defaults::default() };
    let timeout = fields.optional("timeout", timeout).flatten();
    let retry = fields.optional("retry", |at| retry(at, known)).flatten();
    fields.finish();
    Defaults { timeout, retry }
}

/// A length of time after which something is ended.
pub(super) fn timeout(at: &Cursor<'_>) -> Option<Duration> {
    let limit = at.duration()?;
    if limit.is_zero() {
        at.refuse(at.problem("a timeout of no time ends everything at once").code(Code::Empty))
    } else {
        Some(limit)
    }
}

/// Reads `retry`, of which any key may be left to the defaults.
pub(super) fn retry(at: &Cursor<'_>, known: &Known<'_>) -> Option<Retry> {
    let mut fields = at.mapping(&tables::RETRY)?;
    let max_attempts = fields.optional("max_attempts", |at| u32::try_from(at.integer(1..=1_000)?).ok());
    let delay = fields.optional("delay", Cursor::duration);
    let factor = fields.optional("factor", |at| u32::try_from(at.integer(1..=100)?).ok());
    let max_delay_at = fields.get("max_delay");
    let max_delay = max_delay_at.as_ref().map_or(Some(None), |at| at.duration().map(Some));
    let jitter_percent = fields.optional("jitter", Cursor::whole_percentage);
    let errors = fields.optional("errors", |at| error_names(at, known));
    let is_told = max_attempts == Some(None) && fields.is_misspelt(&["max_attempts"]);
    fields.finish();
    if is_told {
        return None;
    }
    if let (Some(Some(delay)), Some(Some(longest)), Some(at)) = (delay, max_delay, max_delay_at)
        && longest < delay
    {
        return at.refuse(at.problem("`max_delay` is shorter than `delay`, the first pause").code(Code::Contradiction));
    }
    Some(Retry {
        max_attempts: max_attempts?,
        delay: delay?,
        factor: factor?,
        max_delay: max_delay?,
        jitter_percent: jitter_percent?,
        errors: errors?,
    })
}

impl Retry {
    /// The keys of `self`, and those of `defaults` where it has none.
    fn or(self, defaults: Self) -> Self {
        Self {
            max_attempts: self.max_attempts.or(defaults.max_attempts),
            delay: self.delay.or(defaults.delay),
            factor: self.factor.or(defaults.factor),
            max_delay: self.max_delay.or(defaults.max_delay),
            jitter_percent: self.jitter_percent.or(defaults.jitter_percent),
            errors: self.errors.or(defaults.errors),
        }
    }

    /// The policy, or the key that it lacks.
    fn policy(self) -> Result<RetryPolicy, &'static str> {
        let delay = self.delay.unwrap_or(DELAY);
        Ok(RetryPolicy {
            max_attempts: self.max_attempts.ok_or("max_attempts")?,
            delay,
            factor: self.factor.unwrap_or(FACTOR),
            max_delay: self.max_delay.unwrap_or(MAX_DELAY).max(delay),
            jitter_percent: self.jitter_percent.unwrap_or(JITTER_PERCENT),
            errors: self.errors.unwrap_or_default(),
        })
    }
}

/// The policy of `retry` at `at`, completed by `defaults`. Without either, nothing is repeated.
pub(super) fn policy(at: Option<&Cursor<'_>>, defaults: Option<&Retry>, known: &Known<'_>) -> Option<RetryPolicy> {
    let Some(at) = at else {
        // Defaults alone say when steps are repeated only if they say how often.
        let policy = defaults.cloned().map_or(Ok(RetryPolicy::NEVER), Retry::policy);
        return Some(policy.unwrap_or(RetryPolicy::NEVER));
    };
    let own = retry(at, known)?;
    match own.or(defaults.cloned().unwrap_or_default()).policy() {
        Ok(policy) => Some(policy),
        Err(key) => {
            at.refuse(at.problem_of_key(format!("a retry policy needs the key `{key}`")).code(Code::MissingKey))
        }
    }
}

/// Reads `skip`.
pub(super) fn skip(at: &Cursor<'_>, known: &Known<'_>) -> Option<SkipPolicy> {
    let mut fields = at.mapping(&tables::SKIP)?;
    let limit = fields.required("limit", |at| at.tolerance().map(limit_of));
    let errors = fields.or("errors", ErrorNames::Any, |at| error_names(at, known));
    fields.finish();
    Some(SkipPolicy { limit: limit?, errors: errors? })
}

fn limit_of(tolerance: Tolerance) -> SkipLimit {
    match tolerance {
        Tolerance::Count(count) => SkipLimit::Count(count),
        Tolerance::PerMillion(share) => SkipLimit::PerMillion(share),
    }
}

/// The names of errors, which must be known: a misspelt one would be found on the night it matters.
fn error_names(at: &Cursor<'_>, known: &Known<'_>) -> Option<ErrorNames> {
    let names = at.list_or_one(|at| error_name(at, known))?;
    if names.is_empty() {
        return at.refuse(
            at.problem("an empty list chooses no error")
                .code(Code::Empty)
                .help("leave `errors` out to choose every error"),
        );
    }
    Some(ErrorNames::Named(names))
}

fn error_name(at: &Cursor<'_>, known: &Known<'_>) -> Option<String> {
    let name = at.filled_text()?;
    if known.contains(name) {
        return Some(name.to_owned());
    }
    if !names::is_name(name) {
        let problem = at
            .problem(format!("`{name}` is not the name of an error"))
            .code(Code::UnknownError)
            .help("such as `Transient` or `InvalidRow`");
        return at.refuse(at.suggesting(problem, name, known.iter().copied()));
    }
    let problem = at.suggesting(
        at.problem(format!("no error is called `{name}`")).code(Code::UnknownError),
        name,
        known.iter().copied(),
    );
    let list = known.iter().copied().collect::<Vec<_>>().join(", ");
    at.refuse(problem.help(format!("the errors are {list}")))
}
