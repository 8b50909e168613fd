//! Running a command to its end, whatever end that is.

use std::fmt;
use std::io;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::status::StopIntent;
use overnight_framework::step::{Outcome, StepContext, Tasklet};

use super::COMMAND_FAILED;
use super::outputs::{OUTPUT_VARIABLE, OutputFile};
use super::report::{Fate, Order};
use super::settings::CommandLine;
use super::shim;
use super::spawn::{Event, Running};
use super::tail::{Mask, Tail};
use crate::quoted::quoted;

/// How often a step looks whether it shall end, while its command says nothing.
const LOOK: Duration = Duration::from_millis(50);

/// How long the output may stay open without a line after the command has ended: only what got away from the leader can hold
/// it.
const IDLE: Duration = Duration::from_secs(1);

/// How long it may stay open in all. Lines that wait for a slow watcher are still the command's.
const DRAIN: Duration = Duration::from_secs(60);

/// The signal that cannot be caught.
const KILL: i32 = 9;

/// Under which name the context of the step keeps the output.
const OUTPUT: &str = "output";

/// A command that is ready to run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) line: CommandLine,
    pub(super) grace: Duration,
    pub(super) mask: Mask,
}

impl Tasklet for Run {
    fn execute(&self, context: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        self.check()?;
        // A command has its grace, and then it is killed.
        context.ends_by_itself();
        let file = OutputFile::create().map_err(|error| BatchError::of(names::IO, error))?;
        let running = Running::start(&self.line, &[(OUTPUT_VARIABLE, file.path())]);
        let running = running
            .map_err(|error| BatchError::new(names::IO, "cannot start the leader of the command").with_source(error))?;
        let mut watch = Watch { run: self, running, tail: Tail::default(), stopping: None };
        let end = watch.run_to_the_end(context);
        let tail = watch.tail;
        if !tail.is_empty() {
            context.state.context.insert(OUTPUT.to_owned(), tail.text().into());
        }
        match end? {
            End::Stopped(intent) => Ok(Outcome::Stopped(intent)),
            End::Over(Fate::Exited(0)) => {
                let outputs = file.read(&self.mask).map_err(|error| BatchError::of(names::INVALID_VALUE, error))?;
                context.state.outputs.extend(outputs);
                Ok(Outcome::COMPLETED)
            }
            End::Over(fate) => Err(with_last_lines(self.failed(fate), &tail)),
            End::Leaderless => {
                let error = BatchError::new(
                    COMMAND_FAILED,
                    "the process that led the command was killed, and the command with it",
                );
                Err(with_last_lines(error, &tail))
            }
        }
    }
}

impl Run {
    fn check(&self) -> Result<(), BatchError> {
        if self.line.leader.is_none() && !shim::is_possible() {
            let advice =
                "call overnight::steps::shell::shim::main_if_asked() first in `main`, or name an executable that does";
            return Err(BatchError::new(COMMAND_FAILED, format!("this program cannot lead commands: {advice}")));
        }
        let dir = &self.line.dir;
        if !dir.as_os_str().is_empty() && !dir.is_dir() {
            return Err(BatchError::new(COMMAND_FAILED, format!("the folder {} is not there", dir.display())));
        }
        Ok(())
    }

    fn failed(&self, fate: Fate) -> BatchError {
        match fate {
            Fate::Exited(code) => {
                BatchError::new(COMMAND_FAILED, format!("the command ended with status {code}{}", meaning(code)))
            }
            Fate::Killed(signal) => {
                let name = signal_name(signal).map(|name| format!(" ({name})")).unwrap_or_default();
                let error = BatchError::new(COMMAND_FAILED, format!("the command was killed by signal {signal}{name}"));
                match signal {
                    KILL => {
                        error.with_help("Linux kills so what takes too much memory: `dmesg | grep -i killed` knows")
                    }
                    _ => error,
                }
            }
            Fate::Refused(error) => {
                let program = self.line.arguments.first().map(|program| program.to_string_lossy()).unwrap_or_default();
                not_started(&self.mask.text(&program), io::Error::from_raw_os_error(error))
            }
        }
    }
}

