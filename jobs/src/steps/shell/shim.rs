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
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::signal::unix::{SignalKind, signal};

use super::adopted::{self, Left};
use super::outputs::OUTPUT_VARIABLE;
use super::report::{Fate, Order, Report};
use crate::ignored::is_ignored;

/// The hidden argument.
pub(super) const ARGUMENT: &str = "__shim";

/// How long a command that was ended by a signal waits for the order to end it.
const HEARSAY: Duration = Duration::from_secs(1);

/// How often is looked whether anything is left of a command that was asked to end. Nothing tells of the end of a process that
/// is no child.
const LOOK: Duration = Duration::from_millis(20);

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

/// The command that is led, shared with the thread that hears the orders.
struct Led {
    state: Mutex<State>,
    /// Wakes who waits for the end of what the command has left.
    ordered: Condvar,
}

struct State {
    /// The group of the command, as long as signals may be sent to it.
    group: Option<Pid>,
    /// The hardest order that came.
    order: Option<Order>,
}

fn lead(mut arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let program = arguments.next().ok_or(io::ErrorKind::InvalidInput)?;
    // Without it the command runs all the same, and such a signal ends it.
    let _ = outlive_signals();
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
    // The step may be gone already; then the watch finds the end of the socket.
    let _ = Report::Started(id.as_raw_pid()).send(&mut socket);
    let led = Arc::new(Led { state: Mutex::new(State { group: Some(id), order: None }), ordered: Condvar::new() });
    watch(socket.try_clone()?, Arc::clone(&led))?;
    let fate = adopted::wait_for(id)?;
    if fate.is_by_a_signal_for_all() {
        led.wait_for_an_order();
    }
    led.wait_for_those_left(id);
    led.obey(Order::Kill);
    // Before the number is free: whoever finds this process dead afterwards must not signal it.
    let _ = Report::Ended(id.as_raw_pid()).send(&mut socket);
    led.reap(child)?;
    adopted::end();
    tell(fate, &mut socket);
    Ok(())
}

/// Lets the signals pass that a service manager or a terminal sends to every process of a job: the step gets them too, and
/// decides. A signal with a handler has its default again in a program that is executed, one that is ignored stays ignored.
fn outlive_signals() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _inside = runtime.enter();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        if !is_ignored(kind) {
            // The handler stays until the process ends.
            drop(signal(kind)?);
        }
    }
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
fn watch(mut socket: UnixStream, led: Arc<Led>) -> io::Result<()> {
    let watching = move || {
        loop {
            let order = Order::receive(&mut socket);
            led.obey(order);
            if order == Order::Kill {
                return;
            }
        }
    };
    thread::Builder::new().name("watch".to_owned()).spawn(watching).map(|_| ())
}

impl Led {
    /// Sends the signal of an order to the group.
    fn obey(&self, order: Order) {
        let mut state = self.lock();
        state.order = state.order.max(Some(order));
        self.ordered.notify_all();
        let Some(command) = state.group else { return };
        let signal = match order {
            Order::Terminate => Signal::TERM,
            Order::Kill => Signal::KILL,
        };
        // A group of which only the unreaped command is left takes no signal, and needs none.
        let _ = kill_process_group(command, signal);
        if order == Order::Kill {
            // It may have joined another group than the one it began.
            let _ = kill_process(command, signal);
        }
    }

    /// Who stops a service or hangs up tells the command as well, and it may be gone before the step has heard of it. Then the
    /// order is about to come.
    fn wait_for_an_order(&self) {
        let none = |state: &mut State| state.order.is_none();
        drop(self.ordered.wait_timeout_while(self.lock(), HEARSAY, none));
    }

    /// Once the command was asked to end, those whom it leaves have the rest of the grace, unless an order to kill cuts it
    /// short. Without that, what a command leaves has no business to go on.
    fn wait_for_those_left(&self, command: Pid) {
        let mut left = Left::by(command);
        let mut state = self.lock();
        while state.order == Some(Order::Terminate) && left.ask() {
            state = self.ordered.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Lets go of the number of the command.
    fn reap(&self, mut child: Child) -> io::Result<()> {
        self.lock().group = None;
        child.wait().map(|_| ())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
