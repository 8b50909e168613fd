//! Functions of a program as parts of job files: their settings, their rows, and what they ask for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::NaiveDate;
use overnight_framework::definition::JobFile;
use overnight_framework::error::Result;
use overnight_framework::execution::JobExecution;
use overnight_framework::kind::{Kinds, With};
use overnight_framework::registry::Registry;
use overnight_framework::repository::{ChunkError, Phase};
use overnight_framework::resource::Res;
use overnight_framework::status::Status;
use overnight_framework::step::chunk::{ItemReader, ItemWriter, Items, WriteContext};
use overnight_framework::step::{BlockOn, Json, Park, StepContext};
use overnight_framework::yaml::{self, Source};
use overnight_framework::{BatchError, ParamValue, Row, Settings, processor, reader, step, writer};
use rust_decimal::Decimal;
use serde::Serialize;

use super::schema;
use super::support::{Bench, job, read};

/// What letters look like.
#[derive(Debug, Settings)]
#[settings(crate = overnight_framework)]
#[expect(dead_code, reason = "it is printed as a whole")]
pub(crate) struct Render {
    /// Who is greeted.
    to: String,
    /// Where the letter goes.
    into: Option<PathBuf>,
    /// On what it is printed.
    #[setting(default = "a4")]
    paper: Paper,
    /// How many are printed.
    #[setting(default = 1, check = some_paper)]
    copies: u8,
    /// What it costs.
    #[setting(default = "0.50")]
    fee: Decimal,
    /// How long the ink dries.
    #[setting(default = "90s")]
    dries: Duration,
    /// The day on the letter.
    day: Option<NaiveDate>,
    /// Whether it is sent at once.
    #[setting(default = false)]
    urgent: bool,
    /// What stands in the head.
    #[setting(default)]
    head: BTreeMap<String, String>,
    /// Who signs it.
    #[setting(default)]
    signed: Vec<Signature>,
}

/// Who signs.
#[derive(Debug, Settings)]
#[settings(crate = overnight_framework)]
#[expect(dead_code, reason = "it is printed as a whole")]
pub(crate) struct Signature {
    /// The name.
    name: String,
    /// The rank, from 1.
    #[setting(name = "level", default = 1)]
    rank: u32,
}

#[derive(Debug, ParamValue)]
#[params(crate = overnight_framework)]
enum Paper {
    A4,
    Letter,
}

fn some_paper(copies: &u8) -> std::result::Result<(), &'static str> {
    if *copies == 0 { Err("needs at least one sheet") } else { Ok(()) }
}

/// What the program gives.
#[derive(Debug, Default)]
pub(crate) struct Printer(Mutex<Vec<String>>);

#[derive(Serialize)]
struct Printed {
    sheets: usize,
}

#[step(crate = overnight_framework)]
async fn render(with: With<Render>, printer: &Res<Printer>, step: &mut StepContext<'_>) -> Result<Json<Printed>> {
    step.output(&format!("to {}", with.to));
    printer.0.lock().unwrap().push(format!("{:?}", *with));
    Ok(Json(Printed { sheets: with.copies.into() }))
}

#[derive(Debug, Row)]
#[row(crate = overnight_framework)]
struct Trade {
    id: i64,
    #[column(name = "ccy")]
    currency: String,
    quantity: u16,
    memo: Option<String>,
}

#[derive(Debug, Row)]
#[row(crate = overnight_framework)]
struct Priced {
    id: i64,
    currency: String,
    minor: i64,
}

/// How many there are.
#[derive(Settings)]
#[settings(crate = overnight_framework)]
struct Feed {
    /// The number of the last one.
    trades: i64,
}

#[reader(crate = overnight_framework)]
fn feed(with: &With<Feed>) -> Result<impl ItemReader<Trade> + use<>> {
    let trade = |id: i64| Trade {
        id,
        currency: if id % 2 == 0 { "EUR" } else { "USD" }.to_owned(),
        quantity: u16::try_from(id * 10).unwrap(),
        memo: (id == 3).then(|| "three".to_owned()),
    };
    Ok(Items::of((1..=with.trades).map(trade)))
}

