//! What a test says about steps, checked against the steps: their names, their columns, the types of their cells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::given::cell;
use crate::definition::outputs::Outputs;
use crate::definition::tables;
use crate::row::{Schema, Type};
use crate::yaml::{Code, Cursor, Fields, Key, Node};

/// What tests may know of the steps of a job, in the order of the job.
pub(in crate::definition) struct Shown<'a> {
    /// The names of all steps, right or wrong.
    pub(in crate::definition) names: Vec<&'a str>,
    /// The names of all parameters, right or wrong.
    pub(in crate::definition) params: Vec<&'a str>,
    /// The steps that could be read, by their places.
    pub(in crate::definition) steps: BTreeMap<usize, ShownStep<'a>>,
}

/// What a step is made of.
pub(in crate::definition) enum ShownStep<'a> {
    Tasklet(&'a Outputs),
    /// The columns that its reader gives, and those that its writer gets.
    Chunk(&'a Arc<Schema>, &'a Arc<Schema>),
}

/// What the steps are given.
#[derive(Default)]
pub(super) struct GivenParts {
    pub(super) rows: BTreeMap<usize, Vec<Node>>,
    pub(super) outputs: BTreeMap<usize, serde_json::Map<String, serde_json::Value>>,
}

impl Shown<'_> {
    /// The place of a step, or a problem of the text or key at `at` that names none.
    fn position(&self, at: &Cursor<'_>, name: &str, place: Place) -> Option<usize> {
        let found = self.names.iter().position(|known| *known == name);
        found.or_else(|| {
            let message = format!("there is no step `{name}`");
            let problem = match place {
                Place::Key => at.problem_of_key(message),
                Place::Value => at.problem(message),
            };
            let problem = at.suggesting(problem.code(Code::UnknownName), name, self.names.iter().copied());
            let known: Vec<_> = self.names.iter().map(|name| format!("`{name}`")).collect();
            at.refuse(problem.help(format!("the steps are {}", known.join(", "))))
        })
    }
}

/// Where the name of a step stands.
#[derive(Clone, Copy)]
enum Place {
    Key,
    Value,
}

/// Reads the names of the steps that run.
pub(super) fn steps(at: &Cursor<'_>, shown: &Shown<'_>) -> Option<BTreeSet<usize>> {
    let steps = at.list_or_one(|at| shown.position(at, at.name()?, Place::Value))?;
    if steps.is_empty() {
        return at.refuse(at.problem("a test runs at least one step").code(Code::Empty));
    }
    Some(steps.into_iter().collect())
}

/// Reads `given`.
pub(super) fn given(at: &Cursor<'_>, shown: &Shown<'_>) -> Option<GivenParts> {
    let mut parts = GivenParts::default();
    at.map(|key, at| given_part(key, at, shown, &mut parts))?;
    Some(parts)
}

fn given_part(key: &Key, at: &Cursor<'_>, shown: &Shown<'_>, parts: &mut GivenParts) -> Option<()> {
    let Some((name, part @ ("reader" | "outputs"))) = key.name().split_once('.') else {
        let problem =
            at.problem_of_key(format!("`{}` is nothing that a step is given", key.name())).code(Code::UnknownKey);
        return at.refuse(
            problem.help("write `STEP.reader` for the rows of a reader, `STEP.outputs` for what a tasklet gives"),
        );
    };
    let index = shown.position(at, name, Place::Key)?;
    let Some(step) = shown.steps.get(&index) else { return Some(()) };
    match (step, part) {
        (ShownStep::Chunk(input, _), "reader") => {
            let rows = at.list(|at| row(at, input, Cells::Anything).map(|()| at.node().clone()))?;
            parts.rows.insert(index, rows);
        }
        (ShownStep::Tasklet(outputs), "outputs") => {
            at.map(|key, at| output(key, at, outputs))?;
            let json = at.node().to_json();
            parts.outputs.insert(index, json.as_object().cloned().unwrap_or_default());
        }
        (ShownStep::Chunk(..), _) => {
            let problem =
                at.problem_of_key(format!("step `{name}` is a chunk, which gives no outputs")).code(Code::NotKnownHere);
            return at.refuse(problem.help(format!("write `{name}.reader` for the rows that it reads")));
        }
        (ShownStep::Tasklet(_), _) => {
            let problem =
                at.problem_of_key(format!("step `{name}` is a tasklet, which reads no rows")).code(Code::NotKnownHere);
            return at.refuse(problem.help(format!("write `{name}.outputs` for what it gives instead of running")));
        }
    }
    Some(())
}

fn output(key: &Key, at: &Cursor<'_>, outputs: &Outputs) -> Option<()> {
    let known = || outputs.declared().map(|(name, _)| name);
    if known().any(|name| name == key.name()) {
        return Some(());
    }
    let message = format!("the step declares no output `{}`", key.name());
    let problem = at.problem_of_key(message).code(Code::UnknownName);
    at.refuse(at.suggesting(problem, key.name(), known()))
}

