//! The only room that prints: answers to stdout, words to stderr. A closed pipe ends the printing, not the job.

mod frames;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};

use overnight_db::without_password;
use overnight_framework::registry::RegistryError;
use overnight_framework::yaml::{Paint, Problems};
use serde_json::Value;

use super::answer::{Answer, Shape, View};
use super::arguments::{Colour, Format, OutputArguments, StoreArguments};
use super::exit::{Exit, Failure};
use super::table::Look;
use super::terminal::{self, Stream, paint};
pub(super) use crate::quoted::quoted;

pub(super) use self::frames::Newest;

/// Where and how answers are printed.
#[derive(Debug)]
pub(super) struct Output {
    format: Format,
    view: View,
    /// The colours of stderr.
    paint: Paint,
    /// The options of this command line without which another one would look elsewhere.
    elsewhere: String,
    /// Whether the names of the answer were printed before it.
    is_announced: Cell<bool>,
    /// Whether an answer could not be printed.
    is_incomplete: Cell<bool>,
    /// Whether nobody reads the answers any more.
    is_unheard: Cell<bool>,
}

impl Output {
    pub(super) fn new(arguments: &OutputArguments, store: &StoreArguments) -> Self {
        let format = arguments.output;
        let paint_of = |stream| paint(arguments.color, stream);
        let view = View {
            time: arguments.time_format.clone().unwrap_or_default(),
            is_wide: format == Format::Wide,
            chosen: arguments.columns.clone(),
            look: Look {
                has_headers: !arguments.no_headers,
                paint: paint_of(Stream::Stdout),
                width: terminal::width,
                ..Look::default()
            },
        };
        Self {
            format,
            view,
            paint: paint_of(Stream::Stderr),
            elsewhere: elsewhere(store),
            is_announced: Cell::default(),
            is_incomplete: Cell::default(),
            is_unheard: Cell::default(),
        }
    }

    /// The form of the answers.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// The columns or keys that somebody wants to see.
    pub(super) fn chosen(&self) -> &[String] {
        &self.view.chosen
    }

    /// Prints one answer in the form that was asked for.
    pub(super) fn answer<A: Answer>(&self, answer: &A) {
        if self.format == Format::Name && self.is_announced.get() {
            return;
        }
        match self.rendered(answer) {
            Ok(text) => self.print(&text),
            Err(error) => self.incomplete(&error),
        }
    }

    /// An answer in the form that was asked for.
    fn rendered<A: Answer>(&self, answer: &A) -> io::Result<String> {
        match self.format {
            Format::Table | Format::Wide => Ok(answer.text(&self.view)),
            Format::Name => Ok(lines(&answer.names())),
            Format::Json | Format::Jsonl | Format::Yaml | Format::Sarif | Format::Dot => {
                written(self.format, &A::shape().choose(answer.json(), &self.view.chosen))
            }
        }
    }

    /// Prints what people and scripts want to know before the answer, such as the id of a job that is about to run. Programs
    /// get one document, and find it there.
    pub(super) fn announce(&self, answer: &impl Answer) {
        if matches!(self.format, Format::Table | Format::Wide | Format::Name) {
            self.answer(answer);
            self.is_announced.set(true);
        }
    }

    /// Prints an answer for programs.
    pub(super) fn data(&self, shape: &Shape, json: Value) {
        let json = shape.choose(json, &self.view.chosen);
        match written(self.format, &json) {
            Ok(text) => self.print(&text),
            Err(error) => self.incomplete(&error),
        }
    }

    /// Prints text to stdout as it is.
    pub(super) fn print(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        if let Err(error) = printed {
            self.is_unheard.set(true);
            if let Err(error) = heard(Err(error)) {
                self.incomplete(&error);
            }
        }
    }

    /// Whether nobody reads the answers any more.
    pub(super) fn is_unheard(&self) -> bool {
        self.is_unheard.get() || terminal::is_hung_up()
    }

