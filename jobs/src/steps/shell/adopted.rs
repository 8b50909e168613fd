//! Processes that have left the group of their command: those that `setsid`, `timeout` and the job control of shells start.
//!
//! No signal to the group reaches them. On Linux they become children of the leader when their parent ends, whatever groups
//! and sessions they are in, because the leader asked for them; so when the command has ended, the leader kills its children
//! until there are none. Elsewhere they get away.

#[cfg(target_os = "linux")]
pub(super) use self::linux::{begin, end, wait_for};
#[cfg(not(target_os = "linux"))]
pub(super) use self::others::{begin, end, wait_for};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::io;

    use rustix::io::Errno;
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpid, kill_process, set_child_subreaper, waitid};

    /// Makes this process the parent of every orphan below it.
    pub(in super::super) fn begin() {
        // A sandbox may refuse it; then the group is what is killed, as on other systems.
        let _ = set_child_subreaper(Some(getpid()));
    }

    /// Waits until the command has ended, which stays to be reaped. Orphans that end before it are reaped, as the first
    /// process of the system would do: a long command may leave many.
    pub(in super::super) fn wait_for(command: Pid) -> io::Result<()> {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let mut whom = WaitId::All;
        loop {
            match waitid(whom.clone(), ended) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            if waitid(WaitId::Pid(command), ended | WaitIdOptions::NOHANG)?.is_some() {
                return Ok(());
            }
            if !reap_orphans(command) {
                // Without a list of processes nothing tells which one has ended.
                whom = WaitId::Pid(command);
            }
        }
    }

    /// Kills and reaps every child, and those who become children by that, until none is left. One that this user must not
    /// kill stays.
    pub(in super::super) fn end() {
        loop {
            match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) if kill_children() => {
                    // Until it is reaped, here or in the next turn, the number of a child is not used again.
                    let _ = waitid(WaitId::All, WaitIdOptions::EXITED);
                }
                // Without children the answer is ECHILD.
                Ok(None) | Err(_) => return,
            }
        }
    }

    /// Whether any child was there to be killed.
    fn kill_children() -> bool {
        let killed = children().into_iter().filter(|child| kill_process(*child, Signal::KILL).is_ok());
        killed.count() > 0
    }

    /// Whether any child but the command had ended.
    fn reap_orphans(command: Pid) -> bool {
        let reap = |child| waitid(WaitId::Pid(child), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
        let orphans = children().into_iter().filter(|child| *child != command);
        orphans.filter(|orphan| matches!(reap(*orphan), Ok(Some(_)))).count() > 0
    }

    /// The processes whose parent is this one. Not every kernel has a list of them ready.
    fn children() -> Vec<Pid> {
        let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
        let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        numbers.filter(|number| parent(*number) == Some(getpid().as_raw_pid())).filter_map(Pid::from_raw).collect()
    }

    /// The second word behind the name, which stands in parentheses and may be anything.
    fn parent(process: i32) -> Option<i32> {
        let status = fs::read(format!("/proc/{process}/stat")).ok()?;
        let behind = status.iter().rposition(|byte| *byte == b')')? + 1;
        str::from_utf8(status.get(behind..)?).ok()?.split_whitespace().nth(1)?.parse().ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    use std::io;

    use rustix::io::Errno;
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

    pub(in super::super) fn begin() {}

    pub(in super::super) fn wait_for(command: Pid) -> io::Result<()> {
        loop {
            match waitid(WaitId::Pid(command), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Err(Errno::INTR) => {}
                ended => return ended.map(|_| ()).map_err(Into::into),
            }
        }
    }

    pub(in super::super) fn end() {}
}
