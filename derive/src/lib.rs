//! The macros of [overnight](https://docs.rs/overnight), which hands them on: programs depend on that crate, whose page is the way in,
//! and never on this one.

// The way of an input: `ast` says what was written (`attr` reads the attributes), `valid` what must hold, `expand` writes
// the code. All mistakes are reported at once, each at its own token; with a mistake `fallback` still writes the
// implementations, so that rustc does not add errors of its own about their absence.

mod batch_error;
mod component;
#[cfg(test)]
mod expansions;
mod fields;
mod job;
mod keys;
mod names;
mod params;
mod problems;
mod row;
mod settings;
mod written;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemFn, ItemImpl, parse_macro_input};

use component::Sort;

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
/// The struct is also what a program starts the job with: `engine.start("close", &close)` gives its fields back as parameters.
///
/// A crate that knows overnight under another path says so: `#[params(crate = my::path)]`.
#[proc_macro_derive(Params, attributes(param, params, serde))]
pub fn derive_params(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    params::params(&input).into()
}

/// Makes the variants of an enum the choices of a parameter, or the words of a setting.
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
/// | `timeout = "10m"` | how long all attempts may take together; then the step is asked to end and fails with `Timeout`, unless it completes first |
/// | `rerun = always` | runs again after a restart although it completed |
/// | `max_starts = 3` | how often it may be begun in one instance |
/// | `outputs = { rows: integer }` | the values it answers as `Json` that the conditions of later steps see, as `steps.NAME.rows` |
/// | `chunk = 1000` | reads, processes and writes, so many items a transaction; the step answers `Chunk`. `self.size` may stand there too |
/// | `reader = …`, `writer = …` | the method is called for each row of the reader, and what it answers is written: see below |
/// | `skip = 10`, `skip = "0.1%"` | how many bad items of a chunk step may be skipped; a `SkipPolicy` says more |
/// | `listeners`, `chunk_listeners`, `skip_listeners` | `[LISTENER, …]`, who is called around the step, its chunks, its skipped items |
///
/// | key of `#[job]` | what it says |
/// | --- | --- |
/// | `name = "…"` | the name; `NightlyLedger` is `nightly-ledger` without it |
/// | `module = "…"` | the module it belongs to |
/// | `timeout = "30m"` | how long an execution may take; then its step is asked to end, no other one begins, and it fails with `Timeout` |
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
///
/// A step with `reader` and `writer` is a chunk step whose method makes rows of rows. Its first argument is the row that was
/// read, behind `&self` where it needs the parameters; it answers the row to be written, an `Option` to leave some out, or a
/// `Result`. Both rows are structs with [`#[derive(Row)]`](macro@Row). What else it asks for is made once, when the step begins.
/// The reader and the writer are kinds of job files with their settings, such as the `csv::read(…)` and `table::write(…)` of the
/// stock ones, or methods that make one of one's own. `chunk` may be left out: then the kind of the writer says how many rows
/// are committed at once.
///
/// ```
/// use overnight::builder::Part;
/// use overnight::error::Result;
/// use overnight::step::chunk::{ItemReader, Items};
/// use overnight::{Params, Row, job};
///
/// /// Numbers, and their squares.
/// #[derive(Params)]
/// struct Squares {
///     to: i64,
/// }
///
/// #[derive(Row)]
/// struct Number {
///     number: i64,
/// }
///
/// #[derive(Row)]
/// struct Square {
///     number: i64,
///     square: i64,
/// }
///
/// #[job]
/// impl Squares {
///     #[step(chunk = 500, reader = Self::numbers, writer = Part::kind("table").set("name", "square"))]
///     fn square(&self, row: &Number) -> Square {
///         Square { number: row.number, square: row.number * row.number }
///     }
///
///     fn numbers(&self) -> Result<impl ItemReader<Number> + use<>> {
///         Ok(Items::of((1..=self.to).map(|number| Number { number })))
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn job(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse::<ItemImpl>(item.clone()) {
        Ok(item) => job::job(&arguments.into(), item).into(),
        Err(error) => job::on_something_else(&item.into(), &error).into(),
    }
}

