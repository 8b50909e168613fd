//! The error of a step: a name that rules can choose it by, a message, and every cause beneath it.
//!
//! # Names
//!
//! `skip: { errors: [InvalidRow] }` and `retry: { errors: [Transient] }` choose by name, and so does whoever reads the exit
//! code of a failed execution. A job gives names to its own errors with the derive macro:
//!
//! ```
//! # extern crate overnight_framework as overnight;
//! use overnight_framework::BatchError;
//!
//! #[derive(Debug, thiserror::Error, BatchError)]
//! enum LedgerError {
//!     #[error("account {0} does not exist")]
//!     UnknownAccount(u64),
//!     #[error("amount {0:?} is not a number")]
//!     #[error_kind("InvalidRow")]
//!     Amount(String),
//! }
//!
//! fn post(account: u64) -> Result<(), BatchError> {
//!     Err(LedgerError::UnknownAccount(account))?
//! }
//!
//! assert_eq!(post(7).unwrap_err().name(), "UnknownAccount");
//! assert_eq!(BatchError::from(LedgerError::Amount("x".into())).name(), "InvalidRow");
//! ```
//!
//! # Why `?` does not take every error
//!
//! `impl<E: Error> From<E>` would take every error at once, and would forbid the `From<LedgerError>` that knows the name: Rust
//! has no specialisation, and two implementations must not overlap. Of the two the name is worth more. An error that silently
//! loses its name is not skipped, not retried, and nobody sees why before the night it matters. What is paid for it is small:
//!
//! - the error types of the standard library, of numbers, dates, decimals and JSON have a `From` each (`convert.rs`);
//! - every other one is a variant of the job's own enum by `#[from]`, as is the habit with thiserror, or says
//!   [`named`](ResultExt::named) or [`or_fail`](ResultExt::or_fail) before the `?`;
//! - a step may return `Result<_, Box<dyn Error + Send + Sync>>`, where `?` takes everything and nothing has a name;
//! - [`BatchError`] can be an [`Error`] itself, which a type with the blanket implementation cannot.

mod chain;
mod convert;
pub mod names;

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use convert::ResultExt;

/// The result of a step, and of everything a step calls.
pub type Result<T, E = BatchError> = std::result::Result<T, E>;

/// The error of a step.
///
/// `Display` is the message alone; `{:#}` is the whole chain on one line, `{:?}` the name and the chain as a person reads it.
/// It is one pointer wide, because it stands in the result of every item.
pub struct BatchError(Box<Parts>);

struct Parts {
    name: Cow<'static, str>,
    message: String,
    cause: Option<Cause>,
    help: Option<String>,
}

enum Cause {
    /// The error whose own message this is: what caused *it* comes next, so that no text is said twice.
    Itself(Box<dyn Error + Send + Sync>),
    /// The error beneath the message.
    Beneath(Box<dyn Error + Send + Sync>),
}

