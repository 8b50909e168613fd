//! What dead processes left is ended, and goes on in the queue.

use overnight_framework::clock::Clock as _;
use overnight_framework::engine::JobSource;
use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::operator::Lost;
use overnight_framework::repository::{ExecutionFilter, StoreError};

use super::{Look, Server};
use crate::wiring::Context;

/// Who looks after the runs of dead processes, at start and with every beat.
#[derive(Debug, Default)]
pub(super) struct LookAfter {
    lost: Lost,
}

impl LookAfter {
    pub(super) fn look(&mut self, server: &Server<'_>) -> Result<Look, StoreError> {
        let (context, now) = (server.context, server.clock.elapsed());
        // A job that cannot be read here goes on elsewhere, or waits for a person.
        let goes_on = |execution: &_| context.pinned(execution).is_ok_and(|job| job.goes_on_alone());
        let ended = self.lost.look(&context.operator, now, &JobSource::of_program(&context.catalog), &goes_on)?;
        for run in &ended {
            let JobExecution { id, job_name, .. } = run;
            let then = match next_of(context, run)? {
                Some(next) => format!("job {next} goes on"),
                None => "it waits for a person".to_owned(),
            };
            (server.journal)(&format!(
                "job {id} ({job_name}) was left by a dead process and is {}; {then}",
                run.word()
            ));
        }
        Ok(Look { is_new: !ended.is_empty(), pause: context.operator.seat().timing.heartbeat })
    }
}

/// The run that goes on where this one was left.
fn next_of(context: &Context, run: &JobExecution) -> Result<Option<ExecutionId>, StoreError> {
    let newest = ExecutionFilter { instance: Some(run.instance_id), limit: 1, ..ExecutionFilter::default() };
    let newest = context.operator.repository().executions(&newest)?;
    Ok(newest.first().filter(|next| next.previous_id == Some(run.id)).map(|next| next.id))
}
