//! Runs that wait are claimed, as many as there is room for, and run each on a thread of its own.

use std::sync::Arc;
use std::thread::{self, Scope};

use overnight_framework::engine::JobSource;
use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::job::Job;
use overnight_framework::monitor::Unwatched;
use overnight_framework::operator::{Ready, StartError};
use overnight_framework::params::{GivenParams, Params};
use overnight_framework::repository::{FenceError, Lease, StoreError};
use overnight_framework::runner::RunError;

use super::{Server, lock};
use crate::chain::chain;
use crate::wiring::Context;

/// Claims as many runs as there is room for, and begins them. Those that are under way end by themselves: the scope waits for them.
/// The answer is how many there were.
pub(super) fn begin_what_waits<'scope>(
    server: &'scope Server<'_>,
    scope: &'scope Scope<'scope, '_>,
) -> Result<usize, StartError> {
    let claimed = claim(server)?;
    let count = claimed.len();
    claimed.into_iter().for_each(|ready| begin(server, scope, ready));
    Ok(count)
}

fn claim(server: &Server<'_>) -> Result<Vec<Ready>, StartError> {
    let busy = u32::try_from(lock(&server.doors.runs).len()).unwrap_or(u32::MAX);
    let (room, operator) = (server.concurrency.saturating_sub(busy), &server.context.operator);
    let programs = JobSource::of_program(&server.context.catalog);
    // The look takes no lock; on SQLite a claim would wait for whoever writes.
    if room == 0 || !operator.has_queued(&programs)? {
        return Ok(Vec::new());
    }
    operator.claim(room, &programs)
}

fn begin<'scope>(server: &'scope Server<'_>, scope: &'scope Scope<'scope, '_>, ready: Ready) {
    let (id, lease) = (ready.execution().id, ready.lease());
    lock(&server.doors.runs).insert(id, ready.stop_token().clone());
    // Between the claim and this line the server may have been told to leave.
    if let Some(intent) = server.doors.leaving.requested() {
        ready.stop_token().request(intent);
    }
    let running = move || {
        let _room = Room { server, id };
        run(server, ready);
    };
    if let Err(error) = thread::Builder::new().name(format!("job {id}")).spawn_scoped(scope, running) {
        lock(&server.doors.runs).remove(&id);
        give_up(server.context, &lease, &format!("no thread could be made for it: {error}"));
    }
}

/// The room that a run takes; the next one is looked for when it is free.
struct Room<'s, 'a> {
    server: &'s Server<'a>,
    id: ExecutionId,
}

impl Drop for Room<'_, '_> {
    fn drop(&mut self) {
        lock(&self.server.doors.runs).remove(&self.id);
        lock(&self.server.doors.behind).remove(&self.id);
        self.server.doors.bell.ring();
    }
}

/// Runs an execution that was claimed. What cannot be run here can be run nowhere: its text is the same for all.
fn run(server: &Server<'_>, ready: Ready) {
    let (context, journal) = (server.context, server.journal);
    let execution = ready.execution().clone();
    let (id, name) = (execution.id, &execution.job_name);
    match prepared(context, &execution) {
        Err(why) => {
            journal(&format!("job {id} ({name}) cannot be run: {why}"));
            give_up(context, &ready.lease(), &why);
        }
        Ok((job, params)) => {
            journal(&format!("job {id} ({name}) started"));
            let ready = if job.can_go_on() { ready.going_on() } else { ready };
            let doors = Arc::clone(&server.doors);
            let ready = ready.on_left(move |ended| doors.leave_behind(id, ended));
            match context.operator.run(&job, &params, ready, &Unwatched) {
                Ok(ended) => journal(&told(&ended)),
                // Whoever took it over tells of its end.
                Err(RunError::LeaseLost) => journal(&format!("job {id} ({name}) belongs to another process now")),
                Err(error) => journal(&format!("the end of job {id} ({name}) is not recorded: {}", chain(&error))),
            }
        }
    }
}

/// The job of an execution, and its parameters as they were launched.
fn prepared(context: &Context, execution: &JobExecution) -> Result<(Job, Params), String> {
    let job = context.pinned(execution).map_err(|error| chain(&error))?;
    let params = job.bind_again(GivenParams::default(), &execution.params).map_err(|error| chain(&error))?;
    Ok((job, params))
}

fn give_up(context: &Context, lease: &Lease, why: &str) {
    match context.operator.give_up(lease, why) {
        // The other one has ended it.
        Ok(_) | Err(FenceError::LeaseLost) => {}
        Err(error) => tracing::warn!(execution = %lease.execution, %error, "the end of a run could not be recorded"),
    }
}

/// Tells of a run that ended although its step does not.
pub(super) fn tell_of_left(server: &Server<'_>, id: ExecutionId, ended: &Result<JobExecution, StoreError>) {
    (server.journal)(&match ended {
        Ok(ended) => format!("{}; its step does not end, and is left behind", told(ended)),
        Err(error) => {
            format!("the step of job {id} does not end, and the end of the job is not recorded: {}", chain(error))
        }
    });
}

fn told(ended: &JobExecution) -> String {
    let JobExecution { id, job_name, .. } = ended;
    let message = ended.exit_message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("job {id} ({job_name}) {}{message}", ended.word())
}
