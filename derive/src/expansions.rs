//! What the macros write, as a page that is read: every change of the code that they write is a change of the page.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Attribute, Item};

use crate::component::{Sort, component};
use crate::{batch_error, job, params, row, settings};

const PAGE: &str = "docs/design/expansions.md";

/// Each with its heading, why it is shown, and what a user writes.
const CASES: [(&str, &str, &str); 12] = [
    (
        "Parameters",
        "Each field is named once, with its type: a type that is none of a parameter is one error.",
        r#"
/// Closes a day.
#[derive(Params)]
struct Close {
    /// The day.
    day: NaiveDate,
    #[param(default = 4, range = 1..=64, identifying = false)]
    threads: u32,
    #[param(secret)]
    token: Option<String>,
}
"#,
    ),
    (
        "Words of a parameter",
        "",
        "
#[derive(ParamValue)]
enum Paper {
    A4,
    UsLetter,
}
",
    ),
    (
        "A job with a step, an asynchronous one, and a chunk step",
        "The impl stays as it is. Arguments are made in their order, spanned at their types; `needs` is told to the program \
         before anything runs.",
        r#"
#[job(module = "ledger", timeout = "2h")]
impl Close {
    /// Looks whether everything is there.
    #[step(outputs = { files: integer })]
    fn check(&self, inbox: &Res<Inbox>, step: &mut StepContext<'_>) -> Result<Json<Found>> {
        self.look(inbox, step)
    }

    #[step(when = "steps.check.files > 0", retry = 3)]
    async fn fetch(&self, inbox: Res<Inbox>) -> Result<()> {
        inbox.fetch(self.day).await
    }

    #[step(chunk = self.size, skip = "0.1%")]
    fn load(&self) -> Result<Chunk> {
        Ok(Chunk::read(self.lines()?).process(parse).write(Insert))
    }
}
"#,
    ),
    (
        "A step that is not always there",
        "The condition stays above the method, and stands above the step as well.",
        "
#[job]
impl Close {
    #[step]
    fn close(&self) {}

    #[cfg(feature = \"mail\")]
    #[step]
    fn tell(&self) {}
}
",
    ),
    (
        "A step over rows",
        "The method is called for each row; what else it takes is made once, when the step begins.",
        r#"
#[job]
impl Import {
    #[step(chunk = 100, skip = 20, reader = csv::read("${{ params.file }}"), writer = table::write("payment"))]
    fn import(&self, line: &Line, rates: &Res<Rates>) -> Result<Option<Payment>> {
        Payment::of(line, rates)
    }
}
"#,
    ),
    (
        "A tasklet of job files",
        "The struct in braces has the name of the function and is not in its way: `.component::<tell>()` names it, `tell(…)` calls \
         the function.",
        "
#[step]
fn tell(with: &With<Tell>, step: &mut StepContext<'_>) -> Result<()> {
    step.output(&with.text);
    Ok(())
}
",
    ),
    (
        "A reader of job files",
        "",
        "
#[reader]
fn fixed(with: &With<Fixed>) -> Result<impl ItemReader<Payment> + use<>> {
    Lines::of(&with.path)
}
",
    ),
    (
        "A processor of job files",
        "",
        "
#[processor]
fn convert(payment: &Payment, with: &With<Convert>, rates: &Res<Rates>) -> Result<Option<Converted>, RateError> {
    rates.convert(payment, &with.into)
}
",
    ),
    (
        "A writer of job files",
        "",
        "
#[writer]
fn post(with: &With<Post>, client: &Res<Client>) -> Result<impl ItemWriter<Payment> + use<>> {
    Poster::to(&with.url, client)
}
",
    ),
    (
        "Settings",
        "The table is the same that the JSON Schema and the manual are written from.",
        r#"
/// What amounts become.
#[derive(Settings)]
struct Convert {
    /// The currency that they are converted into.
    into: String,
    #[setting(default = 2)]
    digits: u32,
}
"#,
    ),
    (
        "A row",
        "All cells are looked at before the first is taken: a row that does not fit stays as it was.",
        r#"
#[derive(Row)]
struct Trade {
    id: i64,
    #[column(name = "ccy")]
    currency: Option<String>,
}
"#,
    ),
    (
        "Names of errors",
        "",
        r#"
#[derive(BatchError)]
enum LedgerError {
    #[error_kind("Transient")]
    Locked(u64),
    #[error_kind(transparent)]
    Rate(#[from] RateError),
}
"#,
    ),
];

/// The code that stands in the place of this.
fn expanded(written: &str) -> TokenStream {
    let item: Item = syn::parse_str(written).unwrap();
    match item {
        Item::Struct(_) | Item::Enum(_) => derived(written),
        Item::Impl(mut item) => {
            let given = given(&item.attrs.remove(0));
            job::job(&given, item)
        }
        Item::Fn(mut item) => {
            let attribute = item.attrs.remove(0);
            let sorts = [Sort::Step, Sort::Reader, Sort::Processor, Sort::Writer];
            let sort = sorts.into_iter().find(|sort| attribute.path().is_ident(sort.word())).unwrap();
            component(sort, &given(&attribute), item)
        }
        _ => panic!("no macro stands above this"),
    }
}

fn derived(written: &str) -> TokenStream {
    let input: syn::DeriveInput = syn::parse_str(written).unwrap();
    let derive = input.attrs.iter().find(|attribute| attribute.path().is_ident("derive")).unwrap();
    match derive.parse_args::<syn::Ident>().unwrap().to_string().as_str() {
        "Params" => params::params(&input),
        "ParamValue" => params::param_value(&input),
        "Settings" => settings::settings(&input),
        "Row" => row::row(&input),
        _ => batch_error::batch_error(&input),
    }
}

/// What stands in the parentheses of an attribute.
fn given(attribute: &Attribute) -> TokenStream {
    attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default()
}

/// The code as rustfmt would have it, in words that are short: the paths into overnight are told once, above all of them.
fn shown(code: &TokenStream) -> String {
    let code = TokenStream::from_str(&code.to_string()).unwrap();
    assert!(!has_errors(code.clone()), "{code}");
    let file = syn::parse2(code).unwrap();
    prettyplease::unparse(&file).replace("::overnight::__private::", "overnight::")
}

/// Whether a mistake was found.
fn has_errors(code: TokenStream) -> bool {
    code.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "compile_error",
        TokenTree::Group(group) if group.delimiter() != Delimiter::Parenthesis => has_errors(group.stream()),
        _ => false,
    })
}

#[test]
fn the_page_of_the_expansions_shows_what_the_macros_write() {
    let mut page = String::from(
        "# What the macros write\n\n\
         <!-- Written by a test from the cases in derive/src/expansions.rs; UPDATE_DOCS=1 writes it anew. -->\n\n\
         For each macro something that a user writes, and the code that stands there afterwards. Nothing of it is secret, and a job can\n\
         be written so by hand. For reading, `overnight::` stands here where the macros write `::overnight::__private::`. Beside macros of\n\
         `::core` no other path is used, not even one of `std`, so that no name of the user's module is in the way.\n",
    );
    for (title, why, written) in CASES {
        let (written, code) = (written.trim(), shown(&expanded(written)));
        let why = if why.is_empty() { String::new() } else { format!("\n{why}\n") };
        write!(page, "\n## {title}\n{why}\n```rust,ignore\n{written}\n```\n\nbecomes\n\n```rust,ignore\n{code}```\n")
            .unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap_or_default() == page, "{PAGE} is stale: run the tests with UPDATE_DOCS=1");
}
