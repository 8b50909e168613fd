//! `jobctl serve`: a process that runs what waits, and lets ticks and messages start jobs, until it is told to leave.

use std::path::Path;
use std::sync::Arc;

use overnight_framework::job::Job;
use overnight_framework::status::StopIntent;

use super::arguments::Serve;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::files;
use super::output::{escaped, say};
use super::reading::read;
use super::run::leave;
use super::signals::{self, Signal};
use crate::serve::{Doors, JobsFrom, Served, ServedError, Server};

pub(super) fn run(verb: &Serve, face: &Face) -> Result<Exit, Failure> {
    // Whoever asks it to leave before it serves is heard as well.
    let doors = listen();
    // A mistake in a file shall make no store.
    let files = verb.jobs.as_deref().map(|folder| jobs_of(folder, face)).transpose()?;
    let context = face.open_to_run()?;
    // A line for each event: the sender of a message must not write lines of its own with the key or a value.
    let journal = |line: &str| say(&escaped(line, &[]));
    let from = files.map_or(JobsFrom::Store, JobsFrom::Files);
    let served = Served::new(&context, from, &journal).map_err(refused)?;
    let (jobs, triggers) = served.counts();
    let server = Server::new(&context, served, verb.concurrency, &journal, doors, abandon);
    let project = context.operator.project();
    say(&format!("serving {} with {} in project {project}", counted(jobs, "job"), counted(triggers, "trigger")));
    if verb.until_idle {
        server.run_until_idle()?;
        return Ok(Exit::Done);
    }
    server.run();
    say(LEFT);
    Ok(Exit::Done)
}

/// The last words of a server.
const LEFT: &str = "left; what was not done waits in the queue";

/// Leaves steps behind that do not end.
#[expect(clippy::disallowed_methods, reason = "a thread that is held up cannot be ended in any other way")]
fn abandon() -> ! {
    say(LEFT);
    std::process::exit(i32::from(Exit::Done as u8))
}

/// What a signal from now on ends.
fn listen() -> Arc<Doors> {
    let (doors, mut earlier) = (Arc::<Doors>::default(), 0);
    let heard = Arc::clone(&doors);
    let listening = signals::listen(move |signal| {
        on_signal(signal, earlier, &heard);
        earlier += 1;
    });
    if let Err(error) = listening {
        tracing::warn!(%error, "Ctrl-C will end the process at once");
    }
    doors
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The first signal lets the runs end at their next safe points, the second at once, and the third leaves them behind.
fn on_signal(signal: Signal, earlier: u32, doors: &Doors) {
    match earlier {
        0 => {
            say("leaving when the runs have come to their next safe points; again to end them at once");
            doors.leave(StopIntent::Interrupted);
        }
        1 => {
            say("ending the runs at once; again to leave them behind");
            doors.leave(StopIntent::Aborted);
        }
        _ => leave(signal),
    }
}

fn jobs_of(folder: &Path, face: &Face) -> Result<Vec<Job>, Failure> {
    let found = files::of(&[folder.to_owned()]).map_err(|error| Failure::of(Exit::Invalid, &error))?;
    Ok(read(found, face)?.into_iter().map(|(_, job)| job).collect())
}

fn refused(error: ServedError) -> Failure {
    match error {
        ServedError::Store(error) => error.into(),
        ServedError::SharedTopic { .. } | ServedError::NoAmqp { .. } => Failure::of(Exit::Invalid, &error),
    }
}
