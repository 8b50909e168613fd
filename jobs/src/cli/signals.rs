//! Ctrl-C and SIGTERM as messages.

use std::io;
use std::thread;

use tokio::signal::unix::{SignalKind, signal};

/// A signal that asks the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// Calls `hear` with each signal, on a thread of its own, until the process ends.
///
/// # Errors
/// When the process cannot listen for signals.
pub(super) fn listen(mut hear: impl FnMut(Signal) + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let listened: io::Result<()> = runtime.block_on(async {
            let mut interrupts = signal(SignalKind::interrupt())?;
            let mut terminations = signal(SignalKind::terminate())?;
            loop {
                let heard = tokio::select! {
                    _ = interrupts.recv() => Signal::Interrupt,
                    _ = terminations.recv() => Signal::Terminate,
                };
                hear(heard);
            }
        });
        if let Err(error) = listened {
            tracing::warn!(%error, "signals are not heard");
        }
    })?;
    Ok(())
}
