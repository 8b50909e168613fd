//! The only room that prints: answers to stdout, words to stderr. A closed pipe ends the printing, not the job.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind, IsTerminal as _, Write};

use overnight_framework::yaml::{Paint, Problems};
use serde_json::Value;

use super::arguments::{Format, OutputArguments, StoreArguments};
use super::exit::{Exit, Failure};
use super::table::Table;
use super::time::TimeFormat;
pub(super) use crate::quoted::quoted;

/// Where and how answers are printed.
#[derive(Debug)]
pub(super) struct Output {
    format: Format,
    time: TimeFormat,
    paint: Paint,
    /// The options of this command line without which another one would look elsewhere.
    elsewhere: String,
    /// Whether an answer could not be printed.
    is_incomplete: Cell<bool>,
}

impl Output {
    pub(super) fn new(arguments: &OutputArguments, store: &StoreArguments) -> Self {
        let time = arguments.time_format.clone().unwrap_or_default();
        Self {
            format: arguments.output,
            time,
            paint: paint_of_stderr(),
            elsewhere: elsewhere(store),
            is_incomplete: Cell::default(),
        }
    }

    /// How times are shown in tables.
    pub(super) fn time(&self) -> &TimeFormat {
        &self.time
    }

    /// The form of the answers.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Prints one answer in the form that was asked for.
    pub(super) fn answer(&self, table: impl FnOnce() -> Table, json: impl FnOnce() -> Value) {
        self.answer_text(|| table().render(), json);
    }

    /// The same where the form for people is no table.
    pub(super) fn answer_text(&self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        match self.format {
            Format::Table => self.text(&text()),
            Format::Json | Format::Sarif => self.json(&json()),
        }
    }

    /// Prints an answer for programs.
    pub(super) fn json(&self, answer: &Value) {
        self.text(&format!("{answer:#}\n"));
    }

    /// Prints a table that only people want to see, such as the id of a job that is about to run.
    pub(super) fn table_only(&self, table: impl FnOnce() -> Table) {
        if self.format == Format::Table {
            self.text(&table().render());
        }
    }

    /// Prints text to stdout as it is. What goes wrong is said, and told by [`Output::exit`] in the end; the job goes on.
    fn text(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        if let Err(error) = heard(printed)
            && !self.is_incomplete.replace(true)
        {
            self.say(&titled(&format!("cannot print the answer: {error}")));
        }
    }

    /// How a verb ends that would end with `exit`: it is not done before its answer is printed.
    pub(super) fn exit(&self, exit: Exit) -> Exit {
        if exit == Exit::Done && self.is_incomplete.get() { Exit::Error } else { exit }
    }

    /// Says something to whoever watches, on stderr.
    pub(super) fn say(&self, words: &str) {
        say(&self.runnable(words));
    }

    /// Says what to do.
    pub(super) fn help(&self, words: &str) {
        self.say(&format!("  help: {words}"));
    }

    /// Says why a verb was not done, and what to do.
    pub(super) fn failure(&self, failure: &Failure) {
        match &failure.problems {
            // Painted on purpose, and without control characters of the file.
            Some(problems) => {
                print(problems.render(self.paint).trim_end());
                print(&read_on(problems));
            }
            None => self.say(&titled(&failure.message)),
        }
        if let Some(help) = &failure.help {
            self.help(help);
        }
    }

    /// The words with the commands in them made whole: typed again elsewhere they would mean another store.
    fn runnable(&self, words: &str) -> String {
        const COMMAND: &str = "`jobctl ";
        let mut pieces = words.split(COMMAND);
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |text, piece| match piece.split_once('`') {
            Some((command, rest)) => format!("{text}{COMMAND}{command}{}`{rest}", self.elsewhere),
            None => format!("{text}{COMMAND}{piece}"),
        })
    }
}

