//! Whether the owner of a live execution is dead, and ending what it left.

use std::path::Path;
use std::time::Duration;

use super::{Operator, StartError};
use crate::execution::{ExecutionId, JobExecution};
use crate::launch::Refusal;
use crate::repository::{Lease, StoreError, TakeOver, Worker};
use crate::worker::{LifeLock, Sign};

/// How the process that runs an execution looks from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Nobody runs it: it waits for a worker, or has ended.
    Nobody,
    /// It is believed alive: its lease is ahead.
    Alive,
    /// Its lease is over. An owner whose store was away for a while renews late: only one more whole lease without a renewal
    /// tells that it is dead.
    Overdue,
    /// Its process is gone: its life lock is free, or it said goodbye.
    Dead,
}

/// What came of looking at the owner.
pub(super) enum Verdict {
    /// It lives, or there is none: the refusal stands.
    Refused(Refusal),
    /// It was dead and its execution is ended, or the execution ended by itself meanwhile.
    Ended,
}

impl Operator {
    /// How the process that runs `execution` looks from here. Its life lock tells at once when it ran on this machine;
    /// otherwise the lease decides.
    ///
    /// # Errors
    /// When the store fails.
    pub fn owner_of(&self, execution: &JobExecution) -> Result<Owner, StoreError> {
        let Some(lease) = held_lease(execution) else { return Ok(Owner::Nobody) };
        let owner = self.repository.worker(lease.worker)?;
        Ok(match owner.as_ref().map_or(Sign::Unseen, |owner| self.sign_of(owner)) {
            Sign::Dead => Owner::Dead,
            Sign::Alive | Sign::Unseen if self.is_ahead(execution)? => Owner::Alive,
            Sign::Alive | Sign::Unseen => Owner::Overdue,
        })
    }

    /// Ends what a dead process left, as a restart would: STOPPED where a stop was asked for, FAILED with WORKER_LOST otherwise.
    /// `None` when its owner lives after all, or somebody else was quicker. For an owner that is [`Owner::Overdue`] the caller
    /// has waited one more whole lease; a renewal that came after that still counts. With `goes_on` a QUEUED run that goes on
    /// where it was left is written in the same transaction, unless somebody had told it to stop.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_dead(&self, execution: &JobExecution, goes_on: bool) -> Result<Option<JobExecution>, StoreError> {
        let Some(lease) = held_lease(execution) else { return Ok(None) };
        let (expired_for, reason) = match self.owner_of(execution)? {
            Owner::Dead => (None, "its process has ended"),
            Owner::Overdue => (Some(Duration::ZERO), "its lease ran out and was not renewed for another lease"),
            Owner::Nobody | Owner::Alive => return Ok(None),
        };
        let order = TakeOver { lease, by: self.actor.clone(), reason: reason.to_owned(), expired_for, goes_on };
        let ended = self.repository.take_over(&order)?;
        if let Some(ended) = &ended {
            tracing::warn!(execution = %ended.id, status = %ended.status, reason, "ended the execution of a dead process");
        }
        Ok(ended)
    }

    /// Looks whether the execution that a launch met has lost its owner, and ends it then.
    pub(super) fn look_at_owner(
        &self,
        refusal: Refusal,
        on_wait: &dyn Fn(Refusal, Duration),
    ) -> Result<Verdict, StartError> {
        let Refusal::AlreadyRunning { id, .. } = refusal else { return Ok(Verdict::Refused(refusal)) };
        let Some(execution) = self.repository.execution(id)? else { return Ok(Verdict::Ended) };
        match self.owner_of(&execution)? {
            Owner::Nobody if !execution.status.blocks_instance() => return Ok(Verdict::Ended),
            Owner::Nobody | Owner::Alive => return Ok(Verdict::Refused(refusal)),
            Owner::Dead => {}
            Owner::Overdue => {
                on_wait(refusal, self.seat.timing.lease);
                if self.renews_within_a_lease(id, &execution)? {
                    return Ok(Verdict::Refused(refusal));
                }
            }
        }
        self.end_dead(&execution, false)?;
        Ok(Verdict::Ended)
    }

    /// A worker that said goodbye is as dead as one whose lock is free.
    fn sign_of(&self, owner: &Worker) -> Sign {
        match &owner.lock_path {
            _ if owner.dead => Sign::Dead,
            Some(path) if owner.host == self.seat.host => LifeLock::sign_of(Path::new(path)),
            _ => Sign::Unseen,
        }
    }

    /// Compared with the store's clock, which stamped the lease.
    fn is_ahead(&self, execution: &JobExecution) -> Result<bool, StoreError> {
        let now = self.repository.now()?;
        Ok(execution.lease_until.is_some_and(|until| until > now))
    }

    /// Watches the row for one whole lease. A renewal, or any other sign that somebody writes it, is a sign of life; so it is
    /// believed alive by one who does not want to wait any longer.
    fn renews_within_a_lease(&self, id: ExecutionId, seen: &JobExecution) -> Result<bool, StoreError> {
        let timing = self.seat.timing;
        let looks = (timing.lease.as_millis() / timing.heartbeat.as_millis().max(1)).max(1);
        for _ in 0..looks {
            if self.waiting.wait(timing.heartbeat).is_some() {
                return Ok(true);
            }
            match self.repository.execution(id)? {
                Some(now) if held_lease(&now) == held_lease(seen) && now.lease_until == seen.lease_until => {}
                Some(now) => return Ok(now.status.is_live()),
                None => return Ok(false),
            }
        }
        Ok(false)
    }
}

/// The lease on a live execution.
pub(super) fn held_lease(execution: &JobExecution) -> Option<Lease> {
    let worker = execution.worker_id.filter(|_| execution.status.is_live())?;
    Some(Lease { execution: execution.id, worker, token: execution.lease_token })
}
