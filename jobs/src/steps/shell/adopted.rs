//! Processes that have left the group of their command: those that `setsid`, `timeout` and the job control of shells start.
//!
//! No signal to the group reaches them. On Linux they become children of the leader when their parent ends, whatever groups
//! and sessions they are in, because the leader asked for them; so when the command has ended, the leader asks its children to
//! end if that was what the command was asked, and kills them until there are none. Elsewhere they get away.

#[cfg(target_os = "linux")]
pub(super) use self::linux::{Left, begin, end, wait_for};
#[cfg(not(target_os = "linux"))]
pub(super) use self::others::{Left, begin, end, wait_for};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::io;

    use rustix::io::Errno;
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpid, kill_process, set_child_subreaper, waitid};

    use super::super::report::Fate;

    /// Makes this process the parent of every orphan below it.
    pub(in super::super) fn begin() {
        // A sandbox may refuse it; then the group is what is killed, as on other systems.
        let _ = set_child_subreaper(Some(getpid()));
    }

    /// Waits until the command has ended, which stays to be reaped. Orphans that end before it are reaped, as the first
    /// process of the system would do: a long command may leave many.
    pub(in super::super) fn wait_for(command: Pid) -> io::Result<Fate> {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let mut whom = WaitId::All;
        loop {
            match waitid(whom.clone(), ended) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(status) = waitid(WaitId::Pid(command), ended | WaitIdOptions::NOHANG)? {
                return Ok(status.into());
            }
            if !reap_orphans(command) {
                // Without a list of processes nothing tells which one has ended.
                whom = WaitId::Pid(command);
            }
        }
    }

    /// What a command leaves when it ends, in its group and out of it.
    pub(in super::super) struct Left {
        /// The command, which stays to be reaped: its number is that of the group.
        command: Pid,
        /// Who was asked to end. Their numbers are not used again before they are reaped here.
        asked: Vec<Pid>,
    }

    impl Left {
        pub(in super::super) fn by(command: Pid) -> Self {
            Self { command, asked: Vec::new() }
        }

        /// Asks those who are not in the group to end, each of them once, and answers whether anybody is left. Who is in the
        /// group was asked with it.
        pub(in super::super) fn ask(&mut self) -> bool {
            loop {
                let (mut anybody, mut reaped) = (false, false);
                for process in processes().filter(|process| process.id != self.command) {
                    let (is_child, is_member) = (process.parent == getpid(), process.group == Some(self.command));
                    if is_child && reap(process.id) {
                        self.asked.retain(|asked| *asked != process.id);
                        reaped = true;
                    } else if is_child || is_member {
                        anybody = true;
                        if !is_member && !self.asked.contains(&process.id) {
                            self.asked.push(process.id);
                            let _ = kill_process(process.id, Signal::TERM);
                        }
                    }
                }
                // Whoever has ended may have left children with numbers that had been looked at before.
                if anybody || !reaped {
                    return anybody;
                }
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
        let orphans = children().into_iter().filter(|child| *child != command);
        orphans.filter(|orphan| reap(*orphan)).count() > 0
    }

    /// Whether a child had ended.
    fn reap(child: Pid) -> bool {
        matches!(waitid(WaitId::Pid(child), WaitIdOptions::EXITED | WaitIdOptions::NOHANG), Ok(Some(_)))
    }

    fn children() -> Vec<Pid> {
        processes().filter(|process| process.parent == getpid()).map(|process| process.id).collect()
    }

    struct Process {
        id: Pid,
        parent: Pid,
        /// None for one that the system itself has begun.
        group: Option<Pid>,
    }

    /// All that are to be seen. Not every kernel has a list of the children of one ready.
    fn processes() -> impl Iterator<Item = Process> {
        let entries = fs::read_dir("/proc").into_iter().flatten();
        entries.filter_map(|entry| process(entry.ok()?.file_name().to_str()?.parse().ok()?))
    }

    /// Its state, its parent and its group stand behind its name, which is in parentheses and may be anything.
    fn process(id: i32) -> Option<Process> {
        let status = fs::read(format!("/proc/{id}/stat")).ok()?;
        let behind = status.iter().rposition(|byte| *byte == b')')? + 1;
        let mut words = str::from_utf8(status.get(behind..)?).ok()?.split_whitespace().skip(1);
        let mut number = || words.next()?.parse().ok().and_then(Pid::from_raw);
        Some(Process { id: Pid::from_raw(id)?, parent: number()?, group: number() })
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    use std::io;

    use rustix::io::Errno;
    use rustix::process::{Pid, WaitId, WaitIdOptions, test_kill_process_group, waitid};

    use super::super::report::Fate;

    pub(in super::super) struct Left(Pid);

    impl Left {
        pub(in super::super) fn by(command: Pid) -> Self {
            Self(command)
        }

        pub(in super::super) fn ask(&mut self) -> bool {
            test_kill_process_group(self.0).is_ok()
        }
    }

    pub(in super::super) fn begin() {}

    pub(in super::super) fn wait_for(command: Pid) -> io::Result<Fate> {
        loop {
            match waitid(WaitId::Pid(command), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Ok(Some(status)) => return Ok(status.into()),
                Ok(None) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(in super::super) fn end() {}
}