    /// What goes wrong is said once, and told by [`Output::exit`] in the end; the job goes on.
    fn incomplete(&self, error: &io::Error) {
        if !self.is_incomplete.replace(true) {
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

/// Prints the help, or what is wrong with a command line, in the colours of everything else.
pub(super) fn print_usage(error: &clap::Error, colour: Colour) -> io::Result<()> {
    let text = error.render();
    // What is painted cannot be told from what an argument would paint.
    let is_harmless = !std::env::args_os().any(|argument| argument.to_string_lossy().contains(char::is_control));
    let painted = |stream| match paint(colour, stream) {
        Paint::Colour if is_harmless => text.ansi().to_string(),
        Paint::Colour | Paint::Plain => escaped(&text.to_string(), &['\n']),
    };
    if error.use_stderr() {
        io::stderr().lock().write_all(painted(Stream::Stderr).as_bytes())
    } else {
        io::stdout().lock().write_all(painted(Stream::Stdout).as_bytes())
    }
}

/// Prints what is wrong with the program itself, before any command line is read.
pub(super) fn program_is_wrong(error: &RegistryError) -> Exit {
    let told: String = error.problems.iter().map(|problem| format!("error: {problem}\n")).collect();
    // Whoever cannot be told sees the exit code.
    let _ = io::stderr().lock().write_all(told.as_bytes());
    Exit::Invalid
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

/// A line is written whole, so that those of two programs do not mix.
fn print(words: &str) {
    // Nobody who hears nothing can be told so.
    let _ = io::stderr().lock().write_all(format!("{words}\n").as_bytes());
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

/// JSON in one of its forms, with a newline at its end.
fn written(format: Format, json: &Value) -> io::Result<String> {
    match (format, json) {
        (Format::Yaml, _) => serde_yaml::to_string(json).map_err(io::Error::other),
        (Format::Jsonl, Value::Array(records)) => Ok(lines(records)),
        (Format::Jsonl, record) => Ok(format!("{record}\n")),
        _ => Ok(format!("{json:#}\n")),
    }
}

fn lines(records: &[impl std::fmt::Display]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// Whether stderr is a terminal on which a line can move.
pub(super) fn is_live() -> bool {
    terminal::is_live(Stream::Stderr)
}

/// The options that say where the records are, as they are typed behind a verb. A password is left out, and nothing stands in its
/// place: what is copied asks the same database, with the password of PGPASSWORD or ~/.pgpass, or is refused by it.
fn elsewhere(store: &StoreArguments) -> String {
    let database = store.database.as_deref().map(|url| quoted(&as_copied(url)));
    let project = store.project.as_deref().map(quoted);
    let option =
        |name: &str, value: Option<String>| value.map(|value| format!(" --{name} {value}")).unwrap_or_default();
    option("database", database) + &option("project", project)
}

/// The address without its password, and without the stars that messages have for it.
fn as_copied(url: &str) -> String {
    let masked = without_password(url);
    if masked == url {
        return masked;
    }
    let (place, query) = masked.split_once('?').unwrap_or((&masked, ""));
    let flags: Vec<_> = query.split('&').filter(|flag| !flag.is_empty() && !flag.ends_with("password=***")).collect();
    let question = if flags.is_empty() { "" } else { "?" };
    format!("{}{question}{}", place.replacen(":***@", "@", 1), flags.join("&"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn output(database: Option<&str>, project: Option<&str>) -> Output {
        let store = StoreArguments { database: database.map(str::to_owned), project: project.map(str::to_owned) };
        Output::new(&OutputArguments::default(), &store)
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
        for (url, shown) in [
            ("postgres://u:secret@h/d", "postgres://u@h/d"),
            ("postgres://h/d?password=secret", "postgres://h/d"),
            ("postgres://u:secret@h/d?sslmode=require&password=secret", "'postgres://u@h/d?sslmode=require'"),
            ("postgres://u@h:5432/d", "postgres://u@h:5432/d"),
        ] {
            let printed = elsewhere(&StoreArguments { database: Some(url.to_owned()), project: None });
            assert_eq!(printed, format!(" --database {shown}"));
        }
    }

    #[test]
    fn a_list_is_one_document_or_a_line_for_each_record() {
        let json = json!([{ "id": 1, "word": "no" }, { "id": 2, "word": "a\nb" }]);
        let written = |format| written(format, &json).unwrap();
        assert_eq!(written(Format::Jsonl), "{\"id\":1,\"word\":\"no\"}\n{\"id\":2,\"word\":\"a\\nb\"}\n");
        assert_eq!(serde_json::from_str::<Value>(&written(Format::Json)).unwrap(), json);
        assert_eq!(serde_yaml::from_str::<Value>(&written(Format::Yaml)).unwrap(), json);
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