/// Makes the fields of a struct the settings of a step of one's own: the keys below `with` in a job file.
///
/// The doc comment of a field is what the manual says about its key. A key has to be there unless it has a default or is an
/// `Option`. Expressions in `${{ }}` may stand wherever a job file may have them, and are checked against the type of the field
/// when the file is read. The fields of nested structs, lists and mappings are settings too.
///
/// | key | what it says |
/// | --- | --- |
/// | `name = "…"` | the key, where it is not that of the field |
/// | `default = VALUE` | the value where the key is absent, as a job file has it: `"A4"`, `"90s"`, `3`, `true` |
/// | `default` | the `Default` of the type |
/// | `check = function` | a rule of one's own, `fn(&T) -> Result<(), impl Display>`; its error ends a sentence: "is no page size" |
///
/// ```
/// use std::collections::BTreeMap;
/// use std::path::PathBuf;
///
/// use overnight::kind::SettingValue;
/// use overnight::{ParamValue, Settings};
///
/// /// How letters are rendered.
/// #[derive(Settings)]
/// struct Render {
///     /// Where the letters go.
///     into: PathBuf,
///     #[setting(default = "a4")]
///     paper: Paper,
///     /// What stands in the head, by its name.
///     #[setting(default)]
///     head: BTreeMap<String, String>,
///     copies: Option<u8>,
/// }
///
/// #[derive(ParamValue)]
/// enum Paper {
///     A4,
///     Letter,
/// }
///
/// assert_eq!(Render::SHAPE.words(), "render");
/// ```
///
/// A crate that knows overnight under another path says so: `#[settings(crate = my::path)]`.
#[proc_macro_derive(Settings, attributes(setting, settings, serde))]
pub fn derive_settings(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    settings::settings(&input).into()
}

/// Makes a struct a row: its fields are columns, by their names and types.
///
/// So parts of a step that are written in Rust stand between parts that know rows alone: a reader of files, a `filter`, a writer
/// of tables. A column that may be null is an `Option`. `#[column(name = "…")]` renames one.
///
/// ```
/// use overnight::Row;
/// use overnight::row::{Record, Type};
///
/// #[derive(Row)]
/// struct Trade {
///     id: i64,
///     #[column(name = "ccy")]
///     currency: String,
///     memo: Option<String>,
/// }
///
/// let columns = Trade::columns();
/// assert_eq!((&*columns[1].name, columns[1].kind), ("ccy", Type::Str));
/// assert!(columns[2].nullable);
/// ```
///
/// A crate that knows overnight under another path says so: `#[row(crate = my::path)]`.
#[proc_macro_derive(Row, attributes(column, row))]
pub fn derive_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    row::row(&input).into()
}

/// Makes a function a tasklet that job files may name: `tasklet: { uses: render, with: {…} }`.
///
/// The function asks for what it needs by the types of its arguments, as the steps of [`#[job]`](macro@job) do, and for its
/// settings as `With<T>`, where `T` has [`#[derive(Settings)]`](macro@Settings). It answers nothing, an `Outcome`, its outputs as
/// `Json`, or a `Result` of one of them, and may be an `async fn`. It stays a function, which a test can call.
///
/// | key | what it says |
/// | --- | --- |
/// | `name = "…"` | the name, where it is not that of the function |
/// | `crate = path` | where overnight is, if not at `::overnight` |
///
/// The program says that it has it: `Registry::default().component::<render>()`.
///
/// ```
/// use overnight::error::Result;
/// use overnight::kind::With;
/// use overnight::registry::Registry;
/// use overnight::resource::Res;
/// use overnight::{Settings, step};
///
/// struct Printer;
///
/// /// How letters are rendered.
/// #[derive(Settings)]
/// struct Render {
///     /// Who is greeted.
///     to: String,
/// }
///
/// #[step]
/// fn render(with: With<Render>, printer: Res<Printer>) -> Result<()> {
///     if with.to.is_empty() { Err("nobody is greeted".into()) } else { Ok(()) }
/// }
///
/// assert!(render(With::new(Render { to: "Ada".to_owned() }), Res::new(Printer)).is_ok());
/// assert!(Registry::default().resource(Printer).component::<render>().check().is_ok());
/// ```
#[proc_macro_attribute]
pub fn step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    component(Sort::Step, &arguments, item)
}

