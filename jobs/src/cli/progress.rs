//! What a run tells on stderr: plain lines, and on a terminal a line that moves for the step that runs.

use std::time::Duration;

use overnight_framework::execution::{Counts, StepExecution, StepKind};
use overnight_framework::monitor::{Monitor, RunEvent};
use overnight_framework::status::ExitCode;

use super::gauge::Gauge;
use super::moving::MovingLine;
use super::output::{self, escaped};

/// Prints the progress of one run.
#[derive(Debug)]
pub(super) struct Progress {
    /// `None` where nothing can move.
    moving: Option<MovingLine>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { moving: output::is_live().then(MovingLine::open) }
    }

    /// Takes the moving line away.
    pub(super) fn finish(&self) {
        self.moving.iter().for_each(MovingLine::finish);
    }

    /// Prints a line above the moving one.
    pub(super) fn line(&self, line: &str) {
        match &self.moving {
            Some(moving) => moving.print(&escaped(line, &['\n', '\t'])),
            None => output::say(line),
        }
    }

    fn show(&self, change: impl FnOnce(&mut Gauge)) {
        if let Some(moving) = &self.moving {
            moving.change(change);
        }
    }

    /// Begins the gauge of another step, or of none, and gives back the one before.
    fn begin(&self, gauge: Gauge) -> Gauge {
        self.moving.as_ref().map(|moving| moving.begin(gauge)).unwrap_or_default()
    }

    fn step_started(&self, step: &StepExecution) {
        self.begin(Gauge::of(&step.name));
        if step.checkpoint.is_some() {
            self.line(&format!("{}: goes on after its last committed chunk", step.name));
        }
    }

    /// A line of output stands in the line of its step; where nothing moves it is a line of its own.
    fn output(&self, step: &str, line: &str) {
        match &self.moving {
            Some(moving) => moving.change(|gauge| gauge.said = Some(escaped(line, &[]))),
            None => output::say(&format!("{step} | {line}")),
        }
    }

    /// What takes many lines elsewhere takes one here.
    fn retrying(&self, step: &str, error: &str, attempt: u32, delay: Duration) {
        let error = error.lines().collect::<Vec<_>>().join(" ");
        self.line(&format!("{step}: {error}; attempt {attempt} in {delay:.1?}"));
    }

    fn step_ended(&self, step: &StepExecution) {
        let last = self.begin(Gauge::default()).said;
        if step.exit_code == ExitCode::NOOP {
            self.line(&format!("{}: passed over, its condition is false", step.name));
            return;
        }
        if let Some(last) = last {
            self.line(&format!("{} | {last}", step.name));
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
            RunEvent::Opened { extent, .. } => {
                self.moving.iter().for_each(|moving| moving.change_now(|gauge| gauge.begin(*extent)));
            }
            RunEvent::Progress { counts, extent, .. } => self.show(|gauge| gauge.go_on(*counts, *extent)),
            RunEvent::Retrying { step, error, attempt, delay } => self.retrying(step, error, *attempt, *delay),
            RunEvent::Output { step, line } => self.output(step, line),
            RunEvent::Warning { step: Some(step), message } => self.line(&format!("{step}: warning: {message}")),
            RunEvent::Warning { step: None, message } => self.line(&format!("warning: {message}")),
            RunEvent::StepEnded(step) => self.step_ended(step),
            _ => {}
        }
    }
}

/// The counters of a step in words.
pub(super) fn summary(counts: Counts) -> String {
    let shown = [(counts.filter, "filtered"), (counts.skipped(), "skipped"), (counts.retry, "retries")];
    let extra =
        shown.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!(", {} {name}", grouped(*count)));
    format!("{} read, {} written{}", grouped(counts.read), grouped(counts.write), extra.collect::<String>())
}

/// How quick it was, where there was anything to do.
fn rate(read: u64, took: Duration) -> String {
    if read == 0 { String::new() } else { format!(" ({}/s)", grouped(per_second(read, took))) }
}

/// So many in a second.
pub(super) fn per_second(read: u64, took: Duration) -> u64 {
    let millis = took.as_millis().max(1);
    u64::try_from(u128::from(read) * 1_000 / millis).unwrap_or(u64::MAX)
}

/// A count with its thousands apart: `1,234,567`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let counts = [0, 12, 999, 1_000, 12_345, 999_999, 1_234_567];
        assert_eq!(counts.map(grouped), ["0", "12", "999", "1,000", "12,345", "999,999", "1,234,567"]);
    }
}
