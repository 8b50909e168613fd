//! Launching on the twin: decide, then write instance, revision, worker and execution.

use chrono::{DateTime, Utc};

use super::records::{Entry, Records, cleaned, refuse};
use crate::clock::later;
use crate::execution::{DefinitionId, ExecutionId, InstanceId, JobExecution, JobInstance, JsonObject, WorkerId};
use crate::launch::{Decision, Last, decide};
use crate::repository::{
    LaunchError, LaunchRequest, LaunchWorker, Launched, Lease, Revision, StoreError, Worker, WorkerIdentity, clean,
};
use crate::status::{ExitCode, Status};

/// What a launch writes besides the row itself.
struct Grant {
    definition: DefinitionId,
    worker: WorkerId,
    worker_name: String,
}

/// Where a launch goes on.
struct Origin {
    instance: InstanceId,
    previous: Option<ExecutionId>,
    attempt: i32,
    context: JsonObject,
    progress: u8,
}

impl Records {
    pub(super) fn launch(&mut self, request: &LaunchRequest, now: DateTime<Utc>) -> Result<Launched, LaunchError> {
        let decision = decide(request.wish, self.last(request), request.restartability)?;
        self.check_revision(&request.revision)?;
        let origin = match decision {
            Decision::Begin { generation } => self.open(request, generation, now),
            Decision::Continue { previous } => self.after(previous)?,
        };
        let (worker, worker_name) = self.record_worker(&request.worker, now);
        let grant = Grant { definition: self.record_revision(request, now), worker, worker_name };
        let row = new_row(request, origin, grant, now);
        let id = ExecutionId(self.executions.insert(|id| JobExecution { id: ExecutionId(id), ..row.clone() }));
        let execution = JobExecution { id, ..row };
        self.log_launch(&execution, now);
        Ok(Launched { lease: Lease { execution: id, worker, token: execution.lease_token }, execution })
    }

    /// The newest execution of the newest generation of the instance.
    fn last(&self, request: &LaunchRequest) -> Option<Last> {
        let instance = self.find_instance(&request.project, &request.job_name, request.key.hash())?;
        let last = self.executions.iter().rev().find(|execution| execution.instance_id == instance.id)?;
        Some(Last { id: last.id, status: last.status, closed: instance.closed, generation: instance.generation })
    }

    /// A foreign key: the revision that a launch names must be there.
    fn check_revision(&self, revision: &Revision) -> Result<(), StoreError> {
        match revision {
            Revision::Stored(id) if self.definitions.get(id.0).is_none() => {
                Err(refuse(format!("there is no definition with id {id}")))
            }
            Revision::Stored(_) | Revision::Text { .. } => Ok(()),
        }
    }

    fn record_revision(&mut self, request: &LaunchRequest, now: DateTime<Utc>) -> DefinitionId {
        match &request.revision {
            Revision::Stored(id) => *id,
            Revision::Text { yaml, sha256 } => {
                self.record_text((&request.project, &request.job_name), (yaml, sha256), now)
            }
        }
    }

    fn record_worker(&mut self, worker: &LaunchWorker, now: DateTime<Utc>) -> (WorkerId, String) {
        match worker {
            LaunchWorker::Known { id, name } => (*id, name.clone()),
            LaunchWorker::New(WorkerIdentity { name, session, host, pid, lock_path, .. }) => {
                let workers = &mut self.workers;
                let id = *self.sessions.entry(session.clone()).or_insert_with(|| {
                    WorkerId(workers.insert(|id| Worker {
                        id: WorkerId(id),
                        name: name.clone(),
                        host: host.clone(),
                        pid: *pid,
                        lock_path: lock_path.clone(),
                        last_heartbeat: now,
                        dead: false,
                    }))
                });
                (id, name.clone())
            }
        }
    }

    /// Where a continued instance goes on.
    fn after(&self, previous: ExecutionId) -> Result<Origin, StoreError> {
        let last =
            self.executions.get(previous.0).ok_or_else(|| refuse(format!("there is no execution {previous}")))?;
        Ok(Origin {
            instance: last.instance_id,
            previous: Some(previous),
            attempt: last.attempt + 1,
            context: last.context.clone(),
            progress: last.progress,
        })
    }

    /// Opens a generation of the instance, to run from the beginning.
    fn open(&mut self, request: &LaunchRequest, generation: i32, now: DateTime<Utc>) -> Origin {
        let instance = self.instances.insert(|id| JobInstance {
            id: InstanceId(id),
            project: request.project.clone(),
            job_name: request.job_name.clone(),
            key: request.key.hash().to_owned(),
            params: request.key.text().to_owned(),
            generation,
            created_at: now,
            closed: None,
        });
        Origin { instance: InstanceId(instance), previous: None, attempt: 1, context: JsonObject::new(), progress: 0 }
    }

    fn log_launch(&mut self, execution: &JobExecution, now: DateTime<Utc>) {
        let launch = Entry {
            execution: execution.id,
            path: None,
            actor: &execution.triggered_by,
            name: "launch",
            from: None,
            to: Some(Status::Starting),
            reason: execution.reason.as_deref(),
        };
        self.log(&launch, now);
        let actor = execution.worker_name.as_deref().unwrap_or_default();
        self.log(&Entry { actor, name: "claim", to: None, reason: None, ..launch }, now);
    }
}

/// The row of a new execution.
fn new_row(request: &LaunchRequest, origin: Origin, granted: Grant, now: DateTime<Utc>) -> JobExecution {
    JobExecution {
        id: ExecutionId(0),
        instance_id: origin.instance,
        definition_id: Some(granted.definition),
        project: request.project.clone(),
        module: request.module.clone(),
        job_name: request.job_name.clone(),
        target: request.target.clone(),
        params: request.params.clone(),
        labels: request.labels.clone(),
        base_dir: request.base_dir.clone(),
        status: Status::Starting,
        exit_code: ExitCode::default(),
        exit_message: None,
        result: None,
        error: None,
        context: origin.context,
        abortable: request.abortable,
        trigger: request.trigger,
        triggered_by: clean(&request.triggered_by).into_owned(),
        previous_id: origin.previous,
        attempt: origin.attempt,
        worker_id: Some(granted.worker),
        worker_name: Some(granted.worker_name),
        lease_token: 1,
        lease_until: Some(later(now, request.lease)),
        stop_intent: None,
        stop_by: None,
        reason: cleaned(request.reason.as_deref()),
        progress: origin.progress,
        created_at: now,
        started_at: None,
        ended_at: None,
    }
}