/// What the cells of a row may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cells {
    /// Anything of one word: what cannot be read is a bad row.
    Anything,
    /// Values of the type of their column: no row holds anything else.
    Values,
}

fn row(at: &Cursor<'_>, schema: &Schema, cells: Cells) -> Option<()> {
    at.map(|key, at| {
        let Some(column) = schema.position(key.name()).and_then(|place| schema.columns().get(place)) else {
            let message = format!("the rows have no column `{}`", key.name());
            let problem =
                at.suggesting(at.problem_of_key(message).code(Code::UnknownColumn), key.name(), schema.names());
            let known: Vec<_> = schema.names().map(|name| format!("`{name}`")).collect();
            return at.refuse(problem.help(format!("the columns are {}", known.join(", "))));
        };
        if column.kind != Type::Json && !at.is_null() {
            at.scalar(&format!("a cell of the type {}", column.kind.name()))?;
        }
        match cell(column, Some(at.node())) {
            Err(wrong) if cells == Cells::Values && !at.is_null() => {
                at.refuse(at.problem(format!("no row has this cell: {wrong}")).code(Code::WrongValue))
            }
            _ => Some(()),
        }
    })
    .map(drop)
}

/// Reads `expect`, which is kept as it stands.
pub(super) fn expect(at: &Cursor<'_>, shown: &Shown<'_>) -> Option<Node> {
    at.map(|key, at| match key.name() {
        "job" => expected_job(at),
        name => {
            let index = shown.position(at, name, Place::Key)?;
            expected_step(at, name, shown.steps.get(&index))
        }
    })?;
    Some(at.node().clone())
}

fn expected_job(at: &Cursor<'_>) -> Option<()> {
    let mut fields = at.mapping(&tables::EXPECTED_JOB)?;
    let (status, exit_code) = (status(&mut fields), exit_code(&mut fields));
    let _ = fields.get("result");
    let error = fields.optional("error", error);
    fields.finish();
    status.and(exit_code).and(error).map(drop)
}

fn expected_step(at: &Cursor<'_>, name: &str, step: Option<&ShownStep<'_>>) -> Option<()> {
    let mut fields = at.mapping(&tables::EXPECTED_STEP)?.called(format!("what is expected of step `{name}`"));
    let mut found = status(&mut fields).and(exit_code(&mut fields));
    for key in ["read_count", "write_count", "filter_count", "skip_count"] {
        let count = fields.optional(key, |at| at.integer(0..));
        found = found.and(count.map(drop));
    }
    let outputs = fields.optional("outputs", |at| match step {
        Some(ShownStep::Tasklet(outputs)) => at.map(|key, at| output(key, at, outputs)).map(drop),
        Some(ShownStep::Chunk(..)) => not_of(at, name, "a chunk", "outputs"),
        None => Some(()),
    });
    let rows = fields.optional("rows", |at| match step {
        Some(ShownStep::Chunk(_, output)) => at.list(|at| row(at, output, Cells::Values)).map(drop),
        Some(ShownStep::Tasklet(_)) => not_of(at, name, "a tasklet", "rows"),
        None => Some(()),
    });
    let rejects = fields.optional("rejects", |at| match step {
        Some(ShownStep::Chunk(input, _)) => at.list(|at| reject(at, input)).map(drop),
        Some(ShownStep::Tasklet(_)) => not_of(at, name, "a tasklet", "rejects"),
        None => Some(()),
    });
    let error = fields.optional("error", error);
    fields.finish();
    found.and(outputs).and(rows).and(rejects).and(error).map(drop)
}

fn not_of(at: &Cursor<'_>, name: &str, what: &str, key: &str) -> Option<()> {
    at.refuse(at.problem_of_key(format!("step `{name}` is {what}: it has no {key}")).code(Code::NotKnownHere))
}

fn status(fields: &mut Fields<'_>) -> Option<()> {
    const WORDS: [(&str, ()); 4] = [("completed", ()), ("failed", ()), ("stopped", ()), ("unknown", ())];
    fields.optional("status", |at| at.one_of(&WORDS)).map(drop)
}

fn exit_code(fields: &mut Fields<'_>) -> Option<()> {
    fields.optional("exit_code", Cursor::text).map(drop)
}

fn error(at: &Cursor<'_>) -> Option<()> {
    let mut fields = at.mapping(&tables::EXPECTED_ERROR)?;
    let name = fields.optional("name", Cursor::filled_text);
    let message = fields.optional("message", Cursor::filled_text);
    fields.finish();
    name.and(message).map(drop)
}

fn reject(at: &Cursor<'_>, input: &Schema) -> Option<()> {
    const PHASES: [(&str, ()); 3] = [("read", ()), ("process", ()), ("write", ())];
    let mut fields = at.mapping(&tables::EXPECTED_REJECT)?;
    let error = fields.optional("error", Cursor::filled_text);
    let message = fields.optional("message", Cursor::filled_text);
    let phase = fields.optional("phase", |at| at.one_of(&PHASES));
    let row = fields.optional("row", |at| row(at, input, Cells::Anything));
    fields.finish();
    error.and(message).and(phase).and(row).map(drop)
}
