//! The keys of the tests in a job file.

use super::DATETIME;
use crate::yaml::{Field, Keys, Mapping, Shape};

const COUNT: Shape = Shape::Integer(0, i64::MAX);
const ROWS: Shape = Shape::List(&Shape::Map(Keys::Any, &Shape::Anything), 0);
const STATUS: Shape = Shape::Word(&["completed", "failed", "stopped", "unknown"]);

/// One for all: what is expected makes no sense without what is given.
const EXAMPLE: &str = "\
params:
  day: { type: date, required: true }
steps:
  - name: load
    chunk:
      reader: { csv: { path: in.csv, columns: { id: integer, amount: decimal } } }
      writer: { csv: { path: out.csv } }
      skip: { limit: 1, errors: [InvalidRow] }
tests:
  - name: bad rows are put aside
    params: { day: 2026-08-21 }
    given: { load.reader: [{ id: 1, amount: \"10.00\" }, { id: 2, amount: x }] }
    expect:
      job: { status: completed }
      load: { write_count: 1, rows: [{ id: 1, amount: 10 }], rejects: [{ error: InvalidRow, row: { id: 2 } }] }
  - name: two bad rows are too many
    params: { day: 2026-08-21 }
    given: { load.reader: [{ id: 1 }, { id: 2 }] }
    expect: { load: { status: failed, error: { name: InvalidRow } } }
";

/// One test.
pub(in crate::definition) static TEST: Mapping = Mapping::new(
    "test",
    "a test",
    "A run of the job without a database: its readers get the rows that stand here, its writers are \
     replaced by ones that keep their rows, its tasklets give what stands here instead of running. \
     Nothing outside is read or written. `jobctl test` runs it; `jobctl start` passes it over.",
    &[
        Field::required("name", Shape::FilledText, "What the test shows, in words for people."),
        Field::optional(
            "params",
            Shape::Map(Keys::Names, &Shape::Anything),
            "The parameters of the run, as a start would give them.",
        ),
        Field::optional(
            "steps",
            Shape::ListOrOne(&Shape::Name, 1),
            "The steps that run; the others are passed over, as if they had nothing to do. Without the key \
             all run.",
        ),
        Field::optional(
            "given",
            Shape::Map(
                Keys::Form("`STEP.reader` or `STEP.outputs`", "^[a-z][a-z0-9_-]{0,62}\\.(reader|outputs)$"),
                &Shape::Either(&[ROWS, Shape::Map(Keys::Names, &Shape::Anything)]),
            ),
            "What the steps are given: `STEP.reader`, the rows of its reader, whose cells are read as those \
             of a file are, so that a bad one is an `InvalidRow`; `STEP.outputs`, what its tasklet gives \
             instead of running.",
        ),
        Field::optional("env", Shape::Map(Keys::Any, &Shape::Text), "The environment variables; no others are set."),
        Field::optional("secrets", Shape::Map(Keys::Any, &Shape::Text), "The secrets; there are no others."),
        Field::or("now", "2026-01-01T00:00:00Z", DATETIME, "The time of the run. It stands still."),
        Field::optional(
            "expect",
            Shape::MapWith(
                &Field::optional("job", Shape::Mapping(&EXPECTED_JOB), "What becomes of the job."),
                Keys::Names,
                &Shape::Mapping(&EXPECTED_STEP),
            ),
            "What has to come of it, for the job and for each step by its name. What is not named is not \
             looked at; but a job has to complete unless something else is expected here.",
        ),
    ],
)
.example(EXAMPLE);

/// What is expected of a job.
pub(in crate::definition) static EXPECTED_JOB: Mapping = Mapping::new(
    "expected-job",
    "what is expected of the job",
    "What has to become of the job.",
    &[
        Field::optional("status", STATUS, "How it ends."),
        Field::optional("exit_code", Shape::Text, "Its exit code: `COMPLETED`, or the name of its error."),
        Field::optional("result", Shape::Anything, "What it answers."),
        Field::optional("error", Shape::Mapping(&EXPECTED_ERROR), "The error that it fails with."),
    ],
)
.example(EXAMPLE);

/// What is expected of a step.
pub(in crate::definition) static EXPECTED_STEP: Mapping = Mapping::new(
    "expected-step",
    "what is expected of a step",
    "What has to become of a step.",
    &[
        Field::optional("status", STATUS, "How it ends."),
        Field::optional("exit_code", Shape::Text, "Its exit code: `COMPLETED`, `NOOP`, or the name of its error."),
        Field::optional("read_count", COUNT, "How many records it reads, the skipped ones included."),
        Field::optional("write_count", COUNT, "How many records it writes."),
        Field::optional("filter_count", COUNT, "How many records are left out."),
        Field::optional("skip_count", COUNT, "How many records are put aside."),
        Field::optional("outputs", Shape::Map(Keys::Names, &Shape::Anything), "What it gives to later steps."),
        Field::optional(
            "rows",
            ROWS,
            "The rows that reach its writer, in their order. Columns that are not named are not looked at.",
        ),
        Field::optional(
            "rejects",
            Shape::List(&Shape::Mapping(&EXPECTED_REJECT), 0),
            "The records that are put aside, in their order.",
        ),
        Field::optional("error", Shape::Mapping(&EXPECTED_ERROR), "The error that it fails with."),
    ],
)
.example(EXAMPLE);

/// What is expected of an error.
pub(in crate::definition) static EXPECTED_ERROR: Mapping = Mapping::new(
    "expected-error",
    "an expected error",
    "What has to be said.",
    &[
        Field::optional("name", Shape::FilledText, "The name by which `skip` and `retry` choose it."),
        Field::optional("message", Shape::FilledText, "What it says, with its causes."),
    ],
)
.example(EXAMPLE);

/// What is expected of a record that was put aside.
pub(in crate::definition) static EXPECTED_REJECT: Mapping = Mapping::new(
    "expected-reject",
    "an expected reject",
    "A record that was put aside.",
    &[
        Field::optional("error", Shape::FilledText, "The name of its error."),
        Field::optional("message", Shape::FilledText, "What the error says, with its causes."),
        Field::optional("phase", Shape::Word(&["read", "process", "write"]), "Where it was refused."),
        Field::optional("row", Shape::Map(Keys::Any, &Shape::Anything), "The record as it was read."),
    ],
)
.example(EXAMPLE);
