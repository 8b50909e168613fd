//! What is known of the terminal: whether there is one, its colours, its size.

use std::io::{self, IsTerminal as _};

use overnight_framework::yaml::Paint;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{Winsize, tcgetwinsize};

use super::arguments::Colour;

/// One of the two streams. Each has a terminal of its own, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }
}

/// Whether a stream is a terminal on which a line can move.
pub(super) fn is_live(stream: Stream) -> bool {
    stream.is_terminal() && std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Whether whoever read stdout is gone. Writing would tell as well, but there may be nothing to write.
pub(super) fn is_hung_up() -> bool {
    let stdout = io::stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let answered = poll(&mut asked, Some(&Timespec::default()));
    answered.is_ok() && asked.iter().any(|stream| stream.revents().intersects(PollFlags::ERR | PollFlags::HUP))
}

/// How many columns the terminal of stderr has just now, where a line moves.
pub(super) fn width_of_stderr() -> usize {
    const USUAL: usize = 80;
    let size = tcgetwinsize(io::stderr()).map(|size| usize::from(size.ws_col));
    size.ok().filter(|width| *width > 0).unwrap_or(USUAL)
}

/// How many columns the terminal of stdout has, if it is one: as many as `COLUMNS` says, which is what somebody wants.
pub(super) fn width() -> Option<usize> {
    size("COLUMNS", |size| size.ws_col)
}

/// How many lines it has.
pub(super) fn height() -> Option<usize> {
    size("LINES", |size| size.ws_row)
}

fn size(variable: &str, of: impl Fn(Winsize) -> u16) -> Option<usize> {
    if !Stream::Stdout.is_terminal() {
        return None;
    }
    let wanted = std::env::var(variable).ok().and_then(|wanted| wanted.parse().ok());
    let known = || tcgetwinsize(io::stdout()).ok().map(|size| usize::from(of(size)));
    // A terminal that does not know its size, as over a serial line, says 0.
    wanted.or_else(known).filter(|size| *size > 0)
}

/// The colours of a stream: what was asked for, and else what the environment says.
pub(super) fn paint(colour: Colour, stream: Stream) -> Paint {
    let is_painted = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => is_painted(stream.is_terminal(), |name| std::env::var(name).unwrap_or_default()),
    };
    if is_painted { Paint::Colour } else { Paint::Plain }
}

/// In the order of the field, which is that of anstyle and so of most command lines in Rust: who wants no colours is heard first.
fn is_painted(is_terminal: bool, variable: impl Fn(&str) -> String) -> bool {
    let is_set = |name| !variable(name).is_empty();
    let is_forced = is_set("CLICOLOR_FORCE") && variable("CLICOLOR_FORCE") != "0";
    let can_paint = is_terminal && is_set("TERM") && variable("TERM") != "dumb";
    !is_set("NO_COLOR") && (is_forced || can_paint && variable("CLICOLOR") != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(is_terminal: bool, variables: &[(&str, &str)]) -> bool {
        is_painted(is_terminal, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()).unwrap_or_default()
        })
    }

    #[test]
    fn only_a_terminal_that_wants_colours_gets_them() {
        assert!(painted(true, &[("TERM", "xterm")]));
        for plain in [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", ""), ("CLICOLOR", "0")] {
            assert!(!painted(true, &[plain, ("TERM", "xterm")]), "{plain:?}");
        }
        assert!(!painted(false, &[("TERM", "xterm")]));
    }

    #[test]
    fn colours_are_forced_unless_nobody_wants_any() {
        assert!(painted(false, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")]));
        assert!(!painted(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!painted(true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(painted(true, &[("NO_COLOR", ""), ("TERM", "xterm")]));
    }
}
