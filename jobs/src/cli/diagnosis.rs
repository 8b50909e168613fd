//! What is said of a job that did not complete: what went wrong, where in the job file, and what to do next.

use overnight_framework::error::names;
use overnight_framework::execution::{ErrorRecord, JobExecution, place};
use overnight_framework::job::Job;
use overnight_framework::launch::Restartability;
use overnight_framework::status::Status;
use overnight_framework::yaml::{self, Source};

use super::edited::{self, Edited};
use super::execution::named;
use super::output::Output;
use crate::explain;
use crate::wiring::Context;

/// How a place in a job file is told: an error that tells one itself needs no other.
const OF_THE_FILE: &str = "of the job file";

/// Says what went wrong with an execution that has ended, and what comes next. Every command in it works as it is printed.
pub(super) fn say(context: &Context, execution: &JobExecution, output: &Output) {
    if let Some(error) = &execution.error {
        say_error(context, execution, error, output);
    }
    match execution.status {
        Status::Failed | Status::Stopped if goes_on(context, execution) => say_how(context, execution, output),
        Status::Unknown => {
            output.help(
                "whether its last work was done cannot be known: a person has to look, and no command settles it yet",
            );
            output.help(&format!("at which step it was: `jobctl tree {} --failed`", execution.id));
        }
        _ => {}
    }
}

/// Says how an execution goes on: with its own text, or with that of a file that was edited since.
fn say_how(context: &Context, execution: &JobExecution, output: &Output) {
    if let Some(Edited { path, start, .. }) = edited::since(context, execution, None) {
        output.help(&format!("`{path}` is edited since; what it says now is run by `{start}`"));
    }
    let mended = if execution.status == Status::Failed { "when the cause is mended, " } else { "" };
    output.help(&format!("{mended}continue with `jobctl restart {}`", execution.id));
}

fn say_error(context: &Context, execution: &JobExecution, error: &ErrorRecord, output: &Output) {
    let id = execution.id;
    let place = error.position.as_ref().map(|position| format!("{}: ", place(position))).unwrap_or_default();
    let step = error.step.as_ref().map(|step| format!(", step {step}")).unwrap_or_default();
    let text = named(error);
    output.say(&format!("job {id}{step}: {place}{text}"));
    if let Some(place) = place_of_step(context, execution, error).filter(|_| !text.contains(OF_THE_FILE)) {
        output.say(&format!("  in: {place}"));
    }
    error.help.iter().for_each(|help| output.help(help));
    let skipped = skipped(context, execution);
    if skipped > 0 {
        output.help(&format!("what was skipped before ({skipped}): `jobctl show {id} --rejects`"));
    }
    if error.name != names::UNNAMED && explain::find(&error.name).is_ok() {
        output.help(&format!("what may be done about it: `jobctl explain {}`", error.name));
    }
}

/// Where the step of an error stands in the text that the execution ran.
fn place_of_step(context: &Context, execution: &JobExecution, error: &ErrorRecord) -> Option<String> {
    let name = error.step.as_deref()?;
    let definition = context.operator.repository().definition(execution.definition_id?).ok()??;
    let source = Source::new(definition.name, definition.yaml);
    let root = yaml::parse(&source).ok()?;
    let mut steps = root.get("steps")?.as_sequence()?.iter();
    let step = steps.find(|step| step.get("name").and_then(|name| name.as_text()) == Some(name))?;
    let line = source.position(step.span().start).line;
    Some(format!("line {line} {OF_THE_FILE}, step {name}"))
}

/// How many records the instance has skipped whose chunks are written: the others are no rejects.
fn skipped(context: &Context, execution: &JobExecution) -> u64 {
    let steps = context.operator.repository().steps(execution.id).unwrap_or_default();
    steps.iter().map(|step| step.counts.skipped()).sum()
}

/// Whether a restart would go on after an execution that has ended, as far as can be seen: nothing has gone on after it, and its
/// definition does not forbid it.
fn goes_on(context: &Context, execution: &JobExecution) -> bool {
    let last = context.operator.last_of(execution.instance_id);
    let is_superseded = last.is_ok_and(|last| last.is_some_and(|last| last.id != execution.id));
    let once = |job: Job| job.restartability == Restartability::Once;
    !is_superseded && !context.pinned(execution).is_ok_and(once)
}
