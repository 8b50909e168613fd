//! Ctrl-C, SIGTERM and SIGHUP as messages.

use std::future::pending;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use crate::ignored::is_ignored;

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

/// How many have listened so far; the newest of them hears alone.
static LISTENERS: AtomicUsize = AtomicUsize::new(0);

/// Calls `hear` with each signal from now until somebody else listens, or the process ends, on a thread of its own. None is lost
/// that comes after the answer: from one listener to the next there is no moment at which nobody hears.
///
/// # Errors
/// When the process cannot listen for signals.
pub(super) fn listen(mut hear: impl FnMut(Signal) + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut ears = Ears::open(&runtime)?;
    let number = LISTENERS.fetch_add(1, Ordering::Relaxed) + 1;
    let listening = move || {
        runtime.block_on(async {
            loop {
                let signal = ears.next().await;
                if LISTENERS.load(Ordering::Relaxed) != number {
                    return;
                }
                hear(signal);
            }
        });
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
