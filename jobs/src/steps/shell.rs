//! Commands as steps: `shell: { command: … }`.
//!
//! A command runs in a process group of its own, below a *leader*: the same executable, started with a hidden argument
//! ([`shim`]). The leader holds one end of a socket whose other end is the step's. When jobctl dies, however it dies, the
//! socket closes, and the leader kills the command: a restart never meets the orphan of its own command. What leaves the
//! group, as everything does that `setsid` or `timeout` starts, is killed too, but on Linux only, and not when somebody kills
//! the leader itself: then jobctl, which knows no more than the group, kills that, and not even that before the leader has
//! told of it. A signal that can be ignored ends no leader: a terminal and a service manager send theirs to everybody.
//!
//! ```text
//! jobctl ──socket── leader ──── sh -c "…" ──── what it starts
//!   the step         __shim      └───── one group, mostly ──┘
//! ```
//!
//! While the leader lives it alone sends signals, and only to what it has not reaped: no such signal reaches a stranger whose
//! number was used again. Before it reaps the command it says so, and jobctl forgets the group. What remains is the group of a
//! leader that is killed earlier: jobctl kills that by its number as soon as the socket ends, and would meet a stranger only if
//! the command had ended in the same instant and the system had gone through all its numbers since.

mod adopted;
mod lines;
mod outputs;
mod report;
mod run;
mod settings;
pub mod shim;
mod spawn;
mod tail;

use std::path::PathBuf;

use overnight_framework::kind::{Names, TaskletKind, TaskletPlan};
use overnight_framework::yaml::{Cursor, Shape};

/// The name of the error of a command that did not end well.
pub const COMMAND_FAILED: &str = "CommandFailed";

/// Runs a command.
///
/// ```yaml
/// tasklet:
///   shell:
///     command: sha256sum --check SHA256SUMS     # a text for `sh -c`, or a list: a program and its arguments
///     dir: ${{ vars.inbox }}                    # by default the folder of the job file
///     env: { DAY: "${{ params.day }}" }
///     grace: 10s
/// ```
///
/// The command sees the variables PATH, HOME, LANG, LC_ALL, TZ, TMPDIR, USER, LOGNAME and SHELL, and those under `env`. Its
/// output goes line by line to whoever watches the run, with known secrets masked; the last 64 KiB stay in the context of the
/// step. Secrets go into `env`: in `command` they are refused, because everybody on the machine sees the arguments of
/// processes. What it writes as `name=value` lines to the file `$OVERNIGHT_OUTPUT` becomes the outputs of the step.
///
/// On a stop, a pause and a timeout the group gets SIGTERM, and SIGKILL after `grace`; on an abort SIGKILL at once. The grace is
/// for the whole group, also when the command itself ends before: a shell without a trap does so at once. What has left the
/// group gets SIGTERM when the command has ended, and SIGKILL with the others.
///
/// A command that ends by itself is the end of the step: what it leaves running is killed, because a step starts no daemons. On
/// Linux that is true of all that the command has started, on other systems only of what is still in its group. A status other
/// than 0 is the error `CommandFailed`.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    leader: Option<PathBuf>,
}

impl Shell {
    /// Commands led by this executable itself, whose `main` calls [`shim::main_if_asked`] first.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Commands led by another executable that calls [`shim::main_if_asked`] first, such as jobctl.
    #[must_use]
    pub fn led_by(executable: impl Into<PathBuf>) -> Self {
        Self { leader: Some(executable.into()) }
    }
}

impl TaskletKind for Shell {
    fn name(&self) -> &'static str {
        "shell"
    }

    fn errors(&self) -> &'static [&'static str] {
        &[COMMAND_FAILED]
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&settings::SETTINGS)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn TaskletPlan>> {
        Some(Box::new(settings::read(settings, names, self.leader.clone())?))
    }
}
