//! What the writing verbs are told.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::execution::{
    Counts, DefinitionId, ErrorRecord, ExecutionId, JobExecution, JsonObject, StepKind, Trigger, WorkerId,
};
use crate::launch::{Restartability, Wish};
use crate::params::InstanceKey;
use crate::repository::Lease;
use crate::status::{ExitCode, Status};

/// Everything a launch writes. All of it was checked before: no row exists of a launch with bad parameters.
#[derive(Clone, Debug)]
pub struct LaunchRequest {
    /// The project.
    pub project: String,
    /// The module that the job declares.
    pub module: String,
    /// The job.
    pub job_name: String,
    /// The object it works on.
    pub target: String,
    /// What identifies the instance.
    pub key: InstanceKey,
    /// All parameters, without the secret ones.
    pub params: JsonObject,
    /// The labels of the job.
    pub labels: BTreeMap<String, String>,
    /// The folder that relative paths start at.
    pub base_dir: Option<String>,
    /// Whether the execution may be stopped.
    pub abortable: bool,
    /// Whether a failed execution may be continued.
    pub restartability: Restartability,
    /// What the caller wants.
    pub wish: Wish,
    /// The revision to record and pin.
    pub revision: Revision,
    /// What asked for the launch.
    pub trigger: Trigger,
    /// Who asked for it.
    pub triggered_by: String,
    /// Why, if a reason was given.
    pub reason: Option<String>,
    /// The worker that takes the lease.
    pub worker: LaunchWorker,
    /// How long the lease lasts from each renewal.
    pub lease: Duration,
}

/// The definition of a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// One that is stored already: a restart keeps the revision of its instance.
    Stored(DefinitionId),
    /// A text that may be new. The same text is the same revision.
    Text {
        /// The YAML text; empty for a job written in Rust.
        yaml: String,
        /// Its SHA-256.
        sha256: String,
    },
}

/// The worker of a launch.
#[derive(Clone, Debug)]
pub enum LaunchWorker {
    /// One that is recorded already.
    Known {
        /// Its id.
        id: WorkerId,
        /// Its name.
        name: String,
    },
    /// A process that launches for the first time: its row is written with the launch, and not without it.
    New(WorkerIdentity),
    /// Nobody yet: the execution shall wait in the queue.
    Nobody,
}

/// A process that runs executions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkerIdentity {
    /// Its name.
    pub name: String,
    /// A text that no other process ever has.
    pub session: String,
    /// The host it runs on.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
    /// The file that it holds locked while it lives.
    pub lock_path: Option<String>,
    /// The version of the program.
    pub build: String,
}

/// A launch that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Launched {
    /// The new execution, STARTING.
    pub execution: JobExecution,
    /// The right to run it.
    pub lease: Lease,
}

/// The beginning of a step.
#[derive(Clone, Debug)]
pub struct StepStart {
    /// Its place among the steps of the execution, from 0. Its address is execution id, hyphen, place.
    pub ordinal: i32,
    /// What finds it again in the next execution.
    pub step_key: String,
    /// Its name.
    pub name: String,
    /// What it is made of.
    pub kind: StepKind,
    /// The machine that runs it.
    pub dest: String,
    /// The checkpoint it goes on from.
    pub checkpoint: Option<serde_json::Value>,
    /// The context it goes on with.
    pub context: JsonObject,
    /// The values that it has for later steps already, which a crash must not cost it.
    pub outputs: JsonObject,
}

/// The end of a step.
#[derive(Clone, Debug)]
pub struct StepEnd {
    /// COMPLETED, STOPPED, FAILED or UNKNOWN.
    pub status: Status,
    /// Why.
    pub exit_code: ExitCode,
    /// What made it fail.
    pub error: Option<ErrorRecord>,
    /// The final counters. The checkpoint stays as the last chunk left it.
    pub counts: Counts,
    /// The context for its next run.
    pub context: JsonObject,
    /// The values for later steps.
    pub outputs: JsonObject,
    /// What goes into the context of the job: only what the step names.
    pub promoted: JsonObject,
}

/// The end of an execution.
#[derive(Clone, Debug)]
pub struct ExecutionEnd {
    /// COMPLETED, STOPPED, FAILED or UNKNOWN.
    pub status: Status,
    /// Why.
    pub exit_code: ExitCode,
    /// The end in one line.
    pub exit_message: Option<String>,
    /// What the job declares as its result.
    pub result: Option<serde_json::Value>,
    /// What made it fail.
    pub error: Option<ErrorRecord>,
    /// How much is done, in percent; 100 exactly when COMPLETED.
    pub progress: u8,
    /// Whether a QUEUED execution is written with it that goes on where this one was interrupted.
    pub goes_on: bool,
}

impl Launched {
    /// The id of the new execution.
    #[must_use]
    pub fn id(&self) -> ExecutionId {
        self.execution.id
    }
}
