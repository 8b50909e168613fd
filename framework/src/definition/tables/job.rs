//! The keys of a job.

use super::params::PARAM;
use super::policies::DEFAULTS;
use super::step::STEP;
use super::trials::TEST;
use super::triggers::TRIGGER;
use super::{TIMEOUT, habits};
use crate::yaml::{Field, Keys, Mapping, Shape};

/// The root of a job file.
pub(in crate::definition) static JOB: Mapping = Mapping::new(
    "job",
    "a job",
    "A file holds one job: a name, the parameters that tell its instances apart, and the steps that \
     run one after the other.",
    &[
        Field::required(
            "name",
            Shape::Name,
            "The name of the job. Together with its identifying parameters it names an instance, which \
             completes once.",
        ),
        Field::optional("description", Shape::FilledText, "What the job is for, in words for people."),
        Field::or("module", "default", Shape::Name, "The part of the house that the job belongs to; lists show it."),
        Field::optional(
            "labels",
            Shape::Map(Keys::Form("a text of at least one character", "^.+$"), &Shape::Text),
            "Words by which jobs are chosen. They are the same in every run, so no expressions stand in them.",
        ),
        Field::or(
            "instances",
            "unique",
            Shape::Word(&["unique", "many"]),
            "`unique`: the same parameters run to their end once. `many`: every start is an instance of its \
             own.",
        ),
        Field::or(
            "restartable",
            "true",
            Shape::Boolean,
            "Whether a run that failed or was stopped may be continued. With `false` it has to be started \
             anew.",
        ),
        Field::or("abortable", "true", Shape::Boolean, "Whether a running job may be stopped by people."),
        Field::optional(
            "timeout",
            TIMEOUT,
            "How long a run may take. Then its step is asked to end, no other one begins, and the run fails with `Timeout`. \
             One whose last step ends by itself has completed: what is done is not done again.",
        ),
        Field::optional(
            "params",
            Shape::Map(Keys::Names, &Shape::Mapping(&PARAM)),
            "The parameters that a start may give, each with its type. Expressions see them as `params.NAME`.",
        ),
        Field::optional(
            "vars",
            Shape::Map(Keys::Names, &Shape::Setting(&Shape::Text)),
            "Texts and values that several steps need, computed in their order from `params`, `env`, `secret` \
             and the vars above. Expressions see them as `vars.NAME`.",
        ),
        Field::optional(
            "target",
            Shape::Setting(&Shape::Text),
            "What this run works on, as lists show it. It is computed from `params` and `vars` before the \
             launch.",
        ),
        Field::optional(
            "defaults",
            Shape::Mapping(&DEFAULTS),
            "What holds for every step that does not say otherwise.",
        ),
        Field::required("steps", Shape::List(&Shape::Mapping(&STEP), 1), "The steps, in the order in which they run."),
        Field::optional(
            "result",
            Shape::Setting(&Shape::Text),
            "What the job answers when it has completed. It sees everything that its steps have given.",
        ),
        Field::optional(
            "triggers",
            Shape::List(&Shape::Mapping(&TRIGGER), 0),
            "What starts the job by itself: times of a calendar, messages of a queue.",
        ),
        Field::optional(
            "tests",
            Shape::List(&Shape::Mapping(&TEST), 0),
            "Tests of the job, which `jobctl test` runs without a database. A start passes them over.",
        ),
    ],
)
.habits(habits::JOB)
.example(
    "\
name: end-of-day
description: Close an accounting day
target: ${{ params.day }}
params:
  day: { type: date, required: true }
vars:
  inbox: /data/in/${{ params.day }}
steps:
  - name: load
    chunk:
      reader: { csv: { path: \"${{ vars.inbox }}/accounts.csv\", columns: { id: integer, balance: decimal } } }
      writer: { csv: { path: out/accounts.csv } }
result: ${{ steps.load.write_count }} accounts
",
);
