//! The step's side of a running command: starting its leader, and the events that come from it.

use std::io::{self, BufReader};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process_group};

use super::lines::{Line, read_lines};
use super::report::{Fate, Order, Report};
use super::settings::CommandLine;
use super::shim;
use crate::executable::own_executable;

/// How many lines may wait for whoever watches the run.
const WAITING: usize = 256;

/// Something that a running command does.
pub(super) enum Event {
    /// It wrote a line.
    Line(Line),
    /// One of its two outputs is closed.
    OutputClosed,
    /// The command does not run, or not any more.
    Over(Fate),
    /// The leader says nothing more. If it was killed, its command is killed too.
    LeaderGone,
}

/// A running command. Dropped, it is killed.
pub(super) struct Running {
    leader: Child,
    socket: UnixStream,
    pub(super) events: Receiver<Event>,
}

impl Running {
    /// Starts the leader of `line`, which starts the command.
    pub(super) fn start(line: &CommandLine, env: &[(&str, &Path)]) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new(line.leader.clone().unwrap_or_else(own_executable));
        command.arg0("overnight-leader").arg(shim::ARGUMENT).args(&line.arguments);
        command.env_clear().envs(line.env.iter().map(|(name, value)| (name, value))).envs(env.iter().copied());
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !line.dir.as_os_str().is_empty() {
            command.current_dir(&line.dir);
        }
        // Its own group as well: a Ctrl-C at the terminal is for jobctl, which decides what becomes of the command.
        let mut leader = command.process_group(0).spawn()?;
        // Without this, the end of the leader would not be the end of the socket.
        drop(command);
        let (sender, events) = sync_channel(WAITING);
        let pipes = (leader.stdout.take(), leader.stderr.take());
        let running = Self { leader, socket: ours, events };
        read(pipes.0, sender.clone())?;
        read(pipes.1, sender.clone())?;
        listen(running.socket.try_clone()?, sender)?;
        Ok(running)
    }

    /// Sends a signal to the group of the command. A leader that is gone has killed it already.
    pub(super) fn signal(&mut self, order: Order) {
        let _ = order.send(&mut self.socket);
    }

    /// Waits until the leader is gone.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.leader.wait().map(|_| ())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The leader kills what is left and ends. What it still says is heard, lest its group be killed a second time.
        let _ = self.socket.shutdown(Shutdown::Write);
        let _ = self.leader.wait();
    }
}

fn read(pipe: Option<impl io::Read + Send + 'static>, events: SyncSender<Event>) -> io::Result<()> {
    let Some(pipe) = pipe else { return Ok(()) };
    let reading = move || {
        // Whoever listens may be gone.
        let _ = read_lines(pipe, |line| events.send(Event::Line(line)).is_ok());
        let _ = events.send(Event::OutputClosed);
    };
    thread::Builder::new().name("output".to_owned()).spawn(reading).map(|_| ())
}

/// Listens to the leader. Whoever watches the run may be slow, so what follows from the end of a leader waits for nobody: the
/// sooner a signal is sent to a number, the surer it is that of the group.
fn listen(socket: UnixStream, events: SyncSender<Event>) -> io::Result<()> {
    let listening = move || {
        let mut socket = BufReader::new(socket);
        let mut group = None;
        let mut fate = None;
        while let Some(report) = Report::receive(&mut socket) {
            match report {
                Report::Started(number) => group = Some(number),
                Report::Ended(_) => group = None,
                Report::Over(how) => fate = Some(how),
            }
        }
        if let Some(group) = group {
            kill_orphans(group);
        }
        // Whoever listens may be gone.
        let _ = events.send(fate.map_or(Event::LeaderGone, Event::Over));
    };
    thread::Builder::new().name("leader".to_owned()).spawn(listening).map(|_| ())
}

/// Kills the group of a command whose leader was killed: the only one left who knows it.
fn kill_orphans(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    /// A process that stands for a stranger whose number is that of the group.
    fn stranger() -> (Child, i32) {
        let child = Command::new("sleep").arg("1000").process_group(0).spawn().unwrap();
        let number = i32::try_from(child.id()).unwrap();
        (child, number)
    }

    /// Listens to a leader that says this and is gone.
    fn hear(reports: &[Report]) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let (sender, events) = sync_channel(1);
        listen(ours, sender).unwrap();
        reports.iter().try_for_each(|report| report.send(&mut theirs)).unwrap();
        drop(theirs);
        assert!(matches!(events.recv().unwrap(), Event::LeaderGone));
    }

    #[test]
    fn the_group_of_a_leader_that_was_killed_is_killed_but_none_that_was_about_to_be_reaped() {
        let (mut spared, mut killed) = (stranger(), stranger());
        hear(&[Report::Started(spared.1), Report::Ended(spared.1)]);
        hear(&[Report::Started(killed.1)]);
        assert_eq!(killed.0.wait().unwrap().signal(), Some(Signal::KILL.as_raw()));
        // The first signal that it gets is this one.
        kill_process_group(Pid::from_raw(spared.1).unwrap(), Signal::TERM).unwrap();
        assert_eq!(spared.0.wait().unwrap().signal(), Some(Signal::TERM.as_raw()));
    }
}
