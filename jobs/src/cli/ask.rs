//! Asks for parameters that were not given: on a terminal alone, before anything is written.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};

use overnight_framework::job::Job;
use overnight_framework::params::{GivenParams, ParamDeclaration};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::exit::Failure;
use super::output;
use super::run::leave;
use super::signals;

/// Whether somebody is there to answer, who was not told to be left in peace.
pub(super) fn is_possible(no_input: bool) -> bool {
    !no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for each of `lacking` until the answer is one that the job takes, and adds it to `given`. An empty answer leaves out what
/// may be left out. At the end of the input the rest stays as it is.
///
/// # Errors
/// When an answer cannot be a parameter at all.
pub(super) fn for_params(lacking: &[&ParamDeclaration], job: &Job, given: &mut GivenParams) -> Result<(), Failure> {
    let terminal = Terminal::open();
    let count = lacking.len();
    let what = if count == 1 { "a parameter".to_owned() } else { format!("{count} parameters") };
    output::say(&format!("{} needs {what}; Ctrl-C leaves, and nothing is written", job.name));
    for param in lacking {
        loop {
            let Some(answer) = terminal.ask(&question(param), param.secret) else { return Ok(()) };
            match taken(param, &answer, job)? {
                Ok(answer) => break given.extend(answer),
                Err(problem) => output::say(&format!("  {problem}")),
            }
        }
    }
    Ok(())
}

/// The answer as a parameter, or what is wrong with it.
fn taken(param: &ParamDeclaration, answer: &str, job: &Job) -> Result<Result<GivenParams, String>, Failure> {
    let name = &param.name;
    let mut given = GivenParams::default();
    match answer {
        "" if param.required && param.default.is_none() => return Ok(Err(format!("`{name}` has to be given"))),
        "" if param.default.is_some() => {}
        // Said, so that nobody takes it for forgotten.
        "" => given = GivenParams::from_json(&format!(r#"{{"{name}": null}}"#))?,
        answer => given.set_pair(&format!("{name}={answer}"))?,
    }
    let alone = Job { params: vec![(*param).clone()], ..job.clone() };
    Ok(match alone.bind(&given) {
        Ok(_) => Ok(given),
        Err(error) => Err(error.to_string()),
    })
}

/// What is asked: what the parameter is for, and what it may be.
fn question(param: &ParamDeclaration) -> String {
    let description = param.description.iter().map(|text| format!("{}\n", text.trim_end()));
    let mut rules = vec![param.kind.expectation().to_owned()];
    if !param.choices.is_empty() {
        let choices: Vec<_> = param.choices.iter().map(ToString::to_string).collect();
        rules = vec![format!("one of {}", choices.join(", "))];
    }
    rules.extend(param.minimum.as_ref().map(|least| format!("at least {least}")));
    rules.extend(param.maximum.as_ref().map(|most| format!("at most {most}")));
    rules.extend(
        param.pattern.as_ref().map(|pattern| format!("matching {}", ParamDeclaration::written_pattern(pattern))),
    );
    rules.extend(param.default.as_ref().filter(|_| !param.secret).map(|value| format!("empty for {value}")));
    rules.extend(param.secret.then(|| "not shown while you type".to_owned()));
    rules.extend((!param.required).then(|| "empty for none".to_owned()));
    format!("{}{} ({}): ", description.collect::<String>(), param.name, rules.join("; "))
}

/// The terminal, with its settings as they were found.
struct Terminal {
    found: Option<Termios>,
    /// The settings to go back to when a signal ends the process while nothing that is typed is shown.
    hidden: Arc<Mutex<Option<Termios>>>,
}

impl Terminal {
    /// A signal ends the process from here until the run listens for itself: behind the last question a store may have to be
    /// waited for.
    fn open() -> Self {
        let hidden = Arc::<Mutex<Option<Termios>>>::default();
        let restored = Arc::clone(&hidden);
        let listening = signals::listen(move |signal| {
            show_again(&restored);
            output::ask("\n");
            leave(signal)
        });
        if let Err(error) = listening {
            tracing::warn!(%error, "Ctrl-C will end the process at once");
        }
        Self { found: tcgetattr(io::stdin()).ok(), hidden }
    }

    /// The line that is typed as the answer; `None` at the end of the input.
    fn ask(&self, question: &str, is_secret: bool) -> Option<String> {
        // Before the question is seen: who pastes the answer at once must not see it either.
        if is_secret {
            self.hide();
        }
        output::ask(question);
        let mut line = Vec::new();
        let read = io::stdin().lock().read_until(b'\n', &mut line);
        show_again(&self.hidden);
        if !read.is_ok_and(|read| read > 0) {
            output::ask("\n");
            return None;
        }
        match String::from_utf8(line) {
            Ok(line) => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
            Err(_) => {
                output::say("what was typed is no text in UTF-8");
                self.ask(question, is_secret)
            }
        }
    }

    /// Lets the terminal show the end of the line and nothing else of it.
    fn hide(&self) {
        let Some(found) = self.found.clone() else { return };
        let mut silent = found.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL);
        *self.hidden.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &silent);
    }
}

fn show_again(hidden: &Mutex<Option<Termios>>) {
    if let Some(found) = hidden.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &found);
    }
}

#[cfg(test)]
mod tests {
    use overnight_framework::params::ParamType;
    use overnight_framework::row::Value;

    use super::*;

    fn param(kind: ParamType) -> ParamDeclaration {
        ParamDeclaration { required: true, ..ParamDeclaration::new("day", kind) }
    }

    #[test]
    fn a_question_says_what_it_is_for_and_what_is_taken() {
        let day = ParamDeclaration { description: Some("The day to close".to_owned()), ..param(ParamType::Date) };
        assert_eq!(question(&day), "The day to close\nday (a date such as 2026-10-30): ");
        let choices = vec![Value::from("full"), Value::from("delta")];
        assert_eq!(question(&ParamDeclaration { choices, ..param(ParamType::String) }), "day (one of full, delta): ");
        let range = ParamDeclaration {
            minimum: Some(Value::Int(1)),
            maximum: Some(Value::Int(9)),
            ..param(ParamType::Integer)
        };
        assert_eq!(question(&range), "day (an integer of at most 64 bits; at least 1; at most 9): ");
        let secret = ParamDeclaration { secret: true, required: false, ..param(ParamType::String) };
        assert_eq!(question(&secret), "day (a string; not shown while you type; empty for none): ");
    }

    #[test]
    fn an_answer_is_judged_at_once() {
        let job = Job::new("close");
        let taken =
            |param: &ParamDeclaration, answer: &str| taken(param, answer, &job).unwrap().map(|given| given.is_empty());
        assert_eq!(taken(&param(ParamType::Date), "2026-10-30"), Ok(false));
        assert_eq!(taken(&param(ParamType::Date), ""), Err("`day` has to be given".to_owned()));
        assert!(taken(&param(ParamType::Date), "today").unwrap_err().contains("expected a date such as 2026-10-30"));
        let optional = ParamDeclaration { required: false, ..param(ParamType::Date) };
        assert_eq!(taken(&optional, ""), Ok(false));
    }
}
