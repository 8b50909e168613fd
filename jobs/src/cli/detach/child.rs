//! The side of the process that runs the job.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use overnight_framework::registry::Registry;
use rustix::process::setsid;

use super::{ARGUMENT, Handed, Line, Order, Place, Report};
use crate::cli::arguments::{OutputArguments, StoreArguments};
use crate::cli::exit::{Exit, Failure};
use crate::cli::face::Face;
use crate::cli::init_log;
use crate::cli::output::Output;
use crate::cli::run::{self, Ears};
use crate::wiring::Context;

/// Runs a job for a parent that does not wait for it, if that is what this process was started for.
pub(in crate::cli) fn main_if_asked(program: &Registry) -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != ARGUMENT {
        return None;
    }
    // Away from the terminal: its hang-up and its Ctrl-C are meant for those who stay there. It cannot be refused to a process
    // that leads no group.
    let _ = setsid();
    Some(match listen().and_then(|mut line| Ok((line.receive()?, line))) {
        Ok((place, line)) => serve(place, line, program).into(),
        Err(_) => Exit::Usage.into(),
    })
}

fn listen() -> io::Result<Line> {
    Line::over(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?))
}

fn serve(place: Place, line: Line, program: &Registry) -> Exit {
    let store = StoreArguments { database: place.database, project: place.project };
    let face = Face { output: Output::new(&OutputArguments::default(), &store), store, registry: program.clone() };
    let done = init_log().map_err(Failure::from).and_then(|()| run(line, &face));
    done.unwrap_or_else(|failure| {
        face.output.failure(&failure);
        failure.exit
    })
}

fn run(mut line: Line, face: &Face) -> Result<Exit, Failure> {
    let context = face.open_to_run()?;
    let is_heard = line.send(&Report::Ready(context.operator.identity()?));
    // As long as the parent watches an overdue lease, if it must.
    match is_heard.and_then(|()| line.receive()) {
        Ok(Order::Run(handed)) => take_up(handed, line, context, face),
        Ok(Order::Leave) => Ok(Exit::Done),
        Err(_) => {
            // Perhaps it has launched: then a life lock that is free, and still there, tells that nobody will run it.
            std::mem::forget(context);
            Err(Failure::new(Exit::Error, "the process that wanted a job to be run here is gone"))
        }
    }
}

fn take_up(handed: Handed, mut line: Line, context: Context, face: &Face) -> Result<Exit, Failure> {
    let lease = handed.lease();
    let lost = || Failure::new(Exit::Refused, format!("job {} was ended before it began", lease.execution));
    // Before anything is held: a signal must not leave a row behind.
    let ears = Ears::open(&context);
    let ready = context.operator.adopt(lease)?.ok_or_else(lost)?;
    let context = context.in_project(&ready.execution().project);
    let job = context.pinned(ready.execution())?;
    let params = job.bind_again(handed.given()?, &ready.execution().params)?;
    if line.send(&Report::Held).is_err() {
        let why = "the process that started it did not wait until it began";
        // The parent may have done so; whoever is first says why.
        let _ = context.operator.give_up(&lease, why);
        return Err(Failure::new(Exit::Failed, why));
    }
    hang_up(line);
    run::run_launched((&job, &params), ready, ears, (&context, face))
}

/// Lets go of the socket, so that nobody who holds the other end waits for the end of the job.
fn hang_up(line: Line) {
    drop(line);
    if let Ok(nothing) = File::open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(nothing);
    }
}
