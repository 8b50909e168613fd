//! What happened, line by line: written by parts, listeners and monitors, read by tests.

use std::sync::{Arc, Mutex};

use overnight_framework::BatchError;
use overnight_framework::execution::{JobExecution, StepExecution};
use overnight_framework::listener::{
    ChunkEvent, ChunkListener, ItemListener, JobListener, ListenerResult, SkipListener, StepListener,
};
use overnight_framework::monitor::{Monitor, RunEvent};
use overnight_framework::repository::DeadLetter;
use overnight_framework::status::ExitCode;

/// Lines in the order in which they were written. Clones write into the same journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    pub(crate) fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|known| *known == line).count()
    }

    /// The lines that begin with `start`.
    pub(crate) fn about(&self, start: &str) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.starts_with(start)).collect()
    }
}

/// A listener of every kind that notes each call under its name, and fails the one it is told to.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    pub(crate) name: &'static str,
    pub(crate) journal: Journal,
    /// The callback that fails.
    pub(crate) fails: Option<&'static str>,
    /// Whether it panics instead of giving an error.
    pub(crate) panics: bool,
    /// The exit code that `after_step` answers.
    pub(crate) exit_code: Option<&'static str>,
}

impl Recorder {
    pub(crate) fn new(name: &'static str, journal: &Journal) -> Self {
        Self { name, journal: journal.clone(), fails: None, panics: false, exit_code: None }
    }

    pub(crate) fn failing(self, callback: &'static str) -> Self {
        Self { fails: Some(callback), ..self }
    }

    pub(crate) fn panicking(self, callback: &'static str) -> Self {
        Self { panics: true, ..self.failing(callback) }
    }

    fn call(&self, callback: &str, detail: impl std::fmt::Display) -> ListenerResult {
        let detail = detail.to_string();
        let space = if detail.is_empty() { "" } else { " " };
        self.journal.note(format!("{} {callback}{space}{detail}", self.name));
        match self.fails {
            Some(failing) if failing == callback && self.panics => panic!("{callback} panicked"),
            Some(failing) if failing == callback => Err(format!("{callback} failed").into()),
            _ => Ok(()),
        }
    }
}

impl JobListener for Recorder {
    fn before_job(&self, execution: &JobExecution) -> ListenerResult {
        self.call("before_job", execution.status)
    }

    fn after_job(&self, execution: &JobExecution) -> ListenerResult {
        self.call("after_job", format_args!("{}/{}", execution.status, execution.exit_code))
    }
}

impl StepListener for Recorder {
    fn before_step(&self, step: &StepExecution) -> ListenerResult {
        self.call("before_step", step.status)
    }

    fn after_step(&self, step: &StepExecution) -> ListenerResult<Option<ExitCode>> {
        self.call("after_step", format_args!("{}/{}", step.status, step.exit_code))?;
        Ok(self.exit_code.map(ExitCode::from))
    }
}

impl ChunkListener for Recorder {
    fn before_chunk(&self, chunk: &ChunkEvent<'_>) -> ListenerResult {
        self.call("before_chunk", chunk.number)
    }

    fn after_chunk(&self, chunk: &ChunkEvent<'_>) -> ListenerResult {
        self.call("after_chunk", chunk.number)
    }

    fn on_chunk_error(&self, chunk: &ChunkEvent<'_>, error: &BatchError) -> ListenerResult {
        self.call("on_chunk_error", format_args!("{} {error}", chunk.number))
    }
}

impl ItemListener<i64, i64> for Recorder {
    fn before_read(&self) -> ListenerResult {
        self.call("before_read", "")
    }

    fn after_read(&self, item: &i64) -> ListenerResult {
        self.call("after_read", item)
    }

    fn on_read_error(&self, error: &BatchError) -> ListenerResult {
        self.call("on_read_error", error)
    }

    fn before_process(&self, item: &i64) -> ListenerResult {
        self.call("before_process", item)
    }

    fn after_process(&self, item: &i64, result: Option<&i64>) -> ListenerResult {
        self.call("after_process", format_args!("{item} {result:?}"))
    }

    fn on_process_error(&self, item: &i64, error: &BatchError) -> ListenerResult {
        self.call("on_process_error", format_args!("{item} {error}"))
    }

    fn before_write(&self, items: &[i64]) -> ListenerResult {
        self.call("before_write", format_args!("{items:?}"))
    }

    fn after_write(&self, items: &[i64]) -> ListenerResult {
        self.call("after_write", format_args!("{items:?}"))
    }

    fn on_write_error(&self, items: &[i64], error: &BatchError) -> ListenerResult {
        self.call("on_write_error", format_args!("{items:?} {error}"))
    }
}

impl SkipListener for Recorder {
    fn on_skip(&self, letter: &DeadLetter) -> ListenerResult {
        self.call(
            "on_skip",
            format_args!("{} {}", letter.phase.as_str(), String::from_utf8_lossy(&letter.payload.bytes)),
        )
    }
}

/// A monitor that notes what it is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watcher(pub(crate) Journal);

impl Monitor for Watcher {
    fn event(&self, event: &RunEvent<'_>) {
        self.0.note(match event {
            RunEvent::Started(execution) => format!("started {}", execution.status),
            RunEvent::StepSkipped { step } => format!("skipped step {step}"),
            RunEvent::StepStarted(step) => format!("step {} started", step.name),
            RunEvent::Progress { step, counts, .. } => format!("progress {step} {}", counts.read),
            RunEvent::Skipped { letter, .. } => format!("skipped {}", letter.position),
            RunEvent::Retrying { error, attempt, .. } => format!("retrying {attempt} {error}"),
            RunEvent::Output { line, .. } => format!("output {line}"),
            RunEvent::Warning { message, .. } => format!("warning {message}"),
            RunEvent::StepEnded(step) => format!("step {} {}", step.name, step.status),
            RunEvent::Ended(execution) => format!("ended {}/{}", execution.status, execution.exit_code),
            other => format!("{other:?}"),
        });
    }
}
