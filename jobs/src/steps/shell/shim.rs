//! The leader of a command: this executable once more, with a hidden argument.
//!
//! A program that runs `shell` steps begins its `main` so:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     if let Some(code) = overnight::steps::shell::shim::main_if_asked() {
//!         return code;
//!     }
//!     // … the program itself
//!     ExitCode::SUCCESS
//! }
//! ```

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::adopted;
use super::outputs::OUTPUT_VARIABLE;
use super::report::{Fate, Order, Report};

/// The hidden argument.
pub(super) const ARGUMENT: &str = "__shim";

static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether this program would lead a command if it were asked to. One that would not must not be started as a leader: it
/// would do what it does otherwise.
pub(super) fn is_possible() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Leads a command, if that is what this process was started for, and answers the code to exit with.
///
/// To be called first in `main`, before threads, configuration or output.
#[must_use = "a process that was started to lead a command exits with this code"]
pub fn main_if_asked() -> Option<ExitCode> {
    ASKED.store(true, Ordering::Relaxed);
    let mut arguments = env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    Some(match lead(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // The step hears of it by the end of the socket; there is nobody else to tell.
        Err(_) => ExitCode::FAILURE,
    })
}

/// The group of the command, as long as signals may be sent to it.
type Group = Arc<Mutex<Option<Pid>>>;

fn lead(mut arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let program = arguments.next().ok_or(io::ErrorKind::InvalidInput)?;
    adopted::begin();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).process_group(0);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let error = Fate::Refused(error.raw_os_error().unwrap_or_default());
            tell(error, &mut socket);
            return Ok(());
        }
    };
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    let group: Group = Arc::new(Mutex::new(Some(id)));
    // The step may be gone already; then the watch finds the end of the socket.
    let _ = Report::Started(id.as_raw_pid()).send(&mut socket);
    watch(socket.try_clone()?, Arc::clone(&group))?;
    let fate = wait(child, id, &group)?;
    adopted::end();
    tell(fate, &mut socket);
    Ok(())
}

/// Tells the step how the command ended. For one that is gone it tidies up: nobody else will.
fn tell(fate: Fate, socket: &mut UnixStream) {
    if Report::Over(fate).send(socket).is_err()
        && let Some(file) = env::var_os(OUTPUT_VARIABLE)
    {
        // The command may have removed it.
        let _ = fs::remove_file(file);
    }
}

/// Passes orders on to the group, and kills it when the socket ends: then the step is gone.
fn watch(mut socket: UnixStream, group: Group) -> io::Result<()> {
    let watching = move || {
        loop {
            let order = Order::receive(&mut socket);
            match order {
                Order::Terminate => signal(&group, Signal::TERM),
                Order::Kill => return signal(&group, Signal::KILL),
            }
        }
    };
    thread::Builder::new().name("watch".to_owned()).spawn(watching).map(|_| ())
}

/// Waits for the command, kills what it left in its group, and only then lets go of its number. What has left the group is
/// no longer below the command by then, but a child of this process.
fn wait(mut child: Child, id: Pid, group: &Group) -> io::Result<Fate> {
    adopted::wait_for(id)?;
    signal(group, Signal::KILL);
    *group.lock().unwrap_or_else(PoisonError::into_inner) = None;
    Ok(child.wait()?.into())
}

fn signal(group: &Group, signal: Signal) {
    if let Some(command) = *group.lock().unwrap_or_else(PoisonError::into_inner) {
        // A group of which only the unreaped command is left takes no signal, and needs none.
        let _ = kill_process_group(command, signal);
        if signal == Signal::KILL {
            // It may have joined another group than the one it began.
            let _ = kill_process(command, signal);
        }
    }
}
