//! Running a launched job in this process, with its signals and its progress: the common part of `start` and `restart`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use overnight_framework::clock::{Clock as _, SystemClock};
use overnight_framework::execution::{ExecutionId, JobExecution, Trigger};
use overnight_framework::job::Job;
use overnight_framework::launch::{Refusal, Wish};
use overnight_framework::operator::{Launching, Ready, StartError};
use overnight_framework::params::{InstanceKey, Params};
use overnight_framework::repository::StoreError;
use overnight_framework::runner::RunError;
use overnight_framework::status::{Status, StopIntent};
use overnight_framework::stop::StopToken;
use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::output::Output;
use super::progress::Progress;
use super::show;
use super::signals::{self, Signal};
use super::table::Kind;
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
pub(super) fn run(running: Running<'_>, context: &Context, face: &Face) -> Result<Exit, Failure> {
    let Running { job, params, wish, trigger, reason, key } = running;
    let output = &face.output;
    let launching = Launching { job, params, wish, trigger, reason, key };
    // From here on a signal finds a listener: one between the launch and the run must not leave a row behind.
    let ears = Ears::open(context);
    let launched = context.operator.launch(&launching, &|refusal, longest| say_waiting(output, refusal, longest));
    let ready = launched.map_err(|error| ears.not_launched(error))?;
    output.announce(&NewJob(ready.execution().id));
    run_launched((job, params), ready, ears, (context, face))
}

/// Runs and shows a job that is launched and held by this process.
pub(super) fn run_launched(
    (job, params): (&Job, &Params),
    ready: Ready,
    ears: Ears,
    (context, face): (&Context, &Face),
) -> Result<Exit, Failure> {
    ears.is_launched.store(true, Ordering::Relaxed);
    face.output.say(&format!("Job {} started", ready.execution().id));
    let (execution, signal) = run_here((context, face), (job, params), ready, ears)?;
    show::print_execution(context, &execution, &face.output);
    Ok(exit_after(signal, execution.status))
}

/// A job that had nothing left to stop is finished, and one that failed has failed, whoever wanted it to end.
fn exit_after(signal: Option<Signal>, status: Status) -> Exit {
    match signal {
        Some(signal) if status == Status::Stopped => exit_of(signal),
        _ => Exit::of(status),
    }
}

/// The failure of a run whose last row could not be written.
fn unrecorded(error: RunError, id: ExecutionId) -> Failure {
    match error {
        RunError::LeaseLost => {
            Failure::from(error).help(format!("see what became of job {id} with `jobctl show {id}`"))
        }
        error => not_recorded(error.into(), id),
    }
}

fn not_recorded(failure: Failure, id: ExecutionId) -> Failure {
    failure.help(format!(
        "the end of job {id} is not recorded; when the cause is mended, continue with `jobctl restart {id}`"
    ))
}

/// The code of a verb that a signal has ended.
pub(super) fn exit_of(signal: Signal) -> Exit {
    match signal {
        Signal::Interrupt => Exit::Interrupted,
        Signal::Terminate => Exit::Terminated,
        Signal::HangUp => Exit::HungUp,
    }
}

pub(super) fn say_waiting(output: &Output, refusal: Refusal, longest: Duration) {
    if let Refusal::AlreadyRunning { id, .. } = refusal {
        let seconds = longest.as_secs_f32();
        output.say(&format!("job {id} has an overdue lease; watching it for {seconds:.0} s before taking over"));
    }
}

/// The id of a job that is about to run.
pub(super) struct NewJob(pub(super) ExecutionId);

const COLUMNS: [Column<ExecutionId>; 1] = [Column::new("New Job Id", &["id"], Kind::Id, |id, _| id.to_string())];

impl Answer for NewJob {
    fn shape() -> Shape {
        Shape::of(&COLUMNS).with_names()
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, [self.0])
    }

    fn json(&self) -> Value {
        json!({ "id": self.0.0 })
    }

    fn names(&self) -> Vec<String> {
        vec![self.0.to_string()]
    }
}