impl BatchError {
    /// An error with a name and a message.
    ///
    /// A name that is none (see [`names::is_name`]) does not get lost: it stands before the message of an unnamed error.
    ///
    /// ```
    /// # use overnight_framework::BatchError;
    /// let error = BatchError::new("UnknownAccount", "account 7 does not exist");
    /// assert_eq!((error.name(), error.to_string().as_str()), ("UnknownAccount", "account 7 does not exist"));
    /// assert_eq!(BatchError::new("no name", "gone").to_string(), "no name: gone");
    /// ```
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let (name, message) = (name.into(), message.into());
        if names::is_name(&name) {
            Self(Box::new(Parts { name, message, cause: None, help: None }))
        } else {
            let message = format!("{name}: {message}");
            Self(Box::new(Parts { name: names::UNNAMED.into(), message, cause: None, help: None }))
        }
    }

    /// The same error with the one that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(Cause::Beneath(source.into()));
        self
    }

    /// The same error with what a person can do about it, in one line; commands in it stand in backquotes. It is shown below
    /// the error.
    ///
    /// ```
    /// # use overnight_framework::BatchError;
    /// let error = BatchError::new("Io", "cannot read rates.csv").with_help("`ls -l rates.csv` shows whose it is");
    /// let outer = BatchError::new("Io", "cannot load").with_source(error);
    /// assert_eq!(outer.help(), Some("`ls -l rates.csv` shows whose it is"));
    /// ```
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        self.with_any_help(Some(help))
    }

    /// The same where somebody knows what to do; the error as it is where nobody does.
    #[must_use]
    pub fn with_any_help(mut self, help: Option<impl Into<String>>) -> Self {
        if let Some(help) = help {
            self.0.help = Some(help.into());
        }
        self
    }

    /// Any error under a name; its message and its causes stay, and [`find`](Self::find) finds it again.
    #[must_use]
    pub fn of(name: impl Into<Cow<'static, str>>, error: impl Error + Send + Sync + 'static) -> Self {
        Self::boxed(name, Box::new(error))
    }

    /// An error that knows its own name.
    #[must_use]
    pub fn from_named(error: impl NamedError) -> Self {
        Self::of(error.error_name(), error)
    }

    /// The panic that [`catch_unwind`] caught, with the text it was given.
    #[must_use]
    pub fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Self::new(names::PANIC, text.unwrap_or("the panic carried no text"))
    }

    /// The same, and lets go of the payload. What panics when it is dropped is left where it is: a second panic would end more
    /// than the first one did.
    pub(crate) fn of_panic(payload: Box<dyn Any + Send>) -> Self {
        let error = Self::panicked(payload.as_ref());
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            mem::forget(second);
        }
        error
    }

    /// The name by which rules choose this error, for instance `InvalidRow`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether somebody gave this error a name.
    #[must_use]
    pub fn has_name(&self) -> bool {
        self.name() != names::UNNAMED
    }

    /// The outermost message, without its causes.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The message and the causes beneath it, the outermost first, each said once.
    ///
    /// ```
    /// # use overnight_framework::BatchError;
    /// let file = std::io::Error::other("disk on fire");
    /// let error = BatchError::new("Io", "cannot write totals.csv").with_source(file);
    /// assert_eq!(error.chain(), ["cannot write totals.csv", "disk on fire"]);
    /// ```
    #[must_use]
    pub fn chain(&self) -> Vec<String> {
        chain::once_each(chain::sources(self).map(ToString::to_string))
    }

    /// What a person can do about it, as the outermost error knows it that knows anything.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        let beneath = || match self.0.cause.as_ref()? {
            Cause::Itself(error) | Cause::Beneath(error) => Some(chain::sources(error.as_ref())),
        };
        let own = self.0.help.as_deref();
        own.or_else(|| beneath()?.find_map(|error| error.downcast_ref::<Self>()?.help()))
    }

    /// The first error of a type in the chain, for whoever has to look at a code that no message shows.
    ///
    /// ```
    /// # use overnight_framework::BatchError;
    /// let error = BatchError::from(std::io::Error::from(std::io::ErrorKind::NotFound));
    /// assert_eq!(error.find::<std::io::Error>().unwrap().kind(), std::io::ErrorKind::NotFound);
    /// ```
    #[must_use]
    pub fn find<E: Error + 'static>(&self) -> Option<&E> {
        let first: &(dyn Error + 'static) = match self.0.cause.as_ref()? {
            Cause::Itself(error) | Cause::Beneath(error) => error.as_ref(),
        };
        chain::sources(first).find_map(|error| {
            // A BatchError in the chain hides the error whose message it took over.
            error.downcast_ref::<E>().or_else(|| error.downcast_ref::<Self>()?.find())
        })
    }

    fn boxed(name: impl Into<Cow<'static, str>>, error: Box<dyn Error + Send + Sync>) -> Self {
        let mut named = Self::new(name, error.to_string());
        named.0.cause = Some(Cause::Itself(error));
        named
    }

    fn renamed(mut self, name: &'static str) -> Self {
        let renamed = Self::new(name, mem::take(&mut self.0.message));
        Self(Box::new(Parts { cause: self.0.cause, help: self.0.help, ..*renamed.0 }))
    }
}