/// What trades cost.
#[derive(Settings)]
#[settings(crate = overnight_framework)]
struct Price {
    /// The price of each in the smallest unit.
    minor: i64,
    /// The trade that nobody can price.
    unknown: Option<i64>,
}

#[processor(crate = overnight_framework)]
fn price(trade: &Trade, with: &With<Price>, printer: &Res<Printer>) -> Result<Option<Priced>> {
    if with.unknown == Some(trade.id) {
        return Err(BatchError::new("InvalidRow", format!("nobody prices trade {}", trade.id)));
    }
    if let Some(memo) = &trade.memo {
        printer.0.lock().unwrap().push(memo.clone());
        return Ok(None);
    }
    Ok(Some(Priced { id: trade.id, currency: trade.currency.clone(), minor: i64::from(trade.quantity) * with.minor }))
}

#[derive(Debug, Row)]
#[row(crate = overnight_framework)]
struct Line {
    minor: i32,
    id: i64,
}

#[writer(crate = overnight_framework, name = "archive")]
fn keep(printer: Res<Printer>) -> Result<impl ItemWriter<Line>> {
    Ok(move |lines: &[Line], _: &mut WriteContext<'_>| -> std::result::Result<(), ChunkError> {
        if let Some(line) = lines.iter().find(|line| line.id == 66) {
            return Err(BatchError::new("InvalidRow", format!("no room for {}", line.id)).into());
        }
        printer.0.lock().unwrap().extend(lines.iter().map(|line| format!("{} {}", line.id, line.minor)));
        Ok(())
    })
}

fn registry(printer: Arc<Printer>) -> Registry {
    Registry::default()
        .component::<render>()
        .component::<feed>()
        .component::<price>()
        .component::<keep>()
        .share(printer)
        .share::<dyn BlockOn>(Arc::new(Park))
}

/// What the tests of job files may use.
pub(crate) fn kinds() -> Kinds {
    registry(Arc::default()).kinds().clone()
}

/// Runs a file, and answers what was printed.
fn run(text: &str, params: &str) -> (Bench, JobExecution, Vec<String>) {
    let printer = Arc::new(Printer::default());
    let mut file: JobFile = job(text);
    file.job.resources = registry(Arc::clone(&printer)).resources();
    let bench = Bench::new();
    let execution = bench.run(&file, params);
    let printed = printer.0.lock().unwrap().clone();
    (bench, execution, printed)
}

fn problems(text: &str) -> Vec<String> {
    read(text).unwrap_err().lines().collect()
}

#[test]
fn a_step_of_the_program_gets_the_settings_of_the_file_with_their_values_and_gives_outputs() {
    let (bench, execution, printed) = run(
        "\
name: j
params: { name: { type: string }, times: { type: integer } }
steps:
  - name: a
    tasklet:
      uses: render
      with:
        to: Dear ${{ params.name }}
        into: out/${{ params.name }}.pdf
        copies: ${{ params.times + 1 }}
        day: 2026-04-07
        head: { place: '${{ job.name }}', phone: 007 }
        signed: [{ name: Bo }, { name: '${{ params.name }}', level: 3 }]
    outputs: { sheets: integer }
  - name: b
    when: steps.a.sheets == 3
    tasklet: { uses: render, with: { to: nobody } }
    outputs: { sheets: integer }
",
        r#"{"name": "Ada", "times": 2}"#,
    );
    assert_eq!(execution.status, Status::Completed, "{:?}", execution.error);
    assert_eq!(bench.said(), ["to Dear Ada", "to nobody"]);
    assert_eq!(
        printed,
        [
            "Render { to: \"Dear Ada\", into: Some(\"/jobs/out/Ada.pdf\"), paper: A4, copies: 3, fee: 0.50, dries: 90s, \
             day: Some(2026-04-07), urgent: false, head: {\"phone\": \"007\", \"place\": \"j\"}, \
             signed: [Signature { name: \"Bo\", rank: 1 }, Signature { name: \"Ada\", rank: 3 }] }",
            "Render { to: \"nobody\", into: None, paper: A4, copies: 1, fee: 0.50, dries: 90s, day: None, urgent: false, \
             head: {}, signed: [] }",
        ]
    );
}

