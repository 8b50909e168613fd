//! The step's side of a running command: starting its leader, and the events that come from it.

use std::io::{self, BufReader};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process_group};

use super::lines::{Line, read_lines};
use super::report::{Order, Report};
use super::settings::CommandLine;
use super::shim;

/// How many lines may wait for whoever watches the run.
const WAITING: usize = 256;

/// Something that a running command does.
pub(super) enum Event {
    /// It wrote a line.
    Line(Line),
    /// One of its two outputs is closed.
    OutputClosed,
    /// The leader says something.
    Report(Report),
    /// The leader says nothing more.
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
        // The leader kills what is left and ends.
        let _ = self.socket.shutdown(Shutdown::Both);
        let _ = self.leader.wait();
    }
}

/// Kills the group of a command whose leader was killed: the only one left who knows it.
pub(super) fn kill_orphans(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// On Linux by the link of the process, which works also when the file was replaced by a newer one.
fn own_executable() -> PathBuf {
    let link = Path::new("/proc/self/exe");
    if link.exists() { link.to_owned() } else { std::env::current_exe().unwrap_or_default() }
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

fn listen(socket: UnixStream, events: SyncSender<Event>) -> io::Result<()> {
    let listening = move || {
        let mut socket = BufReader::new(socket);
        while let Some(report) = Report::receive(&mut socket) {
            if events.send(Event::Report(report)).is_err() {
                return;
            }
        }
        let _ = events.send(Event::LeaderGone);
    };
    thread::Builder::new().name("leader".to_owned()).spawn(listening).map(|_| ())
}