/// What the thread of the command line waits for.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    /// The thread of the run has ended, with its answer or by a panic.
    Ended,
    /// A step does not end, and the run has ended without it.
    Left,
    Heard(Signal),
}

/// The signals of this process, from before the launch on.
pub(super) struct Ears {
    events: mpsc::Sender<Event>,
    incoming: mpsc::Receiver<Event>,
    /// Until then nobody listens to the events: the first signal ends the wait for an overdue lease, the second the process.
    is_launched: Arc<AtomicBool>,
}

impl Ears {
    pub(super) fn open(context: &Context) -> Self {
        let (events, incoming) = mpsc::channel();
        let is_launched = Arc::new(AtomicBool::new(false));
        let (heard, launched, waiting) = (events.clone(), Arc::clone(&is_launched), context.operator.waiting().clone());
        let listening = signals::listen(move |signal| {
            if waiting.requested().is_some() && !launched.load(Ordering::Relaxed) {
                leave(signal);
            }
            // In this order: whoever is woken by the request looks for the signal. With the run its listener has ended, and only
            // the answer may still be on its way to somebody who does not take it.
            if heard.send(Event::Heard(signal)).is_err() {
                leave(signal);
            }
            waiting.request(StopIntent::Interrupted);
        });
        if let Err(error) = listening {
            tracing::warn!(%error, "Ctrl-C will end the process at once");
        }
        Self { events, incoming, is_launched }
    }

    /// The failure of a launch; when a signal ended the wait for an overdue lease, with the code of the signal.
    fn not_launched(&self, error: StartError) -> Failure {
        let waited = matches!(error, StartError::Refused(Refusal::AlreadyRunning { .. }));
        let failure = Failure::from(error);
        match self.incoming.try_recv() {
            Ok(Event::Heard(signal)) if waited => Failure { exit: exit_of(signal), ..failure },
            _ => failure,
        }
    }
}

/// Says that the thread of the run has ended, also when it panicked: the signals keep the channel open, so that nobody would
/// ever know.
struct Ending(mpsc::Sender<Event>);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Ended);
    }
}

/// Runs the job on a thread of its own and listens for signals on this one. The first signal stops it at the next safe point,
/// the second at once.
fn run_here(
    (context, face): (&Context, &Face),
    (job, params): (&Job, &Params),
    ready: Ready,
    ears: Ears,
) -> Result<(JobExecution, Option<Signal>), Failure> {
    let (id, stop) = (ready.execution().id, ready.stop_token().clone());
    let Ears { events, incoming, .. } = ears;
    let progress = Arc::new(Progress::new());
    let (leaving, left) = mpsc::channel();
    let told = events.clone();
    let ready = ready.on_left(move |ended| {
        // Where nobody listens, the run has come to its end after all.
        let _ = leaving.send(ended).map(|()| told.send(Event::Left));
    });
    thread::scope(|scope| {
        let monitor = Arc::clone(&progress);
        let running = scope.spawn(move || {
            let _ending = Ending(events);
            context.operator.run(job, params, ready, monitor.as_ref())
        });
        let signal = until_ended(&incoming, &stop, &progress);
        progress.finish();
        if let Ok(ended) = left.try_recv() {
            leave_behind((context, face), id, ended);
        }
        match running.join() {
            Ok(ended) => Ok((ended.map_err(|error| unrecorded(error, id))?, signal)),
            Err(_) => Err(not_recorded(Failure::new(Exit::Error, "the run panicked"), id)),
        }
    })
}