#[test]
fn what_an_expression_gives_is_held_to_the_type_and_the_rule_of_the_setting() {
    let text = |copies: &str| {
        format!(
            "name: j\nparams: {{ n: {{ type: integer }} }}\nsteps:\n  - name: a\n    tasklet: {{ uses: render, with: {{ to: x, \
             copies: '{copies}' }} }}\n"
        )
    };
    let failed = |copies: &str, params: &str| {
        let (_, execution, _) = run(&text(copies), params);
        let error = execution.error.unwrap();
        (error.name.clone(), error.chain())
    };
    let place = "(line 5, column 53 of the job file)";
    assert_eq!(
        failed("${{ default(params.n, 0) }}", r#"{"n": 300}"#),
        (
            "InvalidValue".to_owned(),
            format!("`steps[0].tasklet.with.copies` {place}: `300` is greater than the maximum 255")
        )
    );
    assert_eq!(
        failed("${{ default(params.n, 0) }}", r#"{"n": 0}"#),
        ("InvalidValue".to_owned(), format!("`copies` needs at least one sheet {place}"))
    );
}

/// The way of trades through the program.
fn trades(feed: &str, price: &str, rest: &str) -> String {
    format!(
        "\
name: j
steps:
  - name: load
    chunk:
      size: 3
      reader: {{ uses: feed, with: {{ trades: {feed} }} }}
      processor:
        - filter: id != 1
        - set: {{ note: ccy + '!', ccy: \"ccy == 'EUR' ? 'CHF' : ccy\" }}
        - uses: price
          with: {price}
        - set: {{ minor: minor + 1 }}
        - validate: {{ check: id != 5 }}
      writer: {{ uses: archive }}
{rest}"
    )
}

#[test]
fn rows_pass_through_functions_of_the_program_between_the_operations_of_the_file() {
    let text = trades("6", "{ minor: 25, unknown: 6 }", "      skip: { limit: 2, errors: [InvalidRow] }");
    let outline = job(&text).steps.remove(0);
    let chunk = outline.chunk.unwrap();
    assert_eq!(
        (outline.kind.as_str(), chunk.reader.as_deref(), chunk.writer.as_deref()),
        ("feed -> archive", Some("feed"), Some("archive"))
    );
    assert_eq!(chunk.processor, ["filter", "set", "price", "set", "validate"]);

    let (bench, execution, printed) = run(&text, "{}");
    assert_eq!(execution.status, Status::Completed, "{:?}", execution.error);
    assert_eq!(printed, ["three", "2 501", "4 1001"]);
    let counts = bench.steps(&execution)[0].counts;
    assert_eq!((counts.read, counts.filter, counts.process_skip, counts.write), (6, 2, 2, 2));
    // Refused by the function, and by an operation behind it: both as they were read.
    let letters: Vec<_> =
        bench.letters(&execution).into_iter().map(|letter| (letter.error.message, letter.payload)).collect();
    let payload =
        |id: i64, ccy: &str| format!(r#"{{"ccy":"{ccy}","id":{id},"memo":null,"quantity":{}}}"#, id * 10).into_bytes();
    assert_eq!(
        letters,
        [
            ("the row breaks the rule: id != 5".to_owned(), payload(5, "USD")),
            ("nobody prices trade 6".to_owned(), payload(6, "EUR")),
        ]
    );
}

#[test]
fn a_row_that_does_not_fit_the_item_of_a_writer_is_a_bad_row() {
    let (bench, execution, printed) = run(&trades("4", "{ minor: 100000000 }", "      skip: { limit: 5 }"), "{}");
    assert_eq!(execution.status, Status::Completed, "{:?}", execution.error);
    assert_eq!(printed, ["three", "2 2000000001"]);
    let letter = &bench.letters(&execution)[0];
    assert_eq!((letter.phase, letter.error.name.as_str()), (Phase::Write, "InvalidRow"));
    assert_eq!(letter.error.message, "column `minor`: 4000000001 is out of the range of `i32`");
    assert_eq!(letter.payload, br#"{"currency":"CHF","id":4,"minor":4000000001}"#);
}

#[test]
fn a_row_that_a_writer_of_the_program_refuses_is_found_among_the_good_ones() {
    let text = "\
name: j
steps:
  - name: load
    chunk:
      reader: { rows: { columns: { id: integer, minor: integer }, rows: [[1, 10], [66, 20], [3, 30]] } }
      writer: { uses: archive }
      skip: { limit: 1 }
";
    let (bench, execution, printed) = run(text, "{}");
    assert_eq!(execution.status, Status::Completed, "{:?}", execution.error);
    assert_eq!(printed.iter().filter(|line| *line == "66 20").count(), 0);
    assert!(printed.contains(&"1 10".to_owned()) && printed.contains(&"3 30".to_owned()), "{printed:?}");
    assert_eq!(bench.letters(&execution)[0].error.message, "no room for 66");
}

#[test]
fn what_is_wrong_with_settings_is_told_at_once_and_each_at_its_place() {
    let found = problems(
        "\
name: j
steps:
  - name: a
    tasklet:
      uses: render
      with:
        too: x
        paper: a5
        copies: 300
        urgent: yes
        dries: long
        fee: ${{ job.name }}
        day: 7.4.2026
        signed: [{ nme: x }]
",
    );
    assert_eq!(
        found,
        [
            "j.yaml:7:9: steps[0].tasklet.with: unknown key `too` in render; did you mean `to`?",
            "j.yaml:8:16: steps[0].tasklet.with.paper: expected `a4` or `letter`, found `a5`",
            "j.yaml:9:17: steps[0].tasklet.with.copies: expected an integer from 0 to 255, found `300`",
            "j.yaml:10:17: steps[0].tasklet.with.urgent: expected `true` or `false`, found `yes`; write `true`",
            "j.yaml:11:16: steps[0].tasklet.with.dries: expected a duration such as 90s, 1h30m or PT1H30M, found `long`; the units are \
             ms, s, m, h and d, each at most once, the largest first",
            "j.yaml:12:18: steps[0].tasklet.with.fee: expected a decimal; this is a string; convert it: decimal(x)",
            "j.yaml:13:14: steps[0].tasklet.with.day: expected a date such as 2026-10-30, found `7.4.2026`",
            "j.yaml:14:20: steps[0].tasklet.with.signed[0]: unknown key `nme` in signature; did you mean `name`?",
        ]
    );
}

#[test]
fn a_rule_of_a_setting_is_asked_before_any_run_where_the_value_is_known() {
    let text = "name: j\nsteps: [{ name: a, tasklet: { uses: render, with: { to: x, copies: 0 } } }]\n";
    assert_eq!(problems(text), ["j.yaml:2:68: steps[0].tasklet.with.copies: `copies` needs at least one sheet"]);
}

#[test]
fn reader_and_schema_agree_about_any_setting_of_a_function() {
    let text = "\
name: j
steps:
  - name: a
    tasklet:
      uses: render
      with: { to: x, into: y, paper: a4, copies: 1, fee: 1, dries: 1s, day: 2026-04-07, urgent: true, head: { a: b },
        signed: [{ name: x, level: 1 }] }
    outputs: [sheets]
  - name: b
    chunk:
      reader: { uses: feed, with: { trades: 1 } }
      processor: [{ filter: id > 1 }, { uses: price, with: { minor: 1, unknown: 2 } }]
      writer: { uses: archive, with: {} }
";
    assert_eq!(
        schema::disagreements(&yaml::parse(&Source::new("j.yaml", text)).unwrap().to_json(), 25),
        Vec::<String>::new()
    );
}

#[test]
fn a_name_that_the_program_does_not_have_is_answered_with_the_nearest() {
    let chunk = |reader: &str, processor: &str, writer: &str| {
        problems(&format!(
            "name: j\nsteps:\n  - name: a\n    chunk:\n      reader: {{ uses: {reader}, with: {{ trades: 1 }} }}\n      \
             processor: [{{ uses: {processor}, with: {{ minor: 1 }} }}]\n      writer: {{ uses: {writer} }}\n"
        ))
    };
    assert_eq!(
        chunk("fed", "price", "archive"),
        ["j.yaml:5:17: steps[0].chunk.reader.uses: no reader is registered as `fed`; did you mean `feed`?"]
    );
    assert_eq!(
        chunk("feed", "prize", "archive")[0],
        "j.yaml:6:21: steps[0].chunk.processor[0].uses: no processor is registered as `prize`; did you mean `price`?"
    );
    assert_eq!(
        chunk("feed", "price", "archiv"),
        ["j.yaml:7:17: steps[0].chunk.writer.uses: no writer is registered as `archiv`; did you mean `archive`?"]
    );
}

#[test]
fn a_function_is_refused_for_rows_without_its_columns_before_any_run() {
    let text = "\
name: j
steps:
  - name: a
    chunk:
      reader: { rows: { columns: { id: integer, cy: string, quantity: { type: integer, nullable: true } }, rows: [] } }
      processor:
        - uses: price
          with: { minor: 1 }
      writer: { uses: archive, with: { x: 1 } }
";
    assert_eq!(
        problems(text),
        [
            "j.yaml:8:11: steps[0].chunk.processor[0].with: `price` takes the column `ccy` (string), which the rows do not \
             have; did you mean `cy`?",
            "j.yaml:8:11: steps[0].chunk.processor[0].with: `price` takes the column `quantity` as integer; here it is \
             integer, which may be null; a `set` before it makes it so",
            "j.yaml:8:11: steps[0].chunk.processor[0].with: `price` takes the column `memo` (string, which may be null), \
             which the rows do not have; the columns are `id`, `cy`, `quantity`",
            "j.yaml:9:40: steps[0].chunk.writer.with: unknown key `x` in its settings; no key is allowed here",
        ]
    );
}

#[test]
fn a_program_without_what_its_functions_ask_for_is_told_before_anything_runs() {
    let told = Registry::default().component::<price>().component::<feed>().check().unwrap_err().to_string();
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 1, "{told}");
    assert!(
        lines[0].starts_with("`price` asks for `Res<definition::own::Printer>` (framework/tests/definition/own.rs:"),
        "{told}"
    );
    assert!(lines[0].ends_with("add it to the registry with `.resource(…)`"), "{told}");
    assert!(registry(Arc::default()).check().is_ok());
}

#[test]
fn two_functions_of_one_name_are_told() {
    let told = Registry::default().component::<feed>().component::<feed>().check().unwrap_err().to_string();
    assert!(told.starts_with("there are two functions for `uses: feed`, one of them at "), "{told}");
}

/// A default that its own type refuses.
#[derive(Settings)]
#[settings(crate = overnight_framework)]
struct Wrong {
    /// On what it is printed.
    #[setting(default = "a5")]
    paper: Paper,
}

#[test]
fn a_default_that_its_own_type_refuses_is_told_when_a_file_needs_it() {
    use overnight_framework::expr::Scope;
    use overnight_framework::kind::{Names, SettingValue};

    let read = |text: &str| {
        let source = Source::new("j.yaml", text);
        yaml::read(&source, |at| Wrong::read(at, &Names::new(&Scope::new()))).map_err(|problems| problems.to_string())
    };
    let said =
        "j.yaml:1:1: the program's own default of `paper` is none: expected `a4` or `letter`, found the string \"a5\"";
    assert_eq!(read("{}").unwrap_err(), said);
    assert!(matches!(read("paper: a4").unwrap().value(&Default::default()).unwrap().paper, Paper::A4));
}

#[test]
fn a_function_with_an_attribute_stays_one_that_a_test_can_call() {
    let with = With::new(Price { minor: 2, unknown: None });
    let trade = Trade { id: 1, currency: "EUR".to_owned(), quantity: 21, memo: None };
    let priced = price(&trade, &with, &Res::new(Printer::default())).unwrap().unwrap();
    assert_eq!((priced.id, priced.minor), (1, 42));
    let mut read = feed(&With::new(Feed { trades: 1 })).unwrap();
    assert_eq!(read.read().unwrap().unwrap().quantity, 10);
}