/// Whoever closed the pipe does not want to read more: that is no error.
pub(super) fn heard(printed: io::Result<()>) -> io::Result<()> {
    printed.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// Where to read on about problems. It is no command of [`Output::runnable`]: it needs no store.
fn read_on(problems: &Problems) -> String {
    let codes: BTreeSet<_> = problems.iter().map(|problem| problem.code.as_str()).collect();
    format!("\nmore: jobctl explain {}", codes.into_iter().collect::<Vec<_>>().join(" "))
}

/// A message with the word that a person looks for.
fn titled(message: &str) -> String {
    let lead = if message.starts_with("error: ") { "" } else { "error: " };
    format!("{lead}{}", message.trim_end())
}

/// Says something to whoever watches, on stderr. Data in it cannot move the cursor or paint the terminal.
pub(super) fn say(words: &str) {
    print(&escaped(words, &['\n', '\t']));
}

/// Says something behind which the answer is typed.
pub(super) fn ask(words: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(escaped(words, &['\n', '\t']).as_bytes()).and_then(|()| stderr.flush());
}

fn print(words: &str) {
    // Nobody who hears nothing can be told so.
    let _ = writeln!(io::stderr().lock(), "{words}");
}

/// The text with its control characters shown instead of obeyed, but for those in `kept`.
pub(super) fn escaped(text: &str, kept: &[char]) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() && !kept.contains(&letter) {
            shown.extend(letter.escape_debug());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// The colours of stderr, for everything that is printed there.
fn paint_of_stderr() -> Paint {
    let variable = |name| std::env::var(name).unwrap_or_default();
    paint(io::stderr().is_terminal(), &variable("NO_COLOR"), &variable("TERM"))
}

/// Whether stderr is a terminal on which a line can move.
pub(super) fn is_live() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// How many characters have room beside each other on the terminal of stderr, just now.
pub(super) fn width_of_stderr() -> usize {
    const USUAL: usize = 80;
    let size = rustix::termios::tcgetwinsize(io::stderr());
    size.map(|size| usize::from(size.ws_col)).ok().filter(|width| *width > 0).unwrap_or(USUAL)
}

fn paint(is_terminal: bool, no_color: &str, term: &str) -> Paint {
    if is_terminal && no_color.is_empty() && term != "dumb" { Paint::Colour } else { Paint::Plain }
}

/// The options that say where the records are, as they are typed behind a verb. A password is not repeated.
fn elsewhere(store: &StoreArguments) -> String {
    let database = store.database.as_deref().map(|url| if has_password(url) { "URL".to_owned() } else { quoted(url) });
    let project = store.project.as_deref().map(quoted);
    let option =
        |name: &str, value: Option<String>| value.map(|value| format!(" --{name} {value}")).unwrap_or_default();
    option("database", database) + &option("project", project)
}

fn has_password(url: &str) -> bool {
    let user = url.split_once("://").and_then(|(_, rest)| Some(rest.rsplit_once('@')?.0));
    user.is_some_and(|user| user.contains(':')) || url.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(database: Option<&str>, project: Option<&str>) -> Output {
        let store = StoreArguments { database: database.map(str::to_owned), project: project.map(str::to_owned) };
        Output::new(&OutputArguments { output: Format::Table, time_format: None }, &store)
    }

    #[test]
    fn a_printed_command_looks_where_this_one_looked() {
        let words = "wait with `jobctl wait 1` or stop with `jobctl stop 1`; `steps` is a key";
        assert_eq!(output(None, None).runnable(words), words);
        assert_eq!(
            output(Some("/srv/my jobs.db"), Some("eod")).runnable(words),
            "wait with `jobctl wait 1 --database '/srv/my jobs.db' --project eod` or stop with \
             `jobctl stop 1 --database '/srv/my jobs.db' --project eod`; `steps` is a key"
        );
    }

    #[test]
    fn a_printed_command_shows_no_password() {
        for url in ["postgres://u:secret@h/d", "postgres://h/d?password=secret"] {
            assert_eq!(elsewhere(&StoreArguments { database: Some(url.to_owned()), project: None }), " --database URL");
        }
        let open = StoreArguments { database: Some("postgres://u@h:5432/d".to_owned()), project: None };
        assert_eq!(elsewhere(&open), " --database postgres://u@h:5432/d");
    }

    #[test]
    fn only_a_terminal_that_wants_colours_gets_them() {
        assert_eq!(paint(true, "", "xterm"), Paint::Colour);
        for (is_terminal, no_color, term) in [(false, "", "xterm"), (true, "1", "xterm"), (true, "", "dumb")] {
            assert_eq!(paint(is_terminal, no_color, term), Paint::Plain);
        }
    }

    #[test]
    fn a_message_is_called_an_error_once() {
        assert_eq!(titled("cannot"), "error: cannot");
        assert_eq!(titled("error: a\nerror: b\n"), "error: a\nerror: b");
    }

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert_eq!(escaped("a\u{1b}[31m\r\nü", &['\n']), "a\\u{1b}[31m\\r\nü");
    }
}