/// The signal that was heard first, if one was.
fn until_ended(incoming: &mpsc::Receiver<Event>, stop: &StopToken, progress: &Progress) -> Option<Signal> {
    let clock = SystemClock::default();
    let (mut first, mut deadline) = (None, Duration::MAX);
    loop {
        match incoming.recv_timeout(deadline.saturating_sub(clock.elapsed())) {
            Ok(Event::Ended | Event::Left) => return first,
            Ok(Event::Heard(signal)) if first.is_none() => {
                first = Some(signal);
                progress.line(&format!("stopping at the next safe point; {} ends it at once", again(signal)));
                stop.request(StopIntent::Interrupted);
            }
            Ok(Event::Heard(_)) => {
                stop.request(StopIntent::Aborted);
                // Those who go on asking do not wait longer for it.
                deadline = deadline.min(clock.elapsed() + PATIENCE);
            }
            Err(_) => {
                progress.finish();
                leave(first.unwrap_or(Signal::Interrupt))
            }
        }
    }
}

/// Shows how a run has ended whose step does not end, and leaves the step behind with the process.
#[expect(clippy::disallowed_methods, reason = "a thread that is held up cannot be ended in any other way")]
fn leave_behind((context, face): (&Context, &Face), id: ExecutionId, ended: Result<JobExecution, StoreError>) -> ! {
    let exit = match ended {
        Ok(execution) => {
            show::print_execution(context, &execution, &face.output);
            Exit::of(execution.status)
        }
        Err(error) => {
            let failure = unrecorded(error.into(), id);
            face.output.failure(&failure);
            failure.exit
        }
    };
    std::process::exit(i32::from(face.output.exit(exit) as u8))
}

fn again(signal: Signal) -> &'static str {
    match signal {
        Signal::Interrupt => "Ctrl-C again",
        Signal::Terminate | Signal::HangUp => "a second signal",
    }
}

/// A step that does not end when it is asked to is left behind with the process, and so is a question that nobody answers.
#[expect(clippy::disallowed_methods, reason = "a thread that is held up cannot be ended in any other way")]
pub(super) fn leave(signal: Signal) -> ! {
    std::process::exit(i32::from(exit_of(signal) as u8))
}

#[cfg(test)]
mod tests {
    use overnight_framework::repository::StoreErrorKind;

    use super::*;

    #[test]
    fn only_a_job_that_the_signal_stopped_exits_with_its_code() {
        let after = |status| exit_after(Some(Signal::Terminate), status);
        assert_eq!(after(Status::Stopped), Exit::Terminated);
        assert_eq!((after(Status::Completed), after(Status::Failed)), (Exit::Done, Exit::Failed));
        assert_eq!(exit_after(None, Status::Stopped), Exit::Stopped);
    }

    #[test]
    fn a_launch_that_failed_for_reasons_of_its_own_does_not_exit_with_the_code_of_a_signal() {
        let exit = |error: StartError| {
            let (events, incoming) = mpsc::channel();
            events.send(Event::Heard(Signal::Interrupt)).unwrap();
            Ears { events, incoming, is_launched: Arc::default() }.not_launched(error).exit
        };
        let id = ExecutionId(1);
        assert_eq!(exit(Refusal::AlreadyRunning { id, status: Status::Started }.into()), Exit::Interrupted);
        assert_eq!(exit(Refusal::AlreadyComplete { id }.into()), Exit::Refused);
        assert_eq!(exit(StoreError::from(StoreErrorKind::Unreachable).into()), Exit::Unreachable);
    }

    #[test]
    fn the_first_signal_is_the_reason_and_the_second_makes_it_quick() {
        let (events, incoming) = mpsc::channel();
        for event in [Event::Heard(Signal::Interrupt), Event::Heard(Signal::Terminate), Event::Ended] {
            events.send(event).unwrap();
        }
        let stop = StopToken::default();
        assert_eq!(until_ended(&incoming, &stop, &Progress::new()), Some(Signal::Interrupt));
        assert_eq!(stop.requested(), Some(StopIntent::Aborted));
    }

    #[test]
    fn a_run_that_panics_has_ended_although_the_signals_keep_listening() {
        let (events, incoming) = mpsc::channel();
        let _signals = events.clone();
        let running = thread::spawn(move || {
            let _ending = Ending(events);
            panic!("as a run never should");
        });
        assert_eq!(incoming.recv(), Ok(Event::Ended));
        assert!(running.join().is_err());
    }
}
