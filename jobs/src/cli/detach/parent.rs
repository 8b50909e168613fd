//! The side of the command line: it launches, hands over, and leaves.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use overnight_framework::execution::ExecutionId;
use overnight_framework::operator::{Launching, StartError};
use overnight_framework::params::GivenParams;
use overnight_framework::repository::{FenceError, Launched, Lease, WorkerIdentity};

use serde_json::Value;

use super::{ARGUMENT, Handed, Line, Order, PATIENCE, Place, Report, Secret};
use crate::chain::chain;
use crate::cli::answer::{Answer, Shape, View};
use crate::cli::execution::Shown;
use crate::cli::exit::{Exit, Failure};
use crate::cli::face::Face;
use crate::cli::run::{self, Running};
use crate::executable::own_executable;
use crate::wiring::Context;

/// Launches a job for a child that runs it, and prints its id. `given` has the secret parameters.
pub(in crate::cli) fn run(
    running: &Running<'_>,
    given: &GivenParams,
    context: &Context,
    face: &Face,
) -> Result<Exit, Failure> {
    let mut child = Runner::start(context, face)?;
    let identity = child.identity()?;
    let lock_path = identity.lock_path.clone();
    let launched = match launch(running, identity, context, face) {
        Ok(launched) => launched,
        Err(error) => {
            // A launch whose answer was lost may have been written: then the child dies with its life lock in its hand.
            match error {
                StartError::Store(_) => child.kill(),
                _ => child.dismiss(),
            }
            return Err(error.into());
        }
    };
    let id = launched.id();
    child.name_log(context.log(id, lock_path.as_deref()));
    let secrets = running.job.params.iter().filter(|param| param.secret);
    let secrets = secrets.filter_map(|param| Some((param.name.to_string(), Secret::of(given.get(&param.name)?)?)));
    if let Err(why) = child.hand_over(launched.lease, secrets.collect()) {
        child.kill();
        return Err(given_up(&launched, &why, &child.log, context));
    }
    face.output.say(&format!("Job {id} started; its log is {}", child.log.display()));
    face.output.answer(&Detached(Shown { job: launched.execution, steps: Some(Vec::new()), log: Some(child.log) }));
    Ok(Exit::Done)
}

/// A job that goes on in the background.
struct Detached(Shown);

impl Answer for Detached {
    fn shape() -> Shape {
        Shown::shape()
    }

    /// The bare id, which a script keeps.
    fn text(&self, _: &View) -> String {
        format!("{}\n", self.0.job.id)
    }

    fn json(&self) -> Value {
        self.0.json()
    }

    fn names(&self) -> Vec<String> {
        self.0.names()
    }
}

fn launch(
    running: &Running<'_>,
    child: WorkerIdentity,
    context: &Context,
    face: &Face,
) -> Result<Launched, StartError> {
    let Running { job, params, wish, trigger, reason, ref key } = *running;
    let launching = Launching { job, params, wish, trigger, reason, key: key.clone() };
    let say = |refusal, longest| run::say_waiting(&face.output, refusal, longest);
    context.operator.launch_for(child, &launching, &say)
}

/// Ends what was launched and not begun, and says so.
fn given_up(launched: &Launched, why: &str, log: &Path, context: &Context) -> Failure {
    let id = launched.id();
    let failure = match context.operator.give_up(&launched.lease, why) {
        // Somebody who found its process dead was quicker.
        Ok(_) | Err(FenceError::LeaseLost) => Failure::new(Exit::Failed, format!("job {id} did not begin: {why}")),
        Err(error) => {
            let unrecorded = format!("job {id} did not begin: {why}; and its end is not recorded: {}", chain(&error));
            Failure::new(Exit::Failed, unrecorded)
        }
    };
    failure.help(read_on(id, log))
}

fn read_on(id: ExecutionId, log: &Path) -> String {
    format!("see `{}`; then go on with `jobctl restart {id}`", log.display())
}

/// The child, from its start until it runs the job.
struct Runner {
    child: Child,
    line: Line,
    log: PathBuf,
}

impl Runner {
    fn start(context: &Context, face: &Face) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::new(Exit::Error, format!("cannot start a process: {error}"));
        let (log, file) = new_log(&context.logs).map_err(|error| {
            Failure::new(Exit::Error, format!("cannot keep a log in {}: {error}", context.logs.display()))
        })?;
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let mut command = Command::new(own_executable());
        if let Some(name) = std::env::args_os().next() {
            command.arg0(name);
        }
        command.arg(ARGUMENT).stdin(OwnedFd::from(theirs));
        command.stdout(file.try_clone().map_err(failed)?).stderr(file);
        let child = command.spawn().map_err(failed)?;
        // It holds the other end of the socket, whose end would never be seen.
        drop(command);
        let mut line = Line::over(ours).map_err(failed)?;
        line.wait_at_most(Some(PATIENCE)).map_err(failed)?;
        let place = Place { database: face.store.database.clone(), project: face.store.project.clone() };
        // A child that is gone already says nothing, which is heard next.
        let _ = line.send(&place);
        Ok(Self { child, line, log })
    }

    /// Who the child is. Until then nothing is written.
    fn identity(&mut self) -> Result<WorkerIdentity, Failure> {
        let error = match self.line.receive() {
            Ok(Report::Ready(identity)) => return Ok(identity),
            Ok(Report::Held) => io::ErrorKind::InvalidData.into(),
            Err(error) => error,
        };
        self.kill();
        let message = format!("nothing was started: {}", reason(&error));
        Err(Failure::new(Exit::Error, message).help(format!("see `{}`", self.log.display())))
    }

    /// Calls the log as the execution is called. One that keeps its first name is a log as well.
    fn name_log(&mut self, named: Option<PathBuf>) {
        if let Some(named) = named
            && fs::rename(&self.log, &named).is_ok()
        {
            self.log = named;
        }
    }

    /// Waits until the child holds the lease; else says why it never will.
    fn hand_over(&mut self, lease: Lease, secrets: Vec<(String, Secret)>) -> Result<(), String> {
        let order = Order::Run(Handed::new(lease, secrets));
        let error = match self.line.send(&order).and_then(|()| self.line.receive()) {
            Ok(Report::Held) => return Ok(()),
            Ok(Report::Ready(_)) => io::ErrorKind::InvalidData.into(),
            Err(error) => error,
        };
        // It may have said so at this very moment, and then it runs.
        self.line.close_ears();
        match self.line.receive() {
            Ok(Report::Held) => Ok(()),
            _ => Err(reason(&error)),
        }
    }

    /// Lets the child go, which has nothing to do: it tidies up, and there was nothing to log.
    fn dismiss(&mut self) {
        let _ = self.line.send(&Order::Leave);
        // The end of the socket is the end of the child; one that does not come to it is left behind.
        let _: io::Result<Report> = self.line.receive();
        let _ = self.child.try_wait();
        let _ = fs::remove_file(&self.log);
    }

    fn kill(&mut self) {
        // One that has ended by itself cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("the process that should run it was not heard of for {PATIENCE:?}")
        }
        _ => "the process that should run it ended".to_owned(),
    }
}

/// A new log, of which nobody else knows.
fn new_log(folder: &Path) -> io::Result<(PathBuf, File)> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("starting-{}.log", std::process::id()));
    // What a job prints is for those who may read its records.
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
    Ok((path, file))
}