impl Error for BatchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.0.cause.as_ref()? {
            Cause::Itself(error) => error.source(),
            Cause::Beneath(error) => Some(error.as_ref()),
        }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { f.write_str(&self.chain().join(": ")) } else { f.write_str(self.message()) }
    }
}

impl fmt::Debug for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.chain().join("\n  caused by: "))
    }
}

/// An error type that knows the names of its errors; `#[derive(BatchError)]` implements it.
#[diagnostic::on_unimplemented(
    message = "the errors of `{Self}` have no names",
    label = "`skip:` and `retry:` could not choose this error",
    note = "add `#[derive(BatchError)]` to `{Self}`"
)]
pub trait NamedError: Error + Send + Sync + Sized + 'static {
    /// Every name an error of this type can have, so that a misspelt one in a job file is found before the job runs.
    fn error_names() -> Vec<&'static str>;

    /// The name of this error.
    fn error_name(&self) -> Cow<'static, str>;
}

/// The names in it are those that others gave.
impl NamedError for BatchError {
    fn error_names() -> Vec<&'static str> {
        Vec::new()
    }

    fn error_name(&self) -> Cow<'static, str> {
        self.0.name.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open {path}")]
    struct OpenError {
        path: &'static str,
        source: std::io::Error,
    }

    fn open_error() -> OpenError {
        OpenError { path: "a.csv", source: std::io::Error::other("no such file") }
    }

    #[test]
    fn a_converted_error_says_its_message_once_and_keeps_its_causes() {
        let error = BatchError::of("Io", open_error());
        assert_eq!(error.to_string(), "cannot open a.csv");
        assert_eq!(error.chain(), ["cannot open a.csv", "no such file"]);
        assert_eq!(format!("{error:#}"), "cannot open a.csv: no such file");
        assert_eq!(format!("{error:?}"), "Io: cannot open a.csv\n  caused by: no such file");
    }

    #[test]
    fn context_keeps_the_name_and_everything_beneath() {
        let error = Err::<(), _>(BatchError::of("Io", open_error())).context("loading").unwrap_err();
        assert_eq!(error.name(), "Io");
        assert_eq!(error.chain(), ["loading", "cannot open a.csv", "no such file"]);
    }

    #[test]
    fn an_error_is_found_however_deep_it_was_wrapped() {
        let error = Err::<(), _>(open_error()).named("Io").context("loading").context("running").unwrap_err();
        assert_eq!(error.find::<OpenError>().map(|open| open.path), Some("a.csv"));
        assert!(error.find::<std::io::Error>().is_some());
        assert!(error.find::<fmt::Error>().is_none());
    }

    #[test]
    fn a_batch_error_that_was_boxed_comes_back_with_its_name() {
        let boxed: Box<dyn Error + Send + Sync> = BatchError::new("Locked", "busy").into();
        assert_eq!(BatchError::from(boxed).name(), "Locked");
    }

    #[test]
    fn or_fail_leaves_a_foreign_error_without_a_name() {
        let error = Err::<(), _>(open_error()).or_fail().unwrap_err();
        assert!(!error.has_name());
        assert_eq!(error.name(), names::UNNAMED);
    }

    #[test]
    fn a_panic_keeps_its_text() {
        let caught = catch_unwind(|| panic!("account {} is locked", 7)).unwrap_err();
        let error = BatchError::panicked(caught.as_ref());
        assert_eq!((error.name(), error.message()), (names::PANIC, "account 7 is locked"));
        let caught = catch_unwind(|| panic!("plain")).unwrap_err();
        assert_eq!(BatchError::panicked(caught.as_ref()).message(), "plain");
    }

    #[test]
    fn a_result_of_an_item_stays_small() {
        assert_eq!(size_of::<Result<(), BatchError>>(), size_of::<usize>());
    }
}
