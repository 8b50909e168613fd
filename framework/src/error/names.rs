//! The names an error can have without any declaration, and the form of every name.
//!
//! `skip:` and `retry:` choose errors by name, and a failed execution has the name as its exit code. Words all in capitals
//! (`FAILED`, `WORKER_LOST`) are the engine's own exit codes, so that a name can never be taken for one of them.

/// Every error that has no name of its own.
pub const UNNAMED: &str = "Error";

/// It may pass when tried again: a lock held by somebody else, another system that is just restarting.
pub const TRANSIENT: &str = "Transient";

/// A record that cannot be read, or that the rules of the job do not allow.
pub const INVALID_ROW: &str = "InvalidRow";

/// A text that is not the number, date or document it should be.
pub const INVALID_VALUE: &str = "InvalidValue";

/// A file or a socket that could not be opened, read or written.
pub const IO: &str = "Io";

/// A panic of a step, caught at its edge.
pub const PANIC: &str = "Panic";

/// The store could not be reached, or did not answer as it should.
pub const STORE_ERROR: &str = "StoreError";

/// The step ran longer than its `timeout`.
pub const TIMEOUT: &str = "Timeout";

/// The counters of a step do not add up at its end: read is not written, filtered and skipped.
pub const COUNT_MISMATCH: &str = "CountMismatch";

/// At the end of a step more of its records were skipped than its percentage allows.
pub const SKIP_LIMIT_EXCEEDED: &str = "SkipLimitExceeded";

/// A step was begun as often as its `max_starts` allows.
pub const START_LIMIT_EXCEEDED: &str = "StartLimitExceeded";

/// An earlier run of a step ended UNKNOWN, and nobody has resolved it.
pub const UNKNOWN_OUTCOME: &str = "UnknownOutcome";

/// A secret that a step uses is not there.
pub const MISSING_SECRET: &str = "MissingSecret";

/// A step did not give the outputs that it declares.
pub const INVALID_OUTPUT: &str = "InvalidOutput";

/// The names that a job's own errors may share with the engine, to be treated alike.
pub const SHARED: &[&str] = &[INVALID_ROW, INVALID_VALUE, IO, TRANSIENT];

/// The names that the engine alone gives: an error that claimed one of them would lie about its origin.
pub const ENGINE: &[&str] = &[
    UNNAMED,
    PANIC,
    STORE_ERROR,
    TIMEOUT,
    COUNT_MISMATCH,
    SKIP_LIMIT_EXCEEDED,
    START_LIMIT_EXCEEDED,
    UNKNOWN_OUTCOME,
    MISSING_SECRET,
    INVALID_OUTPUT,
];

/// Whether a text can be the name of an error: a capital letter, then letters and digits, of which one is a small letter.
///
/// ```
/// use overnight_framework::error::names::is_name;
/// assert!(is_name("InvalidRow") && is_name("Http404x"));
/// assert!(!is_name("invalid_row") && !is_name("FAILED") && !is_name(""));
/// ```
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric())
        && text.contains(|letter: char| letter.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_name_has_the_form_it_asks_of_others() {
        assert!(SHARED.iter().chain(ENGINE).all(|name| is_name(name)));
    }

    #[test]
    fn no_name_is_both_shared_and_the_engines_own() {
        assert!(SHARED.iter().all(|name| !ENGINE.contains(name)));
    }
}
