//! What a run tells on stderr: a line per step, and on a terminal a line that moves.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use overnight_framework::execution::{Counts, StepExecution, StepKind};
use overnight_framework::monitor::{Monitor, RunEvent};
use overnight_framework::status::ExitCode;

use super::output::{self, escaped};

/// Prints the progress of one run.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new() -> Self {
        let target = if output::is_live() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style());
        Self { bar }
    }

    /// Takes the moving line away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Prints a line above the moving one.
    pub(super) fn line(&self, line: &str) {
        if self.bar.is_hidden() {
            output::say(line);
        } else {
            self.bar.println(escaped(line, &['\n', '\t']));
        }
    }

    fn step_started(&self, step: &StepExecution) {
        self.bar.reset();
        self.bar.set_prefix(step.name.clone());
        self.bar.set_message("");
        self.bar.enable_steady_tick(Duration::from_millis(100));
        if step.checkpoint.is_some() {
            self.line(&format!("{}: goes on after its last committed chunk", step.name));
        }
    }

    fn progress(&self, counts: Counts) {
        self.bar.set_position(counts.read);
        self.bar.set_message(summary(counts));
    }

    fn step_ended(&self, step: &StepExecution) {
        self.bar.disable_steady_tick();
        if step.exit_code == ExitCode::NOOP {
            self.line(&format!("{}: passed over, its condition is false", step.name));
            return;
        }
        let took = match (step.started_at, step.ended_at) {
            (Some(start), Some(end)) => (end - start).to_std().unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let counts = match step.kind {
            StepKind::Chunk => format!(", {}{}", summary(step.counts), rate(step.counts.read, took)),
            StepKind::Tasklet => String::new(),
        };
        self.line(&format!("{}: {} in {took:.1?}{counts}", step.name, step.word()));
    }
}

impl Monitor for Progress {
    fn event(&self, event: &RunEvent<'_>) {
        match event {
            RunEvent::StepStarted(step) => self.step_started(step),
            RunEvent::StepSkipped { step } => self.line(&format!("{step}: finished before, not run again")),
            RunEvent::Progress { counts, .. } => self.progress(*counts),
            RunEvent::Retrying { step, error, attempt, delay } => {
                self.line(&format!("{step}: {error}; attempt {attempt} in {delay:.1?}"));
            }
            RunEvent::Output { step, line } => self.line(&format!("{step} | {line}")),
            RunEvent::Warning { step: Some(step), message } => self.line(&format!("{step}: warning: {message}")),
            RunEvent::Warning { step: None, message } => self.line(&format!("warning: {message}")),
            RunEvent::StepEnded(step) => self.step_ended(step),
            _ => {}
        }
    }
}

fn style() -> ProgressStyle {
    let plain = ProgressStyle::default_spinner();
    plain.clone().template("{prefix} {spinner} {msg} ({per_sec})").unwrap_or(plain)
}

fn summary(counts: Counts) -> String {
    let shown = [(counts.filter, "filtered"), (counts.skipped(), "skipped"), (counts.retry, "retries")];
    let extra =
        shown.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!(", {} {name}", HumanCount(*count)));
    format!("{} read, {} written{}", HumanCount(counts.read), HumanCount(counts.write), extra.collect::<String>())
}

/// How quick it was, where there was anything to do.
fn rate(read: u64, took: Duration) -> String {
    if read == 0 {
        return String::new();
    }
    let millis = took.as_millis().max(1);
    format!(" ({}/s)", HumanCount(u64::try_from(u128::from(read) * 1_000 / millis).unwrap_or(u64::MAX)))
}
