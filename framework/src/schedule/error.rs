//! Why a text is no schedule, and why a name is no time zone.

use std::fmt;
use std::ops::Range;

/// A mistake in a crontab(5) expression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduleError {
    /// Where, in bytes of the text; always between characters.
    pub span: Range<usize>,
    /// What is wrong and what was expected, in one line.
    pub message: String,
    /// What to write instead, where that can be told.
    pub help: Option<String>,
}

impl ScheduleError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for ScheduleError {}

/// A name that is no time zone of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownZone {
    /// The name.
    pub name: String,
    /// What to write instead.
    pub help: String,
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no time zone `{}`; {}", self.name, self.help)
    }
}

impl std::error::Error for UnknownZone {}