/// Makes a function a reader that job files may name: `reader: { uses: feed, with: {…} }`.
///
/// It asks for what it needs as [`#[step]`](macro@step) does, is called when its step begins, and answers
/// `Result<impl ItemReader<Item>>` where the item has [`#[derive(Row)]`](macro@Row).
///
/// ```
/// use overnight::error::Result;
/// use overnight::step::chunk::{ItemReader, Items};
/// use overnight::{Row, reader};
///
/// #[derive(Row)]
/// struct Line {
///     number: i64,
/// }
///
/// #[reader]
/// fn feed() -> Result<impl ItemReader<Line>> {
///     Ok(Items::of((1..=3).map(|number| Line { number })))
/// }
/// ```
#[proc_macro_attribute]
pub fn reader(arguments: TokenStream, item: TokenStream) -> TokenStream {
    component(Sort::Reader, &arguments, item)
}

/// Makes a function a processor that job files may name, between their other operations: `processor: [{ uses: price }]`.
///
/// It takes its item by reference, and by reference whatever else it asks for, because it is called for each item. It answers
/// an item, `Option` of an item to leave some out, or a `Result` of one of them. The columns of its item are found in the rows by
/// their names; behind it the rows have the columns of what it answers, and no others.
///
/// ```
/// use overnight::error::Result;
/// use overnight::{Row, processor};
///
/// #[derive(Row)]
/// struct Trade {
///     id: i64,
///     quantity: i64,
/// }
///
/// #[derive(Debug, PartialEq, Row)]
/// struct Priced {
///     id: i64,
///     minor: i64,
/// }
///
/// #[processor]
/// fn price(trade: &Trade) -> Result<Option<Priced>> {
///     Ok((trade.quantity > 0).then(|| Priced { id: trade.id, minor: trade.quantity * 250 }))
/// }
///
/// assert_eq!(price(&Trade { id: 7, quantity: 2 }).unwrap(), Some(Priced { id: 7, minor: 500 }));
/// ```
#[proc_macro_attribute]
pub fn processor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    component(Sort::Processor, &arguments, item)
}

/// Makes a function a writer that job files may name: `writer: { uses: archive, with: {…} }`.
///
/// It asks for what it needs as [`#[step]`](macro@step) does, is called when its step begins, and answers
/// `Result<impl ItemWriter<Item>>` where the item has [`#[derive(Row)]`](macro@Row): its columns are found in the rows by their
/// names.
///
/// ```
/// use overnight::error::Result;
/// use overnight::step::chunk::{ItemWriter, WriteContext};
/// use overnight::{Row, writer};
///
/// #[derive(Row)]
/// struct Line {
///     number: i64,
/// }
///
/// #[writer]
/// fn archive() -> Result<impl ItemWriter<Line>> {
///     Ok(|lines: &[Line], _: &mut WriteContext<'_>| Ok(()))
/// }
/// ```
#[proc_macro_attribute]
pub fn writer(arguments: TokenStream, item: TokenStream) -> TokenStream {
    component(Sort::Writer, &arguments, item)
}

fn component(sort: Sort, arguments: &TokenStream, item: TokenStream) -> TokenStream {
    let given = arguments.clone().into();
    match syn::parse::<ItemFn>(item.clone()) {
        Ok(item) => component::component(sort, &given, item).into(),
        Err(error) => component::on_something_else(sort, &item.into(), &error).into(),
    }
}
