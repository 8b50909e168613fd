//! The keys of a chunk step, and of the operations on its rows.

use super::policies::{RETRY, SKIP};
use super::{ERROR_NAME, TIMEOUT, habits};
use crate::yaml::{Field, Keys, Mapping, Shape, Sort};

/// What stands below `chunk`.
pub(in crate::definition) static CHUNK: Mapping = Mapping::new(
    "chunk",
    "a chunk",
    "Many records on their way from a reader to a writer. Each chunk of them is committed together \
     with its position, so that a run that is killed goes on behind the last one: no record is lost, \
     and none comes twice.",
    &[
        Field::optional(
            "size",
            Shape::Integer(1, 1_000_000),
            "How many records are written and committed together. Without the key the writer says: 10,000 for \
             `table` and `csv`, else 1,000.",
        ),
        Field::required("reader", Shape::Kind(Sort::Reader), "Where the records come from."),
        Field::optional(
            "processor",
            Shape::List(&Shape::Kind(Sort::Processor), 0),
            "What happens to each record, operation after operation.",
        ),
        Field::required("writer", Shape::Kind(Sort::Writer), "Where the records go."),
        Field::optional(
            "skip",
            Shape::Mapping(&SKIP),
            "Which bad records are put aside; without the key none is, and the first fails the step.",
        ),
        Field::optional("retry", Shape::Mapping(&RETRY), "How a chunk that was refused is tried again."),
        Field::optional(
            "idle_timeout",
            TIMEOUT,
            "How long a writer may leave the transaction of its chunk idle on PostgreSQL while it sends its \
             items elsewhere. Without the key: four leases, and a minute at least.",
        ),
    ],
)
.habits(habits::CHUNK)
.example(
    "\
chunk:
  size: 1000
  reader: { csv: { path: in.csv, columns: { id: integer, amount: decimal } } }
  processor:
    - filter: amount > 0
  writer: { csv: { path: out.csv } }
  skip: { limit: 5, errors: [InvalidRow] }
",
);

/// One item of `processor`.
pub(in crate::definition) static OPERATION: Mapping = Mapping::new(
    "operation",
    "an operation",
    "What happens to each record. Expressions see its columns by their names, and everything that \
     steps see.",
    &[
        Field::optional(
            "filter",
            Shape::Expression,
            "A condition. Records for which it is false are left out, and counted.",
        ),
        Field::optional(
            "set",
            Shape::Map(Keys::Any, &Shape::Expression),
            "Columns and the expressions that they are computed by, side by side: none of them sees another \
             of the same `set`.",
        ),
        Field::optional(
            "validate",
            Shape::ListOrOne(&Shape::Mapping(&VALIDATION), 0),
            "One or more rules that a record has to keep. One that breaks a rule is bad, and `skip` decides \
             about it.",
        ),
    ],
)
.example(
    "\
processor:
  - filter: currency == 'EUR'
  - validate: { check: amount > 0, message: \"payment ${{ id }} is not positive\" }
  - set: { minor: \"int(round(amount * 100, 0))\" }
",
);

/// A rule.
pub(in crate::definition) static VALIDATION: Mapping = Mapping::new(
    "validation",
    "a validation",
    "A rule that a record has to keep.",
    &[
        Field::required("check", Shape::Expression, "The condition that has to be true."),
        Field::optional(
            "message",
            Shape::Setting(&Shape::Text),
            "What is said about a record that breaks the rule; without the key the rule itself is quoted.",
        ),
        Field::or(
            "error",
            "InvalidRow",
            Shape::Form("the name of an error such as `NotQuoted`", ERROR_NAME),
            "The name of the error, by which `skip` can choose these records and no others.",
        ),
    ],
)
.example(
    "\
processor:
  - validate:
      - { check: amount > 0, message: \"payment ${{ id }} is not positive\" }
      - { check: size(currency) == 3, error: NoCurrency }
",
);
