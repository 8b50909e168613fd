//! What the reading verbs ask for and answer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::Phase;
use crate::execution::{
    Counts, DefinitionId, ErrorRecord, ExecutionId, InstanceId, StepExecution, StepExecutionId, WorkerId,
};
use crate::status::{ExitCode, Status, Word};

/// Which executions to list. The default is the newest fifty of everything.
#[derive(Clone, Debug)]
pub struct ExecutionFilter {
    /// Only those of this project.
    pub project: Option<String>,
    /// Only those of this job.
    pub job: Option<String>,
    /// Only those of this instance.
    pub instance: Option<InstanceId>,
    /// Only those with one of these words; any, when empty.
    pub words: Vec<Word>,
    /// Only those with a smaller id: the next page.
    pub before: Option<ExecutionId>,
    /// At most so many; all, when 0.
    pub limit: u32,
}

impl Default for ExecutionFilter {
    fn default() -> Self {
        Self { project: None, job: None, instance: None, words: Vec::new(), before: None, limit: 50 }
    }
}

/// What an instance knows of one of its steps.
#[derive(Clone, Debug, PartialEq)]
pub struct StepHistory {
    /// The newest row of the step.
    pub newest: StepExecution,
    /// The sums over the rows of its last pass: a step with `rerun: always` begins another pass each time it was complete.
    pub total: Counts,
    /// How often it was begun; a pass over it, because its condition was false, is none.
    pub starts: u32,
}

/// One row of a step, as far as sums go.
#[derive(Clone, Debug)]
pub struct StepRun {
    /// The row.
    pub id: StepExecutionId,
    /// The key of the step.
    pub step_key: String,
    /// Where the run stands.
    pub status: Status,
    /// How it ended.
    pub exit_code: ExitCode,
    /// What it counted.
    pub counts: Counts,
}

/// What the rows of one step come to.
#[derive(Clone, Debug)]
pub struct StepSum {
    /// Its newest row.
    pub newest: StepExecutionId,
    /// See [`StepHistory::total`].
    pub total: Counts,
    /// See [`StepHistory::starts`].
    pub starts: u32,
    /// Whether the newest row ends a pass.
    complete: bool,
}

/// Sums up the rows of an instance, given from the oldest on: a sum for each step, in the order in which they first began.
pub fn sum_runs(runs: impl IntoIterator<Item = StepRun>) -> Vec<StepSum> {
    let mut sums = Vec::<StepSum>::new();
    let mut places = HashMap::new();
    for StepRun { id, step_key, status, exit_code, counts } in runs {
        let complete = status.is_complete();
        let start = u32::from(exit_code != ExitCode::NOOP);
        match places.get(&step_key).and_then(|place: &usize| sums.get_mut(*place)) {
            // What was passed over says nothing of what was done before it.
            Some(_) if start == 0 => {}
            Some(sum) => {
                let mut total = if sum.complete { Counts::default() } else { sum.total };
                total += counts;
                *sum = StepSum { newest: id, total, starts: sum.starts.saturating_add(start), complete };
            }
            None => {
                places.insert(step_key, sums.len());
                sums.push(StepSum { newest: id, total: counts, starts: start, complete });
            }
        }
    }
    sums
}

/// A stored revision of a job definition. Revisions never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its id.
    pub id: DefinitionId,
    /// The project of the job.
    pub project: String,
    /// The name of the job.
    pub name: String,
    /// Its number among the revisions of the job, from 1.
    pub revision: i32,
    /// The YAML text; empty for a job written in Rust.
    pub yaml: String,
    /// The SHA-256 of the text.
    pub sha256: String,
    /// When it was first used.
    pub created_at: DateTime<Utc>,
}

/// A record that was skipped, as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredDeadLetter {
    /// Its id, which only grows.
    pub id: i64,
    /// The run of the step that skipped it.
    pub step_execution_id: StepExecutionId,
    /// The key of that step.
    pub step_key: String,
    /// Whether reading, processing or writing failed.
    pub phase: Phase,
    /// Where the record stood, such as `{"line": 7}`.
    pub position: serde_json::Value,
    /// The record.
    pub payload: Vec<u8>,
    /// What the payload is: `csv`, `json`, `debug`.
    pub payload_kind: String,
    /// What was wrong with it.
    pub error: ErrorRecord,
    /// When it was skipped.
    pub created_at: DateTime<Utc>,
}

/// One entry of the log of transitions and orders.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id, which only grows.
    pub id: i64,
    /// The execution.
    pub execution_id: ExecutionId,
    /// The address of the step, if it is about one.
    pub path: Option<String>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: String,
    /// What happened.
    pub name: String,
    /// The status before.
    pub from: Option<Status>,
    /// The status after.
    pub to: Option<Status>,
    /// The reason that was given.
    pub reason: Option<String>,
}

/// A process that runs or ran executions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// Its id, new at every start of the process.
    pub id: WorkerId,
    /// Its name.
    pub name: String,
    /// The host it runs on.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
    /// The file that it holds locked while it lives.
    pub lock_path: Option<String>,
    /// When it last beat.
    pub last_heartbeat: DateTime<Utc>,
    /// Whether it ended or was declared dead.
    pub dead: bool,
}

/// The execution that a name stands for: the newest of the job.
impl ExecutionFilter {
    /// The newest execution of `job`.
    #[must_use]
    pub fn newest_of(project: &str, job: &str) -> Self {
        Self { project: Some(project.to_owned()), job: Some(job.to_owned()), limit: 1, ..Self::default() }
    }
}
