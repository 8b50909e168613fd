//! Runs that wait for a worker: put into the queue, claimed from it, and put back when the process that ran them is dead.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::launch::ready;
use super::takeover::held_lease;
use super::{Launching, Operator, Owner, Ready, StartError};
use crate::execution::{ExecutionId, JobExecution};
use crate::repository::{
    ClaimOrder, ExecutionFilter, Fire, Fired, Firing, LaunchRequest, LaunchWorker, Lease, StoreError,
};
use crate::status::{ExitCode, Status, Word};

/// How often a run may be lost without having got any further, before a person shall look at it.
const LOSSES: usize = 3;

impl Operator {
    /// Records a QUEUED execution, which the next process that claims it runs.
    ///
    /// # Errors
    /// As those of [`launch`](Self::launch); nothing is written then.
    pub fn enqueue(&self, launching: &Launching<'_>) -> Result<JobExecution, StartError> {
        Ok(self.repository.enqueue(&self.queued(launching)?)?)
    }

    /// What [`enqueue`](Self::enqueue) sends to the store, for those who send it in a transaction of their own.
    ///
    /// # Errors
    /// When the job could never run.
    pub fn queued(&self, launching: &Launching<'_>) -> Result<LaunchRequest, StartError> {
        self.request(launching, LaunchWorker::Nobody)
    }

    /// Takes a tick or a message of a trigger that asks for a run.
    ///
    /// # Errors
    /// When the job could never run, or when the store fails. A run that is refused for other reasons is an answer.
    pub fn fire(&self, launching: &Launching<'_>, fire: Fire<'_>, unless_running: bool) -> Result<Fired, StartError> {
        let request = self.queued(launching)?;
        Ok(self.repository.fire(&Fire { what: Firing::Launch { request: &request, unless_running }, ..fire })?)
    }

    /// Whether something waits that a process with these programs can run.
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_queued(&self, programs: &[String]) -> Result<bool, StoreError> {
        self.repository.has_queued(&self.project, programs)
    }

    /// Takes at most `limit` runs that wait, the oldest first, which must be run now: those of job files, and of these programs.
    ///
    /// # Errors
    /// When the store fails, or when the operator was made without a worker.
    pub fn claim(&self, limit: u32, programs: &[String]) -> Result<Vec<Ready>, StartError> {
        let worker = self.worker.as_ref().ok_or(StartError::NoWorker)?;
        let sent = worker.clock().elapsed();
        let claimed = worker.claim(|worker| {
            let (project, programs) = (self.project.clone(), programs.to_vec());
            self.repository.claim(&ClaimOrder { project, worker, lease: self.seat.timing.lease, limit, programs })
        })?;
        Ok(claimed.into_iter().map(|launched| ready(launched, worker, sent)).collect())
    }

    /// Whether a run that was lost may be lost once more. One that has got further since its last start always may; what kills
    /// its process three times at one place would do so for ever.
    ///
    /// # Errors
    /// When the store fails.
    pub fn may_go_on(&self, lost: &JobExecution) -> Result<bool, StoreError> {
        let mut run = lost.clone();
        for _ in 1..LOSSES {
            if self.has_progress(run.id)? {
                return Ok(true);
            }
            let Some(previous) = run.previous_id else { return Ok(true) };
            match self.repository.execution(previous)? {
                Some(previous) if previous.exit_code == ExitCode::WORKER_LOST => run = previous,
                _ => return Ok(true),
            }
        }
        self.has_progress(run.id)
    }

    fn has_progress(&self, id: ExecutionId) -> Result<bool, StoreError> {
        let steps = self.repository.steps(id)?;
        Ok(steps.iter().any(|step| step.status == Status::Completed || step.counts.commit > 0))
    }

    /// Whether only another program can run it: its job is written in Rust, and is none of these.
    fn is_of_another(&self, execution: &JobExecution, programs: &[String]) -> Result<bool, StoreError> {
        if programs.contains(&execution.job_name) {
            return Ok(false);
        }
        let Some(id) = execution.definition_id else { return Ok(true) };
        Ok(self.repository.definition(id)?.is_none_or(|definition| definition.yaml.is_empty()))
    }

    /// The runs of the project that live under the lease of some process, oldest first.
    fn live(&self) -> Result<Vec<JobExecution>, StoreError> {
        let words = vec![Word::Starting, Word::Running, Word::Stopping];
        let filter = ExecutionFilter { project: Some(self.project.clone()), words, limit: 0, ..Default::default() };
        let mut live = self.repository.executions(&filter)?;
        live.reverse();
        Ok(live)
    }
}

/// Who watches the other processes of a project, and ends what the dead ones left.
///
/// A life lock that is free, or a goodbye, tells of a death at once. Of a process on another machine only its lease tells: when it
/// is over and was not renewed for one whole lease more, during which the store answered every time. After an outage of the store
/// everybody is late; therefore one question that it did not answer begins all these waits anew.
#[derive(Debug, Default)]
pub struct Lost {
    overdue: HashMap<ExecutionId, Overdue>,
}

/// A lease that is over.
#[derive(Clone, Copy, Debug)]
struct Overdue {
    lease: Lease,
    until: Option<DateTime<Utc>>,
    since: Duration,
}

impl Lost {
    /// Ends the runs whose processes are dead, each as a restart would: those of job files and of these programs. Others are left
    /// to who can go on with them. `goes_on` says of which a QUEUED run shall go on where it was left; `now` is the time on the
    /// clock of this process. The answer is what was ended.
    ///
    /// # Errors
    /// When the store fails.
    pub fn look(
        &mut self,
        operator: &Operator,
        now: Duration,
        programs: &[String],
        goes_on: &dyn Fn(&JobExecution) -> bool,
    ) -> Result<Vec<JobExecution>, StoreError> {
        let looked = self.look_at_all(operator, now, programs, goes_on);
        if looked.is_err() {
            self.overdue.clear();
        }
        looked
    }

    fn look_at_all(
        &mut self,
        operator: &Operator,
        now: Duration,
        programs: &[String],
        goes_on: &dyn Fn(&JobExecution) -> bool,
    ) -> Result<Vec<JobExecution>, StoreError> {
        let mut ended = Vec::new();
        let live = operator.live()?;
        self.overdue.retain(|id, _| live.iter().any(|execution| execution.id == *id));
        for execution in live {
            let is_lost = match operator.owner_of(&execution)? {
                Owner::Dead => true,
                Owner::Overdue => self.is_overdue_for_a_lease(&execution, now, operator.seat.timing.lease),
                Owner::Nobody | Owner::Alive => false,
            };
            if is_lost && !operator.is_of_another(&execution, programs)? {
                let goes_on = goes_on(&execution) && operator.may_go_on(&execution)?;
                ended.extend(operator.end_dead(&execution, goes_on)?);
            }
        }
        Ok(ended)
    }

    fn is_overdue_for_a_lease(&mut self, execution: &JobExecution, now: Duration, lease: Duration) -> bool {
        let Some(held) = held_lease(execution) else { return false };
        let seen = Overdue { lease: held, until: execution.lease_until, since: now };
        let known = self.overdue.entry(execution.id).or_insert(seen);
        if known.lease != seen.lease || known.until != seen.until {
            *known = seen;
        }
        now.saturating_sub(known.since) >= lease
    }
}
