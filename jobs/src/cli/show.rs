//! `jobctl show`: one job with its steps, or with the records it skipped.

use overnight_framework::error::names;
use overnight_framework::execution::{ErrorRecord, JobExecution, StepExecution};
use overnight_framework::repository::{StoreError, StoredDeadLetter};
use overnight_framework::status::Status;
use serde_json::Value;

use super::arguments::Show;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::json;
use super::output::Output;
use super::table::Table;
use super::target::{self, Named};
use crate::wiring::Context;

/// How many dead letters are fetched at once.
const PAGE: u32 = 1_000;

pub(super) fn run(verb: &Show, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let named = Named::of(&verb.target)?;
    let context = face.open()?;
    let execution = target::found(&context, &named, &given)?;
    if verb.rejects {
        let letters = rejects(&context, &execution)?;
        face.output.answer(|| reject_table(&letters), || letters.iter().map(json::reject).collect());
        return Ok(Exit::Done);
    }
    let steps = context.operator.repository().steps(execution.id)?;
    face.output.answer(
        || {
            if verb.wide {
                wide_table(&execution, &steps, &face.output)
            } else {
                table(&execution, &steps, &face.output)
            }
        },
        || json::with_steps(&execution, &steps),
    );
    say_error(&execution, &face.output);
    Ok(Exit::Done)
}

/// Prints an execution that has just ended, with what to do when it did not complete.
pub(super) fn print_execution(context: &Context, execution: &JobExecution, output: &Output) -> Result<(), Failure> {
    let steps = context.operator.repository().steps(execution.id)?;
    output.answer(|| table(execution, &steps, output), || json::with_steps(execution, &steps));
    say_error(execution, output);
    Ok(())
}

/// What went wrong and what comes next, for people.
fn say_error(execution: &JobExecution, output: &Output) {
    let id = execution.id;
    if let Some(error) = &execution.error {
        let place = error.position.as_ref().map(|position| format!("{}: ", place(position))).unwrap_or_default();
        let step = error.step.as_ref().map(|step| format!(", step {step}")).unwrap_or_default();
        output.say(&format!("job {id}{step}: {place}{}", named(error)));
    }
    match execution.status {
        Status::Failed => output.help(&format!("when the cause is mended, continue with `jobctl restart {id}`")),
        Status::Stopped => output.help(&format!("continue with `jobctl restart {id}`")),
        _ => {}
    }
}

/// An error with its name, if somebody gave it one.
fn named(error: &ErrorRecord) -> String {
    let name = if error.name == names::UNNAMED { String::new() } else { format!("{}: ", error.name) };
    name + &error.chain()
}

/// A position as people and editors read it: `tx.csv:7:3`, or in words, such as `item 12`, where there is no file.
fn place(position: &Value) -> String {
    let Value::Object(parts) = position else { return position.to_string() };
    if let Some(file) = parts.get("file").and_then(Value::as_str) {
        let numbers = ["line", "column"].iter().filter_map(|name| parts.get(*name));
        return numbers.fold(file.to_owned(), |place, number| format!("{place}:{number}"));
    }
    // Objects are sorted by name, people read from the large to the small.
    let order = |name: &str| ["file", "line", "column"].iter().position(|known| *known == name).unwrap_or(usize::MAX);
    let mut parts: Vec<_> = parts.iter().collect();
    parts.sort_by_key(|(name, _)| order(name));
    let part = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    };
    parts.into_iter().map(part).collect::<Vec<_>>().join(", ")
}

fn table(execution: &JobExecution, steps: &[StepExecution], output: &Output) -> Table {
    let mut table = Table::new(&["Job Id(TaskId)", "Command(Dest)", "Status", "Start Time", "Stop Time"]);
    let time = |time| output.time().show(time);
    let word = execution.word().to_string();
    table.row([
        execution.id.to_string(),
        command(execution),
        word,
        time(execution.started_at),
        time(execution.ended_at),
    ]);
    for step in steps {
        let word = step.word().to_string();
        table.row([step.path.clone(), step.dest.clone(), word, time(step.started_at), time(step.ended_at)]);
    }
    table
}

fn wide_table(execution: &JobExecution, steps: &[StepExecution], output: &Output) -> Table {
    let header = [
        "Job Id(TaskId)",
        "Command(Dest)",
        "Status",
        "Start Time",
        "Stop Time",
        "Step",
        "Read",
        "Written",
        "Filtered",
        "Skipped",
        "Exit Code",
    ];
    let mut table = Table::new(&header);
    let time = |time| output.time().show(time);
    let none = || String::new();
    table.row([
        execution.id.to_string(),
        command(execution),
        execution.word().to_string(),
        time(execution.started_at),
        time(execution.ended_at),
        none(),
        none(),
        none(),
        none(),
        none(),
        execution.exit_code.to_string(),
    ]);
    for step in steps {
        let counts = step.counts;
        table.row([
            step.path.clone(),
            step.dest.clone(),
            step.word().to_string(),
            time(step.started_at),
            time(step.ended_at),
            step.name.clone(),
            counts.read.to_string(),
            counts.write.to_string(),
            counts.filter.to_string(),
            counts.skipped().to_string(),
            step.exit_code.to_string(),
        ]);
    }
    table
}

/// The job and the object it works on.
pub(super) fn command(execution: &JobExecution) -> String {
    format!("{} {}", execution.job_name, execution.target).trim_end().to_owned()
}

fn rejects(context: &Context, execution: &JobExecution) -> Result<Vec<StoredDeadLetter>, StoreError> {
    let mut letters: Vec<StoredDeadLetter> = Vec::new();
    loop {
        let after = letters.last().map_or(0, |letter| letter.id);
        let page = context.operator.repository().dead_letters(execution.instance_id, after, PAGE)?;
        if page.is_empty() {
            return Ok(letters);
        }
        letters.extend(page);
    }
}

fn reject_table(letters: &[StoredDeadLetter]) -> Table {
    let mut table = Table::new(&["Id", "Step", "Phase", "Position", "Error", "Record"]);
    for letter in letters {
        let record = String::from_utf8_lossy(&letter.payload).trim_end().to_owned();
        let error = named(&letter.error);
        let phase = letter.phase.as_str().to_owned();
        table.row([letter.id.to_string(), letter.step_key.clone(), phase, place(&letter.position), error, record]);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_reads_file_line_column() {
        assert_eq!(place(&json!({ "file": "a.csv", "line": 7, "column": 3 })), "a.csv:7:3");
        assert_eq!(place(&json!({ "column": 3, "line": 7, "item": 1 })), "line 7, column 3, item 1");
    }
}
