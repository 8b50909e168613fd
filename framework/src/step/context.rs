//! What a step sees of the run it belongs to, and what it keeps.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::execution::{Counts, JobExecution, JsonObject, StepExecution};
use crate::listener::{ChunkListener, SkipListener};
use crate::monitor::{Monitor, RunEvent, tell};
use crate::params::Params;
use crate::policy::{Outage, Patience};
use crate::repository::{Beat, FenceError, Repository, StepLease};
use crate::resource::Resources;
use crate::status::{ExitCode, Status, StopIntent};
use crate::stop::StopToken;
use crate::stop_line::StopLine;

/// One attempt of one step.
pub struct StepContext<'a> {
    /// The job around the step.
    pub job: JobView<'a>,
    /// The row of the step, as it was when the step began.
    pub step: &'a StepExecution,
    /// What the step keeps: counters, checkpoint, context and outputs.
    pub state: &'a mut StepState,
    pub(crate) lease: StepLease,
    pub(crate) repository: &'a dyn Repository,
    /// The request to end this step.
    pub(crate) stop: &'a StopToken,
    /// The request to end the whole execution: where an order goes that a chunk brings back.
    pub(crate) orders: &'a StopToken,
    pub(crate) patience: &'a Patience,
    pub(crate) stop_line: &'a StopLine,
    pub(crate) monitor: &'a dyn Monitor,
    pub(crate) chunk_listeners: &'a [Arc<dyn ChunkListener>],
    pub(crate) skip_listeners: &'a [Arc<dyn SkipListener>],
    pub(crate) ends_by_itself: &'a AtomicBool,
}

/// The job around a step, as far as the step may look.
#[derive(Clone, Copy)]
pub struct JobView<'a> {
    /// The execution, as it was when its first step began.
    pub execution: &'a JobExecution,
    /// The parameters, the secret ones included.
    pub params: &'a Params,
    /// What earlier steps promoted.
    pub context: &'a JsonObject,
    /// The steps before this one, in their order, over all executions of the instance.
    pub steps: &'a [StepView],
    /// What the program gives to its jobs.
    pub resources: &'a Resources,
}

/// An earlier step, as expressions see it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// Why.
    pub exit_code: ExitCode,
    /// What it did, over all executions of the instance.
    pub counts: Counts,
    /// The values it gives.
    pub outputs: JsonObject,
}

/// What a step keeps over its attempts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepState {
    /// What this run of the step did; only what is committed.
    pub counts: Counts,
    /// What the earlier executions of the instance did in this step.
    pub earlier: Counts,
    /// The position after the last committed chunk, of this execution or an earlier one.
    pub checkpoint: Option<serde_json::Value>,
    /// What the step keeps for its next run, written at its end.
    pub context: JsonObject,
    /// The values it gives to later steps.
    pub outputs: JsonObject,
    /// The names of those of `context` that go into the context of the job.
    pub promoted: BTreeSet<String>,
}

impl StepState {
    /// What the step did over all executions of the instance.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = self.earlier;
        total += self.counts;
        total
    }

    /// The part of the context that goes into the context of the job.
    pub(crate) fn promotion(&self) -> JsonObject {
        let chosen = self.context.iter().filter(|(name, _)| self.promoted.contains(*name));
        chosen.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

impl<'a> StepContext<'a> {
    /// The request to end, if there is one. A step that runs for long looks at it, or hands [`StepContext::stop_token`] to
    /// whatever it waits for.
    #[must_use]
    pub fn stop_requested(&self) -> Option<StopIntent> {
        self.stop.requested()
    }

    /// The token that carries the request to end.
    #[must_use]
    pub fn stop_token(&self) -> &'a StopToken {
        self.stop
    }

    /// Says that this step ends by itself when it is asked to, however long it takes. Any other one that has not ended one lease
    /// after its timeout is left behind: its run ends in the records without it, and the process does not wait for it.
    pub fn ends_by_itself(&self) {
        self.ends_by_itself.store(true, Ordering::Relaxed);
    }

    /// The store; for steps that write in chunks of their own.
    #[must_use]
    pub fn repository(&self) -> &'a dyn Repository {
        self.repository
    }

    /// The lease of the step.
    #[must_use]
    pub fn lease(&self) -> StepLease {
        self.lease
    }

    /// Tells whoever watches the run a line of output.
    pub fn output(&self, line: &str) {
        self.tell(&RunEvent::Output { step: &self.step.name, line });
    }

    /// Tells whoever watches the run that something went wrong that does not change the outcome.
    pub fn warn(&self, message: &str) {
        tracing::warn!(step = %self.step.name, execution = %self.job.execution.id, "{message}");
        self.tell(&RunEvent::Warning { step: Some(&self.step.name), message });
    }

    pub(crate) fn tell(&self, event: &RunEvent<'_>) {
        tell(self.monitor, event);
    }

    /// Makes sure that the step still belongs to this worker before it writes. A worker past its stop line tries to renew
    /// first, and leaves only when it is refused: a laptop that slept finds its lease still its own when nobody took it.
    pub(crate) fn check_lease(&self) -> Result<(), FenceError> {
        if self.stop_line.is_lost() {
            return Err(FenceError::LeaseLost);
        }
        if !self.stop_line.passed() {
            return Ok(());
        }
        let StepLease { lease, duration, .. } = self.lease;
        let sent = self.stop_line.now();
        let states = self.repository.beat(&Beat { worker: lease.worker, leases: vec![lease], duration })?;
        let Some(state) = states.first().filter(|state| state.held) else {
            self.stop_line.lose();
            return Err(FenceError::LeaseLost);
        };
        // A lease that is held and not renewed is one whose row is locked just now: the fence decides.
        if state.renewed {
            self.stop_line.renewed(sent, duration);
        }
        if let Some(intent) = state.stop {
            self.orders.request(intent);
        }
        Ok(())
    }

    /// The same before a tasklet: no transaction of ours guards what it does, so a store that cannot say whose the step is now is
    /// waited for as the rows of the run wait for it.
    pub(crate) fn insist_on_lease(&self) -> Result<(), FenceError> {
        let mut outage = Outage::default();
        loop {
            let error = match self.check_lease() {
                Err(FenceError::Store(error)) if error.is_transient() => error,
                answer => return answer,
            };
            let Some(pause) = outage.pause(self.patience, self.stop_line.now()) else { return Err(error.into()) };
            if outage.attempts() == 1 {
                self.warn(&format!("waiting for the store (the lease of the step): {error}"));
            }
            let _ = StopToken::default().wait(pause);
        }
    }
}

impl fmt::Debug for StepContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepContext").field("step", &self.step.path).field("state", &self.state).finish_non_exhaustive()
    }
}
