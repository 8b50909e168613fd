//! What a run tells on stderr: plain lines, and on a terminal a line that moves for the step that runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use overnight_framework::execution::{Counts, StepExecution, StepKind};
use overnight_framework::monitor::{Monitor, RunEvent};
use overnight_framework::status::ExitCode;

use super::gauge::Gauge;
use super::output::{self, escaped};

/// How often the moving line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// Prints the progress of one run.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// What the moving line shows.
    gauge: Arc<Mutex<Gauge>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let target = if output::is_live() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let gauge = Arc::<Mutex<Gauge>>::default();
        bar.set_style(style(&gauge));
        Self { bar, gauge }
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

    fn gauge(&self) -> MutexGuard<'_, Gauge> {
        self.gauge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows what the gauge has become; whoever calls this for every chunk is not drawn for each of them: twenty times a second
    /// at most.
    fn show(&self, change: impl FnOnce(&mut Gauge)) {
        change(&mut self.gauge());
        self.bar.set_message("");
    }

    fn step_started(&self, step: &StepExecution) {
        self.bar.reset();
        self.show(|gauge| *gauge = Gauge::of(&step.name));
        self.bar.enable_steady_tick(TICK);
        if step.checkpoint.is_some() {
            self.line(&format!("{}: goes on after its last committed chunk", step.name));
        }
    }

    /// A line of output stands in the line of its step; where nothing moves it is a line of its own.
    fn output(&self, step: &str, line: &str) {
        if self.bar.is_hidden() {
            self.line(&format!("{step} | {line}"));
        } else {
            self.show(|gauge| gauge.said = Some(escaped(line, &[])));
        }
    }

    /// What is said again and again is said in one line.
    fn retrying(&self, step: &str, error: &str, attempt: u32, delay: Duration) {
        let error = error.lines().collect::<Vec<_>>().join(" ");
        self.line(&format!("{step}: {error}; attempt {attempt} in {delay:.1?}"));
    }

    fn step_ended(&self, step: &StepExecution) {
        self.bar.disable_steady_tick();
        let last = std::mem::take(&mut *self.gauge()).said;
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
            RunEvent::Opened { extent, .. } => self.show(|gauge| gauge.begin(*extent)),
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

/// The moving line is made anew each time that it is drawn, for the width that the terminal has then.
fn style(gauge: &Arc<Mutex<Gauge>>) -> ProgressStyle {
    let gauge = Arc::clone(gauge);
    let line = move |state: &ProgressState, into: &mut dyn std::fmt::Write| {
        let gauge = gauge.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a string cannot fail.
        let _ = into.write_str(&gauge.line(state.elapsed(), output::width_of_stderr()));
    };
    let plain = ProgressStyle::default_spinner().with_key("line", line);
    plain.clone().template("{line}").unwrap_or(plain)
}

/// The counters of a step in words.
pub(super) fn summary(counts: Counts) -> String {
    let shown = [(counts.filter, "filtered"), (counts.skipped(), "skipped"), (counts.retry, "retries")];
    let extra =
        shown.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!(", {} {name}", HumanCount(*count)));
    format!("{} read, {} written{}", HumanCount(counts.read), HumanCount(counts.write), extra.collect::<String>())
}

/// How quick it was, where there was anything to do.
fn rate(read: u64, took: Duration) -> String {
    if read == 0 { String::new() } else { format!(" ({}/s)", HumanCount(per_second(read, took))) }
}

/// So many in a second.
pub(super) fn per_second(read: u64, took: Duration) -> u64 {
    let millis = took.as_millis().max(1);
    u64::try_from(u128::from(read) * 1_000 / millis).unwrap_or(u64::MAX)
}
