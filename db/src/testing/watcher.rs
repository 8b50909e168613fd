//! Takes a server away when nobody uses it any more, also when every user was killed.

use std::fs::TryLockError;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::TestingError;
use super::programs::Programs;
use super::system::{self, Substitute};

/// Its standard input is the lock of the users, and its standard output a lock of its own, which ends when the watcher does.
///
/// In the background, so that it belongs to nobody who would have to wait for it, and deaf to signals: a Ctrl-C is for the
/// tests. A lock that cannot be had is an error of `flock`, and then the server goes at once rather than never.
const SCRIPT: &str = r#"
exec 3<&0 </dev/null
(
  trap '' HUP INT QUIT TERM
  while :; do
    flock -x 3 || break
    flock -u 3
    sleep "$3"
    flock -x -n 3 && break
  done
  "$1" -D "$2/data" -m immediate -w stop
  rm -rf "$2"
) 2>/dev/null &
"#;

/// How long a server waits for the next test: longer than the pause between two test binaries, shorter than anybody's patience.
const PATIENCE_SECONDS: &str = "5";

/// Makes sure that somebody watches this lock of users for the cluster in a folder.
pub(super) fn watch(programs: &Programs, folder: &Path, users: &Path) -> Result<(), TestingError> {
    let own = folder.join("watcher.lock");
    let held = system::lock_file(&own)?;
    match held.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(()),
        Err(TryLockError::Error(error)) => return Err(TestingError::at("lock", &own)(error)),
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", SCRIPT, "overnight-watcher"]).arg(programs.path("pg_ctl")).arg(folder);
    shell.arg(PATIENCE_SECONDS).stdin(system::lock_file(users)?).stdout(held).stderr(Stdio::null());
    // A group of its own: the runner of the tests kills the group of a test that hangs.
    shell.process_group(0);
    system::run_as(&mut shell, Substitute::find()?, Path::new("/"));
    let status = shell.status().map_err(TestingError::at("run", Path::new("sh")))?;
    if status.success() {
        Ok(())
    } else {
        Err(TestingError::new(format!("the watcher of the server failed ({status})")))
    }
}
