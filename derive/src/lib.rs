//! Derive macros of overnight.
//!
//! The way of an input: `ast` says what was written (`attr` reads the attributes), `valid` what must hold, `expand` writes
//! the code. All mistakes are reported at once, each at its own token; with a mistake `fallback` still writes the
//! implementations, so that rustc does not add errors of its own about their absence.

mod batch_error;
mod job;
mod keys;
mod names;
mod params;
mod problems;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemImpl, parse_macro_input};

/// Gives each variant of an error enum the name by which `skip:` and `retry:` choose it, and `?` into `BatchError`.
///
/// The name is the variant's own unless `#[error_kind("…")]` says another. It is a capital letter and then letters and
/// digits, of which one is a small letter. Several variants may share a name when each of them says so.
///
/// ```
/// use overnight::BatchError;
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
    batch_error::batch_error(&input).into()
}

/// Makes the fields of a struct the parameters of a job.
///
/// The doc comment of a field is what an operator reads about its parameter. A field is required unless it has a default or is
/// an `Option`. A parameter belongs to the key of the job instance unless it says otherwise.
///
/// | key | what it says |
/// | --- | --- |
/// | `name = "…"` | the name, where it is not that of the field |
/// | `default = VALUE` | the value when none is given; a text stands for any type as a job file writes it: `"90s"`, `"0.0375"` |
/// | `range = 1..=64` | the least and the greatest value; also `1..` and `..=64` |
/// | `one_of = ["EUR", "CHF"]` | the only values |
/// | `pattern = "…"` | what the text matches, whole |
/// | `check = function` | a rule of one's own, `fn(&T) -> Result<(), impl Display>`; its error ends a sentence: "is a holiday" |
/// | `identifying = false` | another value is no other instance |
/// | `secret` | kept out of every row and masked in every output |
/// | `json` | any type that serde can read, given as JSON |
///
/// ```
/// use std::path::PathBuf;
///
/// use overnight::params::FromParams;
/// use overnight::{ParamValue, Params};
///
/// /// Closes the day of a branch.
/// #[derive(Params)]
/// struct Close {
///     /// File of the day's transactions.
///     #[param(default = "tx.csv", pattern = r".*\.csv")]
///     file: PathBuf,
///     /// Interest in hundredths of a percent.
///     #[param(default = 375, range = 0..=10_000)]
///     basis_points: u32,
///     #[param(default = Mode::Full)]
///     mode: Mode,
///     #[param(secret)]
///     pin: Option<String>,
/// }
///
/// #[derive(ParamValue)]
/// enum Mode {
///     Full,
///     OnlyDeltas, // written as `only-deltas`
/// }
///
/// let declared = Close::declarations()?;
/// assert_eq!(declared[0].description.as_deref(), Some("File of the day's transactions."));
/// # Ok::<(), overnight::params::ParamsError>(())
/// ```
///
/// A crate that knows overnight under another path says so: `#[params(crate = my::path)]`.
#[proc_macro_derive(Params, attributes(param, params, serde))]
pub fn derive_params(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    params::params(&input).into()
}

/// Makes the variants of an enum the choices of a parameter.
///
/// A variant is written in small letters with hyphens, `OnlyDeltas` as `only-deltas`, unless `#[param(name = "…")]` says
/// otherwise. See [`Params`](macro@Params) for an example.
#[proc_macro_derive(ParamValue, attributes(param, params))]
pub fn derive_param_value(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    params::param_value(&input).into()
}

/// Makes a struct of parameters a job whose steps are its methods.
///
/// The methods with `#[step]` are the steps, in their order; all others are ordinary methods. A step gets the parameters as
/// `&self`, and asks for what else it needs by the types of its arguments; `FromStep` lists them. It answers nothing, an
/// `Outcome`, its outputs as `Json`, or a `Result` of one of them. It may be an `async fn`.
///
/// | key of `#[step]` | what it says |
/// | --- | --- |
/// | `name = "…"` | the name, where it is not that of the method |
/// | `when = "…"` | runs only when the expression holds; a function `fn(&self, &JobView<'_>) -> Result<bool>` may stand there too |
/// | `retry = 3` | so many attempts; a `RetryPolicy` says more |
/// | `timeout = "10m"` | how long all attempts may take together |
/// | `rerun = always` | runs again after a restart although it completed |
/// | `max_starts = 3` | how often it may be begun in one instance |
/// | `chunk = 1000` | reads, processes and writes, so many items a transaction; the step answers `Chunk`. `self.size` may stand there too |
/// | `skip = 10`, `skip = "0.1%"` | how many bad items of a chunk step may be skipped; a `SkipPolicy` says more |
/// | `listeners`, `chunk_listeners`, `skip_listeners` | `[LISTENER, …]`, who is called around the step, its chunks, its skipped items |
///
/// | key of `#[job]` | what it says |
/// | --- | --- |
/// | `name = "…"` | the name; `NightlyLedger` is `nightly-ledger` without it |
/// | `module = "…"` | the module it belongs to |
/// | `timeout = "30m"` | how long an execution may take |
/// | `instances = many` | every start is an instance of its own |
/// | `restartable = false`, `abortable = false` | what failed is not continued; what runs is not stopped |
/// | `listeners = […]` | who is called around its executions |
/// | `crate = path` | where overnight is, if not at `::overnight` |
///
/// ```
/// use overnight::error::Result;
/// use overnight::resource::Res;
/// use overnight::step::chunk::{Chunk, Items, WriteContext};
/// use overnight::{Params, job};
///
/// struct Bank;
///
/// /// Posts the interest of every account.
/// #[derive(Params)]
/// struct PostInterest {
///     /// How many accounts there are.
///     accounts: u32,
/// }
///
/// #[job]
/// impl PostInterest {
///     /// Nothing is posted while the books are open.
///     #[step]
///     fn verify(&self, bank: Res<Bank>) -> Result<()> {
///         Ok(())
///     }
///
///     #[step(chunk = 1000, retry = 3, when = "params.accounts > 0")]
///     fn post(&self) -> Result<Chunk> {
///         let write = |accounts: &[u32], context: &mut WriteContext<'_>| Ok(());
///         Ok(Chunk::read(Items::of(0..self.accounts)).write(write))
///     }
/// }
///
/// # use overnight::builder::JobSpec;
/// assert_eq!(PostInterest::job()?.name, "post-interest");
/// # Ok::<(), overnight::builder::JobProblems>(())
/// ```
#[proc_macro_attribute]
pub fn job(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse::<ItemImpl>(item.clone()) {
        Ok(item) => job::job(&arguments.into(), item).into(),
        Err(error) => job::on_something_else(&item.into(), &error).into(),
    }
}
