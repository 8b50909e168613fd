//! Ctrl-C, SIGTERM and SIGHUP as messages.

use std::future::pending;
use std::io;
use std::thread;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

/// A signal that asks the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal is gone, such as one over ssh.
    HangUp,
}

/// What is listened to.
struct Ears {
    /// `None` below a shell that runs this process in the background of a script.
    interrupts: Option<Signals>,
    terminations: Signals,
    /// `None` below `nohup`.
    hangups: Option<Signals>,
}

/// Calls `hear` with each signal from now until the process ends, on a thread of its own. None is lost that comes after the
/// answer.
///
/// # Errors
/// When the process cannot listen for signals.
pub(super) fn listen(mut hear: impl FnMut(Signal) + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut ears = Ears::open(&runtime)?;
    let listening = move || {
        runtime.block_on(async {
            loop {
                hear(ears.next().await);
            }
        })
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listening)?;
    Ok(())
}

impl Ears {
    fn open(runtime: &Runtime) -> io::Result<Self> {
        let _inside = runtime.enter();
        let listen = |kind| if is_ignored(kind) { Ok(None) } else { signal(kind).map(Some) };
        Ok(Self {
            interrupts: listen(SignalKind::interrupt())?,
            terminations: signal(SignalKind::terminate())?,
            hangups: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            () = next(&mut self.interrupts) => Signal::Interrupt,
            _ = self.terminations.recv() => Signal::Terminate,
            () = next(&mut self.hangups) => Signal::HangUp,
        }
    }
}

async fn next(signals: &mut Option<Signals>) {
    match signals {
        Some(signals) => drop(signals.recv().await),
        None => pending().await,
    }
}

/// Whether somebody wants this process to outlive a signal of its terminal: the loss of it, or a Ctrl-C that is meant for others.
/// Where there is no such page of the kernel nobody can tell.
fn is_ignored(signal: SignalKind) -> bool {
    let page = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = page.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    // The lowest bit is signal 1.
    let bit = u32::try_from(signal.as_raw_value() - 1).unwrap_or_default();
    mask >> bit & 1 == 1
}
