//! The keys of a step.

use super::chunk::CHUNK;
use super::policies::RETRY;
use super::{TIMEOUT, habits};
use crate::yaml::{Field, Keys, Mapping, Shape, Sort};

const OUTPUT_TYPES: Shape =
    Shape::Word(&["string", "integer", "decimal", "boolean", "date", "datetime", "duration", "json"]);

/// One step of a job.
pub(in crate::definition) static STEP: Mapping = Mapping::new(
    "step",
    "a step",
    "A part of a job with a record of its own: a `tasklet` that does one thing, or a `chunk` that \
     reads, changes and writes many records. A completed step is skipped when its instance is \
     continued.",
    &[
        Field::required("name", Shape::Name, "The name of the step. Later steps see it as `steps.NAME`."),
        Field::optional("description", Shape::FilledText, "What the step is for, in words for people."),
        Field::optional(
            "when",
            Shape::Expression,
            "A condition. Where it is false the step is not run, and the job goes on.",
        ),
        Field::optional("tasklet", Shape::Kind(Sort::Tasklet), "The one thing that the step does."),
        Field::optional("chunk", Shape::Mapping(&CHUNK), "The way of many records through the step."),
        Field::optional(
            "outputs",
            Shape::Either(&[Shape::List(&Shape::Name, 0), Shape::Map(Keys::Names, &OUTPUT_TYPES)]),
            "What a tasklet gives to later steps, which see it as `steps.STEP.NAME`: a list of texts, or \
             names with their types.",
        ),
        Field::optional("retry", Shape::Mapping(&RETRY), "How the step is repeated when it failed."),
        Field::optional(
            "timeout",
            TIMEOUT,
            "How long the step may take, all attempts together. Then it is asked to end, and fails with `Timeout`. \
             One that ends by itself before it heeds that has completed: what is done is not done again.",
        ),
        Field::or(
            "rerun",
            "when_incomplete",
            Shape::Word(&["when_incomplete", "always"]),
            "Whether a continued instance runs the step again although it has completed.",
        ),
        Field::optional(
            "max_starts",
            Shape::Integer(1, 1_000_000),
            "How often the step may be started in all executions of its instance.",
        ),
    ],
)
.choice(&["tasklet", "chunk"])
.apart(&[["chunk", "outputs"]])
.habits(habits::STEP)
.example(
    "\
steps:
  - name: count
    description: How much there is to do
    tasklet: { sql: { query: select count(*) as rows from account } }
    outputs: { rows: integer }
    timeout: 10m
    retry: { max_attempts: 3, errors: [Transient] }
  - name: report
    when: steps.count.rows > 0
    tasklet: { shell: { command: [./report, \"${{ steps.count.rows }}\"] } }
",
);

/// What the program itself registered: a tasklet, a reader, a processor, a writer.
pub(in crate::definition) static REGISTERED: Mapping = Mapping::new(
    "registered",
    "a mapping with `uses`",
    "A part of the program itself, written in Rust and registered under a name.",
    &[
        Field::required("uses", Shape::FilledText, "The name that it is registered as."),
        Field::optional("with", Shape::Anything, "Its settings."),
    ],
)
.example("tasklet: { uses: close_books, with: { book: \"${{ params.branch }}\" } }\n");
