//! `--watch`: the same answer again and again. On a terminal it is drawn in place, elsewhere it is printed whenever it has changed.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use overnight_framework::operator::FindError;
use overnight_framework::stop::StopToken;

use super::answer::Answer;
use super::exit::{Exit, Failure};
use super::output::{Newest, Output};
use super::signals::{self, Signal};
use crate::chain::chain;

/// What one look has shown.
pub(super) enum Seen<A> {
    /// There may be more to see.
    Going(A),
    /// There is nothing more to see.
    Last(A),
}

/// How the watching ended.
pub(super) enum Watched<A> {
    /// With the last answer, which is printed.
    Over(A),
    /// A signal ended it.
    Heard(Signal),
    /// Nobody takes the answers any more.
    Unheard,
}

/// What the thread of the command line waits for. The store is asked on another one: while it does not answer, Ctrl-C does.
enum Event<A> {
    Seen(Result<Seen<A>, FindError>),
    Heard(Signal),
    /// Nobody looks any more.
    Blind,
}

/// Says that nobody looks any more, also after a panic: the signals keep the channel open, so that its end would never come.
struct Looking<A>(mpsc::Sender<Event<A>>);

impl<A> Drop for Looking<A> {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Blind);
    }
}

/// Looks every `interval` until the last answer was seen. A store that is away is waited for: it says nothing of the jobs.
pub(super) fn run<A: Answer + Send + 'static>(
    interval: Duration,
    output: &Output,
    newest: Newest,
    look: impl FnMut() -> Result<Seen<A>, FindError> + Send + 'static,
) -> Result<Watched<A>, Failure> {
    let (events, incoming) = mpsc::channel();
    let heard = events.clone();
    if let Err(error) = signals::listen(move |signal| drop(heard.send(Event::Heard(signal)))) {
        tracing::warn!(%error, "Ctrl-C will end the process at once");
    }
    let watching =
        thread::Builder::new().name("watch".to_owned()).spawn(move || look_on(interval, look, &Looking(events)));
    watching.map_err(|error| Failure::new(Exit::Error, format!("cannot start a thread: {error}")))?;
    let mut frames = output.frames(newest);
    let mut is_away = false;
    for event in incoming {
        let seen = match event {
            Event::Heard(signal) => return Ok(Watched::Heard(signal)),
            Event::Blind => break,
            Event::Seen(seen) => seen,
        };
        match seen {
            Ok(Seen::Last(answer)) => {
                frames.end(&answer);
                return Ok(Watched::Over(answer));
            }
            Ok(Seen::Going(answer)) => {
                is_away = false;
                frames.show(&answer);
            }
            Err(FindError::Store(error)) if error.is_transient() => {
                if !std::mem::replace(&mut is_away, true) {
                    frames.say(&format!("waiting for the database: {}", chain(&error)));
                }
            }
            Err(error) => return Err(error.into()),
        }
        if output.is_unheard() {
            return Ok(Watched::Unheard);
        }
    }
    Err(Failure::new(Exit::Error, "the thread that looks has panicked"))
}

fn look_on<A>(interval: Duration, mut look: impl FnMut() -> Result<Seen<A>, FindError>, Looking(events): &Looking<A>) {
    let pause = StopToken::default();
    while events.send(Event::Seen(look())).is_ok() {
        let _ = pause.wait(interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::{OutputArguments, StoreArguments};
    use crate::cli::run::NewJob;

    #[test]
    fn a_look_that_panics_ends_the_watching_although_the_signals_keep_listening() {
        let output = Output::new(&OutputArguments::default(), &StoreArguments { database: None, project: None });
        let look = || -> Result<Seen<NewJob>, FindError> { panic!("as a look never should") };
        let watched = run(Duration::from_secs(1), &output, Newest::Last, look);
        assert!(watched.is_err_and(|failure| failure.exit == Exit::Error));
    }
}
