//! The keys of retries, skips, and of what holds for every step.

use super::{ERRORS, TIMEOUT, habits};
use crate::yaml::{Field, Mapping, Shape};

/// What stands below `defaults`.
pub(in crate::definition) static DEFAULTS: Mapping = Mapping::new(
    "defaults",
    "the defaults",
    "What holds for every step that does not say otherwise.",
    &[
        Field::optional("timeout", TIMEOUT, "How long a step may take."),
        Field::optional(
            "retry",
            Shape::Mapping(&RETRY),
            "How a step that failed is repeated. A step with a `retry` of its own takes from here the keys \
             that it leaves out.",
        ),
    ],
)
.example("defaults: { timeout: 30m, retry: { max_attempts: 3, delay: 10s, errors: [Transient] } }\n");

/// What stands below `retry`.
pub(in crate::definition) static RETRY: Mapping = Mapping::new(
    "retry",
    "a retry policy",
    "When something is tried again, and after which pauses. Below a step it repeats the step, below \
     `chunk` one chunk, replayed from memory.",
    &[
        Field::optional(
            "max_attempts",
            Shape::Integer(1, 1_000),
            "How often it is tried, the first time included. It is needed here or in the `defaults`.",
        ),
        Field::or("delay", "1s", Shape::Duration, "The pause before the second attempt."),
        Field::or("factor", "2", Shape::Integer(1, 100), "How much longer each pause is than the one before."),
        Field::or("max_delay", "5m", Shape::Duration, "The longest pause; not shorter than `delay`."),
        Field::or(
            "jitter",
            "20%",
            Shape::Percentage,
            "How much of each pause is left to chance, so that not all come back at once.",
        ),
        Field::optional("errors", ERRORS, "The errors that are worth another attempt; without the key every error is."),
    ],
)
.habits(habits::RETRY)
.example("retry: { max_attempts: 5, delay: 200ms, max_delay: 1m, errors: [Transient] }\n");

/// What stands below `skip`.
pub(in crate::definition) static SKIP: Mapping = Mapping::new(
    "skip",
    "a skip policy",
    "Which bad records are put aside instead of failing the step, and how many. `jobctl show ID \
     --rejects` lists them.",
    &[
        Field::required(
            "limit",
            Shape::Tolerance,
            "How many records of an instance may be skipped: so many, or a share of those that were read. One \
             more fails the step.",
        ),
        Field::optional(
            "errors",
            ERRORS,
            "The errors whose records may be skipped; without the key those of every error.",
        ),
    ],
)
.habits(habits::SKIP)
.example("skip: { limit: 0.1%, errors: [InvalidRow] }\n");
