//! What the step and the leader of its command say to each other over their socket.

use std::fmt;
use std::io::{self, BufRead, Write};

use rustix::process::{Signal, WaitIdStatus};

/// From the leader to the step, a line each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The command runs, and this is the number of its group.
    Started(i32),
    /// The command has ended, nothing else is left in its group, and the number of it is about to be free.
    Ended(i32),
    /// The command does not run, or not any more.
    Over(Fate),
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It could not be started; the number is the system's error.
    Refused(i32),
    /// It ended with this status.
    Exited(i32),
    /// A signal ended it.
    Killed(i32),
}

impl Fate {
    /// Whether it looks like the work of a signal that was meant for more than the command: a terminal and a service manager
    /// send theirs to every process. A shell whose child it ends may say so by its status.
    pub(super) fn is_by_a_signal_for_all(self) -> bool {
        let signal = match self {
            Self::Refused(_) => return false,
            Self::Exited(status) => status - 128,
            Self::Killed(signal) => signal,
        };
        [Signal::HUP, Signal::INT, Signal::TERM].iter().any(|known| known.as_raw() == signal)
    }
}

impl From<WaitIdStatus> for Fate {
    fn from(status: WaitIdStatus) -> Self {
        match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, signal) => Self::Killed(signal.unwrap_or_default()),
        }
    }
}

impl Report {
    pub(super) fn send(self, to: &mut impl Write) -> io::Result<()> {
        // In one piece, so that a reader never sees half a line.
        to.write_all(format!("{self}\n").as_bytes())
    }

    /// The next report; none when the leader is gone.
    pub(super) fn receive(from: &mut impl BufRead) -> Option<Self> {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        let (word, number) = line.strip_suffix('\n')?.split_once(' ')?;
        let number = number.parse().ok()?;
        Some(match word {
            "started" => Self::Started(number),
            "ended" => Self::Ended(number),
            "refused" => Self::Over(Fate::Refused(number)),
            "exited" => Self::Over(Fate::Exited(number)),
            "killed" => Self::Over(Fate::Killed(number)),
            _ => return None,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, number) = match self {
            Self::Started(group) => ("started", group),
            Self::Ended(group) => ("ended", group),
            Self::Over(Fate::Refused(error)) => ("refused", error),
            Self::Over(Fate::Exited(code)) => ("exited", code),
            Self::Over(Fate::Killed(signal)) => ("killed", signal),
        };
        write!(f, "{word} {number}")
    }
}

/// From the step to the leader, a byte each: the signal for the group. The end of the socket stands for `Kill`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
}

impl Order {
    pub(super) fn send(self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(match self {
            Self::Terminate => b"t",
            Self::Kill => b"k",
        })
    }

    /// The next order; the end of the socket and anything unknown stand for `Kill`.
    pub(super) fn receive(from: &mut impl io::Read) -> Self {
        let mut byte = [0];
        match from.read_exact(&mut byte) {
            Ok(()) if byte == *b"t" => Self::Terminate,
            _ => Self::Kill,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_come_through_and_half_a_report_is_none() {
        let over = [Fate::Refused(2), Fate::Exited(3), Fate::Killed(9)].map(Report::Over);
        let reports = [Report::Started(77), Report::Ended(77), over[0], over[1], over[2]];
        let mut sent = Vec::new();
        reports.iter().try_for_each(|report| report.send(&mut sent)).unwrap();
        sent.extend(b"exited 0");
        let mut read = sent.as_slice();
        assert_eq!(reports.map(|_| Report::receive(&mut read)), reports.map(Some));
        assert_eq!(Report::receive(&mut read), None);
    }

    #[test]
    fn the_end_of_the_socket_is_an_order_to_kill() {
        let mut sent = Vec::new();
        Order::Terminate.send(&mut sent).unwrap();
        let mut read = sent.as_slice();
        assert_eq!(Order::receive(&mut read), Order::Terminate);
        assert_eq!(Order::receive(&mut read), Order::Kill);
    }
}
