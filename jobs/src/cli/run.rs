//! Running a launched job in this process, with its signals and its progress: the common part of `start` and `restart`.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use overnight_framework::execution::{ExecutionId, JobExecution, Trigger};
use overnight_framework::job::Job;
use overnight_framework::launch::{Refusal, Wish};
use overnight_framework::operator::{Launching, Ready};
use overnight_framework::params::{InstanceKey, Params};
use overnight_framework::runner::RunError;
use overnight_framework::status::StopIntent;
use overnight_framework::stop::StopToken;

use super::exit::{Exit, Failure};
use super::output::Output;
use super::progress::Progress;
use super::show;
use super::signals::{self, Signal};
use super::table::Table;
use crate::wiring::Context;

/// A job with its parameters, about to be launched and run.
pub(super) struct Running<'a> {
    pub(super) job: &'a Job,
    pub(super) params: &'a Params,
    pub(super) wish: Wish,
    pub(super) trigger: Trigger,
    pub(super) reason: Option<&'a str>,
    /// The key of the instance, where it is not the one that the parameters make.
    pub(super) key: Option<InstanceKey>,
}

/// How long a run may take to end after the second signal, before the process leaves it behind. Whoever restarts the job
/// then sees by the life lock that its process is gone.
const PATIENCE: Duration = Duration::from_secs(1);

/// Launches, runs and shows a job.
pub(super) fn run(running: Running<'_>, context: &Context, output: &Output) -> Result<Exit, Failure> {
    let Running { job, params, wish, trigger, reason, key } = running;
    if context.config.database.is_implicit {
        output.say(&format!("using the embedded database {}", context.config.database.url));
    }
    let launching = Launching { job, params, wish, trigger, reason, key };
    let ready = context.operator.launch(&launching, &|refusal, longest| say_waiting(output, refusal, longest))?;
    output.table_only(|| id_table(ready.execution()));
    let id = ready.execution().id;
    let (execution, signal) = run_here(context, job, params, ready).map_err(|error| unrecorded(error, id))?;
    let exit = signal.map_or_else(|| Exit::of(&execution), exit_of);
    show::print_execution(context, &execution, output)?;
    Ok(exit)
}

/// The failure of a run whose last row could not be written.
fn unrecorded(error: RunError, id: ExecutionId) -> Failure {
    let is_lost = matches!(error, RunError::LeaseLost);
    let failure = Failure::from(error);
    if is_lost {
        return failure;
    }
    failure.help(format!(
        "the end of job {id} is not recorded; when the cause is mended, continue with `jobctl restart {id}`"
    ))
}

fn exit_of(signal: Signal) -> Exit {
    match signal {
        Signal::Interrupt => Exit::Interrupted,
        Signal::Terminate => Exit::Terminated,
    }
}

fn say_waiting(output: &Output, refusal: Refusal, longest: Duration) {
    if let Refusal::AlreadyRunning { id, .. } = refusal {
        let seconds = longest.as_secs_f32();
        output.say(&format!("job {id} has an overdue lease; watching it for {seconds:.0} s before taking over"));
    }
}

fn id_table(execution: &JobExecution) -> Table {
    let mut table = Table::new(&["New Job Id"]);
    table.row([execution.id.to_string()]);
    table
}

/// What the thread of the command line waits for.
enum Event {
    Ended(Box<Result<JobExecution, RunError>>),
    Heard(Signal),
}

/// Runs the job on a thread of its own and listens for signals on this one. The first signal stops it at the next safe point,
/// the second at once.
fn run_here(
    context: &Context,
    job: &Job,
    params: &Params,
    ready: Ready,
) -> Result<(JobExecution, Option<Signal>), RunError> {
    let (events, incoming) = mpsc::channel();
    let stop = ready.stop_token().clone();
    let heard = events.clone();
    if let Err(error) = signals::listen(move |signal| drop(heard.send(Event::Heard(signal)))) {
        tracing::warn!(%error, "Ctrl-C will end the process at once");
    }
    let progress = Arc::new(Progress::new());
    thread::scope(|scope| {
        let monitor = Arc::clone(&progress);
        scope.spawn(move || {
            let ended = context.operator.run(job, params, ready, monitor.as_ref());
            drop(events.send(Event::Ended(Box::new(ended))));
        });
        let ended = until_ended(&incoming, &stop, &progress);
        progress.finish();
        ended
    })
}

fn until_ended(
    incoming: &mpsc::Receiver<Event>,
    stop: &StopToken,
    progress: &Progress,
) -> Result<(JobExecution, Option<Signal>), RunError> {
    let mut first = None;
    let mut patience = Duration::MAX;
    loop {
        match incoming.recv_timeout(patience) {
            Ok(Event::Ended(ended)) => return Ok(((*ended)?, first)),
            Ok(Event::Heard(signal)) => {
                if first.replace(signal).is_none() {
                    progress.line("stopping at the next safe point; a second signal ends it at once");
                    stop.request(StopIntent::Interrupted);
                } else {
                    stop.request(StopIntent::Aborted);
                    patience = PATIENCE;
                }
            }
            Err(_) => leave(first.unwrap_or(Signal::Interrupt)),
        }
    }
}

/// A step that does not end when it is asked to is left behind with the process.
#[expect(clippy::disallowed_methods, reason = "the thread of the step cannot be ended in any other way")]
fn leave(signal: Signal) -> ! {
    std::process::exit(i32::from(exit_of(signal) as u8))
}
