//! Stock readers and writers in jobs in Rust: the same code as in job files, with the same words about mistakes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use overnight::builder::{Flow, JobBuilder, Part, StepBuilder};
use overnight::definition::{self, Environment, FixedEnvironment};
use overnight::error::Result;
use overnight::job::Job;
use overnight::policy::{RetryPolicy, SkipPolicy};
use overnight::registry::Registry;
use overnight::repository::{ChunkError, StoredDeadLetter};
use overnight::resource::Res;
use overnight::step::chunk::{Encoded, ItemEncoder, ItemWriter, WriteContext};
use overnight::steps::{self, csv, sql, table};
use overnight::testing::{self, Ran, crash_everywhere};
use overnight::yaml::Source;
use overnight::{BatchError, Params, Row, job};
use rust_decimal::Decimal;

const INPUT: &str = "Number,Amount\n1,10.00\n2,ten\n3,0.00\n4,0.01\n5,13\n6,2.50\n7,1e1\n";

/// Copies a file of amounts.
#[derive(Params)]
struct Copy {
    folder: PathBuf,
}

#[derive(Clone, Debug, Row)]
struct Entry {
    number: i64,
    amount: Decimal,
}

/// How much is too much.
struct Limit(i64);

#[job]
impl Copy {
    /// Bad lines are skipped, and bad luck.
    #[step(
        chunk = 2,
        skip = 10,
        reader = csv::read("${{ params.folder }}/in.csv").from("number", "Number").from("amount", "Amount"),
        writer = csv::write("${{ params.folder }}/out-${{ job.name }}.csv"),
    )]
    fn copy(entry: &Entry, limit: &Res<Limit>) -> Result<Option<Entry>> {
        if entry.amount == Decimal::from(limit.0) {
            return Err(BatchError::new("BadLuck", "it is the number of bad luck"));
        }
        Ok((!entry.amount.is_zero()).then(|| entry.clone()))
    }
}

const YAML: &str = r#"
name: copy-yaml
params: { folder: { type: path, required: true } }
steps:
  - name: copy
    chunk:
      size: 2
      skip: { limit: 10 }
      reader:
        csv:
          path: "${{ params.folder }}/in.csv"
          columns: { number: { type: integer, from: Number }, amount: { type: decimal, from: Amount } }
      processor:
        - validate: { check: amount != 13, message: it is the number of bad luck, error: BadLuck }
        - filter: amount != 0
      writer: { csv: { path: "${{ params.folder }}/out-${{ job.name }}.csv" } }
"#;

fn in_rust() -> Job {
    let program = Registry::default().job::<Copy>().resource(Limit(13)).over_kinds(steps::kinds(&Arc::default()));
    program.check().unwrap();
    program.find("copy").unwrap()
}

fn read(yaml: &str) -> Result<Job, String> {
    let environment: Arc<dyn Environment> = Arc::new(FixedEnvironment::default());
    let source = Source::new("job.yaml", yaml);
    let read = definition::read(&source, &steps::kinds(&Arc::default()), &environment, Path::new("/jobs"));
    read.map(|file| file.job).map_err(|problems| {
        let told = problems.iter().map(|problem| {
            let help: String = problem.help.iter().map(|help| format!("; {help}")).collect();
            format!("{}{help}", problem.message)
        });
        told.collect::<Vec<_>>().join("\n")
    })
}

fn folder() -> (tempfile::TempDir, Copy) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.csv"), INPUT).unwrap();
    let copy = Copy { folder: folder.path().to_owned() };
    (folder, copy)
}

/// What is known of a run: the counts, the letters, and the file.
fn known(ran: &Ran, copy: &Copy) -> (String, Vec<String>, String) {
    let letter = |letter: &StoredDeadLetter| {
        format!(
            "{:?} {} {} {:?}",
            letter.phase,
            letter.position,
            letter.error.chain(),
            String::from_utf8_lossy(&letter.payload)
        )
    };
    let out = copy.folder.join(format!("out-{}.csv", ran.execution.job_name));
    let counts = format!("{:?}", ran.step("copy").step.counts);
    (counts, ran.letters.iter().map(letter).collect(), fs::read_to_string(out).unwrap())
}

#[test]
fn a_job_in_rust_over_stock_parts_leaves_what_a_job_file_leaves() {
    let (_folder, copy) = folder();
    let [rust, yaml] = [in_rust(), read(YAML).unwrap()].map(|job| known(&testing::run(&job).params(&copy).go(), &copy));
    assert_eq!(rust.2, "number,amount\n1,10.00\n4,0.01\n6,2.50\n");
    assert_eq!(rust, yaml);
    assert_eq!(rust.1.len(), 3, "{:?}", rust.1);
}

