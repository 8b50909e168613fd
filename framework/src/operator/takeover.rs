//! Whether the owner of a live execution is dead, and ending what it left.

use std::path::Path;
use std::time::Duration;

use super::{Operator, StartError};
use crate::execution::{ExecutionId, JobExecution};
use crate::launch::Refusal;
use crate::repository::{Lease, StoreError, TakeOver, Worker};
use crate::stop::StopToken;
use crate::worker::{LifeLock, Sign};

/// What came of looking at the owner.
pub(super) enum Verdict {
    /// It lives, or there is none: the refusal stands.
    Refused(Refusal),
    /// It was dead and its execution is ended, or the execution ended by itself meanwhile.
    Ended,
}

impl Operator {
    /// Looks whether the execution that a launch met has lost its owner.
    ///
    /// The owner's life lock tells at once when it ran on this machine. Otherwise the lease decides: while it is ahead, the
    /// owner is believed alive; once it is over, one more whole lease without a renewal must pass, because an owner whose
    /// store was away for a while renews late, and it would be wrong to end everything after every restart of a database.
    pub(super) fn look_at_owner(
        &self,
        refusal: Refusal,
        on_wait: &dyn Fn(Refusal, Duration),
    ) -> Result<Verdict, StartError> {
        let Refusal::AlreadyRunning { id, .. } = refusal else { return Ok(Verdict::Refused(refusal)) };
        let Some(execution) = self.repository.execution(id)? else { return Ok(Verdict::Ended) };
        let Some(lease) = held_lease(&execution) else {
            // Waiting for a worker, or ended meanwhile.
            let waits = execution.status.blocks_instance();
            return Ok(if waits { Verdict::Refused(refusal) } else { Verdict::Ended });
        };
        let owner = self.repository.worker(lease.worker)?;
        match owner.as_ref().map_or(Sign::Unseen, |owner| self.sign_of(owner)) {
            Sign::Dead => self.end_dead(lease, None, "its process is gone: the life lock is free"),
            Sign::Alive | Sign::Unseen if self.is_ahead(&execution)? => Ok(Verdict::Refused(refusal)),
            Sign::Alive | Sign::Unseen => {
                on_wait(refusal, self.worker.timing().lease);
                if self.renews_within_a_lease(id, &execution)? {
                    return Ok(Verdict::Refused(refusal));
                }
                // A renewal that came after the last look still counts.
                self.end_dead(lease, Some(Duration::ZERO), "its lease ran out and was not renewed for another lease")
            }
        }
    }

    /// A worker that said goodbye is as dead as one whose lock is free.
    fn sign_of(&self, owner: &Worker) -> Sign {
        match &owner.lock_path {
            _ if owner.dead => Sign::Dead,
            Some(path) if owner.host == self.worker.host() => LifeLock::sign_of(Path::new(path)),
            _ => Sign::Unseen,
        }
    }

    /// Compared with the store's clock, which stamped the lease.
    fn is_ahead(&self, execution: &JobExecution) -> Result<bool, StoreError> {
        let now = self.repository.now()?;
        Ok(execution.lease_until.is_some_and(|until| until > now))
    }

    /// Watches the row for one whole lease. A renewal, or any other sign that somebody writes it, is a sign of life.
    fn renews_within_a_lease(&self, id: ExecutionId, seen: &JobExecution) -> Result<bool, StoreError> {
        let timing = self.worker.timing();
        let patience = StopToken::default();
        let looks = (timing.lease.as_millis() / timing.heartbeat.as_millis().max(1)).max(1);
        for _ in 0..looks {
            let _ = patience.wait(timing.heartbeat);
            match self.repository.execution(id)? {
                Some(now) if held_lease(&now) == held_lease(seen) && now.lease_until == seen.lease_until => {}
                Some(now) => return Ok(now.status.is_live()),
                None => return Ok(false),
            }
        }
        Ok(false)
    }

    fn end_dead(&self, lease: Lease, expired_for: Option<Duration>, reason: &str) -> Result<Verdict, StartError> {
        let order = TakeOver { lease, by: self.actor.clone(), reason: reason.to_owned(), expired_for };
        if let Some(ended) = self.repository.take_over(&order)? {
            tracing::warn!(execution = %ended.id, status = %ended.status, reason, "ended the execution of a dead process");
        }
        Ok(Verdict::Ended)
    }
}

/// The lease on a live execution.
fn held_lease(execution: &JobExecution) -> Option<Lease> {
    let worker = execution.worker_id.filter(|_| execution.status.is_live())?;
    Some(Lease { execution: execution.id, worker, token: execution.lease_token })
}
