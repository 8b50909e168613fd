//! The signals that this process was started to ignore.

use tokio::signal::unix::SignalKind;

/// Whether somebody wants this process to outlive a signal of its terminal: the loss of it, or a Ctrl-C that is meant for others.
/// Where there is no such page of the kernel nobody can tell.
pub(crate) fn is_ignored(signal: SignalKind) -> bool {
    let page = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = page.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    // The lowest bit is signal 1.
    let bit = u32::try_from(signal.as_raw_value() - 1).unwrap_or_default();
    mask >> bit & 1 == 1
}