/// A program that the system did not start, with what to do about it.
fn not_started(program: &str, source: io::Error) -> BatchError {
    let word = quoted(program);
    let help = match source.kind() {
        io::ErrorKind::NotFound => format!("`command -v {word}` says where it is; name it with its whole path"),
        io::ErrorKind::PermissionDenied => format!("`chmod +x {word}` makes it executable"),
        _ => format!("`ls -l {word}` says more about it"),
    };
    BatchError::new(COMMAND_FAILED, format!("cannot start `{program}`")).with_source(source).with_help(help)
}

fn with_last_lines(error: BatchError, tail: &Tail) -> BatchError {
    if tail.is_empty() { error } else { error.with_source(LastLines(tail.excerpt())) }
}

/// What a shell means by a status, where it has a meaning of its own.
fn meaning(code: i32) -> &'static str {
    match code {
        126 => ": a program in it is not executable",
        127 => ": a program in it was not found",
        _ => "",
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    let names = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (4, "SIGILL"),
        (6, "SIGABRT"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
        (14, "SIGALRM"),
        (15, "SIGTERM"),
    ];
    names.into_iter().find(|(number, _)| *number == signal).map(|(_, name)| name)
}

/// What the command said last, as the cause of its failure.
#[derive(Debug)]
struct LastLines(String);

impl fmt::Display for LastLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its last lines were:\n{}", self.0)
    }
}

impl std::error::Error for LastLines {}

/// How a command ended.
#[derive(Clone, Copy)]
enum End {
    /// By itself.
    Over(Fate),
    /// Killed, because somebody killed its leader.
    Leaderless,
    /// Because it was asked to.
    Stopped(StopIntent),
}

/// An end, while there may be output of before it.
struct Draining {
    end: End,
    /// When the output is given up unless a line comes.
    idle: Instant,
    /// When it is given up.
    latest: Instant,
}

impl Draining {
    fn from_now(end: End) -> Self {
        let now = Instant::now();
        Self { end, idle: now + IDLE, latest: now + DRAIN }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.idle.min(self.latest)
    }
}

/// A command while it runs.
struct Watch<'r> {
    run: &'r Run,
    running: Running,
    tail: Tail,
    /// The end that was asked for, the last signal that was sent for it, and when a harder one is due.
    stopping: Option<(StopIntent, Order, Instant)>,
}

impl Watch<'_> {
    /// Passes the output on until the command has ended and its output with it.
    fn run_to_the_end(&mut self, context: &StepContext<'_>) -> Result<End, BatchError> {
        let mut open = 2;
        let mut draining: Option<Draining> = None;
        loop {
            match self.running.events.recv_timeout(LOOK) {
                Ok(Event::Line(line)) => {
                    let line = self.run.mask.line(&line);
                    context.output(&line);
                    self.tail.push(line);
                    // Behind the line, so that the time that the watcher takes does not count.
                    if let Some(draining) = &mut draining {
                        draining.idle = Instant::now() + IDLE;
                    }
                }
                Ok(Event::OutputClosed) => open -= 1,
                Ok(Event::Over(fate)) => draining = Some(Draining::from_now(End::Over(fate))),
                Ok(Event::LeaderGone) => draining = Some(Draining::from_now(End::Leaderless)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => open = 0,
            }
            match &draining {
                Some(draining) if open == 0 || draining.is_over() => {
                    if open > 0 {
                        context.warn("something that the command left running holds its output open");
                    }
                    self.running.end()?;
                    return Ok(self.stopping.map_or(draining.end, |(intent, ..)| End::Stopped(intent)));
                }
                Some(_) => {}
                None => self.stop_if_asked(context),
            }
        }
    }

    /// Sends what is due: SIGTERM when an end is asked for, SIGKILL when its grace is over or the end is an abort.
    fn stop_if_asked(&mut self, context: &StepContext<'_>) {
        let Some(intent) = context.stop_requested() else { return };
        let now = Instant::now();
        let (sent, due) = self.stopping.map_or((None, now), |(_, sent, due)| (Some(sent), due));
        let order = if intent == StopIntent::Aborted || (sent.is_some() && now >= due) {
            Order::Kill
        } else {
            Order::Terminate
        };
        if sent.is_none_or(|sent| order > sent) {
            self.running.signal(order);
            self.stopping = Some((intent, order, now + self.run.grace));
        } else if let Some((known, ..)) = &mut self.stopping {
            *known = intent;
        }
    }
}
