//! A run whose step does not end although its time is over: its records end without it.
//!
//! A thread that never comes back cannot be ended in Rust, and what it borrows is borrowed for ever. So the thread of the timeout
//! takes the execution away from its own process, as another process takes over what a dead one left: the tokens are raised, and
//! whatever the step still sends changes nothing. Whoever waits for the run hears of its end and leaves the thread behind.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::execution::JobExecution;
use crate::repository::{Lease, Repository, StopError, StopOrder, StoreError, TakeOver};
use crate::status::StopIntent;
use crate::stop::StopToken;

/// Hears of a run that was left behind: how it ended in the records, or why that could not be recorded.
pub type OnLeft = Box<dyn Fn(Result<JobExecution, StoreError>) + Send + Sync>;

/// How often the store is asked before the run is left without a last row.
const ATTEMPTS: u32 = 3;

/// What ends the records of a run that does not end by itself.
pub struct Overrun {
    repository: Arc<dyn Repository>,
    lease: Lease,
    actor: String,
    patience: Duration,
    on_left: Option<OnLeft>,
    /// Whether the step that runs now ends by itself, however long that takes.
    is_trusted: AtomicBool,
    /// The end that was recorded without the run.
    ended: Mutex<Option<JobExecution>>,
}

impl Overrun {
    /// Ends what is run under this lease in the name of `actor`, when a step takes longer than `patience` to end once its time is
    /// over; `on_left` hears of it.
    #[must_use]
    pub fn new(
        repository: Arc<dyn Repository>,
        lease: Lease,
        (actor, patience): (&str, Duration),
        on_left: Option<OnLeft>,
    ) -> Self {
        let (is_trusted, ended) = (AtomicBool::default(), Mutex::default());
        Self { repository, lease, actor: actor.to_owned(), patience, on_left, is_trusted, ended }
    }

    /// Where the step that runs now says that it ends by itself.
    pub(super) fn trust(&self) -> &AtomicBool {
        &self.is_trusted
    }

    /// A step begins, of which nothing is known.
    pub(super) fn begin_step(&self) {
        self.is_trusted.store(false, Ordering::Relaxed);
    }

    /// Waits until `over`, and ends the records of the run when that takes too long.
    pub(super) fn watch(&self, over: &StopToken, why: &str) {
        let mut failures = 0;
        while over.wait(self.patience).is_none() {
            match self.leave(over, why) {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(execution = %self.lease.execution, %error, "a run that does not end cannot be ended");
                    failures += 1;
                    if failures == ATTEMPTS {
                        return self.tell(Err(error));
                    }
                }
            }
        }
    }

    /// The end that was recorded without the run. Waits for one that is just being recorded.
    pub(crate) fn ended(&self) -> Option<JobExecution> {
        self.lock().clone()
    }

    /// Whether nothing is left to do. The run that ends meanwhile looks for the answer in [`ended`](Self::ended).
    fn leave(&self, over: &StopToken, why: &str) -> Result<bool, StoreError> {
        let mut ended = self.lock();
        if over.requested().is_some() || ended.is_some() {
            return Ok(true);
        }
        if self.is_trusted.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let (id, by) = (self.lease.execution, self.actor.clone());
        let reason = format!("{why}, and did not end when it was asked to");
        let order = StopOrder { id, intent: StopIntent::Timeout, by: by.clone(), reason: Some(reason.clone()) };
        match self.repository.request_stop(&order) {
            // What has ended meanwhile is not held any more.
            Ok(_) | Err(StopError::Ended { .. } | StopError::NotFound(_) | StopError::NotAbortable(_)) => {}
            Err(StopError::Store(error)) => return Err(error),
        }
        let order = TakeOver { lease: self.lease, by, reason, expired_for: None, goes_on: false };
        let Some(execution) = self.repository.take_over(&order)? else { return Ok(true) };
        tracing::warn!(execution = %id, "a step does not end; its run was ended without it");
        *ended = Some(execution.clone());
        drop(ended);
        self.tell(Ok(execution));
        Ok(true)
    }

    fn tell(&self, end: Result<JobExecution, StoreError>) {
        if let Some(tell) = &self.on_left {
            tell(end);
        }
    }

    /// A poisoned lock is only a panic of another holder; the end behind it is always whole.
    fn lock(&self) -> MutexGuard<'_, Option<JobExecution>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overrun").field("lease", &self.lease).field("ended", &self.ended).finish_non_exhaustive()
    }
}