#[test]
fn wherever_the_process_dies_the_file_is_whole() {
    let (_folder, copy) = folder();
    let points = crash_everywhere(&in_rust(), &copy, |ran| {
        assert_eq!(
            fs::read_to_string(copy.folder.join("out-copy.csv")).unwrap(),
            "number,amount\n1,10.00\n4,0.01\n6,2.50\n"
        );
        ran.assert_completed();
        assert_eq!(ran.letters.len(), 3);
    });
    assert!(points > 20, "{points}");
}

#[test]
fn a_function_between_stock_parts_is_tried_again_by_the_policy_of_its_step() {
    let (_folder, copy) = folder();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let process = move |_: &Copy, entry: &Entry| match counted.fetch_add(1, Ordering::Relaxed) {
        0 => Err(BatchError::new("Transient", "not now")),
        _ => Ok(entry.clone()),
    };
    let reader = csv::read("${{ params.folder }}/in.csv").from("number", "Number").from("amount", "Amount");
    let flow =
        Flow::read(reader).filter("amount > 5").process(process).write(csv::write("${{ params.folder }}/out.csv"));
    let retry = RetryPolicy { delay: std::time::Duration::ZERO, ..RetryPolicy::times(2) };
    let step = StepBuilder::flow("copy", flow.size(3)).retry(retry).skip(SkipPolicy::count(3));
    let ran = testing::run(&found(JobBuilder::new("copy").step(step).build())).params(&copy).go();
    ran.step("copy").assert_completed().assert_read(7).assert_filtered(3).assert_written(2).assert_skipped(2);
    assert_eq!(fs::read_to_string(copy.folder.join("out.csv")).unwrap(), "number,amount\n1,10.00\n5,13\n");
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

/// An entry with a small number.
#[derive(Clone, Debug, Row)]
struct Small {
    number: u8,
    amount: Decimal,
}

/// A writer whose encoder refuses the number 4, and which keeps what it is given.
#[derive(Clone, Default)]
struct Ledger(Arc<Mutex<Vec<(u8, i64)>>>);

struct ToCents;

impl ItemEncoder<Small> for ToCents {
    fn encode(&mut self, items: &[Small], into: &mut Encoded) -> Vec<(usize, BatchError)> {
        assert!(!items.is_empty());
        let cents = items.iter().filter(|item| item.number != 4).map(|item| item.amount * Decimal::ONE_HUNDRED);
        *into = Some(Box::new(cents.collect::<Vec<_>>()));
        let refused = items.iter().enumerate().filter(|(_, item)| item.number == 4);
        refused.map(|(index, _)| (index, BatchError::new("InvalidRow", "no four"))).collect()
    }
}

impl ItemWriter<Small> for Ledger {
    fn encoder(&self) -> Option<Box<dyn ItemEncoder<Small>>> {
        Some(Box::new(ToCents))
    }

    fn write(&mut self, items: &[Small], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        let cents = context.encoded.unwrap().downcast_ref::<Vec<Decimal>>().unwrap();
        assert_eq!(cents.len(), items.len());
        let written = items.iter().zip(cents).map(|(item, cents)| (item.number, i64::try_from(*cents).unwrap()));
        self.0.lock().unwrap().extend(written);
        Ok(())
    }
}

#[test]
fn a_writer_of_rows_has_its_own_encoder_asked_and_gets_what_that_made() {
    let (_folder, copy) = folder();
    fs::write(copy.folder.join("in.csv"), "Number,Amount\n1,10.00\n256,0.00\n4,0.01\n5,13\n6,2.50\n257,1\n").unwrap();
    let ledger = Ledger::default();
    let written = ledger.clone();
    let reader = csv::read("${{ params.folder }}/in.csv").from("number", "Number").from("amount", "Amount");
    let flow = Flow::<Copy, Small>::read(reader).write(move |_: &Copy| -> Result<Ledger> { Ok(ledger.clone()) });
    // The last chunk has nothing for the encoder.
    let step = StepBuilder::flow("copy", flow.size(5)).skip(SkipPolicy::count(3));
    let ran = testing::run(&found(JobBuilder::new("copy").step(step).build())).params(&copy).go();
    ran.step("copy").assert_completed().assert_read(6).assert_written(3).assert_skipped(3);
    assert_eq!(*written.0.lock().unwrap(), [(1, 1000), (5, 1300), (6, 250)]);
    let letter = |letter: &StoredDeadLetter| {
        (letter.error.message.clone(), String::from_utf8_lossy(&letter.payload).into_owned())
    };
    let range = |number: u16| format!("column `number`: {number} is out of the range of `u8`");
    assert_eq!(
        ran.letters.iter().map(letter).collect::<Vec<_>>(),
        [
            (range(256), r#"{"amount":"0.00","number":256}"#.to_owned()),
            ("no four".to_owned(), r#"{"amount":"0.01","number":4}"#.to_owned()),
            (range(257), r#"{"amount":"1","number":257}"#.to_owned()),
        ]
    );
}

type Built = Result<Job, overnight::builder::JobProblems>;

fn found(job: Built) -> Job {
    let program = Registry::default().built(job).over_kinds(steps::kinds(&Arc::default()));
    program.check().unwrap();
    program.find("copy").unwrap()
}

/// What is said of a job of one flow, without who says it.
fn told(flow: overnight::builder::WholeFlow<Copy>) -> String {
    let job = JobBuilder::new("copy").step(StepBuilder::flow("copy", flow)).build();
    let told = Registry::default().built(job).over_kinds(steps::kinds(&Arc::default())).check().unwrap_err();
    let strip = |problem: &String| {
        let problem = problem.strip_prefix("job `copy` step `copy`: ").unwrap_or(problem);
        problem.split_once(": ").map_or(problem, |(_, told)| told).to_owned()
    };
    told.problems.iter().map(strip).collect::<Vec<_>>().join("\n")
}

fn in_yaml(reader: &str, writer: &str) -> String {
    let chunk = format!("{{ reader: {reader}, writer: {writer} }}");
    let head = "name: copy\nparams: { folder: { type: path, required: true } }\nsteps:\n";
    read(&format!("{head}  - name: copy\n    chunk: {chunk}\n")).unwrap_err()
}

#[test]
fn mistakes_in_the_parts_of_a_job_in_rust_are_told_in_the_words_of_a_job_file() {
    const COLUMNS: &str = "columns: { number: integer, amount: decimal }";
    let from = || csv::read("in.csv");
    let cases = [
        (
            told(Flow::<Copy, Entry>::read(csv::read("${{ params.foldr }}/in.csv")).write(csv::write("out.csv"))),
            in_yaml(
                &format!(r#"{{ csv: {{ path: "${{{{ params.foldr }}}}/in.csv", {COLUMNS} }} }}"#),
                "{ csv: { path: out.csv } }",
            ),
        ),
        (
            told(Flow::<Copy, Entry>::read(from()).write(table::write("entry").upsert(["numbr"]))),
            in_yaml(
                &format!("{{ csv: {{ path: in.csv, {COLUMNS} }} }}"),
                "{ table: { name: entry, mode: upsert, key: [numbr] } }",
            ),
        ),
        (
            told(Flow::<Copy, Entry>::read(from()).write(table::write("entry").connection("archive"))),
            in_yaml(
                &format!("{{ csv: {{ path: in.csv, {COLUMNS} }} }}"),
                "{ table: { name: entry, connection: archive } }",
            ),
        ),
        (
            told(Flow::<Copy, Entry>::read(sql::read("select 1; select 2", ["number"])).write(csv::write("out.csv"))),
            in_yaml(
                &format!("{{ sql: {{ query: select 1; select 2, key: [number], {COLUMNS} }} }}"),
                "{ csv: { path: out.csv } }",
            ),
        ),
        (
            told(Flow::<Copy, Entry>::read(Part::kind("cvs").set("path", "in.csv")).write(csv::write("out.csv"))),
            in_yaml("{ cvs: { path: in.csv } }", "{ csv: { path: out.csv } }"),
        ),
    ];
    for (rust, yaml) in cases {
        assert_eq!(rust, yaml);
        assert!(!rust.is_empty());
    }
}

#[test]
fn a_column_that_is_called_otherwise_must_be_there() {
    let flow = Flow::<Copy, Entry>::read(csv::read("in.csv").from("numbr", "Number")).write(csv::write("out.csv"));
    let wrong = JobBuilder::new("copy").step(StepBuilder::flow("copy", flow)).build().unwrap_err();
    assert_eq!(wrong.problems, ["step `copy`: `Entry` has no column `numbr`; did you mean `number`?"]);
}

#[test]
fn a_function_that_takes_what_the_rows_do_not_have_is_told_with_its_name() {
    let part = Part::kind("csv").set("path", "in.csv").set("columns", serde_json::json!({ "number": "string" }));
    let check = |_: &Copy, entry: &Entry| entry.clone();
    let said = told(Flow::read(part).process(check).write(csv::write("out.csv")));
    let name = "a_function_that_takes_what_the_rows_do_not_have_is_told_with_its_name";
    assert_eq!(
        said,
        format!(
            "`{name}` takes the column `number` as integer; here it is string; a `set` before it makes it so\n\
             `{name}` takes the column `amount` (decimal), which the rows do not have; the columns are `number`"
        )
    );
}

#[test]
fn a_job_that_nobody_told_the_kinds_of_says_so() {
    let flow = Flow::<Copy, Entry>::read(csv::read("in.csv")).write(csv::write("out.csv"));
    let job = JobBuilder::new("copy").step(StepBuilder::flow("copy", flow)).build().unwrap();
    let ran = testing::run(&job).param("folder", "/").go();
    let error = ran.execution.error.as_ref().unwrap().chain();
    assert!(error.contains("nobody said which kinds there are"), "{error}");
}
