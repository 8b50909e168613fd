//! The records of the twin, the fences around them, and the log that every move of theirs leaves.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::table::Table;
use crate::execution::{ExecutionId, InstanceId, JobExecution, JobInstance, StepExecution, StepExecutionId, WorkerId};
use crate::repository::{
    AppliedJob, Definition, Event, FenceError, FireRecord, Lease, NewMessage, StepLease, StoreError, StoreErrorKind,
    StoredDeadLetter, StoredReject, TriggerKey, Worker, clean,
};
use crate::status::{ExitCode, Status};

/// All records, by kind.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) instances: Table<JobInstance>,
    pub(super) executions: Table<JobExecution>,
    pub(super) steps: Table<StepRow>,
    pub(super) events: Table<Event>,
    pub(super) dead_letters: Table<LetterRow>,
    pub(super) definitions: Table<Definition>,
    /// What was applied, by project and name.
    pub(super) applied: HashMap<(String, String), AppliedJob>,
    pub(super) workers: Table<Worker>,
    /// The workers by their sessions.
    pub(super) sessions: HashMap<String, WorkerId>,
    pub(super) fires: Table<FireRecord>,
    pub(super) rejects: Table<StoredReject>,
    /// The triggers that were ever served, by name.
    pub(super) watched: BTreeMap<TriggerKey, Watched>,
    pub(super) messages: Table<MessageRow>,
}

/// A trigger as it was served last.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) enabled: bool,
    pub(super) source: String,
    pub(super) since: DateTime<Utc>,
}

/// A message of a topic. What was taken out of it stays as a number that is never given again.
#[derive(Debug)]
pub(super) struct MessageRow {
    pub(super) message: NewMessage,
    pub(super) at: DateTime<Utc>,
    pub(super) is_taken: bool,
}

/// A step with the columns that only fences look at.
#[derive(Debug)]
pub(super) struct StepRow {
    pub(super) step: StepExecution,
    pub(super) worker: WorkerId,
}

/// A dead letter with the instance it is found by.
#[derive(Debug)]
pub(super) struct LetterRow {
    pub(super) letter: StoredDeadLetter,
    pub(super) instance: InstanceId,
}

/// A move of an execution, or of a step when it has a path, for the log.
pub(super) struct Entry<'a> {
    pub(super) execution: ExecutionId,
    pub(super) path: Option<&'a str>,
    pub(super) actor: &'a str,
    pub(super) name: &'a str,
    pub(super) from: Option<Status>,
    pub(super) to: Option<Status>,
    pub(super) reason: Option<&'a str>,
}

impl Records {
    /// The execution of `lease`, if the lease is the one on its row.
    pub(super) fn held(&self, lease: &Lease) -> Result<&JobExecution, FenceError> {
        self.executions.get(lease.execution.0).filter(|row| holds(row, lease)).ok_or(FenceError::LeaseLost)
    }

    /// The step of `lease`, if the lease is the one on its row.
    pub(super) fn held_step(&mut self, lease: &StepLease) -> Option<&mut StepRow> {
        self.steps.get_mut(lease.step.0).filter(|row| {
            row.step.status.is_live()
                && row.step.execution_id == lease.lease.execution
                && row.step.lease_token == lease.lease.token
                && row.worker == lease.lease.worker
        })
    }

    /// The ids of the live steps of an execution.
    pub(super) fn live_steps(&self, execution: ExecutionId) -> Vec<StepExecutionId> {
        let rows = self.steps.iter().map(|row| &row.step);
        rows.filter(|step| step.execution_id == execution && step.status.is_live()).map(|step| step.id).collect()
    }

    /// Adds an entry to the log.
    pub(super) fn log(&mut self, entry: &Entry<'_>, at: DateTime<Utc>) {
        self.events.insert(|id| Event {
            id,
            execution_id: entry.execution,
            path: entry.path.map(str::to_owned),
            at,
            actor: clean(entry.actor).into_owned(),
            name: entry.name.to_owned(),
            from: entry.from,
            to: entry.to,
            reason: entry.reason.map(|reason| clean(reason).into_owned()),
        });
    }
}

/// Whether `lease` is the lease on this row.
pub(super) fn holds(row: &JobExecution, lease: &Lease) -> bool {
    row.status.is_live() && row.lease_token == lease.token && row.worker_id == Some(lease.worker)
}

/// Refuses what a constraint of a database would refuse.
pub(super) fn refuse(rule: String) -> StoreError {
    StoreError::new(StoreErrorKind::Other, rule)
}

/// `text` as it is kept.
pub(super) fn cleaned(text: Option<&str>) -> Option<String> {
    text.map(|text| clean(text).into_owned())
}

/// `code` as it is kept.
pub(super) fn cleaned_code(code: &ExitCode) -> ExitCode {
    if code.as_str().contains('\0') { clean(code.as_str()).into_owned().into() } else { code.clone() }
}
