//! The only room that prints: answers to stdout, words to stderr. A closed pipe ends the printing, not the job.

use std::io::{self, Write};

use serde_json::Value;

use super::arguments::{Format, OutputArguments};
use super::exit::Failure;
use super::table::Table;
use super::time::TimeFormat;

/// Where and how answers are printed.
#[derive(Debug)]
pub(super) struct Output {
    format: Format,
    time: TimeFormat,
}

impl Output {
    pub(super) fn new(arguments: &OutputArguments) -> Self {
        Self { format: arguments.output, time: TimeFormat::new(arguments.time_format.as_deref()) }
    }

    /// How times are shown in tables.
    pub(super) fn time(&self) -> &TimeFormat {
        &self.time
    }

    /// Prints one answer in the form that was asked for.
    pub(super) fn answer(&self, table: impl FnOnce() -> Table, json: impl FnOnce() -> Value) {
        match self.format {
            Format::Table => self.text(&table().render()),
            Format::Json => self.text(&format!("{:#}\n", json())),
        }
    }

    /// Prints a table that only people want to see, such as the id of a job that is about to run.
    pub(super) fn table_only(&self, table: impl FnOnce() -> Table) {
        if self.format == Format::Table {
            self.text(&table().render());
        }
    }

    /// Prints text to stdout as it is.
    #[expect(clippy::unused_self, reason = "whoever prints holds the output")]
    pub(super) fn text(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        // Whoever closed the pipe does not want to read more.
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    /// Says something to whoever watches, on stderr.
    #[expect(clippy::unused_self, reason = "whoever prints holds the output")]
    pub(super) fn say(&self, words: &str) {
        say(words);
    }

    /// Says why a verb was not done, and what to do.
    pub(super) fn failure(&self, failure: &Failure) {
        let lead = if failure.message.starts_with("error") { "" } else { "error: " };
        self.say(&format!("{lead}{}", failure.message.trim_end()));
        if let Some(help) = &failure.help {
            self.say(&format!("  help: {help}"));
        }
    }
}

/// Says something to whoever watches, on stderr.
pub(super) fn say(words: &str) {
    // Nobody who hears nothing can be told so.
    let _ = writeln!(io::stderr().lock(), "{words}");
}
