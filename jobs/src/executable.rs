//! The program of this process, for those who start it once more.

use std::path::{Path, PathBuf};

/// On Linux by the link of the process, which works also when the file was replaced by a newer one.
pub(crate) fn own_executable() -> PathBuf {
    let link = Path::new("/proc/self/exe");
    if link.exists() { link.to_owned() } else { std::env::current_exe().unwrap_or_default() }
}
