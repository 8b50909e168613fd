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
    interrupts: Signals,
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
        Ok(Self {
            interrupts: signal(SignalKind::interrupt())?,
            terminations: signal(SignalKind::terminate())?,
            hangups: if hangups_are_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    async fn next(&mut self) -> Signal {
        let hangups = &mut self.hangups;
        let hangup = async {
            match hangups {
                Some(hangups) => hangups.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupts.recv() => Signal::Interrupt,
            _ = self.terminations.recv() => Signal::Terminate,
            _ = hangup => Signal::HangUp,
        }
    }
}

/// Whether somebody, such as `nohup`, wants this process to outlive its terminal. Where there is no such page of the kernel
/// nobody can tell.
fn hangups_are_ignored() -> bool {
    let page = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = page.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is signal 1.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
