//! Derive macros of overnight.
//!
//! The way of an input: `ast` says what was written (`attr` reads the attributes), `valid` what must hold, `expand` writes
//! the code. All mistakes are reported at once, each at its own token; with a mistake `fallback` still writes the
//! implementations, so that rustc does not add errors of its own about their absence.

mod ast;
mod attr;
mod expand;
mod fallback;
mod problems;
mod valid;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Gives each variant of an error enum the name by which `skip:` and `retry:` choose it, and `?` into `BatchError`.
///
/// The name is the variant's own unless `#[error_kind("…")]` says another. It is a capital letter and then letters and
/// digits, of which one is a small letter. Several variants may share a name when each of them says so.
///
/// ```
/// use overnight_framework::BatchError;
///
/// #[derive(Debug, thiserror::Error, BatchError)]
/// enum LedgerError {
///     #[error("account {0} is locked")]
///     #[error_kind("Transient")] // tried again, as the engine's own transient errors
///     Locked(u64),
///     #[error("amount {0:?} is not a number")]
///     #[error_kind("InvalidRow")]
///     Amount(String),
///     #[error("no account {0}")]
///     UnknownAccount(u64),
///     #[error(transparent)]
///     #[error_kind(transparent)] // the name of the error inside
///     Rate(#[from] RateError),
/// }
///
/// #[derive(Debug, thiserror::Error, BatchError)]
/// #[error("no rate for {0}")]
/// struct RateError(String);
///
/// fn interest(account: u64) -> Result<(), BatchError> {
///     Err(LedgerError::Locked(account))?
/// }
///
/// assert_eq!(interest(7).unwrap_err().name(), "Transient");
/// assert_eq!(BatchError::from(LedgerError::Rate(RateError("EUR".into()))).name(), "RateError");
/// ```
///
/// A crate that knows the framework under another path says so: `#[batch_error(crate = my::path)]`.
#[proc_macro_derive(BatchError, attributes(error_kind, batch_error))]
pub fn derive_batch_error(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::batch_error(&input).into()
}
